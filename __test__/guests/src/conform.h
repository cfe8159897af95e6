// What the conformance programs share beside case.h: their world, and calls in few words.
//
// Each runs in a fresh world, the same on every filesystem, which conformance/world.js prepares. Descriptor 3 is /sandbox:
//
//   file          "0123456789"            soft -> file             out -> ../outside      (the host's: leads out)
//   other         "other"                 softdir -> dir           absolute -> /sandbox/file    (the host's)
//   dir/inner     "inner"                 dangling -> nothing
//   dir/deep/leaf "leaf"                  loop -> loop
//   hollow/       (empty)
//
// and 4 is /second, an empty directory of another filesystem. Standard input is the text "from the host".
#pragma once
#include "case.h"

typedef __wasi_errno_t err;

enum { SANDBOX = 3, SECOND = 4, NOBODY = 0x7fffffff };
enum { FOLLOW = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, CREAT = __WASI_OFLAGS_CREAT, DIRECTORY = __WASI_OFLAGS_DIRECTORY, EXCL = __WASI_OFLAGS_EXCL, TRUNC = __WASI_OFLAGS_TRUNC };

// What a file may be asked that was opened to read, and one that was opened to write, too; and a directory.
#define R_READ                                                                                                               \
    (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS |                 \
     __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES |     \
     __WASI_RIGHTS_POLL_FD_READWRITE)
#define R_WRITE                                                                                                             \
    (__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE)
#define R_BOTH (R_READ | R_WRITE)
#define R_PATHS                                                                                                              \
    (__WASI_RIGHTS_PATH_CREATE_DIRECTORY | __WASI_RIGHTS_PATH_CREATE_FILE | __WASI_RIGHTS_PATH_LINK_SOURCE |                     \
     __WASI_RIGHTS_PATH_LINK_TARGET | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_PATH_READLINK |         \
     __WASI_RIGHTS_PATH_RENAME_SOURCE | __WASI_RIGHTS_PATH_RENAME_TARGET | __WASI_RIGHTS_PATH_FILESTAT_GET |                     \
     __WASI_RIGHTS_PATH_FILESTAT_SET_SIZE | __WASI_RIGHTS_PATH_FILESTAT_SET_TIMES | __WASI_RIGHTS_PATH_SYMLINK |                 \
     __WASI_RIGHTS_PATH_REMOVE_DIRECTORY | __WASI_RIGHTS_PATH_UNLINK_FILE)
#define R_DIR (R_PATHS | __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_SYNC)
#define R_ALL ((__wasi_rights_t)0x0fffffff)

// A call succeeds.
#define OK(call) EXPECT_ERRNO(SUCCESS, call)
// A call fails, the specification does not say how.
#define EXPECT_REFUSED(call) EXPECT((call) != __WASI_ERRNO_SUCCESS)

// Each line is out when it is complete: a host that ends the program loses none.
__attribute__((constructor)) static void promptly(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }

// Where memory ends, as a pointer that has only so many bytes behind it.
__attribute__((unused)) static void *before_end(int bytes) { return (void *)((uintptr_t)__builtin_wasm_memory_size(0) * 65536 - bytes); }

// Calls whose paths are not what C calls a string: a pointer and a length, wherever they lead.
#define IMPORTED(name) __attribute__((__import_module__("wasi_snapshot_preview1"), __import_name__(#name)))
int raw_path_open(int, int, const void *, unsigned, int, long long, long long, int, void *) IMPORTED(path_open);
int raw_path_create_directory(int, const void *, unsigned) IMPORTED(path_create_directory);
int raw_path_remove_directory(int, const void *, unsigned) IMPORTED(path_remove_directory);
int raw_path_unlink_file(int, const void *, unsigned) IMPORTED(path_unlink_file);
int raw_path_filestat_get(int, int, const void *, unsigned, void *) IMPORTED(path_filestat_get);
int raw_path_filestat_set_times(int, int, const void *, unsigned, long long, long long, int) IMPORTED(path_filestat_set_times);
int raw_path_link(int, int, const void *, unsigned, int, const void *, unsigned) IMPORTED(path_link);
int raw_path_rename(int, const void *, unsigned, int, const void *, unsigned) IMPORTED(path_rename);
int raw_path_symlink(const void *, unsigned, int, const void *, unsigned) IMPORTED(path_symlink);
int raw_path_readlink(int, const void *, unsigned, void *, unsigned, void *) IMPORTED(path_readlink);

// Opens, following a link; the descriptor, or -1.
__attribute__((unused)) static int opened(int dir, const char *path, int oflags, __wasi_rights_t rights) {
    __wasi_fd_t fd;
    return __wasi_path_open(dir, FOLLOW, path, oflags, rights, R_ALL, 0, &fd) ? -1 : (int)fd;
}
__attribute__((unused)) static err open_error(int dir, const char *path, int oflags, __wasi_rights_t rights) {
    __wasi_fd_t fd;
    err error = __wasi_path_open(dir, FOLLOW, path, oflags, rights, R_ALL, 0, &fd);
    if (error == 0 && __wasi_fd_close(fd) != 0) printf("failed: what was opened is not closed\n");
    return error;
}
__attribute__((unused)) static err close_fd(int fd) { return __wasi_fd_close(fd); }

__attribute__((unused)) static err write_text(int fd, const char *text) {
    __wasi_ciovec_t iov = {(const uint8_t *)text, strlen(text)};
    __wasi_size_t written = 0;
    err error = __wasi_fd_write(fd, &iov, 1, &written);
    if (error == 0 && written != iov.buf_len) printf("failed: %d bytes of %d were written\n", (int)written, (int)iov.buf_len);
    return error;
}

// Makes a file with a text in it, and says whether it is there.
__attribute__((unused)) static bool make(const char *path, const char *text) {
    int fd = opened(SANDBOX, path, CREAT | TRUNC, R_BOTH);
    if (fd < 0) return false;
    return write_text(fd, text) == 0 && close_fd(fd) == 0;
}

// The next bytes of a descriptor, as a text that holds until the next call of this.
__attribute__((unused)) static const char *next_text(int fd, size_t most) {
    static char text[4096];
    __wasi_iovec_t iov = {(uint8_t *)text, most < sizeof text - 1 ? most : sizeof text - 1};
    __wasi_size_t got = 0;
    if (__wasi_fd_read(fd, &iov, 1, &got)) return "(not read)";
    text[got] = 0;
    return text;
}

// Whether a file holds this text and no more.
__attribute__((unused)) static bool holds(const char *path, const char *text) {
    int fd = opened(SANDBOX, path, 0, R_READ);
    if (fd < 0) return false;
    bool same = strcmp(next_text(fd, 4000), text) == 0;
    return close_fd(fd) == 0 && same;
}

// What a path names; its type is 255 where there is nothing.
__attribute__((unused)) static __wasi_filestat_t stat_of(const char *path, int flags) {
    __wasi_filestat_t stat;
    memset(&stat, 0, sizeof stat);
    if (__wasi_path_filestat_get(SANDBOX, flags, path, &stat)) stat.filetype = 255;
    return stat;
}
__attribute__((unused)) static bool exists(const char *path) { return stat_of(path, 0).filetype != 255; }

__attribute__((unused)) static __wasi_filesize_t position(int fd) {
    __wasi_filesize_t at = 0;
    return __wasi_fd_tell(fd, &at) ? (__wasi_filesize_t)-1 : at;
}

__attribute__((unused)) static __wasi_timestamp_t now(__wasi_clockid_t clock) {
    __wasi_timestamp_t time = 0;
    return __wasi_clock_time_get(clock, 1, &time) ? 0 : time;
}
#define SECONDS ((__wasi_timestamp_t)1000000000)
#define MS ((__wasi_timestamp_t)1000000)
