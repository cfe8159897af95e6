//! From what JavaScript asks to mount to the directories that a guest finds open.

use std::path::Path as HostPath;

use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;

use super::filesystem::FileSystem;
use super::options::Failure;
use crate::abi::{Errno, Filetype};
use crate::vfs::host::{HostDir, MountOptions};
use crate::vfs::{Dir, Files, OpenOptions, Opened, Path, ReadOnly, SingleFile, WithFiles};

/// A directory to open from the start, or a file to mount in one.
#[napi(object, object_to_js = false)]
pub struct Preopen<'e> {
    /// The guest's name for it.
    pub guest: String,
    /// The host's path; of another filesystem, what an error calls it.
    pub host: String,
    /// What is mounted in place of a directory of the host's.
    pub filesystem: Option<ClassInstance<'e, FileSystem>>,
    /// Whether it is a single file of the host's.
    pub file: bool,
    /// Whether nothing in it can be changed.
    pub read_only: bool,
    /// Whether FIFOs and devices in it can be opened.
    pub special_files: bool,
}

/// A directory under the guest's name for it.
pub struct Mount {
    /// The guest's name.
    pub guest: String,
    /// The directory.
    pub dir: Box<dyn Dir>,
    /// What an error calls it.
    pub host: String,
}

/// Files of one directory of the guest's.
struct Group {
    /// How many directories were named before the first of them.
    before: usize,
    guest: String,
    host: String,
    files: Files,
}

/// Opens everything. Directories are in the order in which they were named; one that only holds single files is where the first
/// of those was. Errors: also `Exist` for two files under one name.
pub fn mounts(preopens: Vec<Preopen<'_>>) -> Result<Vec<Mount>, Failure> {
    let mut mounts = Vec::with_capacity(preopens.len());
    let mut groups: Vec<Group> = Vec::new();
    for preopen in preopens {
        let Preopen { guest, host, file, .. } = &preopen;
        let at = |errno| Failure(errno, Some((c"path", host.clone())));
        if !file {
            let dir = open(&preopen).map_err(at)?;
            mounts.push(Mount { guest: preopen.guest, dir, host: preopen.host });
            continue;
        }
        let path = HostPath::new(host);
        let opened = SingleFile::open_ambient(path, preopen.read_only, preopen.special_files).map_err(at)?;
        let (parent, name) = match guest.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some(split) => split,
            None => (".", guest.as_str()),
        };
        let group = match groups.iter().position(|group| same(&group.guest, parent)) {
            Some(known) => &mut groups[known],
            None => {
                let (guest, host) = (parent.to_owned(), host.clone());
                groups.push(Group { before: mounts.len(), guest, host, files: Files::new() });
                groups.last_mut().ok_or(Errno::Nomem)?
            }
        };
        if group.files.insert(name.as_bytes().into(), opened).is_some() {
            return Err(at(Errno::Exist));
        }
    }
    let mut inserted = 0;
    for group in groups {
        if add(&mut mounts, group, inserted)? {
            inserted += 1;
        }
    }
    Ok(mounts)
}

/// Mounts files in the directory of that name, or inserts one for them behind those that groups before this one inserted; says
/// whether it did.
fn add(mounts: &mut Vec<Mount>, group: Group, inserted: usize) -> Result<bool, Failure> {
    let Group { before, guest, host, files } = group;
    if let Some(at) = mounts.iter().position(|mount| same(&mount.guest, &guest)) {
        let Mount { guest, dir, host } = mounts.remove(at);
        let dir = WithFiles::mount(Some(dir), files);
        mounts.insert(at, Mount { guest, dir, host });
        return Ok(false);
    }
    let under = beneath(mounts, &guest)?;
    let dir = WithFiles::mount(under, files);
    mounts.insert(before + inserted, Mount { guest, dir, host });
    Ok(true)
}

/// What the guest's directory is without the files: a guest looks a path up in the preopen with the longest name that fits, and
/// what was there without the new one must not disappear behind it.
fn beneath(mounts: &[Mount], guest: &str) -> Result<Option<Box<dyn Dir>>, Failure> {
    let wanted: Vec<_> = components(guest).collect();
    let depth = |mount: &&Mount| {
        let names: Vec<_> = components(&mount.guest).collect();
        wanted.starts_with(&names).then_some(names.len())
    };
    let Some(mount) = mounts.iter().filter(|mount| depth(mount).is_some()).max_by_key(depth) else {
        return Ok(None);
    };
    let rest = wanted[components(&mount.guest).count()..].join("/") + "\0";
    let options = OpenOptions { directory: true, ..OpenOptions::READ };
    match Path::new(rest.as_bytes()).and_then(|path| mount.dir.open(path, options)) {
        Ok(Opened::Dir(dir)) => Ok(Some(dir)),
        Ok(_) | Err(Errno::Noent | Errno::Notdir) => Ok(None),
        Err(errno) => Err(Failure(errno, Some((c"path", mount.host.clone())))),
    }
}

/// Whether a guest's program takes two names for one, as wasi-libc does.
fn same(one: &str, other: &str) -> bool {
    components(one).eq(components(other))
}

fn components(name: &str) -> impl Iterator<Item = &str> {
    name.split('/').filter(|component| !matches!(*component, "" | "."))
}

fn open(preopen: &Preopen<'_>) -> Result<Box<dyn Dir>, Errno> {
    let dir = match &preopen.filesystem {
        Some(filesystem) => {
            let dir = filesystem.mount()?;
            // One that JavaScript wrote may have no root, or be unable to say so.
            if dir.stat()?.filetype == Filetype::Directory { dir } else { return Err(Errno::Notdir) }
        }
        None => {
            let options = MountOptions { special_files: preopen.special_files, ..MountOptions::default() };
            Box::new(HostDir::open_ambient(HostPath::new(&preopen.host), options)?) as Box<dyn Dir>
        }
    };
    Ok(if preopen.read_only { Box::new(ReadOnly(dir)) } else { dir })
}
