// Conformance: what a read-only preopen refuses, with ROFS, and what it allows. It is run with /sandbox mounted read-only.
#include "conform.h"

static __wasi_fd_t fd;
static err open_to(const char *path, int oflags, __wasi_rights_t rights, int flags) {
    err error = __wasi_path_open(SANDBOX, 0, path, oflags, rights, 0, flags, &fd);
    return error ? error : close_fd(fd);
}

int main(void) {
    __wasi_size_t used;
    uint8_t buffer[1024];
    CASE("path_open", "opens to read");
    EXPECT(holds("file", "0123456789"));
    EXPECT(holds("dir/inner", "inner"));
    CASE("path_open", "does not restrict an open without rights, but to reading");
    OK(__wasi_path_open(SANDBOX, 0, "file", 0, 0, 0, 0, &fd));
    EXPECT(strcmp(next_text(fd, 4), "0123") == 0);
    EXPECT_REFUSED(write_text(fd, "x"));
    OK(close_fd(fd));
    CASE("path_open", "answers ROFS for an open to write");
    EXPECT_ERRNO(ROFS, open_to("file", 0, R_BOTH, 0));
    EXPECT_ERRNO(ROFS, open_to("file", 0, __WASI_RIGHTS_FD_WRITE, __WASI_FDFLAGS_APPEND));
    CASE("path_open", "answers ROFS where it would create");
    EXPECT_ERRNO(ROFS, open_to("new", CREAT, R_READ, 0));
    EXPECT_ERRNO(ROFS, open_to("new", CREAT | EXCL, R_BOTH, 0));
    EXPECT(!exists("new"));
    CASE("path_open", "answers ROFS where it would empty");
    EXPECT_ERRNO(ROFS, open_to("file", TRUNC, R_READ, 0));
    EXPECT_ERRNO(ROFS, open_to("file", TRUNC, 0, 0));
    EXPECT(holds("file", "0123456789"));
    CASE("path_open", "opens with CREAT no more than without");
    EXPECT_REFUSED(open_to("none/new", CREAT, R_READ, 0));
    CASE("path_filestat_get", "knows what is there");
    EXPECT_SAME(10, stat_of("file", 0).size);
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat_of("soft", 0).filetype);
    CASE("fd_filestat_get", "knows what is open");
    __wasi_filestat_t stat;
    OK(__wasi_fd_filestat_get(SANDBOX, &stat));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat.filetype);
    CASE("fd_readdir", "lists");
    OK(__wasi_fd_readdir(SANDBOX, buffer, sizeof buffer, 0, &used));
    EXPECT(used > 200);
    CASE("path_readlink", "reads a link");
    OK(__wasi_path_readlink(SANDBOX, "soft", buffer, 100, &used));
    EXPECT_SAME(4, used);
    CASE("path_create_directory", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_create_directory(SANDBOX, "new"));
    CASE("path_remove_directory", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_remove_directory(SANDBOX, "hollow"));
    EXPECT(exists("hollow"));
    CASE("path_unlink_file", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_unlink_file(SANDBOX, "file"));
    EXPECT_ERRNO(ROFS, __wasi_path_unlink_file(SANDBOX, "soft"));
    CASE("path_rename", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_rename(SANDBOX, "file", SANDBOX, "moved"));
    CASE("path_link", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_link(SANDBOX, 0, "file", SANDBOX, "hard"));
    CASE("path_symlink", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_symlink("file", SANDBOX, "link"));
    CASE("path_filestat_set_times", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_path_filestat_set_times(SANDBOX, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM));
    EXPECT_ERRNO(ROFS, __wasi_path_filestat_set_times(SANDBOX, 0, "file", 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
    int reader = opened(SANDBOX, "file", 0, R_READ);
    NEED(reader >= 0);
    CASE("fd_filestat_set_times", "answers ROFS");
    EXPECT_ERRNO(ROFS, __wasi_fd_filestat_set_times(reader, 0, 0, __WASI_FSTFLAGS_MTIM));
    CASE("fd_write", "is refused on what was opened to read, also after APPEND was set");
    EXPECT_REFUSED(write_text(reader, "x"));
    OK(__wasi_fd_fdstat_set_flags(reader, __WASI_FDFLAGS_APPEND));
    EXPECT_REFUSED(write_text(reader, "x"));
    CASE("fd_pwrite", "is refused on what was opened to read");
    __wasi_ciovec_t iov = {(const uint8_t *)"x", 1};
    EXPECT_REFUSED(__wasi_fd_pwrite(reader, &iov, 1, 0, &used));
    CASE("fd_filestat_set_size", "is refused on what was opened to read");
    EXPECT_REFUSED(__wasi_fd_filestat_set_size(reader, 1));
    CASE("fd_allocate", "is refused on what was opened to read");
    EXPECT_REFUSED(__wasi_fd_allocate(reader, 0, 100));
    CASE("fd_renumber", "makes nothing writable");
    OK(__wasi_fd_renumber(reader, SECOND));
    EXPECT_REFUSED(write_text(SECOND, "x"));
    EXPECT(holds("file", "0123456789"));
    DONE();
    return 0;
}
