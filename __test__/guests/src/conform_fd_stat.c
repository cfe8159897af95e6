// Conformance: fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_allocate.
#include "conform.h"

static __wasi_filestat_t stat;
enum { ATIM = __WASI_FSTFLAGS_ATIM, ATIM_NOW = __WASI_FSTFLAGS_ATIM_NOW, MTIM = __WASI_FSTFLAGS_MTIM, MTIM_NOW = __WASI_FSTFLAGS_MTIM_NOW };

static void attributes(void) {
    int fd = opened(SANDBOX, "file", 0, R_READ);
    NEED(fd >= 0);

    CASE("fd_filestat_get", "knows a file, its length and its one name");
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
    EXPECT_SAME(10, stat.size);
    EXPECT_SAME(1, stat.nlink);
    CASE("fd_filestat_get", "knows a directory");
    OK(__wasi_fd_filestat_get(SANDBOX, &stat));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat.filetype);
    CASE("fd_filestat_get", "gives times in nanoseconds since 1970");
    NEED(make("young", "x"));
    int young = opened(SANDBOX, "young", 0, R_READ);
    OK(__wasi_fd_filestat_get(young, &stat));
    __wasi_timestamp_t time = now(__WASI_CLOCKID_REALTIME);
    EXPECT(stat.mtim > time - 600 * SECONDS && stat.mtim < time + 600 * SECONDS);
    EXPECT(stat.ctim > time - 600 * SECONDS && stat.ctim < time + 600 * SECONDS);
    EXPECT(stat.atim > time - 600 * SECONDS && stat.atim < time + 600 * SECONDS);
    CASE("fd_filestat_get", "says the same as path_filestat_get");
    __wasi_filestat_t same = stat_of("young", 0);
    EXPECT_SAME(same.ino, stat.ino);
    EXPECT_SAME(same.dev, stat.dev);
    EXPECT_SAME(same.size, stat.size);
    EXPECT_SAME(same.mtim, stat.mtim);
    CASE("fd_filestat_get", "tells two files apart");
    __wasi_filestat_t other = stat_of("other", 0);
    EXPECT(other.ino != stat.ino);
    CASE("fd_filestat_get", "follows the length as it grows");
    int grows = opened(SANDBOX, "grows", CREAT, R_BOTH);
    OK(write_text(grows, "12345"));
    OK(__wasi_fd_filestat_get(grows, &stat));
    EXPECT_SAME(5, stat.size);
    CASE("fd_filestat_get", "knows of a file without a name that it has none");
    OK(__wasi_path_unlink_file(SANDBOX, "grows"));
    OK(__wasi_fd_filestat_get(grows, &stat));
    EXPECT_SAME(0, stat.nlink);
    EXPECT_SAME(5, stat.size);
    OK(close_fd(grows));
    CASE("fd_filestat_get", "keeps the inode number over a renaming");
    OK(__wasi_fd_filestat_get(young, &stat));
    __wasi_inode_t ino = stat.ino;
    OK(__wasi_path_rename(SANDBOX, "young", SANDBOX, "elder"));
    OK(__wasi_fd_filestat_get(young, &stat));
    EXPECT_SAME(ino, stat.ino);
    OK(close_fd(young));
    CASE("fd_filestat_get", "knows standard input");
    OK(__wasi_fd_filestat_get(0, &stat));
    CASE("fd_filestat_get", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_filestat_get(NOBODY, &stat));
    CASE("fd_filestat_get", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_filestat_get(fd, before_end(63)));
    OK(close_fd(fd));
}

static void sizes(void) {
    __wasi_filesize_t at;
    NEED(make("sized", "0123456789"));
    int fd = opened(SANDBOX, "sized", 0, R_BOTH), reader = opened(SANDBOX, "sized", 0, R_READ);
    NEED(fd >= 0 && reader >= 0);

    CASE("fd_filestat_set_size", "makes a file shorter");
    OK(__wasi_fd_filestat_set_size(fd, 4));
    EXPECT(holds("sized", "0123"));
    CASE("fd_filestat_set_size", "makes a file longer, with zeros");
    OK(__wasi_fd_filestat_set_size(fd, 6));
    EXPECT_SAME(6, stat_of("sized", 0).size);
    EXPECT(memcmp(next_text(reader, 10), "0123\0\0", 6) == 0);
    CASE("fd_filestat_set_size", "shows nothing of what was cut off before");
    NEED(make("secret", "0123456789"));
    int secret = opened(SANDBOX, "secret", 0, R_BOTH);
    OK(__wasi_fd_filestat_set_size(secret, 2));
    OK(__wasi_fd_filestat_set_size(secret, 5));
    EXPECT(memcmp(next_text(secret, 10), "01\0\0\0", 5) == 0);
    OK(close_fd(secret));
    CASE("fd_filestat_set_size", "leaves the offset");
    OK(__wasi_fd_seek(fd, 5, __WASI_WHENCE_SET, &at));
    OK(__wasi_fd_filestat_set_size(fd, 2));
    EXPECT_SAME(5, position(fd));
    CASE("fd_filestat_set_size", "keeps all where the size is the same, and nothing where it is 0");
    OK(__wasi_fd_filestat_set_size(fd, 2));
    EXPECT(holds("sized", "01"));
    OK(__wasi_fd_filestat_set_size(fd, 0));
    EXPECT(holds("sized", ""));
    CASE("fd_filestat_set_size", "answers INVAL for a size beyond 2^63");
    EXPECT_ERRNO(INVAL, __wasi_fd_filestat_set_size(fd, 1ULL << 63));
    EXPECT_ERRNO(INVAL, __wasi_fd_filestat_set_size(fd, -1ULL));
    EXPECT_SAME(0, stat_of("sized", 0).size);
    CASE("fd_filestat_set_size", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_filestat_set_size(NOBODY, 1));
    CASE("fd_filestat_set_size", "refuses a descriptor that was opened to read, and a directory");
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_filestat_set_size(reader, 1));
    EXPECT_REFUSED(__wasi_fd_filestat_set_size(SANDBOX, 1));
    OK(close_fd(reader));
    OK(close_fd(fd));

    NEED(make("allocated", "0123"));
    fd = opened(SANDBOX, "allocated", 0, R_BOTH), reader = opened(SANDBOX, "allocated", 0, R_READ);
    CASE("fd_allocate", "makes a file as long as the range goes, with zeros");
    OK(__wasi_fd_allocate(fd, 2, 6));
    EXPECT_SAME(8, stat_of("allocated", 0).size);
    EXPECT(memcmp(next_text(reader, 10), "0123\0\0\0\0", 8) == 0);
    CASE("fd_allocate", "makes no file shorter, and changes no byte");
    OK(__wasi_fd_allocate(fd, 0, 2));
    EXPECT_SAME(8, stat_of("allocated", 0).size);
    EXPECT(memcmp(next_text(fd, 10), "0123\0\0\0\0", 8) == 0);
    CASE("fd_allocate", "leaves the offset");
    OK(__wasi_fd_seek(fd, 3, __WASI_WHENCE_SET, &at));
    OK(__wasi_fd_allocate(fd, 0, 20));
    EXPECT_SAME(3, position(fd));
    CASE("fd_allocate", "answers INVAL for an offset or a length beyond 2^63");
    EXPECT_ERRNO(INVAL, __wasi_fd_allocate(fd, 1ULL << 63, 1));
    EXPECT_ERRNO(INVAL, __wasi_fd_allocate(fd, 0, -1ULL));
    EXPECT_SAME(20, stat_of("allocated", 0).size);
    CASE("fd_allocate", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_allocate(NOBODY, 0, 1));
    CASE("fd_allocate", "refuses a descriptor that was opened to read, and a directory");
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_allocate(reader, 0, 100));
    EXPECT_REFUSED(__wasi_fd_allocate(SANDBOX, 0, 1));
    OK(close_fd(reader));
    OK(close_fd(fd));
}

static void times(void) {
    NEED(make("timed", "x"));
    int fd = opened(SANDBOX, "timed", 0, R_BOTH);
    NEED(fd >= 0);

    CASE("fd_filestat_set_times", "sets both times");
    OK(__wasi_fd_filestat_set_times(fd, 10 * SECONDS, 20 * SECONDS, ATIM | MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(10 * SECONDS, stat.atim);
    EXPECT_SAME(20 * SECONDS, stat.mtim);
    CASE("fd_filestat_set_times", "sets one and leaves the other");
    OK(__wasi_fd_filestat_set_times(fd, 30 * SECONDS, 99 * SECONDS, ATIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(30 * SECONDS, stat.atim);
    EXPECT_SAME(20 * SECONDS, stat.mtim);
    OK(__wasi_fd_filestat_set_times(fd, 99 * SECONDS, 40 * SECONDS, MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(30 * SECONDS, stat.atim);
    EXPECT_SAME(40 * SECONDS, stat.mtim);
    CASE("fd_filestat_set_times", "sets none for no flag");
    OK(__wasi_fd_filestat_set_times(fd, 99 * SECONDS, 99 * SECONDS, 0));
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(30 * SECONDS, stat.atim);
    EXPECT_SAME(40 * SECONDS, stat.mtim);
    CASE("fd_filestat_set_times", "keeps nanoseconds");
    OK(__wasi_fd_filestat_set_times(fd, SECONDS + 123456789, 2 * SECONDS + 987654321, ATIM | MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    EXPECT_SAME(SECONDS + 123456789, stat.atim);
    EXPECT_SAME(2 * SECONDS + 987654321, stat.mtim);
    CASE("fd_filestat_set_times", "sets a time to now");
    OK(__wasi_fd_filestat_set_times(fd, 0, 0, MTIM_NOW | ATIM_NOW));
    OK(__wasi_fd_filestat_get(fd, &stat));
    __wasi_timestamp_t time = now(__WASI_CLOCKID_REALTIME);
    EXPECT(stat.mtim > time - 600 * SECONDS && stat.mtim < time + 600 * SECONDS);
    EXPECT(stat.atim > time - 600 * SECONDS && stat.atim < time + 600 * SECONDS);
    CASE("fd_filestat_set_times", "sets the times of a directory");
    OK(__wasi_path_create_directory(SANDBOX, "timed-dir"));
    int dir = opened(SANDBOX, "timed-dir", DIRECTORY, R_DIR);
    OK(__wasi_fd_filestat_set_times(dir, 50 * SECONDS, 60 * SECONDS, ATIM | MTIM));
    EXPECT_SAME(60 * SECONDS, stat_of("timed-dir", 0).mtim);
    OK(close_fd(dir));
    CASE("fd_filestat_set_times", "answers INVAL for a time that is given and now");
    EXPECT_ERRNO(INVAL, __wasi_fd_filestat_set_times(fd, 0, 0, ATIM | ATIM_NOW));
    EXPECT_ERRNO(INVAL, __wasi_fd_filestat_set_times(fd, 0, 0, MTIM | MTIM_NOW));
    CASE("fd_filestat_set_times", "answers INVAL for a flag that is not");
    EXPECT_ERRNO(INVAL, __wasi_fd_filestat_set_times(fd, 0, 0, 16));
    CASE("fd_filestat_set_times", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_filestat_set_times(NOBODY, 0, 0, MTIM));
    OK(close_fd(fd));
}

int main(void) {
    attributes();
    sizes();
    times();
    DONE();
    return 0;
}
