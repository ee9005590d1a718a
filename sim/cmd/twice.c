/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twice.c - see twice.h
 */
#include "sim/cmd/twice.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/personality.h>
#endif

extern char **environ; /* POSIX: no header declares it */

enum {
    PADDING_BYTES = 5003, /* moves the stack by what is no round number */
    SIGNAL_BASE = 128,
    EXEC_FAILED = 127
};

#define STACK_BYTES ((rlim_t)96 << 20)

/* Nothing may depend on these; names glibc does not know are ignored. */
static const char *const settings[] = {
    "MALLOC_PERTURB_=165",
    "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-BMI2,-ERMS",
    "LC_ALL=tr_TR.UTF-8",
    "LANG=tr_TR.UTF-8",
    "TZ=Asia/Kathmandu",
    "COLUMNS=33",
};

enum { SETTINGS_COUNT = sizeof settings / sizeof settings[0] };

/* is_set - one of the settings has this name */
static bool
is_set(const char *variable)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const size_t size = strcspn(settings[i], "=") + 1;

        if (strncmp(variable, settings[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* environment_make - ours, changed and padded. From malloc. */
static char **
environment_make(void)
{
    static const char padding_name[] = "MTASIM_VERIFY_PADDING=";
    char *padding = base_alloc(sizeof padding_name + PADDING_BYTES);
    size_t count = 0;
    char **made = NULL;
    size_t at = 0;

    while (environ[count] != NULL) {
        count++;
    }
    made = base_alloc((count + SETTINGS_COUNT + 2) * sizeof *made);
    memcpy(padding, padding_name, sizeof padding_name - 1);
    memset(padding + sizeof padding_name - 1, 'x', PADDING_BYTES);
    made[at++] = padding;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        made[at] = base_alloc(strlen(settings[i]) + 1);
        memcpy(made[at++], settings[i], strlen(settings[i]));
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_set(environ[i])) {
            made[at++] = environ[i];
        }
    }
    return made;
}

/* become_unlike - in the child; what the system refuses stays as it was */
static void
become_unlike(void)
{
    struct rlimit stack;

    environ = environment_make();
    if (getrlimit(RLIMIT_STACK, &stack) == 0) {
        stack.rlim_cur =
            stack.rlim_max == RLIM_INFINITY || stack.rlim_max > STACK_BYTES
                ? STACK_BYTES
                : stack.rlim_max;
        (void)setrlimit(RLIMIT_STACK, &stack);
    }
#ifdef __linux__
    (void)personality(ADDR_NO_RANDOMIZE);
#endif
    if (chdir("/") != 0) {
        _exit(EXEC_FAILED);
    }
}

bool
twice_start(struct twice *twice, enum twice_kind kind, char *const *argv,
            struct diag *diag)
{
    int ends[2];
    pid_t pid = -1;

    *twice = (struct twice){0};
    if (pipe(ends) == 0) {
        fflush(NULL);
        pid = fork();
        if (pid == 0) {
            close(ends[0]);
            dup2(ends[1], STDOUT_FILENO);
            close(ends[1]);
            if (kind == TWICE_UNLIKE) {
                become_unlike();
            }
            execv(argv[0], argv);
            _exit(EXEC_FAILED);
        }
        close(ends[1]);
        if (pid < 0) {
            close(ends[0]);
        }
    }
    if (pid < 0) {
        diag_error(diag, (struct src_loc){.file = argv[0]},
                   "cannot be started: %s", strerror(errno));
        return false;
    }
    twice->pid = pid;
    twice->out = fdopen(ends[0], "r");
    return true;
}

int
twice_wait(struct twice *twice)
{
    int status = 0;

    if (twice->pid == 0) {
        return EXEC_FAILED;
    }
    while (waitpid(twice->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (twice->out != NULL) {
        fclose(twice->out);
    }
    *twice = (struct twice){0};
    return WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status)
                               : WEXITSTATUS(status);
}

void
twice_stop(struct twice *twice)
{
    if (twice->pid != 0) {
        kill(twice->pid, SIGKILL);
        (void)twice_wait(twice);
    }
}
