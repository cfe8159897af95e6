// Looks for the outside for argv[4] milliseconds, while somebody else swaps the names `d` and `f` for links that lead there
// (attack_swapper.c, or a thread of the host). Says how often it was inside and was refused.
#include "attack.h"
#include <time.h>

static long long now(void) {
    __wasi_timestamp_t time = 0;
    __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
    return (long long)(time / 1000000);
}

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    static const char *const paths[] = {"d/f", "d/../d/f", "d/sub/../f", "f"};
    unsigned long inside = 0, leaks = 0, refused = 0;
    const long long end = now() + (argc > 4 ? atoi(argv[4]) : 100);

    ATTACK("path_open", "names that are swapped for links meanwhile lead nowhere") {
        __wasi_filestat_t stat;
        __wasi_fd_t fd;
        for (unsigned round = 0; now() < end; round++) {
            const char *path = paths[round % 4];
            if (open_at(box, path, 0, RIGHTS(FD_READ), &fd)) {
                refused++;
            } else {
                if (is_secret(fd)) leaks++;
                else inside++;
                __wasi_fd_close(fd);
            }
            // What is outside is larger than anything inside.
            if (!__wasi_path_filestat_get(box, FOLLOW, path, &stat) && stat.size > 1000) leaks++;
            if (!open_at(box, "d/new", __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) __wasi_fd_close(fd);
            if (!open_at(box, "f", __WASI_OFLAGS_TRUNC, RIGHTS(FD_WRITE), &fd)) __wasi_fd_close(fd);
            __wasi_path_create_directory(box, "d/made");
            __wasi_path_rename(box, "d/made", box, "d/moved");
            __wasi_path_symlink("f", box, "d/soft");
            __wasi_path_link(box, 0, "own", box, "d/hard");
            if (!__wasi_path_link(box, 0, "d/f", box, "stolen")) {
                if (!__wasi_path_filestat_get(box, 0, "stolen", &stat) && stat.size > 1000) leaks++;
                __wasi_path_unlink_file(box, "stolen");
            }
            __wasi_path_filestat_set_times(box, FOLLOW, path, 1, 1, __WASI_FSTFLAGS_MTIM);
            __wasi_path_unlink_file(box, "d/new");
            __wasi_path_unlink_file(box, "d/hard");
            __wasi_path_unlink_file(box, "d/soft");
            __wasi_path_unlink_file(box, "d/victim");
            __wasi_path_remove_directory(box, "d/moved");
            __wasi_path_remove_directory(box, "d/empty");
        }
        EXPECT_SAME(0, leaks);
    }

    printf("%lu inside, %lu refused\n", inside, refused);
    DONE();
    return 0;
}
