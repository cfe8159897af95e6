//! Filesystems that wait, fail, answer nonsense, or come back to their own mount.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::{Dir, OpenOptions};
use virtual_fs::{
    AsyncRead, AsyncSeek, AsyncWrite, DirEntry, FileOpener, FileSystem, FileType, FsError, Metadata,
    OpenOptionsConfig, ReadBuf, ReadDir, VirtualFile,
};

use super::kinds::{Any, mount};
use crate::support::{CREATE, names, open_file, path};

/// How a transfer goes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Mood {
    /// It waits for something that never comes.
    Waits,
    /// It asks to be polled again, this often, and then goes on.
    Again(u32),
    /// It fails so.
    Fails(i32),
    /// It says that it took more than it was given.
    Boasts,
    /// It says that it took nothing.
    Idles,
    /// It panics, as what is tokio's does without a runtime.
    Panics,
}

/// A root with one file, `file`, whose transfers go so.
#[derive(Debug)]
struct Moody {
    mood: Mood,
    /// What it comes back to.
    mount: OnceLock<Back>,
}

struct Back(Mutex<Box<dyn Dir>>);

impl std::fmt::Debug for Back {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Back")
    }
}

impl FileSystem for Moody {
    fn readlink(&self, _: &Path) -> virtual_fs::Result<PathBuf> {
        Err(FsError::Unsupported)
    }
    fn read_dir(&self, path: &Path) -> virtual_fs::Result<ReadDir> {
        if path != Path::new("/") {
            return Err(FsError::BaseNotDirectory);
        }
        let entry =
            |name: &str| DirEntry { path: PathBuf::from(name), metadata: self.metadata(Path::new("/file")) };
        Ok(ReadDir::new(["/file", "/..", "/", "", "/file", "/a\0b", "/.", "/sub/x"].map(entry).to_vec()))
    }
    fn create_dir(&self, _: &Path) -> virtual_fs::Result<()> {
        // Says so, and does nothing.
        Ok(())
    }
    fn remove_dir(&self, _: &Path) -> virtual_fs::Result<()> {
        Ok(())
    }
    fn rename<'a>(
        &'a self,
        _: &'a Path,
        _: &'a Path,
    ) -> Pin<Box<dyn Future<Output = virtual_fs::Result<()>> + Send + 'a>> {
        Box::pin(std::future::pending())
    }
    fn metadata(&self, path: &Path) -> virtual_fs::Result<Metadata> {
        if let Some(Back(mount)) = self.mount.get() {
            let answer = mount.lock().unwrap().stat().map(|stat| stat.size);
            assert_eq!(answer, Err(Errno::Deadlk));
        }
        let ft = match path.to_str() {
            Some("/") => FileType::new_dir(),
            Some("/file") => FileType::new_file(),
            _ => return Err(FsError::EntryNotFound),
        };
        Ok(Metadata { ft, len: 1, ..Metadata::default() })
    }
    fn symlink_metadata(&self, path: &Path) -> virtual_fs::Result<Metadata> {
        self.metadata(path)
    }
    fn remove_file(&self, _: &Path) -> virtual_fs::Result<()> {
        Ok(())
    }
    fn new_open_options(&self) -> virtual_fs::OpenOptions<'_> {
        virtual_fs::OpenOptions::new(self)
    }
}

impl FileOpener for Moody {
    fn open(
        &self,
        _: &Path,
        _: &OpenOptionsConfig,
    ) -> virtual_fs::Result<Box<dyn VirtualFile + Send + Sync + 'static>> {
        Ok(Box::new(MoodyFile { mood: self.mood, asked: 0 }))
    }
}

#[derive(Debug)]
struct MoodyFile {
    mood: Mood,
    asked: u32,
}

impl MoodyFile {
    fn step(&mut self, context: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        match self.mood {
            Mood::Waits => Poll::Pending,
            Mood::Again(times) if self.asked < times => {
                self.asked += 1;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Mood::Again(_) => {
                self.asked = 0;
                Poll::Ready(Ok(len))
            }
            Mood::Fails(code) => Poll::Ready(Err(io::Error::from_raw_os_error(code))),
            Mood::Boasts => Poll::Ready(Ok(usize::MAX)),
            Mood::Idles => Poll::Ready(Ok(0)),
            Mood::Panics => panic!("there is no reactor running"),
        }
    }
}

impl VirtualFile for MoodyFile {
    fn last_accessed(&self) -> u64 {
        0
    }
    fn last_modified(&self) -> u64 {
        0
    }
    fn created_time(&self) -> u64 {
        0
    }
    fn size(&self) -> u64 {
        100
    }
    fn set_len(&mut self, _: u64) -> virtual_fs::Result<()> {
        Err(FsError::IOError)
    }
    fn unlink(&mut self) -> virtual_fs::Result<()> {
        Ok(())
    }
    fn poll_read_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
    fn poll_write_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
}

impl AsyncRead for MoodyFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = buf.remaining();
        self.step(context, len).map_ok(|len| buf.put_slice(&vec![7; len.min(buf.remaining())]))
    }
}

impl AsyncWrite for MoodyFile {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.step(context, from.len())
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step(context, 0).map_ok(drop)
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for MoodyFile {
    fn start_seek(self: Pin<&mut Self>, _: SeekFrom) -> io::Result<()> {
        Ok(())
    }
    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(0))
    }
}

fn moody(mood: Mood) -> Any {
    Arc::new(Moody { mood, mount: OnceLock::new() })
}

/// What reading, writing and syncing come to.
fn transfers(mood: Mood) -> (Result<usize, Errno>, Result<usize, Errno>, Result<(), Errno>) {
    let dir = mount(&moody(mood));
    let file = open_file(&dir, "file", OpenOptions { create: false, ..CREATE }).unwrap();
    let mut bytes = [0; 10];
    let read = file.read_at(&[Span::over(&mut bytes)], 0);
    (read, file.write_at(&[Span::over(&mut bytes)], 0), file.sync())
}

#[test]
fn what_waits_is_not_supported_and_what_only_needs_asking_is_asked() {
    let notsup = Errno::Notsup;
    assert_eq!(transfers(Mood::Waits), (Err(notsup), Err(notsup), Err(notsup)));
    assert_eq!(transfers(Mood::Again(100)), (Ok(10), Ok(10), Ok(())));
    assert_eq!(transfers(Mood::Again(u32::MAX)), (Err(notsup), Err(notsup), Err(notsup)));
    assert_eq!(transfers(Mood::Panics), (Err(Errno::Io), Err(Errno::Io), Err(Errno::Io)));
    let dir = mount(&moody(Mood::Idles));
    assert_eq!(dir.rename(path("file"), &dir, path("moved")), Err(notsup));
}

#[test]
fn the_hosts_errors_stay_what_they_are() {
    for (code, errno) in [
        (libc::ENOSPC, Errno::Nospc),
        (libc::EROFS, Errno::Rofs),
        (libc::ESTALE, Errno::Stale),
        (libc::EIO, Errno::Io),
    ] {
        assert_eq!(transfers(Mood::Fails(code)), (Err(errno), Err(errno), Err(errno)));
    }
}

#[test]
fn a_file_takes_what_it_was_given_whatever_it_says() {
    assert_eq!(transfers(Mood::Boasts), (Ok(10), Ok(10), Ok(())));
    assert_eq!(transfers(Mood::Idles), (Ok(0), Err(Errno::Nospc), Ok(())));
}

#[test]
fn what_is_said_to_be_done_is_looked_at() {
    let dir = mount(&moody(Mood::Idles));
    assert_eq!(dir.create_dir(path("new")), Err(Errno::Rofs));
    assert_eq!(dir.unlink(path("file")), Err(Errno::Rofs));
    assert_eq!(names(&dir), ["file", "x"]);
}

#[test]
fn a_filesystem_that_comes_back_to_its_mount_is_answered() {
    let fs = Arc::new(Moody { mood: Mood::Idles, mount: OnceLock::new() });
    let any: Any = Arc::clone(&fs) as Any;
    let dir = mount(&any);
    fs.mount
        .set(Back(Mutex::new(Box::new(preopen::vfs::tree::TreeDir::new(
            Arc::clone(dir.tree()),
            Arc::clone(dir.node()),
        )))))
        .unwrap();
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.size), Ok(1));
}
