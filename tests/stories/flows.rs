//! The shipped flows: clean, bundled, drawn.

use std::path::{Path, PathBuf};

use ringback_contact_flow::{check, draw, read};
use ringback_local::{bundle, flows};

fn infra(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(path)
}

#[test]
fn the_shipped_flows_are_clean_and_all_of_them_are_built_in() {
    let folder = bundle::folder(&infra("flows")).unwrap();
    assert_eq!(flows::shipped(), folder);
    for file in folder {
        let report = check(&file.text, None).unwrap();
        assert!(report.is_clean(), "{}:\n{report}", file.stem);
    }
}

#[test]
fn the_flows_template_and_pictures_are_what_the_flows_make() {
    let template = bundle::template(&flows::shipped(), &flows::parameters().unwrap()).unwrap();
    let fresh = |file: &str, made: &str| {
        let written = std::fs::read_to_string(infra(file)).unwrap_or_default();
        assert!(
            written == made,
            "infra/{file} is not what the flows make; run `ringback flow bundle` and `draw`"
        );
    };
    fresh("connect.yaml", &template);
    for file in flows::shipped() {
        fresh(
            &format!("flows/{}.svg", file.stem),
            &draw(&read(&file.text).unwrap()),
        );
    }
    assert!(
        template.len() < 1_000_000,
        "CloudFormation takes no larger template, from a bucket either"
    );
}

#[test]
fn a_flow_goes_into_the_template_unchanged() {
    let template = bundle::template(&flows::shipped(), &flows::parameters().unwrap()).unwrap();
    let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(&template).unwrap();
    for file in flows::shipped() {
        let name = file.placeholder().replace("FlowArn", "Flow");
        let content = &yaml["Resources"][name.as_str()]["Properties"]["Content"];
        let filled = &content["Fn::Sub"];
        let text = content
            .as_str()
            .or_else(|| filled.as_str())
            .or_else(|| filled[0].as_str())
            .unwrap();
        let bundled: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            bundled,
            serde_json::from_str::<serde_json::Value>(&file.text).unwrap(),
            "{}",
            file.stem
        );
    }
}

#[test]
fn a_placeholder_that_nobody_fills_is_named() {
    let mut files = flows::shipped();
    let inbound = files.iter_mut().find(|file| file.stem == "inbound").unwrap();
    inbound.text = inbound.text.replace("${DefaultQueueArn}", "${NoSuchThing}");
    let error = bundle::template(&files, &flows::parameters().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "inbound.json has the placeholder ${NoSuchThing}, which is neither a flow nor a parameter"
    );
}
