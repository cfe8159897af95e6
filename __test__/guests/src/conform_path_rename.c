// Conformance: path_rename.
#include "conform.h"

static err move(const char *from, const char *to) { return __wasi_path_rename(SANDBOX, from, SANDBOX, to); }
static err mkdir(const char *path) { return __wasi_path_create_directory(SANDBOX, path); }

int main(void) {
    CASE("path_rename", "moves a file to another name");
    NEED(make("a", "content"));
    OK(move("a", "b"));
    EXPECT(!exists("a"));
    EXPECT(holds("b", "content"));
    CASE("path_rename", "moves a file into another directory");
    OK(move("b", "hollow/c"));
    EXPECT(holds("hollow/c", "content"));
    CASE("path_rename", "moves beneath and between directories that are open");
    int hollow = opened(SANDBOX, "hollow", DIRECTORY, R_DIR), dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    OK(__wasi_path_rename(hollow, "c", dir, "d"));
    EXPECT(holds("dir/d", "content"));
    OK(__wasi_path_rename(dir, "d", hollow, "c"));
    OK(close_fd(hollow));
    OK(close_fd(dir));
    CASE("path_rename", "replaces a file, whose name it takes");
    NEED(make("new", "new"));
    NEED(make("old", "old"));
    OK(move("new", "old"));
    EXPECT(holds("old", "new"));
    EXPECT(!exists("new"));
    CASE("path_rename", "leaves the replaced file to those who have it open");
    NEED(make("kept", "kept"));
    int kept = opened(SANDBOX, "kept", 0, R_READ);
    NEED(make("over", "over"));
    OK(move("over", "kept"));
    EXPECT(strcmp(next_text(kept, 10), "kept") == 0);
    EXPECT(holds("kept", "over"));
    OK(close_fd(kept));
    CASE("path_rename", "goes on in the moved file for those who have it open");
    int moved = opened(SANDBOX, "kept", 0, R_BOTH);
    OK(move("kept", "moved"));
    OK(write_text(moved, "OVER"));
    EXPECT(holds("moved", "OVER"));
    OK(close_fd(moved));
    CASE("path_rename", "does nothing for a name onto itself");
    OK(move("moved", "moved"));
    EXPECT(holds("moved", "OVER"));
    CASE("path_rename", "does nothing for two names of one file");
    OK(__wasi_path_link(SANDBOX, 0, "moved", SANDBOX, "second"));
    OK(move("moved", "second"));
    EXPECT(holds("moved", "OVER") && holds("second", "OVER"));
    CASE("path_rename", "moves a directory with all that is in it");
    OK(mkdir("tree"));
    OK(mkdir("tree/deep"));
    NEED(make("tree/deep/leaf", "leaf"));
    OK(move("tree", "hollow/tree"));
    EXPECT(holds("hollow/tree/deep/leaf", "leaf"));
    EXPECT(!exists("tree"));
    CASE("path_rename", "replaces an empty directory by a directory");
    OK(mkdir("empty"));
    OK(move("hollow/tree", "empty"));
    EXPECT(holds("empty/deep/leaf", "leaf"));
    CASE("path_rename", "keeps an open directory what it is, under its new name");
    int open = opened(SANDBOX, "empty", DIRECTORY, R_DIR | R_READ);
    OK(move("empty", "renamed"));
    int leaf = opened(open, "deep/leaf", 0, R_READ);
    EXPECT(strcmp(next_text(leaf, 10), "leaf") == 0);
    OK(close_fd(leaf));
    OK(close_fd(open));
    CASE("path_rename", "takes slashes behind a directory's names");
    OK(move("renamed/", "slashed/"));
    EXPECT(exists("slashed/deep"));
    CASE("path_rename", "refuses slashes behind a file's name");
    EXPECT_REFUSED(move("moved/", "x"));
    EXPECT_REFUSED(move("moved", "x/"));
    EXPECT(holds("moved", "OVER"));
    CASE("path_rename", "moves a link itself, and replaces one itself");
    NEED(make("linked", "linked"));
    OK(__wasi_path_symlink("linked", SANDBOX, "l1"));
    OK(move("l1", "l2"));
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, stat_of("l2", 0).filetype);
    NEED(make("replacement", "r"));
    OK(move("replacement", "l2"));
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, stat_of("l2", 0).filetype);
    EXPECT(holds("linked", "linked"));
    CASE("path_rename", "answers NOENT for what is not there, and for a directory that is not");
    EXPECT_ERRNO(NOENT, move("none", "x"));
    EXPECT_ERRNO(NOENT, move("file", "none/x"));
    EXPECT_ERRNO(NOENT, move("none/x", "y"));
    CASE("path_rename", "answers ISDIR for a file onto a directory");
    NEED(make("plain", "plain"));
    OK(mkdir("taken"));
    EXPECT_ERRNO(ISDIR, move("plain", "taken"));
    EXPECT(holds("plain", "plain"));
    CASE("path_rename", "answers NOTDIR for a directory onto a file");
    NEED(make("blocker", "blocks"));
    OK(mkdir("mover"));
    EXPECT_ERRNO(NOTDIR, move("mover", "blocker"));
    EXPECT(holds("blocker", "blocks"));
    CASE("path_rename", "answers NOTEMPTY for a directory onto one with something in it");
    OK(mkdir("full"));
    OK(mkdir("full/inner"));
    OK(mkdir("mover2"));
    EXPECT_ERRNO(NOTEMPTY, move("mover2", "full"));
    EXPECT(exists("mover2") && exists("full/inner"));
    CASE("path_rename", "answers INVAL for a directory into itself");
    EXPECT_ERRNO(INVAL, move("dir", "dir/below"));
    EXPECT_ERRNO(INVAL, move("dir", "dir/deep/below"));
    EXPECT(exists("dir/deep/leaf"));
    CASE("path_rename", "refuses the preopen itself, on either side");
    EXPECT_REFUSED(move(".", "x"));
    EXPECT_REFUSED(move("dir", "."));
    EXPECT_REFUSED(move("dir/..", "x"));
    EXPECT(exists("dir/inner"));
    CASE("path_rename", "answers NOTCAPABLE for a way out, on either side");
    EXPECT_ERRNO(NOTCAPABLE, move("../x", "y"));
    EXPECT_ERRNO(NOTCAPABLE, move("file", "../y"));
    EXPECT_ERRNO(NOTCAPABLE, move("/x", "y"));
    EXPECT_ERRNO(NOTCAPABLE, move("file", "/y"));
    EXPECT(holds("file", "0123456789"));
    CASE("path_rename", "answers NOTCAPABLE for a way through a link that leads out");
    NEED(make("stays", "stays"));
    EXPECT_ERRNO(NOTCAPABLE, move("stays", "out/y"));
    EXPECT(holds("stays", "stays"));
    CASE("path_rename", "answers XDEV between two filesystems, and leaves the file");
    if (getenv("ONE_FILESYSTEM") != NULL) {
        SKIP("both preopens are on one filesystem");
    } else {
        EXPECT_ERRNO(XDEV, __wasi_path_rename(SANDBOX, "file", SECOND, "file"));
        EXPECT(holds("file", "0123456789"));
    }
    CASE("path_rename", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_rename(NOBODY, "file", SANDBOX, "x"));
    EXPECT_ERRNO(BADF, __wasi_path_rename(SANDBOX, "file", NOBODY, "x"));
    CASE("path_rename", "answers OVERFLOW where a path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_rename(SANDBOX, before_end(3), 4, SANDBOX, "x", 1));
    EXPECT_ERRNO(OVERFLOW, raw_path_rename(SANDBOX, "file", 4, SANDBOX, before_end(3), 4));

    CASE("path_link", "answers XDEV between two filesystems");
    if (getenv("ONE_FILESYSTEM") != NULL) {
        SKIP("both preopens are on one filesystem");
    } else {
        EXPECT_ERRNO(XDEV, __wasi_path_link(SANDBOX, 0, "file", SECOND, "file"));
    }
    DONE();
    return 0;
}
