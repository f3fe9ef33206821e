//! Fills `corpus/` from the samples in `events/`: what carriers and Connect really send is where fuzzing begins.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ringback_carriers::{Line, carrier};

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let events = here.join("../events");
    let mut seeds: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for folder in fs::read_dir(events.join("carriers"))? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        let code = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = if carrier(&code).is_some() { format!("read_{code}") } else { "read_mapped".to_owned() };
        for file in fs::read_dir(&folder)? {
            for line in fs::read_to_string(file?.path())?.lines() {
                if let Ok(Line::Request(capture)) = Line::read(line) {
                    let body = capture.body.clone().unwrap_or_default().into_bytes();
                    let query = capture.url.split_once('?').map(|(_, query)| format!("?{query}").into_bytes());
                    seeds.entry(target.clone()).or_default().push(query.unwrap_or(body.clone()));
                    if code == "e9" {
                        seeds.entry("read_mapped".to_owned()).or_default().push(body);
                    }
                }
            }
        }
    }
    for (folder, target) in [("flow", "flow_event"), ("contact-events", "contact_event"), ("contact-records", "contact_record")] {
        for file in fs::read_dir(events.join("connect").join(folder))? {
            seeds.entry(target.to_owned()).or_default().push(fs::read(file?.path())?);
        }
    }
    for name in ["jy.toml", "e9.toml"] {
        let text = fs::read(here.join("../infra/carriers").join(name))?;
        seeds.entry("read_mapped".to_owned()).or_default().push(text);
    }
    let vectors = fs::read_to_string(here.join("../crates/carriers/tests/vectors.json"))?;
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&vectors)?;
    for vector in &vectors {
        let headers = vector["headers"].as_object().into_iter().flatten();
        let head: Vec<_> = headers.map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default())).collect();
        let text = format!("{}\n\n{}", head.join("\n"), vector["body"].as_str().unwrap_or_default());
        seeds.entry("verify".to_owned()).or_default().push(text.into_bytes());
    }
    for (target, bodies) in &seeds {
        let folder = here.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        for (number, body) in bodies.iter().enumerate() {
            fs::write(folder.join(format!("sample-{number:03}")), body)?;
        }
        println!("{target}: {} seeds", bodies.len());
    }
    Ok(())
}
