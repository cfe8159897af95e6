// Symbolic and hard links.
#include "say.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    write(fd, text, strlen(text));
    close(fd);
}

static void show(const char *path) {
    char buffer[64] = {0};
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        say(path, -1);
        return;
    }
    read(fd, buffer, sizeof buffer - 1);
    close(fd);
    printf("%s: [%s]\n", path, buffer);
}

int main(void) {
    char buffer[64] = {0};
    struct stat stat;
    mkdir("/sandbox/dir", 0777);
    put("/sandbox/dir/file", "content");
    say("symlink", symlink("dir/file", "/sandbox/soft"));
    say("symlink again", symlink("dir/file", "/sandbox/soft"));
    say("absolute symlink", symlink("/sandbox/dir/file", "/sandbox/absolute"));
    say("symlink beside", symlink("file", "/sandbox/dir/beside"));
    say("dangling symlink", symlink("nothing", "/sandbox/dangling"));
    say("symlink to itself", symlink("loop", "/sandbox/loop"));
    printf("readlink %zd\n", readlink("/sandbox/soft", buffer, sizeof buffer));
    printf("it is [%s]\n", buffer);
    say("readlink of a file", readlink("/sandbox/dir/file", buffer, sizeof buffer));
    show("/sandbox/soft");
    show("/sandbox/dir/beside");
    show("/sandbox/dangling");
    show("/sandbox/loop");
    lstat("/sandbox/soft", &stat);
    printf("lstat: link %d, size %lld\n", S_ISLNK(stat.st_mode), (long long)stat.st_size);
    say("stat of a dangling link", fstatat(AT_FDCWD, "/sandbox/dangling", &stat, 0));
    say("hard link", link("/sandbox/dir/file", "/sandbox/hard"));
    say("hard link again", link("/sandbox/dir/file", "/sandbox/hard"));
    say("hard link to a directory", link("/sandbox/dir", "/sandbox/hard-dir"));
    put("/sandbox/hard", "changed");
    show("/sandbox/dir/file");
    fstatat(AT_FDCWD, "/sandbox/hard", &stat, 0);
    printf("links %d\n", (int)stat.st_nlink);
    say("unlink", unlink("/sandbox/dir/file"));
    show("/sandbox/soft");
    show("/sandbox/hard");
    return 0;
}
