//! What the world does to a guest: disks that are full, fail or vanish, signals, clocks that are set. README.md, "When things fail",
//! has the promises.

mod clock;
mod descriptors;
mod faulty;
mod full;
mod gone;
mod overlay;
mod plan;
mod signals;

use faulty::{faulty_dir, faulty_stream};
use plan::Plan;
