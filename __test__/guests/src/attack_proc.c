// A host that was careless enough to preopen /proc/self, which is the host itself: what its magic links point to is still no file of the guest's.
#include "attack.h"

int main(int argc, char **argv) {
    attacks(argc, argv);
    __wasi_fd_t fd;
    __wasi_filestat_t stat;

    ATTACK("path_open", "the magic links of a preopened /proc/self are not followed") {
        static const char *const paths[] = {"root", "cwd", "exe", "fd/0", "fd/1", "root/etc/passwd", "cwd/package.json", "root/", "cwd/", "task/../root", "fd/../cwd", "ns/mnt", "map_files/.."};
        for (size_t i = 0; i < sizeof paths / sizeof *paths - 1; i++) {
            REFUSED_FOR(paths[i], open_at(box, paths[i], 0, RIGHTS(FD_READ), &fd));
            REFUSED_FOR(paths[i], open_at(box, paths[i], __WASI_OFLAGS_DIRECTORY, READS, &fd));
            REFUSED_FOR(paths[i], open_at(box, paths[i], 0, RIGHTS(FD_WRITE), &fd));
            REFUSED_FOR(paths[i], __wasi_path_filestat_get(box, FOLLOW, paths[i], &stat));
            REFUSED_FOR(paths[i], __wasi_path_filestat_set_times(box, FOLLOW, paths[i], 1, 1, __WASI_FSTFLAGS_MTIM));
        }
        reaches_nothing(box, joined("root", outside));
        char number[16];
        for (int i = 0; i < 64; i++) {
            snprintf(number, sizeof number, "fd/%d", i);
            REFUSED_FOR(number, open_at(box, number, 0, RIGHTS(FD_READ), &fd));
            REFUSED_FOR(number, open_at(box, number, 0, RIGHTS(FD_WRITE), &fd));
            REFUSED_FOR(number, open_at(box, joined(number, "package.json"), 0, RIGHTS(FD_READ), &fd));
        }
    }

    DONE();
    return 0;
}
