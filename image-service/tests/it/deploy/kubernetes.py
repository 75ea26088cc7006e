"""Whether the manifests in a folder fit together: what schemas do not see."""

import pathlib
import re
import sys

import yaml

folder = pathlib.Path(sys.argv[1])
files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
named = set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
assert named == files - {"secrets.example.yaml"}, (named, files)

documents = [d for name in sorted(files) for d in yaml.safe_load_all((folder / name).read_text())]
found = {(d["kind"], d["metadata"]["name"]): d for d in documents}
assert len(found) == len(documents), "two of one name"
workloads = [d for d in documents if d["kind"] in ("Deployment", "DaemonSet")]
assert len(workloads) == 2
labels = [d["spec"]["template"]["metadata"]["labels"] for d in workloads]


def selects(selector):
    return any(selector.items() <= pod.items() for pod in labels)


for document in documents:
    spec, name = document.get("spec", {}), document["metadata"]["name"]
    if document["kind"] != "Namespace":
        assert document["metadata"]["namespace"] == "image-service", name
    if document["kind"] == "Service":
        assert selects(spec["selector"]), name
    if document["kind"] == "NetworkPolicy":
        assert selects(spec["podSelector"]["matchLabels"]), name
    if document["kind"] in ("Deployment", "DaemonSet", "PodDisruptionBudget"):
        assert selects(spec["selector"]["matchLabels"]), name

for workload in workloads:
    pod = workload["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False and pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for container in pod["containers"] + pod.get("initContainers", []):
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        assert security["capabilities"]["drop"] == ["ALL"]
        for mount in container["volumeMounts"]:
            assert mount["name"] in volumes, mount
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                reference = variable["valueFrom"]["secretKeyRef"]
                assert reference["key"] in found["Secret", reference["name"]]["stringData"], reference
    for container in pod["containers"]:
        assert container["readinessProbe"] and container["livenessProbe"]
    files = {}
    for name, volume in volumes.items():
        if "configMap" in volume:
            files[name] = list(found["ConfigMap", volume["configMap"]["name"]]["data"])
        if "secret" in volume:
            there = found["Secret", volume["secret"]["secretName"]]["stringData"]
            items = volume["secret"].get("items", [{"key": key, "path": key} for key in there])
            assert all(item["key"] in there for item in items), items
            files[name] = [item["path"] for item in items]
    # Every file that a program is told of is there.
    (container,) = pod["containers"]
    mounted = set()
    for mount in container["volumeMounts"]:
        inside = [""] if "subPath" in mount else ["/" + path for path in files.get(mount["name"], [])]
        mounted |= {mount["mountPath"] + path for path in inside}
    told = [variable.get("value", "") for variable in container["env"]]
    told += [found["ConfigMap", "image-service"]["data"]["config.toml"]] if "/etc/image-service/config.toml" in mounted else []
    named = {path for text in told for path in re.findall(r"/etc/(?:image-service|docker-shim)/[a-z./]+", text)}
    assert named and named <= mounted, named - mounted

(shim,) = (d for d in workloads if d["kind"] == "DaemonSet")
service = found["Service", "image-service"]
(address,) = (
    variable["value"]
    for variable in shim["spec"]["template"]["spec"]["containers"][0]["env"]
    if variable["name"] == "DOCKER_SHIM_IMAGE_SERVICE"
)
assert address == f"https://image-service.image-service.svc:{service['spec']['ports'][0]['port']}"
