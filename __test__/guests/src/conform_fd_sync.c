// Conformance: fd_advise, fd_datasync, fd_sync.
#include "conform.h"

int raw_fd_advise(int, long long, long long, int) IMPORTED(fd_advise);

int main(void) {
    int fd = opened(SANDBOX, "synced", CREAT, R_BOTH);
    NEED(fd >= 0);
    NEED(write_text(fd, "0123456789") == 0);

    CASE("fd_advise", "takes each of the six kinds of advice");
    for (int advice = 0; advice < 6; advice++) OK(raw_fd_advise(fd, 0, 10, advice));
    CASE("fd_advise", "takes a range up to the end, and one behind it");
    OK(raw_fd_advise(fd, 3, 0, __WASI_ADVICE_WILLNEED));
    OK(raw_fd_advise(fd, 100, 100, __WASI_ADVICE_DONTNEED));
    CASE("fd_advise", "changes nothing that can be read");
    EXPECT(holds("synced", "0123456789"));
    EXPECT_SAME(10, position(fd));
    CASE("fd_advise", "answers INVAL for an advice that is not");
    EXPECT_ERRNO(INVAL, raw_fd_advise(fd, 0, 0, 6));
    EXPECT_ERRNO(INVAL, raw_fd_advise(fd, 0, 0, 255));
    CASE("fd_advise", "answers INVAL for a length beyond 2^63");
    EXPECT_ERRNO(INVAL, raw_fd_advise(fd, 0, -1, __WASI_ADVICE_NORMAL));
    CASE("fd_advise", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, raw_fd_advise(NOBODY, 0, 0, __WASI_ADVICE_NORMAL));
    CASE("fd_advise", "refuses a directory");
    EXPECT_REFUSED(raw_fd_advise(SANDBOX, 0, 0, __WASI_ADVICE_NORMAL));

    CASE("fd_datasync", "returns for a file that was written");
    OK(__wasi_fd_datasync(fd));
    EXPECT(holds("synced", "0123456789"));
    CASE("fd_datasync", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_datasync(NOBODY));
    CASE("fd_datasync", "answers NOTCAPABLE without its right");
    int reader = opened(SANDBOX, "synced", 0, R_READ);
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_datasync(reader));
    OK(close_fd(reader));

    CASE("fd_sync", "returns for a file that was written");
    OK(__wasi_fd_sync(fd));
    CASE("fd_sync", "returns for a file that was opened to read");
    reader = opened(SANDBOX, "file", 0, R_READ);
    OK(__wasi_fd_sync(reader));
    OK(close_fd(reader));
    CASE("fd_sync", "returns for a directory");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    OK(__wasi_fd_sync(dir));
    OK(close_fd(dir));
    CASE("fd_sync", "returns for a file that was unlinked");
    OK(__wasi_path_unlink_file(SANDBOX, "synced"));
    OK(__wasi_fd_sync(fd));
    CASE("fd_sync", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_sync(NOBODY));
    CASE("fd_sync", "answers NOTCAPABLE without its right");
    int plain = opened(SANDBOX, "file", 0, __WASI_RIGHTS_FD_READ);
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_sync(plain));
    OK(close_fd(plain));
    OK(close_fd(fd));
    DONE();
    return 0;
}
