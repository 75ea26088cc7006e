#!/usr/bin/env bash
# Puts the programs, their units and an example of the configuration in place; starts nothing.
#   BIN      where the binaries are  (target/release)
#   DESTDIR  below which all is put  (none: this host)
set -euo pipefail
deploy=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-target/release}
root=${DESTDIR:-}

install -D --mode=0755 --target-directory="$root/usr/bin" "$bin/image-service" "$bin/docker-shim"
install -D --mode=0644 --target-directory="$root/usr/lib/systemd/system" "$deploy"/systemd/*.service "$deploy"/systemd/*.socket
install -D --mode=0644 "$deploy/systemd/image-service.sysusers" "$root/usr/lib/sysusers.d/image-service.conf"
# An operator's own is left alone.
[ -e "$root/etc/image-service/config.toml" ] ||
    install -D --mode=0644 "$deploy/config.toml" "$root/etc/image-service/config.toml"
