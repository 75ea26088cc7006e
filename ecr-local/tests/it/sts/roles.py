"""What a program does with a role: assumes it, and calls everything with the credentials. Usage: ENDPOINT ROLE ACCOUNT, and in the environment either
an access key or a web identity."""

import sys

import boto3
from botocore.exceptions import ClientError

endpoint, role, account = sys.argv[1:]
session = boto3.Session(region_name="us-east-1")
if session.get_credentials().method == "env":
    assumed = session.client("sts", endpoint_url=endpoint).assume_role(RoleArn=role, RoleSessionName="sdk")
    keys = assumed["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
client = lambda service: session.client(service, endpoint_url=endpoint)

who = client("sts").get_caller_identity()
assert who["Account"] == account, who
assert who["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/"), who

for service in ("ecr", "ecr-public"):
    made = client(service).create_repository(repositoryName="app")["repository"]
    assert made["registryId"] == account, made
    assert client(service).get_authorization_token()["authorizationData"], service
pages = client("ecr-public").get_paginator("describe_image_tags").paginate(repositoryName="app")
assert [page["imageTagDetails"] for page in pages] == [[]]
try:
    session.client("ecr-public", endpoint_url=endpoint, region_name="eu-west-1").describe_registries()
except ClientError as error:
    assert error.response["Error"]["Code"] == "UnsupportedCommandException", error
else:
    raise AssertionError("there is a public registry in eu-west-1")

ecs = client("ecs")
ecs.register_task_definition(
    family="app",
    containerDefinitions=[{"name": "app", "image": f"{account}.dkr.ecr.us-east-1.amazonaws.com/app:v1"}],
    executionRoleArn=role,
    networkMode="awsvpc",
    requiresCompatibilities=["FARGATE"],
    cpu="256",
    memory="512",
)
run = ecs.run_task(
    taskDefinition="app",
    launchType="FARGATE",
    networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
)
tasks = [task["taskArn"] for task in run["tasks"]]
ecs.get_waiter("tasks_stopped").wait(tasks=tasks)
stopped = ecs.describe_tasks(tasks=tasks)["tasks"][0]
assert stopped["stopCode"] == "TaskFailedToStart", stopped
listed = ecs.get_paginator("list_tasks").paginate(desiredStatus="STOPPED").build_full_result()
assert listed["taskArns"] == tasks, listed
print("done as", who["Arn"])
