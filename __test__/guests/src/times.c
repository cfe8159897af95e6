// Sets times with nanoseconds on a file, on a path and on a link, and reads them back.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *what, const char *path, int flags) {
    struct stat stat;
    if (fstatat(AT_FDCWD, path, &stat, flags)) say(what, -1);
    else printf("%s: %lld.%09ld %lld.%09ld\n", what, (long long)stat.st_atim.tv_sec, stat.st_atim.tv_nsec,
                (long long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec);
}

int main(void) {
    struct timespec both[2] = {{1000000000, 123456789}, {1000000001, 987654321}};
    struct timespec modified[2] = {{.tv_nsec = UTIME_OMIT}, {5, 6}};
    int fd = open("/sandbox/file", O_RDWR | O_CREAT, 0666);
    say("futimens", futimens(fd, both));
    show("file", "/sandbox/file", 0);
    say("utimensat", utimensat(AT_FDCWD, "/sandbox/file", modified, 0));
    show("file", "/sandbox/file", 0);
    symlink("file", "/sandbox/link");
    say("of the link", utimensat(AT_FDCWD, "/sandbox/link", both, AT_SYMLINK_NOFOLLOW));
    show("link", "/sandbox/link", AT_SYMLINK_NOFOLLOW);
    show("file", "/sandbox/file", 0);
    return 0;
}
