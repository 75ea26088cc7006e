"""The walk of ECS: the operations that are here; all others say that they are not. Begins with walking.py."""

container = {
    "name": "build",
    "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/walk:v1",
    "cpu": 128,
    "memory": 256,
    "essential": True,
    "entryPoint": ["/bin/sh"],
    "command": ["-c", "true"],
    "environment": [{"name": "A", "value": "b"}],
    "dockerLabels": {"team": "ci"},
    "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
    "mountPoints": [{"sourceVolume": "work", "containerPath": "/work"}],
    "healthCheck": {"command": ["CMD", "true"], "interval": 10},
    "ulimits": [{"name": "nofile", "softLimit": -1, "hardLimit": -1}],
    "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/token"}],
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "ci"}},
}
register = ("RegisterTaskDefinition", {
    "family": "walk",
    "containerDefinitions": [container, {"name": "second", "image": "docker.io/library/alpine:3.20"}],
    "volumes": [{"name": "work"}],
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": ".25 vCPU",
    "memory": "512",
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "ephemeralStorage": {"sizeInGiB": 21},
    "tags": [{"key": "team", "value": "ci"}],
})
run = ("RunTask", {
    "taskDefinition": "walk",
    "cluster": "default",
    "count": 2,
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}},
    "overrides": {"containerOverrides": [{"name": "build", "command": ["true"]}], "cpu": "512", "memory": "1024"},
    "propagateTags": "TASK_DEFINITION",
    "enableECSManagedTags": True,
    "startedBy": "walk",
    "tags": [{"key": "own", "value": "tag"}],
})
done(register)
done(register)
done(run)
tasks = client.list_tasks(desiredStatus="STOPPED")["taskArns"]
steps = [
    ("DescribeTaskDefinition", {"taskDefinition": "walk", "include": ["TAGS"]}),
    ("ListTaskDefinitions", {"familyPrefix": "walk", "status": "ACTIVE", "sort": "DESC", "maxResults": 1}),
    ("DescribeTasks", {"tasks": tasks, "cluster": "default", "include": ["TAGS"]}),
    ("DescribeTasks", {"tasks": ["none"]}),
    ("ListTasks", {"family": "walk", "desiredStatus": "STOPPED", "launchType": "FARGATE", "maxResults": 1}),
    ("ListClusters", {"maxResults": 1}),
    ("DescribeClusters", {"clusters": ["default", "none"], "include": ["STATISTICS", "SETTINGS", "TAGS"]}),
    ("StopTask", {"task": tasks[0], "reason": "over"}),
    ("DeregisterTaskDefinition", {"taskDefinition": "walk:1"}),
]
assert len(tasks) == 2, tasks
for step in steps:
    done(step)
for step in [register, run] + steps:
    probe(step)
for operation in sorted(set(model.operation_names) - walked):
    code, _ = call(operation, {})
    assert code == "UnsupportedOperationException", (operation, code)
print(f"{len(walked)} operations: {valid} valid, {boundary} boundary and {invalid} invalid calls")
