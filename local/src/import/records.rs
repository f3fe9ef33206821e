//! A file's records, one after another. No more of the file is in memory than one record.

use std::io::{BufRead, BufReader, Read, Result, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

/// The longest record, in bytes.
const LIMIT: usize = 1_000_000;

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// How many lines are before it.
    pub line: u64,
    /// How many bytes are before it.
    pub offset: u64,
}

/// A record: a line, or several where a quoted field goes over them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// Where it ends.
    pub(super) end: Place,
    /// Where that line ends.
    pub(super) first_line_end: Place,
    /// Its text without the end of the line, or what keeps it from being one.
    pub(super) text: std::result::Result<String, &'static str>,
}

/// A file that is read record by record.
#[derive(Debug)]
pub(super) struct Records<R> {
    reader: BufReader<R>,
    place: Place,
    delimiter: Option<u8>,
}

/// Where a reader of CSV is within a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    FieldStart,
    Field,
    Quotes,
    /// After a quote within quotes: the end of them, or the first of two that stand for one.
    Quote,
}

/// How reading a line ended.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    EndOfFile,
}

impl<R: Read + Seek> Records<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, file),
            place: Place::default(),
            delimiter: None,
        }
    }

    /// From here on records are CSV: a line's end within quotes does not end them.
    pub(super) fn fields_end_with(&mut self, delimiter: u8) {
        self.delimiter = Some(delimiter);
    }

    /// Goes on from somewhere else, the end of a record.
    pub(super) fn go_to(&mut self, place: Place) -> Result<()> {
        self.reader.seek(SeekFrom::Start(place.offset))?;
        self.place = place;
        Ok(())
    }

    /// The next record that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Record>> {
        loop {
            let begin = self.place;
            let mut bytes = Vec::new();
            let first_line = self.line(&mut bytes)?;
            let first_line_end = self.place;
            let text = match first_line {
                Line::EndOfFile => return Ok(None),
                Line::TooLong => Err("is longer than 1 MB"),
                Line::Whole => self.quoted_lines(&mut bytes)?,
            };
            let text = text.and_then(|()| String::from_utf8(bytes).map_err(|_| "is not UTF-8"));
            let text = text.map(|mut text| {
                // A mark of the byte order, as spreadsheets write it.
                if begin.offset == 0 && text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
                text
            });
            if text.as_ref().is_ok_and(|text| text.trim().is_empty()) {
                continue;
            }
            return Ok(Some(Record {
                line: begin.line + 1,
                end: self.place,
                first_line_end,
                text,
            }));
        }
    }

    /// The lines that follow as long as a quote is open. Where it is never closed, it is one too many: only the line on
    /// which the record begins is lost, not what follows.
    fn quoted_lines(&mut self, bytes: &mut Vec<u8>) -> Result<std::result::Result<(), &'static str>> {
        let Some(delimiter) = self.delimiter else {
            return Ok(Ok(()));
        };
        let first_line_end = self.place;
        let mut within = Within::FieldStart.after(bytes, delimiter);
        while within == Within::Quotes {
            let known = bytes.len();
            if self.line(bytes)? != Line::Whole {
                self.go_to(first_line_end)?;
                return Ok(Err("has a quote that is not closed"));
            }
            within = within.after(bytes.get(known..).unwrap_or_default(), delimiter);
        }
        Ok(Ok(()))
    }

    /// Adds a line with its end to `bytes`. Of one that is too long the rest is passed over.
    fn line(&mut self, bytes: &mut Vec<u8>) -> Result<Line> {
        let room = (LIMIT + 1).saturating_sub(bytes.len()) as u64;
        if room == 0 {
            return Ok(Line::TooLong);
        }
        let read = self.reader.by_ref().take(room).read_until(b'\n', bytes)? as u64;
        self.place.offset += read;
        if read == 0 {
            return Ok(Line::EndOfFile);
        }
        self.place.line += 1;
        let whole = bytes.last() == Some(&b'\n') || read < room;
        if whole {
            return Ok(Line::Whole);
        }
        loop {
            let more = self.reader.fill_buf()?;
            let end = more.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(more.len(), |end| end + 1);
            self.reader.consume(used);
            self.place.offset += used as u64;
            if end.is_some() || used == 0 {
                return Ok(Line::TooLong);
            }
        }
    }
}

impl Within {
    /// Where it is after more bytes of the record. It reads quotes as the `csv` crate does: only one at the start of a
    /// field opens.
    fn after(self, bytes: &[u8], delimiter: u8) -> Self {
        bytes.iter().fold(self, |within, byte| match (within, byte) {
            (Self::Quotes, b'"') => Self::Quote,
            (Self::Quotes, _) | (Self::FieldStart | Self::Quote, b'"') => Self::Quotes,
            (_, byte) if *byte == delimiter => Self::FieldStart,
            _ => Self::Field,
        })
    }
}

/// How many lines there are.
pub(super) fn count_lines(file: impl Read) -> Result<u64> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let (mut lines, mut last) = (0_u64, b'\n');
    loop {
        let bytes = reader.fill_buf()?;
        let Some(end) = bytes.last() else {
            return Ok(lines + u64::from(last != b'\n'));
        };
        last = *end;
        lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let used = bytes.len();
        reader.consume(used);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    type Found = (u64, u64, std::result::Result<String, &'static str>);

    fn all(text: &[u8], delimiter: Option<u8>) -> Vec<Found> {
        let mut records = Records::new(Cursor::new(text));
        delimiter
            .into_iter()
            .for_each(|delimiter| records.fields_end_with(delimiter));
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push((record.line, record.end.line, record.text));
        }
        assert_eq!(records.place.offset, text.len() as u64);
        assert_eq!(records.place.line, count_lines(text).unwrap());
        found
    }

    #[test]
    fn a_record_is_told_by_the_line_on_which_it_begins() {
        let text = "\u{feff}a,\"b \"\"x\"\"\r\nb\"\r\n\r\n5\" pipe,\"c\"\r\nlast".as_bytes();
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(
            all(text, Some(b',')),
            [
                (1, 2, ok("a,\"b \"\"x\"\"\r\nb\"")),
                (4, 4, ok("5\" pipe,\"c\"")),
                (5, 5, ok("last"))
            ]
        );
        assert_eq!(all(text, None).len(), 4, "without fields a line is a record");
        assert_eq!(all(b"", None), []);
    }

    #[test]
    fn one_quote_too_many_and_a_line_too_long_cost_one_record() {
        let long = "x".repeat(LIMIT + 1);
        let closed = |rest: &str| format!("a,\"b\nb,{rest}\nc");
        let ok = |text: &str| Ok(text.to_owned());
        let open = Err("has a quote that is not closed");
        for rest in ["b", long.as_str()] {
            let found = all(closed(rest).as_bytes(), Some(b','));
            assert_eq!(found[0], (1, 1, open.clone()));
            assert_eq!(found[2], (3, 3, ok("c")));
        }
        let found = all(&[long.as_bytes(), b"\n\xff\nb"].concat(), None);
        let (long, other) = (Err("is longer than 1 MB"), Err("is not UTF-8"));
        assert_eq!(found, [(1, 1, long), (2, 2, other), (3, 3, ok("b"))]);
        let open_to_the_brim = format!("a,\"{}\nb\"", "x".repeat(LIMIT - 3));
        let found = all(open_to_the_brim.as_bytes(), Some(b','));
        assert_eq!((found.len(), &found[0]), (2, &(1, 1, open)));
        let most = "x".repeat(LIMIT);
        assert_eq!(all(format!("{most}\nb").as_bytes(), None)[0], (1, 1, Ok(most)));
    }
}
