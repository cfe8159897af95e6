// Sleeps for so many milliseconds as its argument says, tells how long that was, and exits with its second argument.
#include "say.h"
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
    long ms = argc > 1 ? atol(argv[1]) : 0;
    double before = now();
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&span, NULL);
    double slept = now() - before;
    printf("%s\n", slept >= ms ? "slept" : "too short");
    return argc > 2 ? atoi(argv[2]) : 0;
}
