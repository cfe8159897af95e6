//! What `changes()` tells, done to a copy.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::overlay::{Change, Kind};
use preopen::vfs::{
    Dir, LinkTarget, OpenOptions, Opened, Path, SetTime, SetTimes, copy_contents, remove_contents,
};

use crate::files::asked::Text;

/// Does all changes to a copy of the lower, with what the merged tree has.
pub(crate) fn apply(changes: &[Change], merged: &dyn Dir, copy: &dyn Dir) {
    for change in changes {
        if let Err(errno) = apply_one(change, merged, copy) {
            panic!("{change:?} of {:?} cannot be applied: {errno:?}", Text(change.path.clone()));
        }
    }
}

fn apply_one(change: &Change, merged: &dyn Dir, copy: &dyn Dir) -> Result<(), Errno> {
    let Change { path, kind, filetype } = change;
    let path = match &path[1..] {
        // The root itself.
        b"" => b".\0".to_vec(),
        path => [path, b"\0"].concat(),
    };
    let path = Path::of_host(&path)?;
    if *kind == Kind::Removed {
        return remove(copy, path, *filetype);
    }
    match filetype {
        Filetype::Directory if *kind == Kind::Created => copy.create_dir(path)?,
        Filetype::Directory => {}
        Filetype::SymbolicLink => {
            if *kind == Kind::Modified {
                copy.unlink(path)?;
            }
            let mut target = vec![0; 5000];
            let len = merged.read_link(path, &mut target)?;
            target.truncate(len);
            target.push(0);
            return copy.symlink(LinkTarget::of_host(&target)?, path);
        }
        _ => {
            if *kind == Kind::Modified {
                // What has other names keeps them and what it was.
                copy.unlink(path)?;
            }
            let options = OpenOptions { follow: false, ..OpenOptions::READ };
            let anew =
                OpenOptions { access: preopen::vfs::Access::Write, create: true, exclusive: true, ..options };
            let (Opened::File(from), Opened::File(to)) =
                (merged.open(path, options)?, copy.open(path, anew)?)
            else {
                return Err(Errno::Io);
            };
            copy_contents(&*from, &*to)?;
            let time = Some(SetTime::At(from.stat()?.mtim));
            to.set_times(SetTimes { access: None, modified: time })?;
        }
    }
    copy.set_mode_at(path, false, merged.mode_at(path, false)?)
}

fn remove(copy: &dyn Dir, path: Path<'_>, filetype: Filetype) -> Result<(), Errno> {
    if filetype != Filetype::Directory {
        return copy.unlink(path);
    }
    let options = OpenOptions { follow: false, directory: true, ..OpenOptions::READ };
    let Opened::Dir(dir) = copy.open(path, options)? else { return Err(Errno::Notdir) };
    remove_contents(dir.into())?;
    copy.remove_dir(path)
}
