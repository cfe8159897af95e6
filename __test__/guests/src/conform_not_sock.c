// Conformance: sock_accept, sock_recv, sock_send, sock_shutdown, on what is no socket.
#include "conform.h"

int main(void) {
    uint8_t byte = 'x';
    __wasi_iovec_t in = {&byte, 1};
    __wasi_ciovec_t out = {&byte, 1};
    __wasi_size_t size;
    __wasi_roflags_t flags;
    __wasi_fd_t fd;
    int file = opened(SANDBOX, "file", 0, R_BOTH);
    NEED(file >= 0);

    CASE("sock_accept", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_sock_accept(NOBODY, 0, &fd));
    CASE("sock_accept", "answers NOTSOCK for a file and a directory");
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_accept(file, 0, &fd));
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_accept(SANDBOX, 0, &fd));
    CASE("sock_recv", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_sock_recv(NOBODY, &in, 1, 0, &size, &flags));
    CASE("sock_recv", "answers NOTSOCK for a file and a directory");
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_recv(file, &in, 1, 0, &size, &flags));
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_recv(SANDBOX, &in, 1, 0, &size, &flags));
    CASE("sock_send", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_sock_send(NOBODY, &out, 1, 0, &size));
    CASE("sock_send", "answers NOTSOCK for a file and a directory, and writes nothing");
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_send(file, &out, 1, 0, &size));
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_send(SANDBOX, &out, 1, 0, &size));
    EXPECT(holds("file", "0123456789"));
    CASE("sock_shutdown", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_sock_shutdown(NOBODY, __WASI_SDFLAGS_WR));
    CASE("sock_shutdown", "answers NOTSOCK for a file and a directory");
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_shutdown(file, __WASI_SDFLAGS_WR));
    EXPECT_ERRNO(NOTSOCK, __wasi_sock_shutdown(SANDBOX, __WASI_SDFLAGS_RD));
    DONE();
    return 0;
}
