/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.c - counts, latencies, the time series, Little's law
 *
 * Hosts of the scenario have a group of figures each (a group of equal hosts
 * has one together); of the hosts that only a trace names, the first
 * NAMED_HOSTS_MAX have one and the rest share "(others)": a histogram is large.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/world.h"

enum { NAMED_HOSTS_MAX = 64 };

static void on_sample(void *arg, uint64_t data);

/* name_copy - a text of its own */
static char *
name_copy(const char *name)
{
    const size_t size = strlen(name) + 1;
    char *copy = base_alloc(size);

    memcpy(copy, name, size);
    return copy;
}

/* group_init - an empty group with a name */
static void
group_init(struct result_group *group, const char *name)
{
    result_group_init(group);
    group->name = name_copy(name);
}

/* host_group_add - one more host with figures of its own; its number + 1 */
static uint32_t
host_group_add(struct result *result, const char *name)
{
    uint32_t n = ++result->hosts_count;

    result->hosts = base_realloc(result->hosts, n * sizeof result->hosts[0]);
    group_init(&result->hosts[n - 1], name);
    return n;
}

/* host_group - the figures of a remote host */
static struct result_group *
host_group(struct host *host, uint32_t number)
{
    struct result *result = host->result;
    const uint32_t declared = host->params->destinations_count - 1;

    if (number >= host->group_of_capacity) {
        uint32_t n = number < 32 ? 64 : 2 * number;
        host->group_of =
            base_realloc(host->group_of, n * sizeof host->group_of[0]);
        for (uint32_t i = host->group_of_capacity; i < n; i++) {
            host->group_of[i] = 0;
        }
        host->group_of_capacity = n;
    }
    if (host->group_of[number] == 0) {
        const struct destination *to = directory_host(host->directory, number);
        const uint32_t index =
            (uint32_t)(to->params - host->params->destinations);
        if (index < declared) {
            host->group_of[number] = index + 1;
        } else if (result->hosts_count < declared + NAMED_HOSTS_MAX) {
            host->group_of[number] = host_group_add(result, to->name);
        } else if (result->hosts_count == declared + NAMED_HOSTS_MAX) {
            host->group_of[number] = host_group_add(result, "(others)");
        } else {
            host->group_of[number] = declared + NAMED_HOSTS_MAX + 1;
        }
    }
    return &result->hosts[host->group_of[number] - 1];
}

/* priority_group - of the header; classes below nonurgent count as that */
static struct result_group *
priority_group(struct host *host, const struct mail_message *message)
{
    return &host->result->priorities[message->priority];
}

/* queued_changes - a recipient is about to enter or leave the queue */
static void
queued_changes(struct host *host)
{
    const int64_t now_ns = host_now_ns(host);
    const int64_t queued = host->result->submitted - host->result->delivered -
                           host->result->returned - host->result->rejected;

    host->result->queued_integral +=
        (base_u128)(uint64_t)queued *
        (uint64_t)(now_ns - host->queued_changed_at_ns);
    host->queued_changed_at_ns = now_ns;
}

/* --- Rates -------------------------------------------------------------- */

/* rate_advance - second `second` is the present one of the last sixty */
static void
rate_advance(struct host *host, int64_t second)
{
    int64_t gone = i64_min(second - host->rate_second, RATE_SECONDS);

    for (int64_t i = 1; i <= gone; i++) {
        int32_t *oldest = &host->rate[(host->rate_second + i) % RATE_SECONDS];
        host->rate_sum -= *oldest;
        *oldest = 0;
    }
    host->rate_second = second;
}

static void
rate_add(struct host *host)
{
    rate_advance(host, host_now_ns(host) / NS_PER_S);
    host->rate[host->rate_second % RATE_SECONDS]++;
    host->rate_sum++;
    host->result->delivered_60s_max =
        i64_max(host->result->delivered_60s_max, host->rate_sum);
}

/* --- What happens ------------------------------------------------------- */

void
measure_submitted(struct host *host, const struct mail_message *message)
{
    struct result *result = host->result;
    const int64_t begun_ns = i64_max(0, message->submitted_at_ns);
    const uint32_t count = message->recipients_count;

    queued_changes(host);
    host->queued_since += (base_i128)begun_ns * count;
    result->submitted += count;
    result->submissions++;
    result->submit_first_ns = i64_min(result->submit_first_ns, begun_ns);
    host->step.submitted += count;
    priority_group(host, message)->submitted += count;
    for (uint32_t i = 0; i < count; i++) {
        host_group(host, mail_recipient(message, i)->host)->submitted++;
    }
}

void
measure_routed(struct host *host, uint32_t channel, uint32_t recipients_count)
{
    /* What a service channel has is counted where it goes to. */
    if (!host->settings.programs[channel].is_service) {
        host->result->channels[channel].submitted += recipients_count;
    }
}

void
measure_first_attempt(struct host *host, const struct mail_message *message,
                      uint32_t channel, uint32_t domain)
{
    const int64_t wait_ns = host_now_ns(host) - message->submitted_at_ns;

    hist_add(&host->result->first_attempt_ns, wait_ns);
    hist_add(&host->result->channels[channel].first_attempt_ns, wait_ns);
    hist_add(&host_group(host, domain)->first_attempt_ns, wait_ns);
    hist_add(&priority_group(host, message)->first_attempt_ns, wait_ns);
}

/* latency_add - a delivery, in all groups it belongs to */
static void
latency_add(struct host *host, struct result_group *groups[], int count,
            int64_t latency_ns)
{
    hist_add(&host->result->latency_ns, latency_ns);
    for (int i = 0; i < count; i++) {
        groups[i]->delivered++;
        hist_add(&groups[i]->latency_ns, latency_ns);
    }
    rate_add(host);
    host->step.delivered++;
}

void
measure_finished(struct host *host, const struct mail_message *message,
                 uint32_t channel, uint32_t domain, enum mail_state state)
{
    struct result *result = host->result;
    const int64_t now_ns = host_now_ns(host);
    const int64_t latency_ns = now_ns - message->submitted_at_ns;
    /* What came before the start counts from there, as the queue does. */
    const int64_t begun_ns = i64_max(0, message->submitted_at_ns);
    struct result_group *groups[3] = {host_group(host, domain),
                                      priority_group(host, message), NULL};
    int count = 2;

    if (channel != SCHED_NONE) {
        groups[count++] = &result->channels[channel];
    }
    queued_changes(host);
    host->queued_since -= begun_ns;
    result->sojourn_sum += (uint64_t)(now_ns - begun_ns);
    result->final_last_ns = i64_max(result->final_last_ns, now_ns);
    if (state == MAIL_DELIVERED) {
        result->delivered++;
        latency_add(host, groups, count, latency_ns);
        return;
    }
    if (state == MAIL_RETURNED) {
        result->returned++;
    } else {
        result->rejected++;
    }
    for (int i = 0; i < count; i++) {
        groups[i]->returned += state == MAIL_RETURNED;
        groups[i]->rejected += state == MAIL_REJECTED;
    }
}

void
measure_deferred(struct host *host, const struct mail_message *message,
                 uint32_t channel, uint32_t domain)
{
    host->step.deferred++;
    host->result->channels[channel].deferrals++;
    host_group(host, domain)->deferrals++;
    priority_group(host, message)->deferrals++;
}

void
measure_connection(struct host *host, uint32_t channel, uint32_t number,
                   int change)
{
    host->connections_open += change;
    if (change > 0) {
        host->result->connections++;
        host->result->connections_peak =
            i64_max(host->result->connections_peak, host->connections_open);
        host->result->channels[channel].connections++;
        host_group(host, number)->connections++;
    }
}

void
measure_refused(struct host *host, uint32_t number)
{
    host->result->connections_refused++;
    host_group(host, number)->refused++;
}

/* model_of - a thread's connection, as it is counted */
static enum result_model
model_of(const struct thread *thread)
{
    switch (thread->link.model) {
    case LINK_ROUND:
        return RESULT_ROUND;
    case LINK_SEGMENT:
        return RESULT_SEGMENT;
    case LINK_PLAIN:
    case LINK_AUTO:
    case LINK_MODELS_COUNT:
        return RESULT_PLAIN;
    }
    UNREACHABLE("all models are above");
}

void
measure_line(struct host *host, const struct thread *thread)
{
    struct result *result = host->result;
    const enum result_fate fate = (enum result_fate)thread->fate;
    const enum result_model model = model_of(thread);
    const uint32_t link = dial_link(host, thread->host);

    result_line_add(&result->line, fate, model, thread->passed_bytes);
    result_line_add(&host_group(host, thread->host)->line, fate, model,
                    thread->passed_bytes);
    if (link != SCHED_NONE) {
        result_line_add(&result->links[link].line, fate, model,
                        thread->passed_bytes);
    }
}

void
measure_tell(struct host *host, enum mta_mail_kind kind,
             const struct mail_message *message, const struct mail_file *file,
             uint32_t recipient, const struct thread *thread)
{
    const struct mta_observer *observer = host->params->observer;
    const uint32_t domain = mail_recipient(message, recipient)->host;

    if (thread != NULL) {
        host->result->channels[file->channel].attempts++;
        host_group(host, domain)->attempts++;
        priority_group(host, message)->attempts++;
    }
    if (observer == NULL || observer->mail == NULL) {
        return;
    }
    const struct program_params *programs = host->settings.programs;
    const struct mta_mail_event event = {
        .kind = kind,
        .phase = thread == NULL ? SMTP_CONNECT : (enum smtp_phase)thread->phase,
        .at_ns = host_now_ns(host),
        .submitted_at_ns = message->submitted_at_ns,
        .tried_at_ns = thread == NULL ? 0 : thread->started_at_ns,
        .size_bytes = message->size_bytes,
        .message = message->id,
        .source = message->source == UINT16_MAX
                      ? NULL
                      : programs[message->source].name,
        .channel = file == NULL ? NULL : programs[file->channel].name,
        .domain = directory_host(host->directory, domain)->name,
        .host = thread == NULL
                    ? NULL
                    : directory_host(host->directory, thread->host)->name,
        .file = file == NULL ? 0 : file->number,
        .attempts = file == NULL ? 0 : file->attempts,
        .recipient = recipient,
        .recipients_count = message->recipients_count,
        .priority = message->priority,
        .is_null_sender = message->is_null_sender,
        .fate =
            thread == NULL ? RESULT_IN_TIME : (enum result_fate)thread->fate,
        .model = thread == NULL ? RESULT_PLAIN : model_of(thread),
        .passed_bytes = thread == NULL ? 0 : thread->passed_bytes,
    };
    observer->mail(observer->context, &event);
}

/* --- The time series; beginning and end --------------------------------- */

static void
on_sample(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct result *result = host->result;
    const struct mta_observer *observer = host->params->observer;
    const int64_t next_ns = host_now_ns(host) + host->params->step_ns;

    (void)data;
    host->step.queued = mail_queued_count(host->mail);
    host->step.jobs = host->processes_count;
    host->step.threads = host->threads_live;
    host->step.busy_threads = host->threads_busy;
    host->step.connections = host->connections_open;
    if (result->steps_count == result->steps_capacity) {
        result->steps_capacity =
            result->steps_count == 0 ? 256 : 2 * result->steps_count;
        result->steps = base_realloc(
            result->steps, result->steps_capacity * sizeof result->steps[0]);
    }
    result->steps[result->steps_count++] = host->step;
    host->step = (struct result_step){0};
    if (observer != NULL && observer->step != NULL) {
        observer->step(observer->context, host_now_ns(host), result->events);
    }
    if (next_ns <= host->params->horizon_ns) {
        evq_push(host->evq, next_ns, CLASS_SAMPLE, on_sample, host, 0);
    }
}

void
measure_begin(struct host *host)
{
    static const char *const priorities[RESULT_PRIORITIES_COUNT] = {
        "urgent", "normal", "nonurgent"};
    struct result *result = host->result;

    result->step_ns = host->params->step_ns;
    result->channels_count = host->settings.programs_count;
    result->channels =
        base_alloc(result->channels_count * sizeof result->channels[0]);
    for (uint32_t i = 0; i < result->channels_count; i++) {
        group_init(&result->channels[i], host->settings.programs[i].name);
    }
    for (uint32_t i = 0; i + 1 < host->params->destinations_count; i++) {
        host_group_add(result, host->params->destinations[i].name);
    }
    result->links_count = host->params->links_count;
    result->links = base_alloc(result->links_count * sizeof result->links[0]);
    for (uint32_t i = 0; i < result->links_count; i++) {
        result->links[i].name = name_copy(host->params->links[i].name);
        result_line_init(&result->links[i].line);
    }
    for (uint32_t i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        group_init(&result->priorities[i], priorities[i]);
    }
    if (host->params->step_ns <= host->params->horizon_ns) {
        evq_push(host->evq, host->params->step_ns, CLASS_SAMPLE, on_sample,
                 host, 0);
    }
}

void
measure_end(struct host *host)
{
    struct result *result = host->result;
    const int64_t end_ns = host->params->horizon_ns;
    const int64_t left = mail_queued_count(host->mail);

    result->simulated_ns = end_ns;
    result->held = host->held_count;
    result->queued = left - host->held_count;
    /* Little's law on the sample path: the area under the number queued is the
     * sum of the times queued, to the nanosecond. */
    result->queued_integral += (base_u128)(uint64_t)left *
                               (uint64_t)(end_ns - host->queued_changed_at_ns);
    result->sojourn_sum +=
        (base_u128)((base_i128)end_ns * left - host->queued_since);
    if (!host->has_failed && result->queued_integral != result->sojourn_sum) {
        oracle_violation(host->oracle, end_ns,
                         "law: Little's law does not hold for the queue");
    }
}
