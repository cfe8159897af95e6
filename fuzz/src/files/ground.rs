//! Where trees are planted: one folder for the process, in memory where the system has such, and gone with the process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

static GROUND: OnceLock<PathBuf> = OnceLock::new();

/// The folder, made at the first call.
pub(crate) fn ground() -> &'static Path {
    GROUND.get_or_init(|| {
        let mut folder = tempfile::Builder::new();
        folder.prefix("preopen-fuzz-");
        // Who names a place has chosen it for its disk; else memory is faster than most.
        let chosen =
            if std::env::var_os("TMPDIR").is_none() { folder.tempdir_in("/dev/shm").ok() } else { None };
        let ground = chosen.unwrap_or_else(|| folder.tempdir().unwrap()).keep();
        // SAFETY: the function is there until the process ends, and needs nothing that ends before.
        unsafe { libc::atexit(clear) };
        // A fault ends the process without that. Other threads then find that all is gone: that is not to be told.
        let before = std::panic::take_hook();
        let first = Mutex::new(());
        std::panic::set_hook(Box::new(move |info| {
            std::mem::forget(first.lock());
            clear();
            before(info);
        }));
        ground
    })
}

extern "C" fn clear() {
    if let Some(ground) = GROUND.get() {
        let _ = fs::remove_dir_all(ground);
    }
}

/// Empties a directory, and makes it as it was made.
pub(crate) fn empty(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()) {
        let at = entry.path();
        let is_dir = entry.file_type().unwrap().is_dir();
        if is_dir { fs::remove_dir_all(at) } else { fs::remove_file(at) }.unwrap();
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    fs::File::open(dir).and_then(|dir| dir.set_modified(std::time::SystemTime::now())).unwrap();
}
