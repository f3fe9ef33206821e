//! The README's table of what each carrier can do.

use std::time::Duration;

use ringback_carriers::{ABILITIES, Ability, CARRIERS, Inquiry, Second};

const README: &str = include_str!("../../README.md");

fn row(ability: &Ability) -> String {
    let asked = match ability.inquiry {
        Inquiry::ById => "its id",
        Inquiry::Listed => "its id or its list",
        Inquiry::ByReference => "our id",
        Inquiry::EventsOnly => "",
    };
    let second = match ability.second {
        Second::Placed => "with the request",
        Second::Document => "document",
        Second::Command => "command",
    };
    let cells = [
        format!("`{}`", ability.carrier),
        asked.to_owned(),
        number(ability.inquiries_per_minute),
        span(ability.remembers),
        second.to_owned(),
        if ability.hangs_up { "yes" } else { "no" }.to_owned(),
        ability.ignores_repeats.map(span).unwrap_or_default(),
        number(ability.calls_per_second),
    ];
    let cells: String = cells
        .iter()
        .map(|cell| format!(" {cell} |").replace("  ", " "))
        .collect();
    format!("|{cells}")
}

fn number(number: u32) -> String {
    match number {
        0 => String::new(),
        number => number.to_string(),
    }
}

fn span(span: Duration) -> String {
    const HOUR: u64 = 3600;
    let one = |count: u64, unit: &str| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    match span.as_secs() {
        0 => String::new(),
        seconds if seconds % (24 * HOUR) == 0 => one(seconds / (24 * HOUR), "day"),
        seconds if seconds % HOUR == 0 => one(seconds / HOUR, "hour"),
        seconds => one(seconds, "second"),
    }
}

#[test]
fn the_table_in_the_readme_is_that_of_the_code() {
    let (_, after) = README.split_once("| carrier | asked about a call by |").unwrap();
    let rows: Vec<&str> = after
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let expected: Vec<_> = ABILITIES.iter().map(row).collect();
    assert_eq!(rows, expected, "\n{}\n", expected.join("\n"));
}

#[test]
fn every_carrier_is_in_the_table_once() {
    for carrier in CARRIERS {
        let rows = ABILITIES
            .iter()
            .filter(|ability| ability.carrier == carrier.code());
        assert_eq!(
            rows.count(),
            usize::from(carrier.ability().is_some()),
            "{}",
            carrier.code()
        );
    }
}
