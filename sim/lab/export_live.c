/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_live.c - how many recipients of a message are still to come
 *
 * Open addressing with linear probing, at most half full; what is removed is
 * closed up by moving back what had to step aside for it (Knuth, vol. 3, 6.4,
 * algorithm R), so the table has no graves.
 */
#include <stdlib.h>

#include "sim/lab/export_parts.h"

#define SLOTS_MIN 1024 /* a power of two, as is every size */

struct slot {
    uint64_t message_plus_1; /* 0: free */
    uint64_t recipients_count;
};

struct export_live {
    struct slot *slots;
    uint64_t slots_count;
    uint64_t used;
};

struct export_live *
export_live_new(void)
{
    struct export_live *live = base_alloc(sizeof *live);

    live->slots_count = SLOTS_MIN;
    live->slots = base_alloc(live->slots_count * sizeof *live->slots);
    return live;
}

void
export_live_free(struct export_live *live)
{
    if (live != NULL) {
        free(live->slots);
        free(live);
    }
}

/* home - where the message would lie if it were alone */
static uint64_t
home(const struct export_live *live, uint64_t message_plus_1)
{
    /* Fibonacci hashing: Knuth, vol. 3, 6.4. */
    return (message_plus_1 * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
           (live->slots_count - 1);
}

/* find - the message's slot, or the free one where it belongs */
static uint64_t
find(const struct export_live *live, uint64_t message_plus_1)
{
    uint64_t at = home(live, message_plus_1);

    while (live->slots[at].message_plus_1 != 0 &&
           live->slots[at].message_plus_1 != message_plus_1) {
        at = (at + 1) & (live->slots_count - 1);
    }
    return at;
}

static void
grow(struct export_live *live)
{
    struct slot *old = live->slots;
    const uint64_t old_count = live->slots_count;

    live->slots_count *= 2;
    live->slots = base_alloc(live->slots_count * sizeof *live->slots);
    for (uint64_t i = 0; i < old_count; i++) {
        if (old[i].message_plus_1 != 0) {
            live->slots[find(live, old[i].message_plus_1)] = old[i];
        }
    }
    free(old);
}

void
export_live_add(struct export_live *live, uint64_t message,
                uint32_t recipients_count)
{
    if ((live->used + 1) * 2 > live->slots_count) {
        grow(live);
    }
    struct slot *slot = &live->slots[find(live, message + 1)];

    live->used += slot->message_plus_1 == 0;
    *slot = (struct slot){message + 1, recipients_count};
}

static void
remove_at(struct export_live *live, uint64_t gap)
{
    const uint64_t mask = live->slots_count - 1;

    live->used--;
    for (uint64_t at = (gap + 1) & mask; live->slots[at].message_plus_1 != 0;
         at = (at + 1) & mask) {
        const uint64_t from = home(live, live->slots[at].message_plus_1);

        /* It may move back to the gap if its home is not after the gap. */
        if (((at - from) & mask) >= ((at - gap) & mask)) {
            live->slots[gap] = live->slots[at];
            gap = at;
        }
    }
    live->slots[gap] = (struct slot){0};
}

bool
export_live_finish(struct export_live *live, uint64_t message)
{
    const uint64_t at = find(live, message + 1);

    /* A message that was in the queue before the log began is not known. */
    if (live->slots[at].message_plus_1 == 0 ||
        --live->slots[at].recipients_count > 0) {
        return false;
    }
    remove_at(live, at);
    return true;
}
