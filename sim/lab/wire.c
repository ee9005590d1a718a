/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.c - see wire.h
 */
#include "sim/lab/wire.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_LEAST = 4096 };

#define MAGIC UINT64_C(0x3157415449415349)

void
wire_buffer_free(struct wire_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct wire_buffer){0};
}

void
wire_buffer_add(struct wire_buffer *buffer, const void *bytes, size_t size)
{
    size_t capacity = buffer->capacity == 0 ? CAPACITY_LEAST : buffer->capacity;

    while (capacity - buffer->size < size) {
        capacity *= 2;
    }
    if (capacity != buffer->capacity) {
        buffer->bytes = base_realloc(buffer->bytes, capacity);
        buffer->capacity = capacity;
    }
    if (size > 0) {
        memcpy(buffer->bytes + buffer->size, bytes, size);
        buffer->size += size;
    }
}

/*
 * One description of what is sent serves both directions: a field is written
 * from where it lies, or read to there. So they cannot disagree.
 */
struct wire {
    struct wire_buffer *out;      /* NULL when reading */
    const struct wire_buffer *in; /* NULL when writing */
    size_t at;
    bool is_cut;
};

static void
bytes_move(struct wire *wire, void *field, size_t size)
{
    if (wire->out != NULL) {
        wire_buffer_add(wire->out, field, size);
        return;
    }
    ASSERT(wire->in != NULL);
    if (wire->is_cut || wire->in->size - wire->at < size) {
        wire->is_cut = true;
        return;
    }
    if (size > 0) {
        memcpy(field, wire->in->bytes + wire->at, size);
        wire->at += size;
    }
}

/* array_move - *array holds *count elements; reading makes it. The count is
 * moved as part of what holds it. */
static void
array_move(struct wire *wire, void **array, uint64_t count, size_t each)
{
    if (wire->in != NULL) {
        *array = NULL;
        if (wire->is_cut || (wire->in->size - wire->at) / each < count) {
            wire->is_cut = true;
            return;
        }
        *array = count == 0 ? NULL : base_alloc(count * each);
    }
    bytes_move(wire, *array, (size_t)count * each);
}

static void
text_move(struct wire *wire, char **text)
{
    uint64_t size = wire->out != NULL && *text != NULL ? strlen(*text) + 1 : 0;
    void *bytes = *text;

    bytes_move(wire, &size, sizeof size);
    array_move(wire, &bytes, wire->is_cut ? 0 : size, 1);
    *text = bytes;
}

static void
hist_move(struct wire *wire, struct hist *hist)
{
    void *counts = hist->counts;

    bytes_move(wire, &hist->buckets_count, sizeof hist->buckets_count);
    bytes_move(wire, &hist->count, sizeof hist->count);
    bytes_move(wire, &hist->sum, sizeof hist->sum);
    bytes_move(wire, &hist->min, sizeof hist->min);
    bytes_move(wire, &hist->max, sizeof hist->max);
    array_move(wire, &counts, hist->buckets_count, sizeof *hist->counts);
    hist->counts = counts;
}

static void
line_move(struct wire *wire, struct result_line *line)
{
    bytes_move(wire, line->fates, sizeof line->fates);
    bytes_move(wire, line->models, sizeof line->models);
    bytes_move(wire, &line->stalled_bytes_least,
               sizeof line->stalled_bytes_least);
    bytes_move(wire, &line->stalled_bytes_most,
               sizeof line->stalled_bytes_most);
}

static void
group_move(struct wire *wire, struct result_group *group)
{
    int64_t *const counts[] = {
        &group->submitted,   &group->delivered, &group->returned,
        &group->rejected,    &group->attempts,  &group->deferrals,
        &group->connections, &group->refused,
    };

    text_move(wire, &group->name);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bytes_move(wire, counts[i], sizeof *counts[i]);
    }
    line_move(wire, &group->line);
    hist_move(wire, &group->latency_ns);
    hist_move(wire, &group->first_attempt_ns);
}

/* count_move - of elements that take 64 bytes or more each: a count that was
 * cut or broken cannot ask for much */
static void
count_move(struct wire *wire, uint32_t *count)
{
    bytes_move(wire, count, sizeof *count);
    if (wire->in != NULL &&
        (wire->is_cut || (wire->in->size - wire->at) / 64 < *count)) {
        wire->is_cut = true;
        *count = 0;
    }
}

static void
links_move(struct wire *wire, struct result *result)
{
    count_move(wire, &result->links_count);
    if (wire->in != NULL) {
        result->links =
            base_alloc(result->links_count * sizeof result->links[0]);
    }
    for (uint32_t i = 0; i < result->links_count; i++) {
        text_move(wire, &result->links[i].name);
        line_move(wire, &result->links[i].line);
    }
}

static void
groups_move(struct wire *wire, struct result_group **groups, uint32_t *count)
{
    count_move(wire, count);
    if (wire->in != NULL) {
        *groups = *count == 0 ? NULL : base_alloc(*count * sizeof **groups);
    }
    for (uint32_t i = 0; i < *count; i++) {
        group_move(wire, &(*groups)[i]);
    }
}

static void
counters_move(struct wire *wire, struct result *r)
{
    int64_t *const counts[] = {
        &r->simulated_ns,
        &r->wall_ns,
        &r->peak_rss_bytes,
        &r->events,
        &r->actions,
        &r->kernel_events,
        &r->submitted,
        &r->delivered,
        &r->returned,
        &r->held,
        &r->rejected,
        &r->queued,
        &r->duplicates,
        &r->submissions,
        &r->files,
        &r->attempts,
        &r->deferrals,
        &r->warnings,
        &r->notices,
        &r->restarts,
        &r->connections,
        &r->connections_refused,
        &r->connections_peak,
        &r->job_starts,
        &r->thread_starts,
        &r->jobs_peak,
        &r->threads_peak,
        &r->violations,
        &r->submit_first_ns,
        &r->final_last_ns,
        &r->delivered_60s_max,
        &r->step_ns,
    };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bytes_move(wire, counts[i], sizeof *counts[i]);
    }
    bytes_move(wire, &r->queued_integral, sizeof r->queued_integral);
    bytes_move(wire, &r->sojourn_sum, sizeof r->sojourn_sum);
    bytes_move(wire, &r->digest.a, sizeof r->digest.a);
    bytes_move(wire, &r->digest.b, sizeof r->digest.b);
    bytes_move(wire, &r->digest.records_count, sizeof r->digest.records_count);
}

static void
result_move(struct wire *wire, struct result *result)
{
    void *steps = result->steps;

    counters_move(wire, result);
    line_move(wire, &result->line);
    links_move(wire, result);
    hist_move(wire, &result->latency_ns);
    hist_move(wire, &result->first_attempt_ns);
    for (int i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        group_move(wire, &result->priorities[i]);
    }
    groups_move(wire, &result->channels, &result->channels_count);
    groups_move(wire, &result->hosts, &result->hosts_count);
    bytes_move(wire, &result->steps_count, sizeof result->steps_count);
    array_move(wire, &steps, result->steps_count, sizeof *result->steps);
    result->steps = steps;
    if (wire->in != NULL) {
        result->steps_capacity = result->steps_count;
    }
}

static void
answer_move(struct wire *wire, struct wire_answer *answer)
{
    uint64_t magic = MAGIC;

    bytes_move(wire, &magic, sizeof magic);
    bytes_move(wire, &answer->is_ok, sizeof answer->is_ok);
    bytes_move(wire, answer->scheduler.sha256, sizeof answer->scheduler.sha256);
    bytes_move(wire, answer->scheduler.name, sizeof answer->scheduler.name);
    bytes_move(wire, answer->scheduler.version,
               sizeof answer->scheduler.version);
    bytes_move(wire, answer->scheduler.policy, sizeof answer->scheduler.policy);
    text_move(wire, &answer->log);
    if (answer->is_ok) {
        result_move(wire, &answer->result);
    }
    magic = ~MAGIC; /* the end, so that a cut answer is known for one */
    bytes_move(wire, &magic, sizeof magic);
    wire->is_cut = wire->is_cut || magic != ~MAGIC;
}

void
wire_put(struct wire_buffer *buffer, const struct wire_answer *answer)
{
    struct wire wire = {.out = buffer};
    struct wire_answer copy = *answer; /* written from, never to */

    answer_move(&wire, &copy);
}

bool
wire_get(const struct wire_buffer *buffer, struct wire_answer *answer)
{
    struct wire wire = {.in = buffer};

    *answer = (struct wire_answer){0};
    result_init(&answer->result);
    answer_move(&wire, answer);
    if (!wire.is_cut && wire.at == buffer->size) {
        return true;
    }
    wire_answer_free(answer);
    return false;
}

void
wire_answer_free(struct wire_answer *answer)
{
    free(answer->log);
    answer->log = NULL;
    result_free(&answer->result);
}
