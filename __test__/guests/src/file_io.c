// Writes, seeks, reads, appends, truncates and syncs one file.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    char buffer[64] = {0};
    struct stat stat;
    int fd = say("create", open("/sandbox/file", O_RDWR | O_CREAT | O_EXCL, 0666));
    say("create again", open("/sandbox/file", O_RDWR | O_CREAT | O_EXCL, 0666));
    printf("wrote %zd\n", write(fd, "hello, world", 12));
    printf("at %lld\n", (long long)lseek(fd, 0, SEEK_CUR));
    printf("pwrote %zd\n", pwrite(fd, "H", 1, 0));
    printf("pread %zd\n", pread(fd, buffer, 5, 7));
    printf("got [%s]\n", buffer);
    printf("from the end %lld\n", (long long)lseek(fd, -5, SEEK_END));
    say("before the start", lseek(fd, -1, SEEK_SET));
    printf("read %zd\n", read(fd, buffer, sizeof buffer));
    printf("read at the end %zd\n", read(fd, buffer, sizeof buffer));
    say("truncate", ftruncate(fd, 5));
    say("extend", ftruncate(fd, 8));
    say("fsync", fsync(fd));
    say("fdatasync", fdatasync(fd));
    say("fstat", fstat(fd, &stat));
    printf("size %lld, regular %d, links %d\n", (long long)stat.st_size, S_ISREG(stat.st_mode), (int)stat.st_nlink);
    say("close", close(fd));
    say("close again", close(fd));

    fd = say("append", open("/sandbox/file", O_WRONLY | O_APPEND));
    printf("wrote %zd\n", write(fd, "!", 1));
    say("read what is open for writing", read(fd, buffer, 1));
    close(fd);
    fd = open("/sandbox/file", O_RDONLY);
    say("write what is open for reading", write(fd, "x", 1));
    memset(buffer, 0, sizeof buffer);
    ssize_t got = read(fd, buffer, sizeof buffer);
    printf("in the end %zd:", got);
    for (ssize_t i = 0; i < got; i++) printf(" %02x", buffer[i]);
    printf("\n");
    close(fd);
    fd = say("truncate by opening", open("/sandbox/file", O_WRONLY | O_TRUNC));
    fstat(fd, &stat);
    printf("size %lld\n", (long long)stat.st_size);
    return 0;
}
