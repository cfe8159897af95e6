// Writes 64 MiB to standard output and as much to standard error, line by line.
#include "attack.h"

int main(void) {
    static uint8_t lines[1 << 16];
    memset(lines, 'x', sizeof lines);
    for (size_t i = 63; i < sizeof lines; i += 64) lines[i] = '\n';
    __wasi_ciovec_t iovec = {lines, sizeof lines};
    __wasi_size_t written;
    for (int i = 0; i < 1024; i++) {
        __wasi_fd_write(1, &iovec, 1, &written);
        __wasi_fd_write(2, &iovec, 1, &written);
    }
    return 0;
}
