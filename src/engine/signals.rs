//! The signal that takes a thread out of a guest's code, and the signals that wasmer takes for itself.
//!
//! Wasmer has an interrupt of its own. It takes SIGUSR1, which is Node's; it aborts the process when that signal comes from
//! elsewhere; and it leaves whatever the thread is doing, be it in the middle of `malloc`. So this is ours: SIGURG, which is
//! ignored where nobody handles it. The signal says nothing but "look whether you are to stop"; a thread that is in the
//! code of its guest then leaves it through wasmer's own handler of traps, and any other one goes on until it is asked again.

#![expect(
    unsafe_code,
    reason = "handlers of signals are C functions, and see the registers of what they interrupt"
)]

use std::ffi::{c_int, c_void};
use std::mem;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering, compiler_fence};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use rustix::thread::Pid;
use wasmer::sys::vm::VMBuiltinFunctionIndex;

/// What takes a thread out of a guest.
const SIGNAL: c_int = libc::SIGURG;

/// `ILL_ILLOPN`, which the crate libc does not name.
const ILLEGAL_OPERAND: c_int = 2;

/// Its address is what our signals carry, so that they are no one else's.
static MARK: u8 = 0;

/// Wasmer's handler of traps. 0: not known yet.
static TRAPS: AtomicUsize = AtomicUsize::new(0);

/// Where code lies that is no guest's: what was loaded when the engine began.
static HOST_CODE: OnceLock<Box<[Range<usize>]>> = OnceLock::new();

/// Who handled [`SIGNAL`] before us, and hears of the signals that are not ours.
static PREVIOUS: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

/// Everyone who ever did. They are never freed: a handler on some thread may be reading one.
static EVERY_PREVIOUS: Mutex<Vec<&'static libc::sigaction>> = Mutex::new(Vec::new());

/// What a handler needs to know of its thread. It has no destructor and no lazy beginning, so it can be read at any time.
struct Here {
    /// Whether the innermost guest on this thread is to stop: 0 is no. Null: there is none.
    stop: AtomicPtr<AtomicU8>,
    /// The functions of wasmer's that its code calls. Null: not known.
    functions: AtomicPtr<Functions>,
    /// The thread's own stack, where no guest's code runs. Both 0: not known yet.
    stack: (AtomicUsize, AtomicUsize),
}

thread_local! {
    static HERE: Here = const {
        Here {
            stop: AtomicPtr::new(ptr::null_mut()),
            functions: AtomicPtr::new(ptr::null_mut()),
            stack: (AtomicUsize::new(0), AtomicUsize::new(0)),
        }
    };
}

/// What an instance calls of wasmer's: its code loads an address from here whenever it does.
pub(super) type Functions =
    [AtomicPtr<c_void>; VMBuiltinFunctionIndex::builtin_functions_total_number() as usize];

/// The innermost guest on a thread, as far as the handler has to know it.
#[derive(Clone, Copy)]
pub(super) struct Guest {
    stop: *mut AtomicU8,
    functions: *mut Functions,
}

impl Guest {
    /// None at all.
    pub(super) const NONE: Self = Self { stop: ptr::null_mut(), functions: ptr::null_mut() };

    /// One that is to stop when the flag is not 0.
    pub(super) const fn of(stop: &AtomicU8) -> Self {
        Self { stop: ptr::from_ref(stop).cast_mut(), ..Self::NONE }
    }

    /// Whether it is the one with that flag.
    pub(super) fn is_of(self, stop: &AtomicU8) -> bool {
        ptr::eq(self.stop, stop)
    }
}

/// The layout of `siginfo_t` on 64 bits.
#[repr(C)]
struct Info {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    of: Of,
    rest: [u64; 12],
}

/// What kinds of it have in one place.
#[repr(C)]
union Of {
    queued: Queued,
    fault: *const c_void,
}

/// A signal that was sent with a value.
#[repr(C)]
#[derive(Clone, Copy)]
struct Queued {
    pid: libc::pid_t,
    uid: libc::uid_t,
    value: *const c_void,
}

const _: () = assert!(size_of::<Info>() == size_of::<libc::siginfo_t>(), "signals have another layout here");

/// Makes the process ready for guests. To be called before the first store is made; later calls do nothing.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        stay_loaded();
        // Wasmer would keep SIGUSR1 for its own interrupt, which nobody orders: back to Node, whose debugger it starts.
        let debugger = action(libc::SIGUSR1);
        wasmer::sys::vm::init_traps();
        if let Some(debugger) = debugger {
            // SAFETY: the action is one that the process had.
            unsafe { libc::sigaction(libc::SIGUSR1, &raw const debugger, ptr::null_mut()) };
        }
        let traps = action(libc::SIGILL).map_or(0, |action| action.sa_sigaction);
        TRAPS.store(traps, Ordering::Release);
        HOST_CODE.get_or_init(host_code);
        stand_in_front();
    });
}

/// Sees to it that [`SIGNAL`] comes to us first. Whoever took it meanwhile, as a listener of JavaScript's does, is next.
pub(super) fn stand_in_front() {
    let mut every = EVERY_PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(current) = action(SIGNAL) else { return };
    if current.sa_sigaction == on_signal as *const () as usize {
        return;
    }
    let same = |known: &&&libc::sigaction| {
        known.sa_sigaction == current.sa_sigaction && known.sa_flags == current.sa_flags
    };
    let previous = match every.iter().find(same) {
        Some(known) => known,
        None => {
            let known: &'static libc::sigaction = Box::leak(Box::new(current));
            every.push(known);
            known
        }
    };
    PREVIOUS.store(ptr::from_ref(previous).cast_mut(), Ordering::Release);
    // SAFETY: all zeroes is a valid sigaction.
    let mut ours: libc::sigaction = unsafe { mem::zeroed() };
    ours.sa_sigaction = on_signal as *const () as usize;
    // On a stack of its own: a guest's may be at its end. Not SA_RESTART: a call that blocks is to come back.
    ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handler is a function of the signature that SA_SIGINFO asks for, and stays loaded.
    unsafe { libc::sigaction(SIGNAL, &raw const ours, ptr::null_mut()) };
}

/// Makes a guest the innermost one on this thread. Answers the one outside it.
///
/// # Safety
/// Its flag and its functions live until the innermost one is another.
pub(super) unsafe fn enter(guest: Guest) -> Guest {
    HERE.with(|here| {
        if here.stack.1.load(Ordering::Relaxed) == 0 {
            let stack = own_stack();
            here.stack.0.store(stack.start, Ordering::Relaxed);
            here.stack.1.store(stack.end, Ordering::Relaxed);
            listen();
        }
        let functions = here.functions.swap(ptr::null_mut(), Ordering::SeqCst);
        let stop = here.stop.swap(guest.stop, Ordering::SeqCst);
        here.functions.store(guest.functions, Ordering::SeqCst);
        compiler_fence(Ordering::SeqCst);
        Guest { stop, functions }
    })
}

/// Tells which functions of wasmer's the innermost guest calls, and that it is about to run.
///
/// # Safety
/// They live, and nothing but that guest's code reads them, until it [has returned](returned).
pub(super) unsafe fn reach(functions: *mut Functions) {
    HERE.with(|here| {
        here.functions.store(functions, Ordering::SeqCst);
        compiler_fence(Ordering::SeqCst);
    });
}

/// The innermost guest has returned.
pub(super) fn returned() {
    HERE.with(|here| here.functions.store(ptr::null_mut(), Ordering::SeqCst));
    compiler_fence(Ordering::SeqCst);
}

/// The thread that calls.
pub(super) fn this_thread() -> Pid {
    rustix::thread::gettid()
}

/// Asks a thread of this process to look whether it is to stop. It has to be alive.
pub(super) fn ask(thread: Pid) {
    let pid = std::process::id().cast_signed();
    let queued = Queued { pid, uid: rustix::process::getuid().as_raw(), value: mark() };
    let of = Of { queued };
    let info = Info { signal: SIGNAL, errno: 0, code: libc::SI_QUEUE, padding: 0, of, rest: [0; 12] };
    // SAFETY: the kernel reads an info of its own layout. That it may refuse is part of the bargain: it is asked again.
    unsafe {
        libc::syscall(
            libc::SYS_rt_tgsigqueueinfo,
            pid,
            thread.as_raw_nonzero().get(),
            SIGNAL,
            &raw const info,
        )
    };
}

/// Lets what was sent to this thread arrive: the kernel delivers on the way out of any call.
pub(super) fn settle() {
    rustix::thread::sched_yield();
}

/// Whatever is called from here on is called by a signal, between any two instructions: no allocation, no lock.
extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over an info and a context that are valid, and nobody else's, while the handler runs.
    unsafe {
        let info = info.cast::<Info>();
        if (*info).code == libc::SI_QUEUE
            && (*info).of.queued.value == mark()
            && (*info).of.queued.pid == libc::getpid()
        {
            leave(context);
        } else {
            pass_on(signal, info, context);
        }
    }
}

/// Takes this thread out of its guest, if the guest is to stop, and if it is the guest that is running.
///
/// # Safety
/// `context` is that of the signal that is being handled.
unsafe fn leave(context: *mut c_void) {
    // SAFETY: as is said above.
    let (pc, sp) = unsafe { registers(context) };
    let traps = TRAPS.load(Ordering::Relaxed);
    HERE.with(|here| {
        let stop = here.stop.load(Ordering::Relaxed);
        // SAFETY: whoever entered keeps the flag for as long as it is the one that is named here.
        let stops = !stop.is_null() && unsafe { (*stop).load(Ordering::Relaxed) } != 0;
        let own = here.stack.0.load(Ordering::Relaxed)..here.stack.1.load(Ordering::Relaxed);
        if !stops || own.contains(&sp) || traps == 0 {
            return;
        }
        if is_host_code(pc) {
            // A function of wasmer's, on the guest's stack, perhaps with a lock in its hands: it is not torn off. A guest may
            // be in them nearly all the time, so the next one that it calls is none of them, but a trap.
            let functions = here.functions.load(Ordering::Relaxed);
            if !functions.is_null() {
                // SAFETY: whoever told of them keeps them, and this thread is in the guest's call, so no one else reads them.
                unsafe { &*functions }
                    .iter()
                    .for_each(|function| function.store(trap as *mut c_void, Ordering::Relaxed));
            }
            return;
        }
        let of = Of { fault: trap as *const c_void };
        let mut info =
            Info { signal: libc::SIGILL, errno: 0, code: ILLEGAL_OPERAND, padding: 0, of, rest: [0; 12] };
        // SAFETY: it is wasmer's handler, of the signature that SA_SIGINFO asks for. The guest's code is on its stack, so wasmer
        // takes the signal for a trap of the guest's, and sets the registers so that the thread returns from its call.
        unsafe {
            let traps: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = mem::transmute(traps);
            traps(libc::SIGILL, (&raw mut info).cast(), context);
        }
    });
}

/// The instruction that wasmer compiles where a guest's stack is full. For that trap it takes no backtrace, which would
/// allocate, and read the stack of a function that may be half entered.
#[unsafe(naked)]
extern "C" fn trap() {
    #[cfg(target_arch = "x86_64")]
    std::arch::naked_asm!(".byte 0x0f, 0xb9, 0xc0, 0x00");
    #[cfg(target_arch = "aarch64")]
    std::arch::naked_asm!(".inst 0x000000c0");
}

/// Hands a signal that is not ours to whom it would have come without us. Where that is nobody, it is ignored, as it would be.
///
/// # Safety
/// As for a handler of signals.
unsafe fn pass_on(signal: c_int, info: *mut Info, context: *mut c_void) {
    // Two copies of this library may each stand in front of the other: what comes round again has been everywhere.
    let passed = mark() as usize as c_int;
    // SAFETY: as is said above. Linux does not use the field.
    unsafe {
        if mem::replace(&mut (*info).errno, passed) == passed {
            return;
        }
    }
    let previous = PREVIOUS.load(Ordering::Acquire);
    if previous.is_null() {
        return;
    }
    // SAFETY: the action is never freed, and its flags say which signature its function has.
    unsafe {
        let handler = (*previous).sa_sigaction;
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        } else if (*previous).sa_flags & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(c_int, *mut Info, *mut c_void) = mem::transmute(handler);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(c_int) = mem::transmute(handler);
            handler(signal);
        }
    }
}

fn mark() -> *const c_void {
    (&raw const MARK).cast()
}

fn is_host_code(pc: usize) -> bool {
    HOST_CODE.get().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&pc)))
}

/// The program counter and the stack pointer of what was interrupted.
///
/// # Safety
/// `context` is a `ucontext_t`.
unsafe fn registers(context: *mut c_void) -> (usize, usize) {
    // SAFETY: as is said above.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    let (pc, sp) = (machine.gregs[libc::REG_RIP as usize], machine.gregs[libc::REG_RSP as usize]);
    #[cfg(target_arch = "aarch64")]
    let (pc, sp) = (machine.pc, machine.sp);
    (pc as usize, sp as usize)
}

/// What is done on a signal, if that can be asked.
fn action(signal: c_int) -> Option<libc::sigaction> {
    // SAFETY: all zeroes is a valid sigaction, and the kernel only writes to it.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        (libc::sigaction(signal, ptr::null(), &raw mut action) == 0).then_some(action)
    }
}

/// Lets [`SIGNAL`] through to this thread, whoever made it.
fn listen() {
    // SAFETY: the set is made before it is used.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, SIGNAL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
    }
}

/// Keeps every signal away from this thread.
pub(super) fn deafen() {
    // SAFETY: the set is made before it is used.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut set);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, ptr::null_mut());
    }
}

/// The stack that this thread began with. Empty, if that is not known: then nothing is taken for it.
fn own_stack() -> Range<usize> {
    // SAFETY: the attributes are read only when they were filled, and destroyed then.
    unsafe {
        let mut attributes: libc::pthread_attr_t = mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return 1..1;
        }
        let (mut base, mut size) = (ptr::null_mut(), 0);
        let known = libc::pthread_attr_getstack(&raw const attributes, &raw mut base, &raw mut size);
        libc::pthread_attr_destroy(&raw mut attributes);
        if known == 0 { base as usize..base as usize + size } else { 1..1 }
    }
}

/// Where the code lies of everything that is loaded: the program, its libraries, and the kernel's.
fn host_code() -> Box<[Range<usize>]> {
    unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _size: usize, found: *mut c_void) -> c_int {
        // SAFETY: the loader hands over one of its entries, and what was given to it.
        unsafe {
            let found = &mut *found.cast::<Vec<Range<usize>>>();
            for at in 0..usize::from((*info).dlpi_phnum) {
                let header = &*(*info).dlpi_phdr.add(at);
                if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0 {
                    let start = ((*info).dlpi_addr + header.p_vaddr) as usize;
                    found.push(start..start + header.p_memsz as usize);
                }
            }
        }
        0
    }
    let mut found = Vec::<Range<usize>>::new();
    // SAFETY: the callback takes what is given here, and does not keep it.
    unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut found).cast()) };
    found.into_boxed_slice()
}

/// Keeps this library in the process. Node unloads an addon with the last worker that used it, and the kernel would call into
/// what is gone.
fn stay_loaded() {
    // SAFETY: the address is one of ours; the name that comes back is read while we are loaded.
    unsafe {
        let mut library: libc::Dl_info = mem::zeroed();
        if libc::dladdr(mark(), &raw mut library) != 0 && !library.dli_fname.is_null() {
            libc::dlopen(library.dli_fname, libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
        }
    }
}
