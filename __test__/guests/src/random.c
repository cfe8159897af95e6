// Random bytes differ from call to call, and fill the whole buffer.
#include "say.h"
#include <unistd.h>

int main(void) {
    static unsigned char a[256], b[256];
    say("getentropy", getentropy(a, sizeof a));
    say("getentropy", getentropy(b, sizeof b));
    int zeros = 0;
    for (int i = 0; i < 256; i++) zeros += a[i] == 0;
    printf("differ: %d, few zeros: %d\n", memcmp(a, b, sizeof a) != 0, zeros < 64);
    return 0;
}
