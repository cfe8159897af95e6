//! Overlay: all that is in a tree, one after the other, without a path for each.

use super::node::join;

/// What is still to be visited, depth first. Of each only its name is kept: directories within each other have paths that are the
/// square of their depth, all together.
pub(super) struct Visits<T> {
    /// The one that was given out last.
    path: Vec<u8>,
    /// By how long the path of the directory is that it is in, and its name.
    ahead: Vec<(usize, Box<[u8]>, T)>,
}

impl<T> Visits<T> {
    /// Begins with a path.
    pub(super) fn from(path: &[u8], what: T) -> Self {
        Self { path: Vec::new(), ahead: vec![(0, path.into(), what)] }
    }

    /// The next path, and what is to be done there.
    pub(super) fn next(&mut self) -> Option<(Vec<u8>, T)> {
        let (above, name, what) = self.ahead.pop()?;
        self.path.truncate(above);
        // The first one has all of its path for a name, which is empty for the root.
        self.path = if name.is_empty() { Vec::new() } else { join(&self.path, &name) };
        Some((self.path.clone(), what))
    }

    /// What is in the directory that was given out last comes before all that was there already; the last one first.
    pub(super) fn inside(&mut self, name: Box<[u8]>, what: T) {
        self.ahead.push((self.path.len(), name, what));
    }

    /// The one that was given out last comes once more, after what is in it.
    pub(super) fn again(&mut self, what: T) {
        let (above, name) = super::node::split(&self.path);
        self.ahead.push((above.len(), name.into(), what));
    }
}
