// What the programs share that judge a host: each case is one function of preview1 and one promise, and says on standard output
// whether it was kept. A runner reads the lines:
//
//   case path_open: creates a file        begins a case: the function, and what it shows
//   failed path_open returned NOENT ...   one line for each thing that was not as expected, and where
//   skipped no directory to work in       the case was left, and why
//   done                                  the last line: all cases were reached
//
// A case is a block after CASE(); EXPECT and its like note a failure and go on, NEED leaves the program, since what follows would
// tell nothing.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// The names of the errors, in the order of the specification.
static const char *const errno_names[] = {
    "SUCCESS", "2BIG", "ACCES", "ADDRINUSE", "ADDRNOTAVAIL", "AFNOSUPPORT", "AGAIN", "ALREADY", "BADF", "BADMSG", "BUSY",
    "CANCELED", "CHILD", "CONNABORTED", "CONNREFUSED", "CONNRESET", "DEADLK", "DESTADDRREQ", "DOM", "DQUOT", "EXIST", "FAULT",
    "FBIG", "HOSTUNREACH", "IDRM", "ILSEQ", "INPROGRESS", "INTR", "INVAL", "IO", "ISCONN", "ISDIR", "LOOP", "MFILE", "MLINK",
    "MSGSIZE", "MULTIHOP", "NAMETOOLONG", "NETDOWN", "NETRESET", "NETUNREACH", "NFILE", "NOBUFS", "NODEV", "NOENT", "NOEXEC",
    "NOLCK", "NOLINK", "NOMEM", "NOMSG", "NOPROTOOPT", "NOSPC", "NOSYS", "NOTCONN", "NOTDIR", "NOTEMPTY", "NOTRECOVERABLE",
    "NOTSOCK", "NOTSUP", "NOTTY", "NXIO", "OVERFLOW", "OWNERDEAD", "PERM", "PIPE", "PROTO", "PROTONOSUPPORT", "PROTOTYPE",
    "RANGE", "ROFS", "SPIPE", "SRCH", "STALE", "TIMEDOUT", "TXTBSY", "XDEV", "NOTCAPABLE",
};

static inline const char *errno_named(int code) {
    return code >= 0 && code < (int)(sizeof errno_names / sizeof *errno_names) ? errno_names[code] : "an unknown error";
}

// Begins a case: CASE("path_open", "creates a file").
#define CASE(function, promise) printf("case %s: %s\n", function, promise)

// Something holds.
#define EXPECT(what)                                                      \
    do {                                                                  \
        if (!(what)) printf("failed line %d: %s\n", __LINE__, #what);     \
    } while (0)

// A call returns this error: EXPECT_ERRNO(NOENT, __wasi_path_open(...)).
#define EXPECT_ERRNO(name, call)                                                                                         \
    do {                                                                                                                 \
        __wasi_errno_t got_ = (call);                                                                                    \
        if (got_ != __WASI_ERRNO_##name) printf("failed line %d: %s, not %s: %s\n", __LINE__, errno_named(got_), #name, #call); \
    } while (0)

// Two numbers are the same.
#define EXPECT_SAME(expected, actual)                                                                                       \
    do {                                                                                                                    \
        long long expected_ = (long long)(expected), actual_ = (long long)(actual);                                         \
        if (expected_ != actual_) printf("failed line %d: %s is %lld, not %lld\n", __LINE__, #actual, actual_, expected_);   \
    } while (0)

// What the cases that follow stand on.
#define NEED(what)                                                                                        \
    do {                                                                                                  \
        if (!(what)) {                                                                                    \
            printf("failed line %d: the program goes no further without %s\n", __LINE__, #what);          \
            exit(1);                                                                                      \
        }                                                                                                 \
    } while (0)

// Leaves a case that this host or filesystem cannot have: only where a feature may be missing, never where one is promised.
#define SKIP(why) printf("skipped %s\n", why)

#define DONE() printf("done\n")
