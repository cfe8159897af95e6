// Raises the signal that its argument names: the guest must end, and the host must not.
#include <stdio.h>
#include <stdlib.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int signal);

int main(int argc, char **argv) {
    printf("raising\n");
    fflush(stdout);
    int error = proc_raise(atoi(argv[1]));
    printf("still here: %d\n", error);
    return 0;
}
