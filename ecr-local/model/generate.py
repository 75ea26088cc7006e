"""Writes what a request must look like, as botocore's service models say it: the operations with their input shapes, and of each shape that an
input reaches its members and constraints; and the same of what scans find, which tests and operators say. Usage: generate.py BOTOCORE_FOLDER, from the folder of this file."""

import gzip
import json
import sys
from pathlib import Path

SERVICES = {"ecr.json": "ecr/2015-09-21", "ecr-public.json": "ecr-public/2020-10-30"}
FINDINGS = ("ImageScanFindingList", "EnhancedImageScanFindingList")
CONSTRAINTS = ("type", "min", "max", "pattern", "enum", "required")


def reduced(shape):
    kept = {name: shape[name] for name in CONSTRAINTS if shape.get(name)}
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    if "member" in shape:
        kept["member"] = shape["member"]["shape"]
    return kept


def reach(model, name, found):
    if name in found:
        return
    found[name] = reduced(model["shapes"][name])
    for member in found[name].get("members", {}).values():
        reach(model, member, found)
    if "member" in found[name]:
        reach(model, found[name]["member"], found)


for target, source in SERVICES.items():
    model = json.loads(gzip.decompress((Path(sys.argv[1]) / "data" / source / "service-2.json.gz").read_bytes()))
    operations, shapes = {}, {}
    for name, operation in sorted(model["operations"].items()):
        operations[name] = operation["input"]["shape"]
        reach(model, operations[name], shapes)
    for name in FINDINGS:
        if name in model["shapes"]:
            reach(model, name, shapes)
    lines = ['{"operations":' + json.dumps(operations, separators=(",", ":")) + ',"shapes":{']
    lines.append(",\n".join(f"{json.dumps(n)}:{json.dumps(shapes[n], separators=(',', ':'))}" for n in sorted(shapes)))
    lines.append("}}\n")
    (Path(__file__).parent / target).write_text("\n".join(lines))
