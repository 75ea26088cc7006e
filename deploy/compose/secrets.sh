#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml once: keys, the database's password, an operator's token, a certificate authority for this composition
# alone. As root, so that they can be given to the user that the containers run as.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
owner=65532
names=DNS:image-service,DNS:image-service-1,DNS:image-service-2,DNS:localhost
umask 077
mkdir -p "$folder"
cd "$folder"
[ -e tokens ] && { echo "$folder has them already" >&2; exit 0; }

curve="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc"

# signed FILE COMMON-NAME EXTENSIONS
signed() {
    # shellcheck disable=SC2086
    openssl req $curve -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
        -extfile <(printf '%s\n' "$3") 2>/dev/null
    rm "$1.csr"
}

head -c 32 /dev/urandom >credentials.key
openssl rand -hex 24 | tr -d '\n' >database.password
printf 'database:*:images:images:%s\n' "$(cat database.password)" >pgpass

# shellcheck disable=SC2086
openssl req -x509 $curve -days 3650 -subj "/CN=image-service authority" -keyout ca.key -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
signed tls image-service $'subjectAltName='"$names"$'\nextendedKeyUsage=serverAuth'
signed shim docker-shim extendedKeyUsage=clientAuth

# As "image-service token new operations" makes them.
printf 'ist_%s' "$(openssl rand -hex 32)" >operator.token
printf 'operations %s\n' "$(sha256sum <operator.token | cut -d' ' -f1)" >tokens
# The authority's key and the token stay with root.
chown "$owner" ca.crt credentials.key pgpass shim.crt shim.key tls.crt tls.key tokens
