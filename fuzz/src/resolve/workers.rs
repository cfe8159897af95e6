//! One thread for each way in which paths of a host's directory are resolved: by openat2(2), and by the walk where the call is not there
//! or refused. A filter is for a thread and for good, so the threads live as long as the process.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};

use preopen::abi::Errno;
use preopen::vfs::host::{HostDir, MountOptions, Resolution};
use rustix::io::Errno as Host;

use super::outside::Outside;
use super::race::be_guest;
use super::script::Script;
use crate::files::asked::Told;
use crate::files::calls::Caller;
use crate::files::ground::empty;
use crate::files::planted::plant;
use crate::files::survey::{Survey, survey};

/// What openat2(2) answers in each of the modes, where it is not let through.
pub(crate) const MODES: [Option<Host>; 3] = [None, Some(Host::NOSYS), Some(Host::PERM)];

/// What a worker is told to do.
pub(crate) enum Job {
    /// Plants a tree of its own, makes the calls, and says what they answered and left.
    Alone(Arc<Script>),
    /// Makes the calls in this tree at the same time as others, again and again.
    Race(Arc<Script>, Arc<Barrier>, PathBuf),
}

/// What a tree answered, and what is left of it.
pub(crate) struct Outcome {
    pub(crate) answers: Vec<Result<Told, Errno>>,
    pub(crate) left: Survey,
}

/// One of the threads.
pub(crate) struct Worker {
    jobs: Sender<Job>,
    outcomes: Receiver<Outcome>,
}

impl Worker {
    /// Starts a thread with a tree of its own at `root`.
    pub(crate) fn start(mode: Option<Host>, root: PathBuf, outside: Arc<Outside>) -> Self {
        let (jobs, receive_jobs) = channel();
        let (send_outcomes, outcomes) = channel();
        std::thread::spawn(move || {
            if let Some(errno) = mode {
                crate::refuse::refuse_openat2(errno);
            }
            for job in receive_jobs {
                let outcome = match job {
                    Job::Alone(script) => alone(&script, &root, mount(&root, Resolution::Auto), &outside),
                    Job::Race(script, start, root) => {
                        start.wait();
                        be_guest(&script, Arc::new(mount(&root, Resolution::Auto)), &outside);
                        Outcome { answers: Vec::new(), left: Survey::new() }
                    }
                };
                if send_outcomes.send(outcome).is_err() {
                    return;
                }
            }
        });
        Self { jobs, outcomes }
    }

    pub(crate) fn begin(&self, job: Job) {
        self.jobs.send(job).unwrap();
    }

    pub(crate) fn end(&self) -> Outcome {
        self.outcomes.recv().unwrap()
    }
}

/// A root, mounted.
pub(crate) fn mount(root: &Path, resolution: Resolution) -> HostDir {
    let options = MountOptions { special_files: false, resolution };
    HostDir::open_ambient(root, options).unwrap_or_else(|errno| panic!("{}: {errno:?}", root.display()))
}

/// Plants a tree in an empty directory, makes the calls, and leaves it empty again.
pub(crate) fn alone(script: &Script, root: &Path, dir: HostDir, outside: &Outside) -> Outcome {
    let dir = Arc::new(dir);
    plant(&*dir, &script.planted);
    let mut caller = Caller::new(Arc::clone(&dir) as _);
    let mut answers = Vec::with_capacity(script.steps.len());
    for step in &script.steps {
        let answer = caller.make(step);
        outside.is_not_shown(&answer, &(step, script));
        answers.push(answer);
    }
    drop(caller);
    let left = survey(dir);
    empty(root);
    Outcome { answers, left }
}
