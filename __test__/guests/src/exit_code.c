// Ends with the exit code that its argument names; without one, main returns.
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc > 1) exit(atoi(argv[1]));
    return 0;
}
