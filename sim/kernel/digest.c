/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.c - see digest.h
 *
 * One step takes a word w into the state (a, b):
 *
 *     p = (a ^ w) * STEP, 128 bits;   a' = b + high(p);   b' = low(p)
 *
 * STEP is odd, so low(p) tells a ^ w again, that tells high(p), and that tells
 * b: for a given word a step is a permutation of the 128-bit state. States
 * that differ stay different until later words undo the difference, which
 * takes two words that match 64 pseudo-random bits each. Not made against an
 * adversary.
 */
#include "sim/kernel/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

/* Fraction bits of sqrt(3), sqrt(2), sqrt(5), sqrt(7), sqrt(11), the last bit
 * set: arbitrary odd numbers with nothing up their sleeve. */
#define STEP         UINT64_C(0xbb67ae8584caa73b)
#define WORDS_LENGTH UINT64_C(0x6a09e667f3bcc909)
#define BYTES_LENGTH UINT64_C(0x3c6ef372fe94f82b)
#define START_A      UINT64_C(0xa54ff53a5f1d36f1)
#define START_B      UINT64_C(0x510e527fade682d1)

#define RECORD_WORDS_MAX 16
#define MARKS_FIRST      64 /* marks allocated at first; then doubled */
#define FINAL_STEPS      4  /* until a last word has reached every bit */

struct state {
    uint64_t a;
    uint64_t b;
};

static inline struct state
step(struct state s, uint64_t word)
{
    const base_u128 p = (base_u128)(s.a ^ word) * STEP;

    return (struct state){s.b + (uint64_t)(p >> 64), (uint64_t)p};
}

/* mark_add - keeps the state after a full block */
static void
mark_add(struct digest *digest)
{
    if (digest->marks_count == digest->marks_capacity) {
        digest->marks_capacity = digest->marks_capacity == 0
                                     ? MARKS_FIRST
                                     : 2 * digest->marks_capacity;
        digest->marks = base_realloc(digest->marks, digest->marks_capacity *
                                                        sizeof *digest->marks);
    }
    digest->marks[digest->marks_count] = digest->a ^ digest->b;
    digest->marks_count++;
}

/* record_end - stores the state that a record leads to, and counts it */
static inline void
record_end(struct digest *digest, struct state s)
{
    digest->a = s.a;
    digest->b = s.b;
    digest->records_count++;
    if (digest->records_count % DIGEST_RECORDS_PER_MARK == 0) {
        mark_add(digest);
    }
}

void
digest_init(struct digest *digest)
{
    *digest = (struct digest){.a = START_A, .b = START_B};
}

void
digest_free(struct digest *digest)
{
    if (digest == NULL) {
        return;
    }
    free(digest->marks);
    digest_init(digest);
}

/* The length goes into b, beside the chain of multiplications and so at no
 * cost in time; scaled, so that no small difference of words makes up for a
 * difference of lengths. */
void
digest_record(struct digest *digest, const uint64_t *words, uint32_t count)
{
    ASSERT(count >= 1);
    ASSERT(count <= RECORD_WORDS_MAX);

    struct state s = {digest->a, digest->b + count * WORDS_LENGTH};

    for (uint32_t i = 0; i < count; i++) {
        s = step(s, words[i]);
    }
    record_end(digest, s);
}

/* bytes_word - up to eight bytes, first lowest on every machine, then zeros */
static uint64_t
bytes_word(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)bytes[i] << (i * BITS_PER_BYTE);
    }
    return word;
}

void
digest_bytes(struct digest *digest, const void *bytes, size_t size)
{
    ASSERT(bytes != NULL || size == 0);

    const unsigned char *next = bytes;
    struct state s = {digest->a, digest->b + size * BYTES_LENGTH};

    s = step(s, size); /* so that an empty record leaves its trace too */
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        s = step(s, bytes_word(next, sizeof(uint64_t)));
        next += sizeof(uint64_t);
    }
    if (size > 0) {
        s = step(s, bytes_word(next, size));
    }
    record_end(digest, s);
}

void
digest_format(const struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
    struct state s = {digest->a, digest->b};

    s = step(s, digest->records_count);
    for (int i = 0; i < FINAL_STEPS; i++) {
        s = step(s, 0);
    }
    (void)snprintf(text, DIGEST_TEXT_SIZE, "%016" PRIx64 "%016" PRIx64, s.a,
                   s.b);
}
