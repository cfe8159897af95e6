// What the examples of standard streams in README.md run: it writes what it reads in capitals, and on the side how much that was.
#include <ctype.h>
#include <stdio.h>

int main(void) {
    int count = 0;
    for (int character; (character = getchar()) != EOF; count++) putchar(toupper(character));
    fflush(stdout);
    fprintf(stderr, "%d bytes\n", count);
    return 0;
}
