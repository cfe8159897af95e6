//! The walk along a path: one name after the other, through links, never above the directory in which it began.

use std::borrow::Cow;
use std::ops::Deref;

use super::{MAX_NAME, Tree};
use crate::abi::{Errno, Filetype};
use crate::vfs::{MAX_PATH, Result};

/// How many links one path may go through. Linux's own number.
const MOST_LINKS: usize = 40;

/// Where a path leads.
pub(super) struct Found<'p, N> {
    /// The directory that holds the last component, or that the path names itself.
    pub dir: Reached<'p, N>,
    /// The last component; `None` where the path names `dir` itself: it ended in `.` or `..`.
    pub name: Option<Cow<'p, [u8]>>,
    /// What has that name. A link only where it was not to be followed.
    pub node: Option<N>,
    /// Whether the name is of a directory: slashes followed it in the path, or in the target of the last link.
    pub must_be_dir: bool,
}

/// A directory on the way. Most paths are one name in the directory that they begin in, which is only borrowed.
pub(super) enum Reached<'r, N> {
    /// Where the walk began.
    Root(&'r N),
    /// Beneath it.
    Beneath(N),
}

impl<N> Deref for Reached<'_, N> {
    type Target = N;

    fn deref(&self) -> &N {
        match self {
            Self::Root(node) => node,
            Self::Beneath(node) => node,
        }
    }
}

/// Whether a link in the last component is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// It is what is looked for.
    No,
    /// As `No`, and the last name may be longer than [`MAX_NAME`]: whoever asks decides when to say so.
    Place,
    /// Only where slashes follow it.
    IfSlash,
    /// It stands for its target.
    Yes,
    /// As `Yes`, to make what is missing: slashes at the end, which only a link's target can have then, answer `Isdir`.
    ToMake,
}

/// Walks a path beneath `root`. Errors: `Notcapable` where it leads out, `Notdir`, `Noent` for what is before the last
/// component, `Loop`, `Nametoolong`.
pub(super) fn walk<'p, T: Tree>(
    tree: &T,
    root: &'p T::Node,
    path: &'p [u8],
    follow: Follow,
) -> Result<Found<'p, T::Node>> {
    let _walk = Walk::begin(tree);
    // `..` goes back the way that was come, as it does where nothing is moved meanwhile; the tree is never asked.
    let mut above = Vec::new();
    let mut dir = Reached::Root(root);
    // Copied only where a link is put into it.
    let mut rest = Cow::Borrowed(path);
    let mut at = 0;
    let mut links = 0;
    loop {
        let start = at + slashes(&rest[at..]);
        let len = rest[start..].iter().position(|byte| *byte == b'/').unwrap_or(rest.len() - start);
        let end = start + len;
        let after = end + slashes(&rest[end..]);
        let (last, must_be_dir) = (after == rest.len(), after > end);
        match &rest[start..end] {
            b"" | b"." => {}
            b".." => dir = above.pop().ok_or(Errno::Notcapable)?,
            // Linux does not even look.
            _ if last && must_be_dir && follow == Follow::ToMake => return Err(Errno::Isdir),
            name if name.len() > MAX_NAME => {
                if last && follow == Follow::Place {
                    let name = Some(Cow::Owned(name.to_vec()));
                    return Ok(Found { dir, name, node: None, must_be_dir });
                }
                return Err(Errno::Nametoolong);
            }
            name => {
                let name_as_found = || match &rest {
                    Cow::Borrowed(path) => Cow::Borrowed(&path[start..end]),
                    Cow::Owned(_) => Cow::Owned(name.to_vec()),
                };
                let node = match tree.lookup(&dir, name) {
                    Ok(node) => node,
                    Err(Errno::Noent) if last => {
                        return Ok(Found { dir, name: Some(name_as_found()), node: None, must_be_dir });
                    }
                    Err(errno) => return Err(errno),
                };
                let follows = match follow {
                    Follow::Yes | Follow::ToMake => true,
                    Follow::IfSlash => !last || must_be_dir,
                    Follow::No | Follow::Place => !last,
                };
                match tree.filetype(&node) {
                    Filetype::SymbolicLink if follows => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(Errno::Loop);
                        }
                        let target = tree.read_link(&node)?;
                        match &*target {
                            b"" => return Err(Errno::Noent),
                            [b'/', ..] => return Err(Errno::Notcapable),
                            target if target.len() > MAX_PATH => return Err(Errno::Nametoolong),
                            target => {
                                rest.to_mut().splice(..end, target.iter().copied());
                                at = 0;
                                continue;
                            }
                        }
                    }
                    _ if last => {
                        return Ok(Found { dir, name: Some(name_as_found()), node: Some(node), must_be_dir });
                    }
                    Filetype::Directory => {
                        above.push(std::mem::replace(&mut dir, Reached::Beneath(node)));
                    }
                    _ => return Err(Errno::Notdir),
                }
            }
        }
        if last {
            return Ok(Found { node: Some(dir.clone()), dir, name: None, must_be_dir: true });
        }
        at = after;
    }
}

/// A walk, which is over when this is dropped.
struct Walk<'t, T: Tree>(&'t T);

impl<'t, T: Tree> Walk<'t, T> {
    fn begin(tree: &'t T) -> Self {
        tree.walks();
        Self(tree)
    }
}

impl<T: Tree> Drop for Walk<'_, T> {
    fn drop(&mut self) {
        self.0.walked();
    }
}

fn slashes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte == b'/').count()
}
