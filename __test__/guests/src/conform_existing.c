// Conformance: changing what was there before the program began, as an overlay has to copy it for.
#include "conform.h"

static err unlink(const char *path) { return __wasi_path_unlink_file(SANDBOX, path); }
static err mkdir(const char *path) { return __wasi_path_create_directory(SANDBOX, path); }
static err rmdir(const char *path) { return __wasi_path_remove_directory(SANDBOX, path); }
static err move(const char *from, const char *to) { return __wasi_path_rename(SANDBOX, from, SANDBOX, to); }

// How many names a directory lists, `.` and `..` left out; or -1.
static int count(int dir) {
    static uint8_t buffer[8192];
    __wasi_size_t used;
    int names = 0;
    if (__wasi_fd_readdir(dir, buffer, sizeof buffer, 0, &used)) return -1;
    for (__wasi_size_t at = 0; at + sizeof(__wasi_dirent_t) <= used;) {
        __wasi_dirent_t head;
        memcpy(&head, buffer + at, sizeof head);
        const char *name = (const char *)buffer + at + sizeof head;
        bool dots = head.d_namlen <= 2 && name[0] == '.' && (head.d_namlen == 1 || name[1] == '.');
        names += !dots;
        at += sizeof head + head.d_namlen;
    }
    return names;
}
static int count_at(const char *path) {
    int dir = opened(SANDBOX, path, DIRECTORY, R_DIR);
    int names = dir < 0 ? -1 : count(dir);
    return dir >= 0 && close_fd(dir) == 0 ? names : -1;
}

int main(void) {
    __wasi_filestat_t stat;
    __wasi_filesize_t at;

    CASE("fd_write", "changes a file that was there, for those who have it open already");
    __wasi_inode_t ino = stat_of("file", 0).ino;
    int reader = opened(SANDBOX, "file", 0, R_READ), writer = opened(SANDBOX, "file", 0, R_BOTH);
    NEED(reader >= 0 && writer >= 0);
    EXPECT(strcmp(next_text(reader, 2), "01") == 0);
    OK(write_text(writer, "abcdef"));
    EXPECT(strcmp(next_text(reader, 20), "cdef6789") == 0);
    EXPECT(holds("file", "abcdef6789"));
    CASE("fd_filestat_get", "gives a file that was there one inode number, before it is written and after");
    OK(__wasi_fd_filestat_get(reader, &stat));
    EXPECT_SAME(ino, stat.ino);
    OK(__wasi_fd_filestat_get(writer, &stat));
    EXPECT_SAME(ino, stat.ino);
    EXPECT_SAME(ino, stat_of("file", 0).ino);
    EXPECT_SAME(1, stat_of("file", 0).nlink);
    CASE("path_filestat_get", "says the same device of a file that was there and of a new one");
    NEED(make("new", "x"));
    EXPECT_SAME(stat_of("other", 0).dev, stat_of("new", 0).dev);
    EXPECT_SAME(stat_of("file", 0).dev, stat_of("new", 0).dev);
    CASE("fd_filestat_set_size", "cuts a file that was there, for those who have it open already");
    OK(__wasi_fd_filestat_set_size(writer, 3));
    OK(__wasi_fd_seek(reader, 0, __WASI_WHENCE_SET, &at));
    EXPECT(strcmp(next_text(reader, 20), "abc") == 0);
    OK(close_fd(reader));
    OK(close_fd(writer));
    CASE("fd_write", "appends to a file that was there");
    __wasi_fd_t tail;
    OK(__wasi_path_open(SANDBOX, 0, "dir/inner", 0, R_BOTH, 0, __WASI_FDFLAGS_APPEND, &tail));
    OK(write_text(tail, ", and more"));
    OK(close_fd(tail));
    EXPECT(holds("dir/inner", "inner, and more"));
    CASE("path_open", "empties a file that was there, and it is the same file");
    ino = stat_of("other", 0).ino;
    reader = opened(SANDBOX, "other", 0, R_READ);
    EXPECT_ERRNO(SUCCESS, open_error(SANDBOX, "other", TRUNC, R_BOTH));
    EXPECT(strcmp(next_text(reader, 20), "") == 0);
    EXPECT_SAME(ino, stat_of("other", 0).ino);
    OK(close_fd(reader));
    CASE("path_link", "gives a file that was there a second name, and a write shows by both");
    OK(__wasi_path_link(SANDBOX, 0, "dir/deep/leaf", SANDBOX, "leaf2"));
    NEED(make("leaf2", "written"));
    EXPECT(holds("dir/deep/leaf", "written"));
    EXPECT_SAME(stat_of("dir/deep/leaf", 0).ino, stat_of("leaf2", 0).ino);
    EXPECT_SAME(2, stat_of("leaf2", 0).nlink);
    CASE("path_filestat_set_times", "sets the times of a file that was there, and changes no byte");
    OK(__wasi_path_filestat_set_times(SANDBOX, 0, "dir/inner", 10 * SECONDS, 20 * SECONDS, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    EXPECT_SAME(20 * SECONDS, stat_of("dir/inner", 0).mtim);
    EXPECT(holds("dir/inner", "inner, and more"));
    CASE("path_unlink_file", "removes a file that was there, and its name is free for another");
    reader = opened(SANDBOX, "file", 0, R_READ);
    OK(unlink("file"));
    EXPECT(!exists("file"));
    EXPECT_ERRNO(NOENT, unlink("file"));
    EXPECT(strcmp(next_text(reader, 20), "abc") == 0);
    OK(__wasi_fd_filestat_get(reader, &stat));
    EXPECT_SAME(0, stat.nlink);
    OK(close_fd(reader));
    EXPECT_ERRNO(SUCCESS, open_error(SANDBOX, "file", CREAT | EXCL, R_BOTH));
    EXPECT_SAME(0, stat_of("file", 0).size);
    CASE("path_readlink", "reads a link that was there, after it was moved");
    char text[16];
    __wasi_size_t used = 0;
    OK(move("soft", "dir/soft2"));
    OK(__wasi_path_readlink(SANDBOX, "dir/soft2", (uint8_t *)text, sizeof text, &used));
    EXPECT(used == 4 && memcmp(text, "file", 4) == 0);
    EXPECT(!exists("soft"));
    CASE("path_symlink", "makes a link where a file was removed");
    OK(unlink("other"));
    OK(__wasi_path_symlink("file", SANDBOX, "other"));
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat_of("other", 0).filetype);
    CASE("path_rename", "moves a directory that was there with all that is in it, old and new");
    NEED(make("dir/deep/new", "new"));
    OK(unlink("dir/deep/leaf"));
    int open = opened(SANDBOX, "dir/deep", DIRECTORY, R_DIR | R_READ);
    OK(move("dir", "moved"));
    EXPECT(!exists("dir"));
    EXPECT(holds("moved/inner", "inner, and more"));
    EXPECT(holds("moved/deep/new", "new"));
    EXPECT(!exists("moved/deep/leaf"));
    EXPECT(holds("leaf2", "written"));
    CASE("path_open", "opens beneath a directory that is open and was moved");
    int through = opened(open, "new", 0, R_READ);
    EXPECT(strcmp(next_text(through, 10), "new") == 0);
    OK(close_fd(through));
    OK(close_fd(open));
    CASE("fd_readdir", "lists what is there now, and nothing of what was");
    EXPECT_SAME(3, count_at("moved"));
    EXPECT_SAME(1, count_at("moved/deep"));
    CASE("path_create_directory", "makes an empty directory where one with something in it was");
    OK(mkdir("dir"));
    EXPECT_SAME(0, count_at("dir"));
    EXPECT(!exists("dir/inner"));
    NEED(make("dir/inner", "another"));
    EXPECT(holds("dir/inner", "another"));
    CASE("path_remove_directory", "answers NOTEMPTY for a directory that was there until all in it is removed");
    EXPECT_ERRNO(NOTEMPTY, rmdir("moved/deep"));
    OK(unlink("moved/deep/new"));
    OK(rmdir("moved/deep"));
    EXPECT_ERRNO(NOTEMPTY, rmdir("moved"));
    OK(unlink("moved/inner"));
    OK(unlink("moved/soft2"));
    OK(rmdir("moved"));
    EXPECT(!exists("moved"));
    CASE("path_rename", "replaces an empty directory that was there, and a file that was made");
    OK(move("dir", "hollow"));
    EXPECT(holds("hollow/inner", "another"));
    NEED(make("one", "one"));
    NEED(make("two", "two"));
    OK(move("one", "two"));
    EXPECT(holds("two", "one"));
    CASE("path_create_directory", "makes a directory where a file was, and the other way round");
    OK(unlink("two"));
    OK(mkdir("two"));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat_of("two", 0).filetype);
    EXPECT_SAME(0, count_at("two"));
    OK(rmdir("two"));
    NEED(make("two", "a file again"));
    EXPECT(holds("two", "a file again"));
    DONE();
    return 0;
}
