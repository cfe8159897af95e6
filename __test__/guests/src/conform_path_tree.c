// Conformance: path_create_directory, path_remove_directory, path_unlink_file.
#include "conform.h"

static err mkdir(const char *path) { return __wasi_path_create_directory(SANDBOX, path); }
static err rmdir(const char *path) { return __wasi_path_remove_directory(SANDBOX, path); }
static err unlink(const char *path) { return __wasi_path_unlink_file(SANDBOX, path); }

static void creates(void) {
    CASE("path_create_directory", "makes a directory, and one in it");
    OK(mkdir("new"));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat_of("new", 0).filetype);
    OK(mkdir("new/deep"));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat_of("new/deep", 0).filetype);
    CASE("path_create_directory", "takes a slash behind the name");
    OK(mkdir("slash/"));
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, stat_of("slash", 0).filetype);
    CASE("path_create_directory", "makes one beneath a directory that the program has opened");
    int dir = opened(SANDBOX, "new", DIRECTORY, R_DIR);
    OK(__wasi_path_create_directory(dir, "beneath"));
    EXPECT(exists("new/beneath"));
    EXPECT_ERRNO(NOTCAPABLE, __wasi_path_create_directory(dir, "../above"));
    OK(close_fd(dir));
    CASE("path_create_directory", "makes one through a link to a directory");
    OK(mkdir("softdir/through"));
    EXPECT(exists("dir/through"));
    OK(rmdir("dir/through"));
    CASE("path_create_directory", "answers EXIST for a directory, a file, and a link");
    EXPECT_ERRNO(EXIST, mkdir("dir"));
    EXPECT_ERRNO(EXIST, mkdir("file"));
    EXPECT_ERRNO(EXIST, mkdir("soft"));
    EXPECT_ERRNO(EXIST, mkdir("dangling"));
    CASE("path_create_directory", "answers EXIST for the preopen itself");
    EXPECT_ERRNO(EXIST, mkdir("."));
    CASE("path_create_directory", "answers NOENT and NOTDIR where its parent is none");
    EXPECT_ERRNO(NOENT, mkdir("none/new"));
    EXPECT_ERRNO(NOTDIR, mkdir("file/new"));
    CASE("path_create_directory", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, mkdir("../new"));
    EXPECT_ERRNO(NOTCAPABLE, mkdir("/new"));
    CASE("path_create_directory", "answers NOTCAPABLE for a way through a link that leads out");
    EXPECT_ERRNO(NOTCAPABLE, mkdir("out/new"));
    CASE("path_create_directory", "answers NAMETOOLONG for a name of 256 bytes");
    char name[257];
    memset(name, 'n', 256);
    name[256] = 0;
    EXPECT_ERRNO(NAMETOOLONG, mkdir(name));
    CASE("path_create_directory", "answers INVAL for an empty path");
    EXPECT_ERRNO(INVAL, raw_path_create_directory(SANDBOX, "x", 0));
    CASE("path_create_directory", "answers INVAL for a NUL in a path, and ILSEQ for one that is not UTF-8");
    EXPECT_ERRNO(INVAL, raw_path_create_directory(SANDBOX, "n\0", 2));
    EXPECT_ERRNO(ILSEQ, raw_path_create_directory(SANDBOX, "\xff", 1));
    CASE("path_create_directory", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_create_directory(NOBODY, "new2"));
    CASE("path_create_directory", "answers OVERFLOW where the path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_create_directory(SANDBOX, before_end(3), 4));
}

static void removes(void) {
    CASE("path_remove_directory", "removes an empty directory");
    OK(mkdir("gone"));
    OK(rmdir("gone"));
    EXPECT(!exists("gone"));
    CASE("path_remove_directory", "takes a slash behind the name");
    OK(mkdir("gone"));
    OK(rmdir("gone/"));
    EXPECT(!exists("gone"));
    CASE("path_remove_directory", "removes one that is open, which is then empty for good");
    OK(mkdir("open"));
    int dir = opened(SANDBOX, "open", DIRECTORY, R_DIR | R_READ);
    OK(rmdir("open"));
    EXPECT_ERRNO(NOENT, __wasi_path_create_directory(dir, "child"));
    EXPECT_ERRNO(NOENT, open_error(dir, "child", CREAT, R_BOTH));
    OK(close_fd(dir));
    CASE("path_remove_directory", "answers NOTEMPTY where something is in it");
    EXPECT_ERRNO(NOTEMPTY, rmdir("dir"));
    EXPECT(exists("dir/inner"));
    CASE("path_remove_directory", "answers NOTDIR for a file, and for a link to a directory");
    EXPECT_ERRNO(NOTDIR, rmdir("file"));
    EXPECT_ERRNO(NOTDIR, rmdir("softdir"));
    EXPECT(exists("softdir"));
    CASE("path_remove_directory", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, rmdir("none"));
    EXPECT_ERRNO(NOENT, rmdir("none/x"));
    CASE("path_remove_directory", "refuses the preopen itself, and `.`");
    OK(mkdir("dotted"));
    EXPECT_REFUSED(rmdir("."));
    EXPECT_REFUSED(rmdir("dotted/."));
    EXPECT_REFUSED(rmdir("dotted/.."));
    EXPECT(exists("dotted"));
    CASE("path_remove_directory", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, rmdir("../x"));
    EXPECT_ERRNO(NOTCAPABLE, rmdir("/x"));
    CASE("path_remove_directory", "answers NOTCAPABLE for a way through a link that leads out");
    EXPECT_ERRNO(NOTCAPABLE, rmdir("out/x"));
    CASE("path_remove_directory", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_remove_directory(NOBODY, "hollow"));
    CASE("path_remove_directory", "answers OVERFLOW where the path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_remove_directory(SANDBOX, before_end(3), 4));

    CASE("path_unlink_file", "removes a file");
    NEED(make("file2", "x"));
    OK(unlink("file2"));
    EXPECT(!exists("file2"));
    CASE("path_unlink_file", "removes a link, and not what it leads to");
    OK(__wasi_path_symlink("file", SANDBOX, "link"));
    OK(unlink("link"));
    EXPECT(!exists("link"));
    EXPECT(holds("file", "0123456789"));
    CASE("path_unlink_file", "removes links that lead to nothing, to a directory, and to themselves");
    OK(__wasi_path_symlink("nothing", SANDBOX, "l1"));
    OK(__wasi_path_symlink("dir", SANDBOX, "l2"));
    OK(__wasi_path_symlink("l3", SANDBOX, "l3"));
    OK(unlink("l1"));
    OK(unlink("l2"));
    OK(unlink("l3"));
    EXPECT(exists("dir/inner"));
    CASE("path_unlink_file", "removes one of two names");
    NEED(make("one", "x"));
    OK(__wasi_path_link(SANDBOX, 0, "one", SANDBOX, "two"));
    OK(unlink("one"));
    EXPECT(holds("two", "x"));
    CASE("path_unlink_file", "frees the name at once");
    NEED(make("two", "other"));
    OK(unlink("two"));
    OK(mkdir("two"));
    CASE("path_unlink_file", "answers ISDIR for a directory");
    EXPECT_ERRNO(ISDIR, unlink("hollow"));
    EXPECT(exists("hollow"));
    CASE("path_unlink_file", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, unlink("none"));
    EXPECT_ERRNO(NOENT, unlink("none/x"));
    CASE("path_unlink_file", "answers NOTDIR for a way through a file");
    EXPECT_ERRNO(NOTDIR, unlink("file/x"));
    EXPECT_ERRNO(NOTDIR, unlink("file/"));
    CASE("path_unlink_file", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, unlink("../x"));
    EXPECT_ERRNO(NOTCAPABLE, unlink("/x"));
    CASE("path_unlink_file", "answers NOTCAPABLE for a way through a link that leads out");
    EXPECT_ERRNO(NOTCAPABLE, unlink("out/x"));
    CASE("path_unlink_file", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_unlink_file(NOBODY, "file"));
    CASE("path_unlink_file", "answers OVERFLOW where the path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_unlink_file(SANDBOX, before_end(3), 4));
    EXPECT(holds("file", "0123456789"));
}

int main(void) {
    creates();
    removes();
    DONE();
    return 0;
}
