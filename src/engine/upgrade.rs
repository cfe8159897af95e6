//! A program that runs at once and gets faster: Singlepass first, Cranelift behind.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::cache::{Cache, Key};
use super::program::{Compiler, Program};
use super::refusal::Refusal;

/// A program that is replaced by a faster one as soon as there is one. While nobody holds it, nothing is compiled for it.
pub struct Upgrading {
    now: Arc<Mutex<Arc<Program>>>,
    cached: bool,
}

impl Program {
    /// Compiles with Singlepass, and with Cranelift where that lacks what the module needs; and with Cranelift behind, one
    /// module at a time, on a thread of the lowest priority. With a cache, what it holds is taken.
    pub fn auto(bytes: &[u8], metered: bool, cache: Option<&Path>) -> Result<Upgrading, Refusal> {
        if let Some(directory) = cache {
            let key = Key::of(bytes, Compiler::Cranelift, metered);
            if let Some(program) = Cache::open(directory)?.and_then(|cache| cache.load(&key)) {
                return Ok(Upgrading::settled(program, true));
            }
        }
        let compile = |compiler| match cache {
            Some(directory) => Self::cached(bytes, compiler, metered, directory),
            None => Self::compile(bytes, compiler, metered).map(|program| (program, false)),
        };
        let Ok((program, cached)) = compile(Compiler::Singlepass) else {
            // What Singlepass lacks Cranelift may have; what both refuse Cranelift says better.
            let (program, cached) = compile(Compiler::Cranelift)?;
            return Ok(Upgrading::settled(program, cached));
        };
        let upgrading = Upgrading::settled(program, cached);
        submit(Job {
            bytes: bytes.to_vec(),
            metered,
            cache: cache.map(Path::to_owned),
            place: Arc::downgrade(&upgrading.now),
        });
        Ok(upgrading)
    }
}

impl Upgrading {
    fn settled(program: Program, cached: bool) -> Self {
        Self { now: Arc::new(Mutex::new(Arc::new(program))), cached }
    }

    /// The fastest that there is by now.
    pub fn current(&self) -> Arc<Program> {
        Arc::clone(&lock(&self.now))
    }

    /// Whether the program that it began with came from the cache.
    pub const fn is_cached(&self) -> bool {
        self.cached
    }
}

/// A program that is to be compiled again.
struct Job {
    bytes: Vec<u8>,
    metered: bool,
    cache: Option<PathBuf>,
    /// Where it goes, as long as somebody wants it.
    place: Weak<Mutex<Arc<Program>>>,
}

/// Those that wait, and whether a thread works on them.
static QUEUE: Mutex<(VecDeque<Job>, bool)> = Mutex::new((VecDeque::new(), false));

fn submit(job: Job) {
    let mut queue = lock(&QUEUE);
    queue.0.push_back(job);
    if !queue.1 {
        let thread = std::thread::Builder::new().name("preopen-compile".to_owned());
        // Without a thread the programs stay as they are; the next that comes tries again.
        queue.1 = thread.spawn(work).is_ok();
    }
}

fn work() {
    // Cranelift's first compile creates a pool of threads for all later ones, which would inherit the low priority.
    let _warm = Program::compile(b"\0asm\x01\0\0\0", Compiler::Cranelift, false);
    lower_priority();
    loop {
        let job = {
            let mut queue = lock(&QUEUE);
            let Some(job) = queue.0.pop_front() else {
                queue.1 = false;
                return;
            };
            job
        };
        let Job { bytes, metered, cache, place } = job;
        if place.strong_count() == 0 {
            continue;
        }
        let compiled = match cache {
            Some(directory) => {
                Program::cached(&bytes, Compiler::Cranelift, metered, &directory).map(|(program, _)| program)
            }
            None => Program::compile(&bytes, Compiler::Cranelift, metered),
        };
        if let (Ok(program), Some(place)) = (compiled, place.upgrade()) {
            *lock(&place) = Arc::new(program);
        }
    }
}

/// Threads that the calling one begins from now on have it as well.
#[cfg(target_os = "linux")]
fn lower_priority() {
    let _as_it_was = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
}

/// Elsewhere a priority is the whole process's.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
