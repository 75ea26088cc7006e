#!/usr/bin/env bash
# The whole path, unattended: a throw-away registry with a password, an image in it, and the docker CLI against our socket.
# Ends with status 0 only if every step did what it should.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=()
finish() {
    local status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
    if [ $status -ne 0 ]; then
        echo "--- the demo failed (status $status); what the processes wrote:"
        tail -n 40 "$work"/*.log || true
    fi
    rm -rf "$work"
    exit $status
}
trap finish EXIT

say() { printf '\n# %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
fail() { echo "$*" >&2; exit 1; }
wait_for() { for _ in $(seq 300); do grep -q "$1" "$2" 2>/dev/null && return; sleep 0.1; done; fail "no '$1' in $2"; }

say "A registry on a free port; alice may use it"
htpasswd -nbB alice s3cret >"$work/htpasswd"
cat >"$work/registry.yml" <<YAML
version: 0.1
storage: { filesystem: { rootdirectory: $work/registry } }
http: { addr: "127.0.0.1:0", secret: throw-away }
auth: { htpasswd: { realm: demo, path: $work/htpasswd } }
YAML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
pids+=($!)
wait_for 'listening on' "$work/registry.log"
registry=$(sed -n 's/.*listening on \(127[^"]*\)".*/\1/p' "$work/registry.log")
echo "$registry"

say "An image: one file, an entry point, a label"
mkdir "$work/archive"
echo 'hello from the demo' >"$work/hello.txt"
tar -C "$work" -cf "$work/archive/layer.tar" hello.txt
diff_id=$(sha256sum "$work/archive/layer.tar" | cut -d' ' -f1)
cat >"$work/archive/config.json" <<JSON
{"architecture":"amd64","os":"linux","created":"2024-05-06T07:08:09Z","config":{"Env":["PATH=/bin"],"Entrypoint":["/hello"],"Labels":{"demo":"yes"}},"history":[{"created":"2024-05-06T07:08:09Z","created_by":"COPY hello.txt /"}],"rootfs":{"type":"layers","diff_ids":["sha256:$diff_id"]}}
JSON
echo '[{"Config":"config.json","RepoTags":null,"Layers":["layer.tar"]}]' >"$work/archive/manifest.json"
tar -C "$work/archive" -cf "$work/image.tar" manifest.json config.json layer.tar
skopeo --insecure-policy copy --quiet --dest-tls-verify=false --dest-creds alice:s3cret \
    "docker-archive:$work/image.tar" "docker://$registry/team/app:v1"
image=$registry/team/app:v1
echo "$image"

say "image-service and docker-shim"
STATE=$work/state deploy/up.sh >"$work/up.log" 2>&1 &
pids+=($!)
wait_for 'export DOCKER_HOST' "$work/up.log"
export DOCKER_HOST=unix://$work/state/docker.sock DOCKER_CONFIG=$work/docker
run docker version --format 'server {{.Server.Version}}, API {{.Server.APIVersion}}'

say "Without credentials there is no image"
if run docker pull "$image" </dev/null 2>&1; then fail "pulled without credentials"; fi

say "Login, pull, look"
printf 's3cret' | run docker login "$registry" -u alice --password-stdin 2>/dev/null
run docker pull "$image"
run docker image inspect --format '{{.Id}} {{.Config.Entrypoint}} {{.Config.Labels.demo}}' "$image"
[ "$(docker image inspect --format '{{.Config.Labels.demo}}' "$image")" = yes ] || fail "the label is lost"
[ "$(docker image inspect --format '{{index .RootFS.Layers 0}}' "$image")" = "sha256:$diff_id" ] || fail "another layer"
run docker history --no-trunc --format '{{.CreatedBy}} {{.Size}}' "$image"

say "Pull again: nothing has changed"
docker pull "$image" | tee "$work/again.txt"
grep -q 'Image is up to date' "$work/again.txt" || fail "pulled twice"

say "Tag, list, remove"
run docker tag "$image" demo:latest
run docker images
[ "$(docker images -q --no-trunc demo)" = "$(docker images -q --no-trunc "$registry/team/app")" ] || fail "the tag is another image"
run docker rmi demo:latest "$image"
[ -z "$(docker images -q)" ] || fail "something is left"
if run docker image inspect "$image" 2>&1; then fail "removed, and still there"; fi

say "The same image as an archive: what it holds goes to the registry inside the service while it comes in"
zstd --quiet "$work/image.tar"
run docker load -i "$work/image.tar.zst" | tee "$work/loaded.txt"
id=$(sed -n 's/^Loaded image ID: //p' "$work/loaded.txt")
embedded=$(cat "$work/state/registry/address")

say "Push it under a name, remove it, pull it back"
run docker tag "$id" "$embedded/demo:1"
run docker push "$embedded/demo:1"
run docker rmi "$embedded/demo:1"
[ -z "$(docker images -q)" ] || fail "something is left"
run docker pull "$embedded/demo:1"
[ "$(docker images -q --no-trunc "$embedded/demo")" = "$id" ] || fail "another image came back"

say "Save it: an archive that every engine loads"
run docker save -o "$work/saved.tar" "$embedded/demo:1"
tar -xOf "$work/saved.tar" manifest.json
echo

say "All of it worked"
