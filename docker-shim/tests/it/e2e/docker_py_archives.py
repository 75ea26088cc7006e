"""docker-py and archives. Arguments: an open registry, a docker-archive of archived:1 with one unnamed image more, a broken one, a root file system."""

import io
import sys
import tarfile

import docker
import docker.errors

REGISTRY, ARCHIVE, BROKEN, ROOT = sys.argv[1:]
client = docker.from_env()


def content(path):
    with open(path, "rb") as file:
        return file.read()


# Load: from a file and from memory. docker-py looks for what each result line names, so a name and its ID find one image twice.
with open(ARCHIVE, "rb") as file:
    loaded = client.images.load(file)
named = client.images.get("archived:1")
assert named in loaded, loaded
assert len({image.id for image in loaded}) == 2, loaded
assert {image.id for image in client.images.load(content(ARCHIVE))} == {image.id for image in loaded}
for broken in [content(BROKEN), b"hello this is not a tar"]:
    try:
        client.images.load(broken)
    except docker.errors.APIError as error:
        assert error.status_code == 500, error
        assert "Error processing tar file" in str(error), error
    else:
        raise AssertionError("a broken archive was loaded")

# Save: by name and by ID, and load it again.
saved = b"".join(named.save(named=True))
members = tarfile.open(fileobj=io.BytesIO(saved)).getnames()
assert "manifest.json" in members and "index.json" in members, members
client.images.remove(named.id, force=True)
assert client.images.load(saved)[0].tags == ["archived:1"]
assert b"manifest.json" in b"".join(client.images.get(named.id).save())

# Push, find the digest, and pull it back.
repository = f"{REGISTRY}/team/archived"
assert named.tag(repository, "v1") is True
lines = list(client.api.push(repository, tag="v1", stream=True, decode=True))
digest = lines[-1]["aux"]["Digest"]
assert client.images.get(f"{repository}:v1").attrs["RepoDigests"] == [f"{repository}@{digest}"]
assert client.images.get_registry_data(f"{repository}:v1").id == digest
client.images.remove(named.id, force=True)
assert client.images.pull(repository, tag="v1").id == named.id
assert "does not exist locally" in client.images.push(f"{REGISTRY}/team/nosuch", tag="v1")

# Import.
answer = client.api.import_image_from_data(content(ROOT), repository="root", tag="1", changes=["ENV A=b"])
root = client.images.get("root:1")
assert root.id in answer, answer
assert root.attrs["Config"]["Env"] == ["A=b"]
print("ok")
