// What the examples of README.md run: one small order, which it carries out or says why it cannot.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *name) {
    printf("%s: %s\n", name, strerror(errno));
    return 1;
}

static int list(const char *name) {
    DIR *folder = opendir(name);
    if (!folder) return fail(name);
    for (struct dirent *entry; (entry = readdir(folder));) printf("%s\n", entry->d_name);
    return 0;
}

static int show(const char *name) {
    char bytes[100];
    int fd = open(name, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (length < 0) return fail(name);
    printf("%.*s\n", (int)length, bytes);
    return 0;
}

static int save(const char *name, const char *text) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) return fail(name);
    printf("%s: written\n", name);
    return 0;
}

static int hoard(const char *name) {
    int count = 0;
    while (open(name, O_RDONLY) >= 0) count++;
    printf("opened %d times, then: %s\n", count, strerror(errno));
    return 0;
}

static int greet(int listener) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0 || send(connection, "hello\n", 6, 0) < 0) return fail("greet");
    close(connection);
    return 0;
}

int main(int argc, char **argv) {
    const char *order = argc > 1 ? argv[1] : "";
    if (argc == 3 && !strcmp(order, "list")) return list(argv[2]);
    if (argc == 3 && !strcmp(order, "show")) return show(argv[2]);
    if (argc == 4 && !strcmp(order, "save")) return save(argv[2], argv[3]);
    if (argc == 3 && !strcmp(order, "hoard")) return hoard(argv[2]);
    if (argc == 3 && !strcmp(order, "greet")) return greet(atoi(argv[2]));
    if (argc == 2 && !strcmp(order, "wait")) return sleep(3600);
    printf("orders: list FOLDER, show FILE, save FILE TEXT, hoard FILE, greet SOCKET, wait\n");
    return 2;
}
