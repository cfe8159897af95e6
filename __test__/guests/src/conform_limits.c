// Conformance: where a program's descriptors end. It is run with 64 at most.
#include "conform.h"

int main(void) {
    static int fds[64];
    int count = 0;
    err error = 0;
    CASE("path_open", "opens up to the limit, and answers MFILE for one more");
    __wasi_fd_t fd;
    while (count < 64 && (error = __wasi_path_open(SANDBOX, 0, "file", 0, R_READ, 0, 0, &fd)) == 0) fds[count++] = fd;
    EXPECT_SAME(64 - SECOND - 1, count);
    EXPECT_ERRNO(MFILE, error);
    CASE("path_open", "changes nothing where it answers MFILE");
    EXPECT_ERRNO(MFILE, __wasi_path_open(SANDBOX, 0, "new", CREAT, R_BOTH, 0, 0, &fd));
    EXPECT_ERRNO(MFILE, __wasi_path_open(SANDBOX, 0, "file", TRUNC, R_BOTH, 0, 0, &fd));
    EXPECT(!exists("new"));
    EXPECT_SAME(10, stat_of("file", 0).size);
    CASE("fd_close", "makes room for the next");
    OK(close_fd(fds[10]));
    EXPECT_SAME(fds[10], opened(SANDBOX, "file", 0, R_READ));
    CASE("fd_renumber", "needs no room");
    OK(__wasi_fd_renumber(fds[1], fds[0]));
    EXPECT_SAME(fds[1], opened(SANDBOX, "file", 0, R_READ));
    DONE();
    return 0;
}
