//! Runs of small modules, from their text to their outcome.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use preopen::abi::Snapshot;
use preopen::engine::{Compiler, Control, End, Limits, Network, Outcome, Pool, Program, Run, start};
use preopen::guest::Strings;
use preopen::process::{Options, Process};
use preopen::stdio::{Capture, Null, Stream};
use preopen::system::Host;

/// Longer than any run here takes, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The compiled module of a text.
pub fn program(text: &str) -> Arc<Program> {
    compiled(text, Compiler::Singlepass, false)
}

/// As above, by a compiler, and with its operations counted or not.
pub fn compiled(text: &str, compiler: Compiler, metered: bool) -> Arc<Program> {
    let bytes = wat::parse_str(text).expect("the text is a module");
    Arc::new(Program::compile(&bytes, compiler, metered).map_err(|refusal| refusal.0).expect("it compiles"))
}

/// A process with nothing but standard streams; what it writes to 1 is kept.
pub fn process(args: &[&str]) -> (Process, Arc<Capture>) {
    let process = Process::new(Options {
        args: Strings::new(args.iter().map(ToString::to_string)).unwrap(),
        env: Strings::new(Vec::<String>::new()).unwrap(),
        max_fds: 64,
        system: Box::new(Host::new()),
        snapshot: Snapshot::Preview1,
        dot_entries: true,
    });
    let capture = Arc::new(Capture::new(1 << 20));
    process.add_stream(Arc::new(Null)).unwrap();
    process.add_stream(Arc::clone(&capture) as Arc<dyn Stream>).unwrap();
    process.add_stream(Arc::new(Null)).unwrap();
    (process, capture)
}

/// A run of a program, with nothing special.
pub fn plain(program: &Arc<Program>) -> Run {
    Run {
        program: Arc::clone(program),
        process: process(&["guest"]).0,
        limits: Limits { threads: 16, ..Limits::default() },
        network: Network::None,
        host: None,
        trace: None,
        control: Control::new(),
    }
}

/// Starts it; what comes is its outcome.
pub fn begin(pool: &Arc<Pool>, run: Run) -> mpsc::Receiver<Outcome> {
    let (send, receive) = mpsc::channel();
    start(pool, run, move |outcome| {
        let _gone = send.send(outcome);
    });
    receive
}

/// Runs it to its outcome.
pub fn finish(run: Run) -> Outcome {
    wait(&begin(&Pool::new(1), run))
}

/// The outcome, when it comes.
pub fn wait(receive: &mpsc::Receiver<Outcome>) -> Outcome {
    receive.recv_timeout(PATIENCE).expect("the run settles")
}

/// How it ended, in words.
pub fn said(end: &End) -> String {
    match end {
        End::Exit(code) => format!("exit {code}"),
        End::Raised(signal) => format!("raised {signal}"),
        End::Trap(trap) => format!("trap {}", trap.code),
        End::Fuel => "fuel".to_owned(),
        End::Stopped(stop) => format!("{stop:?}"),
        End::Host(_) => "host".to_owned(),
        End::Refused(why) => format!("refused: {why}"),
        End::System(errno) => format!("{errno:?}"),
        End::Panicked(said) => format!("panicked: {said}"),
    }
}

/// What was captured.
pub fn taken(capture: &Capture) -> Vec<u8> {
    let mut bytes = vec![0; capture.len()];
    capture.copy(&mut bytes);
    bytes
}
