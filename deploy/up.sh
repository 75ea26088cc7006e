#!/usr/bin/env bash
# Both processes on embedded defaults, in the foreground, until Ctrl-C or until one of them ends.
#   BIN     where the binaries are           (target/release)
#   STATE   where state and sockets are kept (XDG state directory)
#   CONFIG  image-service's configuration    (none)
set -euo pipefail

bin=${BIN:-target/release}
state=${STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/image-service}
mkdir -p "$state"
chmod 0700 "$state"
state=$(cd "$state" && pwd)

pids=()
stop() {
    trap '' INT TERM HUP
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" || true; done
}
trap 'stop; exit 0' INT TERM HUP

# request SOCKET: whether it accepts; request SOCKET PATH: whether a GET answers with 200. Perl is in every Debian.
request() {
    perl -MIO::Socket::UNIX -e '
        my ($peer, $path) = @ARGV;
        my $socket = IO::Socket::UNIX->new(Peer => $peer) or exit 1;
        exit 0 unless $path;
        $socket->print("GET $path HTTP/1.0\r\nHost: docker\r\n\r\n");
        exit(<$socket> =~ m{^HTTP/1\.[01] 200 } ? 0 : 1);
    ' "$@" 2>/dev/null
}

wait_for() {
    for _ in $(seq 300); do
        request "$@" && return
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || { echo "one of the two did not start; see above" >&2; stop; exit 1; }
        done
        sleep 0.1
    done
    echo "not ready after 30 seconds" >&2
    stop
    exit 1
}

"$bin/image-service" serve --data-dir "$state" --listen "unix://$state/image-service.sock" ${CONFIG:+--config "$CONFIG"} &
pids=($!)
wait_for "$state/image-service.sock"
"$bin/docker-shim" --socket "$state/docker.sock" --image-service "unix://$state/image-service.sock" &
# The shim goes first when they are stopped: it still answers from the service while it drains.
pids=($! "${pids[@]}")
wait_for "$state/docker.sock" /images/json

registry=$(cat "$state/registry/address" 2>/dev/null || true)
cat <<READY

Ready. State is in $state; Ctrl-C stops both. In another terminal:

    export DOCKER_HOST=unix://$state/docker.sock
    docker pull alpine:3.20
${registry:+    docker tag alpine:3.20 $registry/mine:1
    docker push $registry/mine:1
}
READY

wait -n "${pids[@]}" || true
echo "one of the two has ended; stopping the other" >&2
stop
exit 1
