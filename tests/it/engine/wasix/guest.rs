//! A WASIX guest for a test, in WebAssembly's text.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use preopen::abi::Snapshot;
use preopen::engine::{Compiler, Control, End, Limits, Network, Pool, Program, Run, Stop, start};
use preopen::guest::Strings;
use preopen::process::{Options, Process};
use preopen::stdio::{Buffer, Capture, Null, Stream};
use preopen::system::Host;
use preopen::vfs::Dir;

/// How long a test waits for what must happen at once: long, for machines with other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// The imports, a memory, and what every guest here needs: `$ok` ends the guest with the errno that it is given, unless that is 0,
/// and writes the letter of the step to standard error; `$say` writes to standard output; `$exit` exits.
const PRELUDE: &str = r#"
  (import "wasix_32v1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasix_32v1" "fd_pipe" (func $fd_pipe (param i32 i32) (result i32)))
  (import "wasix_32v1" "fd_event" (func $fd_event (param i64 i32 i32) (result i32)))
  (import "wasix_32v1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasix_32v1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasix_32v1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasix_32v1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasix_32v1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasix_32v1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasix_32v1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasix_32v1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))
  (import "wasix_32v1" "chdir" (func $chdir (param i32 i32) (result i32)))
  (import "wasix_32v1" "tty_get" (func $tty_get (param i32) (result i32)))
  (import "wasix_32v1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "thread_spawn_v2" (func $thread_spawn (param i32 i32) (result i32)))
  (import "wasix_32v1" "thread_join" (func $thread_join (param i32) (result i32)))
  (import "wasix_32v1" "thread_sleep" (func $thread_sleep (param i64) (result i32)))
  (import "wasix_32v1" "thread_exit" (func $thread_exit (param i32)))
  (import "wasix_32v1" "futex_wait" (func $futex_wait (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "futex_wake" (func $futex_wake (param i32 i32) (result i32)))
  (import "wasix_32v1" "proc_raise" (func $proc_raise (param i32) (result i32)))
  (import "wasix_32v1" "proc_fork" (func $proc_fork (param i32 i32) (result i32)))
  (import "wasix_32v1" "proc_join" (func $proc_join (param i32 i32 i32) (result i32)))
  (import "wasix_32v1" "proc_spawn2" (func $proc_spawn (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_open" (func $sock_open (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_bind" (func $sock_bind (param i32 i32) (result i32)))
  (import "wasix_32v1" "sock_listen" (func $sock_listen (param i32 i32) (result i32)))
  (import "wasix_32v1" "sock_accept_v2" (func $sock_accept (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_connect" (func $sock_connect (param i32 i32) (result i32)))
  (import "wasix_32v1" "sock_send" (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_recv" (func $sock_recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_send_to" (func $sock_send_to (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "resolve" (func $resolve (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
"#;

const HELPERS: &str = r#"
  (func $ok (param $errno i32) (param $step i32)
    (if (i32.eqz (local.get $errno)) (then (return)))
    (i32.store8 (i32.const 24) (local.get $step))
    (i32.store (i32.const 16) (i32.const 24))
    (i32.store (i32.const 20) (i32.const 1))
    (drop (call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 28)))
    (call $exit (local.get $errno)))
  (func $say (param $ptr i32) (param $len i32)
    (i32.store (i32.const 16) (local.get $ptr))
    (i32.store (i32.const 20) (local.get $len))
    (call $ok (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 28)) (i32.const 0x77)))
"#;

/// What a guest is given.
pub struct Guest {
    pub text: String,
    pub args: Vec<&'static str>,
    pub env: Vec<&'static str>,
    pub stdin: Vec<u8>,
    pub dirs: Vec<(&'static str, Box<dyn Dir>)>,
    pub limits: Limits,
    pub network: Network,
    pub compiler: Compiler,
    pub metered: bool,
}

/// What came of one.
pub struct Done {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub fuel: Option<u64>,
}

/// One that runs.
pub struct Running {
    pub control: Arc<Control>,
    done: mpsc::Receiver<(End, Option<u64>)>,
    stdout: Arc<Capture>,
    stderr: Arc<Capture>,
}

impl Guest {
    /// One with a memory of its own. `body` has the functions, `_start` among them, and the data, from address 256 on.
    pub fn new(body: &str) -> Self {
        Self::with_memory(body, r#"(memory (export "memory") 2)"#)
    }

    /// One whose threads share its memory.
    pub fn shared(body: &str) -> Self {
        let memory = r#"(import "env" "memory" (memory 2 2 shared)) (export "memory" (memory 0))"#;
        Self::with_memory(body, memory)
    }

    fn with_memory(body: &str, memory: &str) -> Self {
        Self {
            text: format!("(module {PRELUDE} {memory} {HELPERS} {body})"),
            args: vec!["guest"],
            env: Vec::new(),
            stdin: Vec::new(),
            dirs: Vec::new(),
            limits: Limits { threads: 8, ..Limits::default() },
            network: Network::None,
            compiler: Compiler::Cranelift,
            metered: false,
        }
    }

    pub fn args(mut self, args: &[&'static str]) -> Self {
        self.args = args.to_vec();
        self
    }

    pub fn env(mut self, env: &[&'static str]) -> Self {
        self.env = env.to_vec();
        self
    }

    pub fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    pub fn dir(mut self, name: &'static str, dir: impl Dir + 'static) -> Self {
        self.dirs.push((name, Box::new(dir)));
        self
    }

    pub fn network(mut self, allowed: &[&str]) -> Self {
        self.network = Network::parse(Some(allowed)).unwrap();
        self
    }

    /// The module's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        wat::parse_str(&self.text).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn program(&self) -> Arc<Program> {
        let program = Program::compile(&self.bytes(), self.compiler, self.metered);
        Arc::new(program.unwrap_or_else(|refusal| panic!("{}", refusal.0)))
    }

    pub fn start(self) -> Running {
        let program = self.program();
        let process = Process::new(Options {
            args: Strings::new(&self.args).unwrap(),
            env: Strings::new(&self.env).unwrap(),
            max_fds: 64,
            system: Box::new(Host::new()),
            snapshot: Snapshot::Preview1,
            dot_entries: true,
        });
        let stdout = Arc::new(Capture::new(1 << 20));
        let stderr = Arc::new(Capture::new(1 << 20));
        let stdin: Arc<dyn Stream> =
            if self.stdin.is_empty() { Arc::new(Null) } else { Arc::new(Buffer::copy(&self.stdin).unwrap()) };
        process.add_stream(stdin).unwrap();
        process.add_stream(Arc::clone(&stdout) as Arc<dyn Stream>).unwrap();
        process.add_stream(Arc::clone(&stderr) as Arc<dyn Stream>).unwrap();
        for (name, dir) in self.dirs {
            process.add_preopen(name.as_bytes(), dir).unwrap();
        }
        let control = Control::new();
        let run = Run {
            program,
            process,
            limits: self.limits,
            network: self.network,
            host: None,
            trace: None,
            control: Arc::clone(&control),
        };
        let (tell, done) = mpsc::channel();
        start(&Pool::new(8), run, move |outcome| {
            let _ = tell.send((outcome.end, outcome.fuel_used));
        });
        Running { control, done, stdout, stderr }
    }

    pub fn run(self) -> Done {
        self.start().wait()
    }

    /// Runs it, and fails unless it exits with 0. What it has written.
    #[track_caller]
    pub fn says(self) -> String {
        let done = self.run();
        assert_eq!((done.ending(), done.stderr.as_str()), ("exit 0".to_owned(), ""), "{}", done.stdout);
        done.stdout
    }
}

impl Running {
    pub fn wait(self) -> Done {
        let (end, fuel) = self.done.recv_timeout(PATIENCE).expect("the guest ends");
        Done { end, stdout: text(&self.stdout), stderr: text(&self.stderr), fuel }
    }

    /// Waits until the guest has written something.
    pub fn until_it_speaks(&self) {
        let begun = Instant::now();
        while self.stdout.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "the guest says nothing");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Stops it once it has spoken, and waits. How long that took.
    pub fn kill(self) -> (Done, Duration) {
        self.until_it_speaks();
        // Whatever it does next, it is doing it.
        std::thread::sleep(Duration::from_millis(20));
        let ordered = Instant::now();
        self.control.stop(Stop::Killed);
        let done = self.wait();
        (done, ordered.elapsed())
    }
}

impl Done {
    /// How it ended, in words.
    pub fn ending(&self) -> String {
        match &self.end {
            End::Exit(code) => format!("exit {code}"),
            End::Raised(signal) => format!("raised {signal}"),
            End::Trap(trap) => format!("trap {}", trap.code),
            End::Fuel => "fuel".to_owned(),
            End::Stopped(stop) => format!("stopped {stop:?}"),
            End::Host(_) => "host".to_owned(),
            End::Refused(why) => format!("refused: {why}"),
            End::System(errno) => format!("system {errno}"),
            End::Panicked(why) => format!("panicked: {why}"),
        }
    }
}

fn text(capture: &Capture) -> String {
    let mut bytes = vec![0; capture.len()];
    capture.copy(&mut bytes);
    String::from_utf8(bytes).unwrap()
}
