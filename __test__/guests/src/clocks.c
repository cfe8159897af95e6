// Clocks run forward, tell a sensible time, and a sleep takes as long as it says.
#include "say.h"
#include <time.h>

static long long now(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time)) return -1;
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(void) {
    struct timespec resolution;
    say("resolution", clock_getres(CLOCK_MONOTONIC, &resolution));
    long long start = now(CLOCK_MONOTONIC), last = start;
    int forward = 1;
    for (int i = 0; i < 1000; i++) {
        long long next = now(CLOCK_MONOTONIC);
        forward &= next >= last;
        last = next;
    }
    printf("forward: %d\n", forward);
    printf("after 2020: %d\n", now(CLOCK_REALTIME) > 1577836800ll * 1000000000);
    struct timespec nap = {0, 20 * 1000000};
    start = now(CLOCK_MONOTONIC);
    say("nanosleep", nanosleep(&nap, NULL));
    long long slept = now(CLOCK_MONOTONIC) - start;
    printf("slept at least 20 ms: %d, at most 2 s: %d\n", slept >= 19000000, slept < 2000000000);
    return 0;
}
