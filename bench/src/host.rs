//! Lambda, for one process: the environment it sets, and its Runtime API.
//!
//! The API is that of <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Whoever asks for the next
//! invocation waits as long as there is none.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::timeout;

use crate::server::Server;
use crate::usage;

/// Nothing that is measured takes longer, on however slow a machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What Lambda waits for at most, as `infra/template.yaml` has it.
const TIMEOUT: Duration = Duration::from_secs(900);

/// What is started, and how.
#[derive(Debug, Clone)]
pub(crate) struct Start<'a> {
    /// The function's name in Lambda.
    pub(crate) function: &'a str,
    /// The program and its arguments.
    pub(crate) command: &'a [OsString],
    /// Its own settings.
    pub(crate) settings: &'a [(String, String)],
    /// Where its log goes.
    pub(crate) log: PathBuf,
}

/// An invocation and what came of it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The answer's JSON.
    pub(crate) value: Value,
    /// From the start of the process, or from handing the event over, to the answer.
    pub(crate) took: Duration,
}

/// A function's process.
#[derive(Debug)]
pub(crate) struct Function {
    process: Child,
    id: u32,
    log: PathBuf,
    events: mpsc::UnboundedSender<String>,
    ended: mpsc::UnboundedReceiver<Ended>,
    waits: watch::Receiver<bool>,
    _api: Server,
}

impl Function {
    /// Starts a process with an event that waits for it; it is cold.
    pub(crate) async fn cold(start: Start<'_>, event: &Value) -> Result<(Self, Answer)> {
        let (events, taken) = mpsc::unbounded_channel();
        let (ends, ended) = mpsc::unbounded_channel();
        let (waiting, waits) = watch::channel(false);
        let api = Api {
            events: Mutex::new(taken),
            ends,
            waiting,
        };
        let server = Server::http(routes(api))?;
        events.send(event.to_string())?;
        let log = File::create(&start.log)?;
        let (program, arguments) = start.command.split_first().context("there is no command")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment(start.function, &server.address().to_string()))
            .envs(roots())
            .envs(start.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let started = Instant::now();
        let process = command
            .spawn()
            .with_context(|| format!("starting {}", Path::new(program).display()))?;
        let id = process.id().context("the process has ended at once")?;
        let mut function = Self {
            process,
            id,
            log: start.log,
            events,
            ended,
            waits,
            _api: server,
        };
        let ended = function.end().await?;
        let answer = function.read(ended, started)?;
        Ok((function, answer))
    }

    /// Hands an event over once the process waits for one.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<Answer> {
        let waits = timeout(PATIENCE, self.waits.wait_for(|waits| *waits))
            .await
            .is_ok();
        ensure!(waits, self.said("it asks for no invocation"));
        self.events.send(event.to_string())?;
        let ended = self.end().await?;
        let handed = ended.handed;
        self.read(ended, handed)
    }

    /// The processor time it has used so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        usage::processor_time(self.id)
    }

    /// The most memory it was resident with, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        usage::peak_memory(self.id)
    }

    /// Ends the process, and waits until it is gone.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    async fn end(&mut self) -> Result<Ended> {
        tokio::select! {
            ended = self.ended.recv() => ended.context("the Runtime API has ended"),
            status = self.process.wait() => bail!(self.said(&format!("it ended with {}", status?))),
            () = tokio::time::sleep(PATIENCE) => bail!(self.said("it does not answer")),
        }
    }

    fn read(&self, ended: Ended, from: Instant) -> Result<Answer> {
        if !ended.good {
            bail!(self.said("it answered with an error"));
        }
        let value =
            serde_json::from_slice(&ended.body).with_context(|| self.said("it answered without JSON"))?;
        Ok(Answer {
            value,
            took: ended.at.duration_since(from),
        })
    }

    /// A problem, with the end of the log.
    fn said(&self, problem: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default();
        format!("{problem}; its log ends so:\n{}", tail.join("\n"))
    }
}

/// What Lambda tells a function, beside its own settings.
fn environment(function: &str, api: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_LAMBDA_RUNTIME_API", api.to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{function}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0".to_owned()),
        ("AWS_REGION", "eu-west-2".to_owned()),
        ("AWS_DEFAULT_REGION", "eu-west-2".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_SESSION_TOKEN", "bench".to_owned()),
        ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
}

/// The machine's TLS roots as Lambda's image has them, all in one file. Other systems have each in a file of its own beside
/// it, in a folder that would be read too.
fn roots() -> Option<(&'static str, &'static str)> {
    const FILES: [&str; 2] = [
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/certs/ca-certificates.crt",
    ];
    let file = FILES.into_iter().find(|file| Path::new(file).exists())?;
    Some(("SSL_CERT_FILE", file))
}

/// The Runtime API's side.
#[derive(Debug)]
struct Api {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    ends: mpsc::UnboundedSender<Ended>,
    waiting: watch::Sender<bool>,
}

/// The end of an invocation.
#[derive(Debug)]
struct Ended {
    good: bool,
    body: Bytes,
    handed: Instant,
    at: Instant,
}

/// The id of an invocation is the time at which it was handed over.
type Shared = State<Arc<(Api, Instant)>>;

fn routes(api: Api) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{end}", post(end))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(6 << 20))
        .with_state(Arc::new((api, Instant::now())))
}

async fn next(State(shared): Shared) -> Response {
    let (api, epoch) = &*shared;
    api.waiting.send_replace(true);
    let event = api.events.lock().await.recv().await;
    api.waiting.send_replace(false);
    let Some(event) = event else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    let id = format!("00000000-0000-4000-8000-{:012}", epoch.elapsed().as_micros());
    let arn = "arn:aws:lambda:eu-west-2:111122223333:function:bench";
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000",
        ),
        ("content-type", "application/json"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    (headers, event).into_response()
}

async fn end(
    State(shared): Shared,
    UrlPath((id, end)): UrlPath<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let at = Instant::now();
    let (api, epoch) = &*shared;
    let micros = id.rsplit('-').next().and_then(|digits| digits.parse().ok());
    let handed = *epoch + Duration::from_micros(micros.unwrap_or_default());
    let good = end == "response";
    tell(
        api,
        Ended {
            good,
            body,
            handed,
            at,
        },
    )
}

async fn init_error(State(shared): Shared, body: Bytes) -> StatusCode {
    let (api, epoch) = &*shared;
    let (good, handed, at) = (false, *epoch, Instant::now());
    tell(
        api,
        Ended {
            good,
            body,
            handed,
            at,
        },
    )
}

fn tell(api: &Api, ended: Ended) -> StatusCode {
    // Nobody listens any more when the bench is ending.
    drop(api.ends.send(ended));
    StatusCode::ACCEPTED
}
