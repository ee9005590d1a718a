/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep_run.c - makes the runs of a sweep in processes; see sweep.h
 *
 * The parent never computes a run and a child never sees the results file. A
 * child sends its whole answer through a pipe and goes; what it said on stderr
 * (a broken assertion, a sanitizer) is kept with the run if it failed.
 *
 * Signals are blocked and asked for in the loop, so there is no handler and
 * nothing global for one to write to.
 */
#include "sim/lab/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "sim/lab/progress.h"
#include "sim/lab/wire.h"

enum {
    POLL_MS = 100,         /* so often signals and progress are looked at */
    LOG_BYTES_MAX = 16384, /* kept of what a failed run said */
    TOLD_MAX = 5           /* failed runs told of, not only counted */
};

/* One process at work. */
struct worker {
    pid_t pid;  /* 0: none */
    int fd;     /* its answer comes here */
    FILE *said; /* its stderr; NULL: there was no temporary file */
    const struct sweep_run *run;
    int64_t start_ns;
    struct wire_buffer buffer;
};

struct crew {
    const struct sweep *sweep;
    struct store *store;
    struct sweep_outcome *outcome;
    struct diag *diag;
    struct worker *workers;
    struct pollfd *polls;
    uint32_t workers_count;
    uint32_t running;
    uint32_t next;       /* of the sweep's runs */
    uint32_t told_count; /* failed runs that diag names */
    bool is_stopped;     /* start no more */
    sigset_t old_mask;
    struct progress progress;
};

static int64_t
clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* --- In the child -------------------------------------------------------- */

/* child_run - loads the scenario, sees that it is still the one that the key
 * was made of, and runs */
static bool
child_run(const struct sweep *sweep, const struct sweep_run *run,
          struct wire_answer *answer, struct diag *diag)
{
    const struct sweep_request *request = sweep->request;
    struct scenario scenario;

    if (!sweep_point_load(sweep, run->point, &scenario, diag)) {
        return false;
    }
    if (strcmp(scenario_canonical(&scenario),
               sweep->points[run->point].canonical) != 0) {
        diag_error(diag, (struct src_loc){.file = scenario.path},
                   "the scenario or a file of it has changed since the sweep"
                   " began; start the sweep again");
        return false;
    }
    return request->run(
        &(struct run_request){
            .scenario = &scenario,
            .scheduler_path = request->scheduler_path,
            .seed = request->seed,
            .replication = run->replication,
        },
        &answer->result, &answer->scheduler, diag);
}

/* child_check - the object that ran is the object in the key */
static bool
child_check(const struct sweep *sweep, const struct wire_answer *answer,
            struct diag *diag)
{
    if (strcmp(answer->scheduler.sha256, sweep->scheduler_sha256) == 0) {
        return true;
    }
    diag_error(diag, (struct src_loc){.file = sweep->request->scheduler_path},
               "the scheduler object has changed since the sweep began; start"
               " the sweep again");
    return false;
}

/* bytes_send - all of it; a parent that is gone ends us by SIGPIPE */
static bool
bytes_send(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = write(fd, bytes, size);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* child_main - makes one run, sends the answer, never returns */
_Noreturn static void
child_main(const struct sweep *sweep, const struct sweep_run *run, int fd)
{
    struct wire_answer answer = {0};
    struct wire_buffer buffer = {0};
    struct diag diag;
    bool is_sent;

    diag_init(&diag);
    result_init(&answer.result);
    answer.is_ok = child_run(sweep, run, &answer, &diag) &&
                   child_check(sweep, &answer, &diag);
    answer.log = diag.text;
    wire_put(&buffer, &answer);
    is_sent = bytes_send(fd, buffer.bytes, buffer.size);
    fflush(stderr);
    _exit(is_sent ? 0 : 1); /* the parent's streams and files are its own */
}

/* child_prepare - what a child must not share with its parent */
static void
child_prepare(const struct crew *crew, FILE *said)
{
    /* These go to the whole group, too; a run that has begun is finished. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no work for nobody */
#endif
    sigprocmask(SIG_SETMASK, &crew->old_mask, NULL);
    if (said != NULL) {
        dup2(fileno(said), STDERR_FILENO);
    }
    for (uint32_t i = 0; i < crew->workers_count; i++) {
        if (crew->workers[i].pid != 0) {
            close(crew->workers[i].fd);
        }
    }
}

/* --- In the parent: one run ---------------------------------------------- */

/* worker_start - a process for this run; false: the system refused */
static bool
worker_start(struct crew *crew, struct worker *worker,
             const struct sweep_run *run)
{
    int ends[2];
    FILE *said;
    pid_t pid;

    if (pipe(ends) != 0) {
        return false;
    }
    said = tmpfile();
    fflush(NULL); /* or the child would have unwritten output, too */
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child_prepare(crew, said);
        child_main(crew->sweep, run, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        if (said != NULL) {
            fclose(said);
        }
        return false;
    }
    *worker = (struct worker){.pid = pid,
                              .fd = ends[0],
                              .said = said,
                              .run = run,
                              .start_ns = clock_ns()};
    crew->running++;
    return true;
}

/* worker_read - takes what came; true: that was all */
static bool
worker_read(struct worker *worker)
{
    uint8_t bytes[65536];
    ssize_t size = read(worker->fd, bytes, sizeof bytes);

    if (size > 0) {
        wire_buffer_add(&worker->buffer, bytes, (size_t)size);
    }
    return size == 0 || (size < 0 && errno != EINTR);
}

/* death_format - how a process ended that gave no whole answer */
static void
death_format(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status)) {
        snprintf(text, size, "the process of the run was ended by signal %d",
                 WTERMSIG(status));
    } else {
        snprintf(text, size,
                 "the process of the run exited with %d and without an answer",
                 WEXITSTATUS(status));
    }
}

/* log_make - why a run failed: what was reported, what was said on stderr,
 * how the process ended; from malloc */
static char *
log_make(struct worker *worker, const struct wire_answer *answer, int status)
{
    const char *reported = answer->log == NULL ? "" : answer->log;
    char *text = base_alloc(strlen(reported) + LOG_BYTES_MAX + 100);
    size_t length = strlen(reported);

    memcpy(text, reported, length);
    if (worker->said != NULL) {
        rewind(worker->said);
        length += fread(text + length, 1, LOG_BYTES_MAX, worker->said);
    }
    text[length] = '\0';
    if (length == 0 || status != 0) {
        death_format(status, text + length, 100);
    }
    return text;
}

/* failure_tell - names the first few failed runs at once */
static void
failure_tell(struct crew *crew, const struct sweep_run *run, const char *log)
{
    const struct store_point *point = &crew->sweep->points[run->point];
    char params[400] = "";
    size_t length = 0;

    if (crew->told_count++ >= TOLD_MAX) {
        return;
    }
    for (uint32_t i = 0; i < point->params_count; i++) {
        const struct store_param *param = &point->params[i];
        int size = snprintf(params + length, sizeof params - length, " %s=%s",
                            param->name,
                            param->label != NULL ? param->label : param->value);

        length += (size_t)size;
        if (length >= sizeof params) {
            length = sizeof params - 1;
        }
    }
    diag_warning(crew->diag, (struct src_loc){0},
                 "run %.12s failed (replication %" PRIu32 "%s): %.*s", run->key,
                 run->replication, params, (int)strcspn(log, "\n"), log);
}

/* answer_store - one transaction; counts what came of it */
static void
answer_store(struct crew *crew, const struct worker *worker,
             const struct wire_answer *answer, const char *log)
{
    struct mta_about scheduler = answer->scheduler;
    char *command = sweep_command(crew->sweep, worker->run);
    struct store_run run = {
        .point = &crew->sweep->points[worker->run->point],
        .key = worker->run->key,
        .scheduler = &scheduler,
        .program_sha256 = crew->sweep->request->program_sha256,
        .seed = crew->sweep->request->seed,
        .replication = worker->run->replication,
        .result = answer->is_ok ? &answer->result : NULL,
        .log = log,
        .command = command,
    };

    /* A run that failed may not have come as far as the object. */
    memcpy(scheduler.sha256, crew->sweep->scheduler_sha256,
           sizeof scheduler.sha256);
    switch (store_put(crew->store, &run, crew->diag)) {
    case STORE_OK:
        crew->outcome->done += answer->is_ok;
        crew->outcome->failed += !answer->is_ok;
        break;
    case STORE_ALARM:
        crew->outcome->alarms++;
        break;
    case STORE_IO:
        crew->outcome->is_io_error = true;
        crew->is_stopped = true;
        break;
    }
    free(command);
}

/* worker_finish - its answer goes to the file, and the place is free */
static void
worker_finish(struct crew *crew, struct worker *worker)
{
    struct wire_answer answer;
    char *log = NULL;
    int status = 0;

    close(worker->fd);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!wire_get(&worker->buffer, &answer)) {
        answer = (struct wire_answer){0};
    }
    if (!answer.is_ok) {
        log = log_make(worker, &answer, status);
        failure_tell(crew, worker->run, log);
    }
    answer_store(crew, worker, &answer, answer.is_ok ? answer.log : log);
    progress_add(&crew->progress, clock_ns() - worker->start_ns,
                 answer.is_ok ? answer.result.kernel_events : 0, !answer.is_ok);
    free(log);
    wire_answer_free(&answer);
    wire_buffer_free(&worker->buffer);
    if (worker->said != NULL) {
        fclose(worker->said);
    }
    *worker = (struct worker){0};
    crew->running--;
}

/* --- In the parent: all of them ------------------------------------------ */

/* workers_kill - the runs in work are lost; their places are freed */
static void
workers_kill(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->workers_count; i++) {
        struct worker *worker = &crew->workers[i];

        if (worker->pid == 0) {
            continue;
        }
        kill(worker->pid, SIGKILL);
        close(worker->fd);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        wire_buffer_free(&worker->buffer);
        if (worker->said != NULL) {
            fclose(worker->said);
        }
        *worker = (struct worker){0};
        crew->running--;
    }
}

/* signals_take - the first stops the start of runs, the second the runs */
static void
signals_take(struct crew *crew)
{
    sigset_t pending;
    sigset_t ours;
    int number;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    while (sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 ||
                                         sigismember(&pending, SIGTERM) == 1)) {
        if (sigwait(&ours, &number) != 0) {
            return;
        }
        if (crew->outcome->is_interrupted) {
            workers_kill(crew);
        }
        crew->outcome->is_interrupted = true;
        crew->is_stopped = true;
    }
}

/* is_wanted - ours, and not in the file as a whole run */
static bool
is_wanted(const struct crew *crew, const struct sweep_run *run)
{
    return run->is_ours && store_has(crew->store, run->key) != STORE_DONE;
}

/* places_fill - starts runs as long as there are places and runs */
static void
places_fill(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->workers_count && !crew->is_stopped; i++) {
        const struct sweep *sweep = crew->sweep;

        if (crew->workers[i].pid != 0) {
            continue;
        }
        while (crew->next < sweep->runs_count &&
               !is_wanted(crew, &sweep->runs[crew->next])) {
            crew->next++;
        }
        if (crew->next == sweep->runs_count) {
            return;
        }
        if (worker_start(crew, &crew->workers[i], &sweep->runs[crew->next])) {
            crew->next++;
        } else if (crew->running == 0) {
            diag_error(crew->diag, (struct src_loc){0},
                       "cannot start a process: %s", strerror(errno));
            crew->outcome->is_io_error = true;
            crew->is_stopped = true;
        } else {
            return; /* again when one of the others has finished */
        }
    }
}

/* answers_take - waits a little, reads, finishes those that are done */
static void
answers_take(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->workers_count; i++) {
        bool is_at_work = crew->workers[i].pid != 0;

        crew->polls[i] = (struct pollfd){
            .fd = is_at_work ? crew->workers[i].fd : -1, .events = POLLIN};
    }
    if (poll(crew->polls, crew->workers_count, POLL_MS) <= 0) {
        return;
    }
    for (uint32_t i = 0; i < crew->workers_count; i++) {
        if (crew->polls[i].revents != 0 && worker_read(&crew->workers[i])) {
            worker_finish(crew, &crew->workers[i]);
        }
    }
}

/* wanted_count - and how many there are already */
static uint32_t
wanted_count(struct crew *crew)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < crew->sweep->runs_count; i++) {
        bool is_ours = crew->sweep->runs[i].is_ours;
        bool is_to_make = is_wanted(crew, &crew->sweep->runs[i]);

        crew->outcome->planned += is_ours;
        crew->outcome->had += is_ours && !is_to_make;
        count += is_to_make;
    }
    return count;
}

/* jobs_count - as asked, or the cores; never more than there are runs */
static uint32_t
jobs_count(uint32_t asked, uint32_t runs)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = asked != 0 ? asked : cores > 0 ? (uint32_t)cores : 1;

    jobs = jobs > SWEEP_JOBS_MAX ? SWEEP_JOBS_MAX : jobs;
    jobs = jobs > runs ? runs : jobs;
    return jobs > 0 ? jobs : 1;
}

/* ending_tell - that there was nothing to do, or what to type after an
 * interruption */
static void
ending_tell(const struct crew *crew)
{
    const struct sweep_request *request = crew->sweep->request;
    const struct sweep_outcome *outcome = crew->outcome;

    if (request->progress == NULL) {
        return;
    }
    if (outcome->had == outcome->planned) {
        fprintf(request->progress, "%s has all %" PRIu32 " runs already\n",
                request->database_path, outcome->planned);
    }
    if (!outcome->is_interrupted) {
        return;
    }
    fprintf(request->progress,
            "interrupted: %s has %" PRIu32 " of %" PRIu32 " runs\n",
            request->database_path, outcome->had + outcome->done,
            outcome->planned);
    if (request->command != NULL) {
        fprintf(request->progress, "go on with: %s\n", request->command);
    }
}

/* crew_work - until all is made, or until told to stop */
static void
crew_work(struct crew *crew)
{
    do {
        signals_take(crew);
        places_fill(crew);
        if (crew->running > 0) {
            progress_show(&crew->progress, crew->running, clock_ns());
            answers_take(crew);
        }
    } while (crew->running > 0 ||
             (!crew->is_stopped && crew->next < crew->sweep->runs_count));
}

/* is_cut_short - a signal came, and it did cost runs */
static bool
is_cut_short(const struct sweep_outcome *outcome)
{
    return outcome->is_interrupted &&
           outcome->had + outcome->done + outcome->failed + outcome->alarms <
               outcome->planned;
}

void
sweep_execute(const struct sweep *sweep, struct store *store,
              struct sweep_outcome *outcome, struct diag *diag)
{
    const struct sweep_request *request = sweep->request;
    struct crew crew = {
        .sweep = sweep, .store = store, .outcome = outcome, .diag = diag};
    sigset_t ours;
    uint32_t wanted;

    *outcome = (struct sweep_outcome){0};
    wanted = wanted_count(&crew);
    crew.workers_count = jobs_count(request->jobs, wanted);
    crew.workers = base_alloc(crew.workers_count * sizeof *crew.workers);
    crew.polls = base_alloc(crew.workers_count * sizeof *crew.polls);
    progress_init(&crew.progress, request->progress, request->is_terminal,
                  wanted, crew.workers_count, clock_ns());
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigprocmask(SIG_BLOCK, &ours, &crew.old_mask);
    crew_work(&crew);
    signals_take(&crew);
    outcome->is_interrupted = is_cut_short(outcome);
    sigprocmask(SIG_SETMASK, &crew.old_mask, NULL);
    if (wanted > 0) {
        progress_end(&crew.progress, clock_ns());
    }
    ending_tell(&crew);
    if (crew.told_count > TOLD_MAX) {
        diag_warning(diag, (struct src_loc){0}, "%" PRIu32 " more runs failed",
                     crew.told_count - TOLD_MAX);
    }
    free(crew.workers);
    free(crew.polls);
}
