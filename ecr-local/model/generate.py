"""Writes what a request must look like, as botocore's service models say it: the operations with their input shapes, and of each shape that an
input reaches its members and constraints; and the same of what scans find, which tests and operators say. Usage: generate.py BOTOCORE_FOLDER, from the folder of this file."""

import gzip
import json
import sys
from pathlib import Path

# Of some services a few operations alone.
SERVICES = {
    "ecr.json": ("ecr/2015-09-21", ()),
    "ecr-public.json": ("ecr-public/2020-10-30", ()),
    "ecs.json": ("ecs/2014-11-13", (
        "DeregisterTaskDefinition", "DescribeClusters", "DescribeTaskDefinition", "DescribeTasks", "ListClusters", "ListTaskDefinitions",
        "ListTasks", "RegisterTaskDefinition", "RunTask", "StopTask",
    )),
    "sts.json": ("sts/2011-06-15", ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity")),
}
FINDINGS = ("ImageScanFindingList", "EnhancedImageScanFindingList")
CONSTRAINTS = ("type", "min", "max", "pattern", "enum", "required")


def reduced(shape):
    is_number = shape["type"] in ("integer", "long")
    # No text is shorter than nothing, but a number may be below zero.
    kept = {name: shape[name] for name in CONSTRAINTS if shape.get(name) or is_number and name in shape}
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            kept[part] = shape[part]["shape"]
    return kept


def reach(model, name, found):
    if name in found:
        return
    found[name] = reduced(model["shapes"][name])
    parts = [found[name][part] for part in ("member", "key", "value") if part in found[name]]
    for member in [*found[name].get("members", {}).values(), *parts]:
        reach(model, member, found)


for target, (source, only) in SERVICES.items():
    model = json.loads(gzip.decompress((Path(sys.argv[1]) / "data" / source / "service-2.json.gz").read_bytes()))
    operations, shapes = {}, {}
    for name, operation in sorted(model["operations"].items()):
        if only and name not in only:
            continue
        operations[name] = operation.get("input", {}).get("shape", "NoInput")
        model["shapes"].setdefault("NoInput", {"type": "structure", "members": {}})
        reach(model, operations[name], shapes)
    for name in FINDINGS:
        if name in model["shapes"]:
            reach(model, name, shapes)
    lines = ['{"operations":' + json.dumps(operations, separators=(",", ":")) + ',"shapes":{']
    lines.append(",\n".join(f"{json.dumps(n)}:{json.dumps(shapes[n], separators=(',', ':'))}" for n in sorted(shapes)))
    lines.append("}}\n")
    (Path(__file__).parent / target).write_text("\n".join(lines))
