//! A call as one line of text: `path_open(3</data>, SYMLINK_FOLLOW, "a", CREAT, 0, 0, 0) = SUCCESS (4) <0.000012034>`.

use std::fmt::Write;

use super::value::{Event, Field, Outcome, Value};

/// The longest line, bytes, with its end: what a pipe takes in one piece.
pub const LINE_MAX: usize = 4096;
/// How much of that the arguments, and the results, may take.
const PART: usize = 1900;
/// How many bytes of a text are shown.
const TEXT: usize = 256;
/// How many flags are shown by name.
const NAMED: usize = 4;

/// The line, without an end.
pub fn line(event: &Event) -> String {
    let Event { name, args, outcome, results, duration } = event;
    let mut line = format!("{name}(");
    part(&mut line, args, Manner { named: false, totals: true });
    line.push_str(") = ");
    line.push_str(outcome.name().unwrap_or("?"));
    if *outcome == Outcome::Success && !results.is_empty() {
        line.push_str(" (");
        part(&mut line, results, Manner { named: results.len() > 1, totals: false });
        line.push(')');
    }
    // Writing to a string does not fail, here and below.
    _ = write!(line, " <{}.{:09}>", duration / 1_000_000_000, duration % 1_000_000_000);
    debug_assert!(line.len() < LINE_MAX);
    line
}

/// How values are shown.
#[derive(Clone, Copy)]
struct Manner {
    /// Each behind its name.
    named: bool,
    /// Data with its length: of what was read, another value tells that.
    totals: bool,
}

/// Some values; what would make the line too long is left out.
fn part(line: &mut String, fields: &[Field], manner: Manner) {
    let most = line.len() + PART;
    for (index, (name, value)) in fields.iter().enumerate() {
        line.push_str(if index > 0 { ", " } else { "" });
        if manner.named {
            _ = write!(line, "{name}: ");
        }
        show(line, value, manner.totals);
        if line.len() > most {
            line.truncate(line.floor_char_boundary(most));
            line.push_str("...");
            return;
        }
    }
}

fn show(line: &mut String, value: &Value, totals: bool) {
    match value {
        Value::Fd(fd, None) => _ = write!(line, "{fd}"),
        Value::Fd(fd, Some(name)) => {
            _ = write!(line, "{fd}<");
            escape(line, name.get(..TEXT).unwrap_or(name));
            line.push('>');
        }
        Value::Number(number) => _ = write!(line, "{number}"),
        Value::Long(number) | Value::Size(number) => _ = write!(line, "{number}"),
        Value::Offset(number) => _ = write!(line, "{number}"),
        Value::Name(name) => line.push_str(name),
        Value::Flags { bits: 0, .. } => line.push('0'),
        Value::Flags { names, bits, unknown } if names.is_empty() || names.len() > NAMED => {
            _ = (unknown, write!(line, "{bits:#x}"));
        }
        Value::Flags { names, bits: _, unknown } => {
            line.push_str(&names.join("|"));
            if *unknown != 0 {
                _ = write!(line, "|{unknown:#x}");
            }
        }
        Value::Text(text, cut) => quote(line, text.get(..TEXT).unwrap_or(text), *cut || text.len() > TEXT),
        Value::Data { ranges, cut, total } => {
            line.push('[');
            for (index, range) in ranges.iter().enumerate() {
                line.push_str(if index > 0 { ", " } else { "" });
                quote(line, range, *cut && index + 1 == ranges.len());
            }
            line.push(']');
            if totals {
                _ = write!(line, ", {total}");
            }
        }
        Value::List(values, cut) => {
            line.push('[');
            for (index, value) in values.iter().enumerate() {
                line.push_str(if index > 0 { ", " } else { "" });
                show(line, value, totals);
            }
            line.push_str(if *cut { ", ...]" } else { "]" });
        }
        Value::Record(fields) => {
            line.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                line.push_str(if index > 0 { ", " } else { "" });
                _ = write!(line, "{name}: ");
                show(line, value, totals);
            }
            line.push('}');
        }
        Value::Address(address) => _ = write!(line, "{address:#x}"),
    }
}

fn quote(line: &mut String, bytes: &[u8], cut: bool) {
    line.push('"');
    escape(line, bytes);
    line.push_str(if cut { "\"..." } else { "\"" });
}

/// Text that cannot end the line, nor act on a terminal, nor be taken for what stands around it.
fn escape(line: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\'' => line.push(char),
                _ => line.extend(char.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            _ = write!(line, "\\x{byte:02x}");
        }
    }
}
