//! The blocks and the ways between them, for advice that one block alone cannot give.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::values::text_of;

/// A way from one block to another.
pub(super) struct Edge<'a> {
    pub(super) to: usize,
    pub(super) way: Way<'a>,
}

pub(super) enum Way<'a> {
    Next,
    Condition { operator: &'a str, operand: String },
    Error(&'a str),
}

pub(super) struct Node<'a> {
    pub(super) index: usize,
    pub(super) identifier: &'a str,
    pub(super) kind: &'a str,
    pub(super) parameters: Option<&'a Map<String, Value>>,
    pub(super) edges: Vec<Edge<'a>>,
    /// Whether a contact can get here at all.
    pub(super) reached: bool,
}

impl Node<'_> {
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters?.get(name).and_then(text_of)
    }

    pub(super) fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind)
    }
}

pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) start: Option<usize>,
}

impl<'a> Graph<'a> {
    /// Ways to blocks that do not exist are left out: they are problems of their own.
    pub(super) fn of(
        document: &'a Map<String, Value>,
        actions: &'a [Value],
        identifiers: &HashMap<&str, usize>,
    ) -> Self {
        let nodes = actions.iter().enumerate().map(|(index, action)| Node {
            index,
            identifier: action
                .get("Identifier")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            kind: action.get("Type").and_then(Value::as_str).unwrap_or_default(),
            parameters: action.get("Parameters").and_then(Value::as_object),
            edges: edges(action, identifiers),
            reached: false,
        });
        let start = document.get("StartAction").and_then(Value::as_str);
        let start = start.and_then(|start| identifiers.get(start)).copied();
        let mut graph = Self {
            nodes: nodes.collect(),
            start,
        };
        let reached = graph.reach(start, |_, _| true);
        for (node, reached) in graph.nodes.iter_mut().zip(reached) {
            node.reached = reached;
        }
        graph
    }

    /// The blocks that can be got to from one, itself included, over the ways that `open` lets through.
    pub(super) fn reach(&self, from: Option<usize>, open: impl Fn(&Node, &Edge) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut left: Vec<usize> = from.into_iter().collect();
        while let Some(index) = left.pop() {
            let (Some(node), Some(mark)) = (self.nodes.get(index), reached.get_mut(index)) else {
                continue;
            };
            if !std::mem::replace(mark, true) {
                left.extend(
                    node.edges
                        .iter()
                        .filter(|edge| open(node, edge))
                        .map(|edge| edge.to),
                );
            }
        }
        reached
    }

    pub(super) fn edges(&self, index: usize) -> &[Edge<'a>] {
        self.nodes.get(index).map_or(&[], |node| node.edges.as_slice())
    }

    /// The blocks so that each comes after those it leads to, but for the ways that close a circle.
    pub(super) fn leaves_first(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        for root in self.start.into_iter().chain(0..self.nodes.len()) {
            let mut stack = vec![(root, 0)];
            while let Some((index, next)) = stack.pop() {
                if next == 0
                    && seen
                        .get_mut(index)
                        .is_none_or(|seen| std::mem::replace(seen, true))
                {
                    continue;
                }
                match self.edges(index).get(next) {
                    Some(edge) => {
                        stack.push((index, next + 1));
                        stack.push((edge.to, 0));
                    }
                    None => order.push(index),
                }
            }
        }
        order
    }

    /// Circles among the blocks that `within` lets through, one for each that can be told apart.
    pub(super) fn circles(&self, within: impl Fn(&Node) -> bool) -> Vec<Vec<usize>> {
        let mut kept: Vec<bool> = self.nodes.iter().map(&within).collect();
        let is_kept = |kept: &[bool], index: usize| kept.get(index).copied().unwrap_or(false);
        // What leads to no kept block is on no circle.
        loop {
            let dead = |index: &usize| {
                is_kept(&kept, *index) && !self.edges(*index).iter().any(|edge| is_kept(&kept, edge.to))
            };
            let dead: Vec<usize> = (0..self.nodes.len()).filter(dead).collect();
            if dead.is_empty() {
                break;
            }
            for index in dead {
                if let Some(kept) = kept.get_mut(index) {
                    *kept = false;
                }
            }
        }
        let mut circles = Vec::new();
        let mut visited = vec![false; self.nodes.len()];
        for first in (0..self.nodes.len()).filter(|index| is_kept(&kept, *index)) {
            let mut walk: Vec<usize> = Vec::new();
            let mut at = first;
            // A walk that runs into an earlier one ends on a circle that is known.
            while visited
                .get_mut(at)
                .is_some_and(|seen| !std::mem::replace(seen, true))
            {
                walk.push(at);
                let Some(next) = self.edges(at).iter().find(|edge| is_kept(&kept, edge.to)) else {
                    break;
                };
                at = next.to;
            }
            if let Some(begin) = walk.iter().position(|index| *index == at) {
                circles.push(walk.split_off(begin));
            }
        }
        circles
    }
}

fn edges<'a>(action: &'a Value, identifiers: &HashMap<&str, usize>) -> Vec<Edge<'a>> {
    let Some(transitions) = action.get("Transitions") else {
        return Vec::new();
    };
    let list = |name: &str| {
        transitions
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let target = |branch: &Value| {
        branch
            .get("NextAction")
            .and_then(Value::as_str)
            .and_then(|name| identifiers.get(name))
            .copied()
    };
    let conditions = list("Conditions").filter_map(|branch| {
        let operator = branch
            .pointer("/Condition/Operator")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let operand = branch
            .pointer("/Condition/Operands/0")
            .and_then(text_of)
            .unwrap_or_default();
        Some(Edge {
            to: target(branch)?,
            way: Way::Condition { operator, operand },
        })
    });
    let next = target(transitions).map(|to| Edge { to, way: Way::Next });
    let errors = list("Errors").filter_map(|branch| {
        let error = branch
            .get("ErrorType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some(Edge {
            to: target(branch)?,
            way: Way::Error(error),
        })
    });
    conditions.chain(next).chain(errors).collect()
}
