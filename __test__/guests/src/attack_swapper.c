// Swaps `d` and `f` for `d.link` and `f.link`, and back, for argv[4] milliseconds: the accomplice of attack_race.c.
#include "attack.h"

static long long now(void) {
    __wasi_timestamp_t time = 0;
    __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
    return (long long)(time / 1000000);
}

static void swap(const char *name, const char *link, const char *real) {
    __wasi_path_rename(box, name, box, real);
    __wasi_path_rename(box, link, box, name);
    __wasi_path_rename(box, name, box, link);
    __wasi_path_rename(box, real, box, name);
}

int main(int argc, char **argv) {
    attacks(argc, argv);
    const long long end = now() + (argc > 4 ? atoi(argv[4]) : 100);
    unsigned long swaps = 0;
    for (; now() < end; swaps++) {
        swap("d", "d.link", "d.real");
        swap("f", "f.link", "f.real");
    }
    printf("%lu swaps\n", swaps);
    return 0;
}
