// What a guest of WASIX tries: its calls are made by another crate, over the same mounts. Descriptor 3 is `/`, which has /box.
#include "attack.h"

// One import of WASIX's makes it a guest of that.
__attribute__((import_module("wasix_32v1"), import_name("thread_sleep"))) int wasix_thread_sleep(int64_t nanoseconds);
PREVIEW1(fd_read) int raw_fd_read(int fd, uint32_t iovs, uint32_t count, uint32_t out);
PREVIEW1(fd_write) int raw_fd_write(int fd, uint32_t iovs, uint32_t count, uint32_t out);
PREVIEW1(fd_pread) int raw_fd_pread(int fd, uint32_t iovs, uint32_t count, int64_t offset, uint32_t out);
PREVIEW1(fd_readdir) int raw_fd_readdir(int fd, uint32_t buffer, uint32_t length, int64_t cookie, uint32_t out);
PREVIEW1(random_get) int raw_random_get(uint32_t buffer, uint32_t length);
PREVIEW1(path_open)
int raw_path_open(int dir, int lookup, uint32_t path, uint32_t length, int oflags, uint64_t base, uint64_t inheriting, int fdflags, uint32_t fd);

static void reads_no_secret(const char *path) {
    __wasi_fd_t fd;
    const __wasi_fd_t dirs[] = {3, box};
    for (int i = 0; i < 2; i++) {
        for (int lookup = 0; lookup < 2; lookup++) {
            if (__wasi_path_open(dirs[i], lookup, path, 0, RIGHTS(FD_READ) | RIGHTS(FD_SEEK), 0, 0, &fd)) continue;
            if (is_secret(fd)) printf("failed %.80s is read\n", path);
            __wasi_fd_close(fd);
        }
    }
}

static const char *const links[] = {
    "upfile", "absfile", "chainfile", "sub/deepfile", "throughfile", "hard", "up/outside/secret", "abs/secret", "relative/secret", "sub/deep/secret",
    "chain/secret", "winding/secret", "dot/up/outside/secret", "slashed/secret", "slashedfile/", "proc/environ", "procroot/etc/passwd", "environ",
};
#define LINKS (sizeof links / sizeof *links)

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    char path[1024];
    wasix_thread_sleep(1);

    ATTACK("path_open", "a guest of WASIX reads nothing outside its mounts") {
        static const char *const paths[] = {"../outside/secret", "box/../outside/secret", "sub/../../outside/secret", "/box/../outside/secret", "../../../../../../../../etc/passwd", "/outside/secret"};
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) reads_no_secret(paths[i]);
        reads_no_secret(joined(outside, "secret"));
        reads_no_secret(joined("/box", joined(outside, "secret")));
        for (size_t i = 0; i < LINKS; i++) {
            reads_no_secret(links[i]);
            snprintf(path, sizeof path, "/box/%s", links[i]);
            reads_no_secret(path);
            reads_no_secret(path + 1);
        }
        static const char *const nowhere[] = {"/etc/passwd", "/proc/self/environ", "/proc/self/mem", "/dev/mem", "/tmp", "/box/../../etc/passwd"};
        for (int i = 0; i < 6; i++) REFUSED_FOR(nowhere[i], open_at(3, nowhere[i], 0, RIGHTS(FD_READ), &fd));
    }

    ATTACK("path_open", "a guest of WASIX changes nothing outside its mounts") {
        for (size_t i = 0; i < LINKS; i++) {
            for (int oflags = 0; oflags < 16; oflags++) {
                if (!open_at(box, links[i], oflags, RIGHTS(FD_READ) | RIGHTS(FD_WRITE), &fd)) __wasi_fd_close(fd);
            }
            __wasi_path_filestat_set_times(box, FOLLOW, links[i], 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
            __wasi_path_link(box, FOLLOW, links[i], box, "stolen");
        }
        static const char *const directories[] = {"../outside", "relative", "up/outside", "abs", "slashed", "chain", "dot/../outside"};
        for (int i = 0; i < 7; i++) {
            __wasi_path_create_directory(box, joined(directories[i], "new"));
            __wasi_path_remove_directory(box, joined(directories[i], "empty"));
            __wasi_path_unlink_file(box, joined(directories[i], "secret"));
            __wasi_path_rename(box, joined(directories[i], "secret"), box, "stolen");
            __wasi_path_rename(box, "own", box, joined(directories[i], "new"));
            __wasi_path_symlink("x", box, joined(directories[i], "new"));
            if (!open_at(box, joined(directories[i], "made"), __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) __wasi_fd_close(fd);
        }
        if (!open_at(box, "dangling", __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) write_text(fd, "x");
        if (!open_at(box, "danglingabs", __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) write_text(fd, "x");
    }

    ATTACK("path_symlink", "a guest of WASIX makes no link that leads it outside") {
        static const char *const targets[] = {"../outside/secret", "../../outside/secret", "../../../outside/secret", "../outside", "../outside/"};
        for (int i = 0; i < 5; i++) {
            snprintf(path, sizeof path, "made%d", i);
            __wasi_path_symlink(targets[i], box, path);
            __wasi_path_symlink(targets[i], box, joined("sub", path));
            reads_no_secret(path);
            reads_no_secret(joined(path, "secret"));
            reads_no_secret(joined("sub", path));
            __wasi_path_rename(box, joined("sub", path), box, "moved");
            reads_no_secret("moved");
            reads_no_secret("moved/secret");
        }
        __wasi_path_symlink(joined(outside, "secret"), box, "madeabs");
        reads_no_secret("madeabs");
    }

    ATTACK("fd_read", "numbers that a guest of WASIX makes up end no host") {
        static uint8_t data[4096];
        const uint32_t at = (uint32_t)(uintptr_t)data;
        static const uint32_t counts[] = {0x20000000, 0x20000001, 0x80000000, 0xffffffff, 0x10000001};
        NEED(open_own("own", RIGHTS(FD_READ), &fd));
        for (int i = 0; i < 5; i++) {
            REFUSED(raw_fd_read(fd, at, counts[i], at));
            REFUSED(raw_fd_write(2, at, counts[i], at));
            REFUSED(raw_fd_pread(fd, at, counts[i], 0, at));
            REFUSED(raw_random_get(at, counts[i] | 0x10000000));
            REFUSED(raw_fd_readdir(box, at, counts[i] | 0x10000000, 0, at));
            REFUSED(raw_path_open(box, 0, at, counts[i], 0, 0, 0, 0, at));
            REFUSED(__wasi_fd_renumber(counts[i], fd));
            REFUSED(__wasi_fd_close(counts[i]));
        }
        __wasi_path_filestat_set_times(box, 0, "own", ~0ull, ~0ull, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
        __wasi_path_filestat_get(box, 0, "old", &stat);
        __wasi_path_filestat_get(box, 0, "own", &stat);
    }

    DONE();
    return 0;
}
