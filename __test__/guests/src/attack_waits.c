// What would block: FIFOs and sockets that the host has in the box (`fifo`, `socket`), links to devices, waits that are over.
#include "attack.h"

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;

    ATTACK("path_open", "a FIFO, a socket or a device is refused at once") {
        static const char *const paths[] = {"fifo", "sub/../fifo", "socket", "tofifo", "zero", "tty", "full"};
        static const uint64_t rights[] = {RIGHTS(FD_READ), RIGHTS(FD_WRITE), RIGHTS(FD_READ) | RIGHTS(FD_WRITE), 0};
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            for (int j = 0; j < 4; j++) {
                for (int flags = 0; flags < 8; flags++) {
                    REFUSED_FOR(paths[i], __wasi_path_open(box, FOLLOW, paths[i], 0, rights[j], 0, flags, &fd));
                    REFUSED_FOR(paths[i], __wasi_path_open(box, 0, paths[i], __WASI_OFLAGS_CREAT, rights[j], 0, flags, &fd));
                    REFUSED_FOR(paths[i], __wasi_path_open(box, FOLLOW, paths[i], __WASI_OFLAGS_TRUNC, rights[j], 0, flags, &fd));
                }
            }
        }
    }

    DONE();
    return 0;
}
