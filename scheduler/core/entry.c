/* SPDX-License-Identifier: MIT */
/*
 * entry.c - the one exported function, and what it leads to
 */
#include <string.h>

#include "engine.h"

#if UINTPTR_MAX > UINT32_MAX
#define ENTRY_POINTERS "64-bit"
#else
#define ENTRY_POINTERS "32-bit"
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ENTRY_ORDER "big-endian"
#else
#define ENTRY_ORDER "little-endian"
#endif
#ifdef __clang__
#define ENTRY_COMPILER "clang" /* __VERSION__ begins with its name */
#else
#define ENTRY_COMPILER "gcc"
#endif

static void
engine_free(struct engine *engine)
{
    const struct sched_allocator allocator = engine->allocator;

    for (uint32_t i = 0; engine->channels != NULL && i < engine->channels_count;
         i++) {
        heap_free(&engine->channels[i].want, &allocator);
        heap_free(&engine->channels[i].best, &allocator);
    }
    limits_free(engine);
    session_clear(engine);
    lookup_free(engine);
    heap_free(&engine->delayed, &allocator);
    pages_free(&engine->files, &allocator);
    pages_free(&engine->hosts, &allocator);
    pages_free(&engine->families, &allocator);
    words_free(&engine->words, &allocator);
    memory_give(&allocator, engine->hosts_table,
                (uint64_t)engine->hosts_table_size *
                    sizeof *engine->hosts_table);
    memory_give(&allocator, engine->outgoing,
                (uint64_t)engine->outgoing_size * sizeof *engine->outgoing);
    memory_give(&allocator, engine->scratch,
                (uint64_t)engine->scratch_size * sizeof *engine->scratch);
    memory_give(&allocator, engine->channels,
                (uint64_t)engine->channels_count * sizeof *engine->channels);
    memory_give(&allocator, engine->pools,
                (uint64_t)engine->pools_count * sizeof *engine->pools);
    if (engine->conf != NULL) {
        conf_free(engine->conf);
    }
    memory_give(&allocator, engine, sizeof *engine);
}

static void
channel_init(const struct engine *engine, struct channel *channel,
             uint32_t index)
{
    channel->conf = conf_channel(engine->conf, index);
    channel->index = index;
    channel->free_jobs = MEMORY_NONE;
    channel->idle_threads = (struct list){MEMORY_NONE, MEMORY_NONE};
    channel->idle_jobs = (struct list){MEMORY_NONE, MEMORY_NONE};
    channel->jobs = (struct list){MEMORY_NONE, MEMORY_NONE};
    channel->after_at_ns = SCHED_NEVER;
    channel->stress_factor = 1;
    channel->stress_divisor = 1;
    channel->stress_deaf_ns = INT64_MIN;
    channel->stress_relief_ns = SCHED_NEVER;
}

/* engine_init - everything but the configuration */
static int32_t
engine_init(struct engine *engine)
{
    engine->options = conf_options(engine->conf);
    engine->oldest = MEMORY_NONE;
    engine->newest = MEMORY_NONE;
    engine->held = (struct list){MEMORY_NONE, MEMORY_NONE};
    engine->refused_threads = (struct list){MEMORY_NONE, MEMORY_NONE};
    engine->refused_jobs = (struct list){MEMORY_NONE, MEMORY_NONE};
    pages_init(&engine->files, sizeof(struct file), FILE_SHIFT);
    pages_init(&engine->hosts, sizeof(struct host), HOST_SHIFT);
    pages_init(&engine->families, sizeof(struct family), FAMILY_SHIFT);
    words_init(&engine->words);

    engine->pools_count = conf_pools_count(engine->conf);
    engine->pools =
        memory_take(&engine->allocator,
                    (uint64_t)engine->pools_count * sizeof *engine->pools);
    engine->channels_count = conf_channels_count(engine->conf);
    engine->channels =
        memory_take(&engine->allocator, (uint64_t)engine->channels_count *
                                            sizeof *engine->channels);
    if (engine->pools == NULL || engine->channels == NULL) {
        return SCHED_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        channel_init(engine, &engine->channels[i], i);
    }
    const int32_t status = limits_reserve(engine);
    if (status != SCHED_OK) {
        return status;
    }
    limits_apply(engine);
    timer_init(engine);
    scan_init(engine);
    return SCHED_OK;
}

static int32_t
entry_create(const struct sched_config *config, struct sched_created *created)
{
    struct conf *conf = NULL;
    int32_t status = conf_new(config, created, &conf);

    created->self = NULL;
    if (status != SCHED_OK) {
        return status;
    }
    struct engine *engine = memory_take(&config->allocator, sizeof *engine);
    if (engine == NULL) {
        conf_free(conf);
        return SCHED_ERR_MEMORY;
    }
    engine->allocator = config->allocator;
    engine->conf = conf;
    engine->now_ns = config->now_ns;
    engine->created_at_ns = config->now_ns;
    engine->wall_offset_ns = config->wall_offset_ns;
    status = engine_init(engine);
    if (status != SCHED_OK) {
        engine_free(engine);
        return status;
    }
    created->self = engine;
    return SCHED_OK;
}

/* --- Events ----------------------------------------------------------------- */

static int32_t
on_job_started(struct engine *engine, const struct sched_job_event *event)
{
    struct job *job = job_find(engine, event->job);

    if (job == NULL || job->state != JOB_STARTING) {
        return SCHED_ERR_ARGUMENT;
    }
    job_started(engine, job);
    return SCHED_OK;
}

/* on_job_ended - failed to start, or exited */
static int32_t
on_job_ended(struct engine *engine, const struct sched_job_event *event,
             int has_failed)
{
    struct job *job = job_find(engine, event->job);

    if (job == NULL || (job->state == JOB_STARTING) != has_failed) {
        return SCHED_ERR_ARGUMENT;
    }
    struct channel *channel = &engine->channels[job->channel];
    if (has_failed) {
        start_refused(engine, channel);
    }
    start_exited(engine, job);
    start_freed(engine, channel->conf->pool);
    return SCHED_OK;
}

static int32_t
on_thread_ready(struct engine *engine, const struct sched_thread_event *event)
{
    const struct job *job = job_find(engine, event->job);

    if (job == NULL || job->state != JOB_RUNNING) {
        return SCHED_ERR_ARGUMENT;
    }
    struct thread *thread = job_find_thread(engine, job, event->thread);
    if (thread == NULL || thread->state != THREAD_STARTING) {
        return SCHED_ERR_ARGUMENT;
    }
    job_ask(engine, thread);
    return SCHED_OK;
}

static int32_t
on_thread_ended(struct engine *engine, const struct sched_thread_event *event)
{
    const struct job *job = job_find(engine, event->job);

    if (job == NULL || job->state != JOB_RUNNING) {
        return SCHED_ERR_ARGUMENT;
    }
    struct thread *thread = job_find_thread(engine, job, event->thread);
    if (thread == NULL || thread->state == THREAD_PENDING) {
        return SCHED_ERR_ARGUMENT;
    }
    const uint32_t host = job_lose_thread(engine, thread);
    if ((host == MEMORY_NONE || !start_serve(engine, host)) &&
        !job->is_draining) {
        start_place(engine, &engine->channels[job->channel]);
    }
    return SCHED_OK;
}

/* on_session_closed - nothing is decided by it; its job was real */
static int32_t
on_session_closed(const struct engine *engine,
                  const struct sched_thread_event *event)
{
    return event->job == 0 || event->job > engine->job_last ? SCHED_ERR_ARGUMENT
                                                            : SCHED_OK;
}

static int32_t
dispatch(struct engine *engine, const struct sched_event *event)
{
    switch ((enum sched_event_kind)event->kind) {
    case SCHED_EVENT_SUBMIT:
        return submit_event(engine, &event->u.submit);
    case SCHED_EVENT_JOB_STARTED:
        return on_job_started(engine, &event->u.job);
    case SCHED_EVENT_JOB_FAILED:
        return on_job_ended(engine, &event->u.job, 1);
    case SCHED_EVENT_JOB_EXITED:
        return on_job_ended(engine, &event->u.job, 0);
    case SCHED_EVENT_THREAD_READY:
        return on_thread_ready(engine, &event->u.thread);
    case SCHED_EVENT_THREAD_ENDED:
        return on_thread_ended(engine, &event->u.thread);
    case SCHED_EVENT_OUTCOME:
        return outcome_event(engine, &event->u.outcome);
    case SCHED_EVENT_SESSION_CLOSED:
        return on_session_closed(engine, &event->u.thread);
    case SCHED_EVENT_WAKE:
        timer_wake(engine);
        return SCHED_OK;
    case SCHED_EVENT_WALL_OFFSET:
        timer_wall_offset(engine, event->u.wall.wall_offset_ns);
        return SCHED_OK;
    case SCHED_EVENT_REFUSED:
        return action_refused(engine, &event->u.refused);
    case SCHED_EVENT_COMMAND:
        return command_event(engine, &event->u.command);
    case SCHED_EVENT_SCANNED:
        return scan_event(engine, &event->u.scanned);
    case SCHED_EVENT_STRESS:
        return stress_event(engine, &event->u.stress);
    }
    return SCHED_ERR_UNSUPPORTED;
}

static int32_t
entry_event(void *self, int64_t now_ns, const struct sched_event *event)
{
    struct engine *engine = self;
    const int64_t before_ns = engine->now_ns;

    if (engine->is_dead) {
        return SCHED_ERR_BUG;
    }
    /* Out of turn: actions are still to be pulled, or time went back. */
    if (now_ns < before_ns || now_ns == SCHED_NEVER ||
        (event->kind != SCHED_EVENT_REFUSED &&
         (engine->outgoing_count > 0 ||
          engine->last.kind != SCHED_ACTION_NONE))) {
        return SCHED_ERR_ARGUMENT;
    }
    engine->now_ns = now_ns;
    const int32_t status = dispatch(engine, event);
    if (status != SCHED_OK) {
        engine->now_ns = before_ns;
        return status;
    }
    start_top_up(engine);
    return engine->is_dead ? SCHED_ERR_BUG : SCHED_OK;
}

static int32_t
entry_next(void *self, struct sched_action *action)
{
    struct engine *engine = self;

    if (engine->is_dead) {
        return SCHED_ERR_BUG;
    }
    action_settle(engine);
    action_next(engine, action);
    return engine->is_dead ? SCHED_ERR_BUG : SCHED_OK;
}

static void
entry_destroy(void *self)
{
    if (self != NULL) {
        engine_free(self);
    }
}

static int32_t
entry_describe(const void *self, uint32_t index, struct sched_setting *setting)
{
    const struct engine *engine = self;

    return engine->is_dead ? SCHED_ERR_BUG
                           : conf_describe(engine->conf, index, setting);
}

static uint64_t
entry_state_digest(const void *self)
{
    const struct engine *engine = self;

    return engine->is_dead ? 0 : digest_state(engine);
}

static int32_t
entry_check(const void *self, char *text, uint64_t text_size)
{
    const struct engine *engine = self;

    return engine->is_dead ? SCHED_ERR_BUG
                           : check_state(engine, text, text_size);
}

static int32_t
entry_explain(const void *self, uint64_t message, uint32_t file, char *text,
              uint64_t text_size)
{
    const struct engine *engine = self;

    return engine->is_dead
               ? SCHED_ERR_BUG
               : explain_file(engine, message, file, text, text_size);
}

static const struct sched_object object = {
    .magic = SCHED_ABI_MAGIC,
    .struct_size = sizeof object,
    .abi_major = SCHED_ABI_MAJOR,
    .abi_minor = SCHED_ABI_MINOR,
    .build = ENTRY_POINTERS " " ENTRY_ORDER " " ENTRY_COMPILER " " __VERSION__,
    .name = "jobctl",
    .version = "1.0.0",
    .policy = "jobctl",
    .create = entry_create,
    .event = entry_event,
    .next = entry_next,
    .destroy = entry_destroy,
    .describe = entry_describe,
    .state_digest = entry_state_digest,
    .check = entry_check,
    .explain = entry_explain,
};

__attribute__((visibility("default"))) const struct sched_object *
sched_entry(void)
{
    return &object;
}
