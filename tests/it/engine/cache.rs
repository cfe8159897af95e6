//! Compiled modules on disk, and programs that get faster: what is taken, what is made anew, what is refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use preopen::engine::{Compiler, End, Limits, Program, Run, Upgrading};
use tempfile::TempDir;

use super::program::{BOTH, wat};
use super::support::{finish, plain, said};

/// A guest that exits with a number.
fn exits(code: u32) -> Vec<u8> {
    wat(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const {code}))))"#
    ))
}

/// A directory of nobody else's, which is not there yet.
fn place() -> (TempDir, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let directory = base.path().join("a/cache");
    (base, directory)
}

#[track_caller]
fn cached(bytes: &[u8], compiler: Compiler, metered: bool, directory: &Path) -> (Program, bool) {
    Program::cached(bytes, compiler, metered, directory).unwrap_or_else(|refusal| panic!("{}", refusal.0))
}

/// Whether a program that exits with 7 is found, and that it does.
#[track_caller]
fn found(directory: &Path) -> bool {
    let (program, hit) = cached(&exits(7), Compiler::Singlepass, false, directory);
    assert_eq!(ended(program), "exit 7");
    hit
}

fn ended(program: Program) -> String {
    said(&finish(plain(&Arc::new(program))).end)
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[track_caller]
fn only_entry(directory: &Path) -> PathBuf {
    let mut paths = entries(directory);
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

/// Puts other bytes there: in another file, for what is mapped of the old one stays.
fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn refusal(directory: &Path) -> String {
    match Program::cached(&exits(7), Compiler::Singlepass, false, directory) {
        Ok(_) => panic!("the cache is taken"),
        Err(refusal) => refusal.0,
    }
}

#[test]
fn what_was_compiled_once_is_found() {
    for compiler in BOTH {
        let (_base, directory) = place();
        for hit in [false, true, true] {
            let (program, was) = cached(&exits(9), compiler, false, &directory);
            assert_eq!((was, program.compiler(), program.is_metered()), (hit, compiler, false));
            assert_eq!(ended(program), "exit 9", "{compiler:?}, {hit}");
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&only_entry(&directory))), (0o700, 0o600));
    }
}

#[test]
fn another_module_compiler_or_count_of_fuel_is_another_entry() {
    let (_base, directory) = place();
    for hit in [false, true] {
        for compiler in BOTH {
            for (metered, code) in [(false, 1), (true, 1), (false, 2)] {
                let (program, was) = cached(&exits(code), compiler, metered, &directory);
                assert_eq!((was, program.compiler(), program.is_metered()), (hit, compiler, metered));
                assert_eq!(ended(program), format!("exit {code}"));
            }
        }
        assert_eq!(entries(&directory).len(), 6);
    }
}

#[test]
fn a_program_that_was_found_is_as_one_that_was_compiled() {
    let module = wat(r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (global $began (mut i32) (i32.const 0))
        (start $begin)
        (func $begin (global.set $began (i32.const 1)))
        (func $fails (unreachable))
        (func (export "_start") (if (global.get $began) (then (call $fails)))))"#);
    for compiler in BOTH {
        let (_base, directory) = place();
        for hit in [false, true] {
            let (program, was) = cached(&module, compiler, true, &directory);
            assert_eq!(was, hit);
            let program = Arc::new(program);
            let End::Trap(trap) = finish(plain(&program)).end else { panic!("it traps") };
            assert_eq!(trap.code, "unreachable");
            let names: Vec<_> = trap.frames.iter().map(|frame| frame.name.as_deref()).collect();
            assert_eq!(names.first(), Some(&Some("fails")), "{compiler:?}, {hit}: {names:?}");
            let limits = Limits { fuel: Some(3), ..Limits::default() };
            assert_eq!(said(&finish(Run { limits, ..plain(&program) }).end), "fuel", "{compiler:?}, {hit}");
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let (_base, directory) = place();
    assert!(!found(&directory));
    let path = only_entry(&directory);
    let whole = fs::read(&path).unwrap();
    // Of the code some, of the metadata and what follows it every one.
    let tail = whole.len() - 400;
    let positions =
        (0..24).map(|part| tail * part / 24).chain((tail..whole.len()).step_by(7)).chain([whole.len() - 1]);
    for position in positions {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        replace(&path, &bytes);
        assert!(!found(&directory), "byte {position} of {}", whole.len());
        assert!(found(&directory), "it is replaced");
    }
}

#[test]
fn what_is_cut_off_or_longer_is_made_anew() {
    let (_base, directory) = place();
    assert!(!found(&directory));
    let path = only_entry(&directory);
    let whole = fs::read(&path).unwrap();
    let longer = [&whole[..], &whole[..]].concat();
    let huge = [&whole[..whole.len() - 16], &[0xff; 8], b"preopen\n"].concat();
    let length = whole.len();
    let cuts = [0, 1, 8, 16, 17, 100, length / 2, length - 100, length - 16, length - 1];
    let cases = cuts.iter().map(|end| &whole[..*end]).chain([&longer[..], &longer[..length + 5], &huge]);
    for bytes in cases {
        replace(&path, bytes);
        assert!(!found(&directory), "{} bytes of {length}", bytes.len());
        assert!(found(&directory), "it is replaced");
    }
}

#[test]
fn another_programs_entry_under_this_name_is_none() {
    let (_base, directory) = place();
    assert!(!found(&directory));
    let path = only_entry(&directory);
    for (code, compiler, metered) in
        [(8, Compiler::Singlepass, false), (7, Compiler::Cranelift, false), (7, Compiler::Singlepass, true)]
    {
        let (_other, elsewhere) = place();
        cached(&exits(code), compiler, metered, &elsewhere);
        replace(&path, &fs::read(only_entry(&elsewhere)).unwrap());
        assert!(!found(&directory));
        assert!(found(&directory));
    }
}

#[test]
fn an_entry_that_others_can_write_is_none() {
    let (_base, directory) = place();
    assert!(!found(&directory));
    for mode in [0o620, 0o602] {
        fs::set_permissions(only_entry(&directory), Permissions::from_mode(mode)).unwrap();
        assert!(!found(&directory), "{mode:o}");
        assert!(found(&directory), "it is replaced");
    }
}

#[test]
fn a_link_in_an_entrys_place_is_none_and_is_replaced() {
    let (base, directory) = place();
    assert!(!found(&directory));
    let path = only_entry(&directory);
    let elsewhere = base.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let before = fs::read(&elsewhere).unwrap();
    assert!(!found(&directory));
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    assert!(found(&directory));
    // What cannot be replaced is left, and the program is as good.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(!found(&directory) && !found(&directory));
    assert_eq!(entries(&directory), [path]);
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    for mode in [0o770, 0o707, 0o1777, 0o720] {
        let (base, directory) = place();
        fs::create_dir_all(&directory).unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        let link = base.path().join("link");
        symlink(&directory, &link).unwrap();
        for path in [directory.clone(), link] {
            assert_eq!(
                refusal(&path),
                format!(
                    "the cache {} cannot be used: others can write it, and what it holds is run as native code. Do chmod \
                     go-w on it",
                    path.display()
                )
            );
        }
        assert_eq!(entries(&directory).len(), 0);
        // As it says.
        fs::set_permissions(&directory, Permissions::from_mode(mode & !0o022)).unwrap();
        assert!(!found(&directory) && found(&directory));
    }
}

#[test]
fn a_directory_that_is_another_users_is_refused() {
    // Only root can give one away.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (base, directory) = place();
    fs::create_dir_all(&directory).unwrap();
    std::os::unix::fs::chown(&directory, Some(65534), None).unwrap();
    let link = base.path().join("link");
    symlink(&directory, &link).unwrap();
    for path in [directory, link] {
        let said = refusal(&path);
        assert!(
            said.contains("it belongs to another user") && said.contains("a directory of your own"),
            "{said}"
        );
    }
}

#[test]
fn a_file_is_no_directory() {
    let (base, _) = place();
    let file = base.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        assert!(refusal(&path).ends_with(" cannot be used: it is no directory"));
    }
}

#[test]
fn where_nothing_can_be_written_it_is_compiled() {
    // Neither can have files, not even root's.
    for directory in ["/proc/self/fdinfo", "/proc/nothing/cache"] {
        assert!(!found(Path::new(directory)) && !found(Path::new(directory)));
    }
}

#[test]
fn only_what_was_left_of_writing_entries_is_swept() {
    let (_base, directory) = place();
    assert!(!found(&directory));
    let name = only_entry(&directory).file_name().unwrap().to_str().unwrap().to_owned();
    let old = SystemTime::now() - Duration::from_secs(4000);
    let left = format!("{name}.123.4.tmp");
    for (file, time) in [
        (left.as_str(), old),
        (&format!("{name}.123.5.tmp"), SystemTime::now()),
        // Somebody else's, where the directory is for more than this.
        ("draft.tmp", old),
        (&format!("{name}.txt"), old),
    ] {
        let path = directory.join(file);
        fs::write(&path, "").unwrap();
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
    }
    cached(&exits(8), Compiler::Singlepass, false, &directory);
    let paths = entries(&directory);
    assert_eq!(paths.len(), 5, "{paths:?}");
    assert!(!paths.contains(&directory.join(left)));
}

#[test]
fn entries_tell_the_engines_version() {
    let lock = include_str!("../../../Cargo.lock");
    let version = lock.split("[[package]]").find_map(|package| {
        let mut lines = package.trim().lines();
        (lines.next() == Some(r#"name = "wasmer""#)).then(|| lines.next().unwrap().to_owned())
    });
    let version = version.unwrap().replace("version = ", "");
    let (_base, directory) = place();
    assert!(!found(&directory));
    let entry = fs::read(only_entry(&directory)).unwrap();
    let text = String::from_utf8_lossy(&entry[entry.len() - 1000..]).into_owned();
    assert!(text.contains(&format!(r#""wasmer":{version}"#)), "{version}, but {text}");
}

fn auto(bytes: &[u8], cache: Option<&Path>) -> Upgrading {
    Program::auto(bytes, false, cache).unwrap_or_else(|refusal| panic!("{}", refusal.0))
}

/// Waits until there is the fast one.
fn upgraded(upgrading: &Upgrading) {
    let end = Instant::now() + Duration::from_secs(60);
    while upgrading.current().compiler() != Compiler::Cranelift {
        assert!(Instant::now() < end, "it stays slow");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(said(&finish(plain(&upgrading.current())).end), "exit 5");
}

#[test]
fn an_automatic_program_runs_at_once_and_gets_faster() {
    let programs: Vec<_> = (0..3).map(|_| auto(&exits(5), None)).collect();
    for program in programs {
        assert!(!program.is_cached());
        let first = program.current();
        assert_eq!(said(&finish(plain(&first)).end), "exit 5");
        upgraded(&program);
        // Whoever holds the one that it began with has it still.
        assert_eq!(said(&finish(plain(&first)).end), "exit 5");
    }
}

#[test]
fn an_automatic_program_begins_with_singlepass() {
    // So much that the other takes its time.
    let functions: String = (0..3000)
        .map(|index| {
            format!("(func (param i32) (result i32) (i32.mul (i32.add (local.get 0) (i32.const {index})) (local.get 0)))")
        })
        .collect();
    let program = auto(
        &wat(&format!(r#"(module (memory (export "memory") 1) {functions} (func (export "_start")))"#)),
        None,
    );
    assert_eq!(program.current().compiler(), Compiler::Singlepass);
}

#[test]
fn an_automatic_program_is_fast_at_once_the_second_time() {
    let (_base, directory) = place();
    let first = auto(&exits(5), Some(&directory));
    assert!(!first.is_cached());
    upgraded(&first);
    assert_eq!(entries(&directory).len(), 2);
    let second = auto(&exits(5), Some(&directory));
    assert!(second.is_cached());
    assert_eq!(second.current().compiler(), Compiler::Cranelift);
    upgraded(&second);
}

#[test]
fn what_singlepass_lacks_is_fast_at_once() {
    let module = wat("(module (memory (export \"memory\") 1) (func (result v128) (v128.const i64x2 1 2)))");
    let (_base, directory) = place();
    for hit in [false, true] {
        let program = auto(&module, Some(&directory));
        assert_eq!((program.current().compiler(), program.is_cached()), (Compiler::Cranelift, hit));
    }
    assert_eq!(auto(&module, None).current().compiler(), Compiler::Cranelift);
}

#[test]
fn what_both_refuse_is_refused_in_the_words_of_cranelift() {
    let Err(refusal) = Program::auto(&wat("(module (memory i64 1))"), false, None) else {
        panic!("it compiles")
    };
    assert!(refusal.0.contains("which Wasmer lacks"), "{}", refusal.0);
    let (_base, directory) = place();
    fs::create_dir_all(&directory).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    let Err(refusal) = Program::auto(&exits(5), false, Some(&directory)) else {
        panic!("the cache is taken")
    };
    assert!(refusal.0.contains("chmod go-w"), "{}", refusal.0);
}
