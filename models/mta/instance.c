/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instance.c - the scheduler's instance: configured, described, replaced
 */
#include <stdlib.h>
#include <string.h>

#include "models/mta/recording.h"
#include "models/mta/world.h"

static void *
allocate(void *context, uint64_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

/* config_texts - the seam's view of the texts; to be freed */
static struct sched_text *
config_texts(const struct mta_params *params)
{
    struct sched_text *texts =
        base_alloc(params->texts_count * sizeof texts[0]);

    for (uint32_t i = 0; i < params->texts_count; i++) {
        texts[i] = (struct sched_text){
            .name = params->texts[i].name,
            .bytes = params->texts[i].bytes,
            .bytes_size = params->texts[i].bytes_size,
            .role = params->texts[i].role,
        };
    }
    return texts;
}

static struct sched_override *
config_overrides(const struct mta_params *params)
{
    struct sched_override *overrides =
        base_alloc(params->overrides_count * sizeof overrides[0]);

    for (uint32_t i = 0; i < params->overrides_count; i++) {
        overrides[i] = (struct sched_override){params->overrides[i].path,
                                               params->overrides[i].value,
                                               params->overrides[i].where};
    }
    return overrides;
}

/* created_report - passes on what the scheduler says of its configuration */
static bool
created_report(struct host *host, int32_t status,
               const struct sched_created *created)
{
    const struct src_loc where = {host->params->scheduler_path, 0, 0};

    if (created->messages[0] != '\0') {
        diag_append(host->diag, created->messages, created->errors_count,
                    created->warnings_count);
    }
    if (status == SCHED_OK) {
        return true;
    }
    if (status == SCHED_TEXT_NEEDED) {
        diag_error(host->diag, where,
                   "expected the file \"%s\", which the configuration "
                   "includes; put it beside imta.cnf",
                   created->needed_name);
    } else if (created->errors_count == 0) {
        diag_error(host->diag, where,
                   "the scheduler could not be created: status %d", status);
    }
    return false;
}

bool
instance_create(struct host *host)
{
    enum { MESSAGES_SIZE = 1 << 16 };
    const struct mta_params *params = host->params;
    struct sched_text *texts = config_texts(params);
    struct sched_override *overrides = config_overrides(params);
    struct sched_created created = {.messages = base_alloc(MESSAGES_SIZE),
                                    .messages_size = MESSAGES_SIZE};
    const struct sched_config config = {
        .texts = texts,
        .overrides = overrides,
        .texts_count = params->texts_count,
        .overrides_count = params->overrides_count,
        .allocator = {NULL, allocate, release},
        .now_ns = host->evq == NULL ? 0 : host_now_ns(host),
        .wall_offset_ns = params->start_wall_ns,
        .is_strict = params->is_strict,
    };

    int32_t status = host->object.table->create(&config, &created);
    bool is_good = created_report(host, status, &created);
    host->self = is_good ? created.self : NULL;
    if (is_good) {
        recording_begin(record_recording(&host->record), host->object.table,
                        &config);
    }
    free(created.messages);
    free(texts);
    free(overrides);
    return is_good;
}

void
instance_tell(const struct host *host)
{
    const struct mta_observer *observer = host->params->observer;
    struct sched_setting row;

    if (observer == NULL || observer->setting == NULL) {
        return;
    }
    for (uint32_t i = 0;; i++) {
        memset(&row, 0, sizeof row);
        if (host->object.table->describe(host->self, i, &row) != SCHED_OK) {
            return;
        }
        observer->setting(observer->context, row.path, row.value, row.unit,
                          row.origin, row.help);
    }
}

void
instance_destroy(struct host *host)
{
    jobs_kill(host);
    spool_orphan(host);
    oracle_restarted(host->oracle);
    evq_cancel(host->evq, host->wake);
    host->wake_at_ns = INT64_MAX;
    host->wish_at_ns = INT64_MAX;
    recording_end(record_recording(&host->record), host_now_ns(host));
    host->object.table->destroy(host->self);
    host->self = NULL;
    host->is_down = true;
}

void
instance_replace(struct host *host)
{
    if (!instance_create(host) ||
        !settings_refresh(&host->settings, host->object.table, host->self,
                          host->params->scheduler_path, host->diag)) {
        host->has_failed = true;
        evq_stop(host->evq);
        return;
    }
    host->is_down = false;
    host->life++;
    oracle_changed(host->oracle, host->settings.is_host_open);
    host_pull(host);
    enqueue_resume(host);
}
