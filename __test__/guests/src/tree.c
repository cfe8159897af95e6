// Makes, lists, renames and removes directories and files.
#include "say.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
    char *names[64];
    size_t count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        say(path, -1);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(dir)) && count < 64) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char line[300];
        const char *type = entry->d_type == DT_DIR ? "dir" : entry->d_type == DT_LNK ? "link" : entry->d_type == DT_REG ? "file" : "other";
        snprintf(line, sizeof line, "%s (%s)", entry->d_name, type);
        names[count++] = strdup(line);
    }
    closedir(dir);
    qsort(names, count, sizeof *names, by_name);
    printf("%s:", path);
    for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void touch(const char *path) {
    int fd = say(path, open(path, O_WRONLY | O_CREAT, 0666));
    if (fd >= 0) close(fd);
}

int main(void) {
    say("mkdir", mkdir("/sandbox/a", 0777));
    say("mkdir again", mkdir("/sandbox/a", 0777));
    say("mkdir deep", mkdir("/sandbox/a/b", 0777));
    say("mkdir without a parent", mkdir("/sandbox/none/b", 0777));
    touch("/sandbox/a/one");
    touch("/sandbox/a/b/two");
    touch("/sandbox/none/three");
    say("symlink", symlink("one", "/sandbox/a/link"));
    list("/sandbox");
    list("/sandbox/a");
    list("/sandbox/a/b");
    list("/sandbox/a/one");
    say("rmdir of a full directory", rmdir("/sandbox/a/b"));
    say("rmdir of a file", rmdir("/sandbox/a/one"));
    say("rename a file", rename("/sandbox/a/one", "/sandbox/a/b/1"));
    say("rename a directory", rename("/sandbox/a/b", "/sandbox/c"));
    say("rename nothing", rename("/sandbox/none", "/sandbox/d"));
    say("rename a directory onto a full one", rename("/sandbox/a", "/sandbox/c"));
    list("/sandbox");
    list("/sandbox/c");
    say("unlink", unlink("/sandbox/c/1"));
    say("unlink again", unlink("/sandbox/c/1"));
    say("unlink a directory", unlink("/sandbox/c"));
    say("unlink the rest", unlink("/sandbox/c/two"));
    say("unlink the link", unlink("/sandbox/a/link"));
    say("rmdir", rmdir("/sandbox/c"));
    say("rmdir", rmdir("/sandbox/a"));
    list("/sandbox");
    return 0;
}
