//! What `compose/` takes from registries, made of what is on this machine: a database, and a registry beside it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use fixtures::tool::Tool;

use super::docker::{Docker, with_libraries};

/// As the image `postgres` of Docker Hub begins: what it makes is named by the same variables.
const DATABASE: &str = r#"#!/bin/sh
set -e
drop="setpriv --reuid 70 --regid 70 --clear-groups"
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    chown 70:70 "$PGDATA"
    cat "$POSTGRES_PASSWORD_FILE" >/tmp/password
    chown 70:70 /tmp/password
    $drop initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 \
        --locale=C --encoding=UTF8 --no-sync
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | $drop postgres --single postgres
fi
exec $drop postgres -c "listen_addresses=*" -c unix_socket_directories=/tmp
"#;

const REGISTRY: &str = "\
version: 0.1
storage: { filesystem: { rootdirectory: /var/lib/registry }, delete: { enabled: true } }
http: { addr: \":5000\", secret: throw-away }
";

/// `docker.io/library/postgres:16`, by whatever version this machine has.
pub(super) async fn database(docker: &Docker, folder: &Path) {
    let root = folder.join("postgres");
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap().map(|version| version.unwrap().path());
    let installed = versions.max().expect("PostgreSQL is installed");
    let share = Path::new("/usr/share/postgresql").join(installed.file_name().unwrap());
    let programs = ["initdb", "pg_isready", "postgres"].map(|name| installed.join("bin").join(name));
    let helpers = ["/bin/cat", "/bin/chown", "/bin/sh", "/usr/bin/setpriv"].map(PathBuf::from);
    let all: Vec<_> = programs.iter().chain(&helpers).map(PathBuf::as_path).collect();
    with_libraries(&root, &all);
    // Sessions ask for the time zone by its name.
    let zone = Path::new("/usr/share/zoneinfo/UTC");
    for part in [installed.join("lib").as_path(), &share, zone] {
        let to = root.join(part.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        Tool::new("cp").args(["--recursive", "--dereference"]).arg(part).arg(to).run().await.ok();
    }
    fs::create_dir_all(root.join("data")).unwrap();
    fs::create_dir_all(root.join("tmp")).unwrap();
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0::/:/bin/sh\npostgres:x:70:70::/:/bin/sh\n").unwrap();
    fs::write(root.join("start"), DATABASE).unwrap();
    fs::set_permissions(root.join("start"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("ENV PATH={}:/usr/bin:/bin", installed.join("bin").display());
    let changes =
        [path.as_str(), "ENV PGDATA=/var/lib/postgresql/data PGHOST=/tmp", "ENTRYPOINT [\"/start\"]"];
    docker.import(&root, "docker.io/library/postgres:16", &changes).await;
}

/// `registry`: Debian's docker-registry, open to everyone.
pub(super) async fn registry(docker: &Docker, folder: &Path) {
    let root = folder.join("registry");
    with_libraries(&root, &[Path::new("/usr/bin/docker-registry")]);
    fs::write(root.join("config.yml"), REGISTRY).unwrap();
    let start = "ENTRYPOINT [\"/usr/bin/docker-registry\", \"serve\", \"/config.yml\"]";
    docker.import(&root, "registry", &[start]).await;
}
