/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.h - are two actions the same; and events and actions in words
 */
#ifndef TESTS_REFERENCE_COMPARE_H
#define TESTS_REFERENCE_COMPARE_H

#include <stdint.h>
#include <stdio.h>

#include "scheduler/sched_abi.h"

/* Every field, and the recipients; the wish too, when both are NONE. */
int actions_equal(const struct sched_action *a, const struct sched_action *b);
void action_print(const struct sched_action *action, FILE *out);
void event_print(int64_t now_ns, const struct sched_event *event, FILE *out);
const char *action_name(uint32_t kind);
const char *event_name(uint32_t kind);

#endif
