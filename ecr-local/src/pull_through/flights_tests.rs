use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn whoever_comes_while_it_is_done_waits_for_the_same_work() {
    let (flights, tasks) = (Flights::new(), Tasks::default());
    let (go, begun) = (Arc::new(Notify::new()), Arc::new(Mutex::new(0)));
    let ask = || {
        let (go, begun) = (Arc::clone(&go), Arc::clone(&begun));
        flights.join(&tasks, "key", move |tell: Tell<_, u32>| async move {
            let number = {
                let mut begun = lock(&begun);
                *begun += 1;
                *begun
            };
            go.notified().await;
            tell.say(number);
        })
    };
    let (first, second, ()) = tokio::join!(ask(), ask(), async {
        tokio::task::yield_now().await;
        go.notify_one();
    });
    assert_eq!((first, second), (Some(1), Some(1)));
    go.notify_one();
    assert_eq!(ask().await, Some(2));
}

#[tokio::test]
async fn work_that_ends_without_a_word_keeps_nobody_waiting() {
    let (flights, tasks) = (Flights::<_, u32>::new(), Tasks::default());
    assert_eq!(
        flights
            .join(&tasks, "key", |tell| async move {
                let _tell = tell;
                panic!("on purpose")
            })
            .await,
        None
    );
    assert_eq!(flights.join(&tasks, "key", |tell| async move { drop(tell) }).await, None);
    let told = flights.join(&tasks, "key", |tell| async move {
        tell.say(1);
    });
    assert_eq!(told.await, Some(1));
}

#[tokio::test]
async fn what_is_under_way_ends_with_its_tasks() {
    let (flights, tasks) = (Flights::<_, u32>::new(), Tasks::default());
    let waiting = flights.join(&tasks, "key", |tell| async move {
        std::future::pending::<()>().await;
        drop(tell);
    });
    let (told, ()) = tokio::join!(waiting, tasks.stop());
    assert_eq!(told, None);
}
