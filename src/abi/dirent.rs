//! The head of a directory entry, which its name follows.

use super::Filetype;

/// The size of the head, bytes.
pub const DIRENT_SIZE: usize = 24;

/// The head of an entry: the cookie of the entry after it, the inode, the length of the name, the type.
pub fn encode_dirent(next: u64, ino: u64, name_len: u32, filetype: Filetype) -> [u8; DIRENT_SIZE] {
    let mut bytes = [0; DIRENT_SIZE];
    bytes[0..8].copy_from_slice(&next.to_le_bytes());
    bytes[8..16].copy_from_slice(&ino.to_le_bytes());
    bytes[16..20].copy_from_slice(&name_len.to_le_bytes());
    bytes[20] = filetype as u8;
    bytes
}
