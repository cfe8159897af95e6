//! What wasmer-wasix asks of its surroundings: stores, a network, a terminal, and modules that a guest starts.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime as Tokio};
use wasmer::{Engine, Module, Store};
use wasmer_wasix::os::TtyBridge;
use wasmer_wasix::runtime::module_cache::progress::ModuleLoadProgressReporter;
use wasmer_wasix::runtime::module_cache::{ModuleCache, ThreadLocalCache};
use wasmer_wasix::runtime::package_loader::{PackageLoader, UnsupportedPackageLoader};
use wasmer_wasix::runtime::resolver::{MultiSource, Source};
use wasmer_wasix::runtime::{ModuleInput, load_module};
use wasmer_wasix::virtual_net::host::LocalNetworking;
use wasmer_wasix::virtual_net::{DynVirtualNetworking, UnsupportedVirtualNetworking};
use wasmer_wasix::{Runtime, SpawnError, VirtualTaskManager, WasiTtyState};

use super::filter::Filtered;
use super::network::Network;
use super::session::Session;

/// How long a thread of tokio's that resolved a name stays for the next one.
const KEEP_ALIVE: Duration = Duration::from_millis(50);

/// Tokio's runtime for the timers and names of all guests: one thread, made with the first WASIX guest of the process.
/// Errors: the host has no room for it.
pub fn tokio() -> std::io::Result<&'static Handle> {
    static TOKIO: OnceLock<Option<Tokio>> = OnceLock::new();
    let made = TOKIO.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("preopen-wasix").thread_keep_alive(KEEP_ALIVE);
        builder.enable_all().build().ok()
    });
    made.as_ref().map(Tokio::handle).ok_or_else(|| std::io::ErrorKind::OutOfMemory.into())
}

/// The surroundings of one run's guests.
pub struct World {
    session: Arc<Session>,
    tasks: Arc<dyn VirtualTaskManager>,
    network: DynVirtualNetworking,
    terminal: Terminal,
}

impl World {
    /// Within tokio's runtime. `terminals`: which of standard input, output and error are one.
    pub fn new(
        session: Arc<Session>,
        tasks: Arc<dyn VirtualTaskManager>,
        network: Network,
        terminals: [bool; 3],
    ) -> Self {
        let network: DynVirtualNetworking = match network {
            Network::None => Arc::new(UnsupportedVirtualNetworking::default()),
            Network::All => Arc::new(LocalNetworking::new()),
            Network::Allow(rules) => Arc::new(Filtered::new(rules)),
        };
        Self { session, tasks, network, terminal: Terminal(terminals) }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("network", &self.network).finish_non_exhaustive()
    }
}

impl Runtime for World {
    fn networking(&self) -> &DynVirtualNetworking {
        &self.network
    }

    fn task_manager(&self) -> &Arc<dyn VirtualTaskManager> {
        &self.tasks
    }

    fn package_loader(&self) -> Arc<dyn PackageLoader + Send + Sync> {
        Arc::new(UnsupportedPackageLoader)
    }

    fn source(&self) -> Arc<dyn Source + Send + Sync> {
        Arc::new(MultiSource::default())
    }

    fn module_cache(&self) -> Arc<dyn ModuleCache + Send + Sync> {
        Arc::new(ThreadLocalCache::default())
    }

    fn engine(&self) -> Engine {
        self.session.program.engine.clone()
    }

    fn new_store(&self) -> Store {
        self.session.new_store()
    }

    fn tty(&self) -> Option<&(dyn TtyBridge + Send + Sync)> {
        Some(&self.terminal)
    }

    fn resolve_module<'a>(
        &'a self,
        input: ModuleInput<'a>,
        engine: Option<&Engine>,
        on_progress: Option<ModuleLoadProgressReporter>,
    ) -> Pin<Box<dyn Future<Output = Result<Module, SpawnError>> + Send + 'a>> {
        // What counts a program's fuel counts that program's alone.
        if self.session.program.is_metered() {
            return Box::pin(ready(Err(SpawnError::Unsupported)));
        }
        let engine = engine.cloned().unwrap_or_else(|| self.engine());
        let cache = self.module_cache();
        Box::pin(async move { load_module(&engine, &cache, input, on_progress).await })
    }
}

/// A terminal of a fixed size: what a guest sets is not the host's.
#[derive(Debug)]
struct Terminal([bool; 3]);

impl TtyBridge for Terminal {
    fn reset(&self) {}

    fn tty_get(&self) -> WasiTtyState {
        let [stdin_tty, stdout_tty, stderr_tty] = self.0;
        WasiTtyState {
            cols: 80,
            rows: 25,
            width: 800,
            height: 600,
            stdin_tty,
            stdout_tty,
            stderr_tty,
            echo: false,
            line_buffered: true,
            line_feeds: true,
        }
    }

    fn tty_set(&self, _state: WasiTtyState) {}
}
