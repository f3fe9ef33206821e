//! `ringback import`: a file of people, shops and orders into the directory.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use ringback_connect::ids::InstanceArn;
use ringback_local::import::{Counts, Destination, Place, Start, Summary, Watcher};

use super::show;

/// The environment that `ringback serve` writes, where it is not told otherwise.
const ENV_FILE: &str = "local.env";
/// How many bad lines are printed.
const PRINTED: u64 = 100;
/// How often a line of progress is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
#[command(after_long_help = "\
FILE is one of
  .jsonl  a change a line, as on the bus:
          {\"detail-type\": \"customer.updated\", \"detail\": {\"customerId\": …}}
  .csv    people; the first line names the columns: customerId and any of
          name, phone, email, chat, kind, language, tags, shopId, version.
          Several phones, e-mails or tags in a field are separated by |.
Bad lines are told by number and left out; the others are imported.

Examples:
  Into a running `ringback serve`, whose local.env is here:
    ringback import events/directory/marketplace.jsonl
  People of Great Britain, as a spreadsheet wrote them; only a look:
    ringback import people.csv --region GB --dry-run
  Into AWS, with the credentials and the Region of the environment:
    ringback import people.csv --table ringback-callers \\
        --instance-arn arn:aws:connect:eu-west-2:111122223333:instance/…
  Cut off? The same command goes on from there.

It ends with 0 when all lines were good, 1 when some were bad, 2 when it was
stopped.")]
pub(crate) struct Import {
    /// The file: .jsonl of changes, or .csv of people.
    file: PathBuf,
    /// The environment of the directory, as `ringback serve` writes it [default: local.env, if it is here].
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table", "instance_arn"])]
    env_file: Option<PathBuf>,
    /// The callers table in AWS, with the credentials and the Region of the environment.
    #[arg(long, value_name = "NAME", requires = "instance_arn")]
    table: Option<String>,
    /// Whose directory it is: the ARN of the Amazon Connect instance.
    #[arg(long, value_name = "ARN", requires = "table")]
    instance_arn: Option<String>,
    /// Check the file and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Where numbers without a country code are from; of .csv only.
    #[arg(long, value_name = "CODE", default_value = "US")]
    region: String,
    /// The version of lines that name none: of several of one id the first counts, and the same file with the same
    /// version twice changes nothing. Without it they count as told now, the last of an id counts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    version: Option<u64>,
    /// How many changes are made at a time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Where to write what is wrong with all bad lines; no values are in it.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Where to keep how far it has come [default: FILE.progress].
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
    /// Begin from the start, whatever was done before.
    #[arg(long)]
    restart: bool,
    /// How long to try again while the table does not answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    give_up_after: u64,
}

impl Import {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let mut import = ringback_local::import::Import::new(&self.file);
        import.region.clone_from(&self.region);
        import.version = self.version;
        import.concurrency = self.concurrency.into();
        import.rejects.clone_from(&self.rejects);
        import.restart = self.restart;
        import.give_up_after = Duration::from_secs(self.give_up_after);
        if let Some(progress) = &self.progress {
            import.progress.clone_from(progress);
        }
        let file = self.file.display();
        let to = if self.dry_run {
            anstream::println!("Checking {file}; nothing is written.");
            None
        } else {
            let to = self.destination().await?;
            anstream::println!("Importing {file} into {to}.");
            Some(to)
        };
        let mut shown = Shown::new(self.file.display().to_string());
        let ended = tokio::select! {
            ended = import.run(to.as_ref(), &mut shown) => Some(ended),
            _ = tokio::signal::ctrl_c() => None,
        };
        shown.bar.finish_and_clear();
        let Some(ended) = ended else {
            let line = shown.done.line;
            bail!("stopped; all lines up to {line} are done: the same command goes on from there");
        };
        let summary = ended?;
        shown.end(&summary, self.dry_run);
        let all_good = summary.counts.rejected == 0;
        Ok(if all_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }

    async fn destination(&self) -> Result<Destination> {
        if let (Some(table), Some(arn)) = (&self.table, &self.instance_arn) {
            let example = "expected arn:aws:connect:REGION:ACCOUNT:instance/ID";
            let arn = InstanceArn::parse(arn).with_context(|| format!("--instance-arn: {example}"))?;
            return Destination::of_table(table.clone(), arn).await;
        }
        match &self.env_file {
            Some(file) => Destination::of_env_file(file).await,
            None if Path::new(ENV_FILE).exists() => Destination::of_env_file(Path::new(ENV_FILE)).await,
            None => bail!(
                "where to? There is no {ENV_FILE} here: `ringback serve` writes one, --env-file names another, \
                 or --table and --instance-arn name a table in AWS; --dry-run needs none"
            ),
        }
    }
}

/// How an import looks: a bar on a terminal, else a line now and then.
struct Shown {
    file: String,
    bar: ProgressBar,
    begun: Instant,
    told: Instant,
    bytes: u64,
    lines: u64,
    from: u64,
    done: Place,
    rejected: u64,
    warned: Option<Instant>,
}

impl Shown {
    fn new(file: String) -> Self {
        Self {
            file,
            bar: ProgressBar::hidden(),
            begun: Instant::now(),
            told: Instant::now(),
            bytes: 0,
            lines: 0,
            from: 0,
            done: Place::default(),
            rejected: 0,
            warned: None,
        }
    }

    fn speed(&self) -> f64 {
        let lines = self.done.line.saturating_sub(self.from);
        f64::from(u32::try_from(lines).unwrap_or(u32::MAX)) / self.begun.elapsed().as_secs_f64().max(0.001)
    }

    fn where_it_is(&self) -> String {
        format!(
            "{} of {} lines, {:.0} lines/s",
            self.done.line,
            self.lines,
            self.speed()
        )
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| anstream::eprintln!("{text}"));
    }

    fn end(&self, summary: &Summary, dry_run: bool) {
        let Counts {
            stored,
            repeated,
            older,
            rejected,
            checked,
        } = summary.counts;
        if self.rejected > PRINTED {
            self.say(&format!("… and {} more bad lines", self.rejected - PRINTED));
        }
        let speed = f64::from(u32::try_from(summary.read).unwrap_or(u32::MAX))
            / summary.took.as_secs_f64().max(0.001);
        let what = if dry_run {
            format!("{checked} good, {rejected} bad")
        } else {
            format!("{stored} stored, {repeated} repeated, {older} older than what is stored, {rejected} bad")
        };
        let took = if summary.took < Duration::from_secs(60) {
            format!("{:.1} s", summary.took.as_secs_f64())
        } else {
            HumanDuration(summary.took).to_string()
        };
        anstream::println!("{what}; {took}, {speed:.0} lines per second.");
    }
}

impl Watcher for Shown {
    fn begun(&mut self, start: &Start) {
        (self.bytes, self.lines) = (start.bytes, start.lines);
        if let Some((place, counts)) = start.resumed {
            self.done = place;
            self.from = place.line;
            let bad = counts.rejected;
            show::note(&format!(
                "Going on after line {}, where an earlier run was cut off; bad lines up to there: {bad}.",
                place.line
            ));
        }
        self.begun = Instant::now();
        if std::io::stderr().is_terminal() {
            self.bar = ProgressBar::new(start.bytes).with_position(self.done.offset);
            let template = "{wide_bar} {percent:>3} %  {msg}  {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
        }
    }

    fn rejected(&mut self, line: u64, why: &str) {
        self.rejected += 1;
        if self.rejected <= PRINTED {
            self.say(&format!("{}:{line}: {why}", self.file));
        }
    }

    fn moved(&mut self, done: Place, _: &Counts) {
        self.done = done;
        self.warned = None;
        if !self.bar.is_hidden() {
            self.bar.set_position(done.offset);
            if self.told.elapsed() > Duration::from_millis(200) {
                self.told = Instant::now();
                self.bar.set_message(self.where_it_is());
            }
        } else if self.told.elapsed() > EVERY {
            self.told = Instant::now();
            let percent = done.offset.saturating_mul(100) / self.bytes.max(1);
            anstream::eprintln!("{percent} %: {}", self.where_it_is());
        }
    }

    fn waiting(&mut self, line: u64, code: &str) {
        // Once an outage, and then now and then.
        if self.warned.is_none_or(|warned| warned.elapsed() > EVERY * 4) {
            self.warned = Some(Instant::now());
            self.say(&format!(
                "{}:{line}: the table does not answer ({code}); trying again",
                self.file
            ));
        }
    }
}
