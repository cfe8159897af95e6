// Polls standard input, and says what it is told: bytes, a closed peer, or nothing within 50 ms.
#include "say.h"
#include <poll.h>
#include <unistd.h>

int main(void) {
    char buffer[16];
    for (;;) {
        struct pollfd wanted = {.fd = 0, .events = POLLIN};
        int ready = poll(&wanted, 1, 5000);
        if (ready <= 0) {
            printf("poll: %d\n", ready);
            return 1;
        }
        ssize_t got = read(0, buffer, sizeof buffer);
        printf("read %zd\n", got);
        if (got <= 0) return 0;
    }
}
