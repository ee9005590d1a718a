/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sloppy.c - the Job Controller in bad hands, for tests of the conformance
 *
 * Forwards everything to the real scheduler (see tamper.c) and is careless in
 * one way, named by the override "option.sloppy": with memory, with what it
 * answers, with state outside the instance.
 */
#include <stdlib.h>
#include <string.h>

#include "scheduler/sched_abi.h"

enum { WHAT_SIZE = 16, NOISE_SIZE = 64 };

struct sloppy {
    const struct sched_object *core;
    void *self;
    struct sched_allocator allocator;
    uint8_t *noise; /* never initialised */
    char what[WHAT_SIZE];
    uint64_t number; /* of all instances there ever were */
    uint64_t events_count;
    uint32_t lost_count;
};

/* State outside every instance: what no scheduler may have. */
static uint64_t wakes_of_all;
static uint64_t instances_of_all;

extern sched_entry_fn core_entry;

static int
is(const struct sloppy *s, const char *what)
{
    return strcmp(s->what, what) == 0;
}

/* what_take - the overrides but for ours */
static uint32_t
what_take(const struct sched_config *config, struct sched_override *kept,
          char *what)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < config->overrides_count; i++) {
        if (strcmp(config->overrides[i].path, "option.sloppy") == 0) {
            strncpy(what, config->overrides[i].value, WHAT_SIZE - 1);
        } else {
            kept[n++] = config->overrides[i];
        }
    }
    return n;
}

static int32_t
sloppy_create(const struct sched_config *config, struct sched_created *created)
{
    const struct sched_allocator *a = &config->allocator;
    struct sched_override kept[32];
    struct sched_config forwarded = *config;
    struct sloppy *s = a->allocate(a->context, sizeof *s);

    if (s == NULL) {
        return SCHED_ERR_MEMORY;
    }
    memset(s, 0, sizeof *s);
    s->number = ++instances_of_all;
    s->core = core_entry();
    s->allocator = *a;
    s->noise = a->allocate(a->context, NOISE_SIZE);
    forwarded.overrides = kept;
    forwarded.overrides_count = what_take(config, kept, s->what);
    const int32_t status = s->noise == NULL
                               ? SCHED_ERR_MEMORY
                               : s->core->create(&forwarded, created);
    s->self = created->self;
    if (status != SCHED_OK) {
        if (s->noise != NULL && !is(s, "leak-error")) {
            a->release(a->context, s->noise, NOISE_SIZE);
        }
        if (is(s, "mute")) {
            created->errors_count = 0;
        }
        a->release(a->context, s, sizeof *s);
        return status;
    }
    created->self = s;
    return SCHED_OK;
}

static void
sloppy_destroy(void *self)
{
    struct sloppy *s = self;
    const struct sched_allocator a = s->allocator;

    s->core->destroy(s->self);
    if (is(s, "overrun")) {
        s->noise[NOISE_SIZE] ^= 0xff;
    }
    if (!is(s, "leak")) {
        a.release(a.context, s->noise, NOISE_SIZE - (is(s, "size") ? 16 : 0));
    }
    a.release(a.context, s, sizeof *s);
}

static int32_t
sloppy_describe(const void *self, uint32_t index, struct sched_setting *row)
{
    const struct sloppy *s = self;
    const int32_t status = s->core->describe(s->self, index, row);

    if (is(s, "describe") && index == 0) {
        row->numbers[1] = (int64_t)s->number;
    }
    return status;
}

static int32_t
sloppy_event(void *self, int64_t now_ns, const struct sched_event *event)
{
    struct sloppy *s = self;

    wakes_of_all += event->kind == SCHED_EVENT_WAKE;
    s->events_count++;
    if (event->kind == SCHED_EVENT_OUTCOME && is(s, "crash")) {
        abort();
    }
    if (event->kind == SCHED_EVENT_OUTCOME && is(s, "exit")) {
        exit(0);
    }
    for (volatile int i = 1; i != 0 && is(s, "hang");) {
    }
    if (event->kind == SCHED_EVENT_REFUSED && is(s, "deaf")) {
        return SCHED_OK;
    }
    if (event->kind == SCHED_EVENT_SUBMIT && is(s, "dirty")) {
        /* It takes memory after it has changed what it can tell. */
        void *late = s->allocator.allocate(s->allocator.context, 16);
        s->lost_count++;
        if (late == NULL) {
            return SCHED_ERR_MEMORY;
        }
        s->allocator.release(s->allocator.context, late, 16);
    }
    const int32_t status = s->core->event(s->self, now_ns, event);
    if (status == SCHED_ERR_ARGUMENT && is(s, "content")) {
        return SCHED_OK;
    }
    s->lost_count += status == SCHED_ERR_ARGUMENT && is(s, "smeared");
    return status;
}

/* later - a wish that a fault moves: nothing a law forbids */
static void
later(const struct sloppy *s, struct sched_action *action)
{
    int64_t *wish_ns = &action->u.wake_at_ns;

    if (*wish_ns == SCHED_NEVER) {
        return;
    }
    if (is(s, "forgetful")) {
        *wish_ns = SCHED_NEVER;
    } else if (is(s, "global")) {
        *wish_ns += (int64_t)(wakes_of_all % 2);
    } else if (is(s, "noise")) {
        *wish_ns += s->noise[0];
    }
}

static int32_t
sloppy_next(void *self, struct sched_action *action)
{
    struct sloppy *s = self;
    const int32_t status = s->core->next(s->self, action);

    if (status == SCHED_OK && action->kind == SCHED_ACTION_NONE) {
        later(s, action);
    }
    return status;
}

static uint64_t
sloppy_digest(const void *self)
{
    const struct sloppy *s = self;
    uint64_t digest = s->core->state_digest(s->self) + s->lost_count;

    return is(s, "digest") ? digest ^ (uint64_t)(uintptr_t)s : digest;
}

static int32_t
sloppy_check(const void *self, char *text, uint64_t text_size)
{
    const struct sloppy *s = self;

    if (is(s, "check") && s->events_count > 20) {
        strncpy(text, "the spoon is bent", text_size - 1);
        return SCHED_ERR_BUG;
    }
    return s->core->check(s->self, text, text_size);
}

static const struct sched_object object = {
    .magic = SCHED_ABI_MAGIC,
    .struct_size = sizeof object,
    .abi_major = SCHED_ABI_MAJOR,
    .abi_minor = SCHED_ABI_MINOR,
    .build = "test",
    .name = "sloppy",
    .version = "1",
    .policy = "",
    .create = sloppy_create,
    .event = sloppy_event,
    .next = sloppy_next,
    .destroy = sloppy_destroy,
    .describe = sloppy_describe,
    .state_digest = sloppy_digest,
    .check = sloppy_check,
};

const struct sched_object *
sched_entry(void)
{
    return &object;
}
