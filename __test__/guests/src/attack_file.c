// A file that is mounted on its own (4 has it as `own`), and the directory that it lies in (3): what the second does to the first.
#include "attack.h"

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own") && reads_as(4, "own", "own"));
    __wasi_fd_t fd;
    __wasi_filestat_t stat;

    ATTACK("path_open", "a mounted file whose name becomes a link out is not followed") {
        // A link may be made where its text stays inside, and moved.
        EXPECT(!__wasi_path_symlink("../outside/secret", box, "sub/near"));
        EXPECT(!__wasi_path_rename(box, "own", box, "own.real"));
        EXPECT(!__wasi_path_rename(box, "sub/near", box, "own"));
        reaches_no_file(4, "own");
        reaches_no_file(box, "own");
        REFUSED(open_at(4, "own/", 0, RIGHTS(FD_READ), &fd));
        // Nor a planted one.
        EXPECT(!__wasi_path_rename(box, "upfile", box, "own"));
        reaches_no_file(4, "own");
        EXPECT(!__wasi_path_rename(box, "own.real", box, "own"));
        EXPECT(reads_as(4, "own", "own"));
    }

    ATTACK("path_rename", "the name of a mounted file is neither taken away nor given to another") {
        REFUSED(__wasi_path_unlink_file(4, "own"));
        REFUSED(__wasi_path_rename(4, "own", 4, "new"));
        REFUSED(__wasi_path_rename(4, "own", box, "new"));
        REFUSED(__wasi_path_rename(box, "sub/inner", 4, "own"));
        REFUSED(__wasi_path_link(box, 0, "sub/inner", 4, "own"));
        REFUSED(__wasi_path_link(box, 0, "sub/inner", 4, "new"));
        REFUSED(__wasi_path_symlink("own", 4, "own"));
        REFUSED(open_at(4, "sub/inner", 0, RIGHTS(FD_READ), &fd));
        REFUSED(open_at(4, "../outside/secret", 0, RIGHTS(FD_READ), &fd));
        REFUSED(__wasi_path_filestat_get(4, 0, "old", &stat));
        EXPECT(reads_as(4, "own", "own"));
    }

    DONE();
    return 0;
}
