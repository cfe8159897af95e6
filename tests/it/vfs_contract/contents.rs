//! What files hold: reads, writes, ends, holes.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::{Advice, Dir, File, OpenOptions};

use super::cases;
use crate::support::{CREATE, open_file, path, read};

cases! {
    reads: [reads_at_offsets, reads_into_several_spans, advice],
    changes: [writes_at_offsets, writes_of_several_spans, appends, holes, ends_move, what_was_cut_is_zero, allocation, large_files, far_offsets, pages_and_their_edges]
}

/// The first offset that is none.
const BEYOND: u64 = 1 << 63;

fn read_at(file: &dyn File, len: usize, offset: u64) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![b'?'; len];
    let read = file.read_at(&[Span::over(&mut bytes)], offset)?;
    assert!(bytes[read..].iter().all(|byte| *byte == b'?'), "more was written than read");
    bytes.truncate(read);
    Ok(bytes)
}

fn write_at(file: &dyn File, text: impl AsRef<[u8]>, offset: u64) -> Result<usize, Errno> {
    file.write_at(&[Span::over(&mut text.as_ref().to_vec())], offset)
}

fn size(file: &dyn File) -> u64 {
    file.stat().unwrap().size
}

fn reads_at_offsets(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    for (len, offset, expected) in [
        (4, 0, "file"),
        (100, 0, "file"),
        (2, 1, "il"),
        (9, 3, "e"),
        (9, 4, ""),
        (9, 5, ""),
        (9, 1 << 40, ""),
        (9, BEYOND - 10, ""),
        (0, 0, ""),
        (0, 100, ""),
    ] {
        assert_eq!(read_at(&*file, len, offset).as_deref(), Ok(expected.as_bytes()), "{len} at {offset}");
    }
    assert_eq!(read_at(&*file, 1, BEYOND), Err(Errno::Inval));
    assert_eq!(read_at(&*file, 1, u64::MAX), Err(Errno::Inval));
}

fn reads_into_several_spans(dir: &dyn Dir) {
    let file = open_file(dir, "dir/inner", OpenOptions::READ).unwrap();
    let (mut one, mut none, mut two, mut rest) = (*b"??", *b"", *b"?", *b"????");
    let spans = [&mut one[..], &mut none[..], &mut two[..], &mut rest[..]].map(Span::over);
    assert_eq!(file.read_at(&spans, 1), Ok(4));
    assert_eq!((&one, &two, &rest), (b"nn", b"e", b"r???"));
    assert_eq!(file.read_at(&[], 0), Ok(0));
    // Several spans may be of the same bytes.
    let mut twice = *b"??";
    let span = Span::over(&mut twice);
    assert_eq!(file.read_at(&[span, span], 0), Ok(4));
    assert_eq!(&twice, b"ne");
}

fn advice(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    let all = [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::WillNeed,
        Advice::DontNeed,
        Advice::NoReuse,
    ];
    for advice in all {
        assert_eq!(file.advise(0, 0, advice), Ok(()));
        assert_eq!(file.advise(100, 1 << 40, advice), Ok(()));
        // Linux asks nothing of the offset.
        assert_eq!(file.advise(BEYOND, 0, advice), Ok(()));
        assert_eq!(file.advise(0, BEYOND, advice), Err(Errno::Inval));
    }
}

fn writes_at_offsets(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    assert_eq!(write_at(&*file, "ab", 1), Ok(2));
    assert_eq!(read(dir, "file").as_deref(), Ok("fabe"));
    assert_eq!(write_at(&*file, "cd", 3), Ok(2));
    assert_eq!(write_at(&*file, "", 0), Ok(0));
    assert_eq!(write_at(&*file, "", 100), Ok(0));
    assert_eq!((read(dir, "file").as_deref(), size(&*file)), (Ok("fabcd"), 5));
    assert_eq!(write_at(&*file, "x", 7), Ok(1));
    assert_eq!(read(dir, "file").as_deref(), Ok("fabcd\0\0x"));
    assert_eq!(write_at(&*file, "x", BEYOND), Err(Errno::Inval));
    assert_eq!(write_at(&*file, "x", u64::MAX), Err(Errno::Inval));
}

fn writes_of_several_spans(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    let (mut one, mut none, mut two) = (*b"123", *b"", *b"45");
    let spans = [&mut one[..], &mut none[..], &mut two[..]].map(Span::over);
    assert_eq!(file.write_at(&spans, 1), Ok(5));
    assert_eq!(read(dir, "file").as_deref(), Ok("f12345"));
    assert_eq!(file.append(&spans), Ok((5, 11)));
    let mut twice = *b"-";
    let span = Span::over(&mut twice);
    assert_eq!(file.append(&[span, span, span]), Ok((3, 14)));
    assert_eq!(read(dir, "file").as_deref(), Ok("f1234512345---"));
    assert_eq!(file.write_at(&[], 3), Ok(0));
}

fn appends(dir: &dyn Dir) {
    let [one, other] = [(); 2].map(|()| open_file(dir, "file", CREATE).unwrap());
    let (mut a, mut b) = (*b"-a", *b"-b");
    assert_eq!(one.append(&[Span::over(&mut a)]), Ok((2, 6)));
    assert_eq!(other.append(&[Span::over(&mut b), Span::over(&mut a)]), Ok((4, 10)));
    assert_eq!(other.write_at(&[Span::over(&mut b)], 0), Ok(2));
    assert_eq!(one.append(&[Span::over(&mut a)]), Ok((2, 12)));
    assert_eq!(read(dir, "file").as_deref(), Ok("-ble-a-b-a-a"));
    one.set_len(2).unwrap();
    assert_eq!(other.append(&[Span::over(&mut a)]), Ok((2, 4)));
    assert_eq!(read(dir, "file").as_deref(), Ok("-b-a"));
}

fn holes(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    let far = 10_000_000;
    assert_eq!(write_at(&*file, "end", far), Ok(3));
    assert_eq!(size(&*file), far + 3);
    assert_eq!(read_at(&*file, 6, 0).as_deref(), Ok(&b"file\0\0"[..]));
    assert_eq!(read_at(&*file, 100_000, 5_000_000), Ok(vec![0; 100_000]));
    assert_eq!(read_at(&*file, 10, far - 2).as_deref(), Ok(&b"\0\0end"[..]));
    // Into the hole.
    assert_eq!(write_at(&*file, "middle", 5_000_000), Ok(6));
    assert_eq!(read_at(&*file, 8, 4_999_999).as_deref(), Ok(&b"\0middle\0"[..]));
    assert_eq!(size(&*file), far + 3);
}

fn ends_move(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    file.set_len(2).unwrap();
    file.set_len(5).unwrap();
    assert_eq!(read(dir, "file").as_deref(), Ok("fi\0\0\0"));
    assert_eq!(file.set_len(BEYOND), Err(Errno::Inval));
    assert_eq!(file.set_len(u64::MAX), Err(Errno::Inval));
    file.set_len(1 << 40).unwrap();
    assert_eq!(size(&*file), 1 << 40);
    assert_eq!(read_at(&*file, 4, (1 << 40) - 2).as_deref(), Ok(&b"\0\0"[..]));
    file.set_len(0).unwrap();
    assert_eq!((size(&*file), read(dir, "file").as_deref()), (0, Ok("")));
    assert_eq!(file.append(&[]), Ok((0, 0)));
}

fn what_was_cut_is_zero(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    let step = 65_536_u64;
    // At the edges of what a kind may keep together, and between them.
    for cut in [1, 4095, 4096, 4097, step - 1, step, step + 1, 2 * step, 2 * step + 7, 3 * step - 1] {
        assert_eq!(write_at(&*file, vec![b'x'; 3 * step as usize], 0), Ok(3 * step as usize));
        file.set_len(cut).unwrap();
        assert_eq!(size(&*file), cut);
        file.set_len(3 * step + 100).unwrap();
        let all = read_at(&*file, 4 * step as usize, 0).unwrap();
        assert_eq!(all.len() as u64, 3 * step + 100);
        let (before, behind) = all.split_at(cut as usize);
        assert!(before.iter().all(|byte| *byte == b'x') && behind.iter().all(|byte| *byte == 0), "{cut}");
        file.set_len(0).unwrap();
        assert_eq!(write_at(&*file, "y", cut), Ok(1));
        assert!(read_at(&*file, cut as usize, 0).unwrap().iter().all(|byte| *byte == 0), "{cut}");
    }
}

fn allocation(dir: &dyn Dir) {
    let file = open_file(dir, "dir/inner", CREATE).unwrap();
    for (offset, len, after) in
        [(0, 3, 5), (0, 0, 5), (4, 1, 5), (5, 0, 5), (6, 0, 6), (6, 4, 10), (2, 2, 10), (0, 1 << 40, 1 << 40)]
    {
        assert_eq!(file.allocate(offset, len), Ok(()));
        assert_eq!(size(&*file), after);
    }
    for (offset, len) in [(u64::MAX, 1), (1, u64::MAX), (BEYOND, 0), (BEYOND - 1, 1), (BEYOND / 2, BEYOND)] {
        assert_eq!(file.allocate(offset, len), Err(Errno::Fbig));
    }
    assert_eq!(size(&*file), 1 << 40);
    file.set_len(7).unwrap();
    assert_eq!(read(dir, "dir/inner").as_deref(), Ok("inner\0\0"));
}

fn large_files(dir: &dyn Dir) {
    // Bytes that tell where they are.
    let pattern: Vec<u8> = (0..1_000_003_u32).map(|at| (at % 251) as u8).collect();
    let file = open_file(dir, "large", CREATE).unwrap();
    let mut at = 0;
    for (n, len) in [1, 70_000, 3, 65_536, 130_000, 4096, 65_535, 200_000].into_iter().cycle().enumerate() {
        let chunk = &pattern[at..pattern.len().min(at + len)];
        let written = if n % 2 == 0 {
            write_at(&*file, chunk, at as u64)
        } else {
            file.append(&[Span::over(&mut chunk.to_vec())]).map(|(len, _)| len)
        };
        assert_eq!(written, Ok(chunk.len()));
        at += chunk.len();
        if at == pattern.len() {
            break;
        }
    }
    assert!(read_at(&*file, 2_000_000, 0) == Ok(pattern.clone()));
    for (offset, len) in [(65_535, 2), (65_536, 1), (65_000, 70_000), (131_071, 65_537), (999_999, 100)] {
        let end = pattern.len().min(offset + len);
        assert!(
            read_at(&*file, len, offset as u64).as_deref() == Ok(&pattern[offset..end]),
            "{len} at {offset}"
        );
    }
    assert_eq!(dir.stat_at(path("large"), true).map(|stat| stat.size), Ok(1_000_003));
}

fn far_offsets(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    for (offset, len) in [(BEYOND - 1, 1), (BEYOND - 1, 2), (BEYOND - 10, 20)] {
        assert_eq!(write_at(&*file, vec![b'x'; len], offset), Err(Errno::Inval));
        assert_eq!(read_at(&*file, len, offset), Err(Errno::Inval));
    }
    assert_eq!(size(&*file), 4);
    assert_eq!(write_at(&*file, "x", 1 << 42), Ok(1));
    assert_eq!(read_at(&*file, 4, (1 << 42) - 1).as_deref(), Ok(&b"\0x"[..]));
    assert_eq!(read(dir, "file").map(|text| text.len()), Ok(4096));
}

fn pages_and_their_edges(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    let step = 65_536_u64;
    let mut model = b"file".to_vec();
    // Backwards, across edges, and into holes.
    for (n, offset) in [5 * step - 1, 3 * step, 3 * step - 1, 2 * step + 4096, step + 1, step - 1, 10]
        .into_iter()
        .enumerate()
    {
        let text = vec![b'a' + n as u8; [1, 2, 5000][n % 3]];
        assert_eq!(write_at(&*file, &text, offset), Ok(text.len()));
        let end = offset as usize + text.len();
        model.resize(model.len().max(end), 0);
        model[offset as usize..end].copy_from_slice(&text);
    }
    assert!(read_at(&*file, 6 * step as usize, 0).as_deref() == Ok(&model[..]));
    assert!(read_at(&*file, 7000, step - 5).as_deref() == Ok(&model[step as usize - 5..][..7000]));
}
