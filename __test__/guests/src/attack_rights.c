// Rights that a descriptor does not have, in a box that may be written.
#include "attack.h"

static __wasi_fd_t directory(uint64_t base, uint64_t inheriting) {
    __wasi_fd_t fd;
    NEED(!__wasi_path_open(box, 0, ".", __WASI_OFLAGS_DIRECTORY, base, inheriting, 0, &fd));
    return fd;
}

static __wasi_fd_t other_fd;

static bool reads_through(__wasi_fd_t dir, const char *path) {
    __wasi_fd_t fd;
    if (__wasi_path_open(dir, 0, path, 0, RIGHTS(FD_READ), 0, 0, &fd)) return false;
    return !__wasi_fd_close(fd);
}

static bool untouched(void) { return reads_as(box, "own", "own"); }

// A directory with few rights is no way to change anything.
static void acts_on_nothing(__wasi_fd_t again) {
    __wasi_fd_t fd;
    REFUSED(__wasi_path_open(again, 0, "own", 0, RIGHTS(FD_WRITE), 0, 0, &fd));
    REFUSED(__wasi_path_create_directory(again, "new"));
    REFUSED(__wasi_path_unlink_file(again, "own"));
    REFUSED(__wasi_path_remove_directory(again, "empty"));
    REFUSED(__wasi_path_rename(again, "own", box, "moved"));
    REFUSED(__wasi_path_rename(box, "own", again, "moved"));
    REFUSED(__wasi_path_link(again, 0, "own", box, "linked"));
    REFUSED(__wasi_path_link(box, 0, "own", again, "linked"));
    REFUSED(__wasi_path_symlink("own", again, "soft"));
    REFUSED(__wasi_path_filestat_set_times(again, 0, "own", 1, 1, __WASI_FSTFLAGS_MTIM));
}

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    __wasi_fdstat_t fdstat;
    __wasi_filestat_t stat, after;

    ATTACK("path_open", "truncating asks for the right to write") {
        __wasi_fd_t few = directory(READS, READS);
        NEED(reads_through(few, "own") && reads_through(few, "sub/../own"));
        REFUSED(__wasi_path_open(few, FOLLOW, "own", __WASI_OFLAGS_TRUNC, RIGHTS(FD_READ), 0, 0, &fd));
        REFUSED(__wasi_path_open(few, FOLLOW, "own", __WASI_OFLAGS_TRUNC, 0, 0, 0, &fd));
        REFUSED(__wasi_path_open(few, 0, "own", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, RIGHTS(FD_READ), 0, 0, &fd));
        REFUSED(__wasi_path_open(few, FOLLOW, "sub/../own", __WASI_OFLAGS_TRUNC, RIGHTS(FD_READ), 0, 0, &fd));
        EXPECT(untouched());
    }

    ATTACK("path_open", "no descriptor has more rights than the directory passes on") {
        __wasi_fd_t few = directory(READS, RIGHTS(FD_READ));
        NEED(reads_through(few, "own"));
        REFUSED(__wasi_path_open(few, 0, "own", 0, RIGHTS(FD_READ) | RIGHTS(FD_WRITE), 0, 0, &fd));
        REFUSED(__wasi_path_open(few, 0, "own", 0, RIGHTS(FD_WRITE), 0, 0, &fd));
        REFUSED(__wasi_path_open(few, 0, "new", __WASI_OFLAGS_CREAT, RIGHTS(FD_READ), 0, 0, &fd));
        REFUSED(__wasi_path_open(few, 0, "own", 0, ~0ull, ~0ull, 0, &fd));
        // Asking for none is no way to get all.
        const char *const paths[] = {"own", "sub/../own"};
        for (int i = 0; i < 2; i++) {
            // node:wasi refuses it, or gives what it was asked for.
            if (__wasi_path_open(few, 0, paths[i], 0, 0, 0, 0, &fd)) continue;
            EXPECT(!__wasi_fd_fdstat_get(fd, &fdstat) && !(fdstat.fs_rights_base & ~RIGHTS(FD_READ)));
            REFUSED(write_text(fd, "x"));
            REFUSED(__wasi_fd_filestat_set_size(fd, 0));
        }
        EXPECT(untouched());
    }

    ATTACK("path_open", "a directory opened through one with few rights has few") {
        __wasi_fd_t few = directory(READS, READS), again;
        NEED(!__wasi_path_open(few, 0, ".", __WASI_OFLAGS_DIRECTORY, READS, READS, 0, &again) && reads_through(again, "own"));
        acts_on_nothing(again);
        // Nor where none are asked for.
        if (!__wasi_path_open(few, 0, ".", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &again)) acts_on_nothing(again);
        EXPECT(untouched());
    }

    ATTACK("fd_fdstat_set_rights", "what was given up, or never had, is not regained") {
        NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_WRITE) | RIGHTS(FD_SEEK), &fd));
        EXPECT(!__wasi_fd_fdstat_set_rights(fd, RIGHTS(FD_READ), 0));
        REFUSED(write_text(fd, "x"));
        REFUSED(__wasi_fd_fdstat_set_rights(fd, RIGHTS(FD_READ) | RIGHTS(FD_WRITE), 0));
        REFUSED(__wasi_fd_fdstat_set_rights(fd, ~0ull, ~0ull));
        REFUSED(__wasi_fd_fdstat_set_rights(fd, RIGHTS(FD_READ), RIGHTS(FD_WRITE)));
        REFUSED(write_text(fd, "x"));
        __wasi_fd_t few = directory(READS, READS);
        REFUSED(__wasi_fd_fdstat_set_rights(few, READS | RIGHTS(PATH_CREATE_DIRECTORY), READS));
        REFUSED(__wasi_fd_fdstat_set_rights(few, READS, READS | RIGHTS(FD_WRITE)));
        REFUSED(__wasi_fd_fdstat_set_rights(few, READS, ~0ull));
        EXPECT(untouched());
    }

    ATTACK("fd_filestat_set_times", "a file opened to be read keeps its times") {
        NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_FILESTAT_GET), &fd));
        EXPECT(!__wasi_fd_filestat_get(fd, &stat));
        REFUSED(__wasi_fd_filestat_set_times(fd, 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
        REFUSED(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW | __WASI_FSTFLAGS_MTIM_NOW));
        EXPECT(!__wasi_fd_filestat_get(fd, &after));
        EXPECT_SAME(stat.mtim, after.mtim);
        EXPECT_SAME(stat.ctim, after.ctim);
    }

    ATTACK("fd_filestat_get", "a file that may only be written tells nothing of itself") {
        NEED(open_own("own", RIGHTS(FD_WRITE), &fd));
        char buffer[8];
        __wasi_iovec_t iovec = {(uint8_t *)buffer, 8};
        __wasi_filesize_t position;
        __wasi_size_t read;
        REFUSED(__wasi_fd_filestat_get(fd, &stat));
        REFUSED(__wasi_fd_read(fd, &iovec, 1, &read));
        REFUSED(__wasi_fd_pread(fd, &iovec, 1, 0, &read));
        REFUSED(__wasi_fd_seek(fd, 0, __WASI_WHENCE_END, &position));
        REFUSED(__wasi_fd_tell(fd, &position));
    }

    ATTACK("fd_fdstat_set_flags", "no flag makes a file writable, and each asks for its right") {
        NEED(open_own("own", RIGHTS(FD_READ), &fd));
        for (int flags = 0; flags < 32; flags++) {
            REFUSED(__wasi_fd_fdstat_set_flags(fd, flags));
            REFUSED(write_text(fd, "x"));
        }
        NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_FDSTAT_SET_FLAGS), &fd));
        for (int flags = 0; flags < 32; flags++) {
            __wasi_fd_fdstat_set_flags(fd, flags);
            REFUSED(write_text(fd, "x"));
        }
        EXPECT(untouched());
    }

    ATTACK("fd_allocate", "a file opened to be read keeps its size") {
        __wasi_ciovec_t iovec = {(const uint8_t *)"x", 1};
        __wasi_size_t written;
        NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_SEEK), &fd));
        REFUSED(__wasi_fd_allocate(fd, 0, 4096));
        REFUSED(__wasi_fd_filestat_set_size(fd, 0));
        REFUSED(__wasi_fd_filestat_set_size(fd, 4096));
        REFUSED(write_text(fd, "x"));
        REFUSED(__wasi_fd_pwrite(fd, &iovec, 1, 0, &written));
        EXPECT(untouched());
    }

    ATTACK("fd_renumber", "rights go along with a descriptor, wherever it is moved") {
        __wasi_fd_t other;
        NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_WRITE), &other) && open_own("own", RIGHTS(FD_READ), &fd));
        EXPECT(!__wasi_fd_renumber(fd, other));
        REFUSED(write_text(other, "x"));
        REFUSED(__wasi_fd_fdstat_set_rights(other, RIGHTS(FD_WRITE), 0));
        EXPECT(untouched());
    }

    ATTACK("fd_write", "a directory is no file, and a file no directory") {
        uint8_t buffer[64];
        __wasi_size_t used;
        NEED(open_own("own", RIGHTS(FD_READ), &fd));
        REFUSED(write_text(box, "x"));
        REFUSED(__wasi_fd_filestat_set_size(box, 0));
        REFUSED(__wasi_fd_allocate(box, 0, 1));
        REFUSED(__wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &used));
        REFUSED(open_at(fd, "own", 0, RIGHTS(FD_READ), &other_fd));
        REFUSED(open_at(fd, ".", 0, RIGHTS(FD_READ), &other_fd));
        REFUSED(open_at(fd, "../outside/secret", 0, RIGHTS(FD_READ), &other_fd));
        REFUSED(__wasi_path_create_directory(fd, "new"));
    }

    DONE();
    return 0;
}
