use std::{sync::Arc, time::Duration};

use futures_util::future::try_join_all;
use image_service::{
    model::{Digest, Repository, Tag},
    ports::ImageStore,
};

use super::{
    Stores, here,
    pulls::{name, pull, upstream},
};

const PEOPLE: usize = 16;
const TURNS: usize = 25;
/// For what takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

fn app() -> Repository {
    "app".parse().unwrap()
}

async fn tag(images: &dyn ImageStore, source: &str, tag: &str) -> Digest {
    let tag: Tag = tag.parse().unwrap();
    images.tag(&here(), &name(source), &app(), &tag).await.unwrap()
}

pub(super) async fn many_tag_while_many_read_and_nobody_fails(stores: &Stores) {
    pull(&*stores.images, "app:0", &upstream("app")).await;
    let taggers = (0..PEOPLE).map(|person| {
        let images = Arc::clone(&stores.images);
        tokio::spawn(async move {
            for turn in 0..TURNS {
                tag(&*images, "app:0", &format!("{person}-{turn}")).await;
            }
        })
    });
    let readers = (0..PEOPLE).map(|_| {
        let images = Arc::clone(&stores.images);
        tokio::spawn(async move {
            for _ in 0..TURNS {
                images.find(&here(), &name("app:0")).await.unwrap();
                images.list(&here(), None, 10).await.unwrap();
            }
        })
    });
    try_join_all(taggers.chain(readers).collect::<Vec<_>>()).await.unwrap();
    let image = stores.images.find(&here(), &name("app:0")).await.unwrap().image;
    assert_eq!(image.tags.len(), PEOPLE * TURNS + 1);
}

pub(super) async fn an_acknowledged_change_is_seen_by_every_look_up_after_it(stores: &Stores) {
    let [one, other] = ["one", "other"].map(upstream);
    pull(&*stores.images, "app:one", &one).await;
    pull(&*stores.images, "app:other", &other).await;
    // Each has a tag of its own, and everyone else's changes and look-ups come in between.
    let people = (0..PEOPLE).map(|person| {
        let images = Arc::clone(&stores.images);
        tokio::spawn(async move {
            let mine = format!("mine-{person}");
            for turn in 0..TURNS {
                let source = ["app:one", "app:other"][turn % 2];
                let id = tag(&*images, source, &mine).await;
                let found = images.find(&here(), &name(&format!("app:{mine}"))).await.unwrap();
                assert_eq!(found.image.id, id, "{mine}, turn {turn}");
            }
        })
    });
    try_join_all(people.collect::<Vec<_>>()).await.unwrap();
}

/// Whether the change takes place or not: once it has ended, look-ups agree with the tag, and without another change to help them.
pub(super) async fn a_caller_that_goes_away_leaves_no_stale_answer(stores: &Stores) {
    let images = &*stores.images;
    pull(images, "app:one", &upstream("one")).await;
    pull(images, "app:other", &upstream("other")).await;
    tag(images, "app:one", "moving").await;
    for turn in 0..10 * TURNS {
        tokio::select! {
            biased;
            _ = tag(images, ["app:other", "app:one"][turn % 2], "moving") => {}
            () = some_time(turn) => {}
        }
        look_up(images).await;
        let waits_for_its_turn = images.tag(&here(), &name("nosuch"), &app(), &Tag::latest()).await;
        waits_for_its_turn.unwrap_err();
        let settled = async { while look_up(images).await != points_at(images).await {} };
        tokio::time::timeout(PATIENCE, settled).await.expect("an old answer stays");
    }
}

async fn some_time(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

async fn look_up(images: &dyn ImageStore) -> Digest {
    images.find(&here(), &name("app:moving")).await.unwrap().image.id.clone()
}

async fn points_at(images: &dyn ImageStore) -> Digest {
    let tag = images.pulled_tag(&here(), &app(), &"moving".parse().unwrap()).await;
    tag.unwrap().unwrap().image
}
