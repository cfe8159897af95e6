//! Lets the addon leave the symbols of Node-API to the runtime that loads it.

fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
