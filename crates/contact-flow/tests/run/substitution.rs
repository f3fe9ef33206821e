//! Placeholders of a CloudFormation template.

use std::collections::BTreeMap;

use ringback_contact_flow::run::{MissingPlaceholder, substitute};

fn values() -> BTreeMap<String, String> {
    [
        ("Function", "arn:aws:lambda:x"),
        ("AWS::Region", "eu-central-1"),
        ("Quote", "say \"hi\"\n"),
        ("Empty", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[test]
fn placeholders_are_replaced_and_escaped() {
    let replaced = |text: &str| substitute(text, &values()).unwrap();
    assert_eq!(
        replaced(r#"{"a":"${Function}/${AWS::Region}"}"#),
        r#"{"a":"arn:aws:lambda:x/eu-central-1"}"#
    );
    assert_eq!(replaced(r#""${Quote}${Empty}""#), r#""say \"hi\"\n""#);
    assert_eq!(
        replaced("$.Attributes.a costs $5 ${not a name} ${"),
        "$.Attributes.a costs $5 ${not a name} ${"
    );
    assert_eq!(replaced("${!Function}"), "${Function}");
}

#[test]
fn missing_placeholder_is_named() {
    let missing = substitute("${Function} ${QueueArn}", &values()).unwrap_err();
    assert_eq!(missing, MissingPlaceholder("QueueArn".to_owned()));
    assert_eq!(
        missing.to_string(),
        "there is no value for the placeholder ${QueueArn}"
    );
}
