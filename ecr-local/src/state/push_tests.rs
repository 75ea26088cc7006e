use std::time::Duration;

use sqlx::{AssertSqlSafe, Row};

use super::*;
use crate::{
    clock::Clock,
    durability::Durability,
    state::{Pace, prospect::FIND},
};

#[tokio::test]
async fn no_statement_of_a_push_looks_through_all_that_a_repository_has() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state.sqlite");
    std::fs::write(&file, "").unwrap();
    let pace = Pace { scan: Duration::ZERO, restore: Duration::ZERO };
    let state = State::open(&file, Durability::Crash, Clock::default(), pace).await.unwrap();
    for statement in RECORD.split(';').chain([FIND]) {
        let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        for step in sqlx::query(plan).fetch_all(&state.reader).await.unwrap() {
            let step: String = step.get("detail");
            let looks_through = step.starts_with("SCAN ") && !step.contains("VIRTUAL TABLE");
            assert!(!looks_through && !step.ends_with("(repository=?)"), "{step}: {statement}");
        }
    }
    state.close().await;
}
