// Conformance: clock_res_get, clock_time_get.
#include "conform.h"

static const __wasi_clockid_t clocks[] = {__WASI_CLOCKID_REALTIME, __WASI_CLOCKID_MONOTONIC, __WASI_CLOCKID_PROCESS_CPUTIME_ID, __WASI_CLOCKID_THREAD_CPUTIME_ID};
int raw_clock_res_get(int, void *) IMPORTED(clock_res_get);
int raw_clock_time_get(int, long long, void *) IMPORTED(clock_time_get);

// Something that takes time of the processor.
static void compute(void) {
    volatile uint32_t sum = 0;
    for (uint32_t i = 0; i < 3000000; i++) sum += i * i;
}

int main(void) {
    __wasi_timestamp_t time = 0, later = 0;

    CASE("clock_res_get", "gives the wall clock's resolution, above zero and at most a second");
    OK(__wasi_clock_res_get(clocks[0], &time));
    EXPECT(time > 0 && time <= SECONDS);
    CASE("clock_res_get", "gives the monotonic clock's");
    OK(__wasi_clock_res_get(clocks[1], &time));
    EXPECT(time > 0 && time <= SECONDS);
    CASE("clock_res_get", "gives those of the CPU clocks");
    for (int i = 2; i < 4; i++) {
        OK(__wasi_clock_res_get(clocks[i], &time));
        EXPECT(time > 0 && time <= SECONDS);
    }
    CASE("clock_res_get", "answers INVAL for a clock that is not");
    EXPECT_ERRNO(INVAL, raw_clock_res_get(4, &time));
    EXPECT_ERRNO(INVAL, raw_clock_res_get(-1, &time));
    CASE("clock_res_get", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_clock_res_get(clocks[0], before_end(7)));

    CASE("clock_time_get", "gives the wall clock's time since 1970 in nanoseconds");
    OK(__wasi_clock_time_get(clocks[0], 1, &time));
    EXPECT(time > 1577836800 * SECONDS && time < 4102444800 * SECONDS);
    CASE("clock_time_get", "does not care for the precision that is asked for");
    OK(__wasi_clock_time_get(clocks[0], 0, &time));
    OK(__wasi_clock_time_get(clocks[0], 1000 * SECONDS, &later));
    EXPECT(later < time + 600 * SECONDS);
    CASE("clock_time_get", "lets the monotonic clock never go back");
    OK(__wasi_clock_time_get(clocks[1], 1, &time));
    for (int i = 0; i < 1000; i++) {
        OK(__wasi_clock_time_get(clocks[1], 1, &later));
        EXPECT(later >= time);
        time = later;
    }
    CASE("clock_time_get", "lets the monotonic clock go on while the program computes");
    time = now(clocks[1]);
    compute();
    EXPECT(now(clocks[1]) > time);
    CASE("clock_time_get", "counts the process's time on the processor");
    OK(__wasi_clock_time_get(clocks[2], 1, &time));
    compute();
    OK(__wasi_clock_time_get(clocks[2], 1, &later));
    EXPECT(later > time);
    CASE("clock_time_get", "counts the thread's time on the processor");
    OK(__wasi_clock_time_get(clocks[3], 1, &time));
    compute();
    OK(__wasi_clock_time_get(clocks[3], 1, &later));
    EXPECT(later > time);
    CASE("clock_time_get", "answers INVAL for a clock that is not");
    EXPECT_ERRNO(INVAL, raw_clock_time_get(4, 0, &time));
    EXPECT_ERRNO(INVAL, raw_clock_time_get(-1, 0, &time));
    CASE("clock_time_get", "answers OVERFLOW where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_clock_time_get(clocks[1], 1, before_end(7)));
    DONE();
    return 0;
}
