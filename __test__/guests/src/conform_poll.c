// Conformance: poll_oneoff.
#include "conform_wait.h"

// How much earlier a host may be that waits in milliseconds: conform_waits.c has what we promise.
#define COARSE (3 * MS)

static err wait_for(const __wasi_subscription_t *list, int n) {
    memset(events, 0xff, sizeof events);
    return __wasi_poll_oneoff(list, events, n, &count);
}
static const __wasi_event_t *event_of(uint64_t userdata) {
    for (__wasi_size_t i = 0; i < count && i < 8; i++)
        if (events[i].userdata == userdata) return &events[i];
    return NULL;
}

int main(void) {
    __wasi_subscription_t list[4];
    CASE("poll_oneoff", "waits for a time on the monotonic clock");
    __wasi_timestamp_t began = now(__WASI_CLOCKID_MONOTONIC);
    list[0] = timer(42, __WASI_CLOCKID_MONOTONIC, 20 * MS, 0);
    OK(wait_for(list, 1));
    EXPECT(now(__WASI_CLOCKID_MONOTONIC) - began >= 20 * MS - COARSE);
    CASE("poll_oneoff", "gives one event, with what the program knows it by");
    EXPECT_SAME(1, count);
    EXPECT_SAME(42, events[0].userdata);
    EXPECT_SAME(__WASI_ERRNO_SUCCESS, events[0].error);
    EXPECT_SAME(__WASI_EVENTTYPE_CLOCK, events[0].type);
    CASE("poll_oneoff", "waits for a time on the wall clock");
    began = now(__WASI_CLOCKID_MONOTONIC);
    list[0] = timer(1, __WASI_CLOCKID_REALTIME, 20 * MS, 0);
    OK(wait_for(list, 1));
    EXPECT(now(__WASI_CLOCKID_MONOTONIC) - began >= 20 * MS - COARSE);
    CASE("poll_oneoff", "waits until the wall clock shows a time");
    __wasi_timestamp_t until = now(__WASI_CLOCKID_REALTIME) + 20 * MS;
    list[0] = timer(2, __WASI_CLOCKID_REALTIME, until, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    OK(wait_for(list, 1));
    EXPECT(now(__WASI_CLOCKID_REALTIME) + COARSE >= until);
    CASE("poll_oneoff", "waits for no time at all");
    list[0] = timer(3, __WASI_CLOCKID_MONOTONIC, 0, 0);
    OK(wait_for(list, 1));
    EXPECT_SAME(1, count);
    EXPECT_SAME(3, events[0].userdata);
    CASE("poll_oneoff", "ends with the nearest of several times");
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 3600 * SECONDS, 0);
    list[1] = timer(2, __WASI_CLOCKID_MONOTONIC, 5 * MS, 0);
    OK(wait_for(list, 2));
    EXPECT_SAME(1, count);
    EXPECT_SAME(2, events[0].userdata);
    CASE("poll_oneoff", "answers INVAL for no subscription");
    EXPECT_ERRNO(INVAL, wait_for(list, 0));
    CASE("poll_oneoff", "answers INVAL for a kind of subscription that is not");
    list[0] = on(1, 0, 3);
    EXPECT_ERRNO(INVAL, wait_for(list, 1));
    CASE("poll_oneoff", "answers NOTCAPABLE for a descriptor without the right");
    int plain = opened(SANDBOX, "file", 0, __WASI_RIGHTS_FD_READ);
    list[0] = on(1, plain, __WASI_EVENTTYPE_FD_READ);
    EXPECT_ERRNO(NOTCAPABLE, wait_for(list, 1));
    OK(close_fd(plain));
    CASE("poll_oneoff", "answers OVERFLOW where a list or the result lies outside of memory");
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 0, 0);
    EXPECT_ERRNO(OVERFLOW, __wasi_poll_oneoff(before_end(47), events, 1, &count));
    EXPECT_ERRNO(OVERFLOW, __wasi_poll_oneoff(list, before_end(31), 1, &count));
    EXPECT_ERRNO(OVERFLOW, __wasi_poll_oneoff(list, events, 1, before_end(3)));
    CASE("poll_oneoff", "has a file ready to read, with what is left of it, and to write");
    int fd = opened(SANDBOX, "file", 0, R_BOTH);
    NEED(fd >= 0 && strlen(next_text(fd, 4)) == 4);
    list[0] = on(1, fd, __WASI_EVENTTYPE_FD_READ);
    list[1] = on(2, fd, __WASI_EVENTTYPE_FD_WRITE);
    list[2] = timer(3, __WASI_CLOCKID_MONOTONIC, 3600 * SECONDS, 0);
    if (wait_for(list, 3) != 0) {
        printf("failed poll_oneoff refuses a file\n");
    } else {
        EXPECT_SAME(2, count);
        EXPECT(event_of(1) && event_of(1)->type == __WASI_EVENTTYPE_FD_READ && event_of(1)->fd_readwrite.nbytes == 6);
        EXPECT(event_of(2) && event_of(2)->type == __WASI_EVENTTYPE_FD_WRITE);
    }
    OK(close_fd(fd));
    DONE();
    return 0;
}
