/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_sun.h - an entry of a Sun mail.log, from either of its forms; not for
 * others
 */
#ifndef SIM_LAB_IMPORT_SUN_H
#define SIM_LAB_IMPORT_SUN_H

#include "sim/lab/import_parts.h"

/* Empty: not there. */
struct import_sun_entry {
    int64_t wall_ns;
    struct import_slice source;
    struct import_slice channel;
    struct import_slice code; /* never empty in an entry that was read */
    struct import_slice size;
    struct import_slice sender; /* empty: null */
    struct import_slice recipient;
    struct import_slice file;
    struct import_slice message_id;
    struct import_slice priority;
};

/* One of the known letters, and modifiers. */
bool import_sun_is_code(struct import_slice slice);

/* Cuts up `copy`, a copy of the line, which then holds the entry's texts.
 * False: reported, or no entry. */
MUST_USE bool import_sun_xml(struct import *import, const char *line,
                             char *copy, struct import_sun_entry *entry);

#endif
