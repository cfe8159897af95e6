//! A guest's directories as the one filesystem that WASIX knows: each under its name, and nothing besides.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use virtual_fs::MountFileSystem;
use wasmer_wasix::WasiEnvBuilder;

use crate::fds::{Object, Taken};
use crate::stdio::{Null, Stream};
use crate::vfs::Dir;
use crate::vfs::export::Exported;

/// What a WASIX guest gets of a process' descriptors.
pub struct Given {
    /// Standard input, output and error.
    pub stdio: [Arc<dyn Stream>; 3],
    /// The guest's names and the directories.
    dirs: Vec<(Vec<u8>, Arc<dyn Dir>)>,
}

impl Given {
    /// Sorts a process' descriptors. Errors: a sentence about what has no place among WASIX's.
    pub fn of(fds: Vec<Taken>) -> Result<Self, String> {
        let mut stdio: [Arc<dyn Stream>; 3] = std::array::from_fn(|_| Arc::new(Null) as Arc<dyn Stream>);
        let mut dirs = Vec::new();
        for Taken { fd, name, object } in fds {
            match (object, name) {
                (Object::Stream(stream), _) if fd < 3 => stdio[fd as usize] = stream,
                (Object::Dir(dir), Some(name)) => dirs.push((name.into_vec(), Arc::from(dir))),
                _ => {
                    return Err(format!(
                        "descriptor {fd} is neither standard input, output or error nor a directory with a name: a WASIX \
                         guest has no other descriptors at its start"
                    ));
                }
            }
        }
        Ok(Self { stdio, dirs })
    }

    /// Gives the directories to a guest, at their names: what is relative is so to `/`, where it begins. Errors: a sentence about
    /// the name that is none here.
    pub fn mount(&self, builder: &mut WasiEnvBuilder) -> Result<(), String> {
        let mounts = MountFileSystem::new();
        for (name, dir) in &self.dirs {
            let shown = String::from_utf8_lossy(name);
            let refused = |why: &str| format!("the directory {shown:?} {why}");
            let text = str::from_utf8(name).map_err(|_| refused("has a name that is not UTF-8"))?;
            let path = absolute(name).ok_or_else(|| refused("has a name that leads above `/`"))?;
            mounts
                .mount(&path, Arc::new(Exported::new(Arc::clone(dir))))
                .map_err(|_| refused("is mounted where another one is"))?;
            // What is absolute is found below `/`.
            if !text.starts_with('/') {
                builder.add_map_dir(text, &path).map_err(|error| refused(&format!("is refused: {error}")))?;
            }
        }
        if !self.dirs.is_empty() {
            builder.add_preopen_dir("/").map_err(|error| error.to_string())?;
        }
        builder.set_mount_fs(mounts);
        Ok(())
    }
}

/// Where a guest's name is. `None` where that is above `/`.
fn absolute(name: &[u8]) -> Option<PathBuf> {
    let mut path = PathBuf::from("/");
    for component in Path::new(OsStr::from_bytes(name)).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::ParentDir if !path.pop() => return None,
            _ => {}
        }
    }
    Some(path)
}
