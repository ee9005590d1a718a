/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apart.c - see apart.h
 *
 * What is sent: the digest's marks, their number first, and the answer of
 * wire.h, which leaves them out, behind.
 */
#include "sim/lab/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/mta/host.h"
#include "sim/lab/wire.h"

enum { SAID_BYTES_MAX = 4096 };

static const struct src_loc nowhere = {0};

/* process_start - forks; the child gets 0 and the end to write to */
static pid_t
process_start(struct apart *apart, FILE **out, struct diag *diag)
{
    int ends[2];
    FILE *said = tmpfile();
    pid_t pid = -1;

    *apart = (struct apart){.said = said};
    if (pipe(ends) == 0) {
        fflush(NULL); /* or the child would have unwritten output, too */
        pid = fork();
        if (pid == 0) {
            close(ends[0]);
            signal(SIGPIPE, SIG_DFL);
            if (said != NULL) {
                dup2(fileno(said), STDERR_FILENO);
            }
            *out = fdopen(ends[1], "wb");
            return 0;
        }
        close(ends[1]);
        if (pid < 0) {
            close(ends[0]);
        }
    }
    if (pid < 0) {
        diag_error(diag, nowhere, "no process could be started for a run: %s",
                   strerror(errno));
        if (said != NULL) {
            fclose(said);
        }
        *apart = (struct apart){0};
        return -1;
    }
    apart->pid = pid;
    apart->in = fdopen(ends[0], "rb");
    return pid;
}

/* child_run - makes the run, sends the answer, never returns */
_Noreturn static void
child_run(const struct run_request *request, FILE *out)
{
    struct wire_answer answer = {0};
    struct wire_buffer buffer = {0};
    struct diag diag;

    diag_init(&diag);
    result_init(&answer.result);
    answer.is_ok = run_once(request, &answer.result, &answer.scheduler, &diag);
    answer.log = diag.text;
    wire_put(&buffer, &answer);
    if (out != NULL) {
        const struct digest *digest = &answer.result.digest;
        const uint64_t marks_count = digest->marks_count;

        fwrite(&marks_count, sizeof marks_count, 1, out);
        if (marks_count > 0) {
            fwrite(digest->marks, sizeof digest->marks[0], digest->marks_count,
                   out);
        }
        fwrite(buffer.bytes, 1, buffer.size, out);
        fflush(out);
    }
    fflush(stderr);
    _exit(0); /* the parent's streams and files are its own */
}

bool
apart_start(struct apart *apart, const struct run_request *request,
            struct diag *diag)
{
    FILE *out = NULL;
    pid_t pid = process_start(apart, &out, diag);

    if (pid == 0) {
        child_run(request, out);
    }
    return pid > 0;
}

/* marks_read - false: cut short */
static bool
marks_read(FILE *in, uint64_t **marks, uint64_t *marks_count)
{
    *marks = NULL;
    if (in == NULL || fread(marks_count, sizeof *marks_count, 1, in) != 1) {
        *marks_count = 0;
        return false;
    }
    *marks = base_alloc((*marks_count + 1) * sizeof **marks);
    return fread(*marks, sizeof **marks, (size_t)*marks_count, in) ==
           *marks_count;
}

static void
buffer_read(FILE *in, struct wire_buffer *buffer)
{
    char bytes[65536];
    size_t size = 0;

    while (in != NULL && (size = fread(bytes, 1, sizeof bytes, in)) > 0) {
        wire_buffer_add(buffer, bytes, size);
    }
}

/* process_wait - how it ended */
static int
process_wait(struct apart *apart)
{
    int status = 0;

    while (waitpid(apart->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (apart->in != NULL) {
        fclose(apart->in);
    }
    apart->in = NULL;
    apart->pid = 0;
    return status;
}

/* death_report - what a process said and how it ended, that gave no answer */
static void
death_report(const struct apart *apart, const char *path, int status,
             struct diag *diag)
{
    char said[SAID_BYTES_MAX] = "";
    size_t size = 0;

    if (apart->said != NULL) {
        rewind(apart->said);
        size = fread(said, 1, sizeof said - 1, apart->said);
        said[size] = '\0';
        diag_append(diag, said, 0, 0);
    }
    if (WIFSIGNALED(status)) {
        diag_error(diag, (struct src_loc){.file = path},
                   "the run was ended by signal %d (%s)", WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
    } else {
        diag_error(diag, (struct src_loc){.file = path},
                   "the run exited with %d and without an answer",
                   WEXITSTATUS(status));
    }
}

bool
apart_finish(struct apart *apart, struct result *result,
             struct mta_about *scheduler, struct diag *diag)
{
    struct wire_answer answer = {0};
    struct wire_buffer buffer = {0};
    uint64_t *marks = NULL;
    uint64_t marks_count = 0;
    bool is_ok = marks_read(apart->in, &marks, &marks_count);
    int status = 0;

    buffer_read(apart->in, &buffer);
    status = process_wait(apart);
    if (is_ok && wire_get(&buffer, &answer)) {
        const uint32_t is_failed = answer.is_ok ? 0 : 1;

        diag_append(diag, answer.log != NULL ? answer.log : "", is_failed, 0);
        is_ok = answer.is_ok;
        *scheduler = answer.scheduler;
        if (is_ok) {
            result_free(result);
            *result = answer.result;
            answer.result = (struct result){0};
            free(result->digest.marks);
            result->digest.marks = marks;
            result->digest.marks_count = (size_t)marks_count;
            result->digest.marks_capacity = (size_t)marks_count;
            marks = NULL;
        }
        wire_answer_free(&answer);
    } else {
        is_ok = false;
        death_report(apart, "scheduler", status, diag);
    }
    if (apart->said != NULL) {
        fclose(apart->said);
        apart->said = NULL;
    }
    free(marks);
    wire_buffer_free(&buffer);
    return is_ok;
}

static void
on_line(void *context, const char *text)
{
    FILE *out = context;

    fputs(text, out);
    fputc('\n', out);
}

/* child_lines - runs for the sake of some lines, never returns */
_Noreturn static void
child_lines(const struct run_request *request, uint64_t line_from,
            uint64_t line_until, FILE *out)
{
    const struct mta_observer observer = {.context = out,
                                          .line = on_line,
                                          .line_from = line_from,
                                          .line_until = line_until};
    struct run_request watched = *request;
    struct mta_about scheduler;
    struct result result;
    struct diag diag;
    bool is_ok = false;

    diag_init(&diag);
    result_init(&result);
    watched.observer = &observer;
    if (out != NULL) {
        is_ok = run_once(&watched, &result, &scheduler, &diag);
        fflush(out);
    }
    _exit(is_ok ? 0 : 1);
}

bool
apart_lines(struct apart *apart, const struct run_request *request,
            uint64_t line_from, uint64_t line_until, struct diag *diag)
{
    FILE *out = NULL;
    pid_t pid = process_start(apart, &out, diag);

    if (pid == 0) {
        child_lines(request, line_from, line_until, out);
    }
    return pid > 0;
}

void
apart_lines_close(struct apart *apart)
{
    if (apart->pid != 0) {
        kill(apart->pid, SIGKILL);
        (void)process_wait(apart);
    }
    if (apart->said != NULL) {
        fclose(apart->said);
        apart->said = NULL;
    }
}
