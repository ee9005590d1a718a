/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_jobctl.c - what an event costs the scheduler alone, and a queued message
 *
 *     bench_jobctl [--json FILE]
 *     bench_jobctl --once MESSAGES HOSTS TURNS
 *
 * So many messages over so many destination hosts are queued; then each outcome
 * is followed by a new message for another host, so that the queue stays as it
 * is. An event's time is that of the call, of the actions it brings, and of this
 * file's few lines about them. A table over messages and over hosts: neither may
 * make an event dearer faster than its logarithm grows.
 *
 * --once makes one run and prints its events alone; instructions.sh counts what
 * the processor does in turns_make() meanwhile.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scheduler/sched_abi.h"

enum {
    THREADS_MAX = 4096,
    RUNS = 5,
    TURNS = 1000000,
    /* What must be reached, and where. */
    TARGET_MESSAGES = 100000,
    TARGET_HOSTS = 10000,
    TARGET_BYTES = 96,
    TARGET_EVENTS_PER_S = 3000000
};

struct load {
    uint32_t messages;
    uint32_t hosts;
};

/* More messages; more hosts; and one message for each host. */
static const struct load loads[] = {
    {1000, 1000},      {10000, 1000}, {100000, 1000},  {1000000, 1000},
    {10000000, 1000},  {100000, 10},  {100000, 10000}, {100000, 100000},
    {1000000, 100000}, {10000, 10000}};

enum { LOADS_COUNT = sizeof loads / sizeof loads[0] };

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
    uint32_t hosts;
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
        1, (uint32_t)(id * UINT64_C(2654435761) % world->hosts)};

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

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* create - an instance that keeps so many messages in memory */
static void
create(struct world *world, uint32_t messages_count)
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
    char messages_max[16];
    const struct sched_override overrides[] = {
        {"channel.tcp_local.max_client_threads", "20", "bench"},
        {"option.max_messages", messages_max, "bench"}};
    const struct sched_config config = {
        .texts = texts,
        .texts_count = 2,
        .overrides = overrides,
        .overrides_count = 2,
        .allocator = {world, allocate, release}};
    char messages[1024] = "";
    struct sched_created created = {.messages = messages,
                                    .messages_size = sizeof messages};

    snprintf(messages_max, sizeof messages_max, "%u", messages_count + 1);
    world->object = sched_entry();
    if (world->object->create(&config, &created) != SCHED_OK) {
        fprintf(stderr, "%s", messages);
        exit(1);
    }
    world->self = created.self;
}

/* turns_make - the part that is measured; not inlined, so that a tool that
 * counts instructions knows where it begins and ends */
__attribute__((noinline)) static void
turns_make(struct world *world, uint32_t turns)
{
    for (uint32_t i = 0; i < turns; i++) {
        world->now_ns += 1000;
        outcome(world, i % world->busy_count, SCHED_RESULT_DELIVERED);
        submit(world);
        start_all(world);
    }
}

/* What a run measured. */
struct measured {
    double event_ns;
    double message_bytes;
    uint64_t events;
    uint64_t actions;
};

static struct measured
run(struct load load, uint32_t turns)
{
    struct world *world = calloc(1, sizeof *world);
    struct measured measured = {0};

    if (world == NULL) {
        exit(1);
    }
    world->hosts = load.hosts;
    create(world, load.messages);
    const int64_t bytes_before = world->bytes;
    for (uint32_t i = 0; i < load.messages; i++) {
        submit(world);
        start_all(world);
    }
    measured.message_bytes =
        (double)(world->bytes - bytes_before) / load.messages;
    world->events = 0;
    world->actions = 0;
    const double begin_s = seconds();
    turns_make(world, turns);
    const double taken_s = seconds() - begin_s;
    measured.events = world->events;
    measured.actions = world->actions;
    measured.event_ns = taken_s * 1e9 / (double)world->events;
    world->object->destroy(world->self);
    free(world);
    return measured;
}

static int
compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* is_met - what is asked for of this load */
static bool
is_met(struct load load, const double *event_ns, double message_bytes)
{
    if (load.messages != TARGET_MESSAGES || load.hosts != TARGET_HOSTS) {
        return true;
    }
    return message_bytes <= TARGET_BYTES &&
           event_ns[RUNS / 2] * TARGET_EVENTS_PER_S <= 1e9;
}

/* load_measure - a line of the table */
static void
load_measure(struct load load, FILE *json, const char *separator)
{
    double event_ns[RUNS];
    struct measured measured = {0};

    for (uint32_t i = 0; i < RUNS; i++) {
        measured = run(load, TURNS);
        event_ns[i] = measured.event_ns;
    }
    qsort(event_ns, RUNS, sizeof event_ns[0], compare);
    const double median_ns = event_ns[RUNS / 2];
    const bool is_target =
        load.messages == TARGET_MESSAGES && load.hosts == TARGET_HOSTS;
    const bool is_ok = is_met(load, event_ns, measured.message_bytes);
    printf("%9u %7u   %6.0f %7.0f %6.0f   %6.2f   %6.2f   %6.1f  %s\n",
           load.messages, load.hosts, event_ns[0], median_ns,
           event_ns[RUNS - 1], 1e3 / median_ns,
           (double)measured.actions / (double)measured.events,
           measured.message_bytes,
           !is_target ? ""
           : is_ok    ? "ok"
                      : "MISS");
    fflush(stdout);
    if (json != NULL) {
        fprintf(json,
                "%s\n  {\"messages\": %u, \"hosts\": %u, "
                "\"event_ns\": [%.1f, %.1f, %.1f], \"events\": %" PRIu64 ", "
                "\"message_bytes\": %.1f, \"ok\": %s}",
                separator, load.messages, load.hosts, event_ns[0], median_ns,
                event_ns[RUNS - 1], measured.events, measured.message_bytes,
                is_ok ? "true" : "false");
    }
}

static int
usage(void)
{
    fprintf(stderr, "usage: bench_jobctl [--json FILE] | "
                    "--once MESSAGES HOSTS TURNS\n");
    return 2;
}

/* number - of an operand; 0: none */
static uint32_t
number(const char *text)
{
    char *end = NULL;
    const unsigned long long value = strtoull(text, &end, 10);

    return *end == '\0' && value <= UINT32_MAX ? (uint32_t)value : 0;
}

int
main(int argc, char **argv)
{
    FILE *json = NULL;

    if (argc == 5 && strcmp(argv[1], "--once") == 0) {
        const struct load load = {number(argv[2]), number(argv[3])};

        if (load.messages == 0 || load.hosts == 0 || number(argv[4]) == 0) {
            return usage();
        }
        printf("%" PRIu64 "\n", run(load, number(argv[4])).events);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--json") == 0) {
        json = fopen(argv[2], "w");
        if (json == NULL) {
            perror(argv[2]);
            return 74;
        }
    } else if (argc != 1) {
        return usage();
    }
    printf(
        "the scheduler alone: CPU ns an event, %d runs of %d turns; bytes of a "
        "queued message\n"
        "at %d messages, %d hosts: at least %.1f M events/s, at most %d "
        "bytes\n"
        " messages   hosts      min  median    max     M/s  actions    "
        "bytes\n",
        RUNS, TURNS, TARGET_MESSAGES, TARGET_HOSTS, TARGET_EVENTS_PER_S / 1e6,
        TARGET_BYTES);
    if (json != NULL) {
        fprintf(json, "{\"jobctl\": [");
    }
    for (uint32_t i = 0; i < LOADS_COUNT; i++) {
        load_measure(loads[i], json, i == 0 ? "" : ",");
    }
    if (json != NULL) {
        fprintf(json, "\n]}\n");
        if (fclose(json) != 0) {
            perror("--json");
            return 74;
        }
    }
    return 0;
}
