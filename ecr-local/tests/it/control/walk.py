"""Walks ECR's service model: calls every operation that is there with valid input, and with each constraint of its input kept by a hair and
broken by one. Every answer must be what the output shape says; every broken constraint must be refused by name. Usage: walk.py ENDPOINT"""

import copy
import hashlib
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client(
    "ecr",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="anyone",
    aws_secret_access_key="anything",
    config=Config(parameter_validation=False, retries={"max_attempts": 0}),
)
model = client.meta.service_model
raw = {}


def keep(response_dict, **_):
    raw["body"] = json.loads(response_dict["body"])


client.meta.events.register("before-parse.ecr", keep)


def call(operation, given):
    """The document of an answer, or the code of a refusal."""
    method = next(m for m, o in client.meta.method_to_api_mapping.items() if o == operation)
    try:
        getattr(client, method)(**given)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, (operation, given, raw)
        assert error.response["ResponseMetadata"]["RequestId"], operation
        return code, raw["body"]
    return None, raw["body"]


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
        assert isinstance(value, (int, float)), path
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
        yield path, (low or 0) - 1, False
        if high:
            yield path, high, True
            yield path, high + 1, False
        if low:
            yield path, low, True
    elif shape.type_name == "string":
        if shape.enum:
            yield path, "no such value", False
        if limits.get("pattern"):
            yield path, "\u00a7 !", False
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
policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]})
lifecycle = json.dumps({"rules": [{
    "rulePriority": 1,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
    "action": {"type": "expire"},
}]})
arn = "arn:aws:ecr:us-east-1:000000000000:repository/walk"
app = {"repositoryName": "walk"}
unknown = "00000000-0000-4000-8000-000000000000"


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
    """What the model forbids is refused with InvalidParameterException; what it allows is never refused for its shape."""
    global boundary, invalid
    operation, given = step
    for path, value, is_valid in variants(model.operation_model(operation).input_shape, given):
        code, body = call(operation, changed(given, path, value))
        told = "validation error" in body.get("message", "") or code == "SerializationException"
        assert told != is_valid, (operation, path, str(value)[:60], body)
        assert is_valid or code == "InvalidParameterException", (operation, path, code)
        boundary += is_valid
        invalid += not is_valid


create = ("CreateRepository", {
    **app,
    "tags": [{"Key": "team", "Value": "ci"}],
    "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS"},
})
ids = [{"imageTag": "v1"}]
rule = {
    "registryId": "000000000000",
    "ecrRepositoryPrefix": "cached",
    "credentialArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/walk",
    "customRoleArn": "arn:aws:iam::000000000000:role/walk",
}
elsewhere = {"region": "eu-west-1", "registryId": "000000000000"}
template = {
    "prefix": "walk",
    "description": "of what the walk makes",
    "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:000000000000:key/walk"},
    "resourceTags": [{"Key": "team", "Value": "ci"}],
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
    "repositoryPolicy": policy,
    "lifecyclePolicy": lifecycle,
    "customRoleArn": "arn:aws:iam::000000000000:role/walk",
}
steps = [
    ("DescribeRepositories", {"repositoryNames": ["walk"]}),
    ("DescribeRepositories", {"maxResults": 10}),
    ("PutImageTagMutability", {**app, "imageTagMutability": "MUTABLE"}),
    ("PutImageScanningConfiguration", {**app, "imageScanningConfiguration": {"scanOnPush": False}}),
    ("TagResource", {"resourceArn": arn, "tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsForResource", {"resourceArn": arn}),
    ("UntagResource", {"resourceArn": arn, "tagKeys": ["a"]}),
    ("SetRepositoryPolicy", {**app, "policyText": policy, "force": True}),
    ("GetRepositoryPolicy", app),
    ("DeleteRepositoryPolicy", app),
    ("PutRegistryPolicy", {"policyText": policy}),
    ("GetRegistryPolicy", {}),
    ("DeleteRegistryPolicy", {}),
    ("StartLifecyclePolicyPreview", {**app, "lifecyclePolicyText": lifecycle}),
    ("GetLifecyclePolicyPreview", {**app, "maxResults": 5, "filter": {"tagStatus": "ANY"}}),
    ("PutLifecyclePolicy", {**app, "lifecyclePolicyText": lifecycle}),
    ("GetLifecyclePolicy", app),
    ("DeleteLifecyclePolicy", app),
    ("GetAuthorizationToken", {"registryIds": ["000000000000"]}),
    ("InitiateLayerUpload", app),
    ("BatchCheckLayerAvailability", {**app, "layerDigests": [digest(layer), "md5:ab"]}),
    ("PutImage", {**app, "imageManifest": manifest, "imageTag": "v1", "imageDigest": digest(manifest.encode())}),
    ("BatchGetImage", {**app, "imageIds": ids, "acceptedMediaTypes": ["application/vnd.oci.image.manifest.v1+json"]}),
    ("DescribeImages", {**app, "imageIds": ids}),
    ("DescribeImages", {**app, "maxResults": 5, "filter": {"tagStatus": "TAGGED"}}),
    ("ListImageReferrers", {**app, "subjectId": {"imageDigest": digest(manifest.encode())}, "maxResults": 5}),
    ("ListImages", {**app, "maxResults": 5, "filter": {"tagStatus": "ANY"}}),
    ("GetDownloadUrlForLayer", {**app, "layerDigest": digest(layer)}),
    ("PutReplicationConfiguration", {"replicationConfiguration": {"rules": [{
        "destinations": [elsewhere],
        "repositoryFilters": [{"filter": "walk", "filterType": "PREFIX_MATCH"}],
        "deleteReplication": {"enabled": True},
    }]}}),
    ("DescribeRegistry", {}),
    ("DescribeImageReplicationStatus", {**app, "imageId": ids[0]}),
    ("CreateRepositoryCreationTemplate", {**template, "appliedFor": ["CREATE_ON_PUSH"]}),
    ("UpdateRepositoryCreationTemplate", {**template, "appliedFor": ["REPLICATION"]}),
    ("DescribeRepositoryCreationTemplates", {"prefixes": ["walk"]}),
    ("DescribeRepositoryCreationTemplates", {"maxResults": 5}),
    ("DeleteRepositoryCreationTemplate", {"prefix": "walk"}),
    ("CreatePullThroughCacheRule", {
        **rule,
        "upstreamRegistryUrl": "registry-1.docker.io",
        "upstreamRegistry": "docker-hub",
        "upstreamRepositoryPrefix": "library",
    }),
    ("UpdatePullThroughCacheRule", rule),
    ("DescribePullThroughCacheRules", {"registryId": "000000000000", "ecrRepositoryPrefixes": ["cached"]}),
    ("DescribePullThroughCacheRules", {"maxResults": 5}),
    ("ValidatePullThroughCacheRule", {"registryId": "000000000000", "ecrRepositoryPrefix": "cached"}),
    ("DeletePullThroughCacheRule", {"registryId": "000000000000", "ecrRepositoryPrefix": "cached"}),
]
image = {**app, "imageId": {"imageTag": "v1"}}
filters = [{"filter": "walk*", "filterType": "WILDCARD"}]
profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/walk"
signing = {"rules": [{
    "signingProfileArn": profile,
    "repositoryFilters": [{"filter": "walk*", "filterType": "WILDCARD_MATCH"}],
}]}
principal = {"principalArn": "arn:aws:iam::000000000000:role/walk"}
steps[:0] = [("PutSigningConfiguration", {"signingConfiguration": signing}), ("GetSigningConfiguration", {})]
steps += [
    ("StartImageScan", image),
    ("DescribeImageScanFindings", {**image, "maxResults": 1}),
    ("PutRegistryScanningConfiguration", {
        "scanType": "ENHANCED", "rules": [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": filters}],
    }),
    ("GetRegistryScanningConfiguration", {}),
    ("BatchGetRepositoryScanningConfiguration", {"repositoryNames": ["walk", "none"]}),
    ("DescribeImageScanFindings", image),
    ("DescribeImages", app),
    ("DescribeImageSigningStatus", image),
    ("PutAccountSetting", {"name": "BLOB_MOUNTING", "value": "ENABLED"}),
    ("GetAccountSetting", {"name": "BLOB_MOUNTING"}),
    ("RegisterPullTimeUpdateExclusion", principal),
    ("ListPullTimeUpdateExclusions", {"maxResults": 5}),
    ("DeregisterPullTimeUpdateExclusion", principal),
    ("UpdateImageStorageClass", {**image, "targetStorageClass": "ARCHIVE"}),
    ("DescribeImages", {**app, "maxResults": 5, "filter": {"imageStatus": "ARCHIVED"}}),
    ("UpdateImageStorageClass", {**image, "targetStorageClass": "STANDARD"}),
]
done(create)
upload(config)
upload(layer)
for step in steps:
    done(step)
backfill = {"replicationBackfillId": done(("StartReplicationBackfill", {"destination": elsewhere}))["replicationBackfillId"]}
stops = [
    ("ListReplicationBackfills", {"maxResults": 5}),
    ("DescribeReplicationBackfillResults", {**backfill, "resultStatusFilter": "COMPLETE", "maxResults": 5}),
    ("StopReplicationBackfill", backfill),
]
for step in stops:
    done(step)
part = {**app, "uploadId": unknown, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"}
for step in steps + stops + [
    create,
    ("StartReplicationBackfill", {"destination": elsewhere}),
    ("UploadLayerPart", part),
    ("CompleteLayerUpload", {**app, "uploadId": unknown, "layerDigests": [digest(layer)]}),
    ("BatchDeleteImage", {**app, "imageIds": [{"imageTag": "none"}]}),
    ("DeleteRepository", {"repositoryName": "none"}),
]:
    probe(step)
done(("BatchDeleteImage", {**app, "imageIds": ids}))
done(("DeleteRepository", {**app, "force": True}))
done(("DeleteSigningConfiguration", {}))

for operation in sorted(set(model.operation_names) - walked):
    given = {}
    code, _ = call(operation, given)
    assert code in ("UnsupportedOperationException", "InvalidParameterException"), (operation, code)
print(f"{len(walked)} operations: {valid} valid, {boundary} boundary and {invalid} invalid calls")
