// Conformance: which times a call changes, and which it leaves, as POSIX has it.
#include "conform.h"

enum { ATIM = __WASI_FSTFLAGS_ATIM, MTIM = __WASI_FSTFLAGS_MTIM };

// Sets the times of a path to long ago.
static bool age(const char *path) { return __wasi_path_filestat_set_times(SANDBOX, 0, path, 1000 * SECONDS, 1000 * SECONDS, ATIM | MTIM) == 0; }
static __wasi_timestamp_t mtim(const char *path) { return stat_of(path, 0).mtim; }
static bool is_old(const char *path) { return mtim(path) == 1000 * SECONDS; }
static bool is_young(__wasi_timestamp_t time) {
    __wasi_timestamp_t at = now(__WASI_CLOCKID_REALTIME);
    return time > at - 600 * SECONDS && time < at + 600 * SECONDS;
}
static int aged(const char *path, int oflags, __wasi_rights_t rights) {
    NEED(make(path, "0123456789"));
    int fd = opened(SANDBOX, path, oflags, rights);
    NEED(fd >= 0 && age(path));
    return fd;
}

int main(void) {
    __wasi_ciovec_t text = {(const uint8_t *)"text", 4};
    __wasi_size_t size;

    CASE("fd_write", "makes the time of modification now");
    int fd = aged("written", 0, R_BOTH);
    OK(write_text(fd, "x"));
    EXPECT(is_young(mtim("written")));
    OK(close_fd(fd));
    EXPECT(is_young(mtim("written")));
    CASE("fd_write", "leaves it where nothing is written");
    fd = aged("unwritten", 0, R_BOTH);
    OK(__wasi_fd_write(fd, &text, 0, &size));
    OK(close_fd(fd));
    EXPECT(is_old("unwritten"));
    CASE("fd_pwrite", "makes the time of modification now");
    fd = aged("pwritten", 0, R_BOTH);
    OK(__wasi_fd_pwrite(fd, &text, 1, 3, &size));
    EXPECT(is_young(mtim("pwritten")));
    OK(close_fd(fd));
    CASE("fd_read", "leaves the time of modification");
    fd = aged("read", 0, R_READ);
    EXPECT(strcmp(next_text(fd, 4), "0123") == 0);
    OK(close_fd(fd));
    EXPECT(is_old("read"));
    CASE("path_open", "leaves the time of modification where it neither creates nor empties");
    fd = aged("opened", 0, R_READ);
    OK(close_fd(fd));
    EXPECT_ERRNO(SUCCESS, open_error(SANDBOX, "opened", CREAT, R_BOTH));
    EXPECT(is_old("opened"));
    CASE("path_open", "makes it now where it empties");
    EXPECT_ERRNO(SUCCESS, open_error(SANDBOX, "opened", TRUNC, R_BOTH));
    EXPECT(is_young(mtim("opened")));
    CASE("fd_filestat_set_size", "makes the time of modification now where the size changes");
    fd = aged("cut", 0, R_BOTH);
    OK(__wasi_fd_filestat_set_size(fd, 3));
    EXPECT(is_young(mtim("cut")));
    EXPECT(age("cut"));
    OK(__wasi_fd_filestat_set_size(fd, 30));
    EXPECT(is_young(mtim("cut")));
    OK(close_fd(fd));
    CASE("fd_allocate", "makes it now where the file grows");
    fd = aged("allocated", 0, R_BOTH);
    OK(__wasi_fd_allocate(fd, 0, 100));
    EXPECT(is_young(mtim("allocated")));
    OK(close_fd(fd));
    CASE("path_rename", "leaves the times of what is moved");
    fd = aged("moving", 0, R_READ);
    OK(__wasi_path_rename(SANDBOX, "moving", SANDBOX, "moved"));
    OK(close_fd(fd));
    EXPECT(is_old("moved"));
    EXPECT(stat_of("moved", 0).atim == 1000 * SECONDS);
    CASE("path_link", "leaves the time of modification, and makes that of the change now");
    OK(__wasi_path_link(SANDBOX, 0, "moved", SANDBOX, "linked"));
    EXPECT(is_old("linked") && is_old("moved"));
    EXPECT(is_young(stat_of("linked", 0).ctim));
    CASE("path_filestat_set_times", "makes the time of the change now");
    EXPECT(age("moved"));
    EXPECT(is_young(stat_of("moved", 0).ctim));

    CASE("path_open", "makes a directory's time of modification now where it creates");
    OK(__wasi_path_create_directory(SANDBOX, "d"));
    EXPECT(age("d"));
    NEED(make("d/file", "x"));
    EXPECT(is_young(mtim("d")));
    CASE("fd_write", "leaves that of the directory in which the file is");
    fd = opened(SANDBOX, "d/file", 0, R_BOTH);
    EXPECT(age("d"));
    OK(write_text(fd, "more"));
    OK(close_fd(fd));
    EXPECT(is_old("d"));
    CASE("fd_readdir", "leaves that of the directory");
    static uint8_t buffer[1024];
    int dir = opened(SANDBOX, "d", DIRECTORY, R_DIR);
    OK(__wasi_fd_readdir(dir, buffer, sizeof buffer, 0, &size));
    OK(close_fd(dir));
    EXPECT(is_old("d"));
    CASE("path_create_directory", "makes its parent's now");
    OK(__wasi_path_create_directory(SANDBOX, "d/sub"));
    EXPECT(is_young(mtim("d")));
    CASE("path_remove_directory", "makes its parent's now");
    EXPECT(age("d"));
    OK(__wasi_path_remove_directory(SANDBOX, "d/sub"));
    EXPECT(is_young(mtim("d")));
    CASE("path_symlink", "makes its parent's now");
    EXPECT(age("d"));
    OK(__wasi_path_symlink("file", SANDBOX, "d/link"));
    EXPECT(is_young(mtim("d")));
    CASE("path_unlink_file", "makes its parent's now");
    EXPECT(age("d"));
    OK(__wasi_path_unlink_file(SANDBOX, "d/link"));
    EXPECT(is_young(mtim("d")));
    CASE("path_rename", "makes those of both directories now");
    OK(__wasi_path_create_directory(SANDBOX, "e"));
    EXPECT(age("d") && age("e"));
    OK(__wasi_path_rename(SANDBOX, "d/file", SANDBOX, "e/file"));
    EXPECT(is_young(mtim("d")) && is_young(mtim("e")));
    CASE("path_filestat_get", "gives what was there before its times, and what has just been made now");
    EXPECT(is_young(mtim("dir/inner")));
    NEED(make("fresh", ""));
    __wasi_filestat_t fresh = stat_of("fresh", 0);
    EXPECT(is_young(fresh.atim) && is_young(fresh.mtim) && is_young(fresh.ctim));
    DONE();
    return 0;
}
