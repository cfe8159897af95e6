// A guest that was given nothing: no preopen, and standard streams that lead nowhere.
#include "attack.h"

int main(int argc, char **argv) {
    attacks(argc, argv);
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    __wasi_prestat_t prestat;

    ATTACK("path_open", "without a preopen there is no file, whatever number stands for the directory") {
        static const __wasi_fd_t dirs[] = {0, 1, 2, 3, 4, 5, 10, 100, 0x7fffffff, 0xffffffff};
        const char *paths[] = {"own", ".", "/", outside, "package.json", "../outside/secret", "new"};
        for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
            REFUSED(__wasi_fd_prestat_get(dirs[i], &prestat));
            for (size_t j = 0; j < sizeof paths / sizeof *paths; j++) {
                for (int oflags = 0; oflags < 4; oflags++) REFUSED_FOR(paths[j], open_at(dirs[i], paths[j], oflags, RIGHTS(FD_READ), &fd));
                REFUSED_FOR(paths[j], open_at(dirs[i], paths[j], __WASI_OFLAGS_CREAT, RIGHTS(FD_WRITE), &fd));
                REFUSED_FOR(paths[j], __wasi_path_filestat_get(dirs[i], FOLLOW, paths[j], &stat));
                REFUSED_FOR(paths[j], __wasi_path_create_directory(dirs[i], paths[j]));
                REFUSED_FOR(paths[j], __wasi_path_unlink_file(dirs[i], paths[j]));
                REFUSED_FOR(paths[j], __wasi_path_symlink(outside, dirs[i], paths[j]));
            }
        }
    }

    ATTACK("environ_get", "what the host's environment has is not the guest's") {
        __wasi_size_t count = 1, size = 1;
        EXPECT(!__wasi_environ_sizes_get(&count, &size) && count == 0 && size == 0);
    }

    DONE();
    return 0;
}
