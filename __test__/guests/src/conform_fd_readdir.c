// Conformance: fd_readdir.
#include "conform.h"

typedef struct {
    char name[300];
    __wasi_dirent_t head;
} entry;
static entry entries[600];
static uint8_t buffer[65536];

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

// Lists all of a directory but `.` and `..`, which a host may list or not, with a buffer of this size; how many there are, or -1.
static int list(int dir, __wasi_size_t size) {
    __wasi_dircookie_t cookie = 0;
    int count = 0;
    for (int calls = 0; calls < 5000; calls++) {
        __wasi_size_t used;
        if (__wasi_fd_readdir(dir, buffer, size, cookie, &used) || used > size) return -1;
        for (__wasi_size_t at = 0; at + sizeof(__wasi_dirent_t) <= used;) {
            __wasi_dirent_t head;
            memcpy(&head, buffer + at, sizeof head);
            if (at + sizeof head + head.d_namlen > used) break;
            entry *found = &entries[count];
            memcpy(found->name, buffer + at + sizeof head, head.d_namlen);
            found->name[head.d_namlen] = 0;
            found->head = head;
            if (!is_dots(found->name) && ++count == 600) return -1;
            cookie = head.d_next;
            at += sizeof head + head.d_namlen;
        }
        if (used < size) return count;
    }
    return -1;
}

static const entry *find(int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(entries[i].name, name) == 0) return &entries[i];
    return NULL;
}

static int at(const char *path) { return opened(SANDBOX, path, DIRECTORY, R_DIR); }

int main(void) {
    __wasi_size_t used;
    static const char *const names[] = {"file", "other", "dir", "hollow", "soft", "softdir", "dangling", "loop", "out", "absolute"};
    int count = list(SANDBOX, 4096);

    CASE("fd_readdir", "lists every name once, and no other");
    EXPECT_SAME(10, count);
    for (int i = 0; i < 10; i++) EXPECT(find(count, names[i]) != NULL);
    NEED(count == 10);
    CASE("fd_readdir", "knows each entry's type");
    EXPECT_SAME(__WASI_FILETYPE_REGULAR_FILE, find(count, "file")->head.d_type);
    EXPECT_SAME(__WASI_FILETYPE_DIRECTORY, find(count, "dir")->head.d_type);
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, find(count, "soft")->head.d_type);
    EXPECT_SAME(__WASI_FILETYPE_SYMBOLIC_LINK, find(count, "dangling")->head.d_type);
    CASE("fd_readdir", "gives the inode number that path_filestat_get gives");
    EXPECT_SAME(stat_of("file", 0).ino, find(count, "file")->head.d_ino);
    EXPECT_SAME(stat_of("dir", 0).ino, find(count, "dir")->head.d_ino);
    EXPECT_SAME(stat_of("soft", 0).ino, find(count, "soft")->head.d_ino);
    CASE("fd_readdir", "lists nothing of an empty directory");
    int hollow = at("hollow");
    EXPECT_SAME(0, list(hollow, 4096));
    OK(close_fd(hollow));

    CASE("fd_readdir", "lists a hundred and fifty names, whatever the buffer's size");
    OK(__wasi_path_create_directory(SANDBOX, "many"));
    for (int i = 0; i < 150; i++) {
        char path[32];
        snprintf(path, sizeof path, "many/name-%d", i);
        NEED(make(path, ""));
    }
    int many = at("many");
    static const __wasi_size_t sizes[] = {65536, 4096, 500, 64};
    for (int s = 0; s < 4; s++) {
        count = list(many, sizes[s]);
        EXPECT_SAME(150, count);
        for (int i = 0; i < 150; i++) {
            char name[32];
            snprintf(name, sizeof name, "name-%d", i);
            EXPECT(find(count, name) != NULL);
        }
    }
    CASE("fd_readdir", "fills the buffer to its last byte where there is more");
    OK(__wasi_fd_readdir(many, buffer, 100, 0, &used));
    EXPECT_SAME(100, used);
    OK(__wasi_fd_readdir(many, buffer, 10, 0, &used));
    EXPECT_SAME(10, used);
    CASE("fd_readdir", "writes nothing behind the buffer");
    memset(buffer, '?', 200);
    OK(__wasi_fd_readdir(many, buffer, 100, 0, &used));
    EXPECT_SAME('?', buffer[100]);
    CASE("fd_readdir", "goes on behind the entry whose cookie is given");
    count = list(many, 65536);
    char second[300];
    strcpy(second, entries[1].name);
    OK(__wasi_fd_readdir(many, buffer, 4096, entries[0].head.d_next, &used));
    __wasi_dirent_t head;
    memcpy(&head, buffer, sizeof head);
    EXPECT(head.d_namlen == strlen(second) && memcmp(buffer + sizeof head, second, head.d_namlen) == 0);
    CASE("fd_readdir", "gives the last entry a cookie behind which there is nothing");
    OK(__wasi_fd_readdir(many, buffer, 4096, entries[count - 1].head.d_next, &used));
    EXPECT_SAME(0, used);
    CASE("fd_readdir", "lists what is left while names are removed one by one");
    int removed = 0;
    for (int left = list(many, 65536); left > 0; left = list(many, 65536)) {
        for (int i = 0; i < left && i < 50; i++, removed++) OK(__wasi_path_unlink_file(many, entries[i].name));
        if (removed > 150) break;
    }
    EXPECT_SAME(150, removed);
    EXPECT_SAME(0, list(many, 4096));
    CASE("fd_readdir", "sees a new name when it begins anew");
    NEED(make("many/new", ""));
    EXPECT_SAME(1, list(many, 4096));
    EXPECT(find(1, "new") != NULL);
    OK(__wasi_path_rename(SANDBOX, "many/new", SANDBOX, "many/renamed"));
    EXPECT_SAME(1, list(many, 4096));
    EXPECT(find(1, "renamed") != NULL);
    CASE("fd_readdir", "needs no room for nothing");
    OK(__wasi_fd_readdir(many, buffer, 0, 0, &used));
    EXPECT_SAME(0, used);
    CASE("fd_readdir", "lists a directory that was removed as empty, or says that it is gone");
    OK(__wasi_path_unlink_file(SANDBOX, "many/renamed"));
    OK(__wasi_path_remove_directory(SANDBOX, "many"));
    EXPECT(list(many, 4096) <= 0);
    OK(close_fd(many));
    CASE("fd_readdir", "keeps names that are not ASCII, and long ones");
    OK(__wasi_path_create_directory(SANDBOX, "odd"));
    char name[260];
    memset(name, 'x', 255);
    memcpy(name, "odd/", 4);
    name[4 + 250] = 0;
    NEED(make(name, ""));
    NEED(make("odd/ä€😀", ""));
    int odd = at("odd");
    count = list(odd, 4096);
    EXPECT_SAME(2, count);
    EXPECT(find(count, "ä€😀") != NULL && find(count, name + 4) != NULL);
    OK(close_fd(odd));

    CASE("fd_readdir", "refuses a file");
    int file = opened(SANDBOX, "file", 0, R_READ | __WASI_RIGHTS_FD_READDIR);
    EXPECT_REFUSED(__wasi_fd_readdir(file, buffer, 100, 0, &used));
    OK(close_fd(file));
    CASE("fd_readdir", "answers BADF for what is not open");
    EXPECT_ERRNO(BADF, __wasi_fd_readdir(NOBODY, buffer, 100, 0, &used));
    CASE("fd_readdir", "answers OVERFLOW where the buffer or the result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_readdir(SANDBOX, before_end(99), 100, 0, &used));
    EXPECT_ERRNO(OVERFLOW, __wasi_fd_readdir(SANDBOX, buffer, 100, 0, before_end(3)));
    DONE();
    return 0;
}
