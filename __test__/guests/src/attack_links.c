// Links that lead out of the box: those that the host planted (attacks/worlds.js), and the guest's own.
#include "attack.h"

// A link may be made where its text leads out only from another place; whether it is made is not the point.
static void link_to(const char *target, const char *path) {
    __wasi_path_unlink_file(box, path);
    __wasi_path_symlink(target, box, path);
}

// Whether it was made or not: it is no way to the outside.
static void leads_to_no_file(const char *path) {
    uint8_t text[512];
    __wasi_size_t used;
    __wasi_fd_t fd;
    if (!__wasi_path_readlink(box, path, text, sizeof text, &used)) reaches_no_file(box, path);
    else REFUSED_FOR(path, open_at(box, path, 0, RIGHTS(FD_READ), &fd));
}

int main(int argc, char **argv) {
    attacks(argc, argv);
    NEED(reads_as(box, "own", "own"));
    __wasi_fd_t fd;
    __wasi_filestat_t stat;

    ATTACK("path_open", "a planted link to a file outside is not followed") {
        static const char *const links[] = {
            "upfile", "absfile", "chainfile", "sub/deepfile", "throughfile", "hard", "dot/upfile", "sub/back/upfile", "sub/../upfile", "./upfile",
        };
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) reaches_no_file(box, links[i]);
    }

    ATTACK("path_open", "a planted link to a directory outside is not passed") {
        static const char *const links[] = {
            "up/outside", "abs", "relative", "sub/deep", "chain", "winding", "dot/up/outside", "sub/back/up/outside", "dot/../outside",
            "sub/back/../outside", "up/./outside/.", "up//outside", "up/box/../outside",
        };
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) reaches_nothing(box, links[i]);
        reaches_nothing(box, joined("upup", outside));
        reaches_nothing(box, joined("root", outside));
        REFUSED(open_at(box, "up", __WASI_OFLAGS_DIRECTORY, RIGHTS(FD_READDIR), &fd));
        REFUSED(open_at(box, "up/box/own", 0, RIGHTS(FD_READ), &fd));
    }

    ATTACK("path_open", "a slash at the end, of the path or of a link's text, leads no further") {
        static const char *const links[] = {"relative/", "relative//", "relative/.", "relative/./", "abs/", "chain/", "slashed", "slashed/", "slashes", "slashes/", "chainslashed", "sub/deep/"};
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
            REFUSED_FOR(links[i], __wasi_path_open(box, 0, links[i], __WASI_OFLAGS_DIRECTORY, READS, READS, 0, &fd));
            REFUSED_FOR(links[i], __wasi_path_open(box, FOLLOW, links[i], __WASI_OFLAGS_DIRECTORY, READS, READS, 0, &fd));
            REFUSED_FOR(links[i], __wasi_path_filestat_get(box, FOLLOW, links[i], &stat));
            REFUSED_FOR(links[i], __wasi_path_filestat_set_times(box, FOLLOW, links[i], 1, 1, __WASI_FSTFLAGS_MTIM));
            REFUSED_FOR(links[i], __wasi_path_create_directory(box, links[i]));
            REFUSED_FOR(links[i], __wasi_path_remove_directory(box, links[i]));
            reaches_nothing(box, links[i]);
            // Without FOLLOW too: a slash asks for what the link points to.
            if (links[i][strlen(links[i]) - 1] == '/') REFUSED_FOR(links[i], __wasi_path_rename(box, links[i], box, "stolen"));
        }
        static const char *const files[] = {"upfile/", "absfile/", "slashedfile", "slashedfile/", "chainfile//"};
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) reaches_no_file(box, files[i]);
        // The guest's own: `up` is made where its text stays inside, and asked for with a slash.
        link_to("../../outside/", "sub/empty");
        link_to("..//", "here");
        REFUSED(__wasi_path_open(box, 0, "here/", __WASI_OFLAGS_DIRECTORY, READS, READS, 0, &fd));
        reaches_nothing(box, "sub/empty/");
        reaches_nothing(box, "here/outside");
    }

    ATTACK("path_open", "creating and truncating for writing follow no link out") {
        static const char *const links[] = {"upfile", "absfile", "dangling", "danglingabs", "slashedfile", "relative/secret", "relative/made", "chain/made"};
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
            for (int oflags = 0; oflags < 16; oflags++) {
                REFUSED_FOR(links[i], open_at(box, links[i], oflags, RIGHTS(FD_WRITE), &fd));
                REFUSED_FOR(links[i], __wasi_path_open(box, 0, links[i], oflags, RIGHTS(FD_READ) | RIGHTS(FD_WRITE), ALL_RIGHTS, __WASI_FDFLAGS_APPEND, &fd));
            }
        }
    }

    ATTACK("path_symlink", "a link that the guest makes leads nowhere, wherever it is moved") {
        link_to("../outside/secret", "made");
        link_to(joined(outside, "secret"), "madeabs");
        link_to("..", "madeup");
        leads_to_no_file("made");
        leads_to_no_file("madeabs");
        reaches_nothing(box, "madeup/outside");
        // Text that stays inside where it is made.
        link_to("../../outside/secret", "sub/moved");
        link_to("../outside/secret", "sub/near");
        link_to("../outside", "sub/neardir");
        static const char *const names[] = {"moved", "near", "neardir"};
        for (int i = 0; i < 3; i++) __wasi_path_rename(box, joined("sub", names[i]), box, names[i]);
        leads_to_no_file("moved");
        leads_to_no_file("near");
        reaches_nothing(box, "neardir");
        leads_to_no_file("sub/moved");
    }

    ATTACK("path_symlink", "a link to its own directory earns no level") {
        link_to(".", "here");
        link_to("here/here", "sub/twice");
        link_to("./././.", "there");
        static const char *const paths[] = {"here/../outside", "here/here/../../outside", "there/../outside", "here/there/here/../outside", "here/sub/../../outside", "sub/../here/../outside"};
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) reaches_nothing(box, paths[i]);
        link_to("here/../outside/secret", "through");
        leads_to_no_file("through");
        __wasi_path_symlink("../outside/secret", box, "here/made2");
        leads_to_no_file("made2");
    }

    ATTACK("path_symlink", "directories and links in a chain lead no higher than the box") {
        __wasi_path_create_directory(box, "a");
        __wasi_path_create_directory(box, "a/b");
        __wasi_path_create_directory(box, "a/b/c");
        link_to("a/b/c", "deep");
        link_to("deep/../../../../outside", "out");
        link_to("deep/../../..", "top");
        link_to("top/..", "above");
        reaches_nothing(box, "deep/../../../../outside");
        reaches_nothing(box, "out");
        reaches_nothing(box, "above/outside");
        reaches_nothing(box, "top/../outside");
        // A directory that is moved up takes its links along.
        link_to("../../../outside", "a/b/c/far");
        __wasi_path_rename(box, "a/b/c", box, "c");
        reaches_nothing(box, "c/far");
        reaches_nothing(box, "deep/far");
    }

    ATTACK("path_link", "a hard link is no way to where a link points") {
        static const char *const links[] = {"upfile", "absfile", "chainfile", "hard", "slashedfile", "relative/secret", "abs/dir/x"};
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
            REFUSED_FOR(links[i], __wasi_path_link(box, FOLLOW, links[i], box, "stolen"));
            // The link itself may get another name: that is one more link, and no file.
            if (__wasi_path_link(box, 0, links[i], box, "again")) continue;
            leads_to_no_file("again");
            __wasi_path_unlink_file(box, "again");
        }
    }

    ATTACK("path_open", "links in a circle end with an error") {
        link_to("loopb", "loopa");
        link_to("loopa", "loopb");
        link_to("self/self/self", "self");
        static const char *const paths[] = {"loopa", "loopa/x", "self", "self/self", "circle", "circle/x"};
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            for (int oflags = 0; oflags < 16; oflags++) {
                if (oflags & __WASI_OFLAGS_EXCL) continue;
                REFUSED_FOR(paths[i], open_at(box, paths[i], oflags, RIGHTS(FD_READ), &fd));
            }
            REFUSED_FOR(paths[i], __wasi_path_filestat_get(box, FOLLOW, paths[i], &stat));
        }
        // Links that double the way, forty levels of them.
        char name[8], target[16];
        link_to("sub", "w0");
        for (int i = 1; i <= 40; i++) {
            snprintf(name, sizeof name, "w%d", i);
            snprintf(target, sizeof target, "w%d/../w%d", i - 1, i - 1);
            link_to(target, name);
        }
        REFUSED(__wasi_path_filestat_get(box, FOLLOW, "w40", &stat));
    }

    ATTACK("path_open", "planted links to the magic links of /proc are not followed") {
        static const char *const links[] = {"proc/root/etc/passwd", "proc/environ", "proc/mem", "proc/cwd/package.json", "proc/fd/0", "procroot/etc/passwd", "procfd/0", "environ", "mem", "stdin"};
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
            REFUSED_FOR(links[i], open_at(box, links[i], 0, RIGHTS(FD_READ), &fd));
            REFUSED_FOR(links[i], open_at(box, links[i], 0, RIGHTS(FD_WRITE), &fd));
            REFUSED_FOR(links[i], __wasi_path_filestat_get(box, FOLLOW, links[i], &stat));
        }
        reaches_nothing(box, joined("proc/root", outside));
        reaches_nothing(box, joined("procroot", outside));
    }

    DONE();
    return 0;
}
