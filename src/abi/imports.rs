//! THE TABLE: the 46 functions of preview1, in the specification's order. Every list of them is made from this one.

/// Hands the rows to the macro `$with`: the module of `calls/` that holds the function, its name, and its parameters as
/// WebAssembly passes them (`u32` is an i32, `u64` an i64). All return an errno but `proc_exit`, which does not return.
macro_rules! imports {
    ($with:ident) => {
        $with! {
            args args_get(argv: u32, argv_buf: u32);
            args args_sizes_get(argc: u32, argv_buf_size: u32);
            args environ_get(environ: u32, environ_buf: u32);
            args environ_sizes_get(environc: u32, environ_buf_size: u32);
            clock clock_res_get(id: u32, resolution: u32);
            clock clock_time_get(id: u32, precision: u64, time: u32);
            fd_sync fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
            fd_stat fd_allocate(fd: u32, offset: u64, len: u64);
            fd_table fd_close(fd: u32);
            fd_sync fd_datasync(fd: u32);
            fd_table fd_fdstat_get(fd: u32, stat: u32);
            fd_table fd_fdstat_set_flags(fd: u32, flags: u32);
            fd_table fd_fdstat_set_rights(fd: u32, fs_rights_base: u64, fs_rights_inheriting: u64);
            fd_stat fd_filestat_get(fd: u32, buf: u32);
            fd_stat fd_filestat_set_size(fd: u32, size: u64);
            fd_stat fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32);
            fd_io fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
            fd_table fd_prestat_get(fd: u32, buf: u32);
            fd_table fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
            fd_io fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
            fd_io fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
            fd_readdir fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32);
            fd_table fd_renumber(fd: u32, to: u32);
            fd_io fd_seek(fd: u32, offset: u64, whence: u32, newoffset: u32);
            fd_sync fd_sync(fd: u32);
            fd_io fd_tell(fd: u32, offset: u32);
            fd_io fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
            path_tree path_create_directory(fd: u32, path: u32, path_len: u32);
            path_stat path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32);
            path_stat path_filestat_set_times(fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64, fst_flags: u32);
            path_tree path_link(old_fd: u32, old_flags: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32);
            path_open path_open(fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32, fs_rights_base: u64, fs_rights_inheriting: u64, fdflags: u32, opened_fd: u32);
            path_tree path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32);
            path_tree path_remove_directory(fd: u32, path: u32, path_len: u32);
            path_tree path_rename(fd: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32);
            path_tree path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32);
            path_tree path_unlink_file(fd: u32, path: u32, path_len: u32);
            poll poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32);
            proc proc_exit(rval: u32);
            proc proc_raise(sig: u32);
            random random_get(buf: u32, buf_len: u32);
            proc sched_yield();
            sock sock_accept(fd: u32, flags: u32, opened_fd: u32);
            sock sock_recv(fd: u32, ri_data: u32, ri_data_len: u32, ri_flags: u32, ro_datalen: u32, ro_flags: u32);
            sock sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, so_datalen: u32);
            sock sock_shutdown(fd: u32, how: u32);
        }
    };
}
pub(crate) use imports;

/// One parameter, as WebAssembly types it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// An i32: a descriptor, a pointer, a length, flags.
    U32,
    /// An i64: an offset, a time, rights.
    U64,
}

/// One row of the table, as data.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// The specification's name.
    pub name: &'static str,
    /// The parameters, in order; at most [`MAX_PARAMS`].
    pub params: &'static [Param],
    /// The specification's names of the parameters.
    pub names: &'static [&'static str],
    /// Whether the function returns an errno: all do but `proc_exit`.
    pub returns: bool,
}

/// The most parameters a row has (`path_open`).
pub const MAX_PARAMS: usize = 9;

macro_rules! param {
    (u32) => {
        Param::U32
    };
    (u64) => {
        Param::U64
    };
}

macro_rules! rows {
    ($($module:ident $name:ident($($param:ident: $kind:ident),*);)*) => {
        /// The rows, by number: a row's index is the number that the adapter stores in the call frame.
        pub const IMPORTS: &[Import] = &[$(Import {
            name: stringify!($name),
            params: &[$(param!($kind)),*],
            names: &[$(stringify!($param)),*],
            returns: !matches!(stringify!($name).as_bytes(), b"proc_exit"),
        }),*];
    };
}
imports!(rows);
