// Conformance: fd_close, fd_renumber, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_prestat_get, fd_prestat_dir_name.
#include "conform.h"

static __wasi_fdstat_t stat;

static void closing(void) {
    CASE("fd_close", "closes: what is closed is BADF");
    int fd = opened(SANDBOX, "file", 0, R_READ);
    NEED(fd >= 0);
    OK(close_fd(fd));
    EXPECT_ERRNO(BADF, __wasi_fd_fdstat_get(fd, &stat));
    CASE("fd_close", "answers BADF the second time");
    EXPECT_ERRNO(BADF, close_fd(fd));
    CASE("fd_close", "answers BADF for what never was open");
    EXPECT_ERRNO(BADF, close_fd(NOBODY));
    CASE("fd_close", "gives the number back: the lowest free one is taken next");
    int one = opened(SANDBOX, "file", 0, R_READ), two = opened(SANDBOX, "file", 0, R_READ), three = opened(SANDBOX, "file", 0, R_READ);
    EXPECT(one >= 0 && two == one + 1 && three == one + 2);
    OK(close_fd(two));
    OK(close_fd(one));
    EXPECT_SAME(one, opened(SANDBOX, "file", 0, R_READ));
    EXPECT_SAME(two, opened(SANDBOX, "file", 0, R_READ));
    CASE("fd_close", "leaves other descriptors of the same file");
    OK(close_fd(one));
    EXPECT(strcmp(next_text(two, 4), "0123") == 0);
    OK(close_fd(two));
    OK(close_fd(three));
    CASE("fd_close", "closes a directory, and leaves what was opened through it");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR | R_READ);
    int inner = opened(dir, "inner", 0, R_READ);
    NEED(dir >= 0 && inner >= 0);
    OK(close_fd(dir));
    EXPECT(strcmp(next_text(inner, 10), "inner") == 0);
    OK(close_fd(inner));
}

static void renumbering(void) {
    __wasi_filesize_t at;
    int from = opened(SANDBOX, "file", 0, R_READ), to = opened(SANDBOX, "other", 0, R_READ);
    NEED(from >= 0 && to >= 0);
    CASE("fd_renumber", "moves a descriptor onto another, with its offset");
    OK(__wasi_fd_seek(from, 3, __WASI_WHENCE_SET, &at));
    OK(__wasi_fd_renumber(from, to));
    EXPECT(strcmp(next_text(to, 4), "3456") == 0);
    CASE("fd_renumber", "leaves nothing under the old number, which is free");
    EXPECT_ERRNO(BADF, __wasi_fd_fdstat_get(from, &stat));
    EXPECT_SAME(from, opened(SANDBOX, "other", 0, R_READ));
    CASE("fd_renumber", "moves the rights along");
    int few = opened(SANDBOX, "file", 0, __WASI_RIGHTS_FD_READ);
    OK(__wasi_fd_renumber(few, to));
    OK(__wasi_fd_fdstat_get(to, &stat));
    EXPECT_SAME(__WASI_RIGHTS_FD_READ, stat.fs_rights_base);
    CASE("fd_renumber", "onto itself changes nothing");
    OK(__wasi_fd_renumber(to, to));
    EXPECT(strcmp(next_text(to, 4), "0123") == 0);
    CASE("fd_renumber", "answers BADF from and onto what is not open, and closes nothing");
    EXPECT_ERRNO(BADF, __wasi_fd_renumber(to, 50));
    EXPECT_ERRNO(BADF, __wasi_fd_renumber(50, to));
    EXPECT(strcmp(next_text(to, 2), "45") == 0);
    OK(close_fd(to));
    OK(close_fd(from));
}

static void status(void) {
    CASE("fd_fdstat_get", "knows a preopen: a directory, with the rights of one");
    OK(__wasi_fd_fdstat_get(SANDBOX, &stat));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat.fs_filetype);
    EXPECT((stat.fs_rights_base & R_PATHS) == R_PATHS);
    EXPECT((stat.fs_rights_inheriting & (R_PATHS | R_BOTH)) == (R_PATHS | R_BOTH));
    CASE("fd_fdstat_get", "knows a file, and the rights that were asked for");
    int fd = opened(SANDBOX, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat.fs_filetype);
    EXPECT_SAME(__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, stat.fs_rights_base);
    OK(close_fd(fd));
    CASE("fd_fdstat_get", "gives a file no right that only a directory can have");
    fd = opened(SANDBOX, "file", 0, R_READ | R_PATHS);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(0, stat.fs_rights_base & R_PATHS);
    OK(close_fd(fd));
    CASE("fd_fdstat_get", "gives the flags of an open");
    __wasi_fd_t tail;
    OK(__wasi_path_open(SANDBOX, 0, "log", CREAT, R_BOTH, 0, __WASI_FDFLAGS_APPEND, &tail));
    OK(__wasi_fd_fdstat_get(tail, &stat));
    EXPECT_SAME(__WASI_FDFLAGS_APPEND, stat.fs_flags);
    OK(close_fd(tail));
    CASE("fd_fdstat_get", "gives no flag where none was asked for");
    fd = opened(SANDBOX, "file", 0, R_BOTH);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(0, stat.fs_flags);
    CASE("fd_fdstat_get", "knows standard input and output");
    OK(__wasi_fd_fdstat_get(0, &stat));
    EXPECT(stat.fs_rights_base & __WASI_RIGHTS_FD_READ);
    OK(__wasi_fd_fdstat_get(1, &stat));
    EXPECT(stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE);
    CASE("fd_fdstat_get", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_fdstat_get(NOBODY, &stat));
    CASE("fd_fdstat_get", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_fdstat_get(fd, before_end(23)));
    OK(close_fd(fd));

    NEED(make("flags", "start"));
    fd = opened(SANDBOX, "flags", 0, R_BOTH);
    CASE("fd_fdstat_set_flags", "has an open descriptor append from now on");
    OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    OK(write_text(fd, ", end"));
    EXPECT(holds("flags", "start, end"));
    CASE("fd_fdstat_set_flags", "has it write where it is again");
    __wasi_filesize_t at;
    OK(__wasi_fd_fdstat_set_flags(fd, 0));
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
    OK(write_text(fd, "START"));
    EXPECT(holds("flags", "START, end"));
    CASE("fd_fdstat_set_flags", "shows in fd_fdstat_get");
    OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK, stat.fs_flags);
    CASE("fd_fdstat_set_flags", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_fdstat_set_flags(NOBODY, 0));
    CASE("fd_fdstat_set_flags", "answers NOTCAPABLE without its right");
    int plain = opened(SANDBOX, "file", 0, __WASI_RIGHTS_FD_READ);
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_fdstat_set_flags(plain, 0));
    OK(close_fd(plain));
    OK(close_fd(fd));
}

static void rights(void) {
    int fd = opened(SANDBOX, "rights", CREAT, R_BOTH);
    NEED(fd >= 0 && write_text(fd, "x") == 0);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    __wasi_rights_t all = stat.fs_rights_base;
    CASE("fd_fdstat_set_rights", "gives a right up");
    OK(__wasi_fd_fdstat_set_rights(fd, all & ~__WASI_RIGHTS_FD_WRITE, 0));
    EXPECT_ERRNO(NOTCAPABLE, write_text(fd, "y"));
    CASE("fd_fdstat_set_rights", "shows in fd_fdstat_get");
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(all & ~__WASI_RIGHTS_FD_WRITE, stat.fs_rights_base);
    CASE("fd_fdstat_set_rights", "answers NOTCAPABLE for a right that was given up, or never was");
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, all, 0));
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, -1ULL, -1ULL));
    EXPECT_ERRNO(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, all & ~__WASI_RIGHTS_FD_WRITE, 1));
    CASE("fd_fdstat_set_rights", "takes the rights that there are");
    OK(__wasi_fd_fdstat_set_rights(fd, all & ~__WASI_RIGHTS_FD_WRITE, 0));
    CASE("fd_fdstat_set_rights", "takes all of them");
    OK(__wasi_fd_fdstat_set_rights(fd, 0, 0));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(0, stat.fs_rights_base);
    OK(close_fd(fd));
    CASE("fd_fdstat_set_rights", "has what is opened through a directory inherit no more than is left");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    OK(__wasi_fd_fdstat_set_rights(dir, R_DIR, __WASI_RIGHTS_FD_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_error(dir, "inner", 0, R_BOTH));
    __wasi_fd_t inner;
    OK(__wasi_path_open(dir, 0, "inner", 0, __WASI_RIGHTS_FD_READ, 0, 0, &inner));
    OK(close_fd(inner));
    OK(close_fd(dir));
    CASE("fd_fdstat_set_rights", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_fdstat_set_rights(NOBODY, 0, 0));
}

static void preopens(void) {
    __wasi_prestat_t prestat;
    uint8_t name[32];
    CASE("fd_prestat_get", "knows a preopen, and the length of its name");
    OK(__wasi_fd_prestat_get(SANDBOX, &prestat));
    EXPECT_SAME(__WASI_PREOPENTYPE_DIR, prestat.tag);
    EXPECT_SAME(8, prestat.u.dir.pr_name_len);
    CASE("fd_prestat_get", "knows the second");
    OK(__wasi_fd_prestat_get(SECOND, &prestat));
    EXPECT_SAME(7, prestat.u.dir.pr_name_len);
    CASE("fd_prestat_get", "answers BADF behind the last, where a C library stops");
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_get(SECOND + 1, &prestat));
    CASE("fd_prestat_get", "refuses a directory that the program has opened");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    EXPECT_REFUSED(__wasi_fd_prestat_get(dir, &prestat));
    CASE("fd_prestat_get", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_prestat_get(SANDBOX, before_end(7)));

    CASE("fd_prestat_dir_name", "gives the name, without a NUL");
    memset(name, '?', sizeof name);
    OK(__wasi_fd_prestat_dir_name(SANDBOX, name, 8));
    EXPECT(memcmp(name, "/sandbox?", 9) == 0);
    CASE("fd_prestat_dir_name", "takes a longer buffer");
    memset(name, '?', sizeof name);
    OK(__wasi_fd_prestat_dir_name(SECOND, name, 20));
    EXPECT(memcmp(name, "/second", 7) == 0);
    CASE("fd_prestat_dir_name", "answers NAMETOOLONG for a shorter one, and writes nothing");
    memset(name, '?', sizeof name);
    EXPECT_ERRNO(NAMETOOLONG, __wasi_fd_prestat_dir_name(SANDBOX, name, 7));
    EXPECT_SAME('?', name[0]);
    CASE("fd_prestat_dir_name", "answers BADF for what is no preopen");
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_dir_name(dir, name, 8));
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_dir_name(NOBODY, name, 8));
    CASE("fd_prestat_dir_name", "answers OVERFLOW where the buffer lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_prestat_dir_name(SANDBOX, before_end(7), 8));
    OK(close_fd(dir));

    CASE("fd_close", "closes a preopen, too");
    OK(close_fd(SECOND));
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_get(SECOND, &prestat));
    CASE("fd_renumber", "takes a preopen's place, which is none then");
    int file = opened(SANDBOX, "file", 0, R_READ), place = opened(SANDBOX, "other", 0, R_READ);
    OK(__wasi_fd_renumber(SANDBOX, place));
    EXPECT_ERRNO(BADF, __wasi_fd_prestat_get(SANDBOX, &prestat));
    EXPECT_SAME(SANDBOX, opened(place, "other", 0, R_READ));
    EXPECT(strcmp(next_text(SANDBOX, 10), "other") == 0);
    OK(close_fd(file));
}

int main(void) {
    closing();
    renumbering();
    status();
    rights();
    preopens();
    DONE();
    return 0;
}
