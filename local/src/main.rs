//! `ringback`: the whole system on one machine, and the operator's tool.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match cli::Arguments::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{}error:{:#} {error:#}", cli::show::BAD, cli::show::BAD);
            ExitCode::from(2)
        }
    }
}
