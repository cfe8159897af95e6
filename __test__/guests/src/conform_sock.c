// Conformance: sock_accept, sock_recv, sock_send, sock_shutdown, and what else can be done with a socket. Descriptor 5 listens; a peer
// (conformance/peer.js) connects once for each connection that is used here, sends "hello", and sends back what it is sent; the
// word "end" has it send nothing more.
#include "conform.h"

enum { LISTENING = 5 };
static uint8_t bytes[64];
static __wasi_size_t size;
static __wasi_roflags_t flags;

static err receive(int fd, size_t len, int how) {
    __wasi_iovec_t iov = {bytes, len};
    memset(bytes, '?', sizeof bytes);
    return __wasi_sock_recv(fd, &iov, 1, how, &size, &flags);
}
static err send_text(int fd, const char *text) {
    __wasi_ciovec_t iov = {(const uint8_t *)text, strlen(text)};
    return __wasi_sock_send(fd, &iov, 1, 0, &size);
}
static bool received(const char *text) { return size == strlen(text) && memcmp(bytes, text, size) == 0; }

int main(void) {
    __wasi_fd_t fd = 0, other = 0;
    __wasi_fdstat_t stat;
    __wasi_filesize_t at;
    CASE("fd_fdstat_get", "knows a socket that the host hands over");
    OK(__wasi_fd_fdstat_get(LISTENING, &stat));
    EXPECT_SAME(__WASI_FILETYPE_SOCKET_STREAM, stat.fs_filetype);
    CASE("fd_prestat_get", "answers BADF for it, where a C library stops");
    __wasi_prestat_t prestat;
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_get(LISTENING, &prestat));

    CASE("sock_accept", "takes a connection, and gives it the lowest free number");
    OK(__wasi_sock_accept(LISTENING, 0, &fd));
    EXPECT_SAME(LISTENING + 1, fd);
    NEED(fd != 0);
    CASE("sock_accept", "gives a socket");
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(__WASI_FILETYPE_SOCKET_STREAM, stat.fs_filetype);
    EXPECT_SAME(0, stat.fs_flags);
    CASE("sock_accept", "answers NOTSUP for a flag that it cannot have");
    EXPECT_ERRNO(NOTSUP, __wasi_sock_accept(LISTENING, __WASI_FDFLAGS_APPEND, &other));
    CASE("sock_accept", "answers INVAL for a socket that does not listen");
    EXPECT_ERRNO(INVAL, __wasi_sock_accept(fd, 0, &other));
    CASE("sock_accept", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_accept(LISTENING, 0, before_end(3)));

    CASE("sock_recv", "receives what was sent, and says how much");
    OK(receive(fd, 5, __WASI_RIFLAGS_RECV_WAITALL));
    EXPECT(received("hello"));
    EXPECT_SAME(0, flags);
    CASE("sock_send", "sends, and says how much");
    OK(send_text(fd, "welcome"));
    EXPECT_SAME(7, size);
    CASE("sock_recv", "leaves with RECV_PEEK what it shows");
    OK(receive(fd, 3, __WASI_RIFLAGS_RECV_PEEK));
    EXPECT(received("wel"));
    OK(receive(fd, 3, 0));
    EXPECT(received("wel"));
    CASE("sock_recv", "waits with RECV_WAITALL until the buffer is full");
    OK(send_text(fd, "!"));
    OK(receive(fd, 5, __WASI_RIFLAGS_RECV_WAITALL));
    EXPECT(received("come!"));
    CASE("sock_recv", "fills several buffers in their order");
    OK(send_text(fd, "abcdef"));
    __wasi_iovec_t two[] = {{bytes, 2}, {bytes + 10, 4}};
    memset(bytes, '?', sizeof bytes);
    OK(__wasi_sock_recv(fd, two, 2, __WASI_RIFLAGS_RECV_WAITALL, &size, &flags));
    EXPECT_SAME(6, size);
    EXPECT(memcmp(bytes, "ab?", 3) == 0 && memcmp(bytes + 10, "cdef", 4) == 0);
    CASE("sock_send", "takes several buffers in their order");
    __wasi_ciovec_t three[] = {{(const uint8_t *)"1", 1}, {(const uint8_t *)"", 0}, {(const uint8_t *)"23", 2}};
    OK(__wasi_sock_send(fd, three, 3, 0, &size));
    EXPECT_SAME(3, size);
    OK(receive(fd, 3, __WASI_RIFLAGS_RECV_WAITALL));
    EXPECT(received("123"));
    CASE("sock_recv", "answers NOTSUP for a flag that is not");
    EXPECT_ERRNO(NOTSUP, receive(fd, 1, 4));
    CASE("sock_send", "answers INVAL for any flag");
    __wasi_ciovec_t one = {(const uint8_t *)"x", 1};
    EXPECT_ERRNO(INVAL, __wasi_sock_send(fd, &one, 1, 1, &size));
    CASE("sock_recv", "answers OVERFLOW where the list, a buffer or a result lies outside of memory");
    __wasi_iovec_t in = {bytes, 1}, outside = {before_end(3), 4};
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_recv(fd, before_end(7), 1, 0, &size, &flags));
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_recv(fd, &outside, 1, 0, &size, &flags));
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_recv(fd, &in, 1, 0, before_end(3), &flags));
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_recv(fd, &in, 1, 0, &size, before_end(1)));
    CASE("sock_send", "answers OVERFLOW where the list, a buffer or the result lies outside of memory");
    __wasi_ciovec_t nowhere = {before_end(3), 4};
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_send(fd, before_end(7), 1, 0, &size));
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_send(fd, &nowhere, 1, 0, &size));
    EXPECT_ERRNO(OVERFLOW, __wasi_sock_send(fd, &one, 1, 0, before_end(3)));

    CASE("fd_read", "reads from a socket what fd_write has sent");
    OK(write_text(fd, "echo"));
    EXPECT(strcmp(next_text(fd, 4), "echo") == 0);
    CASE("fd_seek", "refuses a socket");
    EXPECT_REFUSED(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at));
    CASE("fd_tell", "refuses a socket");
    EXPECT_REFUSED(__wasi_fd_tell(fd, &at));
    CASE("fd_pread", "refuses a socket");
    EXPECT_REFUSED(__wasi_fd_pread(fd, &in, 1, 0, &size));
    CASE("fd_pwrite", "refuses a socket");
    EXPECT_REFUSED(__wasi_fd_pwrite(fd, &one, 1, 0, &size));

    CASE("sock_accept", "gives a socket that does not block, where that is asked for");
    OK(__wasi_sock_accept(LISTENING, __WASI_FDFLAGS_NONBLOCK, &other));
    OK(__wasi_fd_fdstat_get(other, &stat));
    EXPECT_SAME(__WASI_FDFLAGS_NONBLOCK, stat.fs_flags);
    CASE("sock_recv", "answers AGAIN where there is nothing, and it is not to wait");
    // What the peer has said first may still be on its way.
    while (receive(other, 5, 0) == __WASI_ERRNO_AGAIN) OK(__wasi_sched_yield());
    EXPECT_ERRNO(AGAIN, receive(other, 5, 0));
    CASE("poll_oneoff", "tells when bytes are there on a socket, and how many");
    __wasi_subscription_t list[2];
    __wasi_event_t events[2];
    memset(list, 0, sizeof list);
    list[0].userdata = 1;
    list[0].u.tag = __WASI_EVENTTYPE_FD_READ;
    list[0].u.u.fd_read.file_descriptor = other;
    list[1].userdata = 2;
    list[1].u.tag = __WASI_EVENTTYPE_CLOCK;
    list[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    list[1].u.u.clock.timeout = 10 * MS;
    OK(__wasi_poll_oneoff(list, events, 2, &size));
    EXPECT_SAME(1, size);
    EXPECT_SAME(2, events[0].userdata);
    OK(send_text(other, "abc"));
    list[1].u.u.clock.timeout = 60 * SECONDS;
    OK(__wasi_poll_oneoff(list, events, 2, &size));
    EXPECT_SAME(1, size);
    EXPECT_SAME(1, events[0].userdata);
    EXPECT(events[0].fd_readwrite.nbytes >= 1 && events[0].fd_readwrite.nbytes <= 3);
    CASE("sock_accept", "answers AGAIN where nobody connects, and it is not to wait");
    OK(__wasi_fd_fdstat_set_flags(LISTENING, __WASI_FDFLAGS_NONBLOCK));
    EXPECT_ERRNO(AGAIN, __wasi_sock_accept(LISTENING, 0, &other));
    OK(close_fd(other));

    CASE("sock_shutdown", "answers NOTSUP for no side, and for one that is not");
    EXPECT_ERRNO(NOTSUP, __wasi_sock_shutdown(fd, 0));
    EXPECT_ERRNO(NOTSUP, __wasi_sock_shutdown(fd, 4));
    CASE("sock_recv", "gives 0 bytes where the peer has ended");
    OK(send_text(fd, "end"));
    OK(receive(fd, 3, __WASI_RIFLAGS_RECV_WAITALL));
    EXPECT(received("end"));
    OK(receive(fd, 5, 0));
    EXPECT_SAME(0, size);
    CASE("sock_shutdown", "ends sending: the next answers PIPE");
    OK(__wasi_sock_shutdown(fd, __WASI_SDFLAGS_WR));
    EXPECT_ERRNO(PIPE, send_text(fd, "x"));
    CASE("sock_shutdown", "ends receiving: there is nothing more");
    err receiving = __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD);
    EXPECT(receiving == __WASI_ERRNO_SUCCESS || receiving == __WASI_ERRNO_NOTCONN);
    OK(receive(fd, 5, 0));
    EXPECT_SAME(0, size);
    CASE("fd_close", "closes a socket");
    OK(close_fd(fd));
    EXPECT_ERRNO(BADF, send_text(fd, "x"));
    DONE();
    return 0;
}
