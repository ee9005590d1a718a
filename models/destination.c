/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * destination.c - see destination.h
 */
#include "models/destination.h"

#include <stdio.h>

static const char *const phase_names[SMTP_PHASES_COUNT] = {
    "connect", "greeting", "ehlo", "mail", "rcpt", "data", "dot"};

void
destination_luck_init(struct destination_luck *luck,
                      const struct destination_params *params, uint64_t seed,
                      uint32_t replication)
{
    char name[300];

    for (int i = 0; i < SMTP_PHASES_COUNT; i++) {
        snprintf(name, sizeof name, "dest/%.255s/%s", params->name,
                 phase_names[i]);
        luck->command[i] = chance_stream(seed, replication, name);
    }
    snprintf(name, sizeof name, "dest/%.255s/service", params->name);
    luck->service = chance_stream(seed, replication, name);
    snprintf(name, sizeof name, "dest/%.255s/banner", params->name);
    luck->banner = chance_stream(seed, replication, name);
}

const struct destination_outage *
destination_outage_at(const struct destination_params *params, int64_t at_ns)
{
    uint32_t low = 0, high = params->outages_count;

    /* The first outage that ends after at_ns: they do not overlap. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (params->outages[middle].until_ns <= at_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < params->outages_count && params->outages[low].from_ns <= at_ns) {
        return &params->outages[low];
    }
    return NULL;
}

enum destination_reply
destination_reply(const struct destination *destination, enum smtp_phase phase,
                  uint64_t entity, uint32_t attempt)
{
    const int32_t permanent = destination->params->permanent_ppm[phase];
    const int32_t temporary = destination->params->temporary_ppm[phase];

    if (permanent == 0 && temporary == 0) {
        return DESTINATION_2XX;
    }
    uint64_t u =
        chance_u64(&destination->luck->command[phase], entity, attempt, 0);
    if (chance_hits(u, permanent)) {
        return DESTINATION_5XX;
    }
    return chance_hits(u, permanent + temporary) ? DESTINATION_4XX
                                                 : DESTINATION_2XX;
}

void
destination_popularity(uint64_t *cumulative, uint32_t count, int64_t zipf_ppm)
{
    /* ln k = neg_log(1 << 40) - neg_log(k << 40): the half that neg_log adds
     * to its argument is then below 2^-40 of it. */
    const uint64_t log_one = variate_neg_log(UINT64_C(1) << 40);
    uint64_t sum = 0;

    for (uint32_t k = 1; k <= count; k++) {
        uint64_t log_k = log_one - variate_neg_log((uint64_t)k << 40);
        int64_t exponent =
            -(int64_t)((base_u128)log_k * (uint64_t)zipf_ppm / PPM);
        int64_t weight = variate_exp(exponent);
        sum += weight > 0 ? (uint64_t)weight : 1;
        cumulative[k - 1] = sum;
    }
}
