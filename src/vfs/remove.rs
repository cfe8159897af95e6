//! A directory, and all that is in it, removed.

use std::sync::Arc;

use super::entries::Entries;
use super::trail::Trail;
use super::{Dir, Path, Result};
use crate::abi::{Errno, Filetype};

/// Removes all that is in a directory, links being what they are. What others put there meanwhile may stay: then the removal
/// of its directory answers `Notempty`. Like rm -r.
pub fn remove_contents(dir: Arc<dyn Dir>) -> Result<()> {
    let mut trail = Trail::new(dir);
    let mut open = vec![(Entries::of(trail.here())?, 0)];
    while let Some((entries, at)) = open.last_mut() {
        let Some((name, filetype)) = entries.get(*at) else {
            open.pop();
            if let Some((above, at)) = open.last() {
                trail.leave()?;
                let (name, _) = above.get(at - 1).ok_or(Errno::Io)?;
                unless_gone(remove(trail.here(), name, true))?;
            }
            continue;
        };
        *at += 1;
        if filetype != Filetype::Directory {
            match unless_gone(remove(trail.here(), name, false)) {
                // It has become one.
                Err(Errno::Isdir) => {}
                removed => {
                    removed?;
                    continue;
                }
            }
        }
        let entered = trail.enter(name);
        match entered {
            Ok(()) => open.push((Entries::of(trail.here())?, 0)),
            Err(Errno::Noent) => {}
            // It has become none.
            Err(Errno::Notdir | Errno::Loop) => unless_gone(remove(trail.here(), name, false))?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn remove(dir: &dyn Dir, name: &[u8], directory: bool) -> Result<()> {
    let name = [name, b"\0"].concat();
    let name = Path::of_host(&name)?;
    if directory { dir.remove_dir(name) } else { dir.unlink(name) }
}

/// Somebody else may have removed it first.
fn unless_gone(removed: Result<()>) -> Result<()> {
    if removed == Err(Errno::Noent) { Ok(()) } else { removed }
}
