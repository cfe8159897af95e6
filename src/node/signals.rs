//! The one signal that a guest's call could raise in the host.

/// Has a write beyond the host's file size limit (`ulimit -f`) answer `Fbig`, and not end the process: SIGXFSZ is ignored,
/// as Node does with SIGPIPE, unless the host handles it. Asked for each guest: a host that stops handling the signal
/// (`process.off`) leaves the default behind.
pub fn ignore_file_size_limit() {
    // SAFETY: both calls get a signal that exists, and a structure of our own to fill; SIG_IGN runs no code.
    unsafe {
        let mut current: libc::sigaction = std::mem::zeroed();
        let known = libc::sigaction(libc::SIGXFSZ, std::ptr::null(), &raw mut current) == 0;
        if known && current.sa_sigaction == libc::SIG_DFL {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        }
    }
}
