//! The port for images: each call takes a connection and runs one of the modules beside this one.

use async_trait::async_trait;

use super::{
    Connection, ENGINE, Question, Store, find, list, pull::RecordPull, remove::Remove, tag, tag::GiveTag,
};
use crate::{
    error::Result,
    model::{Digest, ImageName, ImageSummary, Namespace, Removed, Repository, Tag},
    ports::{Found, ImageStore, ListCursor, PulledImage, PulledTag, RemovalPlan},
    store::watched::watch,
};

#[async_trait]
impl ImageStore for Store {
    async fn find(&self, namespace: &Namespace, name: &ImageName) -> Result<Found> {
        let read = async {
            let rows = watch(ENGINE, "find", self.finder.rows(Question::of(namespace, name))).await?;
            find::the_one(rows, name)
        };
        self.answers.found(namespace, name, read).await
    }

    async fn pulled_tag(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Option<PulledTag>> {
        read!(self, "pulled_tag", tag::pulled_tag, namespace, repository, tag)
    }

    async fn pulled_digest(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<PulledTag>> {
        read!(self, "pulled_digest", tag::pulled_digest, namespace, repository, digest)
    }

    async fn record_pull(&self, namespace: &Namespace, pulled: PulledImage<'_>) -> Result<bool> {
        self.commit("record_pull", RecordPull::new(namespace, &pulled)?).await
    }

    async fn tag(
        &self,
        namespace: &Namespace,
        source: &ImageName,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Digest> {
        let (namespace, source) = (namespace.clone(), source.clone());
        let (repository, tag) = (repository.clone(), tag.clone());
        self.commit("tag", GiveTag { namespace, source, repository, tag }).await
    }

    async fn remove(
        &self,
        namespace: &Namespace,
        name: &ImageName,
        plan: RemovalPlan,
    ) -> Result<Vec<Removed>> {
        self.commit("remove", Remove { namespace: namespace.clone(), name: name.clone(), plan }).await
    }

    async fn list(
        &self,
        namespace: &Namespace,
        after: Option<&ListCursor>,
        limit: u32,
    ) -> Result<Vec<ImageSummary>> {
        read!(self, "list", list::page, namespace, after, limit)
    }

    async fn tags(&self, namespace: &Namespace, repository: &Repository) -> Result<Vec<Tag>> {
        read!(self, "tags", tag::of_repository, namespace, repository)
    }

    async fn count(&self, namespace: &Namespace) -> Result<u64> {
        read!(self, "count", list::count, namespace)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn engine(&self) -> &'static str {
        ENGINE
    }

    async fn ping(&self) -> Result<()> {
        read!(self, "ping", answer)
    }
}

async fn answer(connection: &mut Connection) -> Result<()> {
    sqlx::query("SELECT id FROM store_identity").execute(connection).await?;
    Ok(())
}
