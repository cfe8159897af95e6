// Conformance: calls that end or stop a host that falls short, so that what follows would not be reached; and numbers from 2^31 on,
// which are negative to a host that takes them for signed.
#include "conform.h"

int main(void) {
    CASE("path_open", "takes a path that ends where memory ends");
    char *end = before_end(4);
    char kept[4];
    memcpy(kept, end, 4);
    memcpy(end, "file", 4);
    __wasi_fd_t fd = 0;
    OK(raw_path_open(SANDBOX, 0, end, 4, 0, R_READ, 0, 0, &fd));
    memcpy(end, kept, 4);
    OK(close_fd(fd));
    CASE("path_filestat_set_times", "answers INVAL for a time that is given and now, and for a flag that is not");
    static const int wrong[] = {__WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW, 15, 16};
    for (int i = 0; i < 4; i++) EXPECT_ERRNO(INVAL, __wasi_path_filestat_set_times(SANDBOX, 0, "file", 0, 0, wrong[i]));
    EXPECT(holds("file", "0123456789"));
    CASE("poll_oneoff", "answers OVERFLOW for more subscriptions than fit into memory");
    static __wasi_subscription_t list;
    static __wasi_event_t event;
    __wasi_size_t count;
    EXPECT_ERRNO(OVERFLOW, __wasi_poll_oneoff(&list, &event, 0x10000000, &count));
    EXPECT_ERRNO(OVERFLOW, __wasi_poll_oneoff(&list, &event, 0x08000001, &count));
    CASE("fd_read", "answers OVERFLOW for more buffers than fit into memory");
    __wasi_iovec_t iov = {(uint8_t *)kept, 1};
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_read(0, &iov, 0x20000001, &count));
    CASE("fd_write", "answers OVERFLOW for more buffers than fit into memory");
    __wasi_ciovec_t out = {(const uint8_t *)kept, 1};
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_write(2, &out, 0x20000001, &count));
    CASE("random_get", "answers OVERFLOW for a buffer that would go around");
    EXPECT_ERRNO(OVERFLOW, __wasi_random_get(before_end(1), 0xffffffff));

    CASE("fd_read", "answers BADF for the highest number there is");
    EXPECT_ERRNO(BADF, __wasi_fd_read(-1, &iov, 1, &count));
    CASE("fd_datasync", "answers BADF for the highest number there is");
    EXPECT_ERRNO(BADF, __wasi_fd_datasync(-1));
    CASE("fd_close", "answers BADF for the highest number there is");
    EXPECT_ERRNO(BADF, close_fd(-1));
    CASE("fd_renumber", "answers BADF onto the highest number there is");
    EXPECT_ERRNO(BADF, __wasi_fd_renumber(SECOND, -1));
    EXPECT_ERRNO(BADF, __wasi_fd_renumber(-1, SECOND));
    CASE("path_open", "answers BADF for the highest number there is");
    EXPECT_ERRNO(BADF, open_error(-1, "file", 0, R_READ));
    CASE("path_open", "answers OVERFLOW for the highest length there is");
    EXPECT_ERRNO(OVERFLOW, raw_path_open(SANDBOX, 0, "file", 0xffffffff, 0, R_READ, 0, 0, &fd));
    CASE("path_create_directory", "answers OVERFLOW for the highest length there is");
    EXPECT_ERRNO(OVERFLOW, raw_path_create_directory(SANDBOX, "x", 0xffffffff));
    CASE("random_get", "answers OVERFLOW for the highest length there is");
    EXPECT_ERRNO(OVERFLOW, __wasi_random_get((uint8_t *)kept, 0xffffffff));
    DONE();
    return 0;
}
