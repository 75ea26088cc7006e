"""The walk of ECR. Begins with walking.py."""

policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]})
lifecycle = json.dumps({"rules": [{
    "rulePriority": 1,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
    "action": {"type": "expire"},
}]})
arn = "arn:aws:ecr:us-east-1:000000000000:repository/walk"
app = {"repositoryName": "walk"}
unknown = "00000000-0000-4000-8000-000000000000"


create = ("CreateRepository", {
    **app,
    "tags": [{"Key": "team", "Value": "ci"}],
    "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS"},
})
ids = [{"imageTag": "v1"}]
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
part = {**app, "uploadId": unknown, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"}
for step in steps + [
    create,
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
