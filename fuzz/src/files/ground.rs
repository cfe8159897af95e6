//! Where trees are planted: one folder for the process, in memory where the system has such, and gone with the process.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// What the folder's name begins with; the number of the process follows.
const PREFIX: &str = "fuzz-preopen-";

static GROUND: OnceLock<PathBuf> = OnceLock::new();

/// The folder, made at the first call.
pub(crate) fn ground() -> &'static Path {
    GROUND.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let at = if is_writable(memory) { memory.to_path_buf() } else { std::env::temp_dir() };
        clear_dead(&at);
        let ground = at.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&ground).unwrap();
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

fn is_writable(at: &Path) -> bool {
    let probe = at.join(format!("{PREFIX}{}-probe", std::process::id()));
    fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).is_ok()
}

/// Removes what processes left that were killed.
fn clear_dead(at: &Path) {
    let Ok(entries) = fs::read_dir(at) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(process) = process.filter(|process| process.bytes().all(|byte| byte.is_ascii_digit()))
            && !Path::new("/proc").join(OsStr::new(process)).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
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
