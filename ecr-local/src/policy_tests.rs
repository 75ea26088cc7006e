use serde_json::json;

use super::*;

const RESOURCE: &str = "arn:aws:ecr:eu-west-1:222222222222:repository/team/app";

fn statement(effect: &str, principal: Value, action: Value, resource: &str) -> Value {
    json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": resource})
}

fn allowed(statements: Value) -> bool {
    allows(&json!({"Statement": statements}).to_string(), "111111111111", REPLICATE, RESOURCE)
}

#[test]
fn whoever_is_named_may_do_what_is_named() {
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "111111111111"}),
        json!({"AWS": ["333333333333", "arn:aws:iam::111111111111:root"]}),
        json!({"AWS": "arn:aws-cn:iam::111111111111:root"}),
    ] {
        for action in [json!("*"), json!("ecr:*"), json!("ECR:replicateImage"), json!(["x", REPLICATE])] {
            for resource in ["*", RESOURCE, "arn:aws:ecr:eu-west-1:222222222222:repository/*"] {
                let one = statement("Allow", principal.clone(), action.clone(), resource);
                assert!(allowed(one.clone()), "{one}");
                assert!(allowed(json!([one])));
            }
            assert!(allowed(json!({"Effect": "Allow", "Principal": principal, "Action": action})));
        }
    }
}

#[test]
fn nobody_else_may_and_nothing_else() {
    for one in [
        json!([]),
        json!("Allow"),
        json!({"Effect": "Allow"}),
        json!({"Effect": "Allow", "Action": "*"}),
        statement("Allow", json!("111111111111"), json!("*"), "*"),
        statement("Allow", json!({"AWS": "arn:aws:iam::111111111111:user/x"}), json!("*"), "*"),
        statement("Allow", json!({"Service": "replication.ecr.amazonaws.com"}), json!("*"), "*"),
        statement("Allow", json!("*"), json!(CREATE), "*"),
        statement("Allow", json!("*"), json!("*"), "arn:aws:ecr:eu-west-1:222222222222:repository/other*"),
        json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {}}}),
        json!({"Effect": "Allow", "Principal": "*", "NotAction": REPLICATE, "Resource": "*"}),
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111111111111"}, "Action": "*", "Resource": "*"}),
    ] {
        assert!(!allowed(one.clone()), "{one}");
    }
    assert!(!allows("no JSON", "111111111111", REPLICATE, RESOURCE));
}

#[test]
fn what_leaves_out_somebody_or_something_unknown_allows_nothing_and_denies() {
    let left_out = |effect: &str, member: &str, value: &Value| {
        let mut one = statement(effect, json!("*"), json!("*"), "*");
        one.as_object_mut().unwrap().remove(member.strip_prefix("Not").unwrap());
        one[member] = value.clone();
        one
    };
    let all = statement("Allow", json!("*"), json!("*"), "*");
    for (member, value) in [
        ("NotAction", json!(5)),
        ("NotAction", json!([])),
        ("NotAction", json!(["ecr:PutImage", 5])),
        ("NotResource", json!({})),
        ("NotPrincipal", json!("222222222222")),
        ("NotPrincipal", json!({"AWS": "arn:aws:iam::222222222222:role/x"})),
        ("NotPrincipal", json!({"AWS": "222222222222", "Service": "ecs.amazonaws.com"})),
    ] {
        let allows = left_out("Allow", member, &value);
        assert!(!allowed(allows.clone()), "{allows}");
        assert!(!allowed(json!([all, left_out("Deny", member, &value)])), "{member} {value}");
    }
    for (member, value) in [
        ("NotAction", json!(["ecr:PutImage"])),
        ("NotResource", json!("arn:aws:ecr:*:*:repository/other")),
        ("NotPrincipal", json!({"AWS": ["222222222222", "arn:aws:iam::333333333333:root"]})),
    ] {
        assert!(allowed(left_out("Allow", member, &value)), "{member} {value}");
    }
}

#[test]
fn a_statement_that_denies_wins() {
    let all = statement("Allow", json!("*"), json!("*"), "*");
    assert!(allowed(json!([all, statement("Deny", json!({"AWS": "333333333333"}), json!("*"), "*")])));
    assert!(!allowed(json!([all, statement("Deny", json!("*"), json!("ecr:Replicate*"), "*")])));
    let conditional = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {}}});
    assert!(!allowed(json!([conditional, all])));
}
