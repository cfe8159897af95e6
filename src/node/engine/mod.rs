//! The door for guests that run in Wasmer, as JavaScript sees it: programs, pools, runs, pipes.
//!
//! A guest is on a thread of its own. What it needs of JavaScript is an [`errand`](errand::errand) to the thread that started it,
//! where its outcome arrives too: by that environment's [`Desk`](desk::Desk).

mod captured;
mod desk;
pub mod elsewhere;
mod errand;
mod exceptions;
mod host;
mod memory;
mod outcome;
mod pipe;
mod program;
mod run;
mod runs;
mod trace;

use std::sync::Arc;

use napi_derive::napi;

use crate::engine::Pool;

/// How many runs go on at once.
#[napi(js_name = "Pool")]
pub struct PoolHandle {
    pool: Arc<Pool>,
}

impl PoolHandle {
    /// The pool itself.
    pub fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }
}

#[napi]
impl PoolHandle {
    /// At most `limit`.
    #[napi(constructor)]
    pub fn new(limit: f64) -> Self {
        // As many as there can be, where it is infinite.
        Self { pool: Pool::new(limit as usize) }
    }

    /// How many run and how many queue.
    #[napi(catch_unwind)]
    pub fn load(&self) -> Vec<f64> {
        let (running, queued) = self.pool.load();
        vec![running as f64, queued as f64]
    }
}
