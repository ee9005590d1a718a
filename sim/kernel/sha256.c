/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sha256.c - FIPS 180-4, section 6.2, word for word; see sha256.h
 */
#include "sim/kernel/sha256.h"

#include <string.h>

#include "sim/kernel/base.h"

enum { BLOCK_BYTES = 64, LENGTH_BYTES = 8, ROUNDS_COUNT = 64 };

/* FIPS 180-4, 4.2.2. */
static const uint32_t round_k[ROUNDS_COUNT] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* rotr - the ROTR of FIPS 180-4, 2.2.2; 0 < n < 32 */
static uint32_t
rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* schedule_fill - the message schedule W of one block (6.2.2, step 1) */
static void
schedule_fill(uint32_t w[ROUNDS_COUNT], const uint8_t block[BLOCK_BYTES])
{
    for (size_t t = 0; t < 16; t++) {
        const uint8_t *p = block + 4 * t;

        w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
               (uint32_t)p[2] << 8 | p[3];
    }
    for (int t = 16; t < ROUNDS_COUNT; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
}

/* block_mix - takes one full block into the state (6.2.2, steps 2 to 4) */
static void
block_mix(uint32_t state[8], const uint8_t block[BLOCK_BYTES])
{
    uint32_t w[ROUNDS_COUNT];
    uint32_t v[8]; /* a to h */

    schedule_fill(w, block);
    memcpy(v, state, sizeof v);
    for (int t = 0; t < ROUNDS_COUNT; t++) {
        uint32_t sum1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + sum1 + ch + round_k[t] + w[t];
        uint32_t sum0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + sum0 + maj;
    }
    for (int i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

void
sha256_init(struct sha256 *sha)
{
    /* FIPS 180-4, 5.3.3. */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                      0xa54ff53a, 0x510e527f, 0x9b05688c,
                                      0x1f83d9ab, 0x5be0cd19};

    *sha = (struct sha256){0};
    memcpy(sha->state, start, sizeof start);
}

void
sha256_add(struct sha256 *sha, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;

    while (size > 0) {
        size_t filled = (size_t)(sha->bytes_count % BLOCK_BYTES);
        size_t part = BLOCK_BYTES - filled;

        part = part < size ? part : size;
        memcpy(sha->block + filled, p, part);
        sha->bytes_count += part;
        p += part;
        size -= part;
        if (filled + part == BLOCK_BYTES) {
            block_mix(sha->state, sha->block);
        }
    }
}

void
sha256_end(struct sha256 *sha, char text[SHA256_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    static const uint8_t pad[BLOCK_BYTES] = {0x80};
    uint64_t bits = sha->bytes_count * BITS_PER_BYTE;
    size_t filled = (size_t)(sha->bytes_count % BLOCK_BYTES);
    size_t pad_bytes = filled < BLOCK_BYTES - LENGTH_BYTES
                           ? BLOCK_BYTES - LENGTH_BYTES - filled
                           : 2 * BLOCK_BYTES - LENGTH_BYTES - filled;
    uint8_t length[LENGTH_BYTES];

    for (int i = 0; i < LENGTH_BYTES; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    sha256_add(sha, pad, pad_bytes);
    sha256_add(sha, length, sizeof length);
    ASSERT(sha->bytes_count % BLOCK_BYTES == 0);
    for (int i = 0; i < 64; i++) {
        text[i] = hex[sha->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    }
    text[64] = '\0';
}

void
sha256_text(const void *bytes, size_t size, char text[SHA256_TEXT_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_add(&sha, bytes, size);
    sha256_end(&sha, text);
}
