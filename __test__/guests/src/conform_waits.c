// Conformance: poll_oneoff, where a host that falls short does not answer wrongly but waits for ever, or crashes.
#include "conform.h"

static __wasi_event_t events[8];
static __wasi_size_t count;

static __wasi_subscription_t timer(uint64_t userdata, int clock, __wasi_timestamp_t timeout, int flags) {
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = userdata;
    s.u.tag = __WASI_EVENTTYPE_CLOCK;
    memcpy(&s.u.u.clock.id, &clock, sizeof clock);
    s.u.u.clock.timeout = timeout;
    s.u.u.clock.flags = flags;
    return s;
}
static __wasi_subscription_t on(uint64_t userdata, int fd, int tag) {
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = userdata;
    s.u.tag = tag;
    s.u.u.fd_read.file_descriptor = fd;
    return s;
}

int main(void) {
    __wasi_subscription_t list[4];
    int absolute = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
    CASE("poll_oneoff", "waits until the monotonic clock shows a time");
    __wasi_timestamp_t until = now(__WASI_CLOCKID_MONOTONIC) + 15 * MS;
    list[0] = timer(6, __WASI_CLOCKID_MONOTONIC, until, absolute);
    OK(__wasi_poll_oneoff(list, events, 1, &count));
    EXPECT_SAME(1, count);
    EXPECT(now(__WASI_CLOCKID_MONOTONIC) >= until);
    CASE("poll_oneoff", "does not wait for a time that is past");
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 1, absolute);
    OK(__wasi_poll_oneoff(list, events, 1, &count));
    EXPECT_SAME(1, count);
    list[0] = timer(1, __WASI_CLOCKID_REALTIME, 1, absolute);
    OK(__wasi_poll_oneoff(list, events, 1, &count));
    EXPECT_SAME(1, count);
    CASE("poll_oneoff", "gives each of several times that are past its event");
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 0, 0);
    list[1] = timer(2, __WASI_CLOCKID_REALTIME, 0, 0);
    OK(__wasi_poll_oneoff(list, events, 2, &count));
    EXPECT_SAME(2, count);
    CASE("poll_oneoff", "waits less than a millisecond where that is asked for, and no less than that");
    __wasi_timestamp_t began = now(__WASI_CLOCKID_MONOTONIC);
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 900000, 0);
    OK(__wasi_poll_oneoff(list, events, 1, &count));
    EXPECT(now(__WASI_CLOCKID_MONOTONIC) - began >= 900000);
    CASE("poll_oneoff", "gives a descriptor that is not open an event with BADF");
    list[0] = on(1, NOBODY, __WASI_EVENTTYPE_FD_READ);
    list[1] = on(2, -1, __WASI_EVENTTYPE_FD_WRITE);
    list[2] = timer(3, __WASI_CLOCKID_MONOTONIC, 3600 * SECONDS, 0);
    OK(__wasi_poll_oneoff(list, events, 3, &count));
    EXPECT_SAME(2, count);
    EXPECT_SAME(__WASI_ERRNO_BADF, events[0].error);
    EXPECT_SAME(__WASI_ERRNO_BADF, events[1].error);
    CASE("poll_oneoff", "gives a clock that is not an event with INVAL, and a CPU clock one with NOTSUP");
    list[0] = timer(1, 4, 3600 * SECONDS, 0);
    list[1] = timer(2, __WASI_CLOCKID_THREAD_CPUTIME_ID, 3600 * SECONDS, 0);
    OK(__wasi_poll_oneoff(list, events, 2, &count));
    EXPECT_SAME(2, count);
    EXPECT_SAME(__WASI_ERRNO_INVAL, events[0].error);
    EXPECT_SAME(__WASI_ERRNO_NOTSUP, events[1].error);
    CASE("poll_oneoff", "takes events over the subscriptions that they answer");
    static union { __wasi_subscription_t in[3]; __wasi_event_t out[3]; } same;
    for (int i = 0; i < 3; i++) same.in[i] = timer(i + 1, __WASI_CLOCKID_MONOTONIC, 0, 0);
    OK(__wasi_poll_oneoff(same.in, same.out, 3, &count));
    EXPECT_SAME(3, count);
    for (int i = 0; i < 3; i++) EXPECT_SAME(i + 1, same.out[i].userdata);
    CASE("poll_oneoff", "writes no event behind the last");
    memset(events, '?', sizeof events);
    list[0] = timer(1, __WASI_CLOCKID_MONOTONIC, 0, 0);
    list[1] = timer(2, __WASI_CLOCKID_MONOTONIC, 3600 * SECONDS, 0);
    OK(__wasi_poll_oneoff(list, events, 2, &count));
    EXPECT_SAME(1, count);
    EXPECT_SAME('?', ((uint8_t *)events)[32]);
    CASE("poll_oneoff", "has standard input ready where it is a file, with what it holds");
    list[0] = on(1, 0, __WASI_EVENTTYPE_FD_READ);
    list[1] = timer(2, __WASI_CLOCKID_MONOTONIC, 3600 * SECONDS, 0);
    OK(__wasi_poll_oneoff(list, events, 2, &count));
    EXPECT_SAME(1, count);
    EXPECT_SAME(__WASI_ERRNO_SUCCESS, events[0].error);
    EXPECT_SAME(13, events[0].fd_readwrite.nbytes);
    CASE("poll_oneoff", "takes a thousand subscriptions");
    static __wasi_subscription_t many[1000];
    static __wasi_event_t answers[1000];
    for (int i = 0; i < 1000; i++) many[i] = timer(i, __WASI_CLOCKID_MONOTONIC, i % 2 ? 0 : 3600 * SECONDS, 0);
    OK(__wasi_poll_oneoff(many, answers, 1000, &count));
    EXPECT_SAME(500, count);
    CASE("poll_oneoff", "refuses more subscriptions than it takes, whatever lies there");
    EXPECT_REFUSED(__wasi_poll_oneoff(many, answers, 0xffffffff, &count));
    DONE();
    return 0;
}
