// Goes from one preopen to another that is mounted within it, and to single files.
#include "say.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *what, int result) {
    if (result < 0 && errno == EBUSY) printf("%s: EBUSY\n", what);
    else say(what, result);
}

static void show(const char *path) {
    char bytes[100];
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (length < 0) {
        say(path, -1);
        return;
    }
    printf("%s: [%.*s]\n", path, (int)length, bytes);
    close(fd);
}

static void list(const char *path) {
    char *names[64];
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        say(path, -1);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) && count < 64;) names[count++] = strdup(entry->d_name);
    closedir(dir);
    printf("%s:", path);
    // In order, whatever the filesystem's is.
    for (int done = 0; done < count; done++) {
        int least = -1;
        for (int i = 0; i < count; i++) {
            if (names[i] && (least < 0 || strcmp(names[i], names[least]) < 0)) least = i;
        }
        printf(" %s", names[least]);
        names[least] = NULL;
    }
    printf("\n");
}

static void save(const char *path, const char *text) {
    int fd = say(path, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
    if (fd < 0) return;
    write(fd, text, strlen(text));
    close(fd);
}

int main(void) {
    list("/data");
    list("/data/tmp");
    show("/data/a");
    show("/data/tmp/a");
    show("/data/tmp/host");
    show("/data//tmp//a");
    show("/data/tmp/../a");
    save("/data/tmp/new", "inner");
    save("/data/new", "outer");
    show("/data/tmp/new");
    show("/data/new");
    say("rename out", rename("/data/tmp/new", "/data/moved"));
    say("rename in", rename("/data/new", "/data/tmp/moved"));
    say("rename within", rename("/data/tmp/new", "/data/tmp/moved"));
    say("link out", link("/data/tmp/moved", "/data/linked"));
    say("link in", link("/data/new", "/data/tmp/linked"));
    say("rmdir of the mount", rmdir("/data/tmp"));
    say("mkdir", mkdir("/data/tmp/dir", 0777));
    say("chdir", chdir("/data/tmp/dir"));
    save("here", "relative");
    show("/data/tmp/dir/here");
    list("/data/tmp");
    list("/data");
    list("/etc");
    show("/etc/app.conf");
    save("/etc/app.conf", "changed");
    show("/etc/app.conf");
    tell("unlink", unlink("/etc/app.conf"));
    tell("rename away", rename("/etc/app.conf", "/etc/other"));
    save("/etc/fresh", "x");
    tell("rename over", rename("/etc/fresh", "/etc/app.conf"));
    tell("rename over from elsewhere", rename("/data/new", "/etc/app.conf"));
    tell("link over", link("/etc/app.conf", "/etc/linked"));
    tell("mkdir over", mkdir("/etc/app.conf", 0777));
    tell("rmdir", rmdir("/etc/app.conf"));
    int fd = open("/etc/app.conf", O_WRONLY | O_CREAT | O_EXCL, 0666);
    say("exclusive", fd);
    show("/etc/app.conf");
    return 0;
}
