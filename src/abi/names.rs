//! What the specification calls the numbers of its enumerations, each name at the place of its number.

use super::Snapshot;

/// `advice` of `fd_advise`.
pub const ADVICE: &[&str] = &["NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE"];

/// `clockid`.
pub const CLOCKID: &[&str] = &["REALTIME", "MONOTONIC", "PROCESS_CPUTIME_ID", "THREAD_CPUTIME_ID"];

/// `eventtype` of `poll_oneoff`.
pub const EVENTTYPE: &[&str] = &["CLOCK", "FD_READ", "FD_WRITE"];

/// `filetype`.
pub const FILETYPE: &[&str] = &[
    "UNKNOWN",
    "BLOCK_DEVICE",
    "CHARACTER_DEVICE",
    "DIRECTORY",
    "REGULAR_FILE",
    "SOCKET_DGRAM",
    "SOCKET_STREAM",
    "SYMBOLIC_LINK",
];

/// `roflags` of `sock_recv`, each at the place of its bit.
pub const ROFLAGS: &[&str] = &["RECV_DATA_TRUNCATED"];

/// `signal` of `proc_raise`.
pub const SIGNAL: &[&str] = &[
    "NONE", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
    "PROF", "WINCH", "POLL", "PWR", "SYS",
];

/// `subclockflags` of `poll_oneoff`, each at the place of its bit.
pub const SUBCLOCKFLAGS: &[&str] = &["SUBSCRIPTION_CLOCK_ABSTIME"];

/// `whence` of `fd_seek`, which the two snapshots order differently.
pub const fn whence(snapshot: Snapshot) -> &'static [&'static str] {
    match snapshot {
        Snapshot::Preview0 => &["CUR", "END", "SET"],
        Snapshot::Preview1 => &["SET", "CUR", "END"],
    }
}
