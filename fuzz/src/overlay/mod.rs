//! Overlays: whatever is done in one, the lower stays as it is, and what is seen, told and committed is what a plain directory would hold.

mod apply;
mod layers;
mod script;
mod side;

use std::sync::Arc;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::memory::{Limits, MemoryFs, Usage};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, Path, SetTime, SetTimes, copy_tree};

use crate::calls;
use crate::files::asked::{SET, Text};
use crate::files::planted::plant;
use crate::files::survey::{Seen, Survey, shape, survey};
use apply::apply;
use layers::{Layer, common};
use script::{FILES, Op, RESERVED, Script};
use side::{Answer, Side};

/// Runs one input.
pub fn run(input: &[u8]) {
    let script = Script::read(input, &common());
    let mut fixture = Fixture::new(&script);
    for (number, op) in script.ops.iter().enumerate() {
        fixture.run(op, number);
    }
    fixture.finish();
    calls::count(script.ops.len() as u64);
}

/// An overlay, and a plain directory that held the same.
struct Fixture<'s> {
    script: &'s Script,
    lower: Layer,
    upper: Layer,
    /// The lower as it was, and has to be.
    before: Survey,
    overlay: Arc<Overlay>,
    side: Side,
    /// None where an overlay is not meant to be like one.
    plain: Option<(Layer, Side)>,
}

impl<'s> Fixture<'s> {
    fn new(script: &'s Script) -> Self {
        let (lower, upper) =
            (Layer::new(script.lower_is_host, "lower"), Layer::new(script.upper_is_host, "upper"));
        plant(&*lower.root(), &script.planted);
        let plain = script.is_plain().then(|| {
            let plain = Layer::new(true, "plain");
            plant(&*plain.root(), &script.planted);
            let side = Side::new(plain.root().into());
            (plain, side)
        });
        let overlay = Overlay::new(lower.root(), upper.root()).unwrap();
        let side = Side::new(Arc::new(overlay.root()));
        let before = survey(lower.root().into());
        Self { script, lower, upper, before, overlay, side, plain }
    }

    fn run(&mut self, op: &Op, number: usize) {
        match op {
            Op::Reopen => {
                self.overlay = Overlay::new(self.lower.root(), self.upper.root()).unwrap();
                self.side = Side::new(Arc::new(self.overlay.root()));
                if let Some((plain, side)) = &mut self.plain {
                    *side = Side::new(plain.root().into());
                    // An upper says nothing of the root's own permissions and times, so they may be the lower's again.
                    level(&self.overlay.root(), &*plain.root());
                }
            }
            Op::Commit => {
                let merged = self.merged();
                self.commit(&merged);
                // Names of one file part when it is written, if they are the lower's: and they are now.
                if merged.values().any(|seen| seen.names.0 > 1) || self.has_parted() {
                    self.plain = None;
                }
            }
            Op::Changes => drop(self.overlay.changes().unwrap()),
            op => {
                let answer = self.side.run(op);
                assert!(
                    !matches!(answer, Err(Errno::Io | Errno::Stale)),
                    "{number}: {op:?} answers {answer:?}: {:?}",
                    self.script
                );
                if let Some((_, plain)) = &mut self.plain {
                    let expected = plain.run(op);
                    if answer == Err(Errno::Noent) && op.is_mode_of_held() {
                        return;
                    }
                    assert_eq!(
                        answer, expected,
                        "the overlay and a directory, {number}: {op:?} of {:?}",
                        self.script
                    );
                }
            }
        }
    }

    /// What is seen, as far as a copy of it has the same.
    fn merged(&self) -> Survey {
        shape(&survey(Arc::new(self.overlay.root())))
    }

    fn finish(mut self) {
        let merged = self.merged();
        if let Some((plain, _)) = &self.plain {
            self.same(&merged, &shape(&survey(plain.root().into())), "a directory that held the same");
        }
        let lower = survey(self.lower.root().into());
        assert!(
            lower == self.before,
            "the lower was touched: {lower:#?}, it was {:#?}: {:?}",
            self.before,
            self.script
        );

        let copy = MemoryFs::new(Limits::default());
        copy.root().set_mode_at(here(), false, self.lower.root().mode_at(here(), false).unwrap()).unwrap();
        copy_tree(self.lower.root().into(), Arc::new(copy.root()), 0o7777, &mut |_, _| Ok(true)).unwrap();
        let changes = self.overlay.changes().unwrap();
        apply(&changes, &self.overlay.root(), &copy.root());
        let copy = visible(shape(&survey(Arc::new(copy.root()))));
        self.same(&as_applied(&merged), &as_applied(&copy), "a copy to which the changes were made");

        let again = Overlay::new(self.lower.root(), self.upper.root()).unwrap();
        // It may have given the root the lower's permissions and times.
        let merged = self.merged();
        self.same(&merged, &shape(&survey(Arc::new(again.root()))), "another overlay of the same two");
        drop(again);

        let held = self.look_at_all_held();
        self.commit(&merged);
        assert_eq!(self.look_at_all_held(), held, "what is open stays what it is: {:?}", self.script);
        let Self { upper, side, script, .. } = self;
        drop(side);
        if let Layer::Memory(fs) = &upper {
            assert_eq!(
                fs.usage(),
                Usage { bytes: 0, inodes: 1 },
                "something is left in the upper: {script:?}"
            );
        }
    }

    /// Commits what is seen.
    fn commit(&mut self, merged: &Survey) {
        if let Err(error) = self.overlay.commit() {
            panic!("the commit stops: {error:?}, {:?}", self.script);
        }
        self.before = survey(self.lower.root().into());
        // Names of one file part when one of them is written, so those of a lower may be fewer now.
        let counted =
            |survey: &Survey| if self.plain.is_some() { survey.clone() } else { without_names(survey) };
        let merged = counted(merged);
        self.same(&merged, &counted(&visible(shape(&self.before))), "the lower after a commit");
        self.same(&merged, &counted(&self.merged()), "the overlay after a commit");
        assert_eq!(
            self.overlay.changes(),
            Ok(Vec::new()),
            "something is changed after a commit: {:?}",
            self.script
        );
        let left = survey(self.upper.root().into());
        assert!(left.len() == 1, "the upper is not empty after a commit: {left:#?}, {:?}", self.script);
    }

    /// Whether a file is held whose own name was removed, and that has another: a commit parts the two.
    fn has_parted(&mut self) -> bool {
        let Some((_, plain)) = &mut self.plain else { return false };
        (0..FILES).any(|slot| {
            let [here, there] = [&mut self.side, &mut *plain].map(|side| side.run(&Op::Look { slot }));
            let names = |answer: &Result<Answer, Errno>| match answer {
                Ok(Answer::File(_, _, names, _)) => Some(*names),
                _ => None,
            };
            names(&here) == Some(0) && names(&there).is_some_and(|names| names > 0)
        })
    }

    /// What every file that is held has.
    fn look_at_all_held(&mut self) -> Vec<Result<Answer, Errno>> {
        (0..FILES).map(|slot| self.side.run(&Op::Read { slot })).collect()
    }

    fn same(&self, merged: &Survey, other: &Survey, what: &str) {
        if merged != other {
            let only = |one: &Survey, other: &Survey| -> Vec<_> {
                let differs = one.iter().filter(|(at, seen)| other.get(*at) != Some(*seen));
                differs.map(|(at, seen)| (Text(at.clone()), seen.clone())).collect()
            };
            let (ours, theirs) = (only(merged, other), only(other, merged));
            panic!("the merged tree has {ours:#?}, {what} has {theirs:#?}: {:?}", self.script);
        }
    }
}

/// Gives both roots the same permissions and times, where they have not.
fn level(one: &dyn Dir, other: &dyn Dir) {
    let own = |dir: &dyn Dir| {
        let stat = dir.stat().unwrap();
        (dir.mode_at(here(), false).unwrap(), Some(stat.mtim).filter(|time| *time < SET))
    };
    if own(one) != own(other) {
        for dir in [one, other] {
            dir.set_mode_at(here(), false, 0o755).unwrap();
            dir.set_times(SetTimes { access: None, modified: Some(SetTime::Now) }).unwrap();
        }
    }
}

fn here() -> Path<'static> {
    Path::of_host(b".\0").unwrap()
}

/// A tree without names that are reserved for what hides others, nor what is beneath such.
fn visible(mut survey: Survey) -> Survey {
    survey.retain(|at, _| !at.split(|byte| *byte == b'/').any(|name| name.starts_with(RESERVED)));
    survey
}

/// A tree without how many names files have.
fn without_names(survey: &Survey) -> Survey {
    let nameless = |seen: &Seen| Seen { names: (0, Text(Vec::new())), ..seen.clone() };
    survey.iter().map(|(at, seen)| (at.clone(), nameless(seen))).collect()
}

/// A tree as far as what is told of it is enough to make it: without what files are one, and times of all but files.
fn as_applied(survey: &Survey) -> Survey {
    let mut survey = without_names(survey);
    for seen in survey.values_mut().filter(|seen| seen.filetype != Filetype::RegularFile) {
        seen.modified = 0;
    }
    survey
}
