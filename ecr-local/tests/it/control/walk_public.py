"""The walk of ECR Public: all operations. Begins with walking.py."""

policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr-public:*"}]})
arn = "arn:aws:ecr-public::000000000000:repository/walk"
app = {"repositoryName": "walk"}
unknown = "00000000-0000-4000-8000-000000000000"
catalog = {
    "description": "for a walk",
    "architectures": ["x86-64"],
    "operatingSystems": ["Linux"],
    "logoImageBlob": b"logo",
    "aboutText": "about",
    "usageText": "use",
}
create = ("CreateRepository", {**app, "catalogData": catalog, "tags": [{"Key": "team", "Value": "ci"}]})
ids = [{"imageTag": "v1"}]
steps = [
    ("DescribeRegistries", {"maxResults": 10}),
    ("PutRegistryCatalogData", {"displayName": "Walkers"}),
    ("GetRegistryCatalogData", {}),
    ("GetAuthorizationToken", {}),
    ("DescribeRepositories", {"repositoryNames": ["walk"]}),
    ("DescribeRepositories", {"registryId": "000000000000", "maxResults": 10}),
    ("GetRepositoryCatalogData", app),
    ("PutRepositoryCatalogData", {**app, "catalogData": catalog}),
    ("TagResource", {"resourceArn": arn, "tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsForResource", {"resourceArn": arn}),
    ("UntagResource", {"resourceArn": arn, "tagKeys": ["a"]}),
    ("SetRepositoryPolicy", {**app, "policyText": policy, "force": True}),
    ("GetRepositoryPolicy", app),
    ("DeleteRepositoryPolicy", app),
    ("InitiateLayerUpload", app),
    ("BatchCheckLayerAvailability", {**app, "layerDigests": [digest(layer), "md5:ab"]}),
    ("PutImage", {**app, "imageManifest": manifest, "imageTag": "v1", "imageDigest": digest(manifest.encode())}),
    ("DescribeImages", {**app, "imageIds": ids}),
    ("DescribeImages", {**app, "maxResults": 5}),
    ("DescribeImageTags", {**app, "maxResults": 5}),
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
assert walked == set(model.operation_names), set(model.operation_names) - walked
print(f"{len(walked)} operations: {valid} valid, {boundary} boundary and {invalid} invalid calls")
