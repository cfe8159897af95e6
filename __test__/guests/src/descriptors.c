// Opens descriptors until it may not, or until there are as many as its argument says, and leaves them open.
#include "say.h"
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int wanted = atoi(argv[1]), opened = 0;
    while (opened < wanted && open("/sandbox/file", O_RDONLY) >= 0) opened++;
    if (opened < wanted) printf("refused: %s\n", errno_name(errno));
    printf("opened %d\n", opened);
    fflush(stdout);
    _exit(opened < wanted);
}
