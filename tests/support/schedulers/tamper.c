/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tamper.c - the Job Controller behind a forger, for tests of host and oracle
 *
 * An object of its own that forwards everything to the real scheduler, linked
 * in under the name core_entry, and breaks one rule. Which one is the value of
 * the override "option.tamper", taken out before the real one sees it. Actions
 * of the forger's own have numbers from OWN on; their refusals stay here.
 */
#include <string.h>

#include "scheduler/sched_abi.h"

#ifndef TAMPER_POLICY
#define TAMPER_POLICY "jobctl"
#endif

#define OWN (UINT64_C(1) << 63)

enum { EXTRA_MAX = 4, INDICES_MAX = 16, TEXT_MAX = 16 };

struct tamper {
    const struct sched_object *core;
    void *self;
    struct sched_allocator allocator;
    char what[TEXT_MAX];
    int64_t now_ns;
    uint64_t number;
    struct sched_action last; /* DELIVER or CREATE */
    struct sched_deliver delivered;
    uint32_t indices[INDICES_MAX];
    uint32_t delivered_indices[INDICES_MAX];
    struct sched_action extra[EXTRA_MAX];
    uint32_t extra_first;
    uint32_t extra_count;
    uint32_t is_seen; /* a submit has come */
};

extern sched_entry_fn core_entry;

static int
is(const struct tamper *t, const char *what)
{
    return strcmp(t->what, what) == 0;
}

/* what_take - copies the overrides but for ours */
static uint32_t
what_take(const struct sched_config *config, struct sched_override *kept,
          char *what)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < config->overrides_count; i++) {
        if (strcmp(config->overrides[i].path, "option.tamper") == 0) {
            strncpy(what, config->overrides[i].value, TEXT_MAX - 1);
        } else {
            kept[n++] = config->overrides[i];
        }
    }
    return n;
}

static int32_t
tamper_create(const struct sched_config *config, struct sched_created *created)
{
    const struct sched_allocator *a = &config->allocator;
    struct sched_override kept[32];
    struct sched_config forwarded = *config;
    struct tamper *t = a->allocate(a->context, sizeof *t);

    if (t == NULL) {
        return SCHED_ERR_MEMORY;
    }
    memset(t, 0, sizeof *t);
    t->core = core_entry();
    t->allocator = *a;
    forwarded.overrides = kept;
    forwarded.overrides_count = what_take(config, kept, t->what);
    int32_t status = t->core->create(&forwarded, created);
    t->self = created->self;
    if (is(t, "no-memory") || is(t, "needs-text")) {
        t->core->destroy(t->self);
        status = is(t, "no-memory") ? SCHED_ERR_MEMORY : SCHED_TEXT_NEEDED;
        strcpy(created->needed_name, "missing.cnf");
    }
    if (status != SCHED_OK) {
        a->release(a->context, t, sizeof *t);
        return status;
    }
    created->self = t;
    return SCHED_OK;
}

static void
tamper_destroy(void *self)
{
    struct tamper *t = self;
    const struct sched_allocator a = t->allocator;

    t->core->destroy(t->self);
    a.release(a.context, t, sizeof *t);
}

/* ends_with - whether a path's last part is this one */
static int
ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

/* lie - about maxjobs, threads, backoff, notices of tcp_local */
static void
lie(const struct tamper *t, struct sched_setting *row)
{
    if (strncmp(row->path, "channel.tcp_local.", 18) != 0) {
        return;
    }
    if ((is(t, "jobs") && ends_with(row->path, ".maxjobs")) ||
        (is(t, "threads") && ends_with(row->path, ".max_client_threads"))) {
        row->numbers[0] = 1;
    }
    for (uint32_t i = 0; i < row->numbers_count; i++) {
        if ((is(t, "early") && ends_with(row->path, "normalbackoff")) ||
            (is(t, "notices") && ends_with(row->path, "normalnotices"))) {
            row->numbers[i] *= 2;
        }
    }
}

static int32_t
tamper_describe(const void *self, uint32_t index, struct sched_setting *row)
{
    const struct tamper *t = self;
    const int32_t status = t->core->describe(t->self, index, row);

    lie(t, row);
    return status;
}

/* extra - one more action, for the forger's account */
static struct sched_action *
extra(struct tamper *t, uint32_t kind)
{
    struct sched_action *action =
        &t->extra[(t->extra_first + t->extra_count++) % EXTRA_MAX];

    memset(action, 0, sizeof *action);
    action->kind = kind;
    action->action = OWN | ++t->number;
    return action;
}

static int32_t
tamper_event(void *self, int64_t now_ns, const struct sched_event *event)
{
    struct tamper *t = self;

    t->now_ns = now_ns;
    t->is_seen |= event->kind == SCHED_EVENT_SUBMIT;
    if (event->kind == SCHED_EVENT_REFUSED &&
        (event->u.refused.action & OWN) != 0) {
        return SCHED_OK;
    }
    if (event->kind == SCHED_EVENT_OUTCOME && is(t, "event-error")) {
        return SCHED_ERR_BUG;
    }
    if (event->kind == SCHED_EVENT_OUTCOME && is(t, "twice")) {
        extra(t, SCHED_ACTION_DELIVER)->u.deliver = t->delivered;
    }
    return t->core->event(t->self, now_ns, event);
}

/* after_create - what the forger adds to a new file */
static void
after_create(struct tamper *t, const struct sched_create *create)
{
    if (is(t, "create-again")) {
        extra(t, SCHED_ACTION_CREATE)->u.create = *create;
    } else if (is(t, "reject-late")) {
        extra(t, SCHED_ACTION_REJECT)->u.reject.message = create->message;
    } else if (is(t, "hold-twice")) {
        for (int i = 0; i < 2; i++) {
            struct sched_action *hold = extra(t, SCHED_ACTION_HOLD);
            hold->u.file.message = create->message;
            hold->u.file.file = create->file;
        }
    } else if (is(t, "ghost-file")) {
        extra(t, SCHED_ACTION_RETURN)->u.file.message = 1000000;
    } else if (is(t, "ghost-job")) {
        extra(t, SCHED_ACTION_STOP_JOB)->u.job.job = 77;
        extra(t, SCHED_ACTION_STOP_THREAD)->u.thread.job = 77;
    } else if (is(t, "job-number")) {
        extra(t, SCHED_ACTION_START_JOB)->u.job.job = 77;
    } else if (is(t, "thread-nowhere")) {
        extra(t, SCHED_ACTION_START_THREAD)->u.thread.job = 77;
    } else if (is(t, "unknown")) {
        extra(t, 99);
    }
}

/* after_deliver - what the forger does to a file that is being tried */
static void
after_deliver(struct tamper *t, const struct sched_deliver *deliver)
{
    if (is(t, "rewrite-busy") || is(t, "rewrite-far")) {
        struct sched_rewrite *rewrite =
            &extra(t, SCHED_ACTION_REWRITE)->u.rewrite;
        rewrite->message = deliver->message;
        rewrite->file = deliver->file;
        rewrite->new_file = deliver->file + 1;
        rewrite->recipients = t->indices;
        rewrite->recipients_count = deliver->recipients_count;
        t->indices[0] = is(t, "rewrite-far") ? UINT32_MAX : t->indices[0];
    } else if (is(t, "return-busy")) {
        struct sched_action *give_up = extra(t, SCHED_ACTION_RETURN);
        give_up->u.file.message = deliver->message;
        give_up->u.file.file = deliver->file;
    } else if (is(t, "stop-busy")) {
        struct sched_action *stop = extra(t, SCHED_ACTION_STOP_THREAD);
        stop->u.thread.job = deliver->job;
        stop->u.thread.thread = deliver->thread;
    } else if (is(t, "deliver-busy")) {
        extra(t, SCHED_ACTION_DELIVER)->u.deliver = *deliver;
    }
}

/* keep - an action whose buffers the core will use again */
static void
keep(struct tamper *t, const struct sched_action *action,
     const uint32_t *indices, uint32_t count)
{
    t->last = *action;
    for (uint32_t i = 0; i < count && i < INDICES_MAX; i++) {
        t->indices[i] = indices[i];
    }
}

/* forge - changes what the core wants, or adds to it */
static void
forge(struct tamper *t, struct sched_action *action)
{
    struct sched_create *create = &action->u.create;

    if (action->kind == SCHED_ACTION_CREATE) {
        keep(t, action, create->recipients, create->recipients_count);
        t->last.u.create.recipients = t->indices;
        after_create(t, &t->last.u.create);
        if (is(t, "priority") && create->priority <= 2) {
            create->priority = 2 - create->priority;
        }
        if (is(t, "lose") && create->recipients_count > 1) {
            create->recipients_count--;
        }
        create->host += is(t, "wrong-host") ? 1 : 0;
        create->channel = is(t, "wrong-channel") ? 0 : create->channel;
        if (is(t, "create-far")) {
            t->indices[0] = 1000;
            create->recipients = t->indices;
        }
    } else if (action->kind == SCHED_ACTION_DELIVER) {
        keep(t, action, action->u.deliver.recipients,
             action->u.deliver.recipients_count);
        t->last.u.deliver.recipients = t->indices;
        action->u.deliver.host += is(t, "deliver-host") ? 1 : 0;
        memcpy(t->delivered_indices, t->indices, sizeof t->indices);
        t->delivered = t->last.u.deliver;
        t->delivered.recipients = t->delivered_indices;
        after_deliver(t, &t->last.u.deliver);
    }
}

static int32_t
tamper_next(void *self, struct sched_action *action)
{
    struct tamper *t = self;

    if (is(t, "next-error") && t->is_seen) {
        return SCHED_ERR_BUG;
    }
    if (is(t, "babble") && t->is_seen && t->extra_count == 0) {
        extra(t, SCHED_ACTION_STOP_JOB)->u.job.job = 77;
    }
    if (t->extra_count > 0) {
        *action = t->extra[t->extra_first];
        t->extra_first = (t->extra_first + 1) % EXTRA_MAX;
        t->extra_count--;
        return SCHED_OK;
    }
    const int32_t status = t->core->next(t->self, action);
    if (status == SCHED_OK) {
        forge(t, action);
    }
    if (action->kind == SCHED_ACTION_NONE && is(t, "wakes") && t->is_seen) {
        action->u.wake_at_ns = t->now_ns;
    }
    if (action->kind == SCHED_ACTION_NONE && is(t, "wakes-past") &&
        t->now_ns > 0) {
        action->u.wake_at_ns = t->now_ns - 1;
        strcpy(t->what, "none"); /* once: it is answered with now */
    }
    return status;
}

static const struct sched_object object = {
    .magic = SCHED_ABI_MAGIC,
    .struct_size = sizeof object,
    .abi_major = SCHED_ABI_MAJOR,
    .abi_minor = SCHED_ABI_MINOR,
    .build = "test",
    .name = "tamper",
    .version = "1",
    .policy = TAMPER_POLICY,
    .create = tamper_create,
    .event = tamper_event,
    .next = tamper_next,
    .destroy = tamper_destroy,
    .describe = tamper_describe,
};

const struct sched_object *
sched_entry(void)
{
    return &object;
}
