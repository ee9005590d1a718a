/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sha256.h - names for contents: scenarios, files, scheduler objects
 *
 * SOURCE     FIPS 180-4.
 */
#ifndef SIM_KERNEL_SHA256_H
#define SIM_KERNEL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT_SIZE 65 /* 64 hexadecimal digits and NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t bytes_count;
    uint8_t block[64];
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);
void sha256_end(struct sha256 *sha, char text[SHA256_TEXT_SIZE]);

/* All at once. */
void sha256_text(const void *bytes, size_t size, char text[SHA256_TEXT_SIZE]);

#endif
