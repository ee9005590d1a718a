/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * axisvalue.h - values of a swept parameter: their number, order and label
 *
 * Most are numbers, perhaps with a unit. Lists of ISO 8601 intervals, as in
 * backoff, are told by what people say: "pt60m pt120m pt1h30m" is "1h 2h
 * 1h30m" in a picture.
 */
#ifndef PLOTS_AXISVALUE_H
#define PLOTS_AXISVALUE_H

#include <stddef.h>

/* "16", "30s" is 30, "2kB" is 2000, "pt30m" is 1800; NaN: not a number. */
double axisvalue_number(const char *text);

/* What lists are sorted by: the number of their first word; NaN: has none. */
double axisvalue_order(const char *text);

/* The text as pictures show it, cut to `size`. */
void axisvalue_label(const char *text, char *label, size_t size);

#endif
