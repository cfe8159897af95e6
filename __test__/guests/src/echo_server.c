// Accepts as many connections as its second argument says, on the listening socket that its first one names; sends back what
// each sends, in capitals, until it ends.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

int main(int argc, char **argv) {
    __wasi_fd_t listener = atoi(argv[1]);
    for (int rest = atoi(argv[2]); rest > 0; rest--) {
        __wasi_fd_t connection;
        __wasi_errno_t error = __wasi_sock_accept(listener, 0, &connection);
        if (error) {
            printf("accept: %d\n", error);
            return 1;
        }
        unsigned long total = 0;
        for (;;) {
            uint8_t buffer[1000];
            __wasi_iovec_t into = {buffer, sizeof buffer};
            __wasi_size_t got, sent;
            __wasi_roflags_t flags;
            error = __wasi_sock_recv(connection, &into, 1, 0, &got, &flags);
            if (error || !got) break;
            total += got;
            for (__wasi_size_t i = 0; i < got; i++) buffer[i] = toupper(buffer[i]);
            for (__wasi_size_t at = 0; at < got; at += sent) {
                __wasi_ciovec_t from = {buffer + at, got - at};
                error = __wasi_sock_send(connection, &from, 1, 0, &sent);
                if (error) break;
            }
        }
        printf("echoed %lu bytes, then %d\n", total, error);
        error = __wasi_sock_shutdown(connection, __WASI_SDFLAGS_WR);
        printf("shutdown: %d\n", error);
        printf("close: %d\n", __wasi_fd_close(connection));
    }
    return 0;
}
