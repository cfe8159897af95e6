//! Runs are stopped wherever they are, and nothing else is.

#![expect(unsafe_code, reason = "signals of others are sent, and handled")]

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use preopen::engine::{Control, Limits, Run, Stop, open_orders, prepare};
use wasmer::{Engine, Function, Imports, Instance, Module, Store, imports};

use super::support::{finish, plain, program, said};

/// Longer than anything takes on a machine with too much to do. What waits so long hangs.
const LONG: Duration = Duration::from_secs(20);

const SPIN: &str = r#"(module (func (export "run") (loop (br 0))))"#;

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).unwrap()).unwrap()
}

fn engine() -> Engine {
    prepare();
    Engine::default()
}

/// Runs a guest's `run` on this thread, entered. Answers whether it returned by itself.
fn run(module: &Module, control: &Arc<Control>, imports: impl FnOnce(&mut Store) -> Imports) -> bool {
    let mut store = Store::new(module_engine());
    let imports = imports(&mut store);
    let instance = Instance::new(&mut store, module, &imports).unwrap();
    let run = instance.exports.get_function("run").unwrap().clone();
    let entered = control.enter(&store);
    entered.reaching(&mut store, &instance, "run", |store| run.call(store, &[]).is_ok())
}

/// One engine for all, as programs share one.
fn module_engine() -> Engine {
    static ENGINE: std::sync::LazyLock<Engine> = std::sync::LazyLock::new(engine);
    ENGINE.clone()
}

fn alone(_store: &mut Store) -> Imports {
    Imports::new()
}

/// Runs a guest on a thread, and tells when it is over and whether by itself.
fn begin(module: &Module, control: &Arc<Control>) -> mpsc::Receiver<(bool, Instant)> {
    let (over, done) = mpsc::channel();
    let (module, control) = (module.clone(), control.clone());
    thread::spawn(move || {
        let by_itself = run(&module, &control, alone);
        over.send((by_itself, Instant::now())).unwrap();
    });
    done
}

/// Waits until what is asked is so.
fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < LONG, "it never came");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_guest_that_spins_is_stopped() {
    let module = module(&module_engine(), SPIN);
    for _ in 0..20 {
        let control = Control::new();
        let done = begin(&module, &control);
        thread::sleep(Duration::from_millis(3));
        control.stop(Stop::Killed);
        let (by_itself, _) = done.recv_timeout(LONG).unwrap();
        assert!(!by_itself);
        assert_eq!(control.stopped(), Some(Stop::Killed));
        control.stop(Stop::TimedOut);
        assert_eq!(control.stopped(), Some(Stop::Killed), "the first reason counts");
    }
}

#[test]
fn two_hundred_that_spin_are_stopped() {
    let module = module(&module_engine(), SPIN);
    let runs: Vec<_> = (0..200)
        .map(|_| {
            let control = Control::new();
            (begin(&module, &control), control)
        })
        .collect();
    for (_, control) in &runs {
        control.stop(Stop::Killed);
    }
    for (done, _) in &runs {
        assert!(!done.recv_timeout(LONG).unwrap().0);
    }
}

#[test]
fn one_run_on_many_threads_is_stopped_as_one() {
    let module = module(&module_engine(), SPIN);
    let control = Control::new();
    let threads: Vec<_> = (0..20).map(|_| begin(&module, &control)).collect();
    control.stop(Stop::Ended);
    for done in threads {
        assert!(!done.recv_timeout(LONG).unwrap().0);
    }
}

#[test]
fn what_was_stopped_before_it_began_ends_all_the_same() {
    let module = module(&module_engine(), SPIN);
    let control = Control::new();
    control.stop(Stop::Killed);
    assert!(!begin(&module, &control).recv_timeout(LONG).unwrap().0);
}

#[test]
fn a_host_function_sees_the_order_and_is_not_torn_off() {
    let text =
        r#"(module (import "host" "wait" (func $wait)) (func (export "run") (loop (call $wait) (br 0))))"#;
    let module = module(&module_engine(), text);
    let control = Control::new();
    let (waits, finished) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (over, done) = mpsc::channel();
    thread::spawn({
        let (control, waits, finished) = (control.clone(), waits.clone(), finished.clone());
        move || {
            let by_itself = run(&module, &control.clone(), |store| {
                let wait = Function::new_typed(store, move || {
                    waits.store(true, Ordering::SeqCst);
                    while control.stopped().is_none() {
                        thread::sleep(Duration::from_millis(1));
                    }
                    // Long enough to be asked some times more, here.
                    thread::sleep(Duration::from_millis(20));
                    finished.fetch_add(1, Ordering::SeqCst);
                    // As every host function does: its guest may be in it nearly all the time.
                    Err::<(), _>(wasmer::RuntimeError::new("stopped"))
                });
                imports! { "host" => { "wait" => wait } }
            });
            over.send(by_itself).unwrap();
        }
    });
    until(|| waits.load(Ordering::SeqCst));
    control.stop(Stop::Killed);
    assert!(!done.recv_timeout(LONG).unwrap());
    assert_eq!(finished.load(Ordering::SeqCst), 1, "the function came to its end");
}

#[test]
fn a_deadline_stops_it_and_a_later_one_takes_its_place() {
    let module = module(&module_engine(), SPIN);
    let control = Control::new();
    let begun = Instant::now();
    control.stop_at(begun + LONG * 10);
    control.stop_at(begun + Duration::from_millis(30));
    let (by_itself, over) = begin(&module, &control).recv_timeout(LONG).unwrap();
    assert!(!by_itself);
    assert_eq!(control.stopped(), Some(Stop::TimedOut));
    assert!(over - begun >= Duration::from_millis(30));
}

#[test]
fn the_innermost_guest_is_stopped_only_if_it_is_its_own_run_that_stops() {
    let text =
        r#"(module (import "host" "inner" (func $inner)) (func (export "run") (call $inner) (loop (br 0))))"#;
    let outer_module = module(&module_engine(), text);
    // Long enough to be asked, were it the one to be asked.
    let counts = r#"(module (func (export "run") (local i64)
        (loop (br_if 0 (i64.lt_u (local.tee 0 (i64.add (local.get 0) (i64.const 1))) (i64.const 100000000))))))"#;
    let inner_module = module(&module_engine(), counts);
    let (outer, inner) = (Control::new(), Control::new());
    let inner_returned = Arc::new(AtomicBool::new(false));
    let (over, done) = mpsc::channel();
    thread::spawn({
        let (outer, inner_returned) = (outer.clone(), inner_returned.clone());
        move || {
            let by_itself = run(&outer_module, &outer.clone(), |store| {
                let call = Function::new_typed(store, move || {
                    outer.stop(Stop::Killed);
                    inner_returned.store(run(&inner_module, &inner, alone), Ordering::SeqCst);
                });
                imports! { "host" => { "inner" => call } }
            });
            over.send(by_itself).unwrap();
        }
    });
    assert!(!done.recv_timeout(LONG).unwrap());
    assert!(inner_returned.load(Ordering::SeqCst), "the inner guest is none of the outer run's");
}

/// Guests whose time is spent in wasmer's own functions, which take locks and memory: none may be torn off there.
#[test]
fn guests_that_are_hardly_ever_in_their_own_code_are_stopped_and_leave_no_lock() {
    let grow = "(drop (memory.grow (i32.const 5000))) (drop (table.grow (ref.null func) (i32.const 100)))
        (drop (memory.grow (i32.const 0)))";
    let fill = "(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000))";
    let copy = "(memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff))";
    for work in [grow, fill, copy] {
        let text = format!(
            r#"(module (memory 1024 1025) (table 1 10 funcref) (func (export "run") (loop {work} (br 0))))"#
        );
        let module = module(&module_engine(), &text);
        for _ in 0..10 {
            let control = Control::new();
            let done = begin(&module, &control);
            thread::sleep(Duration::from_millis(2));
            control.stop(Stop::Killed);
            assert!(!done.recv_timeout(LONG).unwrap().0);
        }
    }
}

/// A call of 64 KiB takes ten thousand times as long as the guest's way to the next one.
#[test]
fn a_guest_that_makes_one_call_after_the_other_is_stopped() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 2)
        (func (export "_start") (loop (drop (call $random (i32.const 0) (i32.const 65536))) (br 0))))"#;
    let limits = Limits { timeout: Some(Duration::from_millis(30)), threads: 1, ..Limits::default() };
    let program = program(text);
    for _ in 0..5 {
        let begun = Instant::now();
        assert_eq!(said(&finish(Run { limits, ..plain(&program) }).end), "TimedOut");
        assert!(begun.elapsed() < LONG);
    }
}

#[test]
fn a_thread_that_waits_in_shared_memory_is_woken() {
    let text = r#"(module (import "env" "memory" (memory 1 1 shared)) (func (export "run")
        (loop (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br 0))))"#;
    let module = module(&module_engine(), text);
    for sooner in [false, true] {
        let control = Control::new();
        let (over, done) = mpsc::channel();
        let entered = Arc::new(Barrier::new(2));
        thread::spawn({
            let (control, entered, module) = (control.clone(), entered.clone(), module.clone());
            move || {
                let by_itself = run(&module, &control.clone(), |store| {
                    let kind = wasmer::MemoryType::new(1, Some(1), true);
                    let memory = wasmer::Memory::new(store, kind).unwrap();
                    control.share(&memory.as_shared(&store).unwrap());
                    entered.wait();
                    imports! { "env" => { "memory" => memory } }
                });
                over.send(by_itself).unwrap();
            }
        });
        entered.wait();
        if !sooner {
            thread::sleep(Duration::from_millis(20));
        }
        control.stop(Stop::Killed);
        assert!(!done.recv_timeout(LONG).unwrap());
    }
}

#[test]
fn a_thousand_that_end_when_they_are_stopped() {
    let text = |end: &str| {
        format!(
            "(module (func (export \"run\") (local i32)
                (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20000))))
                {end}))"
        )
    };
    let (ends, traps) =
        (module(&module_engine(), &text("")), module(&module_engine(), &text("(unreachable)")));
    let mut by_themselves = 0;
    for round in 0..1000_u64 {
        let control = Control::new();
        let done = begin(if round % 2 == 0 { &ends } else { &traps }, &control);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(round % 200) {
            std::hint::spin_loop();
        }
        control.stop(Stop::Killed);
        by_themselves += u32::from(done.recv_timeout(LONG).unwrap().0);
    }
    println!("{by_themselves} of 500 ended by themselves");
}

#[test]
fn what_is_over_leaves_nothing_with_the_warden() {
    // Other tests' runs are there too, and each has few.
    let before = open_orders();
    let module = module(&module_engine(), r#"(module (func (export "run")))"#);
    let runs: Vec<_> = (0..1000)
        .map(|_| {
            let control = Control::new();
            control.stop_at(Instant::now() + LONG * 100);
            assert!(run(&module, &control, alone));
            control
        })
        .collect();
    assert!(open_orders() >= 1000);
    for control in &runs[..500] {
        control.over();
    }
    drop(runs);
    until(|| open_orders() < before + 500);
}

#[test]
fn signals_of_others_come_to_those_whom_they_are_for() {
    static DEBUGGER: AtomicUsize = AtomicUsize::new(0);
    static URGENT: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn debugger(_signal: c_int) {
        DEBUGGER.fetch_add(1, Ordering::SeqCst);
    }
    extern "C" fn urgent(_signal: c_int, _info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
        URGENT.fetch_add(1, Ordering::SeqCst);
    }
    let module = module(&module_engine(), SPIN);
    // SAFETY: the handlers only count, and stay.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = debugger as *const () as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
        // As a listener does that comes after the engine: it takes the signal away from it.
        action.sa_sigaction = urgent as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut()), 0);
    }
    let control = Control::new();
    let done = begin(&module, &control);
    for _ in 0..5 {
        // SAFETY: both signals are handled.
        unsafe {
            assert_eq!(libc::kill(libc::getpid(), libc::SIGUSR1), 0);
            assert_eq!(libc::kill(libc::getpid(), libc::SIGURG), 0);
            assert_eq!(libc::raise(libc::SIGURG), 0);
        }
        thread::sleep(Duration::from_millis(2));
    }
    assert!(done.try_recv().is_err(), "it spins on");
    control.stop(Stop::Killed);
    assert!(!done.recv_timeout(LONG).unwrap().0);
    // The engine is in front again, and hands on what is not its own.
    let before = URGENT.load(Ordering::SeqCst);
    // SAFETY: it is handled.
    assert_eq!(unsafe { libc::raise(libc::SIGURG) }, 0);
    assert!(URGENT.load(Ordering::SeqCst) > before);
    assert!(DEBUGGER.load(Ordering::SeqCst) >= 1);
}

/// How long it takes. Not a test: `cargo test ... -- --ignored --nocapture how_long`.
#[test]
#[ignore = "a measurement"]
fn how_long_it_takes() {
    let module = module(&module_engine(), SPIN);
    for count in [1, 20] {
        let mut times = Vec::new();
        for _ in 0..(400 / count) {
            let runs: Vec<_> = (0..count)
                .map(|_| {
                    let control = Control::new();
                    (begin(&module, &control), control)
                })
                .collect();
            thread::sleep(Duration::from_millis(5 + count));
            for (done, control) in &runs {
                let begun = Instant::now();
                control.stop(Stop::Killed);
                times.push(done.recv_timeout(LONG).unwrap().1 - begun);
            }
        }
        times.sort();
        println!(
            "{count} spinning: 50 % {:?}, 99 % {:?}, most {:?}",
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            times.last().unwrap()
        );
    }
}
