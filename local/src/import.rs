//! Filling a directory from a file: line by line, many writes at a time, in memory that does not grow with the file.

mod destination;
mod people;
mod progress;
mod records;

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use ringback_callers::{Change, Directory, DirectoryError, Kept, Kind, Problem, Region, version_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use destination::Destination;
use people::People;
use progress::{Progress, Stamp, Task, Versions};
pub use records::Place;
use records::{Record, Records, count_lines};

/// How many lines may be read ahead of one that is not done.
const AHEAD: usize = 1000;
/// The longest reason of a bad line, in characters.
const REASON: usize = 500;
/// The pause after the first failure of a line; each after it is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// What no pause mends.
const HOPELESS: [&str; 8] = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
    "KMSAccessDeniedException",
];

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct Import {
    /// The file: `.jsonl` of changes as on the bus, or `.csv` of people.
    pub file: PathBuf,
    /// The ISO 3166 code of the region whose national numbers a CSV file has.
    pub region: String,
    /// The version of lines that name none; without it they get the time of the start.
    pub version: Option<u64>,
    /// How many changes are made at a time.
    pub concurrency: usize,
    /// Where to keep how far it has come.
    pub progress: PathBuf,
    /// How often to write that.
    pub save_every: Duration,
    /// Where to write what is wrong with bad lines.
    pub rejects: Option<PathBuf>,
    /// Begin from the start, whatever was done before.
    pub restart: bool,
    /// How long to try a change again while the table does not answer.
    pub give_up_after: Duration,
}

/// What became of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Stored.
    pub stored: u64,
    /// Stored before in the same version.
    pub repeated: u64,
    /// Stored before in a newer version.
    pub older: u64,
    /// Bad.
    pub rejected: u64,
    /// In order, where nothing is written.
    #[serde(skip)]
    pub checked: u64,
}

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// What became of the lines, those of the earlier runs included.
    pub counts: Counts,
    /// How many records this run has read.
    pub read: u64,
    /// How long this run took.
    pub took: Duration,
}

/// What is known before the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The file's size.
    pub bytes: u64,
    /// Its lines.
    pub lines: u64,
    /// Where an earlier run has come to, and what became of its lines.
    pub resumed: Option<(Place, Counts)>,
}

/// Who is told how an import goes.
pub trait Watcher {
    /// It begins.
    fn begun(&mut self, start: &Start);
    /// A line is bad. Lines come in their order.
    fn rejected(&mut self, line: u64, why: &str);
    /// All lines before `done` are done.
    fn moved(&mut self, done: Place, counts: &Counts);
    /// The table does not answer; the line is tried again.
    fn waiting(&mut self, line: u64, code: &str);
}

/// What became of one record.
#[derive(Debug)]
enum Outcome {
    Kept(Kept),
    Checked,
    Rejected(String),
}

/// What a change is of. Changes of the same thing are made one after another.
type Subject = (&'static str, String);

/// A change that has been read and not been made.
struct Next {
    number: u64,
    line: u64,
    subject: Subject,
    change: Change,
}

/// A change that has been tried.
type Made = (Next, Result<Kept, DirectoryError>);

/// A line whose change failed and is tried again, and the error's code.
type Failure = (u64, String);

/// The records between the first that is not done and the last that has been read.
#[derive(Default)]
struct Window {
    first: u64,
    records: VecDeque<(u64, Place, Option<Outcome>)>,
}

/// An import on its way.
struct Run<'a, W> {
    import: &'a Import,
    directory: Option<Arc<Directory>>,
    watcher: &'a mut W,
    source: Records<File>,
    people: Option<People>,
    progress: Progress,
    rejects: Option<File>,
    saved: Instant,
    window: Window,
    next: Option<Next>,
    at_end: bool,
    read: u64,
    making: JoinSet<Made>,
    busy: HashSet<Subject>,
    failures: mpsc::Receiver<Failure>,
    failing: mpsc::Sender<Failure>,
}

impl Import {
    /// An import of a file, as the command does it unless told otherwise.
    pub fn new(file: &Path) -> Self {
        let mut progress = file.as_os_str().to_owned();
        progress.push(".progress");
        Self {
            file: file.to_owned(),
            region: "US".to_owned(),
            version: None,
            concurrency: 16,
            progress: progress.into(),
            save_every: Duration::from_secs(1),
            rejects: None,
            restart: false,
            give_up_after: Duration::from_secs(60),
        }
    }

    /// Makes the changes of all good lines, from where an earlier run has come to; without a destination it only checks
    /// them. Dropped on its way, it can be gone on with.
    ///
    /// # Errors
    /// When it cannot begin, or the table stops answering: the message says how far it has come.
    pub async fn run(&self, to: Option<&Destination>, watcher: &mut impl Watcher) -> Result<Summary> {
        let begun = Instant::now();
        for (option, written) in [
            ("--progress", Some(&self.progress)),
            ("--rejects", self.rejects.as_ref()),
        ] {
            let same =
                |written: &PathBuf| fs::canonicalize(written).ok() == fs::canonicalize(&self.file).ok();
            if written.is_some_and(|written| written.exists() && same(written)) {
                bail!("{option} would overwrite {}", self.named());
            }
        }
        let file = File::open(&self.file).with_context(|| self.named())?;
        let stamp = Stamp::of(&file).with_context(|| self.named())?;
        let mut run = Run::prepare(self, to, watcher, file, &stamp)
            .await
            .with_context(|| self.named())?;
        let ended = run.until_the_end().await;
        // What was done is kept whatever ended it.
        let saved = run.save(Duration::ZERO);
        ended.and(saved)?;
        if Stamp::of(&File::open(&self.file).with_context(|| self.named())?)? != stamp {
            bail!(
                "{} has changed while it was imported; --restart begins from the start",
                self.named()
            );
        }
        if to.is_some() {
            fs::remove_file(&self.progress)
                .with_context(|| format!("removing {}", self.progress.display()))?;
        }
        Ok(Summary {
            counts: run.progress.counts,
            read: run.read,
            took: begun.elapsed(),
        })
    }

    fn named(&self) -> String {
        self.file.display().to_string()
    }

    fn is_csv(&self) -> Result<bool> {
        let extension = self.file.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("csv") => Ok(true),
            Some("jsonl" | "ndjson") => Ok(false),
            _ => bail!("is neither .csv nor .jsonl"),
        }
    }
}

impl<'a, W: Watcher> Run<'a, W> {
    async fn prepare(
        import: &'a Import,
        to: Option<&Destination>,
        watcher: &'a mut W,
        file: File,
        stamp: &Stamp,
    ) -> Result<Self> {
        let is_csv = import.is_csv()?;
        let region = import.region.to_uppercase();
        let numbers = Region::parse(&region)
            .ok_or_else(|| anyhow!("--region: expected a code of ISO 3166 such as GB, not {region:?}"))?;
        let lines = count_lines(&file)?;
        (&file).seek(SeekFrom::Start(0))?;
        let mut source = Records::new(file);
        let people = if is_csv {
            let header = source.next()?.ok_or_else(|| anyhow!("is empty"))?;
            let people = header
                .text
                .map_err(|why| anyhow!("the line {why}"))
                .and_then(|text| People::new(&text, numbers))
                .with_context(|| format!("line {}", header.line))?;
            source.fields_end_with(people.delimiter());
            Some(people)
        } else {
            None
        };
        let task = Task {
            input: stamp.clone(),
            table: to.map_or_else(String::new, |to| to.table.clone()),
            place: to.map_or_else(String::new, |to| to.place.clone()),
            tenant: to.map_or_else(String::new, |to| to.directory.tenant().to_string()),
            region,
        };
        let resumed = match to {
            Some(_) if !import.restart => Progress::find(&import.progress, &task, import.version)?,
            _ => None,
        };
        let start = Start {
            bytes: stamp.bytes,
            lines,
            resumed: resumed.as_ref().map(|progress| (progress.done, progress.counts)),
        };
        // A file is older than its import: its last line counts as told now, the one before it a moment earlier. So the
        // last line of an id counts, and nothing that the bus tells from now on is held to be older.
        let now = version_of(Timestamp::now());
        let versions = import
            .version
            .map_or_else(|| Versions::After(now.saturating_sub(lines)), Versions::Each);
        let progress = resumed.unwrap_or_else(|| Progress::new(task, versions));
        if progress.done != Place::default() {
            source.go_to(progress.done)?;
        }
        if let Some(to) = to {
            answers(to).await?;
        }
        let rejects = import.rejects.as_deref();
        let rejects = rejects
            .map(|file| open_rejects(file, progress.rejects_bytes))
            .transpose()?;
        // One of them suffices: as long as it is not taken, the others have nothing to add.
        let (failing, failures) = mpsc::channel(1);
        let mut run = Self {
            import,
            directory: to.map(|to| Arc::new(to.directory.clone())),
            watcher,
            source,
            people,
            progress,
            rejects,
            saved: Instant::now(),
            window: Window::default(),
            next: None,
            at_end: false,
            read: 0,
            making: JoinSet::new(),
            busy: HashSet::new(),
            failures,
            failing,
        };
        // The versions are decided from here on, even if nothing else comes of this run.
        run.save(Duration::ZERO)?;
        run.watcher.begun(&start);
        Ok(run)
    }

    async fn until_the_end(&mut self) -> Result<()> {
        let mut tick = tokio::time::interval(
            self.import
                .save_every
                .clamp(Duration::from_millis(10), Duration::from_secs(1)),
        );
        loop {
            self.read_on().await?;
            if self.making.is_empty() {
                return Ok(());
            }
            tokio::select! {
                made = self.making.join_next() => {
                    if let Some(made) = made {
                        self.made(made?)?;
                    }
                }
                Some((line, code)) = self.failures.recv() => self.watcher.waiting(line, &code),
                _ = tick.tick() => self.save(self.import.save_every)?,
            }
        }
    }

    /// Reads until there is as much to do as may be done at a time.
    async fn read_on(&mut self) -> Result<()> {
        loop {
            if self.next.is_none() {
                if self.at_end || self.window.records.len() >= AHEAD {
                    return Ok(());
                }
                self.read_one()?;
            }
            // The versions make any order right but that of two changes with the same one, of which the first counts:
            // what is told of one id is done in the order of the file.
            let ready = |next: &mut Next| {
                self.making.len() < self.import.concurrency.max(1) && !self.busy.contains(&next.subject)
            };
            match self.next.take_if(ready) {
                Some(next) => self.make(next),
                None if self.next.is_some() => return Ok(()),
                None => {}
            }
            self.save(self.import.save_every)?;
            // Where no line is to be written, nothing else lets others run.
            tokio::task::coop::consume_budget().await;
        }
    }

    fn read_one(&mut self) -> Result<()> {
        let record = self.source.next().with_context(|| self.import.named())?;
        let Some(mut record) = record else {
            self.at_end = true;
            return Ok(());
        };
        if let (Some(people), Ok(text)) = (&self.people, &record.text)
            && record.end != record.first_line_end
            && !people.fits(text)
        {
            // A quote too many has taken in what follows, up to the next quote: that may be good lines.
            record.end = record.first_line_end;
            record.text = Err("has other columns than the header, or a quote that is not closed");
            self.source.go_to(record.end)?;
        }
        let Record { line, end, text, .. } = record;
        let version = self.progress.version.at(line);
        let change = text
            .map_err(|why| format!("the line {why}"))
            .and_then(|text| match &self.people {
                Some(people) => person(people, &text, version),
                None => event(&text, version).map(Some),
            });
        let outcome = match change {
            Ok(None) => return Ok(()),
            Ok(Some(change)) if self.directory.is_some() => {
                self.next = Some(Next {
                    number: self.window.first + self.window.records.len() as u64,
                    line,
                    subject: subject(&change),
                    change,
                });
                None
            }
            Ok(Some(_)) => Some(Outcome::Checked),
            Err(why) => Some(Outcome::Rejected(why.chars().take(REASON).collect())),
        };
        self.read += 1;
        self.window.records.push_back((line, end, outcome));
        self.settle()
    }

    fn make(&mut self, next: Next) {
        let Some(directory) = self.directory.clone() else {
            return;
        };
        self.busy.insert(next.subject.clone());
        let (patience, failing) = (self.import.give_up_after, self.failing.clone());
        self.making.spawn(async move {
            let made = made(&directory, &next, patience, &failing).await;
            (next, made)
        });
    }

    fn made(&mut self, (next, made): Made) -> Result<()> {
        self.busy.remove(&next.subject);
        let outcome = match made {
            Ok(kept) => Outcome::Kept(kept),
            Err(error) if error.is_permanent() => {
                Outcome::Rejected(format!("the table refuses it ({})", error.code))
            }
            Err(error) => {
                bail!(
                    "{}:{}: {error}. All lines up to {} are done: the same command goes on from there.",
                    self.import.named(),
                    next.line,
                    self.progress.done.line
                );
            }
        };
        self.window.settled(next.number, outcome);
        self.settle()
    }

    /// Takes stock of the records at the front of the window that are done.
    fn settle(&mut self) -> Result<()> {
        let mut moved = false;
        while let Some((line, end, outcome)) = self.window.pop() {
            let counts = &mut self.progress.counts;
            let count = match &outcome {
                Outcome::Kept(Kept::Stored) => &mut counts.stored,
                Outcome::Kept(Kept::Repeated) => &mut counts.repeated,
                Outcome::Kept(Kept::Older) => &mut counts.older,
                Outcome::Checked => &mut counts.checked,
                Outcome::Rejected(_) => &mut counts.rejected,
            };
            *count += 1;
            self.progress.done = end;
            moved = true;
            if let Outcome::Rejected(why) = &outcome {
                if let Some(rejects) = &mut self.rejects {
                    let text = format!("{}:{line}: {why}\n", self.import.named());
                    rejects
                        .write_all(text.as_bytes())
                        .context("writing the --rejects")?;
                    self.progress.rejects_bytes += text.len() as u64;
                }
                self.watcher.rejected(line, why);
            }
        }
        if moved {
            self.watcher.moved(self.progress.done, &self.progress.counts);
        }
        Ok(())
    }

    /// Writes how far it has come, if that is so long ago.
    fn save(&mut self, after: Duration) -> Result<()> {
        if self.directory.is_none() || self.saved.elapsed() < after {
            return Ok(());
        }
        self.saved = Instant::now();
        self.progress.write(&self.import.progress)
    }
}

impl Window {
    fn settled(&mut self, number: u64, outcome: Outcome) {
        let index = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        if let Some((.., open)) = self.records.get_mut(index) {
            *open = Some(outcome);
        }
    }

    fn pop(&mut self) -> Option<(u64, Place, Outcome)> {
        let (line, end, outcome) = self.records.pop_front()?;
        let Some(outcome) = outcome else {
            self.records.push_front((line, end, None));
            return None;
        };
        self.first += 1;
        Some((line, end, outcome))
    }
}

/// A line of JSON as a change. The messages show no values: they end up in tickets.
fn event(line: &str, version: u64) -> Result<Change, String> {
    let mut event: Value = serde_json::from_str(line)
        .map_err(|error| format!("is no JSON from column {} on", error.column()))?;
    if event.get("time").is_none_or(Value::is_null)
        && let Some(Value::Object(detail)) = event.get_mut("detail")
    {
        let own = detail.entry("version").or_insert(Value::Null);
        if own.is_null() {
            *own = version.into();
        }
    }
    Change::of_event(&event).map_err(|problems| reason(&problems))
}

fn person(people: &People, row: &str, version: u64) -> Result<Option<Change>, String> {
    let document = people.document(row);
    let change = document.and_then(|document| {
        document
            .map(|document| Change::put(Kind::People, &document, version))
            .transpose()
    });
    change.map_err(|problems| reason(&problems))
}

fn reason(problems: &[Problem]) -> String {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    problems.join("; ")
}

fn subject(change: &Change) -> Subject {
    let (kind, id) = match change {
        Change::Person(person) => (Kind::People, person.customer_id.as_str()),
        Change::Order(order) => (Kind::Orders, order.order_id.as_str()),
        Change::Shop(shop) => (Kind::Shops, shop.shop_id.as_str()),
        Change::Alias(alias) => (Kind::Aliases, alias.alias_id.as_str()),
        Change::Rules(_) => (Kind::Rules, ""),
        Change::Gone { kind, id, .. } => (*kind, id.as_str()),
    };
    (kind.id_field(), id.to_owned())
}

/// Whether the table is there and lets itself be read: else every line would only tell the same.
async fn answers(to: &Destination) -> Result<()> {
    match to.directory.shop("-").await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => {
            bail!("{to}: the table is no directory of callers ({})", error.code)
        }
        Err(error) => Err(error).with_context(|| to.to_string()),
    }
}

/// Makes a change; while the table does not answer, again and again after growing pauses.
async fn made(
    directory: &Directory,
    next: &Next,
    patience: Duration,
    failing: &mpsc::Sender<Failure>,
) -> Result<Kept, DirectoryError> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match next.change.make(directory, Timestamp::now()).await {
            Ok(kept) => return Ok(kept),
            Err(error) => error,
        };
        let hopeless = error.is_permanent() || HOPELESS.contains(&error.code.as_str());
        if hopeless || begun.elapsed() + pause > patience {
            return Err(error);
        }
        drop(failing.try_send((next.line, error.code)));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Opens the file of bad lines, at the end of what is known to be in it.
fn open_rejects(file: &Path, known: u64) -> Result<File> {
    let open = || -> std::io::Result<File> {
        let mut rejects = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(file)?;
        let known = known.min(rejects.metadata()?.len());
        rejects.set_len(known)?;
        rejects.seek(SeekFrom::End(0))?;
        Ok(rejects)
    };
    open().with_context(|| format!("--rejects {}", file.display()))
}
