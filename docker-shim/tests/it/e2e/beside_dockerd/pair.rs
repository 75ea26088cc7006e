//! A dockerd and our system side by side, with one registry for both.

use std::sync::Mutex;

use bytes::Bytes;
use fixtures::{
    engine::Answer,
    peers::{DockerRegistry, Dockerd},
    system::System,
};
use http::{Method, Request};

use super::{allowed::is_allowed, compare::differences};

/// Both engines. Differences are gathered, so that one run shows them all.
pub(crate) struct Pair {
    pub(crate) registry: DockerRegistry,
    pub(crate) dockerd: Dockerd,
    pub(crate) system: System,
    found: Mutex<Vec<String>>,
}

impl Pair {
    /// Starts all three.
    pub(crate) async fn start() -> Self {
        let (registry, dockerd, system) =
            tokio::join!(DockerRegistry::open(), Dockerd::start(), System::start());
        Self { registry, dockerd, system, found: Mutex::default() }
    }

    /// Sends a request to both and notes where the answers differ. Gives ours.
    pub(crate) async fn same(&self, method: Method, path: &str) -> Answer {
        self.same_with(method, path, &[]).await
    }

    /// The same, with headers.
    pub(crate) async fn same_with(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.same_with_body(method, path, headers, Bytes::new()).await
    }

    /// `POST path` of both, with a tar.
    pub(crate) async fn upload(&self, path: &str, tar: &[u8]) -> Answer {
        let headers = [("Content-Type", "application/x-tar")];
        self.same_with_body(Method::POST, path, &headers, Bytes::copy_from_slice(tar)).await
    }

    async fn same_with_body(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let request = || {
            let mut request = Request::builder()
                .method(&method)
                .uri(path)
                .header("User-Agent", "Docker-Client/20.10.24 (linux)");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(body.clone()).unwrap()
        };
        let theirs = self.dockerd.engine().send(request()).await;
        let ours = self.system.engine().send(request()).await;
        let name = format!("{method} {path}");
        for difference in differences(&theirs, &ours) {
            if !is_allowed(&name, &difference) {
                let (field, theirs, mine) = (difference.field, difference.theirs, difference.ours);
                let text = format!("{name}\n    {field}\n      dockerd: {theirs}\n      ours:    {mine}");
                self.found.lock().unwrap().push(text);
            }
        }
        ours
    }

    /// `GET path` of both.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.same(Method::GET, path).await
    }

    /// `POST path` of both.
    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.same(Method::POST, path).await
    }

    /// `DELETE path` of both.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.same(Method::DELETE, path).await
    }

    /// Pulls a name of the registry into both.
    pub(crate) async fn pull(&self, name: &str, tag: &str) -> Answer {
        let name = self.registry.reference(name).replace('/', "%2F").replace(':', "%3A");
        self.post(&format!("/v1.41/images/create?fromImage={name}&tag={}", tag.replace(':', "%3A"))).await
    }

    /// The path of an image of the registry, with an operation.
    pub(crate) fn path(&self, name: &str, operation: &str) -> String {
        format!("/v1.41/images/{}{operation}", self.registry.reference(name))
    }

    /// Fails with everything that was noted.
    #[track_caller]
    pub(crate) fn verdict(self) {
        let found = self.found.lock().unwrap();
        assert!(found.is_empty(), "{} differences that nothing allows:\n{}", found.len(), found.join("\n"));
    }
}
