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
