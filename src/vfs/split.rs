//! A path taken apart as text, for what acts on its last component.

use super::Path;

/// A path taken apart as text.
pub struct Split<'p> {
    /// All of it but the slashes at its end: the kernel and the walk must never differ about what those mean.
    pub whole: &'p [u8],
    /// What is before the last component; empty where there is only one.
    pub parent: &'p [u8],
    /// The last component.
    pub name: &'p [u8],
    /// It had slashes at its end, so it names a directory, through a link if need be.
    pub must_be_dir: bool,
}

impl<'p> Split<'p> {
    /// Takes a path apart.
    pub fn new(path: Path<'p>) -> Self {
        let path = path.as_bytes();
        let slashes = path.iter().rev().take_while(|byte| **byte == b'/').count();
        let whole = &path[..path.len() - slashes];
        let (parent, name) = match whole.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&whole[..slash], &whole[slash + 1..]),
            None => (&[][..], whole),
        };
        Self { whole, parent, name, must_be_dir: slashes > 0 }
    }

    /// Whether the last component is no name: `.` or `..`.
    pub fn ends_in_dots(&self) -> bool {
        matches!(self.name, b"." | b"..")
    }
}
