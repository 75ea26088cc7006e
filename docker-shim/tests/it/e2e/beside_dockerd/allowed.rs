//! Every difference from dockerd 20.10 that is meant, with its reason. Nothing else may differ.

use serde_json::Value;

use super::compare::Difference;

/// A row of the list.
struct Allowed {
    /// Method and path; `*` stands for anything.
    request: &'static str,
    /// As `Difference::field` names it.
    field: &'static str,
    /// Between which values: theirs, then ours.
    between: fn(&Value, &Value) -> bool,
}

const ALLOWED: &[Allowed] = &[
    // Layers are never fetched: sizes are those of the compressed blobs, as the manifest gives them.
    Allowed { request: "GET */json", field: "$.Size", between: numbers },
    Allowed { request: "GET */json", field: "$.VirtualSize", between: numbers },
    Allowed { request: "GET */json*", field: "$[].Size", between: numbers },
    Allowed { request: "GET */json*", field: "$[].VirtualSize", between: numbers },
    Allowed { request: "GET */history", field: "$[].Size", between: numbers },
    // For the same reason no layers go with an image.
    Allowed { request: "DELETE *", field: "$", between: only_layers_more },
    // And no driver keeps them; clients want the member to be there.
    Allowed {
        request: "GET */json",
        field: "$.GraphDriver.Name",
        between: |_, ours| ours == "image-service",
    },
    // The moment of a tag is each engine's own.
    Allowed { request: "GET */json", field: "$.Metadata.LastTagTime", between: both_times },
    // 20.10 puts the name before the reason when it inspects; 23.0 and later, and we, do not.
    Allowed { request: "GET */json", field: "$.message", between: reason_after_name },
    // 20.10 does not say which name has capitals; newer engines and we do.
    Allowed { request: "*", field: "$.message", between: capitals_named },
    // Names that cannot be tags are the client's mistake: 400, as in newer engines, not 500.
    Allowed {
        request: "POST */tag?*",
        field: "status",
        between: |theirs, ours| theirs == 500 && ours == 400,
    },
    // Newer engines write "invalid" where 20.10 writes "Invalid", and say no more where it repeats its JSON decoder.
    Allowed { request: "GET */images/json?filters=*", field: "$.message", between: newer_filter_text },
    Allowed {
        request: "GET */images/json?filters=%5B%5D",
        field: "status",
        between: |theirs, ours| theirs == 500 && ours == 400,
    },
    Allowed {
        request: "GET */images/json?filters=not+json",
        field: "status",
        between: |theirs, ours| theirs == 500 && ours == 400,
    },
    // A glob that cannot be read is the client's mistake: 400 with the same text.
    Allowed {
        request: "GET */images/json?filters=%7B%22reference%22%3A%5B%22%5B%22%5D%7D",
        field: "status",
        between: |theirs, ours| theirs == 500 && ours == 400,
    },
    // Newer engines take 1 and 0 for true and false in the filter "dangling", 20.10 only the words.
    Allowed {
        request: "GET */images/json?filters=%7B%22dangling%22%3A%7B%221%22*",
        field: "status",
        between: |theirs, ours| theirs == 400 && ours == 200,
    },
    Allowed {
        request: "GET */images/json?filters=%7B%22dangling%22%3A%7B%221%22*",
        field: "$",
        between: |_, ours| ours.is_array(),
    },
    // dockerd asks for /v2/ before it asks for a manifest; we learn the same from the manifest's answer.
    Allowed { request: "POST */images/create?*", field: "$.message", between: same_after_url },
    // Rejected credentials are named first, whoever rejected them.
    Allowed { request: "POST */images/create?*", field: "$.message", between: same_after_head },
    // Nothing is written before an image is known to be there: a plain error instead of one in the stream.
    Allowed {
        request: "POST */images/create?*foreign*",
        field: "status",
        between: |theirs, ours| theirs == 200 && ours == 404,
    },
    Allowed { request: "POST */images/create?*foreign*", field: "$", between: same_error_as_last_line },
    // dockerd leaves an index's digest at the platform that it pulled first; here it moves with the tag, so that a runner can create
    // containers from it.
    Allowed {
        request: "GET */team/list:v1/json",
        field: "$.RepoDigests",
        between: |theirs, ours| is_empty(theirs) && !is_empty(ours),
    },
    Allowed {
        request: "GET */team/index:v1/json",
        field: "$.RepoDigests",
        between: |theirs, ours| is_empty(theirs) && !is_empty(ours),
    },
    // The warning of a platform that does not match has had other words since 23.0, which say the same.
    Allowed {
        request: "POST /v1.41/images/create?*&platform=linux/s390x",
        field: "$[].status",
        between: newer_platform_warning,
    },
    // The ID of each image follows its names, in a line of its own, as packaging scripts look for it.
    Allowed { request: "POST */images/load*", field: "$", between: only_ids_more },
    // An archive that cannot be loaded is no success: its error is the status, not the only line of a 200; and the text says what to do.
    Allowed {
        request: "POST */images/load*",
        field: "status",
        between: |theirs, ours| theirs == 200 && ours == 500,
    },
    Allowed { request: "POST */images/load*", field: "$", between: same_error_and_advice },
    // An import is of the moment, and so is its ID.
    Allowed { request: "POST */create?fromSrc*", field: "$[].status", between: both_ids },
    Allowed { request: "GET */imported:*", field: "$.Id", between: both_ids },
    Allowed { request: "GET */imported:*", field: "$.Created", between: both_times },
    // It is no Docker's, and only `docker tag` leaves the moment of a tag.
    Allowed { request: "GET */imported:*", field: "$.DockerVersion", between: |_, ours| ours == "" },
    Allowed {
        request: "GET */imported:*",
        field: "$.Metadata.LastTagTime",
        between: |_, ours| ours == "0001-01-01T00:00:00Z",
    },
    // Layers are compressed once, here when they come and there when they go, so that manifests differ.
    Allowed { request: "POST */push*", field: "$[].status", between: both_pushed },
    Allowed { request: "POST */push*", field: "$[].aux.Digest", between: both_ids },
    Allowed { request: "POST */push*", field: "$[].aux.Size", between: numbers },
    Allowed { request: "GET */pushed*", field: "$.RepoDigests[]", between: same_repository },
];

/// Whether a difference is in the list.
pub(crate) fn is_allowed(request: &str, difference: &Difference) -> bool {
    ALLOWED.iter().any(|allowed| {
        matches(allowed.request, request)
            && allowed.field == difference.field
            && (allowed.between)(&difference.theirs, &difference.ours)
    })
}

fn numbers(theirs: &Value, ours: &Value) -> bool {
    theirs.is_u64() && ours.is_u64()
}

/// Either both never happened, or both did.
fn both_times(theirs: &Value, ours: &Value) -> bool {
    let happened =
        |time: &Value| time.as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z'));
    happened(theirs) && happened(ours)
}

fn only_layers_more(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_array(), ours.as_array()) else { return false };
    let without_layers = theirs.iter().filter(|line| line.get("Untagged").is_some() || ours.contains(line));
    without_layers.eq(ours)
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Theirs is `no such image: NAME: ` and ours.
fn reason_after_name(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    let reason = theirs.strip_prefix("no such image: ").and_then(|theirs| theirs.strip_suffix(ours));
    reason.is_some_and(|name| name.ends_with(": "))
        || theirs.starts_with("no such image: ") && capitals_named(&last_part(theirs), &ours.into())
}

fn last_part(text: &str) -> Value {
    text.splitn(3, ": ").nth(2).unwrap_or_default().into()
}

fn capitals_named(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    let named = ours.strip_prefix("invalid reference format: repository name (");
    theirs == "invalid reference format: repository name must be lowercase"
        && named.is_some_and(|named| named.ends_with(") must be lowercase"))
}

fn newer_filter_text(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    theirs.replacen("Invalid", "invalid", 1) == ours
        || theirs.contains("json")
        || theirs.contains("invalid character") && ours == "invalid filter"
}

/// Both are `VERB "URL": REASON` with the same reason.
fn same_after_url(theirs: &Value, ours: &Value) -> bool {
    let reason = |text: &Value| text.as_str()?.split_once("\": ").map(|(_, reason)| reason.to_owned());
    theirs.as_str().is_some_and(|theirs| theirs.contains("/v2/\": "))
        && reason(theirs).is_some_and(|theirs| reason(ours) == Some(theirs))
}

/// Theirs is `Head "URL": ` and ours.
fn same_after_head(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    ours.starts_with("unauthorized: ")
        && theirs.starts_with("Head \"")
        && theirs.ends_with(&format!("\": {ours}"))
}

fn newer_platform_warning(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    let old = " was found but does not match the specified platform: wanted linux/s390x, actual: linux/amd64";
    let new = " was found but its platform (linux/amd64) does not match the specified platform (linux/s390x)";
    let names = (theirs.strip_suffix(old), ours.strip_suffix(new));
    matches!(names, (Some(theirs), Some(ours)) if theirs.starts_with("WARNING: ") && ours.starts_with(theirs))
}

fn lines(value: &Value) -> Vec<&str> {
    let streams = value.as_array().into_iter().flatten().filter_map(|line| line["stream"].as_str());
    streams.flat_map(str::lines).collect()
}

/// All of our lines are results; without the IDs that theirs does not tell, and whatever the order of IDs, they are the same.
fn only_ids_more(theirs: &Value, ours: &Value) -> bool {
    let is_id = |line: &&str| line.starts_with("Loaded image ID: sha256:");
    let (mut their_ids, their_names): (Vec<_>, Vec<_>) = lines(theirs).into_iter().partition(is_id);
    let (our_ids, our_names): (Vec<_>, Vec<_>) = lines(ours).into_iter().partition(is_id);
    their_ids.retain(|id| !our_ids.contains(id));
    !our_ids.is_empty() && their_ids.is_empty() && their_names == our_names
}

fn same_error_and_advice(theirs: &Value, ours: &Value) -> bool {
    let theirs = theirs.as_array().and_then(|lines| lines.last()?["error"].as_str());
    let (Some(theirs), Some(ours)) = (theirs, ours["message"].as_str()) else { return false };
    // Where dockerd names a file of its own, we name the archive's.
    let missing = theirs.starts_with("open /") && theirs.ends_with(": no such file or directory");
    ours.starts_with(theirs) || missing && ours.starts_with("invalid archive: ")
}

fn both_ids(theirs: &Value, ours: &Value) -> bool {
    let is_id = |id: &Value| id.as_str().is_some_and(|id| id.starts_with("sha256:") && id.len() == 71);
    is_id(theirs) && is_id(ours)
}

fn both_pushed(theirs: &Value, ours: &Value) -> bool {
    let tag = |line: &Value| line.as_str()?.split_once(": digest: sha256:").map(|(tag, _)| tag.to_owned());
    tag(theirs).is_some() && tag(theirs) == tag(ours)
}

fn same_repository(theirs: &Value, ours: &Value) -> bool {
    let repository =
        |name: &Value| name.as_str()?.split_once('@').map(|(repository, _)| repository.to_owned());
    repository(theirs).is_some() && repository(theirs) == repository(ours)
}

fn same_error_as_last_line(theirs: &Value, ours: &Value) -> bool {
    let last = theirs.as_array().and_then(|lines| lines.last());
    last.is_some_and(|last| last["error"] == ours["message"])
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).filter(|&at| rest.is_char_boundary(at)).any(|at| matches(tail, &rest[at..]))
        }),
    }
}
