// A census of a source tree: counts files, lines and bytes per extension, and writes a Markdown report.
//
//   report [--top N] [--out FILE] DIRECTORY...
//
// Standard input holds orders, one a line: "skip PATTERN" (a shell pattern, matched against an entry's name) and
// "count WORD". The environment variable REPORT_TITLE is the report's title. The exit code is 0; 1 when something could not
// be read; 2 for wrong use.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LIMIT = 4096, BUFFER = 64 * 1024 };

struct kind {
    char name[32];
    unsigned long files, lines;
    unsigned long long bytes;
    unsigned long longest_lines;
    char *longest;
};
struct file {
    char *path;
    unsigned long long bytes;
};
struct word {
    char *text;
    unsigned long found, files;
};
struct list {
    void *items;
    size_t count, room, size;
};

static struct list kinds = {.size = sizeof(struct kind)};
static struct list files = {.size = sizeof(struct file)};
static struct list words = {.size = sizeof(struct word)};
static struct list skips = {.size = sizeof(char *)};
static unsigned long directories, links, specials, skipped, binaries, failures;
static unsigned long total_lines;
static unsigned long long total_bytes;
static unsigned char buffer[BUFFER];

static void *add(struct list *list) {
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->items = realloc(list->items, list->room * list->size);
        if (!list->items) {
            fprintf(stderr, "report: out of memory\n");
            exit(2);
        }
    }
    void *item = (char *)list->items + list->count++ * list->size;
    memset(item, 0, list->size);
    return item;
}

static void fail(const char *path) {
    failures++;
    fprintf(stderr, "report: %s: %s\n", path, strerror(errno));
}

// An extension is what follows the last dot; a name that starts with its only dot has none.
static struct kind *kind_of(const char *name) {
    const char *dot = strrchr(name, '.');
    const char *wanted = dot && dot != name && dot[1] ? dot : "(none)";
    struct kind *all = kinds.items;
    for (size_t i = 0; i < kinds.count; i++)
        if (!strncmp(all[i].name, wanted, sizeof all[i].name - 1)) return &all[i];
    struct kind *kind = add(&kinds);
    strncpy(kind->name, wanted, sizeof kind->name - 1);
    return kind;
}

static int is_word(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

static void count_file(const char *path, const char *name) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        fail(path);
        return;
    }
    unsigned long lines = 0;
    unsigned long long bytes = 0;
    int binary = 0, last = '\n', matched[64] = {0};
    char word[128];
    size_t word_length = 0;
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0) {
            fail(path);
            break;
        }
        if (got == 0) break;
        if (bytes == 0) binary = memchr(buffer, 0, got < 8192 ? got : 8192) != NULL;
        bytes += got;
        if (binary) continue;
        for (ssize_t i = 0; i < got; i++) {
            int c = buffer[i];
            if (c == '\n') lines++;
            if (is_word(c)) {
                if (word_length < sizeof word) word[word_length] = c;
                word_length++;
            } else if (word_length) {
                struct word *all = words.items;
                for (size_t w = 0; w < words.count; w++) {
                    if (strlen(all[w].text) == word_length && !memcmp(all[w].text, word, word_length)) {
                        all[w].found++;
                        if (w < 64 && !matched[w]++) all[w].files++;
                    }
                }
                word_length = 0;
            }
            last = c;
        }
    }
    close(fd);
    if (!binary && last != '\n') lines++;
    if (binary) binaries++;

    struct kind *kind = kind_of(name);
    kind->files++;
    kind->bytes += bytes;
    kind->lines += lines;
    if (!kind->longest || lines > kind->longest_lines) {
        free(kind->longest);
        kind->longest = strdup(path);
        kind->longest_lines = lines;
    }
    struct file *file = add(&files);
    file->path = strdup(path);
    file->bytes = bytes;
    total_lines += lines;
    total_bytes += bytes;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_skipped(const char *name) {
    char **patterns = skips.items;
    for (size_t i = 0; i < skips.count; i++)
        if (!fnmatch(patterns[i], name, 0)) return 1;
    return 0;
}

static void walk(const char *directory) {
    DIR *dir = opendir(directory);
    if (!dir) {
        fail(directory);
        return;
    }
    directories++;
    struct list names = {.size = sizeof(char *)};
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (is_skipped(entry->d_name)) {
            skipped++;
            continue;
        }
        *(char **)add(&names) = strdup(entry->d_name);
    }
    closedir(dir);
    if (names.count) qsort(names.items, names.count, sizeof(char *), by_name);

    for (size_t i = 0; i < names.count; i++) {
        char *name = ((char **)names.items)[i];
        char path[PATH_LIMIT];
        struct stat stat;
        int length = snprintf(path, sizeof path, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name);
        if (length < 0 || (size_t)length >= sizeof path) {
            errno = ENAMETOOLONG;
            fail(name);
        } else if (lstat(path, &stat) < 0) {
            fail(path);
        } else if (S_ISDIR(stat.st_mode)) {
            walk(path);
        } else if (S_ISLNK(stat.st_mode)) {
            links++;
        } else if (S_ISREG(stat.st_mode)) {
            count_file(path, name);
        } else {
            specials++;
        }
        free(name);
    }
    free(names.items);
}

static void read_orders(void) {
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0] || line[0] == '#') continue;
        if (!strncmp(line, "skip ", 5)) {
            *(char **)add(&skips) = strdup(line + 5);
        } else if (!strncmp(line, "count ", 6)) {
            ((struct word *)add(&words))->text = strdup(line + 6);
        } else {
            fprintf(stderr, "report: not an order: %s\n", line);
            exit(2);
        }
    }
}

static int by_bytes(const void *a, const void *b) {
    const struct kind *x = a, *y = b;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : strcmp(x->name, y->name);
}

static int by_size(const void *a, const void *b) {
    const struct file *x = a, *y = b;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : strcmp(x->path, y->path);
}

static void write_report(FILE *out, const char *title, size_t top) {
    struct kind *kind = kinds.items;
    struct file *file = files.items;
    struct word *word = words.items;
    fprintf(out, "# %s\n\n", title);
    fprintf(out, "%zu files in %lu directories: %lu lines, %llu bytes.\n", files.count, directories, total_lines, total_bytes);
    fprintf(out, "%lu binary files, %lu symbolic links, %lu special files, %lu entries skipped.\n\n", binaries, links, specials, skipped);
    fprintf(out, "## By extension\n\n| extension | files | lines | bytes | longest file | its lines |\n|---|--:|--:|--:|---|--:|\n");
    for (size_t i = 0; i < kinds.count; i++)
        fprintf(out, "| `%s` | %lu | %lu | %llu | %s | %lu |\n", kind[i].name, kind[i].files, kind[i].lines, kind[i].bytes,
                kind[i].longest_lines ? kind[i].longest : "-", kind[i].longest_lines);
    fprintf(out, "\n## Largest files\n\n| file | bytes |\n|---|--:|\n");
    for (size_t i = 0; i < files.count && i < top; i++) fprintf(out, "| %s | %llu |\n", file[i].path, file[i].bytes);
    if (words.count) fprintf(out, "\n## Words\n\n| word | found | in files |\n|---|--:|--:|\n");
    for (size_t i = 0; i < words.count; i++) fprintf(out, "| `%s` | %lu | %lu |\n", word[i].text, word[i].found, word[i].files);
}

static int usage(void) {
    fprintf(stderr, "usage: report [--top N] [--out FILE] DIRECTORY...\n");
    return 2;
}

int main(int argc, char **argv) {
    size_t top = 10;
    const char *target = NULL, *title = getenv("REPORT_TITLE");
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first += 2) {
        if (first + 1 >= argc) return usage();
        if (!strcmp(argv[first], "--top")) top = strtoul(argv[first + 1], NULL, 10);
        else if (!strcmp(argv[first], "--out")) target = argv[first + 1];
        else return usage();
    }
    if (first >= argc) return usage();

    read_orders();
    printf("orders from standard input: %zu patterns to skip, %zu words to count\n", skips.count, words.count);
    for (int i = first; i < argc; i++) {
        size_t before = files.count;
        walk(argv[i]);
        printf("%s: %zu files read\n", argv[i], files.count - before);
    }
    if (kinds.count) qsort(kinds.items, kinds.count, sizeof(struct kind), by_bytes);
    if (files.count) qsort(files.items, files.count, sizeof(struct file), by_size);

    FILE *out = target ? fopen(target, "w") : stdout;
    if (!out) {
        fail(target);
        return 2;
    }
    write_report(out, title ? title : "Source census", top);
    if (target && fclose(out)) {
        fail(target);
        return 2;
    }
    if (target) printf("%s: report written\n", target);
    return failures ? 1 : 0;
}
