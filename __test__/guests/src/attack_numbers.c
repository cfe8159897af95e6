// Numbers made up: counts and lengths that wrap, pointers at the end of memory, times and positions far out. The host watches its memory.
#include "attack.h"

PREVIEW1(fd_read) int raw_fd_read(int fd, uint32_t iovs, uint32_t count, uint32_t out);
PREVIEW1(fd_write) int raw_fd_write(int fd, uint32_t iovs, uint32_t count, uint32_t out);
PREVIEW1(fd_pread) int raw_fd_pread(int fd, uint32_t iovs, uint32_t count, int64_t offset, uint32_t out);
PREVIEW1(fd_pwrite) int raw_fd_pwrite(int fd, uint32_t iovs, uint32_t count, int64_t offset, uint32_t out);
PREVIEW1(fd_readdir) int raw_fd_readdir(int fd, uint32_t buffer, uint32_t length, int64_t cookie, uint32_t out);
PREVIEW1(poll_oneoff) int raw_poll_oneoff(uint32_t in, uint32_t out, uint32_t count, uint32_t ready);
PREVIEW1(random_get) int raw_random_get(uint32_t buffer, uint32_t length);
PREVIEW1(path_open)
int raw_path_open(int dir, int lookup, uint32_t path, uint32_t length, int oflags, uint64_t base, uint64_t inheriting, int fdflags, uint32_t fd);
PREVIEW1(path_symlink) int raw_path_symlink(uint32_t target, uint32_t target_length, int dir, uint32_t path, uint32_t length);
PREVIEW1(path_readlink) int raw_path_readlink(int dir, uint32_t path, uint32_t length, uint32_t buffer, uint32_t size, uint32_t used);
PREVIEW1(path_filestat_get) int raw_path_filestat_get(int dir, int lookup, uint32_t path, uint32_t length, uint32_t stat);
PREVIEW1(fd_fdstat_get) int raw_fd_fdstat_get(int fd, uint32_t out);
PREVIEW1(fd_prestat_dir_name) int raw_fd_prestat_dir_name(int fd, uint32_t path, uint32_t length);
PREVIEW1(args_get) int raw_args_get(uint32_t argv, uint32_t buffer);
PREVIEW1(args_sizes_get) int raw_args_sizes_get(uint32_t count, uint32_t size);
PREVIEW1(environ_get) int raw_environ_get(uint32_t argv, uint32_t buffer);
PREVIEW1(clock_time_get) int raw_clock_time_get(uint32_t id, uint64_t precision, uint32_t out);

static uint32_t at(const void *pointer) { return (uint32_t)(uintptr_t)pointer; }

static struct { uint32_t buffer, length; } list[1024];
static uint8_t data[1 << 16];

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    const uint32_t end = __builtin_wasm_memory_size(0) * 65536;
    __wasi_fd_t fd;
    __wasi_size_t used = 0;
    NEED(open_own("own", RIGHTS(FD_READ) | RIGHTS(FD_SEEK) | RIGHTS(FD_ADVISE), &fd));
    __wasi_fd_t writable;
    NEED(open_own("sub/inner", FILE_RIGHTS, &writable));

    ATTACK("fd_read", "iovec counts that wrap, and lists beyond memory, are refused") {
        static const uint32_t counts[] = {0x20000000, 0x20000001, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000001};
        const uint32_t lists[] = {at(list), 0, 8, end - 8, 0xfffffff8};
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            for (int j = 0; j < 5; j++) {
                REFUSED(raw_fd_read(fd, lists[j], counts[i], at(&used)));
                REFUSED(raw_fd_write(2, lists[j], counts[i], at(&used)));
                REFUSED(raw_fd_pread(fd, lists[j], counts[i], 0, at(&used)));
                REFUSED(raw_fd_pwrite(writable, lists[j], counts[i], 0, at(&used)));
            }
        }
    }

    ATTACK("fd_write", "buffers beyond memory are refused, and nothing of them is read or written") {
        const struct { uint32_t buffer, length; } wrong[] = {{end - 1, 2}, {end, 1}, {0xffffffff, 1}, {at(data), 0xffffffff}, {0x80000000, 0x80000000}, {0xfffffff0, 0x20}, {end - 65536, 0xffff0001}};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            REFUSED(raw_fd_read(fd, at(wrong + i), 1, at(&used)));
            REFUSED(raw_fd_write(2, at(wrong + i), 1, at(&used)));
            REFUSED(raw_fd_pwrite(writable, at(wrong + i), 1, 0, at(&used)));
            // After one that is right.
            list[0].buffer = at(data);
            list[0].length = 1;
            memcpy(list + 1, wrong + i, sizeof *wrong);
            REFUSED(raw_fd_write(2, at(list), 2, at(&used)));
        }
    }

    ATTACK("fd_pwrite", "a long list over the same bytes writes what it says, and no more") {
        for (int i = 0; i < 64; i++) {
            list[i].buffer = at(data);
            list[i].length = sizeof data;
        }
        __wasi_filestat_t stat;
        used = 0;
        if (!raw_fd_pwrite(writable, at(list), 64, 0, at(&used))) {
            EXPECT(used <= 64 * sizeof data);
            if (!__wasi_fd_filestat_get(writable, &stat)) EXPECT_SAME(used, stat.size);
        }
        EXPECT(!__wasi_fd_filestat_set_size(writable, 0));
        // A read of 64 MiB into one page, out of three bytes.
        for (int i = 0; i < 1024; i++) {
            list[i].buffer = at(data);
            list[i].length = sizeof data;
        }
        EXPECT(!raw_fd_read(fd, at(list), 1024, at(&used)) && used == 3);
    }

    ATTACK("poll_oneoff", "subscription counts that wrap, and events beyond memory, are refused") {
        static const uint32_t counts[] = {0x05555556, 0x08000000, 0x10000000, 0x80000000, 0xffffffff, 0x2aaaaaab, 0x55555556};
        const uint32_t places[] = {at(list), 0, end - 48, end - 32, 0xffffffd0};
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            for (int j = 0; j < 5; j++) {
                REFUSED(raw_poll_oneoff(places[j], at(data), counts[i], at(&used)));
                REFUSED(raw_poll_oneoff(at(list), places[j], counts[i], at(&used)));
            }
        }
        REFUSED(raw_poll_oneoff(0, 0, 0, at(&used)));
        // Eight are asked for, there is room for one: no event is written behind the end of memory.
        static __wasi_subscription_t subscriptions[8];
        memset(subscriptions, 0, sizeof subscriptions);
        for (int i = 0; i < 8; i++) subscriptions[i].u.tag = __WASI_EVENTTYPE_CLOCK;
        REFUSED(raw_poll_oneoff(at(subscriptions), end - 32, 8, at(&used)));
        // Over each other: an event is written where a subscription is still to be read.
        for (int i = 0; i < 8; i++) subscriptions[i].userdata = i;
        if (!raw_poll_oneoff(at(subscriptions), at(subscriptions), 8, at(&used))) EXPECT(used <= 8);
        // A kind of event that is none.
        subscriptions[0].u.tag = 255;
        raw_poll_oneoff(at(subscriptions), at(data), 1, at(&used));
        subscriptions[0].u.tag = __WASI_EVENTTYPE_FD_READ;
        subscriptions[0].u.u.fd_read.file_descriptor = 0xffffffff;
        raw_poll_oneoff(at(subscriptions), at(data), 1, at(&used));
    }

    ATTACK("random_get", "lengths beyond memory are refused") {
        static const uint32_t lengths[] = {0xffffffff, 0x80000000, 0xffff0000};
        for (int i = 0; i < 3; i++) {
            REFUSED(raw_random_get(at(data), lengths[i]));
            REFUSED(raw_random_get(0xffffffff, lengths[i]));
        }
        REFUSED(raw_random_get(end - 1, 2));
        EXPECT(!raw_random_get(at(data), sizeof data));
    }

    ATTACK("fd_readdir", "buffers beyond memory are refused, and between the fields are no bytes of the host's") {
        REFUSED(raw_fd_readdir(box, at(data), 0xffffffff, 0, at(&used)));
        REFUSED(raw_fd_readdir(box, end - 1, 64, 0, at(&used)));
        REFUSED(raw_fd_readdir(box, 0xfffffff0, 64, 0, at(&used)));
        for (uint32_t size = 0; size < 64; size++) {
            used = 0;
            memset(data, '?', 128);
            if (raw_fd_readdir(box, at(data), size, 0, at(&used))) continue;
            EXPECT(used <= size && data[size] == '?');
        }
        memset(data, '?', 4096);
        EXPECT(!raw_fd_readdir(box, at(data), 4096, 0, at(&used)) && used > 24);
        for (uint32_t entry = 0; entry + 24 <= used;) {
            __wasi_dirent_t dirent;
            memcpy(&dirent, data + entry, sizeof dirent);
            for (int i = 21; i < 24; i++) EXPECT(data[entry + i] == 0 || data[entry + i] == '?');
            entry += 24 + dirent.d_namlen;
        }
        // The same of a filestat: the bytes behind the type.
        memset(data, '?', 64);
        EXPECT(!raw_path_filestat_get(box, 0, at("own"), 3, at(data)));
        for (int i = 17; i < 24; i++) EXPECT(data[i] == 0 || data[i] == '?');
    }

    ATTACK("path_open", "lengths of paths beyond memory are refused") {
        static const uint32_t lengths[] = {0xffffffff, 0x80000000, 0x10000000, 0xfffffff0};
        for (int i = 0; i < 4; i++) {
            REFUSED(raw_path_open(box, 0, at("own"), lengths[i], 0, 0, 0, 0, at(&fd)));
            REFUSED(raw_path_open(box, 0, 0xffffffff, lengths[i], 0, 0, 0, 0, at(&fd)));
            REFUSED(raw_path_symlink(at("own"), lengths[i], box, at("new"), 3));
            REFUSED(raw_path_symlink(at("own"), 3, box, at("new"), lengths[i]));
            REFUSED(raw_path_readlink(box, at("soft"), 4, at(data), lengths[i], at(&used)));
        }
        REFUSED(raw_path_open(box, 0, at("own"), 3, 0, 0, 0, 0, 0xffffffff));
        REFUSED(raw_path_filestat_get(box, 0, at("own"), 3, end - 63));
        REFUSED(raw_fd_fdstat_get(box, end - 23));
        REFUSED(raw_fd_prestat_dir_name(3, 0xffffffff, 1));
    }

    ATTACK("fd_filestat_set_size", "sizes and positions far out take no room") {
        static const uint64_t fars[] = {1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull, ~0ull - 4096};
        __wasi_ciovec_t iovec = {(const uint8_t *)"x", 1};
        for (int i = 0; i < 5; i++) {
            __wasi_fd_filestat_set_size(writable, fars[i]);
            // In memory this may succeed: what was never written is a hole there, and takes no room.
            __wasi_fd_allocate(writable, fars[i], 1);
            __wasi_fd_allocate(writable, 1, fars[i]);
            __wasi_fd_allocate(writable, fars[i], fars[i]);
            __wasi_fd_advise(writable, fars[i], fars[i], __WASI_ADVICE_WILLNEED);
            __wasi_fd_pwrite(writable, &iovec, 1, fars[i], &used);
            raw_fd_pread(writable, at(list), 1, (int64_t)fars[i], at(&used));
        }
        __wasi_filesize_t position;
        for (int whence = 0; whence < 3; whence++) {
            EXPECT(__wasi_fd_seek(writable, INT64_MIN, whence, &position));
            __wasi_fd_seek(writable, INT64_MAX, whence, &position);
            __wasi_fd_seek(writable, INT64_MAX, whence, &position);
        }
        EXPECT(!__wasi_fd_filestat_set_size(writable, 0));
    }

    ATTACK("path_filestat_set_times", "times before the epoch and at the end of all are answered") {
        static const uint64_t times[] = {0, 1, 1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull, ~0ull - 999999999};
        __wasi_filestat_t stat;
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            __wasi_path_filestat_set_times(box, 0, "sub/inner", times[i], times[i], __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
            EXPECT(!__wasi_path_filestat_get(box, 0, "sub/inner", &stat));
            __wasi_fd_filestat_set_times(writable, times[i], times[i], __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
            EXPECT(!__wasi_path_filestat_get(box, 0, "sub/inner", &stat));
        }
        // The host's file from before 1970.
        EXPECT(!__wasi_path_filestat_get(box, 0, "old", &stat));
        EXPECT(!__wasi_path_filestat_set_times(box, 0, "sub/inner", 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    }

    ATTACK("args_get", "tables beyond memory are refused") {
        const uint32_t places[] = {end - 1, end, 0xffffffff, 0xfffffffc};
        for (int i = 0; i < 4; i++) {
            REFUSED(raw_args_get(places[i], at(data)));
            REFUSED(raw_args_get(at(data), places[i]));
            REFUSED(raw_args_sizes_get(places[i], at(&used)));
            REFUSED(raw_args_sizes_get(at(&used), places[i]));
            REFUSED(raw_clock_time_get(0, 0, places[i]));
        }
        raw_environ_get(0xffffffff, 0xffffffff);
    }

    ATTACK("path_open", "flags, clocks and kinds that do not exist do nothing") {
        __wasi_filesize_t position;
        __wasi_timestamp_t time = 0;
        __wasi_fd_t opened;
        static const int wrong[] = {0x10, 0x20, 0x8000, 0xffff, -1};
        for (int i = 0; i < 5; i++) {
            REFUSED(__wasi_path_open(box, 0, "new", wrong[i] & 0xfff0, RIGHTS(FD_READ), 0, 0, &opened));
            if (!__wasi_path_open(box, wrong[i], "own", 0, RIGHTS(FD_READ), 0, 0, &opened)) __wasi_fd_close(opened);
            if (!__wasi_path_open(box, 0, "own", 0, RIGHTS(FD_READ), 0, wrong[i] & 0xffe0, &opened)) __wasi_fd_close(opened);
            REFUSED(__wasi_fd_seek(fd, 0, (wrong[i] & 0xff) | 0x10, &position));
            REFUSED(__wasi_fd_advise(fd, 0, 0, (wrong[i] & 0xff) | 0x10));
            REFUSED(raw_clock_time_get((uint32_t)wrong[i], 0, at(&time)));
            REFUSED(__wasi_fd_filestat_set_times(writable, 1, 1, (wrong[i] & 0xfff0)));
            // Both a time and now.
            REFUSED(__wasi_fd_filestat_set_times(writable, 1, 1, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
        }
        REFUSED(open_at(box, "new", 0, RIGHTS(FD_READ), &opened));
    }

    DONE();
    return 0;
}
