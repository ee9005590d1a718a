/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf_fixture.c - see conf_fixture.h
 */
#include "tests/support/conf_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void *
allocate(void *context, uint64_t bytes)
{
    struct conf_fixture *fixture = context;

    if (++fixture->allocations_count == fixture->fail_at) {
        return NULL;
    }
    fixture->live_bytes += (int64_t)bytes;
    return malloc(bytes); /* aligned to 16 on the machines we run on */
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    struct conf_fixture *fixture = context;

    fixture->live_bytes -= (int64_t)bytes;
    free(memory);
}

void
conf_fixture_init(struct conf_fixture *fixture, const char *channels,
                  const char *jobs)
{
    memset(fixture, 0, sizeof *fixture);
    if (channels) {
        conf_fixture_text(fixture, SCHED_TEXT_CHANNELS, "imta.cnf", channels);
    }
    if (jobs) {
        conf_fixture_text(fixture, SCHED_TEXT_JOBS, "job_controller.cnf", jobs);
    }
}

void
conf_fixture_text(struct conf_fixture *fixture, uint32_t role, const char *name,
                  const char *text)
{
    assert_true(fixture->texts_count < CONF_FIXTURE_TEXTS_MAX);
    fixture->texts[fixture->texts_count++] = (struct sched_text){
        .name = name, .bytes = text, .bytes_size = strlen(text), .role = role};
}

void
conf_fixture_override(struct conf_fixture *fixture, const char *path,
                      const char *value)
{
    assert_true(fixture->overrides_count < CONF_FIXTURE_OVERRIDES_MAX);
    fixture->overrides[fixture->overrides_count++] =
        (struct sched_override){path, value, "--set"};
}

void
conf_fixture_allocator(struct conf_fixture *fixture,
                       struct sched_allocator *allocator)
{
    *allocator = (struct sched_allocator){fixture, allocate, release};
}

int32_t
conf_fixture_load(struct conf_fixture *fixture)
{
    struct sched_config config = {
        .texts = fixture->texts,
        .texts_count = fixture->texts_count,
        .overrides = fixture->overrides,
        .overrides_count = fixture->overrides_count,
        .allocator = {fixture, allocate, release},
        .is_strict = fixture->is_strict,
    };

    fixture->created =
        (struct sched_created){.messages = fixture->messages,
                               .messages_size = sizeof fixture->messages};
    return conf_new(&config, &fixture->created, &fixture->conf);
}

void
conf_fixture_must_load(struct conf_fixture *fixture)
{
    int32_t status = conf_fixture_load(fixture);

    if (status != SCHED_OK) {
        fail_msg("not loaded (%d):\n%s", status, fixture->messages);
    }
}

void
conf_fixture_free(struct conf_fixture *fixture)
{
    conf_free(fixture->conf);
    fixture->conf = NULL;
    assert_int_equal(fixture->live_bytes, 0);
}

const struct conf_channel *
conf_fixture_channel(const struct conf_fixture *fixture, const char *name)
{
    for (uint32_t i = 0; i < conf_channels_count(fixture->conf); i++) {
        const struct conf_channel *channel = conf_channel(fixture->conf, i);

        if (!strcmp(channel->name, name)) {
            return channel;
        }
    }
    fail_msg("no channel %s", name);
    return conf_channel(fixture->conf, 0);
}

struct sched_setting
conf_fixture_setting(const struct conf_fixture *fixture, const char *path)
{
    struct sched_setting row = {.owner = 0};

    for (uint32_t i = 0; conf_describe(fixture->conf, i, &row) == SCHED_OK;
         i++) {
        if (!strcmp(row.path, path)) {
            return row;
        }
    }
    fail_msg("no row %s", path);
    return row;
}
