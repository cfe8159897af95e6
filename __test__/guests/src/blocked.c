// Blocks in the call that its argument names, for ever.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

int main(int argc, char **argv) {
    static char buffer[65536];
    static __wasi_dirent_t entries[65536];
    __wasi_size_t done;
    __wasi_roflags_t flags;
    __wasi_fd_t fd;
    __wasi_iovec_t into = {(uint8_t *)buffer, sizeof buffer};
    __wasi_ciovec_t from = {(uint8_t *)buffer, sizeof buffer};
    fprintf(stderr, "x");
    if (!strcmp(argv[1], "poll")) {
        sleep(100);
    } else if (!strcmp(argv[1], "poll_read")) {
        __wasi_subscription_t in = {.u.tag = __WASI_EVENTTYPE_FD_READ};
        __wasi_event_t out;
        __wasi_poll_oneoff(&in, &out, 1, &done);
    } else if (!strcmp(argv[1], "read")) {
        __wasi_fd_read(0, &into, 1, &done);
    } else if (!strcmp(argv[1], "write")) {
        while (!__wasi_fd_write(1, &from, 1, &done)) {}
    } else if (!strcmp(argv[1], "accept")) {
        __wasi_sock_accept(atoi(argv[2]), 0, &fd);
    } else if (!strcmp(argv[1], "recv")) {
        if (!__wasi_sock_accept(atoi(argv[2]), 0, &fd)) __wasi_sock_recv(fd, &into, 1, 0, &done, &flags);
    } else if (!strcmp(argv[1], "send")) {
        if (!__wasi_sock_accept(atoi(argv[2]), 0, &fd)) {
            while (!__wasi_sock_send(fd, &from, 1, 0, &done)) {}
        }
    } else if (!strcmp(argv[1], "readdir")) {
        while (!__wasi_fd_readdir(3, (uint8_t *)entries, sizeof entries, 0, &done)) {}
    } else if (!strcmp(argv[1], "random")) {
        size_t huge = (size_t)1200 << 20;
        uint8_t *bytes = malloc(huge);
        while (bytes && !__wasi_random_get(bytes, huge)) {}
    } else if (!strcmp(argv[1], "spin")) {
        for (volatile int i = 0;; i++) {}
    }
    fprintf(stderr, "came back");
    return 1;
}
