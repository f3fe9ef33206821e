//! People of a CSV file, as documents of the directory.

use anyhow::{Result, anyhow, bail};
use csv::{ReaderBuilder, StringRecord, Terminator};
use ringback_callers::{Problem, Region};
use ringback_connect::{CallerKind, CallerPoint};
use serde_json::{Map, Value};

/// What a column says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    CustomerId,
    Name,
    Phone,
    Email,
    Chat,
    Kind,
    Language,
    Tags,
    ShopId,
    Version,
}

const COLUMNS: [(&str, Column); 10] = [
    ("customerId", Column::CustomerId),
    ("name", Column::Name),
    ("phone", Column::Phone),
    ("email", Column::Email),
    ("chat", Column::Chat),
    ("kind", Column::Kind),
    ("language", Column::Language),
    ("tags", Column::Tags),
    ("shopId", Column::ShopId),
    ("version", Column::Version),
];

/// How the rows of a file are read.
#[derive(Debug)]
pub(super) struct People {
    columns: Vec<(&'static str, Column)>,
    delimiter: u8,
    region: Region,
}

impl People {
    /// Reads the line that names the columns.
    pub(super) fn new(header: &str, region: Region) -> Result<Self> {
        // Where the comma is the decimal mark, spreadsheets write semicolons.
        let delimiter = header.bytes().find(|byte| b",;\t".contains(byte)).unwrap_or(b',');
        let names = fields(header, delimiter).ok_or_else(|| anyhow!("cannot be read as CSV"))?;
        let known: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
        // Until that is sure, the line may be somebody's data, of which no message shows anything.
        if !names.iter().any(|name| name.trim() == "customerId") {
            bail!(
                "must name the columns, customerId and any of {}",
                known.get(1..).unwrap_or_default().join(", ")
            );
        }
        let mut columns = Vec::new();
        for name in &names {
            let name = name.trim();
            let column = COLUMNS
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| anyhow!("the column {name:?} is none of {}", known.join(", ")))?;
            if columns.contains(column) {
                bail!("the column {name} is there twice");
            }
            columns.push(*column);
        }
        Ok(Self {
            columns,
            delimiter,
            region,
        })
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Whether a row has as many fields as the header.
    pub(super) fn fits(&self, row: &str) -> bool {
        fields(row, self.delimiter).is_some_and(|fields| fields.len() == self.columns.len())
    }

    /// A row as a document; none of a row of empty fields, as spreadsheets write below the last.
    pub(super) fn document(&self, row: &str) -> Result<Option<Value>, Vec<Problem>> {
        let problem = |message: String| vec![Problem::new("the line", message)];
        let fields =
            fields(row, self.delimiter).ok_or_else(|| problem("cannot be read as CSV".to_owned()))?;
        if fields.iter().all(|field| field.trim().is_empty()) {
            return Ok(None);
        }
        if fields.len() != self.columns.len() {
            let (here, there) = (fields.len(), self.columns.len());
            return Err(problem(format!("has {here} columns, the header has {there}")));
        }
        let (mut document, mut problems) = (Map::new(), Vec::new());
        let mut contacts = Vec::new();
        for ((name, column), field) in self.columns.iter().zip(&fields) {
            let field = field.trim();
            match column {
                _ if field.is_empty() => {}
                Column::Phone | Column::Email | Column::Chat => {
                    let many = parts(field).count() > 1;
                    for (index, part) in parts(field).enumerate() {
                        match self.contact(*column, part) {
                            Ok(contact) => contacts.push((*column as u8, contact)),
                            Err(message) if many => {
                                problems.push(Problem::new(format!("{name}[{index}]"), message));
                            }
                            Err(message) => problems.push(Problem::new(*name, message)),
                        }
                    }
                }
                Column::Tags => {
                    document.insert((*name).to_owned(), parts(field).collect());
                }
                Column::Version => match field.parse::<u64>() {
                    Ok(version) => drop(document.insert((*name).to_owned(), version.into())),
                    Err(_) => problems.push(Problem::new(*name, "must be a whole number from 1")),
                },
                _ => drop(document.insert((*name).to_owned(), field.into())),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // The first is the person's home: a number, if they have one, wherever its column stands.
        contacts.sort_by_key(|(column, _)| *column);
        let mut written: Vec<String> = Vec::new();
        for (_, contact) in contacts {
            // The same number in two notations is no mistake that anybody has to mend.
            if !written.contains(&contact) {
                written.push(contact);
            }
        }
        if !written.is_empty() {
            document.insert("contacts".to_owned(), written.into());
        }
        Ok(Some(Value::Object(document)))
    }

    fn contact(&self, column: Column, text: &str) -> Result<String, &'static str> {
        let point = match column {
            Column::Phone => self
                .region
                .number(text)
                .and_then(|number| CallerPoint::new(CallerKind::Phone, number.as_str()).ok())
                .ok_or("is no telephone number, neither with a country code nor in the --region")?,
            Column::Email => CallerPoint::new(CallerKind::Email, text)
                .ok()
                .filter(|point| point.value().contains('@') && !point.value().contains(char::is_whitespace))
                .ok_or("is no e-mail address")?,
            _ => CallerPoint::new(CallerKind::Chat, text).map_err(|_| "is no name in a chat")?,
        };
        Ok(point.written())
    }
}

fn parts(field: &str) -> impl Iterator<Item = &str> {
    field.split('|').map(str::trim).filter(|part| !part.is_empty())
}

/// The fields of one record.
fn fields(record: &str, delimiter: u8) -> Option<StringRecord> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        // The end of the record is known; a carriage return within it is a part of a field.
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(record.len().clamp(64, 8192))
        .from_reader(record.as_bytes());
    let (mut fields, mut more) = (StringRecord::new(), StringRecord::new());
    let one = reader.read_record(&mut fields).ok()? && !reader.read_record(&mut more).ok()?;
    one.then_some(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_header_says_what_the_columns_are_and_a_row_without_one_is_not_repeated() {
        let wrong = |header: &str| format!("{:#}", People::new(header, Region::default()).unwrap_err());
        assert_eq!(
            wrong("customerId,mobile"),
            "the column \"mobile\" is none of customerId, name, phone, email, chat, kind, language, tags, shopId, version"
        );
        assert_eq!(wrong("name,customerId,name"), "the column name is there twice");
        assert!(!wrong("c-1,Customer A").contains("Customer A"));
        for header in ["phone;customerId", "phone\tcustomerId", " phone ,\"customerId\""] {
            let people = People::new(header, Region::default()).unwrap();
            let row = format!("(415) 555-0100{}c-1", char::from(people.delimiter()));
            let document = people.document(&row).unwrap().unwrap();
            assert_eq!(
                document,
                json!({"customerId": "c-1", "contacts": ["phone:+14155550100"]})
            );
        }
    }

    #[test]
    fn contacts_come_in_the_order_phone_mail_chat_whatever_the_columns_are() {
        let people = People::new("chat,email,customerId,phone,tags", Region::parse("GB").unwrap()).unwrap();
        let row = "\"talk|\",A@example.com,c-1,07700 900123|+44 7700 900124|(07700) 900-123,vip | de";
        assert_eq!(
            people.document(row).unwrap().unwrap(),
            json!({
                "customerId": "c-1", "tags": ["vip", "de"],
                "contacts": ["phone:+447700900123", "phone:+447700900124", "email:a@example.com", "chat:talk"],
            })
        );
        assert_eq!(people.document(",, ,,").unwrap(), None);
        let problems = |row: &str| {
            let problems = people.document(row).unwrap_err();
            problems
                .iter()
                .map(|problem| problem.path.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(problems(",nobody,c-1,07700 900123|12,"), ["email", "phone[1]"]);
        assert_eq!(problems("c-1"), ["the line"]);
    }
}
