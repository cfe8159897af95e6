//! A directory's contents, removed, however deep.

use std::sync::Arc;

use super::tour::{Step, Tour};
use super::{Dir, Path, Result};
use crate::abi::{Errno, Filetype};

/// Removes all that is in a directory, links being what they are. What others put there meanwhile may stay: then the removal
/// of its directory answers `Notempty`. Like rm -r.
pub fn remove_contents(dir: Arc<dyn Dir>) -> Result<()> {
    let mut tour = Tour::new(dir)?;
    while let Some(step) = tour.advance()? {
        match step {
            Step::Done(name) => remove(tour.here(), &name, true)?,
            Step::Found(name, Filetype::Directory) => match tour.enter(&name) {
                Err(Errno::Noent) => {}
                // It has become none.
                Err(Errno::Notdir | Errno::Loop) => remove(tour.here(), &name, false)?,
                entered => entered?,
            },
            Step::Found(name, _) => remove(tour.here(), &name, false)?,
        }
    }
    Ok(())
}

/// Removes a name, which somebody else may have removed first.
fn remove(dir: &dyn Dir, name: &[u8], directory: bool) -> Result<()> {
    let name = [name, b"\0"].concat();
    let name = Path::of_host(&name)?;
    match if directory { dir.remove_dir(name) } else { dir.unlink(name) } {
        Err(Errno::Noent) => Ok(()),
        removed => removed,
    }
}
