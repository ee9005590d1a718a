/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.c - see traffic.h
 *
 * A burst's arrivals are made in order without holding them: of m that are
 * left, the first comes after a share 1 - V^(1/m) of the remaining window, V
 * uniform (the least of m uniforms), so with E = -ln V exponential the share
 * is 1 - e^(-E/m).
 */
#include "models/traffic.h"

#include <stdlib.h>

#include "models/directory.h"
#include "models/trace.h"
#include "sim/kernel/chance.h"

struct traffic {
    const struct traffic_params *params;
    struct directory *directory;
    struct chance gap;
    struct chance size;
    struct chance destination;
    struct chance recipients;
    struct chance priority;
    struct trace *trace;
    uint64_t ordinal; /* of the message last made, from 1 */
    int64_t at_ns;    /* of the message last made */
    int64_t until_ns; /* none at or after this */
    int64_t burst_left_ns;
    uint64_t weights_sum;
    uint64_t **popularity; /* for each share that is a group: cumulative */
    struct traffic_recipient *to;
    uint32_t to_capacity;
};

/* stream - one named stream of this source */
static struct chance
stream(const struct traffic_params *params, uint64_t seed, uint32_t replication,
       const char *what)
{
    char name[300];
    size_t n = 0;
    const char *const parts[] = {"traffic/", params->name, "/", what};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (const char *p = parts[i]; *p != '\0' && n < sizeof name - 1; p++) {
            name[n++] = *p;
        }
    }
    name[n] = '\0';
    return chance_stream(seed, replication, name);
}

/* shares_prepare - sums of weights, popularity tables of groups */
static void
shares_prepare(struct traffic *traffic)
{
    const struct traffic_params *params = traffic->params;

    traffic->popularity =
        base_alloc(params->to_count * sizeof traffic->popularity[0]);
    for (uint32_t i = 0; i < params->to_count; i++) {
        const struct destination_params *to = params->to[i].destination;
        ASSERT(params->to[i].weight > 0);
        traffic->weights_sum += (uint64_t)params->to[i].weight;
        if (to->hosts_count > 1) {
            traffic->popularity[i] =
                base_alloc(to->hosts_count * sizeof(uint64_t));
            destination_popularity(traffic->popularity[i], to->hosts_count,
                                   to->zipf_ppm);
        }
    }
}

struct traffic *
traffic_new(const struct traffic_params *params, struct directory *directory,
            uint64_t seed, uint32_t replication, int64_t horizon_ns,
            struct diag *diag)
{
    struct traffic *traffic = base_alloc(sizeof *traffic);

    traffic->params = params;
    traffic->directory = directory;
    traffic->gap = stream(params, seed, replication, "gap");
    traffic->size = stream(params, seed, replication, "size");
    traffic->destination = stream(params, seed, replication, "destination");
    traffic->recipients = stream(params, seed, replication, "recipients");
    traffic->priority = stream(params, seed, replication, "priority");
    traffic->at_ns = params->at_ns;
    traffic->until_ns = horizon_ns;
    if (params->arrivals == TRAFFIC_REPLAY) {
        traffic->trace = trace_open(params->replay_path, diag);
        if (traffic->trace == NULL) {
            traffic_free(traffic);
            return NULL;
        }
        return traffic;
    }
    if (params->arrivals == TRAFFIC_POISSON && params->over_ns > 0) {
        traffic->until_ns =
            i64_min(horizon_ns, params->at_ns + params->over_ns);
    }
    traffic->burst_left_ns = params->over_ns;
    shares_prepare(traffic);
    return traffic;
}

void
traffic_free(struct traffic *traffic)
{
    if (traffic == NULL) {
        return;
    }
    if (traffic->popularity != NULL) {
        for (uint32_t i = 0; i < traffic->params->to_count; i++) {
            free(traffic->popularity[i]);
        }
    }
    if (traffic->trace != NULL) {
        trace_close(traffic->trace);
    }
    free(traffic->popularity);
    free(traffic->to);
    free(traffic);
}

/* share_of_window - (1 - e^-x) * window, x in units of 2^-56 */
static int64_t
share_of_window(uint64_t x, int64_t window_ns)
{
    const uint64_t one = UINT64_C(1) << 56;
    base_u128 share; /* in units of 2^-56 */

    if (x < one >> 8) {
        /* x - x^2/2 + x^3/6 - x^4/24: the next term is below 2^-47. */
        base_u128 x2 = ((base_u128)x * x) >> 56;
        base_u128 x3 = (x2 * x) >> 56;
        base_u128 x4 = (x3 * x) >> 56;
        share = x - x2 / 2 + x3 / 6 - x4 / 24;
    } else {
        share = one - ((base_u128)(uint64_t)variate_exp(-(int64_t)x) << 24);
    }
    return (int64_t)((share * (uint64_t)window_ns) >> 56);
}

/* arrival_next - moves at_ns to the next arrival. False: no more. */
static bool
arrival_next(struct traffic *traffic)
{
    const struct traffic_params *params = traffic->params;
    const uint64_t done = traffic->ordinal - 1;
    const uint64_t count = (uint64_t)params->messages_count;

    if (count > 0 && done >= count) {
        return false;
    }
    ASSERT(count > 0 || params->arrivals == TRAFFIC_POISSON);
    uint64_t u = chance_u64(&traffic->gap, traffic->ordinal, 0, 0);
    switch (params->arrivals) {
    case TRAFFIC_POISSON: {
        const struct variate gap = {
            VARIATE_EXPONENTIAL,
            i64_max(1, NS_PER_HOUR / params->rate_per_hour * 1000 +
                           NS_PER_HOUR % params->rate_per_hour * 1000 /
                               params->rate_per_hour),
            0, 0};
        traffic->at_ns += variate_sample(&gap, u);
        break;
    }
    case TRAFFIC_EVEN:
        traffic->at_ns =
            params->at_ns +
            (int64_t)(((base_u128)(2 * done + 1) * (uint64_t)params->over_ns) /
                      (2 * (base_u128)count));
        break;
    case TRAFFIC_BURST: {
        int64_t gap_ns = share_of_window(variate_neg_log(u) / (count - done),
                                         traffic->burst_left_ns);
        traffic->at_ns += gap_ns;
        traffic->burst_left_ns -= gap_ns;
        break;
    }
    case TRAFFIC_REPLAY:
        UNREACHABLE("a trace has its own times");
    }
    return traffic->at_ns < traffic->until_ns;
}

/* place_below - how many of a cumulative table are at or below x */
static uint32_t
place_below(const uint64_t *cumulative, uint32_t count, uint64_t x)
{
    uint32_t low = 0, high = count - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cumulative[middle] > x) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* host_draw - whom the i-th recipient of this message is at */
static uint32_t
host_draw(const struct traffic *traffic, uint32_t i)
{
    const struct traffic_params *params = traffic->params;
    uint32_t share = 0;

    if (params->to_count > 1) {
        uint64_t x = chance_below(
            chance_u64(&traffic->destination, traffic->ordinal, i, 0),
            traffic->weights_sum);
        while (x >= (uint64_t)params->to[share].weight) {
            x -= (uint64_t)params->to[share].weight;
            share++;
        }
    }
    const struct destination_params *to = params->to[share].destination;
    uint32_t host = directory_first(traffic->directory, to);
    if (to->hosts_count > 1) {
        const uint64_t *cumulative = traffic->popularity[share];
        uint64_t x = chance_below(
            chance_u64(&traffic->destination, traffic->ordinal, i, 1),
            cumulative[to->hosts_count - 1]);
        host += place_below(cumulative, to->hosts_count, x);
    }
    return host;
}

/* to_reserve - room for this many recipients */
static void
to_reserve(struct traffic *traffic, uint32_t count)
{
    if (count > traffic->to_capacity) {
        traffic->to_capacity = count < 16 ? 16 : count;
        traffic->to = base_realloc(traffic->to, traffic->to_capacity *
                                                    sizeof traffic->to[0]);
    }
}

/* priority_draw - urgent and nonurgent by their shares */
static uint32_t
priority_draw(const struct traffic *traffic)
{
    const struct traffic_params *params = traffic->params;

    if (!params->is_mixed) {
        return params->priority;
    }
    uint64_t u = chance_u64(&traffic->priority, traffic->ordinal, 0, 0);
    if (chance_hits(u, params->urgent_ppm)) {
        return 0;
    }
    return chance_hits(u, params->urgent_ppm + params->nonurgent_ppm) ? 2 : 1;
}

/* draw - what one of the source's distributions gives for this message */
static int64_t
draw(const struct traffic *traffic, const struct variate *variate,
     const struct chance *chance)
{
    if (variate->kind == VARIATE_CONSTANT) {
        return variate->a;
    }
    return variate_sample(variate, chance_u64(chance, traffic->ordinal, 0, 0));
}

/* quantise - to what the traffic's log can carry */
static void
quantise(const struct traffic_params *params, struct traffic_message *message)
{
    if (params->quantum_ns > 1) {
        message->at_ns -= message->at_ns % params->quantum_ns;
    }
    if (params->quantum_bytes > 1) {
        message->size_bytes =
            i64_div_ceil(message->size_bytes, params->quantum_bytes) *
            params->quantum_bytes;
    }
}

/* finish - what does not depend on where a message comes from */
static void
finish(const struct traffic *traffic, struct traffic_message *message)
{
    const struct traffic_params *params = traffic->params;

    quantise(params, message);
    message->size_bytes = i64_max(1, message->size_bytes);
    message->deferred_until_ns = params->deferred_ns == 0
                                     ? TRAFFIC_NOT_DEFERRED
                                     : message->at_ns + params->deferred_ns;
    message->session =
        params->session_messages == 0
            ? 0
            : (traffic->ordinal - 1) / params->session_messages + 1;
}

static int
generated_next(struct traffic *traffic, struct traffic_message *message)
{
    const struct traffic_params *params = traffic->params;

    traffic->ordinal++;
    if (!arrival_next(traffic)) {
        return 0;
    }
    uint32_t count = (uint32_t)i64_min(
        i64_max(1, draw(traffic, &params->recipients, &traffic->recipients)),
        TRACE_RECIPIENTS_MAX);
    to_reserve(traffic, count);
    for (uint32_t i = 0; i < count; i++) {
        traffic->to[i] =
            (struct traffic_recipient){host_draw(traffic, i), NULL};
    }
    *message = (struct traffic_message){
        .at_ns = traffic->at_ns,
        .size_bytes = draw(traffic, &params->size, &traffic->size),
        .source = params->channel,
        .recipients = traffic->to,
        .recipients_count = count,
        .priority = priority_draw(traffic),
        .is_null_sender = params->is_null_sender,
    };
    return 1;
}

static int
replayed_next(struct traffic *traffic, struct traffic_message *message,
              struct diag *diag)
{
    struct trace_message traced;
    int status = trace_next(traffic->trace, &traced, diag);

    if (status <= 0) {
        return status;
    }
    const int64_t at_ns = traced.at_ns + traffic->params->at_ns;
    if (at_ns >= traffic->until_ns) {
        return 0;
    }
    traffic->ordinal++;
    to_reserve(traffic, traced.recipients_count);
    for (uint32_t i = 0; i < traced.recipients_count; i++) {
        traffic->to[i] = (struct traffic_recipient){
            directory_find(traffic->directory, traced.recipients[i].domain),
            traced.recipients[i].channel};
    }
    *message = (struct traffic_message){
        .at_ns = at_ns,
        .size_bytes = traced.size_bytes,
        .source = traced.source,
        .recipients = traffic->to,
        .recipients_count = traced.recipients_count,
        .priority = traced.priority,
        .is_null_sender = traced.is_null_sender,
    };
    return 1;
}

int
traffic_next(struct traffic *traffic, struct traffic_message *message,
             struct diag *diag)
{
    int status = traffic->trace != NULL ? replayed_next(traffic, message, diag)
                                        : generated_next(traffic, message);

    if (status == 1) {
        finish(traffic, message);
    }
    return status;
}
