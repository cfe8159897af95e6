//! A directory of the host's to work in, with an outside that must stay as it is. One for the whole process: it is emptied, not
//! made anew.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use preopen::vfs::Dir;
use preopen::vfs::host::{HostDir, MountOptions, Resolution};

use crate::tree::plant;

/// The secret, with its bits turned: so it is nowhere in this program, nor in what the fuzzer learns of it.
const TURNED: &[u8] = b"\x8c\x91\x9a\x8d\x9a\xdf\x96\x8c\xdf\x91\x90\xdf\x88\x9e\x86\xdf\x97\x9a\x8d\x9a";

/// The place.
pub struct Space {
    base: PathBuf,
    outside: Vec<(PathBuf, [i64; 6])>,
    /// Whether files may be as long as in memory, and keep every time: on a tmpfs.
    pub is_tmpfs: bool,
}

static BASE: OnceLock<PathBuf> = OnceLock::new();

impl Space {
    /// Makes it, in the folder for temporary files. It goes when the process ends.
    pub fn new() -> Self {
        let base = tempfile::Builder::new().prefix("preopen-fuzz-").tempdir().expect("there is room").keep();
        BASE.set(base.clone()).expect("there is one");
        extern "C" fn remove() {
            if let Some(base) = BASE.get() {
                let _ = fs::remove_dir_all(base);
            }
        }
        // SAFETY: the function is there until the process ends.
        unsafe { libc::atexit(remove) };
        fs::create_dir_all(base.join("outside/dir")).unwrap();
        fs::create_dir(base.join("root")).unwrap();
        let secret: Vec<u8> = TURNED.iter().map(|byte| !byte).collect();
        fs::write(base.join("outside/secret.txt"), secret).unwrap();
        let is_tmpfs = rustix::fs::statfs(&base).is_ok_and(|stat| stat.f_type == 0x0102_1994);
        let mut space = Self { base, outside: Vec::new(), is_tmpfs };
        space.outside = space.look_outside();
        space
    }

    /// Its root, planted anew.
    pub fn fresh(&self, resolution: Resolution) -> HostDir {
        let root = self.base.join("root");
        for entry in fs::read_dir(&root).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            }
            .unwrap();
        }
        let dir = self.again(resolution);
        plant(&dir as &dyn Dir);
        dir
    }

    /// Its root, as it is.
    pub fn again(&self, resolution: Resolution) -> HostDir {
        HostDir::open_ambient(&self.base.join("root"), MountOptions { resolution, ..MountOptions::default() })
            .unwrap()
    }

    /// Fails where anything outside of the root has changed.
    pub fn check_outside(&self) {
        assert_eq!(self.look_outside(), self.outside, "the outside was changed");
    }

    fn look_outside(&self) -> Vec<(PathBuf, [i64; 6])> {
        let mut all = Vec::new();
        for dir in ["", "outside", "outside/dir"] {
            for entry in fs::read_dir(self.base.join(dir)).unwrap() {
                let path = entry.unwrap().path();
                let stat = path.symlink_metadata().unwrap();
                let times = [stat.mtime(), stat.mtime_nsec(), stat.mode().into()];
                // What the guest does in its root is seen in the root's times.
                let [one, two, three] = if path.ends_with("root") { [0; 3] } else { times };
                let links = if path.ends_with("root") { 0 } else { stat.nlink() as i64 };
                all.push((
                    path,
                    [
                        one,
                        two,
                        three,
                        links,
                        stat.ino() as i64,
                        if dir.is_empty() { 0 } else { stat.size() as i64 },
                    ],
                ));
            }
        }
        all.sort();
        all
    }

    /// Where it is.
    pub fn base(&self) -> &Path {
        &self.base
    }
}

impl Default for Space {
    fn default() -> Self {
        Self::new()
    }
}

/// Fails where the secret is among these bytes.
pub fn check_secret(bytes: &[u8]) {
    let found = bytes
        .windows(TURNED.len())
        .any(|window| window.iter().zip(TURNED).all(|(byte, turned)| !byte == *turned));
    assert!(!found, "the secret was read");
}

/// How many descriptors this process has open.
pub fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
