"""docker-py against our socket. Arguments: an open registry, a registry with a password, the digest of team/app:v1 in the first."""

import sys

import docker
import docker.errors

OPEN, PRIVATE, DIGEST = sys.argv[1:]
client = docker.from_env()


def refused(error, call, text):
    try:
        call()
    except error as caught:
        assert text in str(caught), f"{text!r} is not in {caught}"
    else:
        raise AssertionError(f"{text!r} was expected")


assert client.ping() is True
assert client.version()["ApiVersion"].startswith("1.")
assert client.info()["OSType"] == "linux"
assert client.images.list() == []

# Pull: a tag, the default tag, a digest, a platform, all tags.
app = client.images.pull(f"{OPEN}/team/app", tag="v1")
assert app.tags == [f"{OPEN}/team/app:v1"], app.tags
assert app.labels == {"team": "a"}, app.labels
assert app.attrs["Config"]["Cmd"] == ["/hello"]
assert app.attrs["RepoDigests"] == [f"{OPEN}/team/app@{DIGEST}"]
assert client.images.pull(f"{OPEN}/team/app@{DIGEST}").id == app.id
assert client.images.pull(f"{OPEN}/team/app", tag="v1", platform="linux/amd64").id == app.id
refused(docker.errors.NotFound, lambda: client.images.pull(f"{OPEN}/team/app"), "manifest unknown")
refused(docker.errors.NotFound, lambda: client.images.pull(f"{OPEN}/team/nosuch", tag="v1"), "not found")
pulled = client.images.pull(f"{OPEN}/team/app", all_tags=True)
assert sorted(tag for image in pulled for tag in image.tags) == [f"{OPEN}/team/app:v1", f"{OPEN}/team/app:v2"], pulled
lines = list(client.api.pull(f"{OPEN}/team/app", tag="v1", stream=True, decode=True))
assert lines[0] == {"status": "Pulling from team/app", "id": "v1"}, lines
assert lines[-1] == {"status": f"Status: Image is up to date for {OPEN}/team/app:v1"}, lines

# Look-ups.
assert client.images.get(app.id).id == app.id
assert client.images.get(app.short_id).id == app.id
assert client.images.get(app.attrs["RepoDigests"][0]).id == app.id
refused(docker.errors.ImageNotFound, lambda: client.images.get("nosuch"), "No such image: nosuch:latest")
assert len(client.images.list()) == 2
assert [image.id for image in client.images.list(filters={"label": "team=a"})] == [app.id]
assert [image.id for image in client.images.list(name=f"{OPEN}/team/app:v1")] == [app.id]
assert client.images.list(filters={"dangling": True}) == []
assert app.history()[0]["Id"] == app.id

# Tag and remove.
assert app.tag("mine", "1") is True
assert app.tag("mine") is True
assert client.images.get("mine:1").id == client.images.get("mine").id == app.id
refused(docker.errors.APIError, lambda: client.images.remove(app.id), "must be forced")
client.images.remove("mine:1")
client.images.remove("mine")
refused(docker.errors.ImageNotFound, lambda: client.images.remove("mine"), "No such image: mine:latest")

# Private images: credentials with the request, and by login.
private = f"{PRIVATE}/priv/app"
alice = {"username": "alice", "password": "s3cret"}
refused(docker.errors.APIError, lambda: client.images.pull(private, tag="v1"), "")
wrong = {"username": "alice", "password": "wrong"}
refused(docker.errors.APIError, lambda: client.images.pull(private, tag="v1", auth_config=wrong), "unauthorized")
assert client.images.pull(private, tag="v1", auth_config=alice).tags == [f"{private}:v1"]
refused(docker.errors.APIError, lambda: client.login(registry=PRIVATE, username="alice", password="wrong"), "nauthorized")
assert client.login(registry=PRIVATE, **alice)["Status"] == "Login Succeeded"

for image in client.images.list():
    client.images.remove(image.id, force=True)
assert client.images.list() == []
print("ok")
