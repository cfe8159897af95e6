//! What opening gives. Every combination of options is in `tables.rs`.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::{Access, Dir, OpenOptions, Opened};

use super::{START_NAMES, cases};
use crate::support::{CREATE, names, open_dir, open_file, path, read, target};

cases! {
    reads: [files_and_directories_are_opened, what_is_not_there_is_not_opened, a_file_to_read_is_not_written],
    changes: [files_are_made, what_cannot_be_made, files_are_cut, a_file_to_write_is_not_read, handles_are_of_one_file]
}

const WRITE: OpenOptions = OpenOptions { access: Access::Write, ..OpenOptions::READ };

fn files_and_directories_are_opened(dir: &dyn Dir) {
    for at in [".", "./", "dir", "dir/", "dir/.", "dir/..", "./dir//", "to-dir", "to-dir/", "to-dir/../empty"]
    {
        assert!(matches!(dir.open(path(at), OpenOptions::READ), Ok(Opened::Dir(_))), "{at}");
        assert!(open_dir(dir, at).is_ok(), "{at}");
    }
    for at in ["file", "link", "dir/inner", "dir/up", "to-dir/inner", ".//dir/../file"] {
        assert!(matches!(dir.open(path(at), OpenOptions::READ), Ok(Opened::File(_))), "{at}");
    }
    // `exclusive` means nothing alone.
    assert!(dir.open(path("file"), OpenOptions { exclusive: true, ..OpenOptions::READ }).is_ok());
    assert_eq!(names(dir), START_NAMES);
}

fn what_is_not_there_is_not_opened(dir: &dyn Dir) {
    let directory = OpenOptions { directory: true, ..OpenOptions::READ };
    for (at, options, errno) in [
        ("missing", OpenOptions::READ, Errno::Noent),
        ("missing", directory, Errno::Noent),
        ("missing/", OpenOptions::READ, Errno::Noent),
        ("missing/x", OpenOptions::READ, Errno::Noent),
        ("missing/..", OpenOptions::READ, Errno::Noent),
        ("dangling", OpenOptions::READ, Errno::Noent),
        ("far/", OpenOptions::READ, Errno::Noent),
        ("file/x", OpenOptions::READ, Errno::Notdir),
        ("file/..", OpenOptions::READ, Errno::Notdir),
        ("file/", OpenOptions::READ, Errno::Notdir),
        ("file/.", OpenOptions::READ, Errno::Notdir),
        ("link/", OpenOptions::READ, Errno::Notdir),
        ("file", directory, Errno::Notdir),
        ("link", directory, Errno::Notdir),
        ("loop", OpenOptions::READ, Errno::Loop),
        ("loop/x", OpenOptions::READ, Errno::Loop),
        ("..", OpenOptions::READ, Errno::Notcapable),
        ("dir/../../x", OpenOptions::READ, Errno::Notcapable),
        ("to-dir", OpenOptions { follow: false, ..directory }, Errno::Notdir),
    ] {
        assert_eq!(dir.open(path(at), options).err(), Some(errno), "{at}");
    }
}

fn a_file_to_read_is_not_written(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    let mut bytes = *b"xx";
    let span = [Span::over(&mut bytes)];
    // A kind that only reads says so first.
    let refused = |errno| matches!(errno, Err(Errno::Badf | Errno::Inval | Errno::Rofs));
    assert!(refused(file.write_at(&span, 0).map(drop)));
    assert!(refused(file.append(&span).map(drop)));
    assert!(refused(file.set_len(0)));
    assert!(refused(file.allocate(0, 100)));
    assert_eq!(read(dir, "file").as_deref(), Ok("file"));
}

fn files_are_made(dir: &dyn Dir) {
    let file = open_file(dir, "new", CREATE).unwrap();
    assert_eq!(file.stat().map(|stat| (stat.size, stat.nlink)), Ok((0, 1)));
    drop(open_file(dir, "new", CREATE).unwrap());
    drop(open_file(dir, "dir/../empty/new", OpenOptions { exclusive: true, ..CREATE }).unwrap());
    drop(open_file(dir, "read", OpenOptions { create: true, ..OpenOptions::READ }).unwrap());
    // Where a link leads, through others.
    drop(open_file(dir, "far", CREATE).unwrap());
    assert_eq!(read(dir, "nowhere").as_deref(), Ok(""));
    for at in ["new", "empty/new", "read"] {
        assert_eq!(read(dir, at).as_deref(), Ok(""), "{at}");
    }
}

fn what_cannot_be_made(dir: &dyn Dir) {
    let exclusive = OpenOptions { exclusive: true, ..CREATE };
    for (at, options, errno) in [
        ("missing/x", CREATE, Errno::Noent),
        ("file/x", CREATE, Errno::Notdir),
        ("file", exclusive, Errno::Exist),
        ("link", exclusive, Errno::Exist),
        ("dangling", exclusive, Errno::Exist),
        ("loop", exclusive, Errno::Exist),
        ("out", exclusive, Errno::Exist),
        ("dir", exclusive, Errno::Exist),
        ("dir", CREATE, Errno::Isdir),
        ("to-dir", CREATE, Errno::Isdir),
        ("dir/", CREATE, Errno::Isdir),
        ("new/", CREATE, Errno::Isdir),
        ("new/", exclusive, Errno::Isdir),
        (".", exclusive, Errno::Exist),
        ("dir/..", CREATE, Errno::Isdir),
        ("dir", WRITE, Errno::Isdir),
        ("dir", OpenOptions { truncate: true, ..OpenOptions::READ }, Errno::Isdir),
        ("new", OpenOptions { directory: true, ..CREATE }, Errno::Inval),
        ("far", OpenOptions { follow: false, ..CREATE }, Errno::Loop),
        ("out", CREATE, Errno::Notcapable),
        ("out/x", CREATE, Errno::Notcapable),
        ("../x", CREATE, Errno::Notcapable),
        ("loop", CREATE, Errno::Loop),
    ] {
        assert_eq!(dir.open(path(at), options).err(), Some(errno), "{at} {options:?}");
    }
    assert_eq!(names(dir), START_NAMES);
    // Nor through a link whose target ends in a slash, whatever is there.
    for to in ["made/", "file/", "dir/", "slash/", "link/"] {
        dir.symlink(target(to, "slash"), path("slash")).unwrap();
        assert_eq!(dir.open(path("slash"), CREATE).err(), Some(Errno::Isdir), "{to}");
        assert_eq!(dir.open(path("slash"), exclusive).err(), Some(Errno::Exist), "{to}");
        dir.unlink(path("slash")).unwrap();
    }
}

fn files_are_cut(dir: &dyn Dir) {
    // To cut a file needs no access to write.
    drop(open_file(dir, "link", OpenOptions { truncate: true, ..OpenOptions::READ }).unwrap());
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.size), Ok(0));
    let held = open_file(dir, "dir/inner", OpenOptions::READ).unwrap();
    drop(open_file(dir, "dir/inner", OpenOptions { truncate: true, ..CREATE }).unwrap());
    assert_eq!(held.stat().map(|stat| stat.size), Ok(0));
}

fn a_file_to_write_is_not_read(dir: &dyn Dir) {
    let file = open_file(dir, "file", WRITE).unwrap();
    let mut bytes = *b"xx";
    assert_eq!(file.read_at(&[Span::over(&mut bytes)], 0), Err(Errno::Badf));
    assert_eq!(file.write_at(&[Span::over(&mut bytes)], 1), Ok(2));
    assert_eq!(read(dir, "file").as_deref(), Ok("fxxe"));
}

fn handles_are_of_one_file(dir: &dyn Dir) {
    let [one, other] = [(); 2].map(|()| open_file(dir, "file", CREATE).unwrap());
    let (mut x, mut seen) = (*b"x", *b"????");
    assert_eq!(one.write_at(&[Span::over(&mut x)], 2), Ok(1));
    assert_eq!(other.read_at(&[Span::over(&mut seen)], 0), Ok(4));
    assert_eq!(&seen, b"fixe");
    assert_eq!(other.append(&[Span::over(&mut x)]), Ok((1, 5)));
    assert_eq!(one.append(&[Span::over(&mut x)]), Ok((1, 6)));
    assert_eq!(one.stat(), other.stat());
}
