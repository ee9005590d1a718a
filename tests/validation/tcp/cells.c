/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cells.c - see cells.h
 */
#include "tests/validation/tcp/cells.h"

#include <string.h>

#include "sim/kernel/base.h"
#include "sim/kernel/chance.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct list {
    struct cell *cells;
    int count;
};

static void
list_add(struct list *list, const struct cell *cell)
{
    ASSERT(list->count < CELLS_MAX);
    list->cells[list->count++] = *cell;
}

static struct middlebox_params
fault_of(const char *text)
{
    struct middlebox_params fault;
    const char *expected = NULL;

    ASSERT(middlebox_parse(&fault, text, &expected));
    return fault;
}

static void
list_add_fault(struct list *list, const char *fault, int32_t shift)
{
    struct cell cell = cell_default();

    cell.fault = fault_of(fault);
    cell.shifts[TCP_CLIENT] = shift;
    cell.shifts[TCP_SERVER] = shift;
    for (int i = 0; i < 4; i++) {
        cell.is_down = i >= 2;
        cell.size_bytes = i % 2 == 0 ? 2000 : 1000000;
        list_add(list, &cell);
    }
}

static void
spec_faults(struct list *list)
{
    static const char *const by_shift[] = {
        "strip-synack", "set-syn=0",   "set-synack=0", "set-both=0", "track",
        "track-syn",    "track-start", "clamp=8192",   "clamp=1000"};
    static const char *const once[] = {"none", "strip-syn", "strip-both",
                                       "drop-syn", "drop-synack"};
    static const int32_t shifts[] = {2, 4, 7, 8, 10};

    for (size_t i = 0; i < COUNT(once); i++) {
        list_add_fault(list, once[i], 8);
    }
    for (size_t i = 0; i < COUNT(by_shift); i++) {
        for (size_t k = 0; k < COUNT(shifts); k++) {
            list_add_fault(list, by_shift[i], shifts[k]);
        }
    }
}

/* spec_levels - a client as Windows 2008 is set up, before a Linux server */
static void
spec_levels(struct list *list)
{
    static const char *const faults[] = {
        "set-syn=0",   "set-both=0", "strip-synack", "track", "track-syn",
        "track-start", "drop-syn",   "strip-syn",    "none"};
    static const int32_t levels[] = {TCP_SHIFT_NONE, 2, 4, 8, 14};
    static const int64_t banners[] = {28, 96, 300};

    for (size_t i = 0; i < COUNT(faults); i++) {
        for (size_t k = 0; k < COUNT(levels); k++) {
            struct cell cell = cell_default();

            cell.fault = fault_of(faults[i]);
            cell.shifts[TCP_CLIENT] = levels[k];
            cell.shifts[TCP_SERVER] = 7;
            cell.buffers[TCP_CLIENT] = 16384;
            for (size_t b = 0; b < COUNT(banners); b++) {
                cell.banner_bytes = banners[b];
                list_add(list, &cell);
            }
        }
    }
}

static void
grid_plain(struct list *list)
{
    static const int64_t rtts_ms[] = {2, 20, 80, 200};
    static const int64_t rates[] = {1000000, 10000000, 100000000};
    static const int64_t queues[] = {32768, 131072};
    static const int64_t sizes[] = {2000, 50000, 1000000, 10000000};

    for (size_t i = 0;
         i < COUNT(rtts_ms) * COUNT(rates) * COUNT(queues) * COUNT(sizes) * 2;
         i++) {
        struct cell cell = cell_default();
        size_t rest = i;

        cell.congestion = rest % 2 == 0 ? TCP_RENO : TCP_CUBIC;
        rest /= 2;
        cell.size_bytes = sizes[rest % COUNT(sizes)];
        rest /= COUNT(sizes);
        cell.queue_bytes = queues[rest % COUNT(queues)];
        rest /= COUNT(queues);
        cell.rate_bits_per_s = rates[rest % COUNT(rates)];
        rest /= COUNT(rates);
        cell.rtt_ns = rtts_ms[rest] * NS_PER_MS;
        /* Alternate by size, so that each way is seen in both directions. */
        cell.is_down = (i / 2) % 3 == 2;
        list_add(list, &cell);
    }
}

static void
list_add_seeds(struct list *list, struct cell cell)
{
    for (uint32_t seed = 1; seed <= CELLS_SEEDS; seed++) {
        cell.seed = seed;
        list_add(list, &cell);
    }
}

static void
grid_loss(struct list *list)
{
    static const int64_t rtts_ms[] = {20, 80, 200};
    static const int32_t losses[] = {1000, 10000, 30000};

    for (size_t i = 0; i < COUNT(rtts_ms) * COUNT(losses) * 4; i++) {
        struct cell cell = cell_default();

        cell.congestion = i % 2 == 0 ? TCP_RENO : TCP_CUBIC;
        cell.size_bytes = i / 2 % 2 == 0 ? 50000 : 1000000;
        cell.loss_ppm = losses[i / 4 % COUNT(losses)];
        cell.rtt_ns = rtts_ms[i / 4 / COUNT(losses)] * NS_PER_MS;
        list_add_seeds(list, cell);
    }
}

/* One configuration's draws. */
struct dice {
    struct chance chance;
    uint32_t entity;
    uint32_t n;
};

static size_t
draw(struct dice *dice, size_t below)
{
    return (size_t)chance_below(
        chance_u64(&dice->chance, dice->entity, 0, dice->n++), below);
}

static void
draw_way(struct cell *cell, struct dice *dice)
{
    static const int64_t rtts_ms[] = {2,  3,  5,  7,   10,  15,  20, 30,
                                      40, 60, 80, 100, 120, 150, 200};
    static const int64_t rates_kbit[] = {1000,  1500,  2000,  3000,  5000,
                                         7000,  10000, 15000, 20000, 30000,
                                         50000, 70000, 100000};
    static const int64_t queues[] = {16384,  24576,  32768,  65536,
                                     131072, 262144, 524288, 1048576};
    static const int64_t sizes[] = {2000,    5000,    10000,   20000,
                                    50000,   100000,  200000,  500000,
                                    1000000, 2000000, 5000000, 10000000};

    cell->rtt_ns = rtts_ms[draw(dice, COUNT(rtts_ms))] * NS_PER_MS;
    cell->rate_bits_per_s = rates_kbit[draw(dice, COUNT(rates_kbit))] * 1000;
    cell->queue_bytes = queues[draw(dice, COUNT(queues))];
    cell->is_down = draw(dice, 2) == 1;
    cell->congestion = draw(dice, 2) == 1 ? TCP_RENO : TCP_CUBIC;
    /* What cannot get through in 12 s says little at a limit of 20. */
    size_t size = draw(dice, COUNT(sizes));

    while (size > 0 && sizes[size] * 8 / 12 > cell->rate_bits_per_s) {
        size--;
    }
    cell->size_bytes = sizes[size];
}

static void
draw_ends(struct cell *cell, struct dice *dice)
{
    static const int64_t buffers[] = {131072, 131072, 131072, 65536, 16384};

    for (int i = 0; i < TCP_SIDES_COUNT; i++) {
        const size_t shift = draw(dice, 17);

        cell->shifts[i] = shift > 14 ? TCP_SHIFT_NONE : (int32_t)shift;
        cell->buffers[i] = buffers[draw(dice, COUNT(buffers))];
    }
}

static void
draw_fault(struct cell *cell, struct dice *dice)
{
    static const char *const faults[] = {
        "strip-syn",  "strip-synack",      "strip-both",    "set-syn=0",
        "set-syn=2",  "set-synack=0",      "set-synack=14", "set-both=0",
        "set-both=7", "drop-syn",          "drop-synack",   "track",
        "track-syn",  "track-start",       "clamp=8192",    "clamp=2000",
        "clamp=500",  "clear=window-scale"};
    static const int64_t banners[] = {96, 96, 28, 300};

    cell->fault = fault_of(faults[draw(dice, COUNT(faults))]);
    cell->banner_bytes = banners[draw(dice, COUNT(banners))];
}

static void
random_cells(struct list *list, uint32_t seed, uint32_t count)
{
    static const int32_t losses[] = {300, 1000, 3000, 10000, 30000};

    for (uint32_t i = 0; i < count; i++) {
        struct dice dice = {chance_stream(seed, 0, "validation/cells"), i, 0};
        struct cell cell = cell_default();
        const size_t kind = draw(&dice, 10);

        draw_way(&cell, &dice);
        draw_ends(&cell, &dice);
        if (kind < 5) {
            draw_fault(&cell, &dice);
        }
        if (kind == 5) {
            cell.loss_ppm = losses[draw(&dice, COUNT(losses))];
            list_add_seeds(list, cell);
        } else {
            list_add(list, &cell);
        }
    }
}

int
cells_make(struct cell *cells, const char *set, uint32_t seed, uint32_t count)
{
    struct list list = {cells, 0};

    if (strcmp(set, "spec") == 0) {
        spec_faults(&list);
        spec_levels(&list);
    } else if (strcmp(set, "grid") == 0) {
        grid_plain(&list);
        grid_loss(&list);
    } else if (strcmp(set, "random") == 0) {
        random_cells(&list, seed, count);
    } else {
        return -1;
    }
    return list.count;
}
