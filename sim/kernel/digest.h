/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.h - one number for a whole run: a running hash of what happened
 *
 * Every event handed to the scheduler, every action it gave and every outcome
 * goes in as a record of 64-bit words. Two runs are the same run if and only
 * if (but for 2^-64) their digests are equal. Every DIGEST_RECORDS_PER_MARK
 * records the state is kept as a checkpoint, so that the first differing
 * record is found by running the one block again. The order of records, of
 * the words in them and their lengths all count.
 *
 * OWNERSHIP  A struct digest owns its marks; digest_init(), digest_free().
 * COST       Under 2 ns a word; 8 bytes of memory per 4096 records.
 */
#ifndef SIM_KERNEL_DIGEST_H
#define SIM_KERNEL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_RECORDS_PER_MARK 4096
#define DIGEST_TEXT_SIZE        33 /* 32 hexadecimal digits and NUL */

struct digest {
    uint64_t a;
    uint64_t b;
    uint64_t records_count;
    uint64_t *marks; /* state.a ^ state.b after each full block; owned */
    size_t marks_count;
    size_t marks_capacity;
};

void digest_init(struct digest *digest);
void digest_free(struct digest *digest);

/* Adds one record of `count` words, count 1 to 16. */
void digest_record(struct digest *digest, const uint64_t *words,
                   uint32_t count);

/* Adds bytes (texts, file contents) as one record. */
void digest_bytes(struct digest *digest, const void *bytes, size_t size);

/* The digest as text: 32 hexadecimal digits, of all that went in so far. */
void digest_format(const struct digest *digest, char text[DIGEST_TEXT_SIZE]);

#endif
