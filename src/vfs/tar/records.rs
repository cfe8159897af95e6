//! Pax records: `LENGTH KEY=VALUE\n`, which say of an entry what its header has no room for.

/// Adds a record.
pub fn push(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    // The length counts its own digits.
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while rest + len.to_string().len() != len {
        len = rest + len.to_string().len();
    }
    records.extend_from_slice(format!("{len} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Hands out keys and values. `None` where what is there are no records.
pub fn each<'r>(mut records: &'r [u8], each: &mut dyn FnMut(&'r [u8], &'r [u8])) -> Option<()> {
    while !records.is_empty() {
        let space = records.iter().position(|byte| *byte == b' ')?;
        let len: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let record = records.get(space + 1..len)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        each(&record[..equals], &record[equals + 1..]);
        records = &records[len..];
    }
    Some(())
}

/// A time as a record has it (s since 1970, with as many decimals as anyone likes), in ns; what is before 1970 is 1970.
pub fn parse_time(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    if text.starts_with('-') {
        return Some(0);
    }
    let (seconds, decimals) = text.split_once('.').unwrap_or((text, ""));
    let seconds: u64 = seconds.parse().ok()?;
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: u64 = format!("{:0<9.9}", decimals).parse().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

/// A time of ns as a record has it.
pub fn format_time(time: u64) -> String {
    format!("{}.{:09}", time / 1_000_000_000, time % 1_000_000_000)
}
