//! `ringback flow`: check, draw and bundle contact flows.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use ringback_contact_flow::{FlowKind, Problem, Report, Severity, check, draw, read};
use ringback_local::bundle;
use ringback_local::flows::FlowFile;
use serde_json::json;

use super::show;

/// The folder of this project's flows.
const FLOWS: &str = "infra/flows";

#[derive(Debug, Subcommand)]
pub(crate) enum Flow {
    /// Say what `CreateContactFlow` would refuse, in its own words, and what is unwise.
    ///
    /// Ends with status 0 when there are no errors, 1 when there are, 2 when a file cannot be read as a flow.
    Check(Check),
    /// Draw a flow as an SVG picture.
    Draw(Draw),
    /// Make a CloudFormation template of flows, with their placeholders as parameters.
    Bundle(Bundle),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The flows, as JSON in the Flow language.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The type of the flows, for example `CUSTOMER_QUEUE`; without it a flow's own metadata tells.
    #[arg(long, value_name = "TYPE")]
    kind: Option<FlowKind>,
    /// The findings as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Draw {
    /// The flow.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the picture; without it, or with `-`, to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// The folder of the flows.
    #[arg(default_value = FLOWS, value_name = "FOLDER")]
    flows: PathBuf,
    /// What the placeholders are: CloudFormation parameters as JSON; flow-parameters.json beside the folder unless said.
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Where to write the template; for infra/flows it is infra/connect.yaml.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing; end with status 1 when the template is not what the flows make.
    #[arg(long)]
    check: bool,
}

impl Flow {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Check(check) => Ok(check.run()),
            Self::Draw(draw) => draw.run(),
            Self::Bundle(bundle) => bundle.run(),
        }
    }
}

/// What became of a file.
enum Checked {
    Report(Report),
    Unreadable(String),
}

impl Check {
    fn run(self) -> ExitCode {
        let checked: Vec<_> = self.files.iter().map(|file| (file, self.check(file))).collect();
        if self.json {
            let all: Vec<_> = checked
                .iter()
                .map(|(file, checked)| as_json(file, checked))
                .collect();
            anstream::println!("{:#}", json!(all));
        } else {
            checked.iter().for_each(|(file, checked)| print(file, checked));
        }
        ExitCode::from(
            checked
                .iter()
                .map(|(_, checked)| checked.status())
                .max()
                .unwrap_or_default(),
        )
    }

    fn check(&self, file: &Path) -> Checked {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return Checked::Unreadable(error.to_string()),
        };
        match check(&text, self.kind) {
            Ok(report) => Checked::Report(report),
            Err(error) => Checked::Unreadable(error.to_string()),
        }
    }
}

impl Checked {
    fn status(&self) -> u8 {
        match self {
            Self::Report(report) if report.is_accepted() => 0,
            Self::Report(_) => 1,
            Self::Unreadable(_) => 2,
        }
    }
}

fn as_json(file: &Path, checked: &Checked) -> serde_json::Value {
    let problem = |problem: &Problem| {
        json!({
            "severity": problem.severity.to_string(),
            "rule": problem.rule,
            "message": problem.message,
            "path": problem.path,
            "action": problem.action,
            "help": problem.help,
        })
    };
    match checked {
        Checked::Report(report) => json!({
            "file": file.display().to_string(),
            "accepted": report.is_accepted(),
            "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        }),
        Checked::Unreadable(why) => {
            json!({"file": file.display().to_string(), "accepted": false, "unreadable": why})
        }
    }
}

fn print(file: &Path, checked: &Checked) {
    let file = file.display();
    match checked {
        Checked::Report(report) if report.problems.is_empty() => anstream::println!("{file}: clean"),
        Checked::Report(report) => {
            for problem in &report.problems {
                let style = match problem.severity {
                    Severity::Error => show::BAD,
                    Severity::Warning => show::WARNING,
                };
                anstream::println!("{file}: {style}{problem}{style:#}");
            }
        }
        Checked::Unreadable(why) => anstream::println!("{file}: {}{why}{:#}", show::BAD, show::BAD),
    }
}

impl Draw {
    fn run(self) -> Result<ExitCode> {
        let file = FlowFile::read(&self.file)?;
        let flow = read(&file.text).map_err(|error| anyhow::anyhow!("{}: {error}", self.file.display()))?;
        let picture = draw(&flow);
        match self.output {
            Some(output) if output != Path::new("-") => {
                std::fs::write(&output, picture).with_context(|| format!("writing {}", output.display()))?;
            }
            _ => anstream::print!("{picture}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Bundle {
    fn run(self) -> Result<ExitCode> {
        let parameters = self
            .parameters
            .unwrap_or_else(|| self.flows.join("../flow-parameters.json"));
        let path = match self.output {
            Some(output) => output,
            // Another folder's flows must not end in this project's template.
            None if self.flows == Path::new(FLOWS) => PathBuf::from("infra/connect.yaml"),
            None => anyhow::bail!(
                "say where to write the template of {} with -o FILE",
                self.flows.display()
            ),
        };
        let text = std::fs::read_to_string(&parameters)
            .with_context(|| format!("reading {}, the flows' --parameters", parameters.display()))?;
        let parameters = serde_json::from_str(&text).with_context(|| parameters.display().to_string())?;
        let template = bundle::template(&bundle::folder(&self.flows)?, &parameters)?;
        let output = path.display();
        if self.check {
            let fresh = std::fs::read_to_string(&path).is_ok_and(|written| written == template);
            if !fresh {
                anstream::println!("{output} is not what the flows make; run `ringback flow bundle`");
                return Ok(ExitCode::FAILURE);
            }
            anstream::println!("{output} is what the flows make");
            return Ok(ExitCode::SUCCESS);
        }
        std::fs::write(&path, template).with_context(|| format!("writing {output}"))?;
        anstream::println!("wrote {output}");
        Ok(ExitCode::SUCCESS)
    }
}
