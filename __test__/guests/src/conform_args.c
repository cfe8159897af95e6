// Conformance: args_get, args_sizes_get, environ_get, environ_sizes_get. It is run with the arguments ["conform_args", "two words",
// "", "ü€"] and the variables A=1, EMPTY=, PATH=a=b.
#include "conform.h"

static const char *const arguments[] = {"conform_args", "two words", "", "ü€"};
static const char *const variables[] = {"A=1", "EMPTY=", "PATH=a=b"};
enum { ARGUMENTS = 4, VARIABLES = 3 };

static size_t size_of(const char *const *texts, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) size += strlen(texts[i]) + 1;
    return size;
}

int main(void) {
    __wasi_size_t count = 0, size = 0;
    uint8_t *list[8];
    static uint8_t buffer[256];

    CASE("args_sizes_get", "counts the arguments, the empty one too");
    OK(__wasi_args_sizes_get(&count, &size));
    EXPECT_SAME(ARGUMENTS, count);
    CASE("args_sizes_get", "counts their bytes with a NUL for each");
    EXPECT_SAME(size_of(arguments, ARGUMENTS), size);
    CASE("args_sizes_get", "answers OVERFLOW where the count lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_args_sizes_get(before_end(3), &size));
    CASE("args_sizes_get", "answers OVERFLOW where the size lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_args_sizes_get(&count, before_end(3)));

    CASE("args_get", "gives the arguments in their order");
    memset(buffer, '?', sizeof buffer);
    OK(__wasi_args_get(list, buffer));
    for (int i = 0; i < ARGUMENTS; i++) EXPECT(strcmp((char *)list[i], arguments[i]) == 0);
    CASE("args_get", "lays them one behind the other, from the buffer's start on");
    EXPECT(list[0] == buffer);
    for (int i = 1; i < ARGUMENTS; i++) EXPECT(list[i] == list[i - 1] + strlen(arguments[i - 1]) + 1);
    CASE("args_get", "writes nothing behind what it has said");
    EXPECT_SAME('?', buffer[size_of(arguments, ARGUMENTS)]);
    CASE("args_get", "keeps bytes that are not ASCII");
    EXPECT(strcmp((char *)list[3], "\xc3\xbc\xe2\x82\xac") == 0);
    CASE("args_get", "answers the same again");
    OK(__wasi_args_get(list, buffer + 100));
    EXPECT(strcmp((char *)list[1], arguments[1]) == 0);
    CASE("args_get", "answers OVERFLOW where the addresses lie outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_args_get(before_end(15), buffer));
    CASE("args_get", "answers OVERFLOW where the texts lie outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_args_get(list, before_end(3)));

    CASE("environ_sizes_get", "counts the variables");
    OK(__wasi_environ_sizes_get(&count, &size));
    EXPECT_SAME(VARIABLES, count);
    CASE("environ_sizes_get", "counts their bytes with a NUL for each");
    EXPECT_SAME(size_of(variables, VARIABLES), size);
    CASE("environ_sizes_get", "answers OVERFLOW where a result lies outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_environ_sizes_get(before_end(3), &size));
    EXPECT_ERRNO(OVERFLOW, __wasi_environ_sizes_get(&count, before_end(3)));

    CASE("environ_get", "gives NAME=VALUE for each variable");
    memset(buffer, '?', sizeof buffer);
    OK(__wasi_environ_get(list, buffer));
    for (int i = 0; i < VARIABLES; i++) {
        bool found = false;
        for (int j = 0; j < VARIABLES; j++) found |= strcmp((char *)list[j], variables[i]) == 0;
        EXPECT(found);
    }
    CASE("environ_get", "lays them one behind the other, from the buffer's start on");
    EXPECT(list[0] == buffer);
    EXPECT(list[1] == list[0] + strlen((char *)list[0]) + 1);
    CASE("environ_get", "writes nothing behind what it has said");
    EXPECT_SAME('?', buffer[size_of(variables, VARIABLES)]);
    CASE("environ_get", "answers OVERFLOW where addresses or texts lie outside of memory");
    EXPECT_ERRNO(OVERFLOW, __wasi_environ_get(before_end(11), buffer));
    EXPECT_ERRNO(OVERFLOW, __wasi_environ_get(list, before_end(3)));
    DONE();
    return 0;
}
