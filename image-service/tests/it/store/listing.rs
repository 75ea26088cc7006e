use super::{
    Stores, here,
    pulls::{name, pull, upstream},
    removing::everything,
};
use image_service::{
    model::{Digest, ImageSummary},
    ports::ListCursor,
};

async fn page(stores: &Stores, after: Option<&ImageSummary>, limit: u32) -> Vec<ImageSummary> {
    let cursor = after.map(|last| ListCursor { created: last.created, id: Some(last.id.clone()) });
    stores.images.list(&here(), cursor.as_ref(), limit).await.unwrap()
}

async fn pages(stores: &Stores, limit: u32) -> Vec<ImageSummary> {
    let mut all: Vec<ImageSummary> = vec![];
    loop {
        let next = page(stores, all.last(), limit).await;
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

pub(super) async fn the_newest_comes_first_and_no_date_last(stores: &Stores) {
    let dates = [
        "9999-12-31T23:59:59.999999999Z",
        "2024-05-01T10:00:00.000000001Z",
        "2024-05-01T12:00:00+02:00",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ];
    let mut newest_first: Vec<_> = dates.iter().map(|date| upstream(date).created(Some(date))).collect();
    newest_first.push(upstream("no date").created(None));
    for (number, image) in newest_first.iter().enumerate().rev() {
        pull(&*stores.images, &format!("app:{number}"), image).await;
    }
    let expected: Vec<Digest> = newest_first.iter().map(|image| image.id()).collect();
    for limit in [1, 2, 100] {
        let listed: Vec<Digest> = pages(stores, limit).await.into_iter().map(|image| image.id).collect();
        assert_eq!(listed, expected, "pages of {limit}");
    }
    assert_eq!(pages(stores, 100).await[6].created, None);
}

pub(super) async fn pages_of_any_size_show_every_image_once(stores: &Stores) {
    for number in 0..20 {
        let created = [Some("2024-01-01T00:00:00Z"), Some("1970-01-01T00:00:00Z"), None][number % 3];
        let image = upstream(&number.to_string()).created(created);
        pull(&*stores.images, &format!("app:{number}"), &image).await;
    }
    let whole = page(stores, None, 100).await;
    assert_eq!(whole.len(), 20);
    assert_eq!(stores.images.count(&here()).await.unwrap(), 20);
    for limit in [1, 3, 7, 20] {
        assert_eq!(pages(stores, limit).await, whole, "pages of {limit}");
    }
}

pub(super) async fn a_page_goes_on_where_it_stopped_though_images_went(stores: &Stores) {
    let dates = ["2024-01-03T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"];
    for date in dates {
        pull(&*stores.images, &format!("app:{}", &date[..10]), &upstream(date).created(Some(date))).await;
    }
    let first = page(stores, None, 1).await;
    let gone = name("app:2024-01-03");
    stores.images.remove(&here(), &gone, Box::new(everything)).await.unwrap();
    let second = page(stores, first.last(), 1).await;
    assert_eq!(second[0].tags[0].1.as_str(), "2024-01-02");
}

pub(super) async fn a_page_begins_with_what_is_older_than_a_time(stores: &Stores) {
    let dates = ["2024-01-03T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"];
    for date in dates {
        pull(&*stores.images, &format!("app:{}", &date[..10]), &upstream(date).created(Some(date))).await;
    }
    let newest_first = page(stores, None, 10).await;
    for (number, image) in newest_first.iter().enumerate() {
        let cursor = ListCursor { created: image.created, id: None };
        let older = stores.images.list(&here(), Some(&cursor), 10).await.unwrap();
        assert_eq!(older, newest_first[number + 1..]);
    }
}

pub(super) async fn an_image_is_listed_with_names_labels_and_size(stores: &Stores) {
    let app = upstream("app").layers(&[5, 7]);
    pull(&*stores.images, "app:2", &app).await;
    pull(&*stores.images, "app:1", &app).await;
    let listed = page(stores, None, 10).await;
    let [image] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((image.id.clone(), image.size), (app.id(), 12));
    assert_eq!(image.labels["name"], "app");
    let tags: Vec<_> = image.tags.iter().map(|(_, tag)| tag.as_str()).collect();
    assert_eq!(tags, ["1", "2"]);
    assert_eq!(image.digests, [("app".parse().unwrap(), app.top())]);
    assert_eq!(image.created.unwrap().nanosecond(), 123_456_789);
}

pub(super) async fn nothing_is_an_empty_page(stores: &Stores) {
    assert!(page(stores, None, 10).await.is_empty());
    pull(&*stores.images, "app", &upstream("app")).await;
    assert!(page(stores, None, 0).await.is_empty());
    assert!(page(stores, page(stores, None, 10).await.last(), 10).await.is_empty());
}
