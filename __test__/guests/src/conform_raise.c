// Conformance: proc_raise. Without an argument it raises what does not end a program; with one, what does.
#include "conform.h"

int raw_proc_raise(int) IMPORTED(proc_raise);
enum { CHLD = 16, CONT = 17, STOP = 18, TSTP = 19, TTIN = 20, TTOU = 21, URG = 22, WINCH = 27 };

int main(int argc, char **argv) {
    if (argc > 1) {
        printf("case proc_raise: ends the program by signal %s, and not its host\n", argv[1]);
        DONE();
        raw_proc_raise(atoi(argv[1]));
        printf("failed the signal did not end the program\n");
        return 0;
    }
    CASE("proc_raise", "does nothing for the signals that a program ignores by default");
    EXPECT_ERRNO(SUCCESS, raw_proc_raise(CHLD));
    EXPECT_ERRNO(SUCCESS, raw_proc_raise(CONT));
    EXPECT_ERRNO(SUCCESS, raw_proc_raise(URG));
    EXPECT_ERRNO(SUCCESS, raw_proc_raise(WINCH));
    CASE("proc_raise", "answers NOTSUP for those that would stop it");
    EXPECT_ERRNO(NOTSUP, raw_proc_raise(STOP));
    EXPECT_ERRNO(NOTSUP, raw_proc_raise(TSTP));
    EXPECT_ERRNO(NOTSUP, raw_proc_raise(TTIN));
    EXPECT_ERRNO(NOTSUP, raw_proc_raise(TTOU));
    CASE("proc_raise", "answers NOSYS for numbers that are no signal");
    EXPECT_ERRNO(NOSYS, raw_proc_raise(0));
    EXPECT_ERRNO(NOSYS, raw_proc_raise(31));
    EXPECT_ERRNO(NOSYS, raw_proc_raise(-1));
    DONE();
    return 0;
}
