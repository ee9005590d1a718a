/* SPDX-License-Identifier: MIT */
/*
 * names.h - destination hosts by number; a number is for one life of jobctld
 */
#ifndef SCHED_LIVE_NAMES_H
#define SCHED_LIVE_NAMES_H

#include <stdint.h>

struct names {
    char **texts;    /* by number */
    uint32_t *table; /* number + 1 by hash; 0: free */
    uint32_t count;
    uint32_t table_size;
};

/* The number of a name; a new one if it has none. */
uint32_t names_number(struct names *names, const char *text);
void names_free(struct names *names);

#endif
