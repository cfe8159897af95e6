// A box that may only be read: everything that would change it. The host compares the whole tree afterwards.
#include "attack.h"

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    const uint64_t rights[] = {0, RIGHTS(FD_READ), RIGHTS(FD_WRITE), RIGHTS(FD_READ) | RIGHTS(FD_WRITE), ALL_RIGHTS, RIGHTS(FD_ALLOCATE), RIGHTS(FD_FILESTAT_SET_SIZE)};
    const size_t all = sizeof rights / sizeof *rights;

    ATTACK("path_open", "nothing is truncated, whatever rights are asked for") {
        const char *const paths[] = {"own", "sub/inner", "sub/../own", "soft"};
        for (size_t i = 0; i < all; i++) {
            for (int j = 0; j < 4; j++) {
                REFUSED_FOR(paths[j], open_at(box, paths[j], __WASI_OFLAGS_TRUNC, rights[i], &fd));
                REFUSED_FOR(paths[j], open_at(box, paths[j], __WASI_OFLAGS_TRUNC | __WASI_OFLAGS_CREAT, rights[i], &fd));
                REFUSED_FOR(paths[j], __wasi_path_open(box, 0, paths[j], __WASI_OFLAGS_TRUNC, rights[i], 0, __WASI_FDFLAGS_APPEND, &fd));
            }
        }
        EXPECT(reads_as(box, "own", "own"));
    }

    ATTACK("path_open", "nothing is created, whatever rights are asked for") {
        const char *const paths[] = {"new", "sub/new", "sub/../new", "dangling"};
        for (size_t i = 0; i < all; i++) {
            for (int j = 0; j < 4; j++) {
                REFUSED_FOR(paths[j], open_at(box, paths[j], __WASI_OFLAGS_CREAT, rights[i], &fd));
                REFUSED_FOR(paths[j], open_at(box, paths[j], __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, rights[i], &fd));
            }
        }
        REFUSED(open_at(box, "new", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_DIRECTORY, 0, &fd));
    }

    ATTACK("fd_write", "no descriptor writes, whatever rights and flags it was opened with") {
        __wasi_ciovec_t iovec = {(const uint8_t *)"x", 1};
        __wasi_size_t written;
        int opened = 0;
        for (size_t i = 0; i < all; i++) {
            for (int flags = 0; flags < 32; flags++) {
                if (__wasi_path_open(box, 0, "own", 0, rights[i], 0, flags, &fd)) continue;
                opened++;
                REFUSED(write_text(fd, "x"));
                REFUSED(__wasi_fd_pwrite(fd, &iovec, 1, 0, &written));
                REFUSED(__wasi_fd_pwrite(fd, &iovec, 1, 100, &written));
                REFUSED(__wasi_fd_filestat_set_size(fd, 0));
                REFUSED(__wasi_fd_allocate(fd, 0, 4096));
                __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND);
                REFUSED(write_text(fd, "x"));
                __wasi_fd_fdstat_set_rights(fd, ~0ull, ~0ull);
                REFUSED(write_text(fd, "x"));
                __wasi_fd_close(fd);
            }
        }
        EXPECT(opened > 0);
    }

    ATTACK("fd_filestat_set_times", "no times are set, of files, directories or links") {
        const char *const paths[] = {"own", "sub", "sub/inner", "soft", "dangling", "."};
        for (int i = 0; i < 6; i++) {
            for (int flags = 1; flags < 16; flags++) {
                REFUSED_FOR(paths[i], __wasi_path_filestat_set_times(box, 0, paths[i], 1, 1, flags));
                REFUSED_FOR(paths[i], __wasi_path_filestat_set_times(box, FOLLOW, paths[i], 1, 1, flags));
            }
        }
        int opened = 0;
        for (size_t i = 0; i < all; i++) {
            const char *const names[] = {"own", "sub", "."};
            for (int j = 0; j < 3; j++) {
                if (__wasi_path_open(box, 0, names[j], 0, rights[i] & ~RIGHTS(FD_WRITE), 0, 0, &fd)) continue;
                opened++;
                REFUSED_FOR(names[j], __wasi_fd_filestat_set_times(fd, 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
                REFUSED_FOR(names[j], __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
                __wasi_fd_close(fd);
            }
        }
        EXPECT(opened > 1);
        REFUSED(__wasi_fd_filestat_set_times(3, 1, 1, __WASI_FSTFLAGS_MTIM));
    }

    ATTACK("path_unlink_file", "nothing is removed, made, linked or moved") {
        __wasi_fd_t sub = box;
        open_at(box, "sub", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &sub);
        const __wasi_fd_t dirs[] = {box, sub};
        for (int i = 0; i < 2; i++) {
            const char *file = i ? "inner" : "own";
            REFUSED(__wasi_path_unlink_file(dirs[i], file));
            REFUSED(__wasi_path_create_directory(dirs[i], "new"));
            REFUSED(__wasi_path_symlink(file, dirs[i], "new"));
            REFUSED(__wasi_path_link(dirs[i], 0, file, dirs[i], "new"));
            REFUSED(__wasi_path_rename(dirs[i], file, dirs[i], "new"));
            REFUSED(__wasi_path_rename(dirs[i], file, dirs[i], file));
            REFUSED(__wasi_path_rename(dirs[i], file, box, "own"));
        }
        REFUSED(__wasi_path_remove_directory(box, "empty"));
        REFUSED(__wasi_path_unlink_file(box, "soft"));
        REFUSED(__wasi_path_rename(box, "empty", box, "sub"));
        REFUSED(__wasi_path_rename(box, "soft", box, "new"));
    }

    ATTACK("fd_renumber", "a read-only file in the place of standard output takes nothing") {
        __wasi_fd_t stream;
        NEED(!__wasi_path_open(box, 0, "own", 0, 0, 0, 0, &fd) && !__wasi_path_open(box, 0, "own", 0, 0, 0, 0, &stream));
        EXPECT(!__wasi_fd_renumber(fd, 2));
        REFUSED(write_text(2, "x"));
        EXPECT(!__wasi_fd_renumber(stream, 0));
        REFUSED(write_text(0, "x"));
    }

    DONE();
    return 0;
}
