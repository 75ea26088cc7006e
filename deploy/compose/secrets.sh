#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml once: keys, the database's password, a certificate authority for this composition alone.
# As root, so that they can be given to the user that the containers run as.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
owner=65532
names=DNS:image-service,DNS:image-service-1,DNS:image-service-2,DNS:localhost
umask 077
mkdir -p "$folder"
cd "$folder"
[ -e tls.crt ] && { echo "$folder has them already" >&2; exit 0; }

head -c 32 /dev/urandom >credentials.key
head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >database.password
printf 'database:5432:images:images:%s\n' "$(cat database.password)" >pgpass

curve="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc"
# shellcheck disable=SC2086
openssl req -x509 $curve -days 3650 -subj "/CN=image-service authority" -keyout ca.key -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
# shellcheck disable=SC2086
openssl req $curve -subj "/CN=image-service" -keyout tls.key -out tls.csr 2>/dev/null
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out tls.crt 2>/dev/null \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names")
rm tls.csr
chown "$owner" credentials.key pgpass ca.crt tls.crt tls.key
