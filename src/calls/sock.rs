//! Sockets.

use std::sync::Arc;

use super::transfer::{MOST, checked, one_message, resume, stream_rounds};
use super::waiting::{Awaiting, Way, retry};
use super::{ANY, Call, Halt};
use crate::abi::{Errno, Fdflags, Riflags, Rights, Sdflags};
use crate::fds::{Entry, Object};
use crate::guest::{Guest, Round};
use crate::process::Process;
use crate::span::total;
use crate::stdio::Stream;

/// Bit of `roflags`: what was received was longer than the buffers.
const RECV_DATA_TRUNCATED: u16 = 1;

/// Takes a connection from a listening socket and writes its descriptor (u32). `flags` may be NONBLOCK, for the new
/// descriptor; the listening one's own NONBLOCK decides whether the call waits. Errors: `Overflow`, `Badf`, `Notcapable`,
/// `Notsup` for other flags and for datagrams, `Inval` where it does not listen, `Notsock`, `Again`, `Mfile`. Like accept4(2).
#[inline(never)]
pub fn sock_accept<G: Guest>(process: &Process, guest: &mut G, fd: u32, flags: u32, opened_fd: u32) -> Call {
    guest.memory().span(opened_fd, 4)?;
    let flags = Fdflags::decode(flags as u16).ok().filter(|flags| Fdflags::NONBLOCK.contains(*flags));
    let flags = flags.ok_or(Errno::Notsup)?;
    let entry = socket(process, fd, Rights::SOCK_ACCEPT)?;
    let stream = stream(&entry)?;
    if process.fds.is_full() {
        return Err(Errno::Mfile.into());
    }
    let accepted = if entry.flags().contains(Fdflags::NONBLOCK) {
        stream.accept()?
    } else {
        retry(process, guest, &Awaiting { entry: &entry, stream, way: Way::Read }, 0, |_| {
            Ok(stream.accept()?)
        })?
    };
    let filetype = accepted.stat()?.filetype;
    let accepted = Entry::new(Object::Stream(accepted), filetype);
    accepted.set_flags(flags);
    let opened = process.fds.insert(accepted)?;
    Ok(guest.memory().write_u32(opened_fd, opened)?)
}

/// Receives; writes how many bytes (u32), and 1 to `ro_flags` (u16) where a datagram was cut. Flags: PEEK, WAITALL. Errors:
/// `Overflow`, `Badf`, `Notcapable`, `Notsup` for other flags, `Notsock`, `Notconn`, `Again`, `Connreset`,
/// `Msgsize` for a datagram and more than 32 ranges. Like recvmsg(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn sock_recv<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    ri_data: u32,
    ri_data_len: u32,
    ri_flags: u32,
    ro_datalen: u32,
    ro_flags: u32,
) -> Call {
    let mut list = checked(guest, ri_data, ri_data_len, ro_datalen)?;
    guest.memory().span(ro_flags, 2)?;
    let flags = Riflags::decode(ri_flags as u16).map_err(|_| Errno::Notsup)?;
    let entry = socket(process, fd, Rights::FD_READ)?;
    let stream = stream(&entry)?;
    one_message(guest, &entry, &list)?;
    let waits = !entry.flags().contains(Fdflags::NONBLOCK);
    let everything = flags.contains(Riflags::WAITALL) && waits && !flags.contains(Riflags::PEEK);
    let awaiting = Awaiting { entry: &entry, stream, way: Way::Read };
    // Of a stream alone: of a datagram nothing is there before it ends.
    let (mut sum, mut cut) = (resume(guest, &mut list)?, false);
    loop {
        let receive = |guest: &mut G| {
            let mut round = Round::empty();
            list.round(guest.memory(), &mut round)?;
            let (spans, last) = (round.spans(), round.is_last());
            // So many empty ranges fill a slice of time, not a message: the others follow.
            let skips = spans.is_empty() && !last;
            let (len, cut) = if skips { (0, false) } else { stream.receive(spans, flags)? };
            Ok((len, cut, last, total(spans)))
        };
        let received = if waits && (sum == 0 || everything) {
            retry(process, guest, &awaiting, sum, receive)
        } else {
            receive(guest)
        };
        let (len, now_cut, last, wanted) = match received {
            Err(Halt::Errno(_)) if sum > 0 => break,
            received => received?,
        };
        sum += len;
        cut |= now_cut;
        // One message, one call: only a stream of which all is wanted goes on.
        let skipped = wanted == 0 && !last;
        if !skipped && (len == 0 || !everything || last && len == wanted || sum > MOST) {
            break;
        }
        match list.advance(guest.memory(), len) {
            // As in a transfer: the list has become another one.
            Err(_) if sum > 0 => break,
            moved => moved?,
        }
        guest.pause()?;
    }
    let memory = guest.memory();
    memory.write_u32(ro_datalen, sum as u32)?;
    memory.write(ro_flags, &(if cut { RECV_DATA_TRUNCATED } else { 0 }).to_le_bytes())?;
    Ok(())
}

/// Sends, and writes how many bytes were taken (u32). Errors: `Overflow`, `Badf`, `Notcapable`, `Inval` for any flag,
/// `Notsock`, `Notconn`, `Pipe`, `Again`. Like sendmsg(2), without its signal.
#[inline(never)]
pub fn sock_send<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    si_data: u32,
    si_data_len: u32,
    si_flags: u32,
    so_datalen: u32,
) -> Call {
    let list = checked(guest, si_data, si_data_len, so_datalen)?;
    if si_flags as u16 != 0 {
        return Err(Errno::Inval.into());
    }
    let entry = socket(process, fd, Rights::FD_WRITE)?;
    let stream = stream(&entry)?;
    let awaiting = Awaiting { entry: &entry, stream, way: Way::Write };
    let sent = stream_rounds(process, guest, &awaiting, list, |spans| stream.send(spans))?;
    Ok(guest.memory().write_u32(so_datalen, sent)?)
}

/// Ends receiving (1), sending (2) or both (3). Errors: `Badf`, `Notcapable`, `Notsup` for other bits or none, `Notsock`,
/// `Notconn`. Like shutdown(2).
pub fn sock_shutdown<G: Guest>(process: &Process, _guest: &mut G, fd: u32, how: u32) -> Call {
    let how = Sdflags::decode(how as u8).map_err(|_| Errno::Notsup)?;
    let entry = socket(process, fd, Rights::SOCK_SHUTDOWN)?;
    if how.bits() == 0 {
        return Err(Errno::Notsup.into());
    }
    Ok(stream(&entry)?.shutdown(how)?)
}

/// The descriptor, which must be a stream and have the rights. What can't be a socket says so first: it lacks the rights
/// only because of that.
fn socket(process: &Process, fd: u32, rights: Rights) -> Result<Arc<Entry>, Errno> {
    stream(&*process.fds.get(fd, ANY)?)?;
    process.fds.get(fd, rights)
}

fn stream(entry: &Entry) -> Result<&dyn Stream, Errno> {
    match entry.object() {
        Object::Stream(stream) if stream.as_socket().is_some() => Ok(stream.as_ref()),
        Object::Stream(_) | Object::File(_) | Object::Dir(_) => Err(Errno::Notsock),
    }
}
