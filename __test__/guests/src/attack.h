// What the attacks share: programs that do what guests did to other hosts, and say for each attack whether it was contained.
//
//   argv[1]  the number of the one attack to make, 0 for all: a host that dies of one is asked for each on its own
//   argv[2]  where the box is below descriptor 3: "." or a name. The rest of what 3 has is outside
//   argv[3]  the outside's path in the host, absolute
//
// Outside are `secret` and `dir/x`, which begin with SECRET, and `empty/`; in the box `own` ("own"), `sub/inner` and `empty/`.
#pragma once
#include "case.h"

// Functions as a guest calls them that has no libc to be careful for it.
#define PREVIEW1(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define RIGHTS(name) __WASI_RIGHTS_##name
#define ALL_RIGHTS 0x0fffffffull
// What a directory can be asked for: no writing.
#define DIRECTORY_RIGHTS (ALL_RIGHTS & ~(RIGHTS(FD_WRITE) | RIGHTS(FD_DATASYNC) | RIGHTS(FD_ALLOCATE) | RIGHTS(FD_FILESTAT_SET_SIZE)))
#define FILE_RIGHTS                                                                                                                                \
    (RIGHTS(FD_DATASYNC) | RIGHTS(FD_READ) | RIGHTS(FD_SEEK) | RIGHTS(FD_FDSTAT_SET_FLAGS) | RIGHTS(FD_SYNC) | RIGHTS(FD_TELL) | RIGHTS(FD_WRITE) | \
     RIGHTS(FD_ADVISE) | RIGHTS(FD_ALLOCATE) | RIGHTS(FD_FILESTAT_GET) | RIGHTS(FD_FILESTAT_SET_SIZE) | RIGHTS(FD_FILESTAT_SET_TIMES))
#define READS (RIGHTS(FD_READ) | RIGHTS(FD_READDIR) | RIGHTS(PATH_OPEN) | RIGHTS(PATH_FILESTAT_GET))

static __wasi_fd_t box = 3;
static const char *outside = "/nowhere";
static int attack_only, attack_number;

static inline bool attack_begins(const char *function, const char *promise) {
    if (++attack_number != attack_only && attack_only != 0) return false;
    CASE(function, promise);
    return true;
}

// An attack and its block: ATTACK("path_open", "two dots lead nowhere") { ... }
#define ATTACK(function, promise) if (attack_begins(function, promise))

// A call fails, with whatever error.
#define REFUSED(call)                                                                              \
    do {                                                                                           \
        if ((call) == __WASI_ERRNO_SUCCESS) printf("failed line %d: it succeeds: %s\n", __LINE__, #call); \
    } while (0)

#define REFUSED_FOR(path, call)                                                                                         \
    do {                                                                                                                \
        if ((call) == __WASI_ERRNO_SUCCESS) printf("failed line %d: it succeeds for %.80s: %s\n", __LINE__, path, #call); \
    } while (0)

static inline __wasi_errno_t open_at(__wasi_fd_t dir, const char *path, int oflags, uint64_t rights, __wasi_fd_t *fd) {
    return __wasi_path_open(dir, FOLLOW, path, oflags, rights, ALL_RIGHTS, 0, fd);
}

// A file opened to be read and, where the host allows that, written.
static inline bool open_own(const char *path, uint64_t rights, __wasi_fd_t *fd) {
    return open_at(box, path, 0, rights, fd) == __WASI_ERRNO_SUCCESS;
}

static inline size_t read_into(__wasi_fd_t fd, void *buffer, size_t size) {
    __wasi_iovec_t iovec = {buffer, size};
    __wasi_size_t read = 0;
    return __wasi_fd_read(fd, &iovec, 1, &read) == __WASI_ERRNO_SUCCESS ? read : 0;
}

static inline __wasi_errno_t write_text(__wasi_fd_t fd, const char *text) {
    __wasi_ciovec_t iovec = {(const uint8_t *)text, strlen(text)};
    __wasi_size_t written = 0;
    return __wasi_fd_write(fd, &iovec, 1, &written);
}

static inline bool is_secret(__wasi_fd_t fd) {
    char buffer[16] = {0};
    return read_into(fd, buffer, 6) == 6 && !strncmp(buffer, "SECRET", 6);
}

// A path in the box reads as the text.
static inline bool reads_as(__wasi_fd_t dir, const char *path, const char *text) {
    char buffer[64] = {0};
    __wasi_fd_t fd;
    if (open_at(dir, path, 0, RIGHTS(FD_READ), &fd)) return false;
    size_t length = read_into(fd, buffer, sizeof buffer - 1);
    __wasi_fd_close(fd);
    return length == strlen(text) && !memcmp(buffer, text, length);
}

static inline const char *joined(const char *directory, const char *name) {
    static char paths[4][8192];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", directory, name);
    return path;
}

// No call reaches the file outside to which this path would lead.
static inline void reaches_no_file(__wasi_fd_t dir, const char *path) {
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    static const int oflags[] = {
        0, __WASI_OFLAGS_CREAT, __WASI_OFLAGS_TRUNC, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, __WASI_OFLAGS_DIRECTORY,
    };
    for (int i = 0; i < 6; i++) {
        REFUSED_FOR(path, __wasi_path_open(dir, FOLLOW, path, oflags[i], RIGHTS(FD_READ), ALL_RIGHTS, 0, &fd));
        REFUSED_FOR(path, __wasi_path_open(dir, FOLLOW, path, oflags[i], i % 2 ? RIGHTS(FD_WRITE) : 0, ALL_RIGHTS, 0, &fd));
        REFUSED_FOR(path, __wasi_path_open(dir, 0, path, oflags[i], RIGHTS(FD_READ) | RIGHTS(FD_WRITE), 0, 0, &fd));
    }
    REFUSED_FOR(path, __wasi_path_filestat_get(dir, FOLLOW, path, &stat));
    REFUSED_FOR(path, __wasi_path_filestat_set_times(dir, FOLLOW, path, 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    REFUSED_FOR(path, __wasi_path_link(dir, FOLLOW, path, box, "stolen"));
}

// Nor the directory outside to which this path would lead, or what is in it.
static inline void reaches_nothing(__wasi_fd_t dir, const char *path) {
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    uint8_t buffer[64];
    __wasi_size_t used;
    const char *secret = joined(path, "secret");
    reaches_no_file(dir, secret);
    REFUSED_FOR(path, __wasi_path_open(dir, FOLLOW, path, __WASI_OFLAGS_DIRECTORY, READS, ALL_RIGHTS, 0, &fd));
    REFUSED_FOR(path, __wasi_path_open(dir, FOLLOW, path, 0, 0, 0, 0, &fd));
    REFUSED_FOR(path, __wasi_path_filestat_get(dir, FOLLOW, path, &stat));
    REFUSED_FOR(path, __wasi_path_filestat_get(dir, 0, secret, &stat));
    REFUSED_FOR(path, __wasi_path_filestat_set_times(dir, 0, secret, 1, 1, __WASI_FSTFLAGS_MTIM));
    REFUSED_FOR(path, __wasi_path_readlink(dir, secret, buffer, sizeof buffer, &used));
    REFUSED_FOR(path, __wasi_path_create_directory(dir, joined(path, "new")));
    REFUSED_FOR(path, __wasi_path_remove_directory(dir, joined(path, "empty")));
    REFUSED_FOR(path, __wasi_path_unlink_file(dir, secret));
    REFUSED_FOR(path, __wasi_path_symlink("x", dir, joined(path, "new")));
    REFUSED_FOR(path, __wasi_path_link(dir, 0, secret, box, "stolen"));
    REFUSED_FOR(path, __wasi_path_link(box, 0, "own", dir, joined(path, "new")));
    REFUSED_FOR(path, __wasi_path_rename(dir, secret, box, "stolen"));
    REFUSED_FOR(path, __wasi_path_rename(box, "own", dir, joined(path, "new")));
    REFUSED_FOR(path, __wasi_path_rename(box, "own", dir, secret));
    REFUSED_FOR(path, __wasi_path_open(dir, FOLLOW, joined(path, "new"), __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), 0, 0, &fd));
}

static inline void attacks(int argc, char **argv) {
    // Each line goes out at once: a host may end the program in the middle.
    setvbuf(stdout, NULL, _IOLBF, 4096);
    attack_only = argc > 1 ? atoi(argv[1]) : 0;
    if (argc > 3) outside = argv[3];
    if (argc > 2 && strcmp(argv[2], ".")) NEED(!open_at(3, argv[2], __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &box));
}
