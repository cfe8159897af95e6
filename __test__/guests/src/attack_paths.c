// Paths that would leave the box by their text alone.
#include "attack.h"

PREVIEW1(path_open)
int raw_path_open(int dir, int lookup, const void *path, size_t length, int oflags, uint64_t base, uint64_t inheriting, int fdflags, void *fd);
PREVIEW1(path_filestat_get) int raw_path_filestat_get(int dir, int lookup, const void *path, size_t length, void *stat);
PREVIEW1(path_create_directory) int raw_path_create_directory(int dir, const void *path, size_t length);

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    __wasi_filestat_t stat;

    ATTACK("path_open", "two dots lead nowhere, in whatever words") {
        static const char *const paths[] = {
            "../outside", "sub/../../outside", "./../outside", "empty/../../outside", "sub/./.././../outside", "sub//..//..//outside",
            "../box/../outside", "..//outside", "../outside/.", "../outside/../outside", "sub/../sub/../../outside", "../../box/../outside",
        };
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) reaches_nothing(box, paths[i]);
        for (int oflags = 0; oflags < 4; oflags++) {
            REFUSED(open_at(box, "..", oflags, RIGHTS(FD_READDIR), &fd));
            REFUSED(open_at(box, "sub/../..", oflags, RIGHTS(FD_READDIR), &fd));
            REFUSED(open_at(box, "../", oflags, RIGHTS(FD_READDIR), &fd));
        }
        EXPECT(__wasi_path_remove_directory(box, "..") && __wasi_path_rename(box, "..", box, "new") && __wasi_path_rename(box, "own", box, ".."));
    }

    ATTACK("path_open", "an absolute path leads nowhere") {
        reaches_nothing(box, outside);
        reaches_nothing(box, joined("", outside));
        reaches_nothing(box, joined("/.", outside));
        reaches_nothing(box, joined("/proc/self/root", outside));
        reaches_nothing(box, joined("sub/..", joined("/proc/self/cwd/../../../../../../../../..", outside)));
        static const char *const roots[] = {"/", "//", "/.", "/..", "///..", "/etc/passwd", "/proc/self/environ", "/proc/self/mem"};
        for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) REFUSED_FOR(roots[i], open_at(box, roots[i], 0, RIGHTS(FD_READ), &fd));
    }

    ATTACK("path_open", "a path may not leave and come back") {
        REFUSED(open_at(box, "../box/own", 0, RIGHTS(FD_READ), &fd));
        REFUSED(open_at(box, "sub/../../box/own", 0, RIGHTS(FD_READ), &fd));
        REFUSED(__wasi_path_filestat_get(box, 0, "../box", &stat));
    }

    ATTACK("path_open", "a directory that the guest opened is a box of its own") {
        __wasi_fd_t sub;
        // A single file has no directory beside it.
        if (open_at(box, "sub", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &sub)) {
            REFUSED(__wasi_path_filestat_get(box, 0, "sub", &stat));
        } else {
            static const char *const paths[] = {"..", "../own", "./../own", "../empty", "../../outside/secret"};
            for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
                REFUSED_FOR(paths[i], open_at(sub, paths[i], 0, 0, &fd));
                REFUSED_FOR(paths[i], __wasi_path_filestat_get(sub, FOLLOW, paths[i], &stat));
                REFUSED_FOR(paths[i], __wasi_path_rename(sub, paths[i], sub, "stolen"));
                REFUSED_FOR(paths[i], __wasi_path_link(sub, 0, paths[i], sub, "stolen"));
            }
            reaches_nothing(sub, "../../outside");
        }
    }

    ATTACK("path_open", "names of other systems are names: no drive, no device, no separator") {
        static const char *const names[] = {
            "C:", "C:own", "C:\\", "..\\outside\\secret", "..\\..\\outside\\secret", "sub\\..\\..\\outside\\secret", "CON", "NUL", "COM1", "COM\xc2\xb9",
            "CON .txt", "PRN:", "\\\\?\\C:\\", "own:stream", "own::$DATA", "\\\\.\\pipe\\x", "CONIN$",
        };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            REFUSED_FOR(names[i], open_at(box, names[i], 0, RIGHTS(FD_READ), &fd));
            // Where it can be made, it is a file as any other, beside `own`.
            if (open_at(box, names[i], __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, RIGHTS(FD_READ) | RIGHTS(FD_WRITE) | RIGHTS(FD_FILESTAT_GET), &fd)) continue;
            EXPECT(!__wasi_fd_filestat_get(fd, &stat) && stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.size == 0);
            __wasi_fd_close(fd);
            EXPECT(!__wasi_path_unlink_file(box, names[i]));
        }
    }

    ATTACK("path_open", "a NUL cuts nothing off, and what is no text is no path") {
        static const char *const paths[] = {"own\0/../../outside/secret", "../outside/secret\0x", "\0", "own\0", "sub\0/../../outside/secret"};
        static const size_t lengths[] = {25, 19, 1, 4, 25};
        for (int i = 0; i < 5; i++) {
            REFUSED_FOR(paths[i], raw_path_open(box, FOLLOW, paths[i], lengths[i], 0, RIGHTS(FD_READ), 0, 0, &fd));
            REFUSED_FOR(paths[i], raw_path_filestat_get(box, FOLLOW, paths[i], lengths[i], &stat));
            REFUSED_FOR(paths[i], raw_path_create_directory(box, paths[i], lengths[i]));
        }
        static const char *const odd[] = {"\xff", "\xc0\xae\xc0\xae/outside/secret", "..\xc0\xafoutside", "\xed\xa0\x80", "\xf4\x90\x80\x80", "%2e%2e/outside/secret"};
        for (int i = 0; i < 6; i++) REFUSED_FOR("no text", open_at(box, odd[i], 0, RIGHTS(FD_READ), &fd));
        REFUSED(raw_path_open(box, FOLLOW, "", 0, 0, RIGHTS(FD_READ), 0, 0, &fd));
    }

    ATTACK("path_open", "names that mean something in a layer of an image change nothing below it") {
        static const char *const names[] = {".wh.own", ".wh.sub", ".wh..wh..opq", ".wh.", "sub/.wh..wh..opq", "sub/.wh.inner"};
        for (int i = 0; i < 6; i++) {
            if (!open_at(box, names[i], __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd)) __wasi_fd_close(fd);
            __wasi_path_create_directory(box, names[i]);
            __wasi_path_symlink("own", box, names[i]);
            __wasi_path_link(box, 0, "old", box, names[i]);
            __wasi_path_rename(box, "empty", box, names[i]);
            EXPECT(reads_as(box, "own", "own"));
            __wasi_path_rename(box, names[i], box, "empty");
            __wasi_path_unlink_file(box, names[i]);
            EXPECT(reads_as(box, "own", "own"));
        }
        // A single file has no directory beside it.
        if (!__wasi_path_filestat_get(box, 0, "sub", &stat)) EXPECT(reads_as(box, "sub/inner", "inner"));
    }

    ATTACK("path_filestat_get", "what is outside cannot be told from what is nowhere") {
        __wasi_errno_t there = __wasi_path_filestat_get(box, FOLLOW, "../outside/secret", &stat);
        EXPECT_SAME(there, __wasi_path_filestat_get(box, FOLLOW, "../outside/nothing", &stat));
        EXPECT_SAME(there, __wasi_path_filestat_get(box, FOLLOW, "../nothing/secret", &stat));
        EXPECT_SAME(open_at(box, "../outside", 0, 0, &fd), open_at(box, "../nothing", 0, 0, &fd));
        EXPECT_SAME(__wasi_path_filestat_get(box, FOLLOW, outside, &stat), __wasi_path_filestat_get(box, FOLLOW, "/nowhere/at/all", &stat));
        EXPECT_SAME(__wasi_path_unlink_file(box, "../outside/secret"), __wasi_path_unlink_file(box, "../outside/nothing"));
        EXPECT_SAME(__wasi_path_remove_directory(box, "../outside/empty"), __wasi_path_remove_directory(box, "../outside/nothing"));
        EXPECT_SAME(__wasi_path_create_directory(box, "../outside/dir"), __wasi_path_create_directory(box, "../nothing/dir"));
        EXPECT_SAME(__wasi_path_rename(box, "../outside/secret", box, "x"), __wasi_path_rename(box, "../outside/nothing", box, "x"));
    }

    ATTACK("path_open", "no length of a path makes it lead out") {
        static char path[1 << 17];
        for (size_t length = 4074; length < 4082; length++) {
            // As many bytes exactly, around the longest path that the host takes.
            memset(path, '/', length);
            for (size_t i = 0; i + 7 <= length; i += 7) memcpy(path + i, "sub/../", 7);
            strcpy(path + length, "../outside/secret");
            REFUSED_FOR("a long path", open_at(box, path, 0, RIGHTS(FD_READ), &fd));
            REFUSED_FOR("a long path", __wasi_path_filestat_get(box, FOLLOW, path, &stat));
            REFUSED_FOR("a long path", open_at(box, path, __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd));
        }
        memset(path, 0, sizeof path);
        for (size_t i = 0; i + 3 < sizeof path - 1; i += 3) memcpy(path + i, "../", 3);
        REFUSED_FOR("dots of 128 KiB", open_at(box, path, 0, 0, &fd));
        memset(path, 'x', sizeof path - 1);
        REFUSED_FOR("a name of 128 KiB", open_at(box, path, __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd));
    }

    DONE();
    return 0;
}
