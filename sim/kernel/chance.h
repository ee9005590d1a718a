/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chance.h - random numbers as a pure function of where they are used
 *
 * A draw has an address, (seed, replication, name of the stream; entity,
 * attempt, n), and the same address always gives the same 64 bits, in
 * whatever order draws are made. So two policies meet the same luck message by
 * message (common random numbers), and a new stream moves no other.
 *
 * MODEL      Philox4x32-10: key = hash(seed, replication, name), counter =
 *            (entity low, entity high, attempt, n); output words 0 (low) and 1
 *            (high). Within one stream no address shares its draw with another
 *            by construction. Two seeds, or two replications, never share the
 *            key of a stream; two names do with probability 2^-64.
 * SOURCE     Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 *            1, 2, 3", SC11; known answers of Random123 in the unit test.
 */
#ifndef SIM_KERNEL_CHANCE_H
#define SIM_KERNEL_CHANCE_H

#include <stdint.h>

#include "sim/kernel/base.h"

struct chance {
    uint32_t key[2];
};

/* The stream of this name. `name` is not kept. */
struct chance chance_stream(uint64_t seed, uint32_t replication,
                            const char *name);

/* 64 uniform bits. */
uint64_t chance_u64(const struct chance *chance, uint64_t entity,
                    uint32_t attempt, uint32_t n);

/* True with probability ppm / 10^6, exactly. */
static inline int
chance_hits(uint64_t u, int32_t ppm)
{
    return (uint64_t)(((base_u128)u * 1000000u) >> 64) < (uint64_t)ppm;
}

/* A number below n, n > 0; bias below n / 2^64. */
static inline uint64_t
chance_below(uint64_t u, uint64_t n)
{
    return (uint64_t)(((base_u128)u * n) >> 64);
}

/* The entity of one recipient of one message: message < 2^44, recipient below
 * 2^20. */
static inline uint64_t
chance_entity(uint64_t message, uint32_t recipient)
{
    return message << 20 | recipient;
}

/* The 128-bit block itself, for tests and for the laboratory's generator. */
void chance_philox(uint32_t out[4], const uint32_t counter[4],
                   const uint32_t key[2]);

#endif
