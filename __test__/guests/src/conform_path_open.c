// Conformance: path_open.
#include "conform.h"

static __wasi_fdstat_t stat;

// An open with everything said: what it answers; a descriptor is closed again.
static err open_with(int dir, int lookup, const char *path, int oflags, __wasi_rights_t rights) {
    __wasi_fd_t fd;
    err error = __wasi_path_open(dir, lookup, path, oflags, rights, R_ALL, 0, &fd);
    return error ? error : close_fd(fd);
}

static bool reads_as(int dir, const char *path, const char *text) {
    int fd = opened(dir, path, 0, R_READ);
    if (fd < 0) return false;
    bool same = strcmp(next_text(fd, 100), text) == 0;
    return close_fd(fd) == 0 && same;
}

static void finds(void) {
    CASE("path_open", "opens a file to read");
    EXPECT(reads_as(SANDBOX, "file", "0123456789"));
    CASE("path_open", "takes the lowest number that is free");
    int one = opened(SANDBOX, "file", 0, R_READ), two = opened(SANDBOX, "file", 0, R_READ);
    EXPECT(one == SECOND + 1 && two == SECOND + 2);
    OK(close_fd(one));
    EXPECT_SAME(one, opened(SANDBOX, "other", 0, R_READ));
    OK(close_fd(one));
    OK(close_fd(two));
    CASE("path_open", "resolves `.`, `..` and slashes within the preopen");
    EXPECT(reads_as(SANDBOX, "./file", "0123456789"));
    EXPECT(reads_as(SANDBOX, "dir/../file", "0123456789"));
    EXPECT(reads_as(SANDBOX, "dir//./deep/..//inner", "inner"));
    CASE("path_open", "opens beneath a directory that the program has opened");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR | R_READ);
    NEED(dir >= 0);
    EXPECT(reads_as(dir, "inner", "inner"));
    EXPECT(reads_as(dir, "deep/leaf", "leaf"));
    CASE("path_open", "opens a directory, with and without DIRECTORY, and with a slash behind it");
    OK(open_with(SANDBOX, 0, "dir", DIRECTORY, R_DIR));
    OK(open_with(SANDBOX, 0, "dir", 0, R_DIR));
    OK(open_with(SANDBOX, 0, "dir/", 0, R_DIR));
    OK(open_with(SANDBOX, 0, ".", DIRECTORY, R_DIR));
    CASE("path_open", "reads the same file through two names");
    OK(__wasi_path_link(SANDBOX, 0, "file", SANDBOX, "hard"));
    EXPECT(reads_as(SANDBOX, "hard", "0123456789"));
    OK(__wasi_path_unlink_file(SANDBOX, "hard"));
    CASE("path_open", "takes names with unusual characters");
    static const char *const unusual[] = {"ä€😀", " ", "a\nb", "...", ".hidden", "-", "C:", "*?", "\\"};
    for (int i = 0; i < 9; i++) {
        EXPECT(make(unusual[i], "x"));
        EXPECT(reads_as(SANDBOX, unusual[i], "x"));
        OK(__wasi_path_unlink_file(SANDBOX, unusual[i]));
    }
    CASE("path_open", "takes a name of 255 bytes, and answers NAMETOOLONG for one of 256");
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    EXPECT_ERRNO(NAMETOOLONG, open_with(SANDBOX, 0, name, CREAT, R_BOTH));
    name[255] = 0;
    OK(open_with(SANDBOX, 0, name, CREAT, R_BOTH));
    OK(__wasi_path_unlink_file(SANDBOX, name));
    CASE("path_open", "answers NAMETOOLONG for a path of more than 4,095 bytes");
    static char path[5000];
    for (int i = 0; i < 4998; i += 2) memcpy(path + i, "./", 2);
    EXPECT_ERRNO(NAMETOOLONG, open_with(SANDBOX, 0, path, 0, R_READ));

    CASE("path_open", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, open_with(SANDBOX, 0, "none", 0, R_READ));
    EXPECT_ERRNO(NOENT, open_with(SANDBOX, 0, "none/file", 0, R_READ));
    CASE("path_open", "answers NOENT for a way through what is not there, as POSIX resolves it");
    EXPECT_ERRNO(NOENT, open_with(SANDBOX, 0, "none/../file", 0, R_READ));
    CASE("path_open", "answers NOTDIR for a way through a file");
    EXPECT_ERRNO(NOTDIR, open_with(SANDBOX, 0, "file/x", 0, R_READ));
    EXPECT_ERRNO(NOTDIR, open_with(SANDBOX, 0, "file/", 0, R_READ));
    CASE("path_open", "answers NOTDIR for a file with DIRECTORY");
    EXPECT_ERRNO(NOTDIR, open_with(SANDBOX, 0, "file", DIRECTORY, R_DIR));
    CASE("path_open", "answers ISDIR for a directory that is to be written");
    EXPECT_ERRNO(ISDIR, open_with(SANDBOX, 0, "dir", 0, R_BOTH));
    CASE("path_open", "answers INVAL for an empty path");
    EXPECT_ERRNO(INVAL, raw_path_open(SANDBOX, 0, "x", 0, 0, R_READ, 0, 0, name));
    CASE("path_open", "answers INVAL for a NUL in a path");
    EXPECT_ERRNO(INVAL, raw_path_open(SANDBOX, 0, "fi\0le", 5, 0, R_READ, 0, 0, name));
    CASE("path_open", "answers INVAL for a NUL at its end");
    EXPECT_ERRNO(INVAL, raw_path_open(SANDBOX, 0, "file\0", 5, 0, R_READ, 0, 0, name));
    CASE("path_open", "answers ILSEQ for a path that is not UTF-8");
    EXPECT_ERRNO(ILSEQ, raw_path_open(SANDBOX, 0, "f\xff", 2, 0, R_READ, 0, 0, name));
    EXPECT_ERRNO(ILSEQ, raw_path_open(SANDBOX, 0, "\xc0\x80", 2, 0, R_READ, 0, 0, name));
    EXPECT_ERRNO(ILSEQ, raw_path_open(SANDBOX, 0, "\xed\xa0\x80", 3, 0, R_READ, 0, 0, name));
    CASE("path_open", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, open_with(NOBODY, 0, "file", 0, R_READ));
    CASE("path_open", "refuses a file in the place of the directory");
    int file = opened(SANDBOX, "file", 0, R_READ);
    EXPECT_REFUSED(open_with(file, 0, "x", 0, R_READ));
    OK(close_fd(file));
    CASE("path_open", "answers OVERFLOW where the path or the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_open(SANDBOX, 0, before_end(3), 4, 0, R_READ, 0, 0, name));
    EXPECT_ERRNO(OVERFLOW, raw_path_open(SANDBOX, 0, "file", 4, 0, R_READ, 0, 0, before_end(3)));
    CASE("path_open", "creates nothing where the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_open(SANDBOX, 0, "uncreated", 9, CREAT, R_BOTH, 0, 0, before_end(3)));
    EXPECT(!exists("uncreated"));

    CASE("path_open", "answers NOTCAPABLE for an absolute path");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "/file", 0, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "/", 0, R_DIR));
    CASE("path_open", "answers NOTCAPABLE for a way out of the preopen");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "..", 0, R_DIR));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "../file", 0, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "dir/../../file", 0, R_READ));
    CASE("path_open", "answers NOTCAPABLE for a way out that comes back");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "../sandbox/file", 0, R_READ));
    CASE("path_open", "answers NOTCAPABLE for a way above a directory that the program has opened");
    EXPECT_ERRNO(NOTCAPABLE, open_with(dir, 0, "../file", 0, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_with(dir, 0, "..", 0, R_DIR));
    OK(close_fd(dir));
}

static void links(void) {
    CASE("path_open", "follows a link where that is asked for");
    EXPECT(reads_as(SANDBOX, "soft", "0123456789"));
    OK(open_with(SANDBOX, FOLLOW, "softdir", DIRECTORY, R_DIR));
    CASE("path_open", "follows links on the way, whatever is asked for");
    OK(open_with(SANDBOX, 0, "softdir/inner", 0, R_READ));
    EXPECT(reads_as(SANDBOX, "softdir/deep/leaf", "leaf"));
    CASE("path_open", "takes `link/..` for the parent of what the link leads to");
    OK(__wasi_path_symlink("dir/deep", SANDBOX, "todeep"));
    EXPECT(reads_as(SANDBOX, "todeep/../inner", "inner"));
    CASE("path_open", "answers LOOP for a link that is not to be followed");
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, 0, "soft", 0, R_READ));
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, 0, "dangling", 0, R_READ));
    CASE("path_open", "answers NOENT for a link that leads to nothing");
    EXPECT_ERRNO(NOENT, open_with(SANDBOX, FOLLOW, "dangling", 0, R_READ));
    CASE("path_open", "answers LOOP for links that lead to each other");
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, FOLLOW, "loop", 0, R_READ));
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, FOLLOW, "loop/x", 0, R_READ));
    CASE("path_open", "answers NOTCAPABLE for a link that leads out, last or on the way");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, FOLLOW, "out", 0, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "out/x", 0, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, FOLLOW, "out", CREAT, R_BOTH));
    CASE("path_open", "answers NOTCAPABLE for an absolute link, also to a name of the program's own");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, FOLLOW, "absolute", 0, R_READ));
    CASE("path_open", "follows a link below upwards within the preopen");
    OK(__wasi_path_symlink("../file", SANDBOX, "dir/up"));
    EXPECT(reads_as(SANDBOX, "dir/up", "0123456789"));
    CASE("path_open", "does not follow it above the directory that the path begins in");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR | R_READ);
    EXPECT_ERRNO(NOTCAPABLE, open_with(dir, FOLLOW, "up", 0, R_READ));
    OK(close_fd(dir));
    OK(__wasi_path_unlink_file(SANDBOX, "dir/up"));
    OK(__wasi_path_unlink_file(SANDBOX, "todeep"));
    CASE("path_open", "follows forty links, and answers LOOP for more");
    char from[8], to[8] = "file";
    for (int i = 0; i < 41; i++) {
        snprintf(from, sizeof from, "l%d", i);
        OK(__wasi_path_symlink(to, SANDBOX, from));
        strcpy(to, from);
    }
    OK(open_with(SANDBOX, FOLLOW, "l39", 0, R_READ));
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, FOLLOW, "l40", 0, R_READ));
}

static void creates(void) {
    CASE("path_open", "creates a file with CREAT, empty");
    int fd = opened(SANDBOX, "new", CREAT, R_BOTH);
    NEED(fd >= 0);
    EXPECT_SAME(0, stat_of("new", 0).size);
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat_of("new", 0).filetype);
    OK(close_fd(fd));
    CASE("path_open", "opens with CREAT what is there, as it is");
    OK(open_with(SANDBOX, 0, "file", CREAT, R_READ));
    EXPECT(holds("file", "0123456789"));
    CASE("path_open", "creates in a directory that is there, and answers NOENT in one that is not");
    OK(open_with(SANDBOX, 0, "hollow/new", CREAT, R_BOTH));
    EXPECT(exists("hollow/new"));
    EXPECT_ERRNO(NOENT, open_with(SANDBOX, 0, "none/new", CREAT, R_BOTH));
    EXPECT_ERRNO(NOTDIR, open_with(SANDBOX, 0, "file/new", CREAT, R_BOTH));
    CASE("path_open", "creates nothing outside of the preopen");
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "../new", CREAT, R_BOTH));
    EXPECT_ERRNO(NOTCAPABLE, open_with(SANDBOX, 0, "/new", CREAT, R_BOTH));
    CASE("path_open", "answers EXIST with CREAT and EXCL for a file and a directory");
    EXPECT_ERRNO(EXIST, open_with(SANDBOX, 0, "file", CREAT | EXCL, R_BOTH));
    EXPECT_ERRNO(EXIST, open_with(SANDBOX, 0, "dir", CREAT | EXCL, R_READ));
    CASE("path_open", "answers EXIST with CREAT and EXCL for a link, also one that leads to nothing");
    EXPECT_ERRNO(EXIST, open_with(SANDBOX, 0, "soft", CREAT | EXCL, R_BOTH));
    EXPECT_ERRNO(EXIST, open_with(SANDBOX, 0, "dangling", CREAT | EXCL, R_BOTH));
    CASE("path_open", "answers EXIST with CREAT and EXCL for such a link also where links are followed");
    EXPECT_ERRNO(EXIST, open_with(SANDBOX, FOLLOW, "dangling", CREAT | EXCL, R_BOTH));
    EXPECT(!exists("nothing"));
    CASE("path_open", "creates with CREAT what a link leads to");
    OK(open_with(SANDBOX, FOLLOW, "dangling", CREAT, R_BOTH));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat_of("nothing", 0).filetype);
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat_of("dangling", 0).filetype);
    CASE("path_open", "creates with EXCL what is not there");
    OK(open_with(SANDBOX, 0, "exclusive", CREAT | EXCL, R_BOTH));
    EXPECT(exists("exclusive"));
    CASE("path_open", "creates no file with a slash behind its name");
    EXPECT_REFUSED(open_with(SANDBOX, 0, "slash/", CREAT, R_BOTH));
    EXPECT(!exists("slash"));
    CASE("path_open", "creates no directory");
    EXPECT_REFUSED(open_with(SANDBOX, 0, "nodir", CREAT | DIRECTORY, R_DIR));
    EXPECT(!exists("nodir"));
    CASE("path_open", "empties a file with TRUNC");
    NEED(make("full", "content"));
    OK(open_with(SANDBOX, 0, "full", TRUNC, R_BOTH));
    EXPECT(holds("full", ""));
    CASE("path_open", "empties with CREAT and TRUNC what is there");
    NEED(make("full", "content"));
    OK(open_with(SANDBOX, 0, "full", CREAT | TRUNC, R_BOTH));
    EXPECT_SAME(0, stat_of("full", 0).size);
    CASE("path_open", "empties through a link, and not without following it");
    NEED(make("full", "content"));
    OK(__wasi_path_symlink("full", SANDBOX, "tofull"));
    EXPECT_ERRNO(LOOP, open_with(SANDBOX, 0, "tofull", TRUNC, R_BOTH));
    EXPECT(holds("full", "content"));
    OK(open_with(SANDBOX, FOLLOW, "tofull", TRUNC, R_BOTH));
    EXPECT(holds("full", ""));
    CASE("path_open", "refuses to empty a directory");
    EXPECT_REFUSED(open_with(SANDBOX, 0, "dir", TRUNC, R_READ));
    EXPECT_REFUSED(open_with(SANDBOX, 0, "dir", TRUNC | DIRECTORY, R_READ));
}

static void rights(void) {
    __wasi_fd_t fd;
    CASE("path_open", "gives the rights that are asked for, and no others");
    OK(__wasi_path_open(SANDBOX, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT_SAME(__WASI_RIGHTS_FD_READ, stat.fs_rights_base);
    EXPECT_ERRNO(NOTCAPABLE, write_text(fd, "x"));
    OK(close_fd(fd));
    CASE("path_open", "answers NOTCAPABLE for rights that the directory cannot pass on");
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    OK(__wasi_fd_fdstat_set_rights(dir, R_DIR, R_READ));
    EXPECT_ERRNO(NOTCAPABLE, __wasi_path_open(dir, 0, "inner", 0, R_BOTH, 0, 0, &fd));
    EXPECT_ERRNO(NOTCAPABLE, __wasi_path_open(dir, 0, "inner", 0, R_READ, R_WRITE, 0, &fd));
    OK(__wasi_path_open(dir, 0, "inner", 0, R_READ, 0, 0, &fd));
    OK(close_fd(fd));
    OK(close_fd(dir));
    CASE("path_open", "does not restrict an open that asks for no rights");
    OK(__wasi_path_open(SANDBOX, 0, "plain", CREAT, 0, 0, 0, &fd));
    OK(write_text(fd, "written"));
    OK(close_fd(fd));
    OK(__wasi_path_open(SANDBOX, 0, "plain", 0, 0, 0, 0, &fd));
    EXPECT(strcmp(next_text(fd, 10), "written") == 0);
    OK(close_fd(fd));
    CASE("path_open", "empties through a directory that was opened without naming rights");
    OK(__wasi_path_create_directory(SANDBOX, "plaindir"));
    OK(__wasi_path_open(SANDBOX, 0, "plaindir", DIRECTORY, 0, 0, 0, &fd));
    dir = fd;
    NEED(make("plaindir/full", "content"));
    OK(__wasi_path_open(dir, 0, "full", TRUNC, 0, 0, 0, &fd));
    OK(write_text(fd, "new"));
    EXPECT(holds("plaindir/full", "new"));
    OK(close_fd(fd));
    OK(close_fd(dir));
    CASE("path_open", "takes each flag of a descriptor");
    static const int flags[] = {__WASI_FDFLAGS_APPEND, __WASI_FDFLAGS_DSYNC, __WASI_FDFLAGS_NONBLOCK, __WASI_FDFLAGS_RSYNC, __WASI_FDFLAGS_SYNC};
    for (int i = 0; i < 5; i++) {
        OK(__wasi_path_open(SANDBOX, 0, "flagged", CREAT, R_BOTH, 0, flags[i], &fd));
        OK(write_text(fd, "x"));
        OK(close_fd(fd));
    }
}

int main(void) {
    finds();
    links();
    creates();
    rights();
    DONE();
    return 0;
}
