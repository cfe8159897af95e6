//! What WASIX guests see of the filesystem: their own directories, and nothing besides.

use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Dir, ReadOnly};

use super::guest::Guest;
use crate::support::{SECRET, Tree};

/// Opens a path below `/`, and answers the errno; 3 is the descriptor of `/`. What it may not create it opens for reading.
const OPEN: &str = r#"
  (func $open (param $path i32) (param $len i32) (param $oflags i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $len) (local.get $oflags)
      (select (i64.const 0x1fffffff) (i64.const 0x4002) (i32.and (local.get $oflags) (i32.const 1)))
      (i64.const 0x1fffffff) (i32.const 0) (i32.const 64)))"#;

fn memory() -> std::sync::Arc<MemoryFs> {
    MemoryFs::new(Limits::default())
}

/// Opens a path and says what is in it, or exits with the errno.
fn reader(path: &str) -> Guest {
    Guest::new(&format!(
        r#"{OPEN} (data (i32.const 256) "{path}")
        (func (export "_start") (local $errno i32)
          (if (local.tee $errno (call $open (i32.const 256) (i32.const {len}) (i32.const 0)))
            (then (call $exit (local.get $errno))))
          (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
          (if (local.tee $errno
                (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (then (call $exit (local.get $errno))))
          (call $say (i32.const 1024) (i32.load (i32.const 8))))"#,
        len = path.len()
    ))
}

/// Creates a file and writes `text` to it, or exits with the errno.
fn writer(path: &str) -> Guest {
    Guest::new(&format!(
        r#"{OPEN} (data (i32.const 256) "{path}") (data (i32.const 512) "text")
        (func (export "_start") (local $errno i32)
          (if (local.tee $errno (call $open (i32.const 256) (i32.const {len}) (i32.const 9)))
            (then (call $exit (local.get $errno))))
          (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const 4))
          (if (local.tee $errno
                (call $fd_write (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (then (call $exit (local.get $errno))))
          (call $ok (call $fd_close (i32.load (i32.const 64))) (i32.const 99)))"#,
        len = path.len()
    ))
}

#[test]
fn a_file_in_memory_is_written_and_read() {
    let fs = memory();
    assert_eq!(writer("/data/file").dir("/data", fs.root()).run().ending(), "exit 0");
    assert_eq!(reader("/data/file").dir("/data", fs.root()).says(), "text");
    // The same directory, by another name.
    assert_eq!(reader("/other/place/file").dir("/other/place", fs.root()).says(), "text");
}

#[test]
fn a_mount_may_be_the_root_or_relative() {
    let fs = memory();
    assert_eq!(writer("/file").dir("/", fs.root()).run().ending(), "exit 0");
    assert_eq!(reader("/file").dir(".", fs.root()).says(), "text");
    assert_eq!(reader("/data/file").dir("data", fs.root()).says(), "text");
}

#[test]
fn a_directory_of_the_hosts_is_read_and_written() {
    let tree = Tree::new();
    assert_eq!(reader("/host/dir/inner").dir("/host", tree.mount(MountOptions::default())).says(), "inner");
    assert_eq!(
        writer("/host/dir/new").dir("/host", tree.mount(MountOptions::default())).run().ending(),
        "exit 0"
    );
    assert_eq!(std::fs::read(tree.root("dir/new")).unwrap(), b"text");
}

#[test]
fn what_is_read_only_stays_as_it_is() {
    let tree = Tree::new();
    let mount = || ReadOnly(Box::new(tree.mount(MountOptions::default())) as Box<dyn Dir>);
    assert_eq!(reader("/host/file").dir("/host", mount()).says(), "file");
    let done = writer("/host/new").dir("/host", mount()).run();
    assert_ne!(done.ending(), "exit 0");
    let done = writer("/host/file").dir("/host", mount()).run();
    assert_ne!(done.ending(), "exit 0");
    assert!(!tree.root("new").exists());
    assert_eq!(std::fs::read(tree.root("file")).unwrap(), b"file");
}

#[test]
fn nothing_outside_is_reached() {
    let tree = Tree::new();
    let outside = tree.outside("secret.txt");
    tree.link("../outside/secret.txt", "relative");
    tree.link(outside.to_str().unwrap(), "absolute");
    tree.link("../outside", "parent");
    let paths = [
        "/host/../outside/secret.txt".to_owned(),
        "/host/../../../../../../../../../../etc/passwd".to_owned(),
        "/host/relative".to_owned(),
        "/host/absolute".to_owned(),
        "/host/parent/secret.txt".to_owned(),
        "/host/dir/../../outside/secret.txt".to_owned(),
        "../outside/secret.txt".to_owned(),
        outside.to_str().unwrap().to_owned(),
        "/etc/passwd".to_owned(),
        "/proc/self/environ".to_owned(),
        "/dev/null".to_owned(),
    ];
    for path in paths {
        let done = reader(&path).dir("/host", tree.mount(MountOptions::default())).run();
        assert!(!done.stdout.contains(SECRET), "{path} is read");
        assert!(matches!(done.end, preopen::engine::End::Exit(1..)), "{path}: {}", done.ending());
    }
}

#[test]
fn a_link_that_a_guest_makes_leads_nowhere_outside() {
    let tree = Tree::new();
    let target = tree.outside("secret.txt");
    for target in [target.to_str().unwrap(), "../outside/secret.txt", "../../outside/secret.txt"] {
        let guest = Guest::new(&format!(
            r#"{OPEN} (data (i32.const 256) "/host/link") (data (i32.const 512) "{target}")
            (func (export "_start") (local $errno i32)
              (drop (call $path_symlink (i32.const 512) (i32.const {len}) (i32.const 3) (i32.const 256) (i32.const 10)))
              (if (local.tee $errno (call $open (i32.const 256) (i32.const 10) (i32.const 0)))
                (then (call $exit (local.get $errno))))
              (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
              (if (local.tee $errno
                    (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)))
                (then (call $exit (local.get $errno))))
              (call $say (i32.const 1024) (i32.load (i32.const 8))))"#,
            len = target.len()
        ));
        let done = guest.dir("/host", tree.mount(MountOptions::default())).run();
        assert!(!done.stdout.contains(SECRET), "{target}");
        let _perhaps_none = std::fs::remove_file(tree.root("link"));
    }
}

#[test]
fn the_root_lists_the_mounts_and_nothing_else() {
    // Lists `/`, and says the names.
    let lists = r#"
      (data (i32.const 256) "/")
      (func (export "_start") (local $at i32) (local $end i32)
        (call $ok (call $open (i32.const 256) (i32.const 1) (i32.const 2)) (i32.const 96))
        (call $ok (call $fd_readdir (i32.load (i32.const 64)) (i32.const 1024) (i32.const 4096) (i64.const 0) (i32.const 8))
          (i32.const 97))
        (local.set $at (i32.const 1024))
        (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 8))))
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (call $say (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at)))
          (i32.store8 (i32.const 24) (i32.const 10))
          (call $say (i32.const 24) (i32.const 1))
          (local.set $at (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at))))
          (br $next))))"#;
    let said = Guest::new(&format!("{OPEN} {lists}"))
        .dir("/one", memory().root())
        .dir("/two", memory().root())
        .says();
    let mut names: Vec<&str> = said.lines().filter(|name| !matches!(*name, "." | "..")).collect();
    names.sort_unstable();
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn a_huge_length_is_refused_and_nothing_dies() {
    for dir in ["memory", "host"] {
        let tree = tempfile::tempdir().unwrap();
        let guest = Guest::new(&format!(
            r#"{OPEN} (data (i32.const 256) "/data/file")
            (func (export "_start")
              (call $ok (call $open (i32.const 256) (i32.const 10) (i32.const 9)) (i32.const 97))
              (call $ok
                (call $fd_filestat_set_size (i32.load (i32.const 64)) (i64.const 0x800000000000)) (i32.const 98)))"#
        ));
        let done = match dir {
            "memory" => guest.dir("/data", memory().root()),
            _ => guest.dir("/data", HostDir::open_ambient(tree.path(), MountOptions::default()).unwrap()),
        };
        let ending = done.run().ending();
        // A hole is no more than a number: what the filesystem makes of it is its own.
        assert!(ending.starts_with("exit "), "{dir}: {ending}");
    }
}

#[test]
fn a_guest_may_go_to_another_directory() {
    let says = r#"
      (data (i32.const 256) "/data") (data (i32.const 272) "/gone")
      (func (export "_start")
        (i32.store (i32.const 8) (i32.const 256))
        (call $ok (call $getcwd (i32.const 1024) (i32.const 8)) (i32.const 97))
        (call $say (i32.const 1024) (i32.load (i32.const 8)))
        (call $ok (call $chdir (i32.const 256) (i32.const 5)) (i32.const 98))
        (i32.store (i32.const 8) (i32.const 256))
        (call $ok (call $getcwd (i32.const 1024) (i32.const 8)) (i32.const 99))
        (call $say (i32.const 1024) (i32.load (i32.const 8)))
        (if (i32.eqz (call $chdir (i32.const 272) (i32.const 5))) (then (call $exit (i32.const 1)))))"#;
    assert_eq!(Guest::new(says).dir("/data", memory().root()).says(), "//data");
}

#[test]
fn two_directories_in_one_place_are_refused() {
    let guest = Guest::new(r#"(func (export "_start"))"#);
    let done = guest.dir("/a", memory().root()).dir("a/.", memory().root()).run();
    assert_eq!(done.ending(), "refused: the directory \"a/.\" is mounted where another one is");
    let done = Guest::new(r#"(func (export "_start"))"#).dir("../a", memory().root()).run();
    assert_eq!(done.ending(), "refused: the directory \"../a\" has a name that leads above `/`");
}

#[test]
fn the_terminal_is_none_where_there_is_none() {
    let guest = Guest::new(
        r#"(func (export "_start")
          (call $ok (call $tty_get (i32.const 1024)) (i32.const 97))
          (call $exit (i32.load8_u (i32.const 1040))))"#,
    );
    assert_eq!(guest.run().ending(), "exit 0");
}
