// Conformance: reading and writing beyond a file's end.
#include "conform.h"

int main(void) {
    char bytes[16];
    __wasi_iovec_t iov = {(uint8_t *)bytes, sizeof bytes};
    __wasi_size_t got = 1;
    __wasi_filesize_t at;
    int fd = opened(SANDBOX, "beyond", CREAT, R_BOTH);
    NEED(fd >= 0 && write_text(fd, "0123456789") == 0);
    CASE("fd_write", "leaves zeros between the end and where it begins");
    OK(__wasi_fd_seek(fd, 12, __WASI_WHENCE_SET, &at));
    OK(write_text(fd, "x"));
    OK(__wasi_fd_seek(fd, 10, __WASI_WHENCE_SET, &at));
    EXPECT(memcmp(next_text(fd, 10), "\0\0x", 4) == 0);
    CASE("fd_read", "gives 0 bytes beyond the end");
    OK(__wasi_fd_seek(fd, 100, __WASI_WHENCE_SET, &at));
    OK(__wasi_fd_read(fd, &iov, 1, &got));
    EXPECT_SAME(0, got);
    EXPECT_SAME(100, position(fd));
    CASE("fd_pread", "gives 0 bytes beyond the end");
    got = 1;
    OK(__wasi_fd_pread(fd, &iov, 1, 1000000, &got));
    EXPECT_SAME(0, got);
    DONE();
    return 0;
}
