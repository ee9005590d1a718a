/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_parts.h - what the two formats of the export share; not for others
 */
#ifndef SIM_LAB_EXPORT_PARTS_H
#define SIM_LAB_EXPORT_PARTS_H

#include <stdio.h>

#include "sim/lab/export.h"

#define EXPORT_SENDER_DOMAIN "sender.example"
#define EXPORT_SUN_TIME_NS   (10 * NS_PER_MS)
#define EXPORT_BLOCK_BYTES   1024 /* BLOCK_SIZE, option.dat, default */

struct export_live; /* messages whose recipients are not all final */

struct export_live *export_live_new(void);
void export_live_free(struct export_live *live);

/* A message begins, with this many recipients. */
void export_live_add(struct export_live *live, uint64_t message,
                     uint32_t recipients_count);

/* A recipient is final. True: it was the message's last. */
bool export_live_finish(struct export_live *live, uint64_t message);

void export_sun_event(FILE *out, const struct export_event *event);
void export_postfix_event(FILE *out, struct export_live *live, bool is_rfc3339,
                          const struct export_event *event);

/* One line of it: control characters become question marks. */
void export_text(FILE *out, const char *text);

#endif
