//! Texts from a guest (paths, targets of links), and to it (arguments, environment).

use preopen::abi::{Errno, Snapshot};
use preopen::calls::{Call, Halt, dispatch};
use preopen::guest::{Guest, Strings, TextBuffer, read_text};
use preopen::vfs::{LinkTarget, MAX_PATH, Path};

use super::{guest, memory, process, size, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{is_inside, number};

/// A string out of a guest's memory.
pub fn reading(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let len = size(input);
    let guest = guest(arenas, len);
    let (ptr, count, most) =
        (word(input, len), word(input, len), input.pick(&[MAX_PATH, 0, 1, 40, 254, 255, 256, 257]));
    let mut buffer = TextBuffer::new();
    let read = read_text(memory(&guest), ptr, count, most, &mut buffer).map(<[u8]>::to_vec);
    let expected = if !is_inside((ptr, count.into()), len) {
        Err(Errno::Overflow)
    } else if count as usize > most {
        Err(Errno::Nametoolong)
    } else {
        Ok([&guest.bytes()[ptr as usize..][..count as usize], b"\0"].concat())
    };
    assert_eq!(read, expected);
    // A buffer may be used again, also for a shorter text.
    let again = read_text(memory(&guest), 0, 3, MAX_PATH, &mut buffer).map(<[u8]>::to_vec);
    assert_eq!(
        again,
        if len >= 3 { Ok([&guest.bytes()[..3], b"\0"].concat()) } else { Err(Errno::Overflow) }
    );
}

/// Text that may be a path.
fn text(input: &mut Input<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..input.below(8) {
        match input.byte() {
            0..80 => text.extend_from_slice(b"a"),
            80..130 => text.extend_from_slice(b".."),
            130..150 => text.extend_from_slice(b"."),
            150..170 => text.extend_from_slice(b"name"),
            170..180 => text.extend_from_slice("ü€".as_bytes()),
            180..184 => text.push(0),
            184..190 => text.push(0x80 | input.byte()),
            190 => text.extend_from_slice(&[b'n'; 2000]),
            _ => text.extend_from_slice(&input.bytes(5)),
        }
        if input.byte() & 7 != 0 {
            text.push(b'/');
        }
    }
    text
}

/// Paths and targets, as text.
pub fn paths(input: &mut Input<'_>) {
    let path = text(input);
    let with_nul = [&*path, b"\0"].concat();
    let has_nul = path.contains(&0);
    let common = || {
        if has_nul || path.is_empty() {
            Err(Errno::Inval)
        } else if path.len() > MAX_PATH {
            Err(Errno::Nametoolong)
        } else {
            Ok(())
        }
    };
    let relative = || if path.starts_with(b"/") { Err(Errno::Notcapable) } else { Ok(()) };
    let expected = common()
        .and_then(|()| std::str::from_utf8(&path).map(drop).map_err(|_| Errno::Ilseq))
        .and_then(|()| relative());
    let decoded = Path::new(&with_nul);
    assert_eq!(
        decoded.map(|path| path.as_bytes().to_vec()).map_err(Some),
        expected.map(|()| path.clone()).map_err(Some)
    );
    // What is without a NUL behind it is no text of ours.
    if !has_nul {
        assert_eq!(Path::new(&path).err(), Some(Errno::Inval));
    }
    let absolute_first = if path.starts_with(b"/") && !has_nul && !path.is_empty() {
        Err(Errno::Notcapable)
    } else {
        common()
    };
    let of_host = Path::of_host(&with_nul).map(|path| path.as_bytes().to_vec());
    assert_eq!(of_host, absolute_first.map(|()| path.clone()));

    let Ok(link) = decoded else { return };
    let target = text(input);
    let target_with_nul = [&*target, b"\0"].concat();
    let made = LinkTarget::new(&target_with_nul, link).map(|target| target.as_c_str().to_bytes().to_vec());
    match made {
        Ok(bytes) => {
            assert_eq!(bytes, target);
            assert!(Path::new(&target_with_nul).is_ok());
            assert!(!leads_above(&path, &target), "{path:?} to {target:?} leads above");
        }
        Err(Errno::Perm) => assert!(target.starts_with(b"/")),
        Err(Errno::Notcapable) => {
            assert!(leads_above(&path, &target), "{path:?} to {target:?} leads nowhere above")
        }
        Err(errno) => assert_eq!(Path::new(&target_with_nul).err(), Some(errno)),
    }
}

/// Whether a link at `link` with this target leads above where paths begin, without a look at any directory.
fn leads_above(link: &[u8], target: &[u8]) -> bool {
    let is_name = |name: &&[u8]| !matches!(*name, b"" | b".");
    let mut way: Vec<&[u8]> = Vec::new();
    // The names with their slashes: the last one is the link's own, also where slashes follow it.
    let end = link.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let mut names: Vec<&[u8]> = link[..end].split(|byte| *byte == b'/').collect();
    names.pop();
    for name in names.into_iter().chain(target.split(|byte| *byte == b'/')).filter(is_name) {
        if name != b".." {
            way.push(name);
        } else if way.pop().is_none() {
            return true;
        }
    }
    false
}

/// Arguments and environment: what was given lies in memory, behind one another, and addresses say where.
pub fn strings(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let given: Vec<Vec<u8>> = (0..input.below(6)).map(|_| input.bytes(24)).collect();
    let kept: Vec<Vec<u8>> =
        given.iter().map(|text| text.iter().copied().take_while(|byte| *byte != 0).collect()).collect();
    let strings = Strings::new(&given).expect("it is short");
    let bytes: Vec<u8> = kept.iter().flat_map(|text| [&**text, b"\0"].concat()).collect();
    assert_eq!((strings.count() as usize, strings.size() as usize), (kept.len(), bytes.len()));
    assert_eq!(strings.iter().collect::<Vec<_>>(), kept);

    let len = size(input);
    let mut guest = guest(arenas, len);
    let before = guest.bytes().to_vec();
    let (pointers, buf) = (word(input, len), word(input, len));
    let environment = input.byte() & 1 == 1;
    let process = if environment {
        process(Strings::default(), strings, Snapshot::Preview1, false)
    } else {
        process(strings, Strings::default(), Snapshot::Preview1, false)
    };
    let names =
        if environment { ["environ_get", "environ_sizes_get"] } else { ["args_get", "args_sizes_get"] };
    let call = |guest: &mut crate::guest::Script<'_>, name: &str| -> Call {
        dispatch(&process, guest, number(name), |at| [pointers, buf][at].into())
    };
    let overflow = Err(Halt::Errno(Errno::Overflow));

    let got = call(&mut guest, names[0]);
    let mut expected = before.clone();
    if environment && kept.is_empty() {
        assert_eq!(got, Ok(()));
    } else if is_inside((pointers, 4 * kept.len() as u64), len) && is_inside((buf, bytes.len() as u64), len) {
        assert_eq!(got, Ok(()));
        let mut at = buf;
        for (index, text) in kept.iter().enumerate() {
            let place = pointers as usize + 4 * index;
            expected[place..place + 4].copy_from_slice(&at.to_le_bytes());
            at += text.len() as u32 + 1;
        }
        expected[buf as usize..][..bytes.len()].copy_from_slice(&bytes);
    } else {
        assert_eq!(got, overflow);
    }
    assert_eq!(guest.bytes(), expected, "{}", names[0]);

    let got = call(&mut guest, names[1]);
    if is_inside((pointers, 4), len) && is_inside((buf, 4), len) {
        assert_eq!(got, Ok(()));
        expected[pointers as usize..][..4].copy_from_slice(&(kept.len() as u32).to_le_bytes());
        expected[buf as usize..][..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    } else {
        assert_eq!(got, overflow);
    }
    assert_eq!(guest.bytes(), expected, "{}", names[1]);
    assert_eq!(guest.memory().len(), len as u64);
}
