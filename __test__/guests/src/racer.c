// Opens, makes, renames and removes things under the same few paths for as many milliseconds as its argument says, while
// somebody else swaps those paths for links that lead outside. Says what it read, and how often.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000ll + time.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    static const char *paths[] = {"/sandbox/d/f", "/sandbox/d/../d/f", "/sandbox/d/sub/../f", "/sandbox/f"};
    unsigned long inside = 0, outside = 0, refused = 0, rounds = 0;
    long long end = now() + atoi(argv[1]);
    while (now() < end) {
        for (int i = 0; i < 200; i++) {
            char buffer[16] = {0};
            struct stat stat;
            rounds++;
            const char *path = paths[rounds % 4];
            int fd = open(path, O_RDONLY);
            if (fd < 0) {
                refused++;
            } else {
                read(fd, buffer, sizeof buffer - 1);
                if (!strncmp(buffer, "SECRET", 6)) outside++;
                else inside++;
                close(fd);
            }
            // The outside file is larger than any inside.
            if (!fstatat(AT_FDCWD, path, &stat, 0) && stat.st_size > 1000) outside++;
            if ((fd = open("/sandbox/d/new", O_WRONLY | O_CREAT, 0666)) >= 0) close(fd);
            mkdir("/sandbox/d/made", 0777);
            rename("/sandbox/d/made", "/sandbox/d/moved");
            symlink("f", "/sandbox/d/soft");
            link("/sandbox/own", "/sandbox/d/hard");
            link("/sandbox/d/f", "/sandbox/stolen");
            if (!fstatat(AT_FDCWD, "/sandbox/stolen", &stat, AT_SYMLINK_NOFOLLOW) && stat.st_size > 1000) outside++;
            unlink("/sandbox/stolen");
            unlink("/sandbox/d/new");
            unlink("/sandbox/d/hard");
            unlink("/sandbox/d/soft");
            unlink("/sandbox/d/victim");
            rmdir("/sandbox/d/moved");
        }
    }
    printf("%lu inside, %lu outside, %lu refused\n", inside, outside, refused);
    return outside != 0;
}
