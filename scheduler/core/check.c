/* SPDX-License-Identifier: MIT */
/*
 * check.c - the state against itself: every count, link and place
 */
#include "engine.h"

struct checker {
    const struct engine *engine;
    char *text;
    uint64_t text_size;
    int32_t status;
};

/* check_that - the first sentence that is not true stands in the text */
static int
check_that(struct checker *checker, int is_true, const char *sentence)
{
    if (!is_true && checker->status == SCHED_OK) {
        checker->status = SCHED_ERR_BUG;
        for (uint64_t i = 0; i + 1 < checker->text_size; i++) {
            checker->text[i] = sentence[i];
            checker->text[i + 1] = '\0';
            if (sentence[i] == '\0') {
                break;
            }
        }
    }
    return is_true;
}

/* check_host - its lists in order, its counts, its place in the heaps */
static void
check_host(struct checker *checker, uint32_t slot)
{
    const struct engine *engine = checker->engine;
    const struct host *host = host_at(engine, slot);
    uint32_t ready = 0;

    for (uint32_t p = 0; p < SCHED_PRIORITIES_COUNT; p++) {
        uint32_t prev = MEMORY_NONE;

        for (uint32_t at = host->head[p]; at != MEMORY_NONE;
             at = file_at(engine, at)->next) {
            const struct file *file = file_at(engine, at);

            ready++;
            if (!check_that(checker,
                            file->state == FILE_READY && file->host == slot &&
                                file->priority == p && file->prev == prev,
                            "a queued file is not what its queue says") ||
                !check_that(checker, ready <= host->ready_count,
                            "a queue is longer than it says")) {
                return;
            }
            check_that(checker,
                       prev == MEMORY_NONE ||
                           file_at(engine, prev)->eligible_at_ns <=
                               file->eligible_at_ns,
                       "a queue is out of order");
            prev = at;
        }
        check_that(checker, host->tail[p] == prev, "a queue's tail is wrong");
    }
    check_that(checker, ready == host->ready_count,
               "a queue is shorter than it says");

    const struct channel *channel = host_channel(engine, host);
    const int is_wanting =
        ready > 0 && host->threads_count < queue_threads_wanted(engine, host);
    check_that(checker, is_wanting == (host->want_place != MEMORY_NONE),
               "a host is in the want heap, or is not, wrongly");
    if (host->want_place != MEMORY_NONE) {
        check_that(checker,
                   host->want_place < channel->want.count &&
                       channel->want.items[host->want_place] == slot,
                   "a host is not at its place in the want heap");
    }
}

/* check_heap - parents before children */
static void
check_want(struct checker *checker, const struct heap *heap)
{
    for (uint32_t i = 1; i < heap->count; i++) {
        check_that(checker,
                   !queue_host_before(checker->engine, heap->items[i],
                                      heap->items[(i - 1) / 4]),
                   "a heap of hosts is out of order");
    }
}

static void
check_delayed(struct checker *checker)
{
    const struct engine *engine = checker->engine;
    const struct heap *heap = &engine->delayed;

    for (uint32_t i = 0; i < heap->count; i++) {
        const struct file *file = file_at(engine, heap->items[i]);

        check_that(checker, file->state == FILE_DELAYED && file->next == i,
                   "a delayed file is not at its place");
        check_that(
            checker,
            i == 0 ||
                file_at(engine, heap->items[(i - 1) / 4])->eligible_at_ns <=
                    file->eligible_at_ns,
            "the heap of delayed files is out of order");
    }
}

/* check_files - every file is in one place, and nothing is missing */
static void
check_files(struct checker *checker)
{
    const struct engine *engine = checker->engine;
    uint64_t ready = 0;
    uint32_t delayed = 0;
    uint32_t held = 0;
    uint32_t count = 0;
    uint32_t earlier = MEMORY_NONE;

    for (uint32_t slot = engine->oldest; slot != MEMORY_NONE;
         slot = file_at(engine, slot)->later) {
        const struct file *file = file_at(engine, slot);

        if (!check_that(checker, count < engine->files.taken_count,
                        "the list of files is longer than they are")) {
            return;
        }
        count++;
        check_that(checker, file->earlier == earlier,
                   "the list of files is broken");
        earlier = slot;
        ready += file->state == FILE_READY;
        delayed += file->state == FILE_DELAYED;
        check_that(checker,
                   file->state == FILE_DELAYED ||
                       (file->flags & FILE_IS_WAITING) == 0,
                   "a file waits for a run and is not delayed");
        held += file->state == FILE_HELD;
        if (file->state == FILE_ACTIVE) {
            check_that(checker,
                       engine->threads[file->prev].state == THREAD_BUSY &&
                           engine->threads[file->prev].file == slot &&
                           engine->threads[file->prev].host == file->host,
                       "an active file and its thread disagree");
        }
        check_that(checker, file->state != FILE_NEW, "a file is nowhere");
        check_that(checker,
                   file->state != FILE_UNTRACKED ||
                       engine->outgoing_count > 0 ||
                       engine->last.kind == SCHED_ACTION_CREATE,
                   "an untracked file is not forgotten");
        check_that(checker,
                   file->state != FILE_LEAVING || engine->outgoing_count > 0 ||
                       engine->last.kind == SCHED_ACTION_RETURN,
                   "a returned file is still there");
    }
    check_that(checker, count == engine->files.taken_count,
               "a file is not in the list of files");
    check_that(checker, delayed == engine->delayed.count,
               "a delayed file is not in its heap");
    check_that(checker, held == engine->held_count,
               "a held file is not counted");
    for (uint32_t slot = engine->held.head; slot != MEMORY_NONE && held > 0;
         slot = file_at(engine, slot)->next) {
        held -= file_at(engine, slot)->state == FILE_HELD;
    }
    check_that(checker, held == 0, "a held file is not in its list");
    for (uint32_t i = 0; i < engine->hosts.used_count; i++) {
        ready -= host_at(engine, i)->ready_count;
        delayed -= host_at(engine, i)->delayed_count;
    }
    check_that(checker, delayed == 0, "a host miscounts its delayed files");
    check_that(checker, ready == 0, "a ready file is not in a queue");
}

struct count {
    uint32_t jobs;
    uint32_t free;
    uint32_t idle;
    uint32_t busy;
    uint32_t refused; /* stops, of threads and jobs */
};

/* check_job - its counts, by its threads */
static void
check_job(struct checker *checker, const struct job *job, struct count *count)
{
    const struct engine *engine = checker->engine;
    uint32_t threads = 0;
    uint32_t working = 0;
    uint32_t stopping = 0;

    for (uint32_t i = 0; i < job->threads_room; i++) {
        const struct thread *thread = &engine->threads[job->threads + i];
        const uint32_t state = thread->state;
        const int is_stopping =
            state == THREAD_STOPPING || state == THREAD_STOP_REFUSED;

        if (state == THREAD_FREE) {
            continue;
        }
        threads++;
        working += state == THREAD_PENDING || state == THREAD_STARTING ||
                   state == THREAD_BUSY;
        stopping += is_stopping ? 1 : 0;
        count->idle += state == THREAD_IDLE;
        count->refused += state == THREAD_STOP_REFUSED;
        count->busy += state == THREAD_BUSY;
        check_that(checker, state != THREAD_IDLE || !job->is_draining,
                   "a draining job has an idle thread");
        check_that(checker,
                   (state == THREAD_IDLE || is_stopping) ==
                       (thread->host == MEMORY_NONE),
                   "a thread is bound, or is not, wrongly");
        check_that(checker,
                   job_find_thread(engine, job, thread->number) == thread,
                   "a thread is not found by its number");
    }
    check_that(checker, threads == job->threads_count,
               "a job miscounts its threads");
    check_that(checker,
               threads <= job->threads_max &&
                   job->threads_max <= job->threads_room,
               "a job has more threads than it may");
    check_that(checker, working == job->working_count,
               "a job miscounts its working threads");
    check_that(checker, stopping == job->stopping_count,
               "a job miscounts its stopping threads");
    check_that(checker, job_find(engine, job->id) == job,
               "a job is not found by its id");
    check_that(checker,
               job->is_idle == (job->state == JOB_RUNNING &&
                                !job->is_draining && working == 0),
               "a job is idle, or is not, wrongly");
    count->free += job->is_draining ? 0 : job->threads_max - threads;
    count->jobs++;
    check_that(checker, !job->is_stop_refused || job->is_stop_told,
               "a job is to be told again what it was not told");
    count->refused += job->is_stop_refused;
}

/* check_refused - stops that were refused, less those in the lists; in order */
static void
check_refused(struct checker *checker, uint32_t count)
{
    const struct engine *engine = checker->engine;
    int64_t since_ns = INT64_MIN;

    for (uint32_t slot = engine->refused_threads.head; slot != MEMORY_NONE;
         slot = engine->threads[slot].idle_next) {
        const struct thread *thread = &engine->threads[slot];

        check_that(checker,
                   thread->state == THREAD_STOP_REFUSED &&
                       thread->idle_since_ns >= since_ns,
                   "a thread is to be told again to stop, wrongly");
        since_ns = thread->idle_since_ns;
        count--;
    }
    since_ns = INT64_MIN;
    for (uint32_t slot = engine->refused_jobs.head; slot != MEMORY_NONE;
         slot = engine->jobs[slot].idle_next) {
        const struct job *job = &engine->jobs[slot];

        check_that(checker,
                   job->is_stop_refused && job->idle_since_ns >= since_ns,
                   "a job is to be told again to stop, wrongly");
        since_ns = job->idle_since_ns;
        count--;
    }
    check_that(checker, count == 0, "a stop that was refused is forgotten");
}

/* check_channel - its limits and counts; how many stops of it were refused */
static uint32_t
check_channel(struct checker *checker, const struct channel *channel)
{
    const struct engine *engine = checker->engine;
    struct count count = {0};
    uint64_t backlog = 0;
    uint32_t active = 0;
    uint32_t bound = 0;

    for (uint32_t slot = channel->jobs.head; slot != MEMORY_NONE;
         slot = engine->jobs[slot].next) {
        check_job(checker, &engine->jobs[slot], &count);
        bound += engine->jobs[slot].working_count;
    }
    for (uint32_t i = 0; i < engine->hosts.used_count; i++) {
        const struct host *host = host_at(engine, i);

        if (host->channel == channel->index) {
            backlog += (uint64_t)host->ready_count + host->active_count;
            active += host->active_count;
            bound -= host->threads_count;
        }
    }
    check_that(checker, count.jobs == channel->jobs_count,
               "a channel miscounts its jobs");
    check_that(checker,
               count.jobs <= channel->jobs_ceiling &&
                   (channel->jobs_ceiling == channel->jobs_max ||
                    count.jobs == channel->jobs_ceiling),
               "a channel is above its job limit");
    check_that(checker, count.free == channel->threads_free,
               "a channel miscounts its free threads");
    check_that(checker, count.idle == channel->idle.count,
               "a channel miscounts its idle threads");
    check_that(checker, count.busy == active,
               "a channel miscounts its active files");
    check_that(checker, bound == 0, "a host miscounts its threads");
    check_that(checker, backlog == channel->backlog,
               "a channel miscounts its backlog");
    check_that(checker, engine->after_wish_ns <= channel->after_at_ns,
               "a delayed start is not wished for");
    check_that(checker, engine->stress_wish_ns <= channel->stress_relief_ns,
               "a step back from stress is not wished for");
    check_that(checker,
               channel->stress_relief_ns != SCHED_NEVER ||
                   (channel->stress_factor == 1 && channel->stress_jobs == 0),
               "a channel is under stress for ever");
    check_want(checker, &channel->want);
    check_want(checker, &channel->best);
    return count.refused;
}

static void
check_scan(struct checker *checker)
{
    const struct engine *engine = checker->engine;
    uint32_t left = engine->scan.left_count;
    uint32_t scanned = 0;

    for (uint32_t i = 0; i < engine->channels_count; i++) {
        left -= engine->channels[i].is_left;
        scanned += engine->channels[i].is_scanned;
    }
    check_that(checker, left == 0, "channels to be scanned are miscounted");
    check_that(checker, scanned == 0 || engine->scan.state != SCAN_NONE,
               "a scan has ended before its end");
    check_that(checker,
               engine->lookup_size == 0 || engine->scan.state != SCAN_NONE,
               "the table of files outlives the scan");
    for (uint32_t slot = engine->oldest;
         engine->lookup_size > 0 && slot != MEMORY_NONE;
         slot = file_at(engine, slot)->later) {
        const struct file *file = file_at(engine, slot);

        check_that(checker,
                   lookup_find(engine, file->message, file->number) == slot,
                   "a file is not found by its number");
    }
}

int32_t
check_state(const struct engine *engine, char *text, uint64_t text_size)
{
    struct checker checker = {.engine = engine,
                              .text = text,
                              .text_size = text_size,
                              .status = SCHED_OK};
    uint32_t refused = 0;

    if (text_size > 0) {
        text[0] = '\0';
    }
    for (uint32_t i = 0; i < engine->hosts.used_count; i++) {
        check_host(&checker, i);
    }
    if (checker.status != SCHED_OK) {
        return checker.status; /* the rest walks what is broken */
    }
    check_delayed(&checker);
    check_files(&checker);
    for (uint32_t i = 0; i < engine->pools_count; i++) {
        const struct pool *pool = &engine->pools[i];
        uint32_t jobs = 0;

        for (uint32_t c = 0; c < engine->channels_count; c++) {
            jobs += engine->channels[c].conf->pool == i
                        ? engine->channels[c].jobs_count
                        : 0;
        }
        check_that(&checker,
                   jobs == pool->jobs_count && jobs <= pool->jobs_ceiling &&
                       (pool->jobs_ceiling == pool->jobs_max ||
                        jobs == pool->jobs_ceiling),
                   "a pool miscounts its jobs, or is above its limit");
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        refused += check_channel(&checker, &engine->channels[i]);
    }
    check_refused(&checker, refused);
    check_scan(&checker);
    const char *broken = session_check_state(engine);
    check_that(&checker, broken == NULL, broken == NULL ? "" : broken);
    return checker.status;
}
