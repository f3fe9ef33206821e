//! Every signature that a carrier has published, posted to the real route.
//!
//! Published signatures are over URLs of the carrier's choice. The function is told, as an edge that rewrites paths would
//! have to tell it, which URL is meant by which path; everything else is as in production.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::{Account, SecretArns, Slug};
use ringback_carriers::Settings;
use ringback_lambda::{Vars, emf_sink};
use ringback_local::sample_accounts::{self, TENANT};
use ringback_local::stack::{Addresses, Stack};
use ringback_local::world::Lines;
use ringback_tests::{Exchange, Post, sample_time, written};
use serde_json::Value;

/// A published signature, and the account it is posted to.
struct Vector {
    json: Value,
    carrier: &'static str,
    slug: String,
}

impl Vector {
    fn all() -> Vec<Self> {
        let all: Vec<Value> =
            serde_json::from_str(include_str!("../../crates/carriers/tests/vectors.json")).unwrap();
        let vector = |(number, json): (usize, Value)| {
            let carrier = match json["carrier"].as_str().unwrap() {
                "twilio" => "tw",
                "signalwire" => "sw",
                "telnyx" => "tx",
                "vonage" => "vg",
                "plivo" => "pl",
                "huawei" => "hw",
                "bandwidth" => "bw",
                "sinch" => "si",
                "voximplant" => "vx",
                // How we sign our requests to Jiuyun, which signs nothing itself.
                "jiuyun-e9" => return None,
                other => panic!("{other}"),
            };
            let slug = format!("vector-account-{number}");
            Some(Self { json, carrier, slug })
        };
        all.into_iter().enumerate().filter_map(vector).collect()
    }

    fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    fn path(&self) -> String {
        format!("/carriers/{}/{}/events", self.carrier, self.slug)
    }

    fn arn(&self) -> String {
        format!(
            "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/{}",
            self.slug
        )
    }

    /// The URL that the carrier asked for; Plivo adds what it has to say to the query of a GET.
    fn url(&self) -> String {
        let mut url = self.text("url").to_owned();
        if let Some(added) = self.json["get_params"].as_object() {
            let fields: Vec<_> = added
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect();
            let mark = if url.contains('?') { '&' } else { '?' };
            write!(url, "{mark}{}", written(&fields)).unwrap();
        }
        url
    }

    /// The carrier's clock.
    fn now(&self) -> Timestamp {
        let header = |name: &str| self.json["headers"][name].as_str().unwrap_or_default();
        if let Some(seconds) = self.json["now"].as_i64() {
            return Timestamp::from_second(seconds).unwrap();
        }
        match self.carrier {
            "si" => header("x-timestamp")
                .trim_start_matches("x-timestamp:")
                .parse()
                .unwrap(),
            // UTC+8 that calls itself UTC.
            "hw" => {
                let created = header("X-AKSK")
                    .split("Created=\"")
                    .nth(1)
                    .unwrap()
                    .trim_end_matches('"');
                created.parse::<Timestamp>().unwrap() - SignedDuration::from_hours(8)
            }
            _ => sample_time(),
        }
    }

    /// Whether it is a webhook's, and good.
    fn is_good(&self) -> bool {
        let of_our_request = self.text("scheme").starts_with("request AKSK");
        // Nobody has published the body that this one is of.
        let without_body = self.json["check"] == "jwt-only";
        self.json["valid"] == true && !of_our_request && !without_body
    }

    fn post(&self) -> Post {
        let headers = self.json["headers"].as_object();
        let headers = headers.into_iter().flatten();
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()));
        Post {
            carrier: self.carrier.to_owned(),
            method: self.text("method").to_owned(),
            path: self.path(),
            content_type: String::new(),
            body: self.text("body").as_bytes().to_vec(),
            headers: headers.collect(),
        }
    }
}

#[tokio::test]
async fn every_published_signature_is_judged_right_by_the_real_route() {
    let vectors = Vector::all();
    let stack = Stack::start(&Addresses::any()).await.unwrap();
    let accounts = sample_accounts::store(&stack).await;
    for vector in &vectors {
        stack
            .simulated_secrets
            .set(&vector.arn(), vector.text("secret_or_public_key"));
        let account = Account {
            slug: Slug::parse(&vector.slug).unwrap(),
            tenant: TENANT.to_owned(),
            carrier: vector.carrier.to_owned(),
            name: None,
            secret_arns: SecretArns {
                current: Some(vector.arn()),
                next: None,
                api: None,
            },
            numbers: Vec::new(),
            priority: 0,
            prefixes: Vec::new(),
            settings: Settings::default(),
            allowed_ips: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        accounts.add(&account).await.unwrap();
    }
    let vars: Vars = stack.vars(&[]);
    let mut config = carrier_webhook::Config::from_vars(&vars).unwrap();
    config.public_base = config
        .public_base
        .with(vectors.iter().map(|vector| (vector.path(), vector.url())));
    let metrics = Lines::default();
    let app = stack
        .carrier_webhook_with(config, emf_sink(metrics.clone()))
        .await
        .unwrap();
    let exchange = Exchange::of(stack, app, metrics).await.unwrap();

    let mut good = std::collections::BTreeSet::new();
    for vector in &vectors {
        exchange.set_now(vector.now());
        let status = exchange.post(&vector.post()).await.unwrap().status;
        let source = (vector.text("source"), vector.text("scheme"));
        // What they say need not be of a call: 400 and 404 come only after the signature was found good.
        assert!(
            matches!(status, 200..300 | 400 | 401 | 404 | 415),
            "{source:?}: {status}"
        );
        assert_eq!(
            status != 401,
            vector.is_good(),
            "{}: {status}: {source:?}",
            vector.slug
        );
        if vector.is_good() {
            good.insert(vector.carrier);
        }
    }
    let good: Vec<_> = good.into_iter().collect();
    assert_eq!(good, ["bw", "hw", "pl", "si", "sw", "tw", "tx", "vg", "vx"]);
}
