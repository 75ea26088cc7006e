//! A registry in this process, in a folder of its own, and a client of it.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use ecr_local::{Builder, EcrLocal, Running};
use fixtures::images::{Content, Image, sha256};
use http::{HeaderMap, Method};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// The registry goes before its folder.
pub(crate) struct Stage {
    running: Option<Running>,
    http: Client,
    dir: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Stage {
    /// With the defaults.
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    /// With some settings.
    pub(crate) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let running = Some(settings(EcrLocal::builder(dir.path().join("data"))).start().await.unwrap());
        Self { running, http: Client::builder().no_proxy().build().unwrap(), dir }
    }

    /// Stops it and starts it again on the same folder.
    pub(crate) async fn restart(&mut self, settings: impl FnOnce(Builder) -> Builder) {
        self.running.take().unwrap().shutdown().await;
        self.running = Some(settings(EcrLocal::builder(self.data_dir())).start().await.unwrap());
    }

    /// Stops it, and starts it again on a folder that something else made.
    pub(crate) async fn replace_folder(&mut self, make: impl AsyncFnOnce(&Path)) {
        self.running.take().unwrap().shutdown().await;
        std::fs::remove_dir_all(self.data_dir()).unwrap();
        make(&self.data_dir()).await;
        self.running = Some(EcrLocal::builder(self.data_dir()).start().await.unwrap());
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> String {
        self.running().address().to_string()
    }

    /// A request to a path, which may have a query.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("http://{}{path}", self.host()))
    }

    /// Sends a request without headers and body.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Reply {
        read(self.request(method, path)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).await
    }

    /// Pushes a blob in one request.
    pub(crate) async fn push_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> String {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        read(self.request("POST", &path).body(bytes)).await.expect(201);
        digest
    }

    /// Tries to push a manifest.
    pub(crate) async fn put_manifest(&self, repository: &str, reference: &str, manifest: &Content) -> Reply {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let request = self.request("PUT", &path).header("content-type", &manifest.media_type);
        read(request.body(manifest.bytes.clone())).await
    }

    /// Pushes an image with all its parts. The manifest's digest.
    pub(crate) async fn push(&self, repository: &str, reference: &str, image: &Image) -> String {
        for part in image.layers.iter().chain([&image.config]) {
            self.push_blob(repository, part.bytes.clone()).await;
        }
        self.put_manifest(repository, reference, &image.manifest).await.expect(201);
        image.manifest.digest()
    }

    /// Begins an upload, and gives its path.
    pub(crate) async fn begin_upload(&self, repository: &str) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/");
        self.ask("POST", &path).await.expect(202).header("location").to_owned()
    }

    /// Where the file of a blob lies.
    pub(crate) fn blob_file(&self, digest: &str) -> PathBuf {
        blob_file(&self.data_dir(), digest)
    }

    /// Changes the database behind the registry's back.
    pub(crate) async fn meddle(&self, statement: &'static str) {
        use sqlx::Connection;
        let url = format!("sqlite://{}", self.data_dir().join("state.sqlite").display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Where the file of a blob lies in a data folder.
pub(crate) fn blob_file(data_dir: &Path, digest: &str) -> PathBuf {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    data_dir.join("blobs").join(algorithm).join(&hex[..2]).join(hex)
}

/// Sends a request and reads the answer.
pub(crate) async fn read(request: RequestBuilder) -> Reply {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Reply { status, headers, body: answer.bytes().await.unwrap() }
}

impl Reply {
    /// Insists on a status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Insists on an error in OCI's shape.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        let body = reply.json();
        assert_eq!(body["errors"][0]["code"], code, "{body}");
        assert!(body["errors"][0]["message"].is_string(), "{body}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("docker-distribution-api-version"), "registry/2.0");
        reply
    }

    /// A header as text, empty if absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
