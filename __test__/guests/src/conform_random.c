// Conformance: random_get, sched_yield.
#include "conform.h"

static uint8_t big[1 << 20];

int main(void) {
    uint8_t one[80], two[80];

    CASE("random_get", "fills a buffer with other bytes each time");
    memset(one, 0, sizeof one);
    OK(__wasi_random_get(one, 64));
    OK(__wasi_random_get(two, 64));
    EXPECT(memcmp(one, two, 64) != 0);
    CASE("random_get", "writes so many bytes as are asked for, and not one more");
    for (int len = 0; len < 70; len++) {
        memset(one, '?', sizeof one);
        OK(__wasi_random_get(one, len));
        for (int i = len; i < 80; i++) EXPECT(one[i] == '?');
    }
    CASE("random_get", "fills all of a mebibyte");
    OK(__wasi_random_get(big, sizeof big));
    int seen[256] = {0};
    for (size_t i = sizeof big - 65536; i < sizeof big; i++) seen[big[i]]++;
    for (int i = 0; i < 256; i++) EXPECT(seen[i] > 100 && seen[i] < 500);
    CASE("random_get", "has nothing to do for no bytes");
    OK(__wasi_random_get(one, 0));
    CASE("random_get", "answers OVERFLOW where the buffer ends outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_random_get(before_end(10), 11));

    CASE("sched_yield", "comes back");
    OK(__wasi_sched_yield());
    CASE("sched_yield", "comes back every time");
    for (int i = 0; i < 1000; i++) OK(__wasi_sched_yield());
    DONE();
    return 0;
}
