/* SPDX-License-Identifier: MIT */
/*
 * setup_value.c - counts, times and feedbacks, as options have them
 */
#include <stddef.h>

#include "setup.h"

#define NS_PER_S   INT64_C(1000000000)
#define SECOND_MAX INT64_C(1000000000) /* of a duration: 31 years */

/* digits_take - a whole number off the front; false: none, or too large */
static bool
digits_take(struct note_piece *piece, int64_t *number)
{
    const uint64_t before = piece->size;

    *number = 0;
    while (piece->size > 0 && piece->bytes[0] >= '0' &&
           piece->bytes[0] <= '9') {
        *number = *number * 10 + (piece->bytes[0] - '0');
        if (*number > INT64_C(1000000000000)) {
            return false;
        }
        piece->bytes++;
        piece->size--;
    }
    return piece->size < before;
}

/* setup_parse_time - 300, 300s, 5m, 2h, 5d, 1w: ns */
bool
setup_parse_time(struct note_piece piece, int64_t *ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t number = 0;
    int64_t seconds = 0;

    if (!digits_take(&piece, &number) || piece.size > 1) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (piece.size == 0 || piece.bytes[0] == units[i].unit) {
            seconds = units[i].seconds;
            break;
        }
    }
    if (seconds == 0 || number > SECOND_MAX / seconds) {
        return false;
    }
    *ns = number * seconds * NS_PER_S;
    return true;
}

/* fraction_take - 1, 0.5, .25, with six digits at most: parts per million */
static bool
fraction_take(struct note_piece *piece, int64_t *ppm)
{
    int64_t whole = 0;
    int64_t digit_ppm = 100000;
    bool has_digits = digits_take(piece, &whole);

    *ppm = whole * 1000000;
    if (piece->size > 0 && piece->bytes[0] == '.') {
        piece->bytes++;
        piece->size--;
        while (piece->size > 0 && piece->bytes[0] >= '0' &&
               piece->bytes[0] <= '9' && digit_ppm > 0) {
            *ppm += digit_ppm * (piece->bytes[0] - '0');
            digit_ppm /= 10;
            piece->bytes++;
            piece->size--;
            has_digits = true;
        }
    }
    return has_digits && *ppm <= 1000000;
}

/* divisor_parse - what stands below the line */
static bool
divisor_parse(struct note_piece piece, struct setup_value *value)
{
    int64_t divisor = 1;

    if (note_is(piece, "N") || note_is(piece, "concurrency")) {
        value->kind = WINDOW_PER_WIDTH;
        return true;
    }
    if (note_is(piece, "sqrt(N)") || note_is(piece, "sqrt_concurrency")) {
        value->kind = WINDOW_PER_ROOT_WIDTH;
        return true;
    }
    if (!setup_parse_count(piece, 1, 1000000, &divisor)) {
        return false;
    }
    value->divisor = (uint32_t)divisor;
    return true;
}

/* setup_parse_feedback - x, x/8, x/N, x/sqrt(N), or as the manual has them */
bool
setup_parse_feedback(struct note_piece piece, struct setup_value *value)
{
    value->kind = WINDOW_CONSTANT;
    value->divisor = 1;
    if (!fraction_take(&piece, &value->number)) {
        return false;
    }
    piece = note_trim(piece);
    if (piece.size == 0) {
        return true;
    }
    if (piece.bytes[0] != '/') {
        return false;
    }
    piece.bytes++;
    piece.size--;
    return divisor_parse(note_trim(piece), value);
}

bool
setup_parse_count(struct note_piece piece, int64_t least, int64_t most,
                  int64_t *number)
{
    return digits_take(&piece, number) && piece.size == 0 && *number >= least &&
           *number <= most;
}
