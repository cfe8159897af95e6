// Conformance: each call asks for its right, and answers NOTCAPABLE without it, having done nothing.
#include "conform.h"

static __wasi_size_t size;
static __wasi_filesize_t at;
static __wasi_filestat_t stat;
static uint8_t byte;

// A file opened without one right, and a directory opened without one.
static int file_without(__wasi_rights_t right) { return opened(SANDBOX, "file", 0, R_BOTH & ~right); }
static int dir_without(__wasi_rights_t right) { return opened(SANDBOX, ".", DIRECTORY, (R_DIR | R_READ) & ~right); }

#define ASKS_FILE(function, right, call)                                            \
    do {                                                                            \
        CASE(function, "asks a file for its right");                                \
        int fd = file_without(__WASI_RIGHTS_##right);                               \
        EXPECT(fd >= 0);                                                            \
        EXPECT_ERRNO(NOTCAPABLE, call);                                             \
        OK(close_fd(fd));                                                           \
    } while (0)
#define ASKS_DIR(function, promise, right, call)                                    \
    do {                                                                            \
        CASE(function, promise);                                                    \
        int fd = dir_without(__WASI_RIGHTS_##right);                                \
        EXPECT(fd >= 0);                                                            \
        EXPECT_ERRNO(NOTCAPABLE, call);                                             \
        OK(close_fd(fd));                                                           \
    } while (0)

int main(void) {
    __wasi_iovec_t in = {&byte, 1};
    __wasi_ciovec_t out = {&byte, 1};
    ASKS_FILE("fd_read", FD_READ, __wasi_fd_read(fd, &in, 1, &size));
    ASKS_FILE("fd_pread", FD_READ, __wasi_fd_pread(fd, &in, 1, 0, &size));
    ASKS_FILE("fd_write", FD_WRITE, __wasi_fd_write(fd, &out, 1, &size));
    ASKS_FILE("fd_pwrite", FD_WRITE, __wasi_fd_pwrite(fd, &out, 1, 0, &size));
    ASKS_FILE("fd_seek", FD_SEEK, __wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
    ASKS_FILE("fd_tell", FD_TELL, __wasi_fd_tell(fd, &at));
    ASKS_FILE("fd_sync", FD_SYNC, __wasi_fd_sync(fd));
    ASKS_FILE("fd_datasync", FD_DATASYNC, __wasi_fd_datasync(fd));
    ASKS_FILE("fd_advise", FD_ADVISE, __wasi_fd_advise(fd, 0, 0, 0));
    ASKS_FILE("fd_allocate", FD_ALLOCATE, __wasi_fd_allocate(fd, 0, 100));
    ASKS_FILE("fd_filestat_get", FD_FILESTAT_GET, __wasi_fd_filestat_get(fd, &stat));
    ASKS_FILE("fd_filestat_set_size", FD_FILESTAT_SET_SIZE, __wasi_fd_filestat_set_size(fd, 1));
    ASKS_FILE("fd_filestat_set_times", FD_FILESTAT_SET_TIMES, __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM));
    ASKS_FILE("fd_fdstat_set_flags", FD_FDSTAT_SET_FLAGS, __wasi_fd_fdstat_set_flags(fd, 0));
    ASKS_DIR("fd_readdir", "asks a directory for its right", FD_READDIR, __wasi_fd_readdir(fd, &byte, 1, 0, &size));
    ASKS_DIR("path_open", "asks for the right to open", PATH_OPEN, open_error(fd, "file", 0, R_READ));
    ASKS_DIR("path_open", "asks for the right to create", PATH_CREATE_FILE, open_error(fd, "new", CREAT, R_BOTH));
    ASKS_DIR("path_open", "asks for the right to empty", PATH_FILESTAT_SET_SIZE, open_error(fd, "file", TRUNC, R_BOTH));
    ASKS_DIR("path_create_directory", "asks for its right", PATH_CREATE_DIRECTORY, __wasi_path_create_directory(fd, "new"));
    ASKS_DIR("path_remove_directory", "asks for its right", PATH_REMOVE_DIRECTORY, __wasi_path_remove_directory(fd, "hollow"));
    ASKS_DIR("path_unlink_file", "asks for its right", PATH_UNLINK_FILE, __wasi_path_unlink_file(fd, "file"));
    ASKS_DIR("path_filestat_get", "asks for its right", PATH_FILESTAT_GET, __wasi_path_filestat_get(fd, 0, "file", &stat));
    ASKS_DIR("path_filestat_set_times", "asks for its right", PATH_FILESTAT_SET_TIMES, __wasi_path_filestat_set_times(fd, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM));
    ASKS_DIR("path_readlink", "asks for its right", PATH_READLINK, __wasi_path_readlink(fd, "soft", &byte, 1, &size));
    ASKS_DIR("path_symlink", "asks for its right", PATH_SYMLINK, __wasi_path_symlink("file", fd, "new"));
    ASKS_DIR("path_link", "asks for the right of the source", PATH_LINK_SOURCE, __wasi_path_link(fd, 0, "file", SANDBOX, "new"));
    ASKS_DIR("path_link", "asks for the right of the target", PATH_LINK_TARGET, __wasi_path_link(SANDBOX, 0, "file", fd, "new"));
    ASKS_DIR("path_rename", "asks for the right of the source", PATH_RENAME_SOURCE, __wasi_path_rename(fd, "file", SANDBOX, "new"));
    ASKS_DIR("path_rename", "asks for the right of the target", PATH_RENAME_TARGET, __wasi_path_rename(SANDBOX, "file", fd, "new"));
    CASE("fd_fdstat_set_rights", "was needed by none of these: all is as it was");
    EXPECT(!exists("new"));
    EXPECT(exists("hollow") && exists("soft"));
    EXPECT(holds("file", "0123456789"));
    DONE();
    return 0;
}
