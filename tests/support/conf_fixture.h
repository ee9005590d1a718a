/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf_fixture.h - a configuration loaded from strings, for tests
 *
 * Counts what is allocated, can let the n-th allocation fail, and fails the
 * test if anything is left when it is freed.
 */
#ifndef TESTS_SUPPORT_CONF_FIXTURE_H
#define TESTS_SUPPORT_CONF_FIXTURE_H

#include <stdint.h>

#include "scheduler/core/conf.h"

enum {
    CONF_FIXTURE_TEXTS_MAX = 8,
    CONF_FIXTURE_OVERRIDES_MAX = 8,
    CONF_FIXTURE_MESSAGES_SIZE = 16384
};

/* One pool, and a program for every channel. */
#define CONF_FIXTURE_JOBS                                                      \
    "[POOL=DEFAULT]\n"                                                         \
    "job_limit=10\n"                                                           \
    "[CHANNEL=*]\n"                                                            \
    "master_command=bin/deliver\n"

struct conf_fixture {
    struct conf *conf;
    struct sched_created created;
    struct sched_text texts[CONF_FIXTURE_TEXTS_MAX];
    struct sched_override overrides[CONF_FIXTURE_OVERRIDES_MAX];
    uint32_t texts_count;
    uint32_t overrides_count;
    uint32_t is_strict;
    uint32_t allocations_count;
    uint32_t fail_at; /* this allocation, from 1; 0: none */
    int64_t live_bytes;
    char messages[CONF_FIXTURE_MESSAGES_SIZE];
};

/* Nothing but imta.cnf and job_controller.cnf; NULL leaves one out. */
void conf_fixture_init(struct conf_fixture *fixture, const char *channels,
                       const char *jobs);
void conf_fixture_text(struct conf_fixture *fixture, uint32_t role,
                       const char *name, const char *text);
void conf_fixture_override(struct conf_fixture *fixture, const char *path,
                           const char *value);
/* conf_new() on all that; its answer. */
int32_t conf_fixture_load(struct conf_fixture *fixture);
/* The same; fails the test unless it was accepted. */
void conf_fixture_must_load(struct conf_fixture *fixture);
void conf_fixture_free(struct conf_fixture *fixture);

/* The counting allocator itself. */
void conf_fixture_allocator(struct conf_fixture *fixture,
                            struct sched_allocator *allocator);

/* Fails the test if there is none. */
const struct conf_channel *conf_fixture_channel(
    const struct conf_fixture *fixture, const char *name);
struct sched_setting conf_fixture_setting(const struct conf_fixture *fixture,
                                          const char *path);

#endif
