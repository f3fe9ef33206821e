//! The functions over a stack: each with its own clients, as its `main.rs` makes them.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_connect::Client as Connect;
use aws_sdk_dynamodb::Client as Dynamo;
use aws_sdk_eventbridge::Client as Bus;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_sqs::Client as Queues;
use ringback_lambda::{MetricsSink, Patience, Secrets};

use crate::stack::Stack;

impl Stack {
    /// The names of all settings of all functions.
    pub fn settings(&self) -> BTreeSet<String> {
        let vars = self.vars(&[]);
        // Only the names are wanted; with the stack's own environment all of them are complete.
        drop(last_agent::Config::from_vars(&vars));
        drop(archive_recording::Config::from_vars(&vars));
        drop(carrier_webhook::Config::from_vars(&vars));
        drop(classify_caller::Config::from_vars(&vars));
        drop(contact_events::Config::from_vars(&vars));
        drop(contact_records::Config::from_vars(&vars));
        drop(manage_callers::Config::from_vars(&vars));
        drop(notify::Config::from_vars(&vars));
        drop(place_call::Config::from_vars(&vars));
        drop(project_calls::Config::from_vars(&vars));
        drop(query_calls::Config::from_vars(&vars));
        drop(reconcile_calls::Config::from_vars(&vars));
        drop(report_step::Config::from_vars(&vars));
        vars.asked()
    }

    async fn dynamo(&self, patience: Patience) -> Dynamo {
        Dynamo::new(&self.sdk(patience, self.functions_dynamo()).await)
    }

    async fn queues(&self) -> Queues {
        Queues::new(&self.sdk(Patience::Stream, &self.queue).await)
    }

    async fn bus(&self) -> Bus {
        Bus::new(&self.sdk(Patience::Stream, &self.bus).await)
    }

    async fn amazon_connect(&self) -> Connect {
        Connect::new(&self.sdk(Patience::Stream, &self.connect).await)
    }

    async fn secrets(&self, patience: Patience) -> SecretsManager {
        SecretsManager::new(&self.sdk(patience, &self.secrets).await)
    }

    /// The function `last-agent`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn last_agent(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<last_agent::App> {
        let config = last_agent::Config::from_vars(&self.vars(changes))?;
        let patience = Patience::Caller {
            attempt: config.attempt_timeout,
        };
        let connect = Connect::new(&self.sdk(patience, &self.connect).await);
        Ok(last_agent::App::new(
            config,
            self.dynamo(patience).await,
            connect,
            metrics,
        ))
    }

    /// The function `archive-recording`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn archive_recording(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<archive_recording::App> {
        let config = archive_recording::Config::from_vars(&self.vars(changes))?;
        Ok(archive_recording::App::new(
            config,
            self.dynamo(Patience::Stream).await,
            self.s3_client().await,
            self.secrets(Patience::Stream).await,
            self.queues().await,
            metrics,
        )?)
    }

    /// The function `classify-caller`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn classify_caller(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<classify_caller::App> {
        let config = classify_caller::Config::from_vars(&self.vars(changes))?;
        let patience = Patience::Caller {
            attempt: config.attempt_timeout,
        };
        let (dynamo, secrets) = (self.dynamo(patience).await, self.secrets(patience).await);
        Ok(classify_caller::App::new(config, dynamo, secrets, metrics)?)
    }

    /// The function `carrier-webhook`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn carrier_webhook(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<carrier_webhook::App> {
        let config = carrier_webhook::Config::from_vars(&self.vars(changes))?;
        self.carrier_webhook_with(config, metrics).await
    }

    /// The function `carrier-webhook` with settings that no environment gives.
    ///
    /// # Errors
    /// None today.
    pub async fn carrier_webhook_with(
        &self,
        config: carrier_webhook::Config,
        metrics: MetricsSink,
    ) -> Result<carrier_webhook::App> {
        Ok(carrier_webhook::App::new(
            config,
            self.dynamo(Patience::Stream).await,
            self.secrets(Patience::Stream).await,
            self.queues().await,
            metrics,
        )?)
    }

    /// The function `contact-events`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn contact_events(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<contact_events::App> {
        let config = contact_events::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.dynamo(Patience::Stream).await;
        let connect = Connect::new(&self.sdk(Patience::Stream, &self.connect).await);
        let (queues, bus) = (self.queues().await, self.bus().await);
        Ok(contact_events::App::new(
            config, dynamo, queues, bus, connect, metrics,
        ))
    }

    /// The function `contact-records`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn contact_records(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<contact_records::App> {
        let config = contact_records::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.dynamo(Patience::Stream).await;
        Ok(contact_records::App::new(
            config,
            dynamo,
            self.queues().await,
            metrics,
        ))
    }

    /// The function `manage-callers`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn manage_callers(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<manage_callers::App> {
        let config = manage_callers::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.dynamo(Patience::Stream).await;
        Ok(manage_callers::App::new(
            config,
            dynamo,
            self.queues().await,
            metrics,
        ))
    }

    /// The function `notify`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn notify(&self, changes: &[(&str, &str)], metrics: MetricsSink) -> Result<notify::App> {
        let config = notify::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.dynamo(Patience::Stream).await;
        let secrets = self.secrets(Patience::Stream).await;
        let secrets = config.secret_arn.clone().map(|arn| Secrets::new(secrets, arn));
        Ok(notify::App::new(
            config,
            dynamo,
            secrets,
            self.queues().await,
            metrics,
        )?)
    }

    /// The function `place-call`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn place_call(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<place_call::App> {
        let config = place_call::Config::from_vars(&self.vars(changes))?;
        // As patient as its `main.rs`.
        let patience = Patience::Caller {
            attempt: Duration::from_millis(800),
        };
        let connect = Connect::new(&self.sdk(patience, &self.connect).await);
        Ok(place_call::App::new(
            config,
            self.dynamo(patience).await,
            self.secrets(patience).await,
            self.bus().await,
            connect,
            metrics,
        )?)
    }

    /// The function `project-calls`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn project_calls(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<project_calls::App> {
        let config = project_calls::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.dynamo(Patience::Stream).await;
        Ok(project_calls::App::new(
            config,
            dynamo,
            self.queues().await,
            metrics,
        ))
    }

    /// The function `query-calls`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn query_calls(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<query_calls::App> {
        let config = query_calls::Config::from_vars(&self.vars(changes))?;
        let (dynamo, s3) = (self.dynamo(Patience::Stream).await, self.s3_client().await);
        Ok(query_calls::App::new(config, dynamo, s3, metrics))
    }

    /// The function `reconcile-calls`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn reconcile_calls(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<reconcile_calls::App> {
        let config = reconcile_calls::Config::from_vars(&self.vars(changes))?;
        Ok(reconcile_calls::App::new(
            config,
            self.dynamo(Patience::Stream).await,
            self.secrets(Patience::Stream).await,
            self.queues().await,
            self.bus().await,
            self.amazon_connect().await,
            metrics,
        )?)
    }

    /// The function `report-step`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn report_step(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<report_step::App> {
        let config = report_step::Config::from_vars(&self.vars(changes))?;
        Ok(report_step::App::new(
            config,
            self.queues().await,
            self.bus().await,
            metrics,
        ))
    }
}
