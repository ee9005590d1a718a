/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.c - slow start on an otherwise ideal line, and which model a connection
 * gets; see link.h
 *
 * A message is below 2^32 bytes and rates start at 1 bit/s, so the whole of it
 * can take 2^65 ns: products are made in 128 bits and what is longer than
 * LINK_SENDING_NS_MAX is cut there, far beyond every horizon.
 */
#include "models/link.h"

#include <stdio.h>

/* segment_ns - wire time of one full segment */
static int64_t
segment_ns(const struct link_params *params)
{
    if (params->rate_bits_per_s == 0) {
        return 0;
    }
    return i64_div_ceil(params->segment_bytes * BITS_PER_BYTE * NS_PER_S,
                        params->rate_bits_per_s);
}

/* flow_ns - wire time of so many segments, cut at LINK_SENDING_NS_MAX */
static int64_t
flow_ns(int64_t segments, int64_t wire_ns)
{
    const base_u128 flow = (base_u128)(uint64_t)segments * (uint64_t)wire_ns;

    return flow > (uint64_t)LINK_SENDING_NS_MAX ? LINK_SENDING_NS_MAX
                                                : (int64_t)flow;
}

const char *
link_model_name(enum link_model model)
{
    static const char *const names[LINK_MODELS_COUNT] = {"plain", "auto",
                                                         "round", "segment"};

    return names[model];
}

void
link_luck_init(struct link_luck *luck, const struct link_params *params,
               uint64_t seed, uint32_t replication)
{
    char name[300];

    snprintf(name, sizeof name, "link/%.255s/share", params->name);
    luck->share = chance_stream(seed, replication, name);
    rounds_luck_init(&luck->rounds, params->name, seed, replication);
    if (params->path != NULL) {
        path_luck_init(&luck->path, params->path, seed, replication);
    }
}

/* name_hash - FNV-1a, 64 bits: whom a share's draw is for */
static uint64_t
name_hash(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (const char *p = name; *p != '\0'; p++) {
        hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    }
    return hash;
}

const struct path_params *
link_path(const struct link_params *params, const struct link_luck *luck,
          const char *destination, int64_t now_ns)
{
    const struct path_params *path = params->path;
    uint64_t u = 0;

    if (params->model == LINK_PLAIN || params->faults_count == 0) {
        return params->model == LINK_PLAIN ? NULL : path;
    }
    u = chance_u64(&luck->share, name_hash(destination), 0, 0);
    for (uint32_t i = 0; i < params->faults_count; i++) {
        const struct link_fault *fault = &params->faults[i];

        if (fault->from_ns <= now_ns && now_ns < fault->until_ns &&
            chance_hits(u, fault->share_ppm)) {
            path = fault->path;
        }
    }
    return path;
}

enum link_model
link_choose(const struct link_params *params, const struct path_params *path,
            const struct tcp_stack *client, int64_t bytes,
            struct rounds *rounds)
{
    if (path == NULL || params->model == LINK_PLAIN) {
        return LINK_PLAIN;
    }
    if (params->model == LINK_SEGMENT || params->is_shared ||
        !rounds_init(rounds, path, client, params->server)) {
        return LINK_SEGMENT;
    }
    return params->model == LINK_ROUND || rounds_is_accurate(rounds, bytes)
               ? LINK_ROUND
               : LINK_SEGMENT;
}

void
link_open(struct link_state *state, enum link_model model,
          const struct link_luck *luck, uint64_t entity, int64_t now_ns)
{
    state->model = model;
    state->window_segments = LINK_INITIAL_SEGMENTS;
    state->sent_at_ns = now_ns;
    if (model == LINK_ROUND) {
        rounds_open(&state->rounds, &luck->rounds, entity, now_ns);
    }
}

int64_t
link_handshake_ns(const struct link_params *params, struct link_state *state)
{
    return state->model == LINK_ROUND ? rounds_handshake_ns(&state->rounds)
                                      : params->rtt_ns;
}

int64_t
link_command_ns(const struct link_params *params, struct link_state *state,
                int64_t bytes)
{
    return state->model == LINK_ROUND
               ? rounds_line_ns(&state->rounds, TCP_CLIENT, bytes)
               : params->rtt_ns / 2;
}

int64_t
link_reply_ns(const struct link_params *params, struct link_state *state,
              int64_t bytes)
{
    return state->model == LINK_ROUND
               ? rounds_line_ns(&state->rounds, TCP_SERVER, bytes)
               : params->rtt_ns - params->rtt_ns / 2;
}

/* plain_transfer_ns - rounds until the line is full, then its rate */
static int64_t
plain_transfer_ns(const struct link_params *params, struct link_state *state,
                  int64_t now_ns, int64_t bytes)
{
    const int64_t wire_ns = segment_ns(params);
    const int64_t round_ns = params->rtt_ns + wire_ns;
    const int64_t rto_ns = i64_max(NS_PER_S, 2 * params->rtt_ns);
    int64_t segments = i64_div_ceil(bytes, params->segment_bytes);
    int64_t sending_ns = 0;

    ASSERT(bytes >= 0);
    if (now_ns - state->sent_at_ns > rto_ns) {
        state->window_segments = LINK_INITIAL_SEGMENTS;
    }
    /* Rounds that do not fill the pipe; ends because the window doubles. */
    while (segments > state->window_segments &&
           flow_ns(state->window_segments, wire_ns) < round_ns &&
           state->window_segments < LINK_WINDOW_MAX) {
        sending_ns += round_ns;
        segments -= state->window_segments;
        state->window_segments *= 2;
    }
    sending_ns =
        i64_min(sending_ns + flow_ns(segments, wire_ns), LINK_SENDING_NS_MAX);
    state->sent_at_ns = now_ns + sending_ns;
    return sending_ns + params->rtt_ns / 2;
}

int64_t
link_transfer_ns(const struct link_params *params, struct link_state *state,
                 int64_t now_ns, int64_t bytes)
{
    return state->model == LINK_ROUND
               ? rounds_transfer_ns(&state->rounds, now_ns, bytes)
               : plain_transfer_ns(params, state, now_ns, bytes);
}
