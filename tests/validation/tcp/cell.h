/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cell.h - one case that is measured: a way, a fault, two ends, a dialogue
 *
 * A cell is written as words "key=value" in one line; what is not said has the
 * value of cell_default(). Both the kernel and the model are asked the same
 * cell, and answer with a struct outcome.
 */
#ifndef TESTS_VALIDATION_TCP_CELL_H
#define TESTS_VALIDATION_TCP_CELL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/tcp/endpoint.h"
#include "models/tcp/middlebox.h"

#define CELL_TEXT_MAX  320
#define CELL_STEPS_MAX 12

struct cell {
    int64_t rtt_ns;
    int64_t rate_bits_per_s;
    int64_t queue_bytes;
    int32_t loss_ppm;
    uint32_t seed;
    struct middlebox_params fault;
    int32_t shifts[TCP_SIDES_COUNT];  /* TCP_SHIFT_NONE: scaling is off */
    int64_t buffers[TCP_SIDES_COUNT]; /* tcp_rmem[1], bytes */
    enum tcp_congestion congestion;
    bool is_down; /* the server sends the body */
    int64_t size_bytes;
    int64_t banner_bytes;
    int64_t limit_ns; /* of the banner, of each turn and of the body */
};

/* 20 ms, 10 Mbit/s, 128 KiB, no loss and no fault, shift 8 at both ends, first
 * windows of a Linux host, CUBIC, 50 kB up, 96 bytes of banner, 20 s. */
struct cell cell_default(void);

/* Words of `text` over what *cell holds. False: *what_wrong is a word of it. */
bool cell_parse(struct cell *cell, const char *text, char *what_wrong,
                size_t what_wrong_size);

/* Its words in a fixed order, the rarer ones only where they are not those of
 * cell_default(); text has CELL_TEXT_MAX bytes. */
void cell_format(char *text, const struct cell *cell);

/* What a cell's end has to work with. */
int64_t cell_buffer_max_bytes(const struct cell *cell, enum tcp_side side);
int64_t cell_window_first_bytes(const struct cell *cell, enum tcp_side side);
int64_t cell_window_max_bytes(const struct cell *cell, enum tcp_side side);

/* What is said, in turn. */
struct cell_step {
    enum tcp_side from;
    int64_t bytes;
    bool is_body;
};

/* The dialogue; returns how many steps. */
uint32_t cell_steps(const struct cell *cell,
                    struct cell_step steps[CELL_STEPS_MAX]);

enum outcome_class {
    OUTCOME_DELIVERED,
    OUTCOME_NO_CONNECTION,
    OUTCOME_NO_BANNER,
    OUTCOME_STALLED_DIALOGUE,
    OUTCOME_STALLED_DATA,
    OUTCOME_CLASSES_COUNT
};

/* Times count from the first SYN, body_ns from the body's beginning (up: when
 * its first byte is written; down: when the command for it is) to the reply's
 * or the body's last byte. INT64_MAX: it did not come. */
struct outcome {
    enum outcome_class class;
    int64_t connect_ns;
    int64_t first_byte_ns; /* of the banner */
    int64_t banner_ns;
    int64_t body_ns;
    int64_t body_bytes; /* at the other application, at most by the limit */
};

const char *outcome_class_name(enum outcome_class class);
bool outcome_class_parse(enum outcome_class *class, const char *name);

/* "delivered connect=0.020 first=0.030 banner=0.030 body=0.072 bytes=50000";
 * seconds with nine digits; "-" for what did not come. */
void outcome_print(FILE *file, const struct outcome *outcome);
bool outcome_parse(struct outcome *outcome, const char *text);

#endif
