//! Overlay: the names by which an upper says what of the lower is gone. They are those of the layers of OCI images.

use super::node::{join, split};

/// What every such name begins with. No guest sees or makes one.
const RESERVED: &[u8] = b".wh.";

/// What the names begin with that hide nothing: other readers of layers skip them.
const META: &[u8] = b".wh..wh.";

/// In a directory: nothing of the lower's is seen.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Whether a name is not for guests.
pub(super) fn is_reserved(name: &[u8]) -> bool {
    name.starts_with(RESERVED)
}

/// The name that a whiteout hides, where a name is one.
pub(super) fn hidden_by(name: &[u8]) -> Option<&[u8]> {
    if name.starts_with(META) { None } else { name.strip_prefix(RESERVED).filter(|name| !name.is_empty()) }
}

/// Whether a name says that its directory is opaque.
pub(super) fn is_opaque(name: &[u8]) -> bool {
    name == OPAQUE
}

/// The path of the whiteout for a path.
pub(super) fn whiteout(path: &[u8]) -> Vec<u8> {
    let (dir, name) = split(path);
    join(dir, &[RESERVED, name].concat())
}

/// The path of what makes a directory opaque.
pub(super) fn opaque(dir: &[u8]) -> Vec<u8> {
    join(dir, OPAQUE)
}

/// A path in a directory that nobody sees, for what is not whole yet.
pub(super) fn temporary(dir: &[u8], number: u64) -> Vec<u8> {
    join(dir, format!(".wh..wh.preopen.{number}").as_bytes())
}
