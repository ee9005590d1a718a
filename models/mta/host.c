/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.c - the turn: an event goes in, actions come out until none is left
 *
 * The wake is kept as one pending event. When the scheduler wishes for an
 * earlier one it is moved; when it wishes for a later one, the pending wake is
 * left where it is and, when it fires too early, set anew without telling
 * anybody: wishes change often, wakes are few.
 */
#include "models/mta/host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/recording.h"
#include "models/mta/world.h"

/* A scheduler that asks for this many wakes one after the other, with no other
 * event and no action between, is going round in circles: slices are 1,000
 * files, so this is a queue of 10^9. */
#define IDLE_WAKES_MAX 1000000u

/* Likewise one that gives this many actions in one turn: the most that an event
 * can ask for is a few for each recipient of a message. */
#define ACTIONS_A_TURN_MAX (4u * MAIL_RECIPIENTS_MAX)

void
host_fail(struct host *host, struct src_loc where, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    diag_error(host->diag, where, "%s", text);
    host->has_failed = true;
    evq_stop(host->evq);
}

/* scheduler_failed - an answer that no legal event can have */
static void
scheduler_failed(struct host *host, const char *what, int32_t status)
{
    const struct src_loc where = {host->params->scheduler_path, 0, 0};

    host_fail(host, where,
              "%s answered %d at %" PRId64 " ns; run `mtasim doctor` on it",
              what, status, host_now_ns(host));
}

/* action_do - carries out one action. False: refused. */
static bool
action_do(struct host *host, const struct sched_action *action,
          uint32_t *reason)
{
    switch ((enum sched_action_kind)action->kind) {
    case SCHED_ACTION_CREATE:
        return spool_create(host, &action->u.create, reason);
    case SCHED_ACTION_REJECT:
        return spool_reject(host, &action->u.reject, reason);
    case SCHED_ACTION_START_JOB:
        return jobs_start(host, &action->u.job, reason);
    case SCHED_ACTION_STOP_JOB:
        return jobs_stop(host, &action->u.job, reason);
    case SCHED_ACTION_START_THREAD:
        return jobs_thread_start(host, &action->u.thread, reason);
    case SCHED_ACTION_STOP_THREAD:
        return jobs_thread_stop(host, &action->u.thread, reason);
    case SCHED_ACTION_DELIVER:
        return delivery_start(host, &action->u.deliver, reason);
    case SCHED_ACTION_REWRITE:
        return spool_rewrite(host, &action->u.rewrite, reason);
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_RETURN:
    case SCHED_ACTION_WARN:
        return spool_file(host, action, reason);
    case SCHED_ACTION_NOTIFY:
        return service_notify(host, &action->u.file, reason);
    case SCHED_ACTION_SCAN:
        return scan_start(host, &action->u.scan, reason);
    case SCHED_ACTION_NONE:
        break;
    }
    *reason = SCHED_REFUSED_ILLEGAL;
    return false;
}

static void on_wake(void *arg, uint64_t data);

/* wish_note - the scheduler wants to be asked again at this instant */
static void
wish_note(struct host *host, int64_t at_ns)
{
    host->wish_at_ns = i64_max(at_ns, host_now_ns(host));
    if (host->wish_at_ns >= host->wake_at_ns ||
        host->wish_at_ns > host->params->horizon_ns) {
        return;
    }
    evq_cancel(host->evq, host->wake);
    host->wake_at_ns = host->wish_at_ns;
    host->wake =
        evq_push(host->evq, host->wake_at_ns, CLASS_WAKE, on_wake, host, 0);
}

void
host_pull(struct host *host)
{
    const struct src_loc where = {host->params->scheduler_path, 0, 0};
    struct sched_action action;

    for (uint32_t n = 0; !host->has_failed; n++) {
        if (n == ACTIONS_A_TURN_MAX) {
            host_fail(host, where,
                      "expected an end of actions, found %u after one event "
                      "at %" PRId64 " ns: the scheduler is going round in "
                      "circles",
                      n, host_now_ns(host));
            return;
        }
        memset(&action, 0, sizeof action);
        int32_t status = host->object.table->next(host->self, &action);
        if (status < 0) {
            scheduler_failed(host, "next", status);
            return;
        }
        if (action.kind == SCHED_ACTION_NONE) {
            recording_action(record_recording(&host->record), host_now_ns(host),
                             &action);
            wish_note(host, action.u.wake_at_ns);
            return;
        }
        host->result->actions++;
        record_action(&host->record, host_now_ns(host), &action);
        uint32_t reason = 0;
        if (!action_do(host, &action, &reason)) {
            struct sched_event refused = {.kind = SCHED_EVENT_REFUSED};
            refused.u.refused.action = action.action;
            refused.u.refused.reason = reason;
            record_event(&host->record, host_now_ns(host), &refused);
            host->result->events++;
            status = host->object.table->event(host->self, host_now_ns(host),
                                               &refused);
            if (status < 0) {
                scheduler_failed(host, "event", status);
            }
        }
    }
}

/* event_give - hands over an event, and takes what comes of it */
static inline int32_t
event_give(struct host *host, const struct sched_event *event)
{
    const int64_t now_ns = host_now_ns(host);

    ASSERT(!host->is_down);
    host->result->events++;
    record_event(&host->record, now_ns, event);
    int32_t status = host->object.table->event(host->self, now_ns, event);
    recording_status(record_recording(&host->record), status);
    if (status >= 0) {
        host_pull(host);
        oracle_check(host->oracle, now_ns);
        instant_after(host, event);
    }
    return status;
}

void
host_feed(struct host *host, const struct sched_event *event)
{
    if (host->has_failed) {
        return;
    }
    int32_t status = event_give(host, event);
    if (status < 0) {
        scheduler_failed(host, "event", status);
    }
}

int32_t
host_command(struct host *host, const struct sched_event *event)
{
    if (host->has_failed) {
        return SCHED_OK;
    }
    int32_t status = event_give(host, event);
    if (status < 0 && status != SCHED_ERR_ARGUMENT &&
        status != SCHED_ERR_UNSUPPORTED) {
        scheduler_failed(host, "event", status);
        return SCHED_OK;
    }
    return status;
}

static void
on_wake(void *arg, uint64_t data)
{
    struct host *host = arg;
    const int64_t now_ns = host_now_ns(host);
    const struct sched_event wake = {.kind = SCHED_EVENT_WAKE};

    (void)data;
    host->wake_at_ns = INT64_MAX;
    if (host->wish_at_ns > now_ns) { /* it has changed its mind since */
        wish_note(host, host->wish_at_ns);
        return;
    }
    host->wish_at_ns = INT64_MAX;
    const int64_t actions = host->result->actions;
    const bool is_next = host->result->events == host->wake_events;
    host_feed(host, &wake);
    host->wake_events = host->result->events;
    host->idle_wakes =
        is_next && host->result->actions == actions ? host->idle_wakes + 1 : 0;
    if (host->idle_wakes > IDLE_WAKES_MAX) {
        const struct src_loc where = {host->params->scheduler_path, 0, 0};
        host_fail(host, where,
                  "expected time to pass, found %u wakes asked for one after "
                  "the other, the last at %" PRId64
                  " ns: the scheduler is going round in circles",
                  IDLE_WAKES_MAX, now_ns);
    }
}

/* --- Building and running ----------------------------------------------- */

/* about_fill - who it is that decides in this run */
static void
about_fill(const struct object *object, struct mta_about *about)
{
    memcpy(about->sha256, object->sha256, sizeof about->sha256);
    snprintf(about->name, sizeof about->name, "%s", object->table->name);
    snprintf(about->version, sizeof about->version, "%s",
             object->table->version);
    snprintf(about->policy, sizeof about->policy, "%s", object->table->policy);
}

/* scheduler_load - the object, an instance of it, what it describes */
static bool
scheduler_load(struct host *host, struct mta_about *about)
{
    const struct mta_params *params = host->params;

    bool is_open =
        params->scheduler == NULL
            ? object_open(&host->object, params->scheduler_path, host->diag)
            : object_adopt(&host->object, params->scheduler,
                           params->scheduler_path, host->diag);
    if (!is_open) {
        return false;
    }
    about_fill(&host->object, about);
    if (!instance_create(host) ||
        !settings_read(&host->settings, host->object.table, host->self,
                       params->scheduler_path, host->diag)) {
        return false;
    }
    instance_tell(host);
    return true;
}

/* channel_default - for destinations that name no channel */
static uint32_t
channel_default(const struct host *host)
{
    const struct src_loc where = {"scenario", 0, 0};
    const char *name = host->params->default_channel;

    if (name != NULL) {
        uint32_t channel = settings_channel(&host->settings, name);
        if (channel == UINT32_MAX) {
            diag_error(host->diag, where,
                       "mta.default_channel: expected a channel of imta.cnf, "
                       "found \"%s\"",
                       name);
        }
        return channel;
    }
    /* The channel for all other hosts, by the product's own convention. */
    uint32_t local = settings_channel(&host->settings, "tcp_local");
    if (local != UINT32_MAX) {
        return local;
    }
    for (uint32_t i = 0; i < host->settings.programs_count; i++) {
        if (host->settings.programs[i].has_host_queues) {
            return i;
        }
    }
    return 0;
}

/* routes_resolve - channels by number; daemons as hosts */
static bool
routes_resolve(struct host *host)
{
    const struct mta_params *params = host->params;
    const uint32_t errors_before = host->diag->errors_count;
    const uint32_t fallback = channel_default(host);

    host->channel_of =
        base_alloc(params->destinations_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < params->destinations_count; i++) {
        const struct destination_params *to = &params->destinations[i];
        host->channel_of[i] =
            to->channel == NULL
                ? fallback
                : settings_channel(&host->settings, to->channel);
        if (host->channel_of[i] != UINT32_MAX &&
            host->settings.programs[host->channel_of[i]].is_service) {
            diag_error(host->diag, to->where,
                       "destinations.%s: expected a channel that delivers, "
                       "found %s, which only puts mail into other channels",
                       to->name,
                       host->settings.programs[host->channel_of[i]].name);
        }
        if (to->channel != NULL && host->channel_of[i] == UINT32_MAX) {
            diag_error(host->diag, to->where,
                       "destinations.%s.channel: expected a channel of "
                       "imta.cnf, found \"%s\"",
                       to->name, to->channel);
        }
    }
    host->daemon_host =
        base_alloc(host->settings.programs_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < host->settings.programs_count; i++) {
        const char *daemon = host->settings.programs[i].daemon;
        host->daemon_host[i] = daemon[0] == '\0'
                                   ? SCHED_NONE
                                   : directory_find(host->directory, daemon);
    }
    host->process = settings_channel(&host->settings, "process");
    if (params->notices_to != NULL) {
        host->notices_host =
            directory_first(host->directory, params->notices_to);
        if (host->process == SCHED_NONE) {
            diag_error(host->diag, params->notices_to->where,
                       "mta.notices_to: expected a channel named process in "
                       "imta.cnf, through which notices go, found none");
        }
    }
    return host->diag->errors_count == errors_before;
}

/* sources_open - every source of traffic */
static bool
sources_open(struct host *host)
{
    const struct mta_params *params = host->params;
    bool is_good = true;

    host->sources = base_alloc(params->traffic_count * sizeof host->sources[0]);
    for (uint32_t i = 0; i < params->traffic_count; i++) {
        host->sources[i].traffic =
            traffic_new(&params->traffic[i], host->directory, params->seed,
                        params->replication, params->horizon_ns, host->diag);
        is_good = is_good && host->sources[i].traffic != NULL;
    }
    return is_good;
}

/* world_build - everything around the scheduler */
static bool
world_build(struct host *host)
{
    const struct mta_params *params = host->params;
    const struct oracle_params oracle_params = {
        .programs = host->settings.programs,
        .pools = host->settings.pools,
        .programs_count = host->settings.programs_count,
        .pools_count = host->settings.pools_count,
        .is_policy = strcmp(host->object.table->policy, "jobctl") == 0,
        .is_host_open = host->settings.is_host_open,
    };

    host->evq = evq_new(EVQ_EVENTS_MAX);
    host->mail = mail_new(params->messages_max);
    host->directory =
        directory_new(params->destinations, params->destinations_count,
                      params->seed, params->replication);
    host->oracle = oracle_new(&oracle_params, host->mail);
    host->threads = slab_new(sizeof(struct thread), 1u << 24);
    host->starts_count =
        base_alloc(host->settings.programs_count * sizeof(uint64_t));
    host->process_start = chance_stream(params->seed, params->replication,
                                        "machine/process_start");
    host->thread_start = chance_stream(params->seed, params->replication,
                                       "machine/thread_start");
    host->per_message =
        chance_stream(params->seed, params->replication, "machine/per_message");
    circuit_begin(host);
    return routes_resolve(host) && sources_open(host);
}

/* violations_report - the oracle's findings as warnings */
static void
violations_report(struct host *host)
{
    const struct src_loc where = {host->params->scheduler_path, 0, 0};
    const int64_t count = oracle_violations_count(host->oracle);

    host->result->violations = count;
    for (uint32_t i = 0; i < count && i < ORACLE_KEPT_MAX; i++) {
        diag_warning(host->diag, where, "violation %s",
                     oracle_violation_text(host->oracle, i));
    }
}

static void
world_free(struct host *host)
{
    for (uint32_t i = 0;
         host->sources != NULL && i < host->params->traffic_count; i++) {
        traffic_free(host->sources[i].traffic);
    }
    circuit_end(host);
    jobs_free(host);
    enqueue_end(host);
    scan_end(host);
    free(host->sources);
    free(host->submit_recipients);
    free(host->starts_count);
    free(host->daemon_host);
    free(host->channel_of);
    free(host->group_of);
    free(host->mixed_hosts);
    oracle_free(host->oracle);
    directory_free(host->directory);
    if (host->threads != NULL) {
        slab_free(host->threads);
    }
    mail_free(host->mail);
    evq_free(host->evq);
    if (host->self != NULL) {
        host->object.table->destroy(host->self);
    }
    settings_free(&host->settings);
    object_close(&host->object);
}

bool
host_run(const struct mta_params *params, struct result *result,
         struct mta_about *about, struct diag *diag)
{
    struct host host = {.params = params,
                        .result = result,
                        .diag = diag,
                        .wish_at_ns = INT64_MAX,
                        .wake_at_ns = INT64_MAX,
                        .warned_at_ns = SCHED_NO_TIME,
                        .life = 1,
                        .record = {&result->digest, params->observer}};

    ASSERT(params->horizon_ns > 0);
    ASSERT(params->step_ns > 0);
    host.has_failed = !scheduler_load(&host, about) || !world_build(&host);
    if (!host.has_failed) {
        measure_begin(&host);
        instant_begin(&host);
        backlog_load(&host);
        host.has_failed = host.has_failed || !change_begin(&host);
    }
    if (!host.has_failed) {
        host_pull(&host); /* what it wants before anything has happened */
        enqueue_begin(&host);
        result->kernel_events = (int64_t)evq_run(host.evq, params->horizon_ns);
        measure_end(&host);
        instant_end(&host);
        violations_report(&host);
    }
    world_free(&host);
    return !host.has_failed;
}

bool
host_describe(const struct mta_params *params, struct mta_about *about,
              struct diag *diag)
{
    struct host host = {.params = params, .diag = diag};
    bool is_good = scheduler_load(&host, about);

    world_free(&host);
    return is_good;
}
