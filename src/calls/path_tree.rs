//! Names: making, linking, moving and removing them.

use super::{Call, path};
use crate::abi::{Errno, Lookupflags, Rights};
use crate::guest::{Guest, TextBuffer, read_text};
use crate::process::Process;
use crate::vfs::{Dir, LinkTarget, MAX_PATH, Path};

/// Makes a directory. Errors: `Overflow`, `Badf`, `Notcapable`, `Exist`, `Noent`, `Notdir`, `Acces`, `Rofs`. Like
/// mkdirat(2).
#[inline(never)]
pub fn path_create_directory<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Call {
    on_path(process, guest, fd, (path, path_len), Rights::PATH_CREATE_DIRECTORY, |dir, path| {
        dir.create_dir(path)
    })
}

/// Gives a file a second name. Errors: `Overflow`, `Badf`, `Notcapable`, `Perm` for a directory, `Exist`, `Noent`, `Xdev`,
/// `Acces`, `Rofs`. Like linkat(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn path_link<G: Guest>(
    process: &Process,
    guest: &mut G,
    old_fd: u32,
    old_flags: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Call {
    let follow = Lookupflags::truncate(old_flags).contains(Lookupflags::SYMLINK_FOLLOW);
    let old = (old_fd, Rights::PATH_LINK_SOURCE, old_path, old_path_len);
    let new = (new_fd, Rights::PATH_LINK_TARGET, new_path, new_path_len);
    on_two_paths(process, guest, old, new, |old, old_path, new, new_path| {
        old.link(old_path, follow, new, new_path)
    })
}

/// Writes a link's target to `buf`, cut where it does not fit, without a NUL, and how many bytes that is. Errors:
/// `Overflow`, `Badf`, `Notcapable`, `Inval` where it is no link, `Noent`. Like readlinkat(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn path_readlink<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    path: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    bufused: u32,
) -> Call {
    let memory = guest.memory();
    memory.array(path, path_len, 1)?;
    memory.array(buf, buf_len, 1)?;
    memory.span(bufused, 4)?;
    let entry = process.fds.get(fd, Rights::PATH_READLINK)?;
    let mut text = TextBuffer::new();
    let path = self::path(memory, path, path_len, &mut text)?;
    let mut target = [0; MAX_PATH + 1];
    let dir = entry.dir()?;
    let len = guest.leave(|| dir.read_link(path, &mut target))??;
    let memory = guest.memory();
    let written = memory.array(buf, buf_len, 1)?.fill(&target[..len]);
    Ok(memory.write_u32(bufused, written as u32)?)
}

/// Removes an empty directory. Errors: `Overflow`, `Badf`, `Notcapable`, `Notempty`, `Notdir`, `Noent`, `Acces`, `Rofs`.
/// Like unlinkat(2) with `AT_REMOVEDIR`.
#[inline(never)]
pub fn path_remove_directory<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Call {
    on_path(process, guest, fd, (path, path_len), Rights::PATH_REMOVE_DIRECTORY, |dir, path| {
        dir.remove_dir(path)
    })
}

/// Moves a name, over what has the new one already. Errors: `Overflow`, `Badf`, `Notcapable`, `Noent`, `Notdir`, `Isdir`,
/// `Notempty`, `Xdev`, `Acces`, `Rofs`. Like renameat(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn path_rename<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Call {
    let old = (fd, Rights::PATH_RENAME_SOURCE, old_path, old_path_len);
    let new = (new_fd, Rights::PATH_RENAME_TARGET, new_path, new_path_len);
    on_two_paths(process, guest, old, new, |old, old_path, new, new_path| old.rename(old_path, new, new_path))
}

/// Makes a symbolic link at `new_path` to `old_path`. Errors: `Overflow`, `Perm` for an absolute target, `Notcapable` also
/// for a target that leads above the descriptor's directory, `Badf`, `Exist`, `Noent`, `Acces`, `Rofs`. Like
/// symlinkat(2).
#[inline(never)]
pub fn path_symlink<G: Guest>(
    process: &Process,
    guest: &mut G,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Call {
    let memory = guest.memory();
    memory.array(old_path, old_path_len, 1)?;
    memory.array(new_path, new_path_len, 1)?;
    let entry = process.fds.get(fd, Rights::PATH_SYMLINK)?;
    let (mut target_text, mut text) = (TextBuffer::new(), TextBuffer::new());
    let path = path(memory, new_path, new_path_len, &mut text)?;
    let target = read_text(memory, old_path, old_path_len, MAX_PATH, &mut target_text)?;
    let (dir, target) = (entry.dir()?, LinkTarget::new(target, path)?);
    Ok(guest.leave(|| dir.symlink(target, path))??)
}

/// Removes a name that is no directory. Errors: `Overflow`, `Badf`, `Notcapable`, `Isdir`, `Noent`, `Acces`, `Rofs`. Like
/// unlinkat(2).
#[inline(never)]
pub fn path_unlink_file<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Call {
    on_path(process, guest, fd, (path, path_len), Rights::PATH_UNLINK_FILE, |dir, path| dir.unlink(path))
}

/// Checks a path and acts on it in its directory.
fn on_path<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    (path, path_len): (u32, u32),
    rights: Rights,
    act: impl FnOnce(&dyn Dir, Path<'_>) -> Result<(), Errno>,
) -> Call {
    let memory = guest.memory();
    memory.array(path, path_len, 1)?;
    let entry = process.fds.get(fd, rights)?;
    let mut text = TextBuffer::new();
    let (dir, path) = (entry.dir()?, self::path(memory, path, path_len, &mut text)?);
    Ok(guest.leave(|| act(dir, path))??)
}

/// A descriptor, the rights that it must have, and a path beneath it.
type Named = (u32, Rights, u32, u32);

/// Checks two paths and acts on them in their directories. All of guest memory is checked before any descriptor.
fn on_two_paths<G: Guest>(
    process: &Process,
    guest: &mut G,
    (old_fd, old_rights, old_path, old_path_len): Named,
    (new_fd, new_rights, new_path, new_path_len): Named,
    act: impl FnOnce(&dyn Dir, Path<'_>, &dyn Dir, Path<'_>) -> Result<(), Errno>,
) -> Call {
    let memory = guest.memory();
    memory.array(old_path, old_path_len, 1)?;
    memory.array(new_path, new_path_len, 1)?;
    let old = process.fds.get(old_fd, old_rights)?;
    let new = process.fds.get(new_fd, new_rights)?;
    let (mut old_text, mut new_text) = (TextBuffer::new(), TextBuffer::new());
    let old_path = path(memory, old_path, old_path_len, &mut old_text)?;
    let new_path = path(memory, new_path, new_path_len, &mut new_text)?;
    let (old, new) = (old.dir()?, new.dir()?);
    Ok(guest.leave(|| act(old, old_path, new, new_path))??)
}
