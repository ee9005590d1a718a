/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * broken.h - objects that no host may start: one descriptor, one fault each
 *
 * BROKEN(...) defines sched_entry() for a good descriptor with these members
 * replaced; none of its functions is ever reached.
 */
#ifndef TESTS_SUPPORT_SCHEDULERS_BROKEN_H
#define TESTS_SUPPORT_SCHEDULERS_BROKEN_H

#include <stddef.h>

#include "scheduler/sched_abi.h"

static inline int32_t
broken_create(const struct sched_config *config, struct sched_created *created)
{
    (void)config;
    (void)created;
    return SCHED_ERR_BUG;
}

static inline int32_t
broken_event(void *self, int64_t now_ns, const struct sched_event *event)
{
    (void)self;
    (void)now_ns;
    (void)event;
    return SCHED_ERR_BUG;
}

static inline int32_t
broken_next(void *self, struct sched_action *action)
{
    (void)self;
    (void)action;
    return SCHED_ERR_BUG;
}

static inline void
broken_destroy(void *self)
{
    (void)self;
}

static inline int32_t
broken_describe(const void *self, uint32_t index, struct sched_setting *setting)
{
    (void)self;
    (void)index;
    (void)setting;
    return SCHED_END;
}

#define BROKEN(MAGIC, SIZE, MAJOR, POLICY, DESCRIBE)                           \
    static const struct sched_object object = {                                \
        .magic = MAGIC,                                                        \
        .struct_size = SIZE,                                                   \
        .abi_major = MAJOR,                                                    \
        .build = "test",                                                       \
        .name = "broken",                                                      \
        .version = "1",                                                        \
        .policy = POLICY,                                                      \
        .create = broken_create,                                               \
        .event = broken_event,                                                 \
        .next = broken_next,                                                   \
        .destroy = broken_destroy,                                             \
        .describe = DESCRIBE,                                                  \
    };                                                                         \
    const struct sched_object *sched_entry(void)                               \
    {                                                                          \
        return &object;                                                        \
    }

#endif
