//! What is unwise about the ways through a flow, although the service takes it.

use super::advice::texts;
use super::graph::{Graph, Node, Way};
use super::report::Problem;
use super::values::references;
use super::wording::Findings;

/// Four times what the service takes. A longer flow is refused as it is, and its ways are not worth the time.
const MOST_BLOCKS: usize = 1_000;

/// Advice on the flow as a whole.
pub(super) fn on_graph(graph: &Graph, findings: &mut Findings) {
    if graph.start.is_none() || graph.nodes.len() > MOST_BLOCKS {
        return; // Without a start nothing is reached, and that is a problem already.
    }
    for node in graph.nodes.iter().filter(|node| !node.reached) {
        let problem = Problem::warning("unreachable", "No way leads to this block", path(node));
        findings.add(problem.on(node.identifier));
    }
    circles(graph, findings);
    lambda_time(graph, findings);
    silent_ends(graph, findings);
    chats_that_need_keys(graph, findings);
    queue_not_set(graph, findings);
    nothing_to_read(graph, findings);
}

fn path(node: &Node) -> String {
    format!("Actions[{}]", node.index)
}

/// Blocks at which a contact spends time, or which count their visits.
const PAUSES: &[&str] = &[
    "MessageParticipant",
    "MessageParticipantIteratively",
    "GetParticipantInput",
    "ConnectParticipantWithLexBot",
    "ShowView",
    "AuthenticateParticipant",
    "TransferParticipantToThirdParty",
    "Wait",
    "Loop",
];

fn circles(graph: &Graph, findings: &mut Findings) {
    for circle in graph.circles(|node| node.reached && !node.is(PAUSES)) {
        let names: Vec<String> = circle
            .iter()
            .chain(circle.first())
            .filter_map(|index| graph.nodes.get(*index))
            .map(|node| format!("{:?}", node.identifier))
            .collect();
        let Some(node) = circle.first().and_then(|index| graph.nodes.get(*index)) else {
            continue;
        };
        let message = format!("A contact can go round without a pause: {}", names.join(" > "));
        let problem = Problem::warning("endless-loop", message, path(node));
        findings.add(
            problem
                .help("a Loop, a Wait or a prompt belongs in it")
                .on(node.identifier),
        );
    }
}

/// Blocks at which a caller hears something.
const PROMPTS: &[&str] = &[
    "MessageParticipant",
    "MessageParticipantIteratively",
    "GetParticipantInput",
    "ConnectParticipantWithLexBot",
    "TransferParticipantToThirdParty",
];

/// Connect allows 20 s of functions in sequence without a prompt.
fn lambda_time(graph: &Graph, findings: &mut Findings) {
    // The most seconds from each block on, until something is heard, and the block that follows on that way.
    let mut most: Vec<(i64, Option<usize>)> = vec![(0, None); graph.nodes.len()];
    for index in graph.leaves_first() {
        let Some(node) = graph.nodes.get(index).filter(|node| !node.is(PROMPTS)) else {
            continue;
        };
        let after = node
            .edges
            .iter()
            .filter_map(|edge| Some((most.get(edge.to)?.0, Some(edge.to))))
            .max_by_key(|(seconds, to)| (*seconds, std::cmp::Reverse(*to)))
            .unwrap_or((0, None));
        if let Some(entry) = most.get_mut(index) {
            *entry = (after.0 + own_seconds(node), after.1);
        }
    }
    let worst = graph
        .nodes
        .iter()
        .filter(|node| node.reached && own_seconds(node) > 0);
    let worst = worst.max_by_key(|node| (most.get(node.index), std::cmp::Reverse(node.index)));
    let Some((node, (seconds, _))) = worst.and_then(|node| Some((node, *most.get(node.index)?))) else {
        return;
    };
    if seconds <= 20 {
        return;
    }
    let mut names = Vec::new();
    let mut at = Some(node.index);
    while let Some(node) = at
        .and_then(|index| graph.nodes.get(index))
        .filter(|_| names.len() < 20)
    {
        if own_seconds(node) > 0 {
            names.push(format!("{:?}", node.identifier));
        }
        at = most.get(node.index).and_then(|entry| entry.1);
    }
    let message = format!(
        "Up to {seconds} s of functions without a prompt: {}",
        names.join(", ")
    );
    let problem = Problem::warning("long-silence", message, path(node));
    findings.add(problem.help("20 s is the limit").on(node.identifier));
}

fn own_seconds(node: &Node) -> i64 {
    let asynchronous = node.parameter("InvocationType").as_deref() == Some("ASYNCHRONOUS");
    if node.kind != "InvokeLambdaFunction" || asynchronous {
        return 0;
    }
    let limit = node
        .parameter("InvocationTimeLimitSeconds")
        .and_then(|limit| limit.parse().ok());
    limit.unwrap_or(0_i64).clamp(0, 60)
}

fn silent_ends(graph: &Graph, findings: &mut Findings) {
    for node in graph
        .nodes
        .iter()
        .filter(|node| node.reached && node.kind == "InvokeLambdaFunction")
    {
        let hangs_up = node.edges.iter().any(|edge| {
            matches!(edge.way, Way::Error(_))
                && graph
                    .nodes
                    .get(edge.to)
                    .is_some_and(|to| to.kind == "DisconnectParticipant")
        });
        if hangs_up {
            let message = "When the function fails, the contact is cut off without a word";
            findings.add(Problem::warning("silent-hang-up", message, path(node)).on(node.identifier));
        }
    }
}

/// Follows a chat through a flow that expects chats, which is one that asks for the channel.
fn chats_that_need_keys(graph: &Graph, findings: &mut Findings) {
    let asks = |node: &Node| {
        node.kind == "Compare" && node.parameter("ComparisonValue").as_deref() == Some("$.Channel")
    };
    let is_chat =
        |way: &Way| matches!(way, Way::Condition { operator: "Equals", operand } if operand == "CHAT");
    let expects =
        |node: &Node| node.reached && asks(node) && node.edges.iter().any(|edge| is_chat(&edge.way));
    if !graph.nodes.iter().any(expects) {
        return;
    }
    let chats = graph.reach(graph.start, |node, edge| {
        if !asks(node) {
            return true;
        }
        match node.edges.iter().any(|edge| is_chat(&edge.way)) {
            true => is_chat(&edge.way),
            false => matches!(edge.way, Way::Error("NoMatchingCondition")),
        }
    });
    for (node, _) in graph.nodes.iter().zip(chats).filter(|(_, reached)| *reached) {
        if node.kind == "GetParticipantInput" {
            let message = "A chat gets here, and has no keys to press: it takes the error branch";
            findings.add(Problem::warning("keys-on-chat", message, path(node)).on(node.identifier));
        }
    }
}

/// Finds transfers to a queue after no more than a failed attempt to set one.
fn queue_not_set(graph: &Graph, findings: &mut Findings) {
    let sets = |node: &Node| node.kind == "UpdateContactTargetQueue";
    let clean = graph.reach(graph.start, |node, edge| {
        !sets(node) || matches!(edge.way, Way::Error(_))
    });
    let mut failed = vec![false; graph.nodes.len()];
    for (node, _) in graph
        .nodes
        .iter()
        .zip(clean)
        .filter(|(node, reached)| *reached && sets(node))
    {
        for edge in node.edges.iter().filter(|edge| matches!(edge.way, Way::Error(_))) {
            let after = graph.reach(Some(edge.to), |node, edge| {
                !sets(node) || matches!(edge.way, Way::Error(_))
            });
            for (all, after) in failed.iter_mut().zip(after) {
                *all |= after;
            }
        }
    }
    for (node, _) in graph.nodes.iter().zip(failed).filter(|(_, failed)| *failed) {
        if node.kind == "TransferContactToQueue" {
            let message =
                "This is reached when setting the queue has failed; without a queue the transfer fails";
            findings.add(Problem::warning("no-queue", message, path(node)).on(node.identifier));
        }
    }
}

/// Spaces that are filled by blocks of the flow, and by which.
const FILLED_BY: &[(&str, &[&str])] = &[
    ("External", &["InvokeLambdaFunction", "InvokeFlowModule"]),
    ("FlowAttributes", &["UpdateFlowAttributes"]),
    ("Lex", &["ConnectParticipantWithLexBot", "InvokeFlowModule"]),
    ("Metrics", &["GetMetricData", "InvokeFlowModule"]),
];

fn nothing_to_read(graph: &Graph, findings: &mut Findings) {
    for (root, kinds) in FILLED_BY {
        // What another flow filled is still there after a transfer, but for the attributes of that flow. So there is
        // only something to say where this flow means to fill the space, and does it too late.
        let is_own = *root == "FlowAttributes";
        if !is_own && !graph.nodes.iter().any(|node| node.reached && fills(node, kinds)) {
            continue;
        }
        let mut filled = vec![false; graph.nodes.len()];
        for node in graph
            .nodes
            .iter()
            .filter(|node| node.reached && fills(node, kinds))
        {
            for edge in &node.edges {
                for (all, after) in filled.iter_mut().zip(graph.reach(Some(edge.to), |_, _| true)) {
                    *all |= after;
                }
            }
        }
        for (node, _) in graph
            .nodes
            .iter()
            .zip(filled)
            .filter(|(node, filled)| node.reached && !filled)
        {
            let mut place = None;
            if let Some(parameters) = node.parameters {
                texts(
                    parameters,
                    &format!("{}.Parameters", path(node)),
                    &mut |text, at| {
                        if place.is_none() && references(text).any(|found| found.root == *root) {
                            place = Some(at.to_owned());
                        }
                    },
                );
            }
            if let Some(place) = place {
                let message = format!("No way here leads through a block that fills $.{root}");
                let help = format!("{} does", kinds.first().copied().unwrap_or_default());
                findings.add(
                    Problem::warning("nothing-to-read", message, place)
                        .help(help)
                        .on(node.identifier),
                );
            }
        }
    }
}

fn fills(node: &Node, kinds: &[&str]) -> bool {
    node.is(kinds) && node.parameter("InvocationType").as_deref() != Some("ASYNCHRONOUS")
}
