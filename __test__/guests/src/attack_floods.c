// As much as it can of what the host would have to hold: empty writes, output that nobody keeps, names, directories, bytes.
#include "attack.h"

static uint8_t page[1 << 20];

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    __wasi_size_t used;

    ATTACK("fd_write", "empty writes cost nothing, however many") {
        __wasi_ciovec_t iovecs[8] = {0};
        for (int i = 0; i < 8; i++) iovecs[i].buf = page;
        int failed = 0;
        for (int i = 0; i < 20000 && !failed; i++) failed = __wasi_fd_write(2, iovecs, i % 9, &used) || used != 0;
        EXPECT(!failed);
    }

    ATTACK("fd_write", "what nobody keeps is not held") {
        __wasi_ciovec_t iovec = {page, sizeof page};
        int failed = 0;
        for (int i = 0; i < 512 && !failed; i++) failed = __wasi_fd_write(2, &iovec, 1, &used);
        EXPECT(!failed);
    }

    ATTACK("fd_write", "a file takes no more than the filesystem has room for") {
        __wasi_ciovec_t iovec = {page, sizeof page};
        int full = 0;
        EXPECT(!open_at(box, "flood", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, RIGHTS(FD_WRITE), &fd));
        for (int i = 0; i < 10 && !full; i++) full = __wasi_fd_write(fd, &iovec, 1, &used);
        EXPECT(!__wasi_fd_close(fd));
        EXPECT(!__wasi_path_unlink_file(box, "flood"));
        // What was removed makes room.
        EXPECT(!open_at(box, "flood", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, RIGHTS(FD_WRITE), &fd));
        EXPECT(!__wasi_fd_write(fd, &iovec, 1, &used));
        EXPECT(!__wasi_fd_close(fd));
        EXPECT(!__wasi_path_unlink_file(box, "flood"));
    }

    ATTACK("path_create_directory", "hundreds of names, and directories in directories, end at most with an error") {
        char name[32];
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof name, "n%d", i);
            if (open_at(box, name, __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) break;
            __wasi_fd_close(fd);
        }
        __wasi_fd_t dir = box, next;
        for (int i = 0; i < 60; i++) {
            if (__wasi_path_create_directory(dir, "d") || open_at(dir, "d", __WASI_OFLAGS_DIRECTORY, 0, &next)) break;
            if (dir != box) __wasi_fd_close(dir);
            dir = next;
        }
        REFUSED(open_at(dir, "../../own", 0, RIGHTS(FD_READ), &next));
        REFUSED(__wasi_path_rename(box, "d", dir, "d"));
        EXPECT(reads_as(box, "own", "own"));
    }

    DONE();
    return 0;
}
