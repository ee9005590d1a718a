/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording_kinds.h - what each kind of event and action carries: the keys of a
 * line in their order, and where the value stands in the struct; for the writer
 * and the reader of recordings only
 */
#ifndef MODELS_MTA_RECORDING_KINDS_H
#define MODELS_MTA_RECORDING_KINDS_H

#include <stdint.h>

enum recording_type {
    RECORDING_U32,
    RECORDING_U64,
    RECORDING_I64,
    RECORDING_TEXT,
    RECORDING_NUMBERS, /* of uint32_t */
    RECORDING_ROUTES,  /* struct sched_recipient */
    RECORDING_RESULTS, /* uint8_t */
    RECORDING_FILES    /* struct sched_scanned_file */
};

struct recording_field {
    const char *key; /* NULL: no more */
    uint32_t type;   /* enum recording_type */
    uint16_t at;
    uint16_t count_at; /* of lists */
};

enum { RECORDING_FIELDS_MAX = 12 };

struct recording_kind {
    const char *name;
    struct recording_field fields[RECORDING_FIELDS_MAX];
};

/* One that is not known has the name "unknown" and no fields. */
const struct recording_kind *recording_event_kind(uint32_t kind);
const struct recording_kind *recording_action_kind(uint32_t kind);
/* 0: no event has this name. */
uint32_t recording_event_number(const char *name);

#endif
