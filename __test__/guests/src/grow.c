// Grows its memory between calls: what was read before, and into memory that came later, is right.
#include "say.h"
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    enum { STEP = 3 * 65536 + 100 };
    int fd = open("/sandbox/file", O_RDWR | O_CREAT | O_TRUNC, 0666), right = 1;
    for (int i = 0; i < 40; i++) {
        char *block = malloc(STEP);
        memset(block, 'a' + i % 26, STEP);
        right &= write(fd, block, STEP) == STEP;
        char *other = malloc(STEP);
        right &= pread(fd, other, STEP, (off_t)i * STEP) == STEP;
        right &= memcmp(block, other, STEP) == 0;
        free(i % 2 ? block : other);
    }
    printf("right: %d, pages grown: %d\n", right, __builtin_wasm_memory_size(0) > 64);
    return 0;
}
