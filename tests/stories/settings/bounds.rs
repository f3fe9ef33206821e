//! Names, defaults and bounds of settings, and times, in code, README and template.

use super::*;

#[test]
fn every_setting_has_the_same_name_and_default_in_code_readme_and_template() {
    let template = template();
    for function in FUNCTIONS {
        let documented = function.documented();
        assert_eq!(
            documented,
            function.deployed(&template),
            "{}: README and template",
            function.name
        );
        let names: BTreeSet<_> = documented.keys().cloned().collect();
        assert_eq!(
            names,
            function.read_by_code(),
            "{}: README and code",
            function.name
        );

        // The code has the same defaults if giving them changes nothing.
        let defaults: Vec<_> = documented
            .iter()
            .filter_map(|(name, setting)| Some((name.as_str(), setting.default.as_deref()?)))
            .collect();
        let optional = documented.values().filter(|setting| !setting.required).count();
        assert_eq!(
            defaults.len(),
            optional,
            "{}: a setting without a default",
            function.name
        );
        assert_eq!(
            function.with(&defaults),
            function.with(&[]),
            "{}: the code's defaults",
            function.name
        );
        for (name, setting) in &documented {
            if setting.required {
                let problem = function.with(&[(name, "")]).unwrap_err();
                assert!(
                    problem.contains(name.as_str()),
                    "{}: {name} is required",
                    function.name
                );
            }
        }
    }
}

#[test]
fn every_setting_has_the_same_bounds_in_code_readme_and_template() {
    let template = template();
    for function in FUNCTIONS {
        let variables = function.variables(&template);
        for row in function.rows("Settings") {
            let name = code(&row[0]).next().unwrap();
            let Some(parameter) = parameter(&template, &variables[&name]) else {
                continue;
            };
            let what = format!("{} of {}", name, function.name);
            if parameter["Type"] == "Number" {
                let bound = |which: &str| {
                    parameter[which]
                        .as_i64()
                        .unwrap_or_else(|| panic!("{what}: no {which}"))
                };
                let (least, most) = (bound("MinValue"), bound("MaxValue"));
                assert_eq!(row[3], format!("{least} to {most}"), "{what}");
                assert!(
                    function.accepts(&name, least) && function.accepts(&name, most),
                    "{what}: its bounds"
                );
                assert!(
                    !function.accepts(&name, least - 1) && !function.accepts(&name, most + 1),
                    "{what}: beyond"
                );
            }
            let words = texts(&parameter["AllowedValues"]);
            if !words.is_empty() {
                assert_eq!(code(&row[3]).collect::<Vec<_>>(), words, "{what}");
                let read: BTreeSet<_> = words
                    .iter()
                    .map(|word| function.with(&[(&name, word)]).unwrap())
                    .collect();
                assert_eq!(read.len(), words.len(), "{what}: two words mean the same");
                function.with(&[(&name, "another")]).unwrap_err();
            }
        }
    }
}

#[test]
fn what_the_template_lets_through_the_functions_accept() {
    let template = template();
    let list = |value: &Value| -> BTreeSet<i64> {
        texts(&value["Fn::Contains"][0])
            .iter()
            .map(|number| number.parse().unwrap())
            .collect()
    };
    let rules = template["Rules"].as_mapping().unwrap().iter();
    let rules: Vec<_> = rules
        .filter(|(name, _)| name.as_str().unwrap().starts_with("RetentionOutlives"))
        .map(|(_, rule)| {
            (
                list(&rule["RuleCondition"]),
                list(&rule["Assertions"][0]["Assert"]["Fn::Not"][0]),
            )
        })
        .collect();
    let last_agent = function("last-agent");
    for window in 1..=56 {
        let refused: BTreeSet<i64> = rules
            .iter()
            .filter(|(windows, _)| windows.contains(&window))
            .flat_map(|(_, days)| days.clone())
            .collect();
        let least = (1..=730).find(|days| !refused.contains(days)).unwrap();
        assert!(refused.iter().all(|days| *days < least), "window {window}: a gap");
        let with = |days: i64| {
            let (window, days) = (window.to_string(), days.to_string());
            last_agent.with(&[("STICKY_WINDOW_DAYS", &window), ("RETENTION_DAYS", &days)])
        };
        assert!(
            with(least).is_ok() && with(window).is_ok() && with(window - 1).is_err(),
            "window {window}"
        );
    }

    let channels = template["Parameters"]["StickyChannels"]["Default"]
        .as_str()
        .unwrap();
    assert!(last_agent.with(&[("STICKY_CHANNELS", channels)]).is_ok());
    assert!(
        last_agent
            .with(&[("STICKY_CHANNELS", "VOICE,CHAT,TASK,EMAIL")])
            .is_ok()
    );

    for asked in [last_agent, function("classify-caller")] {
        let timeout = asked.properties(&template)["Timeout"].as_i64().unwrap();
        let budget = template["Parameters"]["AnswerBudgetMs"]["MaxValue"]
            .as_i64()
            .unwrap();
        assert!(
            timeout <= 8 && budget < timeout * 1000,
            "{}: Connect waits for 8 seconds",
            asked.name
        );
    }
}

#[test]
fn a_text_that_a_function_refuses_is_refused_when_the_stack_is_deployed() {
    let template = template();
    let hours = "Mon-Fri 08:00-18:00,Sat 09:00-13:00";
    for (name, setting, parameter, good, bad) in [
        (
            "classify-caller",
            "LOOKUP_URL",
            "LookupUrl",
            ["none", "https://example.com/lookup", "https://example.com:8443"].as_slice(),
            ["http://example.com/", "example.com", "ftp://example.com/"].as_slice(),
        ),
        (
            "classify-caller",
            "NUMBER_REGION",
            "NumberRegion",
            &["US", "GB"],
            &["Atlantis", "4", "+1"],
        ),
        (
            "carrier-webhook",
            "PUBLIC_BASE_URL",
            "PublicBaseUrl",
            &[
                "https://calls.example.com",
                "https://api.example.com:8443/voice/v1",
            ],
            &[
                "http://calls.example.com",
                "calls.example.com",
                "https://calls.example.com/a b",
                "https://user@calls.example.com",
                "https://calls.example.com/?a=1",
            ],
        ),
        (
            "notify",
            "NOTIFY_STEPS",
            "NotifySteps",
            &["ended", "chose,gave-up"],
            &["rang", "ended,", "ended;chose"],
        ),
        (
            "notify",
            "NOTIFY_HOURS",
            "NotifyHours",
            &["always", hours, "Fri-Mon 22:00-02:00", "Sun 00:00-24:00"],
            &[
                "Monday 9-5",
                "08:00-18:00",
                "Mon 24:00-25:00",
                "Mon 8:00-18:00",
                "Mon 08:60-18:00",
                "Mon",
            ],
        ),
        (
            "notify",
            "NOTIFY_TIME_ZONE",
            "NotifyTimeZone",
            &["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"],
            &["Europe Berlin", "/"],
        ),
        (
            "notify",
            "ORDER_LINK",
            "OrderLink",
            &[
                "none",
                "https://example.com/orders/{orderId}",
                "https://example.com/?id={orderId}&tab=1",
            ],
            &[
                "https://example.com/",
                "http://example.com/{orderId}",
                "https://{orderId}.example.com/",
                "https://example.com{orderId}",
                "https://example.com/{orderId}/{orderId}",
                "https://a:b@example.com/{orderId}",
                "https://example.com/<{orderId}>",
                "https://example.com/{orderId}|",
            ],
        ),
    ] {
        let pattern = text(&template["Parameters"][parameter]["AllowedPattern"]).unwrap();
        let pattern = jsonschema::validator_for(&json!({"pattern": pattern})).unwrap();
        let function = function(name);
        let secret = ("LOOKUP_SECRET_ARN", "given");
        for (value, fits) in good
            .iter()
            .map(|good| (*good, true))
            .chain(bad.iter().map(|bad| (*bad, false)))
        {
            assert_eq!(pattern.is_valid(&json!(value)), fits, "{parameter}: {value}");
            let read = function.with(&[secret, (setting, value)]);
            assert_eq!(read.is_ok(), fits, "{setting}: {value}: {read:?}");
        }
    }
}

#[test]
fn times_are_those_of_the_readmes() {
    let template = template();
    let number = |function: &Function, row: &str| -> Option<i64> {
        let readme = function.readme();
        let line = readme.lines().find(|line| line.starts_with(row))?;
        let digits = line
            .split(|c: char| !c.is_ascii_digit())
            .find(|part| !part.is_empty());
        digits.and_then(|digits| digits.parse().ok())
    };
    for function in FUNCTIONS {
        let timeout = function.properties(&template)["Timeout"].as_i64();
        let said = number(&function, "| time-out");
        assert_eq!(said.or(timeout), timeout, "{}", function.name);
    }
    for (name, queue, source) in [
        ("notify", "NotifyQueue", "Steps"),
        ("archive-recording", "RecordingsQueue", "Recordings"),
    ] {
        let function = function(name);
        let queue = &template["Resources"][queue]["Properties"];
        let visibility = queue["VisibilityTimeout"].as_i64().unwrap();
        assert_eq!(number(function, "| visibility time-out"), Some(visibility));
        assert_eq!(
            number(function, "| redrive"),
            queue["RedrivePolicy"]["maxReceiveCount"].as_i64()
        );
        let properties = function.properties(&template);
        let source = &properties["Events"][source]["Properties"];
        let concurrency = &source["ScalingConfig"]["MaximumConcurrency"];
        let parameter = parameter(&template, concurrency).map(|parameter| &parameter["Default"]);
        assert_eq!(
            number(function, "| maximum concurrency"),
            parameter.unwrap_or(concurrency).as_i64()
        );
        assert_eq!(source["FunctionResponseTypes"][0], "ReportBatchItemFailures");
        assert!(visibility > properties["Timeout"].as_i64().unwrap());
    }
}
