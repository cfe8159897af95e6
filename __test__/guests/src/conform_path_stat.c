// Conformance: path_filestat_get, path_filestat_set_times.
#include "conform.h"

static __wasi_filestat_t stat;
enum { ATIM = __WASI_FSTFLAGS_ATIM, ATIM_NOW = __WASI_FSTFLAGS_ATIM_NOW, MTIM = __WASI_FSTFLAGS_MTIM, MTIM_NOW = __WASI_FSTFLAGS_MTIM_NOW };

static err get(const char *path, int flags) { return __wasi_path_filestat_get(SANDBOX, flags, path, &stat); }
static err set(const char *path, int lookup, __wasi_timestamp_t atim, __wasi_timestamp_t mtim, int flags) {
    return __wasi_path_filestat_set_times(SANDBOX, lookup, path, atim, mtim, flags);
}

static void attributes(void) {
    CASE("path_filestat_get", "knows a file, its length and its one name");
    OK(get("file", 0));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
    EXPECT_SAME(10, stat.size);
    EXPECT_SAME(1, stat.nlink);
    CASE("path_filestat_get", "knows a directory, with a slash behind it too");
    OK(get("dir", 0));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat.filetype);
    OK(get("dir/", 0));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat.filetype);
    CASE("path_filestat_get", "knows a preopen by `.`");
    __wasi_filestat_t root;
    OK(__wasi_fd_filestat_get(SANDBOX, &root));
    OK(get(".", 0));
    EXPECT_SAME(root.ino, stat.ino);
    OK(get("dir/..", 0));
    EXPECT_SAME(root.ino, stat.ino);
    CASE("path_filestat_get", "knows a link where it is not followed: its length is that of its text");
    OK(get("soft", 0));
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat.filetype);
    EXPECT_SAME(4, stat.size);
    CASE("path_filestat_get", "knows what a link leads to where it is followed");
    __wasi_inode_t ino = stat_of("file", 0).ino;
    OK(get("soft", FOLLOW));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
    EXPECT_SAME(ino, stat.ino);
    CASE("path_filestat_get", "knows a link that leads to nothing, to itself, or out");
    OK(get("dangling", 0));
    OK(get("loop", 0));
    OK(get("out", 0));
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat.filetype);
    CASE("path_filestat_get", "counts the names of a file");
    NEED(make("named", "x"));
    OK(__wasi_path_link(SANDBOX, 0, "named", SANDBOX, "named-too"));
    OK(get("named", 0));
    EXPECT_SAME(2, stat.nlink);
    ino = stat.ino;
    OK(get("named-too", 0));
    EXPECT_SAME(2, stat.nlink);
    EXPECT_SAME(ino, stat.ino);
    OK(__wasi_path_unlink_file(SANDBOX, "named"));
    OK(get("named-too", 0));
    EXPECT_SAME(1, stat.nlink);
    CASE("path_filestat_get", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, get("none", 0));
    EXPECT_ERRNO(NOENT, get("none/x", 0));
    EXPECT_ERRNO(NOENT, get("dangling", FOLLOW));
    CASE("path_filestat_get", "answers NOTDIR for a way through a file");
    EXPECT_ERRNO(NOTDIR, get("file/x", 0));
    EXPECT_ERRNO(NOTDIR, get("file/", 0));
    CASE("path_filestat_get", "answers LOOP for links that lead to each other");
    EXPECT_ERRNO(LOOP, get("loop", FOLLOW));
    CASE("path_filestat_get", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, get("..", 0));
    EXPECT_ERRNO(NOTCAPABLE, get("/", 0));
    EXPECT_ERRNO(NOTCAPABLE, get("out", FOLLOW));
    CASE("path_filestat_get", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_filestat_get(NOBODY, 0, "file", &stat));
    CASE("path_filestat_get", "answers INVAL for an empty path");
    EXPECT_ERRNO(INVAL, raw_path_filestat_get(SANDBOX, 0, "x", 0, &stat));
    CASE("path_filestat_get", "answers OVERFLOW where the path or the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_filestat_get(SANDBOX, 0, before_end(3), 4, &stat));
    EXPECT_ERRNO(OVERFLOW, raw_path_filestat_get(SANDBOX, 0, "file", 4, before_end(63)));
}

static void times(void) {
    NEED(make("timed", "x"));
    OK(__wasi_path_symlink("timed", SANDBOX, "totimed"));

    CASE("path_filestat_set_times", "sets both times");
    OK(set("timed", 0, 10 * SECONDS, 20 * SECONDS, ATIM | MTIM));
    stat = stat_of("timed", 0);
    EXPECT_SAME(10 * SECONDS, stat.atim);
    EXPECT_SAME(20 * SECONDS, stat.mtim);
    CASE("path_filestat_set_times", "sets one and leaves the other");
    OK(set("timed", 0, 30 * SECONDS, 99 * SECONDS, ATIM));
    OK(set("timed", 0, 99 * SECONDS, 40 * SECONDS, MTIM));
    stat = stat_of("timed", 0);
    EXPECT_SAME(30 * SECONDS, stat.atim);
    EXPECT_SAME(40 * SECONDS, stat.mtim);
    CASE("path_filestat_set_times", "sets a time to now");
    OK(set("timed", 0, 0, 0, ATIM_NOW | MTIM_NOW));
    __wasi_timestamp_t time = now(__WASI_CLOCKID_REALTIME);
    stat = stat_of("timed", 0);
    EXPECT(stat.mtim > time - 600 * SECONDS && stat.mtim < time + 600 * SECONDS);
    EXPECT(stat.atim > time - 600 * SECONDS && stat.atim < time + 600 * SECONDS);
    CASE("path_filestat_set_times", "keeps nanoseconds");
    OK(set("timed", 0, SECONDS + 123456789, 2 * SECONDS + 987654321, ATIM | MTIM));
    stat = stat_of("timed", 0);
    EXPECT_SAME(SECONDS + 123456789, stat.atim);
    EXPECT_SAME(2 * SECONDS + 987654321, stat.mtim);
    CASE("path_filestat_set_times", "sets those of what a link leads to");
    OK(set("totimed", FOLLOW, 50 * SECONDS, 60 * SECONDS, ATIM | MTIM));
    EXPECT_SAME(60 * SECONDS, stat_of("timed", 0).mtim);
    EXPECT(stat_of("totimed", 0).mtim > 1000 * SECONDS);
    CASE("path_filestat_set_times", "sets those of a link itself");
    OK(set("totimed", 0, 70 * SECONDS, 80 * SECONDS, ATIM | MTIM));
    EXPECT_SAME(80 * SECONDS, stat_of("totimed", 0).mtim);
    EXPECT_SAME(60 * SECONDS, stat_of("timed", 0).mtim);
    CASE("path_filestat_set_times", "sets those of a directory");
    OK(set("hollow", 0, 90 * SECONDS, 91 * SECONDS, ATIM | MTIM));
    EXPECT_SAME(91 * SECONDS, stat_of("hollow", 0).mtim);
    CASE("path_filestat_set_times", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, set("none", 0, 0, 0, MTIM));
    EXPECT_ERRNO(NOENT, set("dangling", FOLLOW, 0, 0, MTIM));
    CASE("path_filestat_set_times", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, set("../file", 0, 0, 0, MTIM));
    EXPECT_ERRNO(NOTCAPABLE, set("out", FOLLOW, 0, 0, MTIM));
    CASE("path_filestat_set_times", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_filestat_set_times(NOBODY, 0, "file", 0, 0, MTIM));
    CASE("path_filestat_set_times", "answers OVERFLOW where the path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_filestat_set_times(SANDBOX, 0, before_end(3), 4, 0, 0, MTIM));
}

int main(void) {
    attributes();
    times();
    DONE();
    return 0;
}
