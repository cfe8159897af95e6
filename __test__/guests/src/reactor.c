// A reactor: no main; the host initializes it, then calls its exports as often as it likes.
// flags: -mexec-model=reactor
#include <fcntl.h>
#include <unistd.h>

static int initialized;

__attribute__((constructor)) static void construct(void) {
    initialized++;
}

__attribute__((export_name("initialized"))) int how_often(void) {
    return initialized;
}

// The sum of the bytes of /sandbox/numbers; -1 when it cannot be read.
__attribute__((export_name("sum"))) int sum(void) {
    unsigned char buffer[256];
    int total = 0;
    int fd = open("/sandbox/numbers", O_RDONLY);
    if (fd < 0) return -1;
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < got; i++) total += buffer[i];
    close(fd);
    return total;
}
