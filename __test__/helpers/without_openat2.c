// Runs a program in which openat2 fails: `without_openat2 ERRNO PROGRAM ARGUMENT...`, as an old kernel (38, ENOSYS) or an
// old container's filter (1, EPERM) would have it.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPENAT2 437

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int wanted = atoi(argv[1]);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OPENAT2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (wanted & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("without_openat2");
        return 3;
    }
    if (syscall(OPENAT2, -1, "", NULL, 0) != -1 || errno != wanted) return 4;
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 3;
}
