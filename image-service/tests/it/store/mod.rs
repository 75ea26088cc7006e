//! The store. What every engine must do is written once, as sentences over the ports; each engine opens itself and runs them all.

mod changes;
mod concurrency;
mod credentials;
mod durability;
mod events;
mod finding;
mod full;
mod full_disk;
mod keys;
mod killing;
mod listing;
mod locations;
mod over_grpc;
mod patience;
mod postgres;
mod pulls;
mod recording;
mod removing;
mod schemas;
mod sqlite;
mod tagging;
mod upkeep;
mod vectors;

use std::{any::Any, sync::Arc};

use image_service::{
    model::Namespace,
    ports::{CredentialStore, EventStore, ImageStore, LocationStore, Store, VectorStore},
};

/// A store by its ports.
struct Stores {
    images: Arc<dyn ImageStore>,
    locations: Arc<dyn LocationStore>,
    credentials: Arc<dyn CredentialStore>,
    events: Arc<dyn EventStore>,
    vectors: Arc<dyn VectorStore>,
    /// What must live as long.
    _keep: Box<dyn Any + Send>,
}

impl Stores {
    fn of(store: Arc<dyn Store>) -> Self {
        Self {
            images: store.clone(),
            locations: store.clone(),
            credentials: store.clone(),
            events: store.clone(),
            vectors: store,
            _keep: Box::new(()),
        }
    }
}

fn here() -> Namespace {
    Namespace::default()
}

fn elsewhere() -> Namespace {
    "elsewhere".parse().unwrap()
}

/// One test for each sentence, with a store that `$open` gives.
macro_rules! conformance {
    ($open:path) => {
        $crate::store::conformance! { $open;
            finding: an_image_is_found_by_its_id_its_tag_and_its_repo_digest,
            finding: a_tag_wins_over_an_id_that_begins_alike,
            finding: an_id_is_found_by_its_beginning_if_no_other_begins_alike,
            finding: a_beginning_that_two_ids_share_is_ambiguous,
            finding: a_digest_decides_and_counts_only_for_its_own_repository,
            finding: what_is_not_there_is_named_as_docker_names_it,
            finding: namespaces_do_not_see_each_other,
            finding: a_version_stays_until_something_changes,
            recording: a_pulled_tag_says_what_it_was_pulled_as,
            recording: a_second_pull_of_the_same_is_no_news,
            recording: a_tag_that_moves_leaves_the_old_image_with_its_digest_alone,
            recording: a_pull_by_digest_gives_no_tag,
            recording: a_tag_beside_a_digest_is_not_recorded,
            recording: an_index_pulled_for_another_platform_names_the_new_image,
            recording: a_new_index_for_the_same_image_adds_a_digest,
            recording: layer_sizes_follow_the_last_manifest,
            recording: a_config_that_cannot_be_read_leaves_nothing_behind,
            recording: a_platform_with_characters_that_no_database_holds_is_kept_without_them,
            tagging: a_new_name_finds_the_image_and_dates_it,
            tagging: a_name_in_use_moves,
            tagging: any_way_to_name_the_source_will_do,
            tagging: a_missing_source_changes_nothing,
            tagging: a_tag_made_here_has_no_target,
            removing: the_plan_sees_the_image_and_its_steps_are_done,
            removing: an_untagged_name_is_gone_and_the_image_stays,
            removing: a_plan_that_refuses_changes_nothing,
            removing: an_image_does_not_go_before_its_names,
            removing: what_is_not_there_cannot_be_removed,
            removing: an_image_that_was_removed_can_be_pulled_again,
            listing: the_newest_comes_first_and_no_date_last,
            listing: pages_of_any_size_show_every_image_once,
            listing: a_page_goes_on_where_it_stopped_though_images_went,
            listing: a_page_begins_with_what_is_older_than_a_time,
            listing: an_image_is_listed_with_names_labels_and_size,
            listing: nothing_is_an_empty_page,
            locations: a_loaded_image_is_found_by_its_id_and_all_its_names,
            locations: an_image_without_a_name_is_found_by_its_id,
            locations: a_name_that_a_load_takes_from_another_image_is_told,
            locations: a_load_takes_a_tag_from_the_registry_that_it_was_pulled_from,
            locations: a_load_whose_config_cannot_be_read_leaves_nothing_behind,
            locations: an_image_that_was_staged_nowhere_has_no_location,
            locations: the_staged_place_comes_before_the_pushed_one,
            locations: a_push_of_an_image_that_went_meanwhile_is_not_recorded,
            locations: locations_belong_to_a_namespace,
            locations: a_layer_is_found_by_diff_id_by_digest_and_by_its_beginning,
            locations: a_layer_compressed_anew_takes_the_place_of_the_old_and_a_lost_one_goes,
            locations: a_blob_that_somebody_brought_does_not_replace_one_made_here,
            locations: a_manifest_that_another_takes_the_place_of_is_unneeded,
            locations: a_noted_manifest_is_unneeded_until_an_image_needs_it,
            locations: what_was_staged_for_a_removed_image_is_unneeded,
            locations: what_another_namespace_has_staged_too_stays,
            locations: the_tags_of_a_repository_are_its_own,
            credentials: every_kind_comes_back_as_it_was_stored,
            credentials: a_user_name_that_no_database_can_hold_is_refused,
            credentials: a_new_one_takes_the_place_of_the_old,
            credentials: a_listing_tells_everything_but_the_secret,
            credentials: a_forgotten_one_is_gone_and_was_there,
            credentials: they_belong_to_a_registry_in_a_namespace,
            events: every_change_is_told_in_its_order,
            events: a_name_takes_its_digests_along_in_silence,
            events: what_was_refused_or_changed_nothing_is_not_told,
            events: what_is_done_without_a_change_can_be_written_down,
            events: an_event_has_the_labels_of_its_image_unless_they_are_long,
            events: a_namespace_has_its_own_events_and_numbers_are_of_all,
            events: pages_of_any_size_tell_every_event_once,
            events: times_bound_what_is_told,
            events: sweeping_leaves_the_newest_and_numbers_go_on,
            events: a_change_is_noticed_though_it_came_before_anyone_waited,
            concurrency: many_tag_while_many_read_and_nobody_fails,
            concurrency: an_acknowledged_change_is_seen_by_every_look_up_after_it,
            concurrency: a_caller_that_goes_away_leaves_no_stale_answer,
            vectors: an_image_is_unindexed_until_its_vector_is_recorded,
            vectors: a_vector_is_found_in_its_own_namespace_alone,
            vectors: a_name_that_changes_while_a_vector_is_made_is_not_lost,
            vectors: vectors_of_another_embedder_are_not_found_and_can_be_dropped,
            vectors: an_image_that_can_have_no_vector_is_indexed_and_not_found,
            vectors: a_removed_image_takes_its_vector_along,
            vectors: an_image_that_was_removed_and_came_again_is_not_indexed_by_a_vector_from_before,
        }
    };
    ($open:path; $($theme:ident: $sentence:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() {
                $crate::store::$theme::$sentence(&$open().await).await;
            }
        )+
    };
}
use conformance;
