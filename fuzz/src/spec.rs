//! What each function's parameters are, by their names: written anew from the specification, and not from the code.

use std::sync::LazyLock;

use preopen::abi::{EVENT_SIZE, Filestat, IMPORTS, MAX_PARAMS, Oflags, Rights, Snapshot, Subscription};

/// What one parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A descriptor.
    Fd,
    /// The address of a text that the guest passes; its length follows.
    Text,
    /// The length of the text, list or buffer before it.
    Length,
    /// The address of a list of ranges to read from the guest; their count follows.
    Give,
    /// The address of a list of ranges to fill; their count follows.
    Take,
    /// Where a result of so many bytes goes.
    Out(u64),
    /// Where a `filestat` goes.
    OutStat,
    /// Where as many bytes go as the next parameter says, at most.
    Buffer,
    /// Where the addresses of strings go, and where the strings do.
    Pointers,
    /// As above.
    Strings,
    /// The subscriptions, the place for events, and their count.
    Subscriptions,
    /// As above.
    Events,
    /// As above.
    Subscribed,
    /// Flags.
    Flags,
    /// A small number: a clock, an advice, a signal.
    Number,
    /// Rights.
    Rights,
    /// An offset, a size, a cookie.
    Offset,
    /// A time.
    Time,
}

/// One function.
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// What its parameters are.
    pub roles: Vec<Role>,
    /// Which descriptors need which rights, besides what flags ask for.
    rights: Vec<(usize, Rights)>,
}

/// All functions, by number.
pub static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let spec = |import: &preopen::abi::Import| Spec {
        name: import.name,
        roles: import.names.iter().map(|param| role(import.name, param)).collect(),
        rights: rights(import.name),
    };
    IMPORTS.iter().map(spec).collect()
});

/// The number of a function.
pub fn number(name: &str) -> u32 {
    SPECS.iter().position(|spec| spec.name == name).expect("the name is the specification's") as u32
}

fn role(function: &str, param: &str) -> Role {
    match (function, param) {
        ("fd_prestat_dir_name", "path") => Role::Buffer,
        ("fd_tell", "offset") => Role::Out(8),
        ("fd_prestat_get", "buf") => Role::Out(8),
        ("fd_filestat_get" | "path_filestat_get", "buf") => Role::OutStat,
        ("fd_read" | "fd_pread", "iovs") => Role::Take,
        (_, "fd" | "old_fd" | "new_fd" | "to") => Role::Fd,
        (_, "path" | "old_path" | "new_path") => Role::Text,
        (_, "iovs" | "si_data") => Role::Give,
        (_, "ri_data") => Role::Take,
        (_, "buf") => Role::Buffer,
        (_, "argv" | "environ") => Role::Pointers,
        (_, "argv_buf" | "environ_buf") => Role::Strings,
        (_, "subscriptions") => Role::Subscriptions,
        (_, "events") => Role::Events,
        (_, "nsubscriptions") => Role::Subscribed,
        (_, "ro_flags") => Role::Out(2),
        (_, "newoffset" | "resolution" | "time") => Role::Out(8),
        (_, "stat") => Role::Out(24),
        (_, "nread" | "nwritten" | "bufused" | "opened_fd" | "nevents" | "ro_datalen" | "so_datalen") => {
            Role::Out(4)
        }
        (_, "argc" | "argv_buf_size" | "environc" | "environ_buf_size") => Role::Out(4),
        (_, "fs_rights_base" | "fs_rights_inheriting") => Role::Rights,
        (_, "atim" | "mtim" | "precision") => Role::Time,
        (_, "offset" | "len" | "size" | "cookie") => Role::Offset,
        (_, "id" | "advice" | "whence" | "sig" | "rval" | "how") => Role::Number,
        (_, name) if name.ends_with("flags") => Role::Flags,
        (_, name) if name.ends_with("_len") => Role::Length,
        _ => panic!("{function} has a parameter that is not known: {param}"),
    }
}

fn rights(function: &str) -> Vec<(usize, Rights)> {
    match function {
        "fd_advise" => vec![(0, Rights::FD_ADVISE)],
        "fd_allocate" => vec![(0, Rights::FD_ALLOCATE)],
        "fd_datasync" => vec![(0, Rights::FD_DATASYNC)],
        "fd_fdstat_set_flags" => vec![(0, Rights::FD_FDSTAT_SET_FLAGS)],
        "fd_filestat_get" => vec![(0, Rights::FD_FILESTAT_GET)],
        "fd_filestat_set_size" => vec![(0, Rights::FD_FILESTAT_SET_SIZE)],
        "fd_filestat_set_times" => vec![(0, Rights::FD_FILESTAT_SET_TIMES)],
        "fd_pread" => vec![(0, Rights::FD_READ.with(Rights::FD_SEEK))],
        "fd_pwrite" => vec![(0, Rights::FD_WRITE.with(Rights::FD_SEEK))],
        "fd_read" | "sock_recv" => vec![(0, Rights::FD_READ)],
        "fd_readdir" => vec![(0, Rights::FD_READDIR)],
        "fd_seek" => vec![(0, Rights::FD_SEEK)],
        "fd_sync" => vec![(0, Rights::FD_SYNC)],
        "fd_tell" => vec![(0, Rights::FD_TELL)],
        "fd_write" | "sock_send" => vec![(0, Rights::FD_WRITE)],
        "path_create_directory" => vec![(0, Rights::PATH_CREATE_DIRECTORY)],
        "path_filestat_get" => vec![(0, Rights::PATH_FILESTAT_GET)],
        "path_filestat_set_times" => vec![(0, Rights::PATH_FILESTAT_SET_TIMES)],
        "path_link" => vec![(0, Rights::PATH_LINK_SOURCE), (4, Rights::PATH_LINK_TARGET)],
        "path_open" => vec![(0, Rights::PATH_OPEN)],
        "path_readlink" => vec![(0, Rights::PATH_READLINK)],
        "path_remove_directory" => vec![(0, Rights::PATH_REMOVE_DIRECTORY)],
        "path_rename" => vec![(0, Rights::PATH_RENAME_SOURCE), (3, Rights::PATH_RENAME_TARGET)],
        "path_symlink" => vec![(2, Rights::PATH_SYMLINK)],
        "path_unlink_file" => vec![(0, Rights::PATH_UNLINK_FILE)],
        "sock_accept" => vec![(0, Rights::SOCK_ACCEPT)],
        "sock_shutdown" => vec![(0, Rights::SOCK_SHUTDOWN)],
        _ => Vec::new(),
    }
}

/// A place in a guest's memory: an address, and how many bytes.
pub type Range = (u32, u64);

/// Where a call looks, and where it may write.
#[derive(Default)]
pub struct Touched {
    /// What it reads.
    pub reads: Vec<Range>,
    /// What it writes, or may write.
    pub writes: Vec<Range>,
}

/// What a guest was given, as far as that decides how much is written.
#[derive(Clone, Copy)]
pub struct Given {
    /// Whose layouts are used.
    pub snapshot: Snapshot,
    /// How many arguments there are, and how many bytes they take.
    pub args: (u32, u32),
    /// As above, of the environment.
    pub env: (u32, u32),
}

impl Spec {
    /// Which rights a call that succeeds must have found, by the number of the parameter with the descriptor.
    pub fn rights(&self, args: &[u64; MAX_PARAMS]) -> impl Iterator<Item = (u32, Rights)> {
        let flags = |rights: Rights| {
            let oflags = Oflags::truncate(args[4] as u32);
            let mut rights = rights;
            if self.name == "path_open" && oflags.contains(Oflags::CREAT) {
                rights = rights.with(Rights::PATH_CREATE_FILE);
            }
            if self.name == "path_open" && oflags.contains(Oflags::TRUNC) {
                rights = rights.with(Rights::PATH_FILESTAT_SET_SIZE);
            }
            rights
        };
        self.rights.iter().map(move |(at, rights)| (args[*at] as u32, flags(*rights)))
    }

    /// Where a call with these arguments looks and writes, given the memory that it began with.
    pub fn touched(&self, args: &[u64; MAX_PARAMS], given: Given, memory: &[u8]) -> Touched {
        let mut touched = Touched::default();
        let word = |at: usize| args[at] as u32;
        let (count, bytes) = if self.name.starts_with("environ") { given.env } else { given.args };
        if self.name == "environ_get" && count == 0 {
            return touched;
        }
        for (at, role) in self.roles.iter().enumerate() {
            let ptr = word(at);
            match role {
                Role::Text => touched.reads.push((ptr, word(at + 1).into())),
                Role::Give | Role::Take => {
                    let count = word(at + 1);
                    touched.reads.push((ptr, u64::from(count) * 8));
                    let into = if *role == Role::Give { &mut touched.reads } else { &mut touched.writes };
                    into.extend(iovecs(memory, ptr, count));
                }
                Role::Out(size) => touched.writes.push((ptr, *size)),
                Role::OutStat => touched.writes.push((ptr, Filestat::size(given.snapshot) as u64)),
                Role::Buffer => touched.writes.push((ptr, word(at + 1).into())),
                Role::Pointers => touched.writes.push((ptr, u64::from(count) * 4)),
                Role::Strings => touched.writes.push((ptr, bytes.into())),
                Role::Subscriptions => {
                    let size = Subscription::size(given.snapshot) as u64;
                    touched.reads.push((ptr, u64::from(word(at + 2)) * size));
                }
                Role::Events => touched.writes.push((ptr, u64::from(word(at + 1)) * EVENT_SIZE as u64)),
                _ => {}
            }
        }
        touched
    }
}

/// The ranges of a list, as far as it lies inside the memory.
pub fn iovecs(memory: &[u8], ptr: u32, count: u32) -> impl Iterator<Item = Range> {
    let list = memory.get(ptr as usize..).unwrap_or_default();
    let (entries, _) = list.as_chunks::<8>();
    entries.iter().take(count as usize).map(|[a, b, c, d, e, f, g, h]| {
        (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]).into())
    })
}

/// Whether a range lies inside a memory of `len` bytes; an empty one at the very end does not.
pub fn is_inside((ptr, len): Range, memory: usize) -> bool {
    u64::from(ptr) < memory as u64 && u64::from(ptr) + len <= memory as u64
}
