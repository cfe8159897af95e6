// Meets faults: writes records and makes them safe, fills a disk, opens files until it may not, floods standard output. It says each
// error by its name, and goes on.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name(int code) {
    switch (code) {
    case 0: return "ok";
    case EBADF: return "EBADF";
    case ECONNRESET: return "ECONNRESET";
    case EDQUOT: return "EDQUOT";
    case EFBIG: return "EFBIG";
    case EIO: return "EIO";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case ENOENT: return "ENOENT";
    case ENOSPC: return "ENOSPC";
    case EPIPE: return "EPIPE";
    case EROFS: return "EROFS";
    case ESTALE: return "ESTALE";
    default: return "another error";
    }
}

static const char *outcome(long result) { return name(result < 0 ? errno : 0); }

// Appends numbered records of 64 bytes, and says of each when it is safe.
static int records(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd < 0) return 1;
    for (int number = 0;; number++) {
        char record[65], said[32];
        snprintf(record, sizeof record, "record %08d %046d\n", number, number);
        record[62] = '.';
        record[63] = '\n';
        if (write(fd, record, 64) != 64) return 2;
        if (number % 2 ? fsync(fd) : fdatasync(fd)) return 3;
        int length = snprintf(said, sizeof said, "synced %d\n", number);
        if (write(1, said, length) != length) return 4;
    }
}

// Fills the disk that has a path, then makes room, and goes on.
static int fill(const char *path, const char *other) {
    static char block[4096];
    memset(block, 'x', sizeof block);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    printf("create: %s\n", outcome(fd));
    long long sum = 0;
    ssize_t wrote;
    while ((wrote = write(fd, block, sizeof block)) > 0) sum += wrote;
    printf("write: %s\n", outcome(wrote));
    struct stat stat;
    fstat(fd, &stat);
    printf("the file is as long as what was written: %s\n", stat.st_size == sum ? "yes" : "no");
    int second = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    printf("another: %s\n", outcome(second < 0 ? -1 : write(second, block, sizeof block) < 0 ? -1 : 0));
    printf("cut: %s\n", outcome(ftruncate(fd, 0)));
    printf("write again: %s\n", outcome(write(fd, "goes on\n", 8)));
    printf("sync: %s\n", outcome(fsync(fd)));
    printf("close: %s\n", outcome(close(fd)));
    if (second >= 0) close(second);
    printf("remove: %s\n", outcome(unlink(other)));
    return 0;
}

// Opens a file as often as it may, and once more when it has closed one.
static int descriptors(const char *path) {
    static int fds[100000];
    int count = 0;
    while (count < 100000 && (fds[count] = open(path, O_RDONLY)) >= 0) count++;
    printf("refused: %s\n", name(errno));
    printf("some: %s\n", count > 0 ? "yes" : "no");
    fprintf(stderr, "%d", count);
    char byte;
    printf("what is open: %s\n", outcome(count > 0 ? read(fds[0], &byte, 1) : 0));
    for (int i = 0; i < count; i++) close(fds[i]);
    printf("again: %s\n", outcome(open(path, O_RDONLY)));
    return 0;
}

// Writes lines until nobody takes them.
static int flood(void) {
    char line[64];
    memset(line, 'y', sizeof line);
    line[63] = '\n';
    ssize_t wrote;
    while ((wrote = write(1, line, sizeof line)) > 0) {}
    fprintf(stderr, "%s\n", outcome(wrote));
    return 7;
}

// Waits for a line, then uses what it had open before and what it opens now.
static int later(const char *path, const char *other, int writes) {
    char buffer[16] = {0};
    int fd = open(path, writes ? O_RDWR : O_RDONLY);
    fprintf(stderr, "open\n");
    if (read(0, buffer, 1) != 1) return 1;
    printf("read: %s\n", outcome(pread(fd, buffer, sizeof buffer, 0)));
    if (writes) printf("write: %s\n", outcome(pwrite(fd, "W", 1, 0)));
    printf("sync: %s\n", outcome(fsync(fd)));
    int read_only = open(path, O_RDONLY);
    printf("open to read: %s\n", outcome(read_only));
    printf("open to write: %s\n", outcome(open(path, O_RDWR)));
    printf("make: %s\n", outcome(open(other, O_WRONLY | O_CREAT, 0666)));
    printf("make a directory: %s\n", outcome(mkdir(other, 0777)));
    printf("remove: %s\n", outcome(unlink(path)));
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "records")) return records(argv[2]);
    if (!strcmp(what, "fill")) return fill(argv[2], argv[3]);
    if (!strcmp(what, "descriptors")) return descriptors(argv[2]);
    if (!strcmp(what, "flood")) return flood();
    if (!strcmp(what, "later")) return later(argv[2], argv[3], argc > 4);
    return 64;
}
