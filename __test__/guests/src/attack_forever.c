// Never ends by itself: argv[1] says how.
#include "attack.h"

int main(int argc, char **argv) {
    volatile unsigned spins = 0;
    __wasi_subscription_t subscription = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
    __wasi_event_t event;
    __wasi_size_t used;
    subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    subscription.u.u.clock.timeout = 3600ull * 1000000000ull;
    if (!strcmp(argv[1], "spin")) for (;;) spins++;
    if (!strcmp(argv[1], "sleep")) for (;;) __wasi_poll_oneoff(&subscription, &event, 1, &used);
    if (!strcmp(argv[1], "yield")) for (;;) __wasi_sched_yield();
    if (!strcmp(argv[1], "random")) {
        uint8_t *memory = malloc(64 << 20);
        for (;;) __wasi_random_get(memory, 64 << 20);
    }
    return 1;
}
