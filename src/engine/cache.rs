//! Compiled modules on disk. They are native code: whoever can write an entry runs code as this user.
//!
//! Against other users stand the owner and the permissions of the directory and of each entry, judged on open descriptors.
//! Against bit rot and torn writes stand an entry's length and checksum. The checksum is xxHash and no cryptographic
//! hash, because it answers no attacker: whoever could write the code could write its hash as well. It reads a hundred megabytes
//! in some ten milliseconds, and makes an fsync unnecessary. The key, by contrast, is BLAKE3 of the module: two modules
//! must never share one.
#![expect(unsafe_code, reason = "an artifact is native code, and loading one trusts it")]

use std::fs::File;
use std::io::{Error, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno as Code;
use wasmer::sys::{NativeEngineExt, Target};
use xxhash_rust::xxh64::Xxh64;

use super::program::{Compiler, Program, guarded};
use super::refusal::Refusal;

/// The engine's version, which it does not tell. A test compares it with the one that is built.
const WASMER: &str = "7.4.2";
/// What an entry ends with: its metadata's length before, and this.
const MARK: &[u8; 8] = b"preopen\n";
/// The longest that an entry's metadata may be, bytes.
const METADATA: u64 = 4096;

impl Program {
    /// As [`Program::compile`], unless the directory has it compiled already; else it is put there. Says which it was.
    /// A bad entry is replaced, and a directory that cannot be written is none. One that others can write is refused.
    pub fn cached(
        bytes: &[u8],
        compiler: Compiler,
        metered: bool,
        directory: &Path,
    ) -> Result<(Self, bool), Refusal> {
        let cache = Cache::open(directory)?;
        let key = Key::of(bytes, compiler, metered);
        if let Some(program) = cache.as_ref().and_then(|cache| cache.load(&key)) {
            return Ok((program, true));
        }
        let program = Self::compile(bytes, compiler, metered)?;
        if let Some(cache) = cache {
            // Without room for it the program is as good.
            let _without = cache.store(&key, &program);
        }
        Ok((program, false))
    }
}

/// What an entry is for: all that its code depends on.
pub(super) struct Key {
    compiler: Compiler,
    metered: bool,
    /// Everything, as the entry's metadata has it.
    text: String,
    name: String,
}

impl Key {
    pub fn of(bytes: &[u8], compiler: Compiler, metered: bool) -> Self {
        let target = Target::default();
        let text = serde_json::json!({
            "module": blake3::hash(bytes).to_hex().as_str(),
            "compiler": compiler.name(),
            "metered": metered,
            "wasmer": WASMER,
            "preopen": env!("CARGO_PKG_VERSION"),
            "target": target.triple().to_string(),
            "cpu": format!("{:?}", target.cpu_features()),
        })
        .to_string();
        let name = blake3::hash(text.as_bytes()).to_hex().to_string();
        Self { compiler, metered, text, name }
    }
}

/// A directory that is ours alone.
pub(super) struct Cache {
    directory: OwnedFd,
}

impl Cache {
    /// Opens the directory, or makes it. None where that is impossible. Errors: it is no directory, or others can write it.
    pub fn open(path: &Path) -> Result<Option<Self>, Refusal> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(path, flags, Mode::empty());
        let directory = match open() {
            Err(Code::NOENT) => {
                if let Some(parent) = path.parent() {
                    let _answered_below = std::fs::create_dir_all(parent);
                }
                let _another_may_have_been_first = rustix::fs::mkdir(path, Mode::RWXU);
                open()
            }
            opened => opened,
        };
        let refuse = |why: &str| Err(Refusal(format!("the cache {} cannot be used: {why}", path.display())));
        let directory = match directory {
            Ok(directory) => directory,
            Err(Code::NOTDIR) => return refuse("it is no directory"),
            Err(_) => return Ok(None),
        };
        let Ok(stat) = rustix::fs::fstat(&directory) else { return Ok(None) };
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return refuse(
                "it belongs to another user, and what it holds is run as native code. Name a directory of your own",
            );
        }
        if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
            return refuse(
                "others can write it, and what it holds is run as native code. Do chmod go-w on it",
            );
        }
        Ok(Some(Self { directory }))
    }

    /// The program of an entry, where there is one and nothing is wrong with it.
    pub fn load(&self, key: &Key) -> Option<Program> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.directory, key.name.as_str(), flags, Mode::empty()).ok()?;
        ours(&rustix::fs::fstat(&file).ok()?).then_some(())?;
        let mut file = File::from(file);
        checked(&mut file, key).ok().flatten()?;
        let engine = key.compiler.engine(key.compiler.features(), false, false);
        let module = guarded(|| {
            // By its descriptor: the very file that was checked, whatever has its name by now.
            let path = format!("/dev/fd/{}", file.as_raw_fd());
            // SAFETY: a file of this user's, in a directory that nobody else can write, with the checksum that it was
            // written with, made by this version of the engine for this processor. What is written there is never written
            // again, but replaced.
            unsafe { engine.deserialize_from_mmapped_file_unchecked(Path::new(&path)) }
                .map_err(|error| error.to_string())
        })
        .ok()?;
        Program::assemble(engine, module, key.compiler, key.metered).ok()
    }

    /// Writes an entry: under a name of its own first, so that another process sees all of it or nothing.
    pub fn store(&self, key: &Key, program: &Program) -> Result<(), Error> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        self.sweep();
        let artifact = guarded(|| program.module().serialize().map_err(|error| error.to_string()))
            .map_err(Error::other)?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let temporary = format!("{}.{}.{serial}{TEMPORARY}", key.name, std::process::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.directory, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        let written = write(&mut file, key, &artifact).and_then(|()| {
            let (from, to) = (temporary.as_str(), key.name.as_str());
            Ok(rustix::fs::renameat(&self.directory, from, &self.directory, to)?)
        });
        if written.is_err() {
            let _it_stays = rustix::fs::unlinkat(&self.directory, temporary.as_str(), AtFlags::empty());
        }
        written
    }

    /// Removes what processes that ended while they wrote have left behind, an hour later.
    fn sweep(&self) {
        let Ok(entries) = rustix::fs::Dir::read_from(&self.directory) else { return };
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
        for entry in entries.flatten() {
            let name = entry.file_name();
            if !is_temporary(name.to_bytes()) {
                continue;
            }
            let stat = rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW);
            if stat.is_ok_and(|stat| stat.st_mtime < now - 3600) {
                let _it_stays = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
            }
        }
    }
}

/// What the names of entries end with while they are written.
const TEMPORARY: &str = ".tmp";

/// Whether it is the name of an entry that is written: a directory may hold files of another origin as well.
fn is_temporary(name: &[u8]) -> bool {
    name.ends_with(TEMPORARY.as_bytes())
        && name.get(blake3::OUT_LEN * 2) == Some(&b'.')
        && name.iter().take(blake3::OUT_LEN * 2).all(u8::is_ascii_hexdigit)
}

/// Whether it is a file that only this user can have written.
fn ours(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
        && stat.st_uid == rustix::process::geteuid().as_raw()
        && !Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH)
}

/// An entry: the artifact (first, because the engine maps the file and wants it aligned), its metadata, the metadata's length,
/// the mark.
fn write(file: &mut File, key: &Key, artifact: &[u8]) -> Result<(), Error> {
    let mut hash = Xxh64::new(0);
    hash.update(artifact);
    let metadata = metadata(key, artifact.len() as u64, hash.digest());
    file.write_all(artifact)?;
    file.write_all(metadata.as_bytes())?;
    file.write_all(&(metadata.len() as u64).to_le_bytes())?;
    file.write_all(MARK)
}

fn metadata(key: &Key, length: u64, hash: u64) -> String {
    format!("\n{{\"format\":1,\"key\":{},\"length\":{length},\"xxh64\":\"{hash:016x}\"}}\n", key.text)
}

/// Reads all of an entry: whether it is this key's, whole and as it was written.
fn checked(file: &mut File, key: &Key) -> Result<Option<()>, Error> {
    let tail = (MARK.len() + 8) as u64;
    let size = file.metadata()?.len();
    let Some(body) = size.checked_sub(tail) else { return Ok(None) };
    file.seek(SeekFrom::Start(body))?;
    let (mut count, mut mark) = ([0; 8], [0; 8]);
    file.read_exact(&mut count)?;
    file.read_exact(&mut mark)?;
    let count = u64::from_le_bytes(count);
    if mark != *MARK || count > METADATA {
        return Ok(None);
    }
    let Some(length) = body.checked_sub(count) else { return Ok(None) };
    let mut hash = Xxh64::new(0);
    let mut buffer = vec![0; 256 << 10];
    file.rewind()?;
    let mut left = length;
    while left > 0 {
        let part = left.min(buffer.len() as u64) as usize;
        file.read_exact(&mut buffer[..part])?;
        hash.update(&buffer[..part]);
        left -= part as u64;
    }
    let mut found = vec![0; count as usize];
    file.read_exact(&mut found)?;
    Ok((found == metadata(key, length, hash.digest()).as_bytes()).then_some(()))
}
