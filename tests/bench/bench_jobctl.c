/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_jobctl.c - events a second, and bytes a queued message
 *
 * 100,000 messages over 10,000 destination hosts are queued; then each
 * outcome is followed by a new message for another host, so that the queue
 * stays as it is. Every event and every action pulled is counted once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scheduler/sched_abi.h"

enum {
    MESSAGES = 100000,
    HOSTS = 10000,
    TURNS = 2000000,
    THREADS_MAX = 4096,
    RUNS = 5
};

struct world {
    const struct sched_object *object;
    void *self;
    int64_t now_ns;
    int64_t bytes;
    uint64_t message;
    uint64_t events;
    uint64_t actions;
    struct sched_deliver busy[THREADS_MAX];
    uint32_t busy_count;
    uint32_t started[THREADS_MAX][2]; /* job, thread; thread 0: the job too */
    uint32_t started_count;
};

static void *
allocate(void *context, uint64_t bytes)
{
    ((struct world *)context)->bytes += (int64_t)bytes;
    return malloc(bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    ((struct world *)context)->bytes -= (int64_t)bytes;
    free(memory);
}

static void
send(struct world *world, const struct sched_event *event)
{
    struct sched_action action;

    if (world->object->event(world->self, world->now_ns, event) != SCHED_OK) {
        fprintf(stderr, "event kind %u was not accepted\n", event->kind);
        exit(1);
    }
    world->events++;
    while (world->object->next(world->self, &action) == SCHED_OK &&
           action.kind != SCHED_ACTION_NONE) {
        world->actions++;
        if (action.kind == SCHED_ACTION_DELIVER) {
            world->busy[world->busy_count++] = action.u.deliver;
        } else if (action.kind == SCHED_ACTION_START_JOB) {
            world->started[world->started_count][0] = action.u.job.job;
            world->started[world->started_count++][1] = 0;
        } else if (action.kind == SCHED_ACTION_START_THREAD) {
            world->started[world->started_count][0] = action.u.thread.job;
            world->started[world->started_count++][1] = action.u.thread.thread;
        }
    }
}

static void
submit(struct world *world)
{
    /* A fixed scatter over the hosts: a multiplier coprime to their number. */
    const uint64_t id = ++world->message;
    const struct sched_recipient recipient = {
        1, (uint32_t)(id * UINT64_C(2654435761) % HOSTS)};

    send(world,
         &(struct sched_event){.kind = SCHED_EVENT_SUBMIT,
                               .u.submit = {.message = id,
                                            .submitted_at_ns = world->now_ns,
                                            .deferred_until_ns = SCHED_NO_TIME,
                                            .size_bytes = 4096,
                                            .recipients = &recipient,
                                            .recipients_count = 1,
                                            .source_channel = SCHED_NONE,
                                            .priority = (uint32_t)(id % 3)}});
}

static void
start_all(struct world *world)
{
    for (uint32_t i = 0; i < world->started_count; i++) {
        const uint32_t job = world->started[i][0];
        const uint32_t thread = world->started[i][1];

        if (thread == 0) {
            send(world, &(struct sched_event){.kind = SCHED_EVENT_JOB_STARTED,
                                              .u.job = {.job = job}});
        }
        send(world,
             &(struct sched_event){.kind = SCHED_EVENT_THREAD_READY,
                                   .u.thread = {.job = job, .thread = thread}});
    }
    world->started_count = 0;
}

/* outcome - of the attempt that has lasted longest, more or less */
static void
outcome(struct world *world, uint32_t which, uint32_t result)
{
    const struct sched_deliver d = world->busy[which];

    world->busy[which] = world->busy[--world->busy_count];
    send(world, &(struct sched_event){
                    .kind = SCHED_EVENT_OUTCOME,
                    .u.outcome = {.message = d.message,
                                  .file = d.file,
                                  .job = d.job,
                                  .thread = d.thread,
                                  .recipients_count = d.recipients_count,
                                  .result = result,
                                  .phase = SCHED_PHASE_DOT}});
}

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
create(struct world *world)
{
    static const char channels[] = "defaults immnonurgent\n\n"
                                   "l\nlocal\n\n"
                                   "tcp_local smtp single_sys pool SMTP_POOL"
                                   " threaddepth 10\ntcp-daemon\n";
    static const char jobs[] = "max_life_age=0\nmax_life_conns=0\n"
                               "[POOL=SMTP_POOL]\njob_limit=20\n"
                               "[CHANNEL=*]\nmaster_command=master\n";
    const struct sched_text texts[] = {{.name = "imta.cnf",
                                        .bytes = channels,
                                        .bytes_size = sizeof channels - 1,
                                        .role = SCHED_TEXT_CHANNELS},
                                       {.name = "job_controller.cnf",
                                        .bytes = jobs,
                                        .bytes_size = sizeof jobs - 1,
                                        .role = SCHED_TEXT_JOBS}};
    const struct sched_override override = {
        "channel.tcp_local.max_client_threads", "20", "bench"};
    const struct sched_config config = {
        .texts = texts,
        .texts_count = 2,
        .overrides = &override,
        .overrides_count = 1,
        .allocator = {world, allocate, release}};
    char messages[1024] = "";
    struct sched_created created = {.messages = messages,
                                    .messages_size = sizeof messages};

    world->object = sched_entry();
    if (world->object->create(&config, &created) != SCHED_OK) {
        fprintf(stderr, "%s", messages);
        exit(1);
    }
    world->self = created.self;
}

/* run - once; events a second, and a line about memory */
static double
run(uint32_t result, double *bytes_a_message, uint64_t *actions)
{
    struct world *world = calloc(1, sizeof *world);

    if (world == NULL) {
        exit(1);
    }
    create(world);
    const int64_t bytes_before = world->bytes;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        submit(world);
        start_all(world);
    }
    *bytes_a_message = (double)(world->bytes - bytes_before) / MESSAGES;
    world->events = 0;
    world->actions = 0;
    const double begin_s = seconds();
    for (uint32_t i = 0; i < TURNS; i++) {
        world->now_ns += 1000;
        outcome(world, i % world->busy_count, result);
        submit(world);
        start_all(world);
    }
    const double taken_s = seconds() - begin_s;
    const double rate = (double)world->events / taken_s;
    *actions = world->actions;
    world->object->destroy(world->self);
    free(world);
    return rate;
}

int
main(void)
{
    double least = 0;
    double most = 0;
    double bytes = 0;
    uint64_t actions = 0;

    for (uint32_t i = 0; i < RUNS; i++) {
        const double rate = run(SCHED_RESULT_DELIVERED, &bytes, &actions);

        least = i == 0 || rate < least ? rate : least;
        most = i == 0 || rate > most ? rate : most;
    }
    printf("jobctl  %d messages queued, %d hosts: %.2f to %.2f million "
           "events/s (and as many actions: %" PRIu64 "), %.1f bytes a "
           "message\n",
           MESSAGES, HOSTS, least / 1e6, most / 1e6, actions, bytes);
    return 0;
}
