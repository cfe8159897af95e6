#include <stdio.h>

int main(int argc, char **argv) {
    char line[100];
    FILE *file = fopen("/data/greeting.txt", "r");
    if (!file || !fgets(line, sizeof line, file)) return 1;
    printf("%s read: %s", argv[0], line);
    return 0;
}
