"""What boto3 makes of faults: it tries again after some, and shows the members of others. Usage: faults.py ENDPOINT"""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
retries = {"mode": "standard", "total_max_attempts": 3}
client = boto3.client(
    "ecr",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="anyone",
    aws_secret_access_key="anything",
    config=Config(retries=retries),
)


def admin(method, place, document=None):
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{endpoint}/_ecr-local/{place}", body, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def asked(operation):
    return [entry.get("code") for entry in admin("GET", f"history?operation={operation}")["entries"]]


def refusal(call):
    try:
        call()
    except ClientError as error:
        return error.response
    raise AssertionError("it was not refused")


admin("POST", "faults", {"operation": "DescribeRepositories", "when": {"first": 2}, "effect": {"error": {"code": "ThrottlingException"}}})
assert client.describe_repositories()["repositories"] == []
assert asked("DescribeRepositories") == ["ThrottlingException", "ThrottlingException", None]

# The repository is there when the answer is lost, and boto3 does not know that the first attempt was its own.
admin("POST", "faults", {"operation": "CreateRepository", "when": {"first": 1}, "effect": "reset", "afterEffect": True})
answer = refusal(lambda: client.create_repository(repositoryName="app"))
assert answer["Error"]["Code"] == "RepositoryAlreadyExistsException", answer
assert asked("CreateRepository") == [None, "RepositoryAlreadyExistsException"]

members = {"registryId": "000000000000", "repositoryName": "app", "uploadId": "u", "lastValidByteReceived": 41}
admin("POST", "faults", {"operation": "UploadLayerPart", "effect": {"error": {"code": "InvalidLayerPartException", "members": members}}})
upload = client.initiate_layer_upload(repositoryName="app")["uploadId"]
part = {"repositoryName": "app", "uploadId": upload, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"}
answer = refusal(lambda: client.upload_layer_part(**part))
assert {name: answer[name] for name in members} == members, answer

kms = {"code": "KmsException", "members": {"kmsError": "DisabledException"}}
admin("POST", "faults", {"operation": "PutImage", "effect": {"error": kms}})
answer = refusal(lambda: client.put_image(repositoryName="app", imageManifest="{}"))
assert answer["kmsError"] == "DisabledException", answer

admin("DELETE", "faults")
admin("POST", "faults", {"operation": "ListImages", "effect": {"error": {"code": "ServerException"}}})
answer = refusal(lambda: client.list_images(repositoryName="app"))
assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500 and answer["ResponseMetadata"]["RetryAttempts"] == 2, answer
print("done")
