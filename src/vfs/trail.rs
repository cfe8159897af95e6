//! A way down through directories, one name after the other, and back: for what goes through whole trees, however deep.

use std::sync::Arc;

use super::{Dir, OpenOptions, Opened, Path, Result};
use crate::abi::Errno;

/// How many of the last directories are kept open, and of those before one in as many.
const KEPT: usize = 64;

/// Where somebody is in a tree. No link is followed, and a tree of any depth needs few handles.
pub struct Trail {
    root: Arc<dyn Dir>,
    /// From the root downwards. The last always has its handle.
    steps: Vec<Step>,
}

struct Step {
    name: Box<[u8]>,
    dir: Option<Box<dyn Dir>>,
}

impl Trail {
    /// At the root.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self { root, steps: Vec::new() }
    }

    /// The directory that it has come to.
    pub fn here(&self) -> &dyn Dir {
        self.steps.last().and_then(|step| step.dir.as_deref()).unwrap_or(&*self.root)
    }

    /// How far below the root that is.
    pub fn depth(&self) -> usize {
        self.steps.len()
    }

    /// The names from the root to here.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.steps.iter().map(|step| &*step.name)
    }

    /// Goes down. Errors: `Notdir`, `Noent`, `Loop` where it is a link.
    pub fn enter(&mut self, name: &[u8]) -> Result<()> {
        let dir = open(self.here(), name)?;
        self.steps.push(Step { name: name.into(), dir: Some(dir) });
        if let Some(old) = self.steps.len().checked_sub(KEPT + 1).filter(|old| old % KEPT != 0) {
            self.steps[old].dir = None;
        }
        Ok(())
    }

    /// Goes back up. Errors: a directory above is gone, and with it the way.
    pub fn leave(&mut self) -> Result<()> {
        self.steps.pop();
        self.reopen()
    }

    /// Goes to a directory by its names from the root, by way of the last one that is on both ways.
    pub fn go(&mut self, names: &[&[u8]]) -> Result<()> {
        self.go_back(names)?;
        for name in &names[self.depth()..] {
            self.enter(name)?;
        }
        Ok(())
    }

    /// Goes back to the last directory that is on the way to another.
    pub fn go_back(&mut self, names: &[&[u8]]) -> Result<()> {
        let shared = self.names().zip(names).take_while(|(here, there)| here == *there).count();
        self.steps.truncate(shared);
        self.reopen()
    }

    /// Opens the last directory anew where its handle was given up.
    fn reopen(&mut self) -> Result<()> {
        let open_from = self.steps.iter().rposition(|step| step.dir.is_some()).map_or(0, |last| last + 1);
        for at in open_from..self.steps.len() {
            let above = at.checked_sub(1).and_then(|above| self.steps[above].dir.as_deref());
            let dir = open(above.unwrap_or(&*self.root), &self.steps[at].name)?;
            self.steps[at].dir = Some(dir);
        }
        Ok(())
    }
}

fn open(dir: &dyn Dir, name: &[u8]) -> Result<Box<dyn Dir>> {
    let name = [name, b"\0"].concat();
    let options = OpenOptions { directory: true, follow: false, ..OpenOptions::READ };
    match dir.open(Path::of_host(&name)?, options)? {
        Opened::Dir(dir) => Ok(dir),
        Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
    }
}
