// Two preopens: 3 has the box, and may be written; 4 is read-only, and has `keep` ("keep"), `dir/inside`. argv[4]: where these are below 4.
#include "attack.h"

static __wasi_fd_t kept = 4;

static void unchanged(void) {
    EXPECT(reads_as(kept, "keep", "keep"));
    EXPECT(reads_as(kept, "dir/inside", "inside"));
}

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    if (argc > 4 && strcmp(argv[4], ".")) NEED(!open_at(4, argv[4], __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &kept));
    __wasi_fd_t fd;

    ATTACK("path_link", "a read-only file gets no second name where it could be written") {
        REFUSED(__wasi_path_link(kept, 0, "keep", box, "stolen"));
        REFUSED(__wasi_path_link(kept, FOLLOW, "keep", box, "stolen"));
        REFUSED(__wasi_path_link(kept, 0, "dir/inside", box, "sub/stolen"));
        REFUSED(__wasi_path_link(kept, 0, "keep", kept, "stolen"));
        REFUSED(__wasi_path_link(4, 0, "keep", box, "stolen"));
        // By way of a link, and a directory that the guest opened.
        __wasi_fd_t dir;
        NEED(!open_at(kept, "dir", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &dir));
        REFUSED(__wasi_path_link(dir, 0, "inside", box, "stolen"));
        if (!open_at(box, "stolen", 0, RIGHTS(FD_WRITE), &fd)) EXPECT(!"a stolen file opens");
        unchanged();
    }

    ATTACK("path_rename", "a read-only file is not moved to where it could be written") {
        REFUSED(__wasi_path_rename(kept, "keep", box, "stolen"));
        REFUSED(__wasi_path_rename(kept, "dir", box, "stolen"));
        REFUSED(__wasi_path_rename(kept, "keep", box, "own"));
        REFUSED(__wasi_path_rename(kept, "keep", kept, "keep"));
        REFUSED(__wasi_path_rename(kept, "keep", kept, "new"));
        unchanged();
    }

    ATTACK("path_rename", "nothing of the guest's gets in the place of a read-only file") {
        REFUSED(__wasi_path_rename(box, "own", kept, "keep"));
        REFUSED(__wasi_path_rename(box, "own", kept, "new"));
        REFUSED(__wasi_path_rename(box, "empty", kept, "dir"));
        REFUSED(__wasi_path_rename(box, "sub", kept, "dir/new"));
        REFUSED(__wasi_path_link(box, 0, "own", kept, "new"));
        REFUSED(__wasi_path_link(box, 0, "own", kept, "keep"));
        REFUSED(__wasi_path_symlink("keep", kept, "new"));
        unchanged();
    }

    ATTACK("path_symlink", "a link in the writable one is no way to write what is read-only") {
        static const char *const targets[] = {"../ro/keep", "/ro/keep", "../../ro/keep", "ro/keep"};
        for (int i = 0; i < 4; i++) {
            __wasi_path_unlink_file(box, "way");
            __wasi_path_symlink(targets[i], box, "way");
            REFUSED_FOR(targets[i], open_at(box, "way", 0, RIGHTS(FD_WRITE), &fd));
            REFUSED_FOR(targets[i], open_at(box, "way", __WASI_OFLAGS_TRUNC, RIGHTS(FD_READ), &fd));
            REFUSED_FOR(targets[i], __wasi_path_link(box, FOLLOW, "way", box, "stolen"));
            REFUSED_FOR(targets[i], open_at(kept, "../box/own", 0, RIGHTS(FD_READ), &fd));
        }
        REFUSED(open_at(box, "../ro/keep", 0, RIGHTS(FD_WRITE), &fd));
        REFUSED(__wasi_path_rename(box, "../ro/keep", box, "stolen"));
        unchanged();
    }

    ATTACK("fd_renumber", "a read-only directory under another number is read-only") {
        __wasi_fd_t own, dir;
        NEED(open_own("own", RIGHTS(FD_READ), &own) && !open_at(kept, ".", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, &dir) && !__wasi_fd_renumber(dir, own));
        EXPECT(reads_as(own, "keep", "keep"));
        REFUSED(open_at(own, "keep", 0, RIGHTS(FD_WRITE), &fd));
        REFUSED(open_at(own, "keep", __WASI_OFLAGS_TRUNC, RIGHTS(FD_READ), &fd));
        REFUSED(__wasi_path_create_directory(own, "new"));
        REFUSED(__wasi_path_link(own, 0, "keep", box, "stolen"));
        REFUSED(__wasi_path_rename(own, "keep", box, "stolen"));
        unchanged();
    }

    DONE();
    return 0;
}
