// Aborts: libc traps with an unreachable instruction.
#include <stdlib.h>

int main(void) {
    abort();
}
