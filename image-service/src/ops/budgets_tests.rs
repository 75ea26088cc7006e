use super::*;
use crate::model::FingerprintKey;

struct Teams {
    key: FingerprintKey,
    now: OffsetDateTime,
}

impl Teams {
    fn told(&self, team: &str, source: &str, remaining: u64, seconds_ago: i64) -> RateLimit {
        RateLimit {
            told_in: self.key.mark(&team.parse().unwrap()),
            registry: RegistryHost::docker_hub(),
            source: source.to_owned(),
            limit: 100,
            remaining,
            window: 60,
            observed: self.now - Duration::seconds(seconds_ago),
        }
    }

    fn left(&self, told: Vec<RateLimit>) -> Vec<u64> {
        let mut left: Vec<_> = scarcest(told, self.now).into_values().map(|told| told.remaining).collect();
        left.sort_unstable();
        left
    }
}

fn teams() -> Teams {
    Teams { key: FingerprintKey::random().unwrap(), now: OffsetDateTime::now_utc() }
}

#[test]
fn each_namespace_has_a_budget_of_its_own() {
    let teams = teams();
    let told = vec![teams.told("team-a", "10.0.0.1", 76, 0), teams.told("team-b", "10.0.0.1", 3, 0)];
    assert_eq!(teams.left(told), [3, 76]);
}

#[test]
fn of_several_sources_the_one_that_has_least_left_counts_while_its_window_lasts() {
    let teams = teams();
    let mut told = vec![teams.told("team-a", "alice", 76, 0), teams.told("team-a", "10.0.0.1", 12, 59)];
    assert_eq!(teams.left(told.clone()), [12]);
    told[1] = teams.told("team-a", "10.0.0.1", 12, 61);
    assert_eq!(teams.left(told), [76]);
}

#[test]
fn a_budget_of_no_window_is_never_over() {
    let teams = teams();
    let told = RateLimit { window: 0, ..teams.told("team-a", "", 7, 1_000_000) };
    assert_eq!(teams.left(vec![told.clone()]), [7]);
    assert_eq!(teams.left(vec![RateLimit { window: u64::MAX, ..told }]), [7]);
}
