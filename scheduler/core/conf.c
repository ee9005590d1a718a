/* SPDX-License-Identifier: MIT */
/*
 * conf.c - see conf.h
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

/* read_all - texts, then overrides, then what follows from them */
static void
read_all(struct conf_build *build)
{
    struct conf *conf = build->conf;

    conf_read_channels(build);
    if (build->status == SCHED_OK) {
        conf_read_jobs(build);
    }
    if (build->status == SCHED_OK) {
        conf_read_options(build);
    }
    if (build->status != SCHED_OK) {
        return;
    }
    conf_apply_sections(build);
    for (uint32_t i = 0; i < build->config->overrides_count; i++) {
        conf_override_apply(build, &build->config->overrides[i]);
    }
    conf->channels = conf_memory_take(
        &conf->memory, conf->channels_count * sizeof *conf->channels);
    conf->pools = conf_memory_take(&conf->memory,
                                   conf->pools_count * sizeof *conf->pools);
    if (!conf->channels || !conf->pools) {
        build->status = SCHED_ERR_MEMORY;
    }
    if (build->status == SCHED_OK) {
        conf_resolve(build, true);
    }
    conf->sections = NULL; /* their patterns lie in the host's texts */
    conf->last_section = NULL;
}

int32_t
conf_new(const struct sched_config *config, struct sched_created *created,
         struct conf **conf)
{
    struct conf_memory memory;
    struct conf_build build = {.config = config,
                               .is_strict = config->is_strict != 0};

    *conf = NULL;
    conf_say_init(&build.say, created);
    created->needed_role = 0;
    created->needed_name[0] = '\0';
    conf_memory_init(&memory, &config->allocator);
    build.conf = conf_memory_take(&memory, sizeof *build.conf);
    if (!build.conf) {
        return SCHED_ERR_MEMORY;
    }
    build.conf->memory = memory;
    read_all(&build);
    if (build.status == SCHED_OK && created->errors_count > 0) {
        build.status = SCHED_ERR_CONFIGURATION;
    }
    if (build.status != SCHED_OK) {
        conf_free(build.conf);
        return build.status;
    }
    *conf = build.conf;
    return SCHED_OK;
}

void
conf_free(struct conf *conf)
{
    if (conf) {
        struct conf_memory memory = conf->memory; /* conf itself lies in it */

        conf_memory_free(&memory);
    }
}

/* --- Live changes ----------------------------------------------------------- */

/* What a change may touch, kept until it is accepted. */
struct snapshot {
    struct conf_options options;
    struct conf_value globals[CONF_KEYS_COUNT];
    unsigned char arrays[]; /* drafts, channels, pool drafts, pools */
};

static uint64_t
snapshot_bytes(const struct conf *conf)
{
    return sizeof(struct snapshot) +
           conf->channels_count *
               (sizeof *conf->drafts[0] + sizeof *conf->channels) +
           conf->pools_count *
               (sizeof *conf->pool_drafts[0] + sizeof *conf->pools);
}

/* part_copy - to the snapshot at `at`, or back; what stands behind it there */
static unsigned char *
part_copy(void *here, unsigned char *at, uint64_t bytes, bool is_back)
{
    memcpy(is_back ? here : at, is_back ? at : here, bytes);
    return at + bytes;
}

/* snapshot_copy - into the snapshot, or back */
static void
snapshot_copy(struct conf *conf, struct snapshot *snapshot, bool is_back)
{
    unsigned char *at = snapshot->arrays;

    if (is_back) {
        conf->options = snapshot->options;
        memcpy(conf->globals, snapshot->globals, sizeof conf->globals);
    } else {
        snapshot->options = conf->options;
        memcpy(snapshot->globals, conf->globals, sizeof conf->globals);
    }
    for (uint32_t i = 0; i < conf->channels_count; i++) {
        at = part_copy(conf->drafts[i], at, sizeof *conf->drafts[i], is_back);
        at = part_copy(&conf->channels[i], at, sizeof conf->channels[i],
                       is_back);
    }
    for (uint32_t i = 0; i < conf->pools_count; i++) {
        at = part_copy(conf->pool_drafts[i], at, sizeof *conf->pool_drafts[i],
                       is_back);
        at = part_copy(&conf->pools[i], at, sizeof conf->pools[i], is_back);
    }
}

/* change - makes it; what it says decides nothing but its errors */
static int32_t
change(struct conf *conf, const struct sched_override *override,
       struct sched_created *created)
{
    struct conf_build build = {.conf = conf};

    conf_say_init(&build.say, created);
    if (!conf_override_apply(&build, override)) {
        return build.status == SCHED_OK ? SCHED_ERR_CONFIGURATION
                                        : build.status;
    }
    conf_resolve(&build, false);
    return created->errors_count == 0 ? SCHED_OK : SCHED_ERR_CONFIGURATION;
}

static int32_t
set(struct conf *conf, const struct sched_override *override,
    struct sched_created *created, conf_accept_fn *accept, void *arg)
{
    const struct sched_allocator *allocator = &conf->memory.allocator;
    const uint64_t bytes = snapshot_bytes(conf);
    struct snapshot *snapshot = allocator->allocate(allocator->context, bytes);

    if (snapshot == NULL) {
        return SCHED_ERR_MEMORY;
    }
    snapshot_copy(conf, snapshot, false);
    int32_t status = change(conf, override, created);
    if (status == SCHED_OK && accept != NULL) {
        status = accept(arg);
    }
    if (status != SCHED_OK) {
        snapshot_copy(conf, snapshot, true);
    }
    allocator->release(allocator->context, snapshot, bytes);
    return status;
}

int32_t
conf_set(struct conf *conf, const char *path, const char *value,
         struct sched_created *created)
{
    struct sched_created unheard = {.messages = NULL};
    const struct sched_override override = {path, value, "live"};

    return set(conf, &override, created ? created : &unheard, NULL, NULL);
}

int32_t
conf_set_if(struct conf *conf, const char *path, const char *value,
            conf_accept_fn *accept, void *arg)
{
    struct sched_created unheard = {.messages = NULL};
    const struct sched_override override = {path, value, "live"};

    return set(conf, &override, &unheard, accept, arg);
}

uint32_t
conf_channels_count(const struct conf *conf)
{
    return conf->channels_count;
}

const struct conf_channel *
conf_channel(const struct conf *conf, uint32_t index)
{
    return &conf->channels[index];
}

uint32_t
conf_pools_count(const struct conf *conf)
{
    return conf->pools_count;
}

const struct conf_pool *
conf_pool(const struct conf *conf, uint32_t index)
{
    return &conf->pools[index];
}

const struct conf_options *
conf_options(const struct conf *conf)
{
    return &conf->options;
}
