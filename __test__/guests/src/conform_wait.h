// What the programs about poll_oneoff share: subscriptions, and where its answer lies.
#pragma once
#include "conform.h"

static __wasi_event_t events[8];
static __wasi_size_t count;

// A clock's, by its number: also one that there is not.
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
