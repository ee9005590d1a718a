/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cell.c - see cell.h
 */
#include "tests/validation/tcp/cell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

struct cell
cell_default(void)
{
    return (struct cell){
        .rtt_ns = 20 * NS_PER_MS,
        .rate_bits_per_s = 10000000,
        .queue_bytes = 131072,
        .seed = 1,
        .shifts = {8, 8},
        .buffers = {131072, 131072},
        .congestion = TCP_CUBIC,
        .size_bytes = 50000,
        .banner_bytes = 96,
        .limit_ns = 20 * NS_PER_S,
    };
}

static bool
number_read(const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end = NULL;
    const long long number = strtoll(text, &end, 10);

    if (*text == '\0' || *end != '\0' || number < min || number > max) {
        return false;
    }
    *value = number;
    return true;
}

static bool
shift_read(const char *text, int32_t *shift)
{
    int64_t number = TCP_SHIFT_NONE;

    if (strcmp(text, "none") != 0 &&
        !number_read(text, 0, TCP_SHIFT_MAX, &number)) {
        return false;
    }
    *shift = (int32_t)number;
    return true;
}

static bool
ends_set(struct cell *cell, const char *key, const char *value)
{
    int64_t number = 0;

    if (strcmp(key, "shift") == 0) {
        return shift_read(value, &cell->shifts[TCP_CLIENT]) &&
               shift_read(value, &cell->shifts[TCP_SERVER]);
    }
    if (strcmp(key, "cshift") == 0) {
        return shift_read(value, &cell->shifts[TCP_CLIENT]);
    }
    if (strcmp(key, "sshift") == 0) {
        return shift_read(value, &cell->shifts[TCP_SERVER]);
    }
    if (strcmp(key, "cbuf") == 0 || strcmp(key, "sbuf") == 0) {
        const enum tcp_side side = key[0] == 'c' ? TCP_CLIENT : TCP_SERVER;

        if (!number_read(value, 4096, 1 << 24, &number)) {
            return false;
        }
        cell->buffers[side] = number;
        return true;
    }
    if (strcmp(key, "cc") == 0) {
        cell->congestion = strcmp(value, "reno") == 0 ? TCP_RENO : TCP_CUBIC;
        return strcmp(value, "reno") == 0 || strcmp(value, "cubic") == 0;
    }
    return false;
}

static bool
way_set(struct cell *cell, const char *key, const char *value)
{
    const char *expected = NULL;
    int64_t number = 0;

    if (strcmp(key, "fault") == 0) {
        return middlebox_parse(&cell->fault, value, &expected);
    }
    if (strcmp(key, "rtt_ms") == 0 && number_read(value, 0, 60000, &number)) {
        cell->rtt_ns = number * NS_PER_MS;
    } else if (strcmp(key, "rate_kbit") == 0 &&
               number_read(value, 1, 10000000, &number)) {
        cell->rate_bits_per_s = number * 1000;
    } else if (strcmp(key, "queue") == 0 &&
               number_read(value, 1500, 1 << 30, &number)) {
        cell->queue_bytes = number;
    } else if (strcmp(key, "loss_ppm") == 0 &&
               number_read(value, 0, 1000000, &number)) {
        cell->loss_ppm = (int32_t)number;
    } else {
        return false;
    }
    return true;
}

static bool
dialogue_set(struct cell *cell, const char *key, const char *value)
{
    int64_t number = 0;

    if (strcmp(key, "dir") == 0) {
        cell->is_down = strcmp(value, "down") == 0;
        return cell->is_down || strcmp(value, "up") == 0;
    }
    if (strcmp(key, "size") == 0 && number_read(value, 1, 1 << 30, &number)) {
        cell->size_bytes = number;
    } else if (strcmp(key, "banner") == 0 &&
               number_read(value, 1, 65536, &number)) {
        cell->banner_bytes = number;
    } else if (strcmp(key, "limit_s") == 0 &&
               number_read(value, 1, 3600, &number)) {
        cell->limit_ns = number * NS_PER_S;
    } else if (strcmp(key, "seed") == 0 &&
               number_read(value, 0, UINT32_MAX, &number)) {
        cell->seed = (uint32_t)number;
    } else {
        return false;
    }
    return true;
}

static bool
word_set(struct cell *cell, char *word)
{
    char *value = strchr(word, '=');

    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    return way_set(cell, word, value) || ends_set(cell, word, value) ||
           dialogue_set(cell, word, value);
}

bool
cell_parse(struct cell *cell, const char *text, char *what_wrong,
           size_t what_wrong_size)
{
    char word[CELL_TEXT_MAX];
    int taken = 0;

    while (sscanf(text, " %319s%n", word, &taken) == 1) {
        text += taken;
        snprintf(what_wrong, what_wrong_size, "%s", word);
        if (!word_set(cell, word)) {
            return false;
        }
    }
    return true;
}

static void
fault_format(char *text, size_t size, const struct middlebox_params *fault)
{
    const char *name = middlebox_fault_name(fault->fault);

    switch (fault->fault) {
    case MIDDLEBOX_SET_SYN:
    case MIDDLEBOX_SET_SYNACK:
    case MIDDLEBOX_SET_BOTH:
    case MIDDLEBOX_CLAMP:
        snprintf(text, size, "%s=%" PRId32, name, fault->value);
        break;
    case MIDDLEBOX_CLEAR: /* the one use here: a policy on the scale option */
        snprintf(text, size, "%s=window-scale", name);
        break;
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_STRIP_SYN:
    case MIDDLEBOX_STRIP_SYNACK:
    case MIDDLEBOX_STRIP_BOTH:
    case MIDDLEBOX_DROP_SYN:
    case MIDDLEBOX_DROP_SYNACK:
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
    case MIDDLEBOX_FAULTS_COUNT:
        snprintf(text, size, "%s", name);
        break;
    }
}

static void
shift_format(char *text, size_t size, int32_t shift)
{
    if (shift == TCP_SHIFT_NONE) {
        snprintf(text, size, "none");
    } else {
        snprintf(text, size, "%" PRId32, shift);
    }
}

/* word_add - if it is not what the cell has anyway */
static void
word_add(char *text, const char *key, int64_t value, int64_t unsaid)
{
    const size_t length = strlen(text);

    if (value != unsaid) {
        snprintf(text + length, CELL_TEXT_MAX - length, " %s=%" PRId64, key,
                 value);
    }
}

void
cell_format(char *text, const struct cell *cell)
{
    const struct cell unsaid = cell_default();
    char fault[64];
    char client[8];
    char server[8];

    fault_format(fault, sizeof fault, &cell->fault);
    shift_format(client, sizeof client, cell->shifts[TCP_CLIENT]);
    shift_format(server, sizeof server, cell->shifts[TCP_SERVER]);
    snprintf(
        text, CELL_TEXT_MAX,
        "fault=%s cshift=%s sshift=%s dir=%s size=%" PRId64 " rtt_ms=%" PRId64
        " rate_kbit=%" PRId64 " queue=%" PRId64 " cc=%s",
        fault, client, server, cell->is_down ? "down" : "up", cell->size_bytes,
        cell->rtt_ns / NS_PER_MS, cell->rate_bits_per_s / 1000,
        cell->queue_bytes, cell->congestion == TCP_RENO ? "reno" : "cubic");
    word_add(text, "loss_ppm", cell->loss_ppm, unsaid.loss_ppm);
    word_add(text, "seed", cell->seed, unsaid.seed);
    word_add(text, "cbuf", cell->buffers[TCP_CLIENT],
             unsaid.buffers[TCP_CLIENT]);
    word_add(text, "sbuf", cell->buffers[TCP_SERVER],
             unsaid.buffers[TCP_SERVER]);
    word_add(text, "banner", cell->banner_bytes, unsaid.banner_bytes);
    word_add(text, "limit_s", cell->limit_ns / NS_PER_S,
             unsaid.limit_ns / NS_PER_S);
}

/* The largest buffer that gives the shift, ilog2(buffer) - 15; without scaling
 * that of a Linux host. */
int64_t
cell_buffer_max_bytes(const struct cell *cell, enum tcp_side side)
{
    const int32_t shift = cell->shifts[side];

    if (shift == TCP_SHIFT_NONE) {
        return 6291456;
    }
    /* 2^30 - 1: the sysctl is an int, and the kernel computes with it. */
    return (INT64_C(1) << (shift < 14 ? shift + 16 : 30)) - 1;
}

/* Half the buffer; a stack makes whole segments of it. */
int64_t
cell_window_first_bytes(const struct cell *cell, enum tcp_side side)
{
    int64_t space = cell->buffers[side] / 2;

    if (cell->shifts[side] != TCP_SHIFT_NONE &&
        space > cell_buffer_max_bytes(cell, side)) {
        space = cell_buffer_max_bytes(cell, side);
    }
    return space;
}

/* A full segment of 1448 bytes takes 2304 of the buffer. */
int64_t
cell_window_max_bytes(const struct cell *cell, enum tcp_side side)
{
    int64_t buffer = cell_buffer_max_bytes(cell, side);

    if (buffer < cell->buffers[side]) {
        buffer = cell->buffers[side];
    }
    return buffer / 256 * 160;
}

uint32_t
cell_steps(const struct cell *cell, struct cell_step steps[CELL_STEPS_MAX])
{
    const struct cell_step begin[] = {
        {TCP_SERVER, cell->banner_bytes, false},
        {TCP_CLIENT, 25, false}, /* EHLO */
        {TCP_SERVER, 170, false},
    };
    const struct cell_step up[] = {
        {TCP_CLIENT, 52, false}, {TCP_SERVER, 14, false}, /* MAIL */
        {TCP_CLIENT, 34, false}, {TCP_SERVER, 14, false}, /* RCPT */
        {TCP_CLIENT, 6, false},  {TCP_SERVER, 37, false}, /* DATA */
        {TCP_CLIENT, 0, true},   {TCP_SERVER, 30, false},
    };
    const struct cell_step down[] = {
        {TCP_CLIENT, 8, false},
        {TCP_SERVER, 0, true},
    };
    const struct cell_step *rest = cell->is_down ? down : up;
    const uint32_t rest_count = cell->is_down ? 2 : 8;
    uint32_t count = 0;

    for (uint32_t i = 0; i < 3; i++) {
        steps[count++] = begin[i];
    }
    for (uint32_t i = 0; i < rest_count; i++) {
        steps[count] = rest[i];
        if (rest[i].is_body) {
            steps[count].bytes = cell->size_bytes;
        }
        count++;
    }
    return count;
}

static const char *const class_names[OUTCOME_CLASSES_COUNT] = {
    [OUTCOME_DELIVERED] = "delivered",
    [OUTCOME_NO_CONNECTION] = "no-connection",
    [OUTCOME_NO_BANNER] = "no-banner",
    [OUTCOME_STALLED_DIALOGUE] = "stalled-dialogue",
    [OUTCOME_STALLED_DATA] = "stalled-data",
};

const char *outcome_class_name(enum outcome_class class)
{
    return class_names[class];
}

bool
outcome_class_parse(enum outcome_class *class, const char *name)
{
    for (int i = 0; i < OUTCOME_CLASSES_COUNT; i++) {
        if (strcmp(name, class_names[i]) == 0) {
            *class = (enum outcome_class)i;
            return true;
        }
    }
    return false;
}

static void
seconds_print(FILE *file, const char *key, int64_t ns)
{
    if (ns == INT64_MAX) {
        fprintf(file, " %s=-", key);
    } else {
        fprintf(file, " %s=%" PRId64 ".%06" PRId64, key, ns / NS_PER_S,
                ns % NS_PER_S / 1000);
    }
}

void
outcome_print(FILE *file, const struct outcome *outcome)
{
    fprintf(file, "%s", outcome_class_name(outcome->class));
    seconds_print(file, "connect", outcome->connect_ns);
    seconds_print(file, "first", outcome->first_byte_ns);
    seconds_print(file, "banner", outcome->banner_ns);
    seconds_print(file, "body", outcome->body_ns);
    fprintf(file, " bytes=%" PRId64, outcome->body_bytes);
}

static bool
seconds_read(const char *text, int64_t *ns)
{
    int64_t seconds = 0;
    int64_t micros = 0;

    if (strcmp(text, "-") == 0) {
        *ns = INT64_MAX;
        return true;
    }
    if (sscanf(text, "%" SCNd64 ".%6" SCNd64, &seconds, &micros) != 2) {
        return false;
    }
    *ns = seconds * NS_PER_S + micros * 1000;
    return true;
}

bool
outcome_parse(struct outcome *outcome, const char *text)
{
    char class[32];
    char times[4][24];

    return sscanf(text,
                  "%31s connect=%23s first=%23s banner=%23s body=%23s "
                  "bytes=%" SCNd64,
                  class, times[0], times[1], times[2], times[3],
                  &outcome->body_bytes) == 6 &&
           outcome_class_parse(&outcome->class, class) &&
           seconds_read(times[0], &outcome->connect_ns) &&
           seconds_read(times[1], &outcome->first_byte_ns) &&
           seconds_read(times[2], &outcome->banner_ns) &&
           seconds_read(times[3], &outcome->body_ns);
}
