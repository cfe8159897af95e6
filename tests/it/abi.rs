//! Preview1 as data: numbers, layouts, the table.

use preopen::abi::{
    Errno, Event, EventType, Fdflags, Filetype, Fstflags, IMPORTS, Lookupflags, MAX_PARAMS, Oflags, Param,
    Riflags, Rights, Sdflags, Snapshot, Subscription, Whence, encode_dirent,
};
use proptest::prelude::*;

#[test]
fn errors_have_the_numbers_of_the_specification() {
    // Its list begins with success, and goes on without a gap.
    assert!(Errno::ALL.iter().map(|errno| *errno as u16).eq(1..=76));
    for (errno, number, name) in [
        (Errno::Toobig, 1, "E2BIG"),
        (Errno::Badf, 8, "EBADF"),
        (Errno::Inval, 28, "EINVAL"),
        (Errno::Noent, 44, "ENOENT"),
        (Errno::Overflow, 61, "EOVERFLOW"),
        (Errno::Xdev, 75, "EXDEV"),
        (Errno::Notcapable, 76, "ENOTCAPABLE"),
    ] {
        assert_eq!((errno as u16, errno.name()), (number, name));
    }
    let names: std::collections::HashSet<_> = Errno::ALL.iter().map(|errno| errno.name()).collect();
    assert_eq!(names.len(), 76);
}

/// Each function as `name(ii)`: i for an i32, I for an i64.
#[test]
fn the_table_has_the_signatures_of_the_specification() {
    const SPECIFIED: &str = "args_get(ii) args_sizes_get(ii) environ_get(ii) environ_sizes_get(ii) clock_res_get(ii) \
        clock_time_get(iIi) fd_advise(iIIi) fd_allocate(iII) fd_close(i) fd_datasync(i) fd_fdstat_get(ii) \
        fd_fdstat_set_flags(ii) fd_fdstat_set_rights(iII) fd_filestat_get(ii) fd_filestat_set_size(iI) \
        fd_filestat_set_times(iIIi) fd_pread(iiiIi) fd_prestat_get(ii) fd_prestat_dir_name(iii) fd_pwrite(iiiIi) \
        fd_read(iiii) fd_readdir(iiiIi) fd_renumber(ii) fd_seek(iIii) fd_sync(i) fd_tell(ii) fd_write(iiii) \
        path_create_directory(iii) path_filestat_get(iiiii) path_filestat_set_times(iiiiIIi) path_link(iiiiiii) \
        path_open(iiiiiIIii) path_readlink(iiiiii) path_remove_directory(iii) path_rename(iiiiii) path_symlink(iiiii) \
        path_unlink_file(iii) poll_oneoff(iiii) proc_exit(i) proc_raise(i) random_get(ii) sched_yield() sock_accept(iii) \
        sock_recv(iiiiii) sock_send(iiiii) sock_shutdown(ii)";
    let letter = |param: &Param| if *param == Param::U32 { 'i' } else { 'I' };
    let signature = |import: &preopen::abi::Import| {
        format!("{}({})", import.name, import.params.iter().map(letter).collect::<String>())
    };
    let known: Vec<_> = IMPORTS.iter().map(signature).collect();
    assert_eq!(known.join(" "), SPECIFIED);
    assert_eq!(IMPORTS.iter().map(|import| import.params.len()).max(), Some(MAX_PARAMS));
    assert!(IMPORTS.iter().all(|import| import.returns == (import.name != "proc_exit")));
}

#[test]
fn rights_are_bits() {
    assert_eq!(Rights::FD_DATASYNC.0, 1);
    assert_eq!(Rights::SOCK_ACCEPT.0, 1 << 29);
    assert_eq!(Rights::ALL.0, (1 << 30) - 1);
    let (read, both) = (Rights::FD_READ, Rights::FD_READ.with(Rights::FD_WRITE));
    assert!(
        both.contains(read) && !read.contains(both) && read.intersects(both) && both.contains(Rights::NONE)
    );
    assert_eq!(both.without(read), Rights::FD_WRITE);
    assert_eq!(both.and(read), read);
    for filetype in [Filetype::Unknown, Filetype::SymbolicLink] {
        assert_eq!(Rights::of(filetype, false), (Rights::NONE, Rights::NONE));
    }
    assert_eq!(Rights::of(Filetype::CharacterDevice, true), (Rights(0x0820_004a), Rights::NONE));
}

#[test]
fn flags_are_known_or_refused() {
    assert_eq!(Fdflags::decode(31).map(Fdflags::bits), Ok(31));
    assert_eq!(Fdflags::decode(32), Err(Errno::Inval));
    assert_eq!(Fdflags::truncate(u32::MAX).bits(), 31);
    assert_eq!(Oflags::truncate(u32::MAX).bits(), 15);
    assert_eq!(Fstflags::decode(16), Err(Errno::Inval));
    assert_eq!(Lookupflags::decode(2), Err(Errno::Inval));
    assert_eq!(Riflags::decode(4), Err(Errno::Inval));
    assert_eq!(Sdflags::decode(4), Err(Errno::Inval));
    assert!(Fdflags::SYNC.with(Fdflags::DSYNC).intersects(Fdflags::SYNC));
}

#[test]
fn whence_is_ordered_by_the_snapshot() {
    let all = |snapshot| [0, 1, 2, 3].map(|whence| Whence::decode(snapshot, whence));
    let (set, cur, end, none) = (Ok(Whence::Set), Ok(Whence::Cur), Ok(Whence::End), Err(Errno::Inval));
    assert_eq!(all(Snapshot::Preview1), [set, cur, end, none]);
    assert_eq!(all(Snapshot::Preview0), [cur, end, set, none]);
}

#[test]
fn heads_of_entries_and_events() {
    let head = encode_dirent(0x0102, 0x0304, 5, Filetype::SymbolicLink);
    assert_eq!(head, *b"\x02\x01\0\0\0\0\0\0\x04\x03\0\0\0\0\0\0\x05\0\0\0\x07\0\0\0");
    let event =
        Event { userdata: 9, kind: EventType::FdWrite, error: Some(Errno::Badf), nbytes: 7, hangup: true };
    assert_eq!(
        event.encode(),
        *b"\x09\0\0\0\0\0\0\0\x08\0\x02\0\0\0\0\0\x07\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
    );
}

proptest! {
    /// Whatever lies there: it is a subscription or an error.
    #[test]
    fn subscriptions_are_decoded_or_refused(bytes in proptest::array::uniform32(any::<u8>()), kind in 0_u8..4, flags in 0_u8..3) {
        for (snapshot, clock) in [(Snapshot::Preview1, 16), (Snapshot::Preview0, 24)] {
            let mut all = [0; 56];
            all[..32].copy_from_slice(&bytes);
            all[8] = kind;
            all[clock + 24] = flags;
            let decoded = Subscription::decode(snapshot, &all);
            prop_assert_eq!(decoded.is_ok(), kind < 3 && (kind > 0 || flags < 2));
            if let Ok(decoded) = decoded {
                prop_assert_eq!(&decoded.userdata.to_le_bytes()[..], &all[..8]);
                prop_assert_eq!(&decoded.fd.to_le_bytes()[..], &all[16..20]);
                prop_assert_eq!(&decoded.clock.timeout.to_le_bytes()[..], &all[clock + 8..clock + 16]);
            }
        }
    }
}
