//! What the functions may do in AWS.

use super::*;

#[test]
fn roles_allow_what_the_readme_says_and_nothing_at_large() {
    let template = template();
    for function in FUNCTIONS {
        let role = function.role(&template);
        assert!(
            role.get("ManagedPolicyArns").is_none(),
            "{}: managed policies allow too much",
            function.name
        );
        let mut allowed = BTreeSet::new();
        for statement in function.statements(&template) {
            let actions = texts(&statement["Action"]);
            assert!(
                !actions.is_empty() && statement["Effect"] == "Allow",
                "{}: {statement:?}",
                function.name
            );
            assert!(
                actions.iter().all(|action| !action.contains('*')),
                "{}: {actions:?}",
                function.name
            );
            allowed.extend(actions);
            let resources = match &statement["Resource"] {
                Value::Sequence(resources) => resources.iter().collect(),
                one => branches(one),
            };
            for resource in resources {
                // A resource is always said by its name in the template; only an instance's contacts and agents are many,
                // the secrets of carrier accounts, which are added without a deployment, and the objects of a bucket.
                let Value::Tagged(tagged) = resource else {
                    panic!("{}: {resource:?}", function.name)
                };
                let named = tagged.value.as_str().is_some_and(|name| {
                    name.replace("/contact/*", "")
                        .replace(":secret:${AWS::StackName}/carriers/*", "")
                        .replace("/agent/*", "")
                        .replace("Bucket.Arn}/*", "")
                        .replace("Bucket}/*", "")
                        .find('*')
                        .is_none()
                });
                assert!(named, "{}: {resource:?}", function.name);
            }
        }
        let documented: BTreeSet<_> = function
            .rows("Permissions")
            .iter()
            .filter_map(|row| code(&row[0]).next())
            .collect();
        assert_eq!(documented, allowed, "{}: README and template", function.name);
    }
}
