use std::fmt;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// `CreateContactFlow` refuses the flow.
    Error,
    /// The flow is accepted, as far as anyone knows, but it is unwise or the public records disagree.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong with a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the service refuses the flow for it.
    pub severity: Severity,
    /// The rule's stable name, for example `missing-error`.
    pub rule: &'static str,
    /// For an error, what the service says (`InvalidContactFlowException.problems[].message`), word for word
    /// where its words are known.
    pub message: String,
    /// Where in the document, as precisely as possible, for example `Actions[3].Parameters.QueueId`.
    pub path: String,
    /// Identifier of the block, where there is one.
    pub action: Option<String>,
    /// What to do about it, where the message does not say.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.severity, self.rule)?;
        if let Some(action) = &self.action {
            write!(f, " {action:?}")?;
        }
        write!(f, ": {}", self.message)?;
        // The service's own words often end with the path already.
        if !self.message.contains("Path: ") && !self.path.is_empty() {
            write!(f, " ({})", self.path)?;
        }
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Everything that [`check`](crate::check) found, in the document's order; findings about the whole graph last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings.
    pub problems: Vec<Problem>,
}

impl Report {
    /// What the service would refuse.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// What is unwise or unsettled.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Warning)
    }

    /// Whether the service would take the flow; warnings do not count.
    pub fn is_accepted(&self) -> bool {
        self.errors().next().is_none()
    }

    /// Whether there is nothing at all to say.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Report {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}
