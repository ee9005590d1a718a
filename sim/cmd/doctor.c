/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor.c - see doctor.h
 */
#include "sim/cmd/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers of enum sched_text_role. */
enum { ROLE_CHANNELS = 1, ROLE_JOBS, ROLE_OPTIONS, ROLE_INCLUDED };

enum { FILES_MAX = 1000, FILE_BYTES_MAX = 16 << 20, PATH_SIZE = 4096 };

/* cpu_ns - that ended children have used: others on the machine do not count */
static int64_t
cpu_ns(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_CHILDREN, &usage) != 0) {
        return 0;
    }
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

/* --- Texts ------------------------------------------------------------------ */

static uint32_t
role_of(const char *name)
{
    static const char tail[] = "_option";
    const size_t n = strlen(name);

    if (strcmp(name, "imta.cnf") == 0) {
        return ROLE_CHANNELS;
    }
    if (strcmp(name, "job_controller.cnf") == 0) {
        return ROLE_JOBS;
    }
    return n >= sizeof tail - 1 &&
                   strcmp(name + n - (sizeof tail - 1), tail) == 0
               ? ROLE_OPTIONS
               : ROLE_INCLUDED;
}

/* text_read - one file; false: it is none, or cannot be read (reported) */
static bool
text_read(const char *path, const char *name, struct mta_text *text,
          struct arena *arena, struct diag *diag)
{
    struct stat status;
    FILE *file = NULL;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return false;
    }
    file = fopen(path, "rb");
    if (file == NULL || status.st_size > FILE_BYTES_MAX) {
        diag_error(diag, (struct src_loc){path, 0, 0}, "cannot be read: %s",
                   file == NULL ? strerror(errno) : "it is too large");
    } else {
        char *bytes = arena_take(arena, (uint64_t)status.st_size + 1);
        const size_t size = fread(bytes, 1, (size_t)status.st_size, file);
        *text = (struct mta_text){.name = arena_text(arena, name),
                                  .bytes = bytes,
                                  .bytes_size = size,
                                  .role = role_of(name)};
    }
    if (file != NULL) {
        fclose(file);
    }
    return text->name != NULL;
}

/* by_name - the texts are in one order whatever the file system's is */
static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct mta_text *)a)->name,
                  ((const struct mta_text *)b)->name);
}

bool
doctor_texts(struct conform_subject *subject, const char *folder,
             struct arena *arena, struct diag *diag)
{
    const uint32_t errors_before = diag->errors_count;
    struct mta_text *texts = NULL;
    char path[PATH_SIZE];

    if (folder == NULL) {
        subject->texts = conform_texts;
        subject->texts_count = CONFORM_TEXTS_COUNT;
        return true;
    }
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        diag_error(diag, (struct src_loc){folder, 0, 0},
                   "expected a folder with imta.cnf and job_controller.cnf, "
                   "found: %s",
                   strerror(errno));
        return false;
    }
    texts = arena_take(arena, FILES_MAX * sizeof texts[0]);
    memset(texts, 0, FILES_MAX * sizeof texts[0]);
    subject->texts_count = 0;
    for (const struct dirent *entry = readdir(listing);
         entry != NULL && subject->texts_count < FILES_MAX;
         entry = readdir(listing)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' &&
            text_read(path, entry->d_name, &texts[subject->texts_count], arena,
                      diag)) {
            subject->texts_count++;
        }
    }
    closedir(listing);
    qsort(texts, subject->texts_count, sizeof texts[0], by_name);
    subject->texts = texts;
    return diag->errors_count == errors_before;
}

bool
doctor_overrides(struct conform_subject *subject, const struct options *options,
                 struct arena *arena, struct diag *diag)
{
    const struct option_value *sets = &options->values[OPTION_SET];
    const uint32_t errors_before = diag->errors_count;
    struct mta_override *overrides =
        arena_take(arena, (sets->texts_count + 1) * sizeof overrides[0]);

    for (uint32_t i = 0; i < sets->texts_count; i++) {
        char *path = arena_text(arena, sets->texts[i]);
        char *equal = strchr(path, '=');
        if (equal == NULL) {
            diag_error(diag, (struct src_loc){"--set", 0, 0},
                       "'%s' must be PATH=VALUE", path);
            continue;
        }
        *equal = '\0';
        overrides[i] = (struct mta_override){path, equal + 1, "--set"};
    }
    subject->overrides = overrides;
    subject->overrides_count = sets->texts_count;
    return diag->errors_count == errors_before;
}

/* --- One check, apart ---------------------------------------------------------- */

/* child_do - in the new process: the check, its answer down the pipe */
_Noreturn static void
child_do(const struct conform_subject *subject,
         const struct conform_check *check, unsigned limit_s, int out)
{
    struct conform_answer *answer = base_alloc(sizeof *answer);
    const int nothing = open("/dev/null", O_WRONLY);

    /* What the object prints is not part of the report. */
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    signal(SIGALRM, SIG_DFL);
    alarm(limit_s);
    check->run(subject, answer);
    /* Less than PIPE_BUF, so in one piece. */
    _exit(write(out, answer, sizeof *answer) == (ssize_t)sizeof *answer ? 0
                                                                        : 1);
}

/* end_tell - what the end of the process says, where it gave no answer */
static void
end_tell(struct conform_answer *answer, int status, unsigned limit_s)
{
    answer->verdict = CONFORM_NOT_OK;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        snprintf(answer->text, sizeof answer->text,
                 "it did not come to an end in %u s", limit_s);
    } else if (WIFSIGNALED(status)) {
        snprintf(answer->text, sizeof answer->text,
                 "it crashed the process: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(answer->text, sizeof answer->text,
                 "it ended the process with exit code %d", WEXITSTATUS(status));
    }
}

/* answer_get - from the pipe; false: there is none */
static bool
answer_get(int in, struct conform_answer *answer)
{
    uint8_t *bytes = (uint8_t *)answer;
    size_t count = 0;

    while (count < sizeof *answer) {
        const ssize_t n = read(in, bytes + count, sizeof *answer - count);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        count += (size_t)n;
    }
    answer->text[sizeof answer->text - 1] = '\0';
    return true;
}

/* cannot_tell - the system has no process for it */
static void
cannot_tell(struct conform_answer *answer)
{
    answer->verdict = CONFORM_NOT_CHECKED;
    snprintf(answer->text, sizeof answer->text, "no process for it: %s",
             strerror(errno));
}

void
doctor_examine(const struct conform_subject *subject,
               const struct conform_check *check, unsigned limit_s,
               struct doctor_finding *finding)
{
    const int64_t before_ns = cpu_ns();
    struct conform_answer *answer = &finding->answer;
    int ends[2];
    int status = 0;

    *finding = (struct doctor_finding){.check = check};
    fflush(NULL);
    if (pipe(ends) != 0) {
        cannot_tell(answer);
        return;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child_do(subject, check, limit_s, ends[1]);
    }
    close(ends[1]);
    const bool is_answered = pid > 0 && answer_get(ends[0], answer);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (pid < 0) {
        cannot_tell(answer);
    } else if (!is_answered) {
        *answer = (struct conform_answer){.verdict = CONFORM_NOT_OK};
        end_tell(answer, status, limit_s);
        finding->has_ended = true;
    }
    finding->cpu_ns = cpu_ns() - before_ns;
}
