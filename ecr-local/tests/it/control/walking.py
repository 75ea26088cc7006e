"""What walks of service models have in common: calls with valid input, and with each constraint of the input kept by a hair and broken by one.
Every answer must be what the output shape says; every broken constraint must be refused by name, and with a code that the operation has.
Usage: ENDPOINT SERVICE; the walk of the service goes on from here."""

import copy
import datetime
import hashlib
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

service = sys.argv[2]
client = boto3.client(
    service,
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="anyone",
    aws_secret_access_key="anything",
    config=Config(parameter_validation=False, retries={"max_attempts": 0}),
)
model = client.meta.service_model
raw = {}


refused = {"sts": "ValidationError"}.get(service, "InvalidParameterException")
# What every service may answer, whatever its model says.
front = {"AccessDenied", "AccessDeniedException", "MalformedInput", "SerializationException", "ValidationError"}


def keep(response_dict, **_):
    raw["body"] = json.loads(response_dict["body"]) if client.meta.service_model.protocol == "json" else None


client.meta.events.register(f"before-parse.{service}", keep)


def call(operation, given):
    """The document of an answer, or the code of a refusal."""
    method = next(m for m, o in client.meta.method_to_api_mapping.items() if o == operation)
    try:
        parsed = getattr(client, method)(**given)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        known = {shape.error_code for shape in model.operation_model(operation).error_shapes}
        assert code in known | front or code.startswith("Unsupported"), (operation, given, code)
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, (operation, given, raw)
        assert error.response["ResponseMetadata"]["RequestId"], operation
        return code, raw["body"] or {"message": error.response["Error"]["Message"]}
    assert parsed.pop("ResponseMetadata")["RequestId"], operation
    return None, parsed if raw["body"] is None else raw["body"]


def conforms(shape, value, path):
    """A value has the type, the members and the constraints of its shape."""
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), path
        assert set(value) <= set(shape.members), (path, set(value) - set(shape.members))
        assert set(shape.required_members) <= set(value), (path, shape.required_members)
        for name, member in value.items():
            conforms(shape.members[name], member, f"{path}.{name}")
    elif kind == "list":
        assert isinstance(value, list), path
        for entry in value:
            conforms(shape.member, entry, f"{path}[]")
    elif kind == "map":
        assert isinstance(value, dict), path
    elif kind == "string":
        assert isinstance(value, str), path
        assert not shape.enum or value in shape.enum, (path, value)
    elif kind == "boolean":
        assert isinstance(value, bool), path
    elif kind in ("timestamp", "double", "float"):
        assert isinstance(value, (int, float, datetime.datetime)), path
    else:
        assert isinstance(value, int), (path, kind)


def variants(shape, value, path=()):
    """Where an input can be changed, to what, and whether it may: (path, value, is_valid)."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            yield path + (name,), None, False
        for name, member in shape.members.items():
            if name in value:
                yield from variants(member, value[name], path + (name,))
            elif member.type_name in ("string", "integer"):
                yield from variants(member, None, path + (name,))
        return
    limits = shape.metadata
    low, high = limits.get("min"), limits.get("max")
    if shape.type_name == "list":
        if low:
            yield path, [], False
        if high and high <= 1000 and value:
            yield path, value[:1] * (high + 1), False
        if value:
            for name, changed, is_valid in variants(shape.member, value[0]):
                yield path + (0,) + name, changed, is_valid
    elif shape.type_name in ("integer", "long"):
        if low is not None:
            yield path, low - 1, False
            yield path, low, True
        if high:
            yield path, high, True
            yield path, high + 1, False
    elif shape.type_name == "string":
        if shape.enum:
            yield path, "no such value", False
        if limits.get("pattern"):
            yield path, "\u0001", False
        if low:
            yield path, "a" * (low - 1), False
        if high:
            yield path, "a" * (high + 1), False
            if not limits.get("pattern") and not shape.enum and value is not None:
                yield path, "a" * high, True


def changed(given, path, value):
    given = copy.deepcopy(given)
    place = given
    for step in path[:-1]:
        place = place[step]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return given


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


config, layer = b"{}", b"layer"
descriptor = lambda kind, content: {
    "mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(content), "size": len(content)
}
manifest = json.dumps({
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": descriptor("config.v1+json", config),
    "layers": [descriptor("layer.v1.tar", layer)],
})


def upload(content):
    started = call("InitiateLayerUpload", app)[1]["uploadId"]
    part = {**app, "uploadId": started, "partFirstByte": 0, "partLastByte": len(content) - 1, "layerPartBlob": content}
    done(("UploadLayerPart", part))
    done(("CompleteLayerUpload", {**app, "uploadId": started, "layerDigests": [digest(content)]}))


walked, valid, boundary, invalid = set(), 0, 0, 0


def done(step):
    global valid
    operation, given = step
    code, body = call(operation, given)
    assert code is None, (operation, given, body)
    conforms(model.operation_model(operation).output_shape, body, operation)
    walked.add(operation)
    valid += 1
    return body


def probe(step):
    """What the model forbids is refused by name; what it allows is never refused for its shape."""
    global boundary, invalid
    operation, given = step
    for path, value, is_valid in variants(model.operation_model(operation).input_shape, given):
        code, body = call(operation, changed(given, path, value))
        told = "validation error" in body.get("message", "") or code == "SerializationException"
        assert told != is_valid, (operation, path, str(value)[:60], body)
        assert is_valid or code == refused, (operation, path, code)
        boundary += is_valid
        invalid += not is_valid
