//! `ringback webhook check`: is this signature good, why not, and what does the request say?

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use jiff::Timestamp;
use ringback_carriers::{Capture, Carrier, Headers, Heard, Keys, Reading, Request, Trust, Wants, carrier};
use ringback_local::replay::visible;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{described, doctor, no_such_carrier, setting, settings};
use crate::cli::show;

/// Where a secret is looked for when none is given otherwise.
const SECRET_VARIABLE: &str = "RINGBACK_SECRET";
/// Larger bodies are not taken from carriers either.
const LARGEST_BODY: u64 = 1024 * 1024;

/// What is shown of an event before the rest.
const FIRST: [&str; 4] = ["kind", "leg", "at", "word"];

#[derive(Debug, Args)]
#[command(after_long_help = "\
A secret on the command line can be seen by everybody on the machine and stays
in the shell's history: --secret-file, or RINGBACK_SECRET in the environment,
keep it. What it is for each carrier:
  tw  the auth token of the account that owns the call
  sw  the project's signing key (PSK…)
  tx  the account's public key, in base64
  vg  the account's signature secret
  pl  the auth token
  hw  the app secret
  vx  the secret that the scenario signs with
  bw  user:password, as given with the call
  si  applicationKey:secret, the secret in base64
  e9  none: it signs nothing

Examples:
  RINGBACK_SECRET=12345 ringback webhook check --carrier tw \\
      --url 'https://mycompany.com/myapp.php?foo=1&bar=2' \\
      --header 'Content-Type: application/x-www-form-urlencoded' \\
      --header 'X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=' \\
      --data 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212'
  ringback webhook check --carrier tx --url https://calls.example.com/… \\
      --header \"telnyx-timestamp: 1700000000\" \\
      --header \"telnyx-signature-ed25519: …\" \\
      --body body.json --secret-file public-key --now 1700000000")]
pub(crate) struct Check {
    /// The carrier's code, for example tw.
    #[arg(long, value_name = "CODE", required_unless_present = "description")]
    carrier: Option<String>,
    /// A carrier that is described by a file.
    #[arg(long, value_name = "FILE.toml")]
    description: Option<PathBuf>,
    /// The public URL, exactly as the carrier was given it.
    #[arg(long)]
    url: String,
    /// The method.
    #[arg(long, default_value = "POST")]
    method: String,
    /// A header as it came, `Name: value`; once for each.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The file with the bytes of the body as they came; `-` for standard input. Without it the body is empty.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    body: Option<PathBuf>,
    /// The body as text.
    #[arg(long, value_name = "TEXT")]
    data: Option<String>,
    /// A secret of the account; twice while one replaces the other. Others on this machine can see it.
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<SecretString>,
    /// A file with a secret; an end of line after it does not count.
    #[arg(long = "secret-file", value_name = "FILE")]
    secret_files: Vec<PathBuf>,
    /// A setting of the account, `appKey=…`, `window=…`, `countryCode=…`.
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The time at which the request came, for carriers that sign one: seconds since 1970, or 2026-11-20T09:00:00Z. Now
    /// unless said.
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// The events as JSON, one a line.
    #[arg(long)]
    json: bool,
}

/// What the command line says, with files read.
struct Asked {
    headers: Headers,
    body: Vec<u8>,
    secrets: Vec<SecretString>,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let chosen = chosen(self.carrier.as_deref(), self.description.as_deref())?;
        let from: &dyn Carrier = chosen.as_ref();
        let asked = self.read()?;
        let settings = settings(&self.settings);
        let keys = Keys {
            secrets: &asked.secrets,
            settings: &settings,
        };
        let request = Request {
            method: &self.method,
            url: &self.url,
            headers: &asked.headers,
            body: &asked.body,
        };
        let now = self.now.unwrap_or_else(Timestamp::now);
        if let Err(refusal) = from.verify(&request, &keys, now) {
            anstream::eprintln!("{}not good:{:#} {refusal}", show::BAD, show::BAD);
            for advice in doctor::advice(from, &request, &keys, now, &refusal) {
                anstream::eprintln!("  {advice}");
            }
            return Ok(ExitCode::from(1));
        }
        let reading = match from.read(&request, &keys) {
            Ok(reading) => reading,
            Err(problem) => {
                anstream::eprintln!(
                    "{}the signature is good, and the request cannot be read:{:#} {problem}",
                    show::BAD,
                    show::BAD
                );
                return Ok(ExitCode::from(1));
            }
        };
        if self.json {
            for heard in &reading.heard {
                anstream::println!("{}", as_json(heard)?);
            }
        } else {
            self.print(from, &keys, &reading)?;
        }
        for problem in &reading.lost {
            anstream::eprintln!(
                "{}a part of it cannot be read:{:#} {problem}",
                show::BAD,
                show::BAD
            );
        }
        Ok(ExitCode::from(u8::from(!reading.lost.is_empty())))
    }

    fn read(&self) -> Result<Asked> {
        let body = match (&self.data, &self.body) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(file)) => body(file)?,
            (None, None) => Vec::new(),
        };
        let mut secrets = self.secrets.clone();
        for file in &self.secret_files {
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("--secret-file: reading {}", file.display()))?;
            secrets.push(text.trim_end_matches(['\r', '\n']).into());
        }
        if secrets.is_empty()
            && let Ok(secret) = std::env::var(SECRET_VARIABLE)
        {
            secrets.push(secret.into());
        }
        Ok(Asked {
            headers: Headers::new(self.headers.iter().map(|(name, value)| (name, value.as_str()))),
            body,
            secrets,
        })
    }

    fn print(&self, from: &dyn Carrier, keys: &Keys<'_>, reading: &Reading) -> Result<()> {
        match from.trust(keys) {
            Trust::Sender => anstream::println!("good: the request is from {}.", from.name()),
            Trust::PlacedCallsOnly => anstream::println!(
                "good as far as it goes: nothing proves what a request of {} says, so it counts only for calls that we \
                 placed.",
                from.name()
            ),
        }
        if let Some(call) = named(&self.url) {
            anstream::println!("Its URL names the call {call}.");
        }
        if reading.heard.is_empty() {
            anstream::println!("It tells nothing of a call.");
        }
        if let Wants::SecondLeg { .. } = reading.wants {
            anstream::println!("It asks for the document that puts A through to B.");
        }
        for heard in &reading.heard {
            anstream::println!();
            let mut lines = Vec::new();
            flatten("", &as_json(heard)?, &mut lines);
            // What it is about comes first, the details after it.
            lines.sort_by_key(|(name, _)| {
                FIRST
                    .iter()
                    .position(|first| first == name)
                    .unwrap_or(FIRST.len())
            });
            let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            for (name, value) in lines {
                anstream::println!("  {name:<width$}  {value}");
            }
        }
        Ok(())
    }
}

/// The call that a URL names.
fn named(url: &str) -> Option<String> {
    let capture: Capture = serde_json::from_value(json!({"carrier": "", "url": url})).ok()?;
    Some(capture.call_id()?.to_string())
}

/// The carrier that is meant.
enum Chosen {
    Known(&'static dyn Carrier),
    Described(Box<dyn Carrier>),
}

impl AsRef<dyn Carrier> for Chosen {
    fn as_ref(&self) -> &(dyn Carrier + 'static) {
        match self {
            Self::Known(known) => *known,
            Self::Described(described) => described.as_ref(),
        }
    }
}

fn chosen(code: Option<&str>, description: Option<&Path>) -> Result<Chosen> {
    let Some(file) = description else {
        let code = code.unwrap_or_default();
        return carrier(code)
            .map(Chosen::Known)
            .map_or_else(|| no_such_carrier(code), Ok);
    };
    let described = described(file)?;
    if let Some(code) = code {
        ensure!(
            code == described.code(),
            "--carrier is {code}, and {} describes {}",
            file.display(),
            described.code()
        );
    }
    Ok(Chosen::Described(described))
}

fn body(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = LARGEST_BODY + 1;
    if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(most).read_to_end(&mut bytes))
    }
    .with_context(|| format!("--body: reading {}", file.display()))?;
    ensure!(
        bytes.len() as u64 <= LARGEST_BODY,
        "--body: {} is larger than the 1 MB that are taken from a carrier",
        file.display()
    );
    Ok(bytes)
}

fn as_json(heard: &Heard) -> Result<Value> {
    let reference = &heard.reference;
    let mut object = json!({"event": serde_json::to_value(&heard.event)?});
    let named = [
        ("ownId", reference.own.as_ref().map(ToString::to_string)),
        ("session", reference.session.clone()),
        ("leg", reference.leg.clone()),
    ];
    if let Some(fields) = object.as_object_mut() {
        for (name, value) in named {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.into());
            }
        }
        if !heard.legs.is_empty() {
            fields.insert("secondLegs".to_owned(), heard.legs.clone().into());
        }
    }
    Ok(object)
}

/// Every value with its path, one a line.
fn flatten(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |name: &str| match path {
        "" | "event" | "event.facts" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = match (path, name.as_str()) {
                    ("", "event") => "event".to_owned(),
                    ("event", "facts") => "event.facts".to_owned(),
                    _ => below(name),
                };
                flatten(&at, value, lines);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                flatten(&below(&index.to_string()), value, lines);
            }
        }
        Value::String(text) => lines.push((visible(path), visible(text))),
        other => lines.push((visible(path), other.to_string())),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("is no `Name: value`")?;
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;\\\"/[]?={}".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err("is no `Name: value`".to_owned());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn time(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse::<i64>().ok().map(Timestamp::from_second);
    seconds
        .unwrap_or_else(|| text.parse())
        .map_err(|_| "is no time: 1700000000, or 2026-11-20T09:00:00Z".to_owned())
}
