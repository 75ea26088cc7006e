//! Lifecycle policies: what GetLifecyclePolicy answers, and its text read into rules.

use aws_sdk_ecr::operation::get_lifecycle_policy::GetLifecyclePolicyOutput;
use imageservice_proto::ecr::v1;
use serde::Deserialize;

use super::timestamp;

#[derive(Deserialize)]
struct Document {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    rule_priority: i32,
    #[serde(default)]
    description: String,
    selection: Selection,
    action: Action,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    tag_status: String,
    #[serde(default)]
    tag_prefix_list: Vec<String>,
    #[serde(default)]
    tag_pattern_list: Vec<String>,
    count_type: String,
    count_number: i32,
    count_unit: Option<String>,
    #[serde(default)]
    storage_class: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    target_storage_class: String,
}

/// The policy with its rules; one that cannot be read keeps its text and says why.
pub(in super::super) fn policy(output: GetLifecyclePolicyOutput) -> v1::LifecyclePolicy {
    let text = output.lifecycle_policy_text.unwrap_or_default();
    let (rules, parse_error) = match rules(&text) {
        Ok(rules) => (rules, String::new()),
        Err(why) => (Vec::new(), why.to_string()),
    };
    v1::LifecyclePolicy {
        registry_id: output.registry_id.unwrap_or_default(),
        repository_name: output.repository_name.unwrap_or_default(),
        lifecycle_policy_text: text,
        // AWS says the epoch of a policy that was never evaluated.
        last_evaluated_at: output.last_evaluated_at.filter(|time| time.secs() != 0).map(timestamp),
        rules,
        parse_error,
    }
}

fn rules(text: &str) -> serde_json::Result<Vec<v1::LifecyclePolicyRule>> {
    let mut rules = serde_json::from_str::<Document>(text)?.rules;
    rules.sort_by_key(|rule| rule.rule_priority);
    Ok(rules.into_iter().map(rule).collect())
}

fn rule(rule: Rule) -> v1::LifecyclePolicyRule {
    let kind = match rule.action.kind.as_str() {
        "expire" => v1::RuleActionType::Expire,
        "transition" => v1::RuleActionType::Transition,
        _ => v1::RuleActionType::Unknown,
    };
    v1::LifecyclePolicyRule {
        rule_priority: rule.rule_priority,
        description: rule.description,
        selection: Some(selection(rule.selection)),
        action: Some(v1::RuleAction {
            r#type: kind.into(),
            target_storage_class: rule.action.target_storage_class,
        }),
    }
}

fn selection(selection: Selection) -> v1::RuleSelection {
    let tag_status = match selection.tag_status.as_str() {
        "tagged" => v1::TagStatus::Tagged,
        "untagged" => v1::TagStatus::Untagged,
        "any" => v1::TagStatus::Any,
        _ => v1::TagStatus::Unknown,
    };
    let count_type = match selection.count_type.as_str() {
        "imageCountMoreThan" => v1::CountType::ImageCountMoreThan,
        "sinceImagePushed" => v1::CountType::SinceImagePushed,
        "sinceImagePulled" => v1::CountType::SinceImagePulled,
        "sinceImageTransitioned" => v1::CountType::SinceImageTransitioned,
        _ => v1::CountType::Unknown,
    };
    let count_unit = match selection.count_unit.as_deref() {
        None => v1::CountUnit::Unspecified,
        // AWS takes it in any case, and keeps what was written.
        Some(unit) if unit.eq_ignore_ascii_case("days") => v1::CountUnit::Days,
        Some(_) => v1::CountUnit::Unknown,
    };
    v1::RuleSelection {
        tag_status: tag_status.into(),
        tag_prefix_list: selection.tag_prefix_list,
        tag_pattern_list: selection.tag_pattern_list,
        count_type: count_type.into(),
        count_number: selection.count_number,
        count_unit: count_unit.into(),
        storage_class: selection.storage_class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> v1::LifecyclePolicy {
        policy(GetLifecyclePolicyOutput::builder().lifecycle_policy_text(text).build())
    }

    #[test]
    fn a_text_that_cannot_be_read_is_kept_and_the_reason_said() {
        for text in ["", "{", "[]", r#"{"rules":[{"rulePriority":"first"}]}"#] {
            let policy = read(text);
            assert_eq!(policy.lifecycle_policy_text, text);
            assert!(policy.rules.is_empty() && !policy.parse_error.is_empty(), "{text}");
        }
    }

    #[test]
    fn rules_come_in_the_order_of_their_evaluation() {
        let policy = read(
            r#"{"rules":[
                {"rulePriority":20,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}},
                {"rulePriority":3,"description":"d","selection":{"tagStatus":"tagged","tagPatternList":["v*"],"countType":"sinceImagePulled",
                 "countUnit":"days","countNumber":30,"storageClass":"standard"},"action":{"type":"transition","targetStorageClass":"archive"}}
            ]}"#,
        );
        assert_eq!(policy.parse_error, "");
        let priorities: Vec<_> = policy.rules.iter().map(|rule| rule.rule_priority).collect();
        assert_eq!(priorities, [3, 20]);
        let selection = policy.rules[0].selection.as_ref().unwrap();
        assert_eq!(selection.count_type(), v1::CountType::SinceImagePulled);
        assert_eq!(selection.tag_pattern_list, ["v*"]);
        assert_eq!(policy.rules[0].action.as_ref().unwrap().target_storage_class, "archive");
        assert_eq!(policy.rules[1].selection.as_ref().unwrap().count_unit(), v1::CountUnit::Unspecified);
    }

    #[test]
    fn what_is_newer_than_the_protocol_does_not_hide_the_rest() {
        let policy = read(
            r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"odd","countType":"odd","countUnit":"odd","countNumber":1,"new":1},
                "action":{"type":"odd"}}],"also":"new"}"#,
        );
        let selection = policy.rules[0].selection.as_ref().unwrap();
        assert_eq!(selection.tag_status(), v1::TagStatus::Unknown);
        assert_eq!(selection.count_unit(), v1::CountUnit::Unknown);
    }

    #[test]
    fn a_policy_that_was_never_evaluated_has_no_time() {
        let never = aws_smithy_types::DateTime::from_secs(0);
        let output = GetLifecyclePolicyOutput::builder().last_evaluated_at(never).build();
        assert_eq!(policy(output).last_evaluated_at, None);
    }
}
