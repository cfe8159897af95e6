// A program of 2019: it imports wasi_unstable (preview0), whose whence values, file attributes and subscriptions differ.
// flags: -nostdlib -Wl,--no-entry -Wl,--export=_start
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("wasi_unstable"), import_name(#name)))
typedef struct {
    uint64_t device, inode;
    uint8_t type;
    uint32_t links;
    uint64_t size, accessed, modified, changed;
} filestat;
typedef struct {
    uint64_t userdata;
    uint8_t type;
    uint64_t identifier;
    uint32_t clock;
    uint64_t timeout, precision;
    uint16_t flags;
} clock_subscription;
typedef struct {
    const void *data;
    uint32_t length;
} iovec;

IMPORT(path_open)
int path_open(int fd, int lookup, const char *path, int length, int oflags, uint64_t base, uint64_t inheriting, int fdflags, int *opened);
IMPORT(fd_write) int fd_write(int fd, const iovec *iovs, int count, int *written);
IMPORT(fd_seek) int fd_seek(int fd, int64_t offset, int whence, uint64_t *position);
IMPORT(fd_filestat_get) int fd_filestat_get(int fd, filestat *stat);
IMPORT(path_filestat_get) int path_filestat_get(int fd, int lookup, const char *path, int length, filestat *stat);
IMPORT(poll_oneoff) int poll_oneoff(const void *in, void *out, int count, int *ready);
IMPORT(proc_exit) _Noreturn void proc_exit(int code);

enum { CURRENT = 0, END = 1, SET = 2 };
_Static_assert(sizeof(filestat) == 56 && sizeof(clock_subscription) == 56, "the layouts of preview0");

static void say(const char *what, uint64_t number) {
    char line[80];
    int length = 0, digits = 0;
    char reversed[24];
    while (*what) line[length++] = *what++;
    line[length++] = ' ';
    do reversed[digits++] = '0' + number % 10;
    while (number /= 10);
    while (digits) line[length++] = reversed[--digits];
    line[length++] = '\n';
    iovec out = {line, length};
    int written;
    fd_write(1, &out, 1, &written);
}

void _start(void) {
    int fd = -1, written, ready = 0;
    uint64_t position = 0, event[4];
    filestat stat;
    stat.type = stat.links = stat.size = stat.modified = -1;
    // Creates; rights to read, seek, tell, write and stat.
    say("open", path_open(3, 0, "old", 3, 1, 0x200066, 0, 0, &fd));
    iovec text = {"0123456789", 10};
    say("write", fd_write(fd, &text, 1, &written));
    say("seek from the start", fd_seek(fd, 4, SET, &position));
    say("at", position);
    say("seek onwards", fd_seek(fd, 2, CURRENT, &position));
    say("at", position);
    say("seek from the end", fd_seek(fd, -1, END, &position));
    say("at", position);
    say("stat", fd_filestat_get(fd, &stat));
    say("type", stat.type);
    say("links", stat.links);
    say("size", stat.size);
    stat.type = stat.links = stat.size = stat.modified = -1;
    say("stat by path", path_filestat_get(3, 0, "old", 3, &stat));
    say("size", stat.size);
    say("modified after 2020", stat.modified > 1577836800ull * 1000000000);
    clock_subscription in = {.userdata = 77, .clock = 1, .timeout = 5000000};
    say("poll", poll_oneoff(&in, event, 1, &ready));
    say("ready", ready);
    say("userdata", event[0]);
    proc_exit(9);
}
