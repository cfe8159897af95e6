//! Path resolution: the kernel, the walk, and the walk of trees answer the same, and as the host does where nothing leads out; and nothing
//! leads out, whatever others do meanwhile.

mod outside;
mod race;
mod script;
mod workers;

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use preopen::vfs::host::Resolution;
use preopen::vfs::memory::{Limits, MemoryFs};

use crate::calls;
use crate::files::asked::is_as_on_the_host;
use crate::files::calls::{Caller, HostCaller};
use crate::files::ground::{empty, ground};
use crate::files::planted::plant;
use crate::files::survey::{Survey, shape, survey};
use outside::{Outside, plant_secrets};
use race::{Course, Mover, TAKEN, signals};
use script::Script;
use workers::{Job, MODES, Outcome, Worker, alone, mount};

/// What lives as long as the process.
struct World {
    workers: Vec<Worker>,
    /// A tree for each of them. They are idle where the first two are used by others.
    roots: Vec<PathBuf>,
    outside: Arc<Outside>,
    /// The tree in which a program of the host's makes the calls.
    host: PathBuf,
    course: Course,
    /// Where absolute links may lead.
    common: PathBuf,
    /// The descriptor that is free when no call is being made.
    free: i32,
}

/// Runs one input.
pub fn run(input: &[u8]) {
    // Nobody else runs inputs.
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    let mut world = WORLD.lock().unwrap();
    let world = world.get_or_insert_with(World::new);
    let script = Arc::new(Script::read(input, &world.common));
    if script.moves.is_empty() {
        world.compare(&script);
    } else {
        world.race(&script);
    }
    world.outside.is_unchanged(&script);
    assert_eq!(lowest_free(), world.free, "a descriptor is still open after {script:?}");
}

impl World {
    fn new() -> Self {
        let ground = ground().join("resolve");
        fs::create_dir(&ground).unwrap();
        // SAFETY: it only sets the process's mask.
        unsafe { libc::umask(0o022) };
        let common = ground.join("common");
        plant_secrets(&common);
        let mut outside = Outside::default();
        outside.add(&common, &[]);
        let mut trees = Vec::new();
        for name in ["0", "1", "2", "host", "race"] {
            let tree = ground.join(name);
            fs::create_dir_all(tree.join("root")).unwrap();
            plant_secrets(&tree.join("outside"));
            trees.push(tree);
        }
        let yard = trees[4].join("yard");
        fs::create_dir(&yard).unwrap();
        fs::write(yard.join("secret"), outside::SECRET).unwrap();
        for tree in &trees {
            outside.add(tree, &["root", "yard"]);
        }
        outside.add_yard(&yard, TAKEN);
        let outside = Arc::new(outside);
        let worker =
            |(mode, tree): (_, &PathBuf)| Worker::start(mode, tree.join("root"), Arc::clone(&outside));
        let workers = MODES.into_iter().zip(&trees).map(worker).collect();
        let roots = trees[..3].iter().map(|tree| tree.join("root")).collect();
        let course = Course { root: trees[4].join("root"), yard };
        Self { workers, roots, outside, host: trees[3].join("root"), course, common, free: lowest_free() }
    }

    /// Nobody else does anything: all answers are the same, and all trees.
    fn compare(&self, script: &Arc<Script>) {
        let own = |tree: usize, resolution| {
            let root = &self.roots[tree];
            alone(script, root, mount(root, resolution), &self.outside)
        };
        let kernel = own(0, Resolution::Auto);
        let mut others = vec![("the walk", own(1, Resolution::Walk)), ("memory", in_memory(script))];
        if script.filtered {
            for worker in &self.workers {
                worker.begin(Job::Alone(Arc::clone(script)));
            }
            others.extend(
                ["no filter", "ENOSYS", "EPERM"].into_iter().zip(self.workers.iter().map(Worker::end)),
            );
        }
        for (name, other) in &others {
            for (step, (one, other)) in script.steps.iter().zip(kernel.answers.iter().zip(&other.answers)) {
                assert_eq!(one, other, "openat2 and {name}: {step:?} of {script:?}");
            }
            assert_same(&kernel.left, &other.left, name, script);
        }
        calls::count(((1 + others.len()) * script.steps.len()) as u64);
        self.ask_the_host(script, &kernel);
    }

    fn ask_the_host(&self, script: &Script, kernel: &Outcome) {
        plant(&mount(&self.host, Resolution::Auto), &script.planted);
        let mut host = HostCaller::new(OwnedFd::from(fs::File::open(&self.host).unwrap()));
        for (step, answer) in script.steps.iter().zip(&kernel.answers) {
            if is_as_on_the_host(&step.call, answer) {
                assert_eq!(*answer, host.make(step), "openat2 and the host: {step:?} of {script:?}");
            }
        }
        drop(host);
        assert_same(&kernel.left, &survey(Arc::new(mount(&self.host, Resolution::Auto))), "the host", script);
        empty(&self.host);
    }

    /// All ways of resolution at once in one tree, in which things are moved meanwhile.
    fn race(&self, script: &Arc<Script>) {
        let Course { root, yard } = &self.course;
        let mover = Mover::new(script, root, yard);
        let (start, over) = signals(self.workers.len());
        for worker in &self.workers {
            worker.begin(Job::Race(Arc::clone(script), Arc::clone(&start), root.clone()));
        }
        std::thread::scope(|scope| {
            scope.spawn(|| mover.run(&start, &over));
            for worker in &self.workers {
                drop(worker.end());
            }
            over.store(true, Ordering::Relaxed);
        });
        drop(mover);
        self.outside.is_unchanged(script);
        calls::count((self.workers.len() * script.steps.len()) as u64);
        empty(root);
        for entry in fs::read_dir(yard).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_name() != "secret" {
                let at = entry.path();
                let removed = if entry.file_type().unwrap().is_dir() {
                    fs::remove_dir_all(at)
                } else {
                    fs::remove_file(at)
                };
                removed.unwrap();
            }
        }
    }
}

fn in_memory(script: &Script) -> Outcome {
    let root = Arc::new(MemoryFs::new(Limits::default()).root());
    plant(&*root, &script.planted);
    let mut caller = Caller::new(Arc::clone(&root) as _);
    let answers = script.steps.iter().map(|step| caller.make(step)).collect();
    drop(caller);
    Outcome { answers, left: survey(root) }
}

fn assert_same(one: &Survey, other: &Survey, name: &str, script: &Script) {
    let (one, other) = (shape(one), shape(other));
    if one != other {
        let differ = one
            .iter()
            .chain(&other)
            .filter(|(at, seen)| one.get(*at) != Some(seen) || other.get(*at) != Some(seen));
        panic!("openat2 and {name} leave other trees: {:#?}, after {script:?}", differ.collect::<Vec<_>>());
    }
}

/// The number that the next descriptor will have.
fn lowest_free() -> i32 {
    rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 0).unwrap().as_raw_fd()
}
