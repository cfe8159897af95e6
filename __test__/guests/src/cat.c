// Copies standard input to standard output, and says on standard error how much it was.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    static char buffer[4096];
    unsigned long total = 0;
    ssize_t got;
    while ((got = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t sent = 0; sent < got;) {
            ssize_t n = write(1, buffer + sent, got - sent);
            if (n < 0) return 2;
            sent += n;
        }
        total += got;
    }
    fprintf(stderr, "%lu bytes\n", total);
    return got < 0;
}
