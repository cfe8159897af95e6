// Descriptors by the thousand, under numbers made up, and after their end.
#include "attack.h"

static const __wasi_fd_t far[] = {77, 1000, 1024, 4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
#define FAR (sizeof far / sizeof *far)

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd, other;
    __wasi_fdstat_t fdstat;
    __wasi_prestat_t prestat;

    ATTACK("fd_renumber", "numbers that nothing has are refused, on either side") {
        NEED(open_own("own", RIGHTS(FD_READ), &fd));
        for (size_t i = 0; i < FAR; i++) {
            REFUSED(__wasi_fd_renumber(far[i], fd));
            REFUSED(__wasi_fd_renumber(fd, far[i]));
            REFUSED(__wasi_fd_renumber(far[i], far[(i + 1) % FAR]));
            // To itself is no change, and node:wasi does not look whether it is open.
            __wasi_fd_renumber(far[i], far[i]);
            REFUSED(__wasi_fd_fdstat_get(far[i], &fdstat));
        }
        // What a closed number was is gone, also as a goal.
        NEED(open_own("own", RIGHTS(FD_READ), &other));
        __wasi_fd_close(other);
        REFUSED(__wasi_fd_renumber(other, fd));
        __wasi_fd_renumber(other, other);
        REFUSED(__wasi_fd_fdstat_get(other, &fdstat));
        EXPECT(!__wasi_fd_renumber(fd, fd));
        EXPECT(!__wasi_fd_fdstat_get(fd, &fdstat));
        __wasi_fd_close(fd);
    }

    ATTACK("fd_renumber", "what was under a number is released, each time") {
        NEED(open_own("own", RIGHTS(FD_READ), &other));
        int failed = 0;
        for (int i = 0; i < 3000 && !failed; i++) failed = !open_own("own", RIGHTS(FD_READ), &fd) || __wasi_fd_renumber(fd, other);
        EXPECT(!failed);
        for (int i = 0; i < 3000 && !failed; i++) failed = __wasi_fd_renumber(other, other) != 0;
        EXPECT(!failed);
        EXPECT(!__wasi_fd_close(other));
    }

    ATTACK("path_open", "there are no more descriptors than the limit, and then an error") {
        __wasi_fd_t opened[256];
        int count = 0;
        while (count < 256 && open_own("own", RIGHTS(FD_READ), &opened[count])) count++;
        EXPECT(count > 20 && count < 64);
        for (int i = 0; i < 100; i++) REFUSED(open_at(box, i % 2 ? "sub/inner" : "sub/../sub", 0, 0, &fd));
        for (int i = 0; i < count; i++) EXPECT(!__wasi_fd_close(opened[i]));
        EXPECT(open_own("own", RIGHTS(FD_READ), &fd));
    }

    ATTACK("fd_close", "a closed number answers nothing, and is not closed twice") {
        uint8_t buffer[64];
        __wasi_iovec_t iovec = {buffer, sizeof buffer};
        __wasi_filestat_t stat;
        __wasi_filesize_t position;
        __wasi_size_t used;
        NEED(!open_at(box, "sub", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &fd));
        EXPECT(!__wasi_fd_close(fd));
        for (size_t i = 0; i <= FAR; i++) {
            __wasi_fd_t gone = i < FAR ? far[i] : fd;
            REFUSED(__wasi_fd_close(gone));
            REFUSED(__wasi_fd_read(gone, &iovec, 1, &used));
            REFUSED(__wasi_fd_pread(gone, &iovec, 1, 0, &used));
            REFUSED(write_text(gone, "x"));
            REFUSED(__wasi_fd_fdstat_get(gone, &fdstat));
            REFUSED(__wasi_fd_fdstat_set_flags(gone, 0));
            REFUSED(__wasi_fd_fdstat_set_rights(gone, 0, 0));
            REFUSED(__wasi_fd_filestat_get(gone, &stat));
            REFUSED(__wasi_fd_filestat_set_size(gone, 0));
            REFUSED(__wasi_fd_filestat_set_times(gone, 1, 1, 5));
            REFUSED(__wasi_fd_allocate(gone, 0, 1));
            REFUSED(__wasi_fd_advise(gone, 0, 1, 0));
            REFUSED(__wasi_fd_datasync(gone));
            REFUSED(__wasi_fd_sync(gone));
            REFUSED(__wasi_fd_seek(gone, 0, 0, &position));
            REFUSED(__wasi_fd_tell(gone, &position));
            REFUSED(__wasi_fd_readdir(gone, buffer, sizeof buffer, 0, &used));
            REFUSED(__wasi_fd_prestat_get(gone, &prestat));
            REFUSED(__wasi_fd_prestat_dir_name(gone, buffer, sizeof buffer));
            REFUSED(open_at(gone, "inner", 0, RIGHTS(FD_READ), &other));
            REFUSED(__wasi_path_filestat_get(gone, 0, "inner", &stat));
            REFUSED(__wasi_path_create_directory(gone, "new"));
            REFUSED(__wasi_path_unlink_file(gone, "inner"));
            REFUSED(__wasi_path_rename(gone, "inner", box, "new"));
            REFUSED(__wasi_path_rename(box, "own", gone, "new"));
            REFUSED(__wasi_path_link(box, 0, "own", gone, "new"));
            REFUSED(__wasi_path_symlink("own", gone, "new"));
            REFUSED(__wasi_sock_shutdown(gone, __WASI_SDFLAGS_RD));
        }
    }

    ATTACK("fd_readdir", "positions made up lead nowhere") {
        static const __wasi_dircookie_t cookies[] = {3, 100, 1ull << 31, 1ull << 32, (1ull << 63) - 1, 1ull << 63, ~0ull, ~0ull - 1};
        uint8_t buffer[4096];
        __wasi_size_t used;
        for (size_t i = 0; i < sizeof cookies / sizeof *cookies; i++) {
            used = 0;
            if (__wasi_fd_readdir(box, buffer, sizeof buffer, cookies[i], &used)) continue;
            EXPECT(used <= sizeof buffer);
            // What is listed are names of the box.
            for (__wasi_size_t at = 0; at + 24 <= used;) {
                __wasi_dirent_t entry;
                memcpy(&entry, buffer + at, sizeof entry);
                EXPECT(entry.d_namlen > 0 && entry.d_namlen < 256);
                if (at + 24 + entry.d_namlen <= used) EXPECT(memcmp(buffer + at + 24, "outside", 7) && memcmp(buffer + at + 24, "secret", 6));
                at += 24 + entry.d_namlen;
            }
        }
    }

    // The last ones: they take the preopen away.
    ATTACK("fd_renumber", "a file in the place of the preopen is no preopen, and leads nowhere") {
        NEED(open_own("own", RIGHTS(FD_READ), &fd));
        __wasi_fd_t moved = box;
        if (box == 3) {
            NEED(open_own("own", RIGHTS(FD_READ), &moved));
            EXPECT(!__wasi_fd_renumber(3, moved));
        }
        REFUSED(open_at(moved, "../outside/secret", 0, RIGHTS(FD_READ), &other));
        REFUSED(open_at(moved, "sub/../../outside/secret", 0, RIGHTS(FD_READ), &other));
        EXPECT(!__wasi_fd_renumber(fd, moved));
        REFUSED(open_at(moved, "own", 0, RIGHTS(FD_READ), &other));
        REFUSED(open_at(moved, ".", 0, 0, &other));
        REFUSED(__wasi_fd_prestat_get(moved, &prestat));
        REFUSED(__wasi_path_rename(moved, "own", moved, "new"));
    }

    DONE();
    return 0;
}
