// Conformance: proc_exit. It is run once for each code; what the host was told is judged by whoever runs it.
#include "conform.h"

int main(int argc, char **argv) {
    if (argc < 2) {
        CASE("proc_exit", "is called with 0 where main returns");
        DONE();
        return 0;
    }
    printf("case proc_exit: ends the program with %s, at once\n", argv[1]);
    DONE();
    __wasi_proc_exit((uint32_t)strtoul(argv[1], NULL, 10));
}
