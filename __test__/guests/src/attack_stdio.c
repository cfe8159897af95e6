// Standard streams that are the host's own, files which it writes itself: 1 and 2 are logs, 0 is read. The guest's own output is a line.
// The exit code is the number of the thing that was not as expected, or 0.
#include <stdint.h>
#include <wasi/api.h>

int main(void) {
    __wasi_fdstat_t fdstat;
    __wasi_filestat_t stat;
    __wasi_filesize_t position;
    __wasi_size_t size;
    __wasi_fd_t fd;
    __wasi_ciovec_t line = {(const uint8_t *)"the guest's\n", 12};
    uint8_t buffer[16];
    __wasi_iovec_t room = {buffer, sizeof buffer};
    for (__wasi_fd_t stream = 0; stream < 3; stream++) {
        for (int flags = 0; flags < 32; flags++) __wasi_fd_fdstat_set_flags(stream, flags);
        if (!__wasi_fd_filestat_set_size(stream, 0)) return 10 + stream;
        if (!__wasi_fd_allocate(stream, 0, 1 << 20)) return 20 + stream;
        if (!__wasi_fd_filestat_set_times(stream, 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM)) return 30 + stream;
        if (!__wasi_fd_pwrite(stream, &line, 1, 0, &size)) return 40 + stream;
        __wasi_fd_filestat_get(stream, &stat);
        if (!__wasi_path_open(stream, 0, ".", 0, 0, 0, 0, &fd)) return 50 + stream;
        if (!__wasi_path_open(stream, 0, "../outside/secret", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd)) return 60 + stream;
        if (!__wasi_fd_fdstat_set_rights(stream, ~0ull, ~0ull)) return 70 + stream;
    }
    for (__wasi_fd_t stream = 1; stream < 3; stream++) {
        if (!__wasi_fd_seek(stream, 0, __WASI_WHENCE_SET, &position)) return 80 + stream;
        if (!__wasi_fd_pread(stream, &room, 1, 0, &size)) return 90 + stream;
        if (__wasi_fd_write(stream, &line, 1, &size) || size != 12) return 100 + stream;
    }
    if (__wasi_fd_renumber(0, 2)) return 1;
    if (__wasi_fd_close(1) || __wasi_fd_close(2)) return 2;
    for (__wasi_fd_t stream = 0; stream < 3; stream++) {
        if (!__wasi_fd_close(stream)) return 3;
        if (!__wasi_fd_fdstat_get(stream, &fdstat)) return 4;
    }
    return 0;
}
