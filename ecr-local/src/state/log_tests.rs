use std::sync::{Mutex, atomic::AtomicBool, mpsc};

use super::*;

/// A log whose syncs end when they are let, and how many have begun.
fn held() -> (Arc<Log>, Arc<AtomicU64>, mpsc::Sender<io::Result<()>>) {
    let (sender, receiver) = mpsc::channel();
    let (begun, receiver) = (Arc::new(AtomicU64::new(0)), Mutex::new(receiver));
    let count = Arc::clone(&begun);
    let log = Log::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        receiver.lock().unwrap().recv().unwrap()
    });
    (Arc::new(log), begun, sender)
}

async fn reaches(counter: &AtomicU64, count: u64) {
    while counter.load(Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
}

fn keep(log: &Arc<Log>) -> tokio::task::JoinHandle<Result<()>> {
    let log = Arc::clone(log);
    tokio::spawn(async move { log.keep().await })
}

#[tokio::test]
async fn commits_that_come_while_others_are_brought_to_the_disk_share_the_next_sync() {
    let (log, begun, end) = held();
    let first = keep(&log);
    reaches(&begun, 1).await;
    let later: Vec<_> = (0..50).map(|_| keep(&log)).collect();
    reaches(&log.commits, 51).await;
    assert!(later.iter().all(|waiting| !waiting.is_finished()));
    end.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    reaches(&begun, 2).await;
    assert!(later.iter().all(|waiting| !waiting.is_finished()), "the sync began before their commits");
    end.send(Ok(())).unwrap();
    for waiting in later {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(begun.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nothing_is_told_to_last_after_a_sync_failed() {
    let fails = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&fails);
    let log = Log::new(move || match now.load(Ordering::SeqCst) {
        true => Err(io::ErrorKind::StorageFull.into()),
        false => Ok(()),
    });
    assert!(log.keep().await.is_err());
    fails.store(false, Ordering::SeqCst);
    assert!(log.keep().await.is_err(), "the system has dropped what it could not write");
}

#[tokio::test]
async fn whoever_gives_up_waiting_takes_nothing_from_the_others() {
    let (log, begun, end) = held();
    let impatient = keep(&log);
    reaches(&begun, 1).await;
    let patient = keep(&log);
    reaches(&log.commits, 2).await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    end.send(Ok(())).unwrap();
    end.send(Ok(())).unwrap();
    patient.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_log_that_is_gone_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::of(&dir.path().join("state.sqlite"), Durability::PowerCut);
    log.keep().await.unwrap();
}
