/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.c - see model.h
 */
#include "tests/validation/tcp/model.h"

#include "sim/cmd/trial.h"
#include "tests/validation/tcp/line.h"

/* A packet is written when nothing more can befall it where it was sent. */
struct scribe {
    FILE *file;
    enum middlebox_fault fault;
    bool is_waiting;
    int64_t at_ns;
    enum tcp_side from;
    struct tcp_segment segment;
    const char *note;
};

static void
scribe_flush(struct scribe *scribe)
{
    if (scribe->is_waiting) {
        line_print(scribe->file, scribe->at_ns, scribe->from, &scribe->segment,
                   scribe->note);
    }
    scribe->is_waiting = false;
}

static void
on_sight(void *arg, const struct tcp_connection *connection, int64_t at_ns,
         enum tcp_sight sight, enum tcp_side from, uint32_t hop,
         const struct tcp_segment *segment)
{
    struct scribe *scribe = arg;

    (void)connection;
    (void)hop;
    switch (sight) {
    case TCP_SIGHT_SENT:
        scribe_flush(scribe);
        scribe->is_waiting = true;
        scribe->at_ns = at_ns;
        scribe->from = from;
        scribe->segment = *segment;
        scribe->note = "";
        break;
    case TCP_SIGHT_PASSED:
        scribe->segment = *segment;
        scribe->note = line_change_note(scribe->fault);
        break;
    case TCP_SIGHT_BOX_DROP:
        scribe->note = line_drop_note(scribe->fault);
        break;
    case TCP_SIGHT_LOST:
        scribe->note = LINE_LOST;
        break;
    case TCP_SIGHT_OVERFLOW:
        scribe->note = LINE_OVERFLOW;
        break;
    case TCP_SIGHT_ARRIVED:
        break;
    }
}

static void
params_fill(struct trial_params *params, const struct cell *cell)
{
    struct hop_params *hop = &params->path.hops[0];

    trial_params_init(params);
    params->path.name = "cell";
    for (int i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side side = (enum tcp_side)i;
        struct tcp_stack *stack = &params->stacks[i];

        stack->shift = cell->shifts[i];
        stack->congestion = cell->congestion;
        stack->window_first_bytes = cell_window_first_bytes(cell, side);
        stack->window_max_bytes = cell_window_max_bytes(cell, side);
        hop->rate_bits_per_s[i] = cell->rate_bits_per_s;
        hop->delay_ns[i] = cell->rtt_ns / 2;
        hop->queue_bytes[i] = cell->queue_bytes;
        hop->loss_ppm[i] = cell->loss_ppm;
    }
    if (cell->fault.fault != MIDDLEBOX_NONE) {
        hop->middleboxes_count = 1;
        hop->middleboxes[0] = cell->fault;
    }
    params->sender = cell->is_down ? TCP_SERVER : TCP_CLIENT;
    params->banner_bytes = cell->banner_bytes;
    params->size_bytes = cell->size_bytes;
    params->connect_timeout_ns = cell->limit_ns;
    params->reply_timeout_ns = cell->limit_ns;
    params->limit_ns = cell->limit_ns;
    params->seed = cell->seed;
}

static enum outcome_class
class_of(enum trial_outcome outcome)
{
    switch (outcome) {
    case TRIAL_NO_CONNECTION:
        return OUTCOME_NO_CONNECTION;
    case TRIAL_NO_BANNER:
        return OUTCOME_NO_BANNER;
    case TRIAL_STALLED_DIALOGUE:
        return OUTCOME_STALLED_DIALOGUE;
    case TRIAL_STALLED_DATA:
        return OUTCOME_STALLED_DATA;
    case TRIAL_DELIVERED:
    case TRIAL_OUTCOMES_COUNT:
        break;
    }
    return OUTCOME_DELIVERED;
}

static int64_t
known(int64_t ns)
{
    return ns < 0 ? INT64_MAX : ns;
}

void
model_run(struct outcome *outcome, const struct cell *cell, FILE *trace)
{
    struct trial_params params;
    struct trial trial;
    struct scribe scribe = {.file = trace, .fault = cell->fault.fault};
    const struct tcp_watch watch = {.see = on_sight, .arg = &scribe};

    params_fill(&params, cell);
    trial_run(&trial, &params, trace != NULL ? &watch : NULL);
    scribe_flush(&scribe);

    const struct trial_leg *banner = &trial.turns[0].legs[TCP_SERVER];

    *outcome = (struct outcome){
        .class = class_of(trial.outcome),
        .connect_ns = known(trial.connected_at_ns),
        .first_byte_ns = known(banner->first_at_ns),
        .banner_ns = known(banner->there_at_ns),
        .body_ns = trial.outcome == TRIAL_DELIVERED ? trial.body_ns : INT64_MAX,
        .body_bytes = trial.body_bytes,
    };
}
