/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz.h - what the fuzz targets share
 *
 * A target is fuzz_X.c with LLVMFuzzerTestOneInput(): one reader of what users
 * write, fed with any bytes. It ASSERTs what must hold for all of them; the
 * sanitizers see to the rest. Linked with replay.c it is a program that
 * answers the files it is given (`make check` runs it over corpus/X); linked
 * with libFuzzer it looks for worse (`make fuzz T=X SECONDS=60`).
 *
 * Readers that want a file get one in memory: $TMPDIR is set to a folder of
 * /dev/shm by fuzz.sh; without it /tmp is used.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/lab/import.h"

/* Answers 0, always. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The bytes as a text with a NUL behind them; free() it. */
char *fuzz_text(const uint8_t *bytes, size_t size);

/* Name of a file in a folder of this process's own, which goes when it exits.
 * free() it. */
char *fuzz_path(const char *name);

void fuzz_write(const char *path, const void *bytes, size_t size);

/* A whole file, its size; free() it. NULL: it is not there. */
char *fuzz_read(const char *path, size_t *size);

/*
 * Cuts the input behind its first line that is `%%`, if there is one: a copy
 * of what stands before it, its size, and a NUL behind when is_text (without,
 * a read past the end is seen); free() it. *bytes and *size become the rest.
 */
char *fuzz_part(const uint8_t **bytes, size_t *size, bool is_text,
                size_t *part_size);

/*
 * Imports a log and checks what comes of it: a whole trace or none. The bits
 * of the first byte are switches of the request, so that `@` turns all off:
 */
enum {
    FUZZ_IMPORT_HAS_NODE = 1, /* postfix: no year is given */
    FUZZ_IMPORT_KEEP_INTERNAL = 2,
    FUZZ_IMPORT_STRICT = 4,
    FUZZ_IMPORT_PADDED = 8, /* blank lines behind, so that one in a hundred
                               may be bad and the rest goes on */
    FUZZ_IMPORT_TWICE = 16, /* again with little memory: the same trace */
    FUZZ_IMPORT_HAS_START = 32,
};
void fuzz_import(enum import_format format, const uint8_t *bytes, size_t size);

#endif
