/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chance.c - Philox4x32-10 and how a stream's key is made; see chance.h
 */
#include "sim/kernel/chance.h"

#include <stddef.h>
#include <string.h>

/* Multipliers and key increments of Philox4x32; Salmon et al. 2011, 4.3. The
 * increments are the golden ratio and sqrt(3) - 1. */
#define PHILOX_M0     UINT32_C(0xD2511F53)
#define PHILOX_M1     UINT32_C(0xCD9E8D57)
#define PHILOX_W0     UINT32_C(0x9E3779B9)
#define PHILOX_W1     UINT32_C(0xBB67AE85)
#define PHILOX_ROUNDS 10

/* philox_rounds - one block, the counter in `x` becoming the output in place.
 * Unrolled, since gcc -O2 leaves it a loop: 15 ns a draw, and 10 without. */
static inline void
philox_rounds(uint32_t x[4], uint32_t key0, uint32_t key1)
{
#pragma GCC unroll 10
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)PHILOX_M0 * x[0];
        const uint64_t p1 = (uint64_t)PHILOX_M1 * x[2];

        x[0] = (uint32_t)(p1 >> 32) ^ x[1] ^ key0;
        x[1] = (uint32_t)p1;
        x[2] = (uint32_t)(p0 >> 32) ^ x[3] ^ key1;
        x[3] = (uint32_t)p0;
        key0 += PHILOX_W0;
        key1 += PHILOX_W1;
    }
}

void
chance_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]};

    philox_rounds(x, key[0], key[1]);
    memcpy(out, x, sizeof x);
}

uint64_t
chance_u64(const struct chance *chance, uint64_t entity, uint32_t attempt,
           uint32_t n)
{
    uint32_t x[4] = {(uint32_t)entity, (uint32_t)(entity >> 32), attempt, n};

    philox_rounds(x, chance->key[0], chance->key[1]);
    return (uint64_t)x[1] << 32 | x[0];
}

/*
 * key_mix - takes one word into the key being made
 *
 * The finaliser of splitmix64 (Steele, Lea, Flood 2014; variant 13 of
 * Stafford). It is a permutation of 64 bits, so that two streams that differ
 * in one word only, as two seeds of one stream do, never share a key.
 */
static uint64_t
key_mix(uint64_t key, uint64_t word)
{
    uint64_t z = (key ^ word) + UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The name goes in eight bytes a word, first byte lowest on every machine, its
 * length last: "a" and "a\0" would be the same otherwise. */
struct chance
chance_stream(uint64_t seed, uint32_t replication, const char *name)
{
    ASSERT(name != NULL);

    const size_t size = strlen(name);
    uint64_t key = key_mix(key_mix(0, seed), replication);
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)(unsigned char)name[i]
                << (i % sizeof word * BITS_PER_BYTE);
        if (i % sizeof word == sizeof word - 1 || i + 1 == size) {
            key = key_mix(key, word);
            word = 0;
        }
    }
    key = key_mix(key, size);
    return (struct chance){{(uint32_t)key, (uint32_t)(key >> 32)}};
}
