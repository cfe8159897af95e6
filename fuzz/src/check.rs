//! What holds after every call, whatever was passed.

use preopen::abi::{MAX_PARAMS, Rights};
use preopen::calls::{Call, Halt, dispatch};
use preopen::process::Process;

use crate::guest::{Script, TICKET};
use crate::plan::Planned;
use crate::spec::{Given, Range, SPECS, Spec, Touched, is_inside};

/// How often a call that suspends its guest is made again.
const AGAIN: usize = 3;

/// What is known of a process from the outside, independent of its own table.
pub struct Checker {
    given: Given,
    max_fds: u32,
    /// The guest's memory as it must be.
    shadow: Vec<u8>,
    /// The rights, base and inheriting, of every descriptor that is open.
    fds: Vec<Option<(Rights, Rights)>>,
    /// Whether the guest's memory changes while calls look at it.
    flips: bool,
}

impl Checker {
    /// A process before its first call.
    pub fn new(process: &Process, guest: &Script<'_>, max_fds: u32, flips: bool) -> Self {
        let sizes = |strings: &preopen::guest::Strings| (strings.count(), strings.size());
        let given =
            Given { snapshot: process.snapshot, args: sizes(&process.args), env: sizes(&process.env) };
        let shadow = if flips { Vec::new() } else { guest.bytes().to_vec() };
        // Some more, so that what is beyond the limit would be seen.
        let fds = (0..max_fds + 2).map(|fd| rights(process, fd)).collect();
        Self { given, max_fds, shadow, fds, flips }
    }

    /// Makes a call and looks at what it has done. `Err`: the guest was ended.
    pub fn make(&mut self, process: &Process, guest: &mut Script<'_>, planned: &Planned) -> Call {
        let Planned { number, args, stores } = planned;
        for (ptr, bytes) in stores {
            guest.store(*ptr, bytes);
        }
        let spec = &SPECS[*number as usize];
        let touched = if self.flips {
            Touched::default()
        } else {
            self.shadow.copy_from_slice(guest.bytes());
            spec.touched(args, self.given, &self.shadow)
        };
        guest.begin();
        let mut outcome = dispatch(process, guest, *number, |at| args[at]);
        for _ in 0..AGAIN {
            if outcome != Err(Halt::Suspended) {
                break;
            }
            guest.progress = process.suspended.take(TICKET);
            assert!(guest.progress.is_some(), "{}: a suspended call left nothing to wait for", spec.name);
            outcome = dispatch(process, guest, *number, |at| args[at]);
        }
        if outcome == Err(Halt::Suspended) {
            process.suspended.take(TICKET);
        }
        assert!(process.suspended.is_empty(), "{}: something is still suspended", spec.name);
        self.check_memory(spec, args, guest, touched, outcome);
        self.check_descriptors(process, spec, args, guest, outcome);
        outcome
    }

    /// What failed has written nothing; what succeeded wrote only where it was told to, and all of that is in the memory.
    fn check_memory(
        &mut self,
        spec: &Spec,
        args: &[u64; MAX_PARAMS],
        guest: &Script<'_>,
        touched: Touched,
        outcome: Call,
    ) {
        if self.flips {
            return;
        }
        let memory = guest.bytes();
        let Touched { reads, mut writes } = touched;
        match outcome {
            Err(Halt::Errno(_) | Halt::Exit(_) | Halt::Raise(_)) => writes.clear(),
            Err(Halt::Interrupted | Halt::Suspended) => {}
            Ok(()) => {
                for range in reads.iter().chain(&writes) {
                    let name = spec.name;
                    assert!(
                        is_inside(*range, memory.len()),
                        "{name} took {range:x?} of {:x} bytes",
                        memory.len()
                    );
                }
                narrow(spec.name, args, memory, &mut writes);
            }
        }
        for (ptr, len) in writes {
            let start = (ptr as usize).min(memory.len());
            let end = (u64::from(ptr) + len).min(memory.len() as u64) as usize;
            self.shadow[start..end].copy_from_slice(&memory[start..end]);
        }
        if self.shadow != memory {
            let at = self.shadow.iter().zip(memory).position(|(one, other)| one != other);
            panic!("{} ({outcome:?}) wrote where it must not: {at:x?}", spec.name);
        }
    }

    /// The table is what its calls have made of it, and no descriptor has more rights than it got.
    fn check_descriptors(
        &mut self,
        process: &Process,
        spec: &Spec,
        args: &[u64; MAX_PARAMS],
        guest: &Script<'_>,
        outcome: Call,
    ) {
        let last = self.fds.len() - 1;
        let at = |fd: u64| (fd as u32 as usize).min(last);
        if outcome == Ok(()) {
            for (fd, needed) in spec.rights(args) {
                let had = self.fds.get(fd as usize).copied().flatten().map(|(base, _)| base);
                assert!(
                    had.is_some_and(|had| had.contains(needed)),
                    "{} of {fd} without {needed:x?}: {had:x?}",
                    spec.name
                );
            }
            match spec.name {
                "fd_close" => self.fds[at(args[0])] = None,
                "fd_renumber" if args[0] as u32 != args[1] as u32 => {
                    let (from, to) = (at(args[0]), at(args[1]));
                    assert!(self.fds[to].is_some(), "fd_renumber to {to}, which was not open");
                    self.fds[to] = self.fds[from].take();
                }
                "path_open" | "sock_accept" => {
                    let lowest =
                        self.fds.iter().position(Option::is_none).expect("there is room for one too many");
                    if !self.flips {
                        let result = if spec.name == "path_open" { args[8] } else { args[2] } as usize;
                        let told: [u8; 4] =
                            guest.bytes()[result..result + 4].try_into().expect("there are four");
                        assert_eq!(
                            u32::from_le_bytes(told) as usize,
                            lowest,
                            "{}: not the lowest number",
                            spec.name
                        );
                    }
                    let most = if spec.name == "path_open" { self.fds[at(args[0])] } else { None };
                    // A descriptor of a connection has what its type has.
                    self.fds[lowest] =
                        Some(most.map_or((Rights::ALL, Rights::ALL), |(_, most)| (most, most)));
                }
                _ => {}
            }
        }
        for (fd, known) in (0..).zip(&mut self.fds) {
            let now = rights(process, fd);
            match (now, &*known) {
                (Some((base, inheriting)), Some((most_base, most_inheriting))) => {
                    let widened = !most_base.contains(base) || !most_inheriting.contains(inheriting);
                    assert!(
                        !widened,
                        "{} gave {fd} the rights {base:x?} {inheriting:x?}, of {known:x?}",
                        spec.name
                    );
                }
                (None, None) => {}
                _ => panic!("{} ({outcome:?}): {fd} is {now:x?} and should be {known:x?}", spec.name),
            }
            *known = now;
        }
        let open = self.fds.iter().flatten().count();
        assert!(open <= self.max_fds as usize, "{open} descriptors are open, of {}", self.max_fds);
    }
}

fn rights(process: &Process, fd: u32) -> Option<(Rights, Rights)> {
    let entry = process.fds.get(fd, Rights::NONE).ok()?;
    Some((entry.base(), entry.inheriting()))
}

/// Of what a call may write, what it says it has written.
fn narrow(name: &str, args: &[u64; MAX_PARAMS], memory: &[u8], writes: &mut [Range]) {
    let told = |at: usize| {
        let at = args[at] as u32 as usize;
        memory.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    };
    let most = |at: usize, writes: &mut [Range], unit: u64| {
        let written = u64::from(told(at)) * unit;
        assert!(written <= writes[0].1, "{name} says {written} bytes of {}", writes[0].1);
        writes[0].1 = written;
    };
    match name {
        // With a single range; of several that may overlap, nobody can say which bytes were written.
        "fd_read" if writes.len() == 2 => most(3, writes, 1),
        "fd_pread" if writes.len() == 2 => most(4, writes, 1),
        "sock_recv" if writes.len() == 3 => most(4, writes, 1),
        "fd_readdir" => most(4, writes, 1),
        "path_readlink" => most(5, writes, 1),
        "poll_oneoff" => {
            assert_ne!(told(3), 0, "poll_oneoff came back without an event");
            most(3, writes, 32);
        }
        _ => {}
    }
}
