// Conformance: path_link, path_symlink, path_readlink.
#include "conform.h"

static __wasi_size_t used;
static char text[5000];

static err hard(const char *from, const char *to) { return __wasi_path_link(SANDBOX, 0, from, SANDBOX, to); }
static err soft(const char *target, const char *path) { return __wasi_path_symlink(target, SANDBOX, path); }
static err readlink(const char *path, size_t size) {
    memset(text, '?', 100);
    return __wasi_path_readlink(SANDBOX, path, (uint8_t *)text, size, &used);
}
static bool leads(const char *path, const char *target) {
    return readlink(path, sizeof text) == 0 && used == strlen(target) && memcmp(text, target, used) == 0;
}

static void hard_links(void) {
    NEED(make("one", "content"));
    CASE("path_link", "gives a file a second name");
    OK(hard("one", "two"));
    EXPECT(holds("two", "content"));
    CASE("path_link", "makes both names the same file");
    EXPECT_SAME(stat_of("one", 0).ino, stat_of("two", 0).ino);
    NEED(make("two", "changed"));
    EXPECT(holds("one", "changed"));
    CASE("path_link", "links into another directory, and beneath one that is open");
    OK(hard("one", "dir/three"));
    int dir = opened(SANDBOX, "dir", DIRECTORY, R_DIR);
    OK(__wasi_path_link(dir, 0, "three", dir, "four"));
    OK(__wasi_path_link(SANDBOX, 0, "one", dir, "five"));
    EXPECT(holds("dir/four", "changed"));
    EXPECT_SAME(5, stat_of("one", 0).nlink);
    OK(close_fd(dir));
    CASE("path_link", "links a link itself where it is not followed");
    OK(hard("soft", "soft2"));
    EXPECT(leads("soft2", "file"));
    CASE("path_link", "links what a link leads to where it is followed");
    OK(__wasi_path_symlink("one", SANDBOX, "toone"));
    OK(__wasi_path_link(SANDBOX, FOLLOW, "toone", SANDBOX, "followed"));
    EXPECT_SAME(stat_of("one", 0).ino, stat_of("followed", 0).ino);
    CASE("path_link", "answers EXIST for a name that is taken");
    EXPECT_ERRNO(EXIST, hard("one", "other"));
    EXPECT_ERRNO(EXIST, hard("one", "dir"));
    EXPECT_ERRNO(EXIST, hard("one", "dangling"));
    EXPECT_ERRNO(EXIST, hard("one", "one"));
    CASE("path_link", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, hard("none", "x"));
    EXPECT_ERRNO(NOENT, hard("one", "none/x"));
    CASE("path_link", "answers PERM for a directory");
    EXPECT_ERRNO(PERM, hard("dir", "dir2"));
    EXPECT(!exists("dir2"));
    CASE("path_link", "refuses a slash behind a file's name");
    EXPECT_REFUSED(hard("one/", "x"));
    EXPECT_REFUSED(hard("one", "x/"));
    EXPECT(!exists("x"));
    CASE("path_link", "answers NOTCAPABLE for a way out, on either side");
    EXPECT_ERRNO(NOTCAPABLE, hard("../x", "y"));
    EXPECT_ERRNO(NOTCAPABLE, hard("one", "../y"));
    EXPECT_ERRNO(NOTCAPABLE, hard("/x", "y"));
    EXPECT_ERRNO(NOTCAPABLE, hard("one", "/y"));
    CASE("path_link", "answers NOTCAPABLE for a way through a link that leads out");
    EXPECT_ERRNO(NOTCAPABLE, hard("one", "out/y"));
    CASE("path_link", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_link(NOBODY, 0, "one", SANDBOX, "x"));
    EXPECT_ERRNO(BADF, __wasi_path_link(SANDBOX, 0, "one", NOBODY, "x"));
    CASE("path_link", "answers OVERFLOW where a path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_link(SANDBOX, 0, before_end(3), 4, SANDBOX, "x", 1));
    EXPECT_ERRNO(OVERFLOW, raw_path_link(SANDBOX, 0, "one", 3, SANDBOX, before_end(3), 4));
}

static void soft_links(void) {
    CASE("path_symlink", "makes a link that is followed");
    OK(soft("file", "link"));
    EXPECT(holds("link", "0123456789"));
    CASE("path_symlink", "makes a link to what is not there");
    OK(soft("not/yet", "early"));
    EXPECT(leads("early", "not/yet"));
    CASE("path_symlink", "keeps the text as it is");
    OK(soft("./dir/../file", "winding"));
    EXPECT(leads("winding", "./dir/../file"));
    EXPECT(holds("winding", "0123456789"));
    CASE("path_symlink", "makes a link below that leads upwards within the preopen");
    OK(soft("../file", "dir/up"));
    EXPECT(holds("dir/up", "0123456789"));
    CASE("path_symlink", "answers EXIST for a name that is taken, by a link too");
    EXPECT_ERRNO(EXIST, soft("file", "other"));
    EXPECT_ERRNO(EXIST, soft("file", "dir"));
    EXPECT_ERRNO(EXIST, soft("file", "dangling"));
    CASE("path_symlink", "answers NOENT and NOTDIR where its directory is none");
    EXPECT_ERRNO(NOENT, soft("file", "none/x"));
    EXPECT_ERRNO(NOTDIR, soft("file", "file/x"));
    CASE("path_symlink", "answers PERM for an absolute target");
    EXPECT_ERRNO(PERM, soft("/etc/passwd", "x"));
    EXPECT_ERRNO(PERM, soft("/sandbox/file", "x"));
    CASE("path_symlink", "answers NOTCAPABLE for a target that leads out");
    EXPECT_ERRNO(NOTCAPABLE, soft("..", "x"));
    EXPECT_ERRNO(NOTCAPABLE, soft("../x", "x"));
    EXPECT_ERRNO(NOTCAPABLE, soft("dir/../../x", "x"));
    EXPECT_ERRNO(NOTCAPABLE, soft("../../x", "dir/x"));
    EXPECT(!exists("x"));
    CASE("path_symlink", "answers NOTCAPABLE for a name that leads out");
    EXPECT_ERRNO(NOTCAPABLE, soft("file", "../x"));
    EXPECT_ERRNO(NOTCAPABLE, soft("file", "/x"));
    CASE("path_symlink", "answers NOTCAPABLE for a name behind a link that leads out");
    EXPECT_ERRNO(NOTCAPABLE, soft("file", "out/x"));
    CASE("path_symlink", "answers INVAL for an empty target");
    EXPECT_ERRNO(INVAL, raw_path_symlink("x", 0, SANDBOX, "x", 1));
    CASE("path_symlink", "refuses a slash behind the name");
    EXPECT_REFUSED(soft("file", "x/"));
    EXPECT(!exists("x"));
    CASE("path_symlink", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_symlink("file", NOBODY, "x"));
    CASE("path_symlink", "answers OVERFLOW where a path lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_symlink(before_end(3), 4, SANDBOX, "x", 1));
    EXPECT_ERRNO(OVERFLOW, raw_path_symlink("file", 4, SANDBOX, before_end(3), 4));

    CASE("path_readlink", "gives a link's text, without a NUL");
    OK(readlink("soft", 100));
    EXPECT_SAME(4, used);
    EXPECT(memcmp(text, "file?", 5) == 0);
    CASE("path_readlink", "gives that of a link to nothing, and of one that leads out");
    EXPECT(leads("dangling", "nothing"));
    EXPECT(leads("out", "../outside"));
    EXPECT(leads("absolute", "/sandbox/file"));
    CASE("path_readlink", "follows links on the way");
    OK(soft("deep/leaf", "dir/down"));
    EXPECT(leads("softdir/down", "deep/leaf"));
    CASE("path_readlink", "fills a buffer of just that length");
    OK(readlink("soft", 4));
    EXPECT_SAME(4, used);
    EXPECT(memcmp(text, "file?", 5) == 0);
    CASE("path_readlink", "cuts what does not fit, as readlink(2) does");
    OK(readlink("soft", 2));
    EXPECT_SAME(2, used);
    EXPECT(memcmp(text, "fi??", 4) == 0);
    CASE("path_readlink", "gives a text of 4,000 bytes");
    static char target[4001];
    for (int i = 0; i < 4000; i++) target[i] = i % 100 == 99 ? '/' : 'x';
    target[3999] = 'x';
    OK(soft(target, "long"));
    EXPECT(leads("long", target));
    CASE("path_readlink", "answers INVAL for what is no link");
    EXPECT_ERRNO(INVAL, readlink("file", 100));
    EXPECT_ERRNO(INVAL, readlink("dir", 100));
    CASE("path_readlink", "answers NOENT for what is not there");
    EXPECT_ERRNO(NOENT, readlink("none", 100));
    CASE("path_readlink", "answers NOTCAPABLE for a way out");
    EXPECT_ERRNO(NOTCAPABLE, readlink("../x", 100));
    EXPECT_ERRNO(NOTCAPABLE, readlink("/x", 100));
    CASE("path_readlink", "answers BADF for a directory that is not open");
    EXPECT_ERRNO(BADF, __wasi_path_readlink(NOBODY, "soft", (uint8_t *)text, 100, &used));
    CASE("path_readlink", "answers OVERFLOW where the path, the buffer or the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, raw_path_readlink(SANDBOX, before_end(3), 4, text, 100, &used));
    EXPECT_ERRNO(OVERFLOW, raw_path_readlink(SANDBOX, "soft", 4, before_end(99), 100, &used));
    EXPECT_ERRNO(OVERFLOW, raw_path_readlink(SANDBOX, "soft", 4, text, 100, before_end(3)));
}

int main(void) {
    hard_links();
    soft_links();
    DONE();
    return 0;
}
