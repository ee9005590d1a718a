/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_kernel.c - what evq costs, against structures that only do the work
 *
 *     bench_kernel [--json FILE] [NAME]     only workloads whose name has NAME
 *
 * Absolute times drift by a quarter on shared machines, so each workload is
 * run beside its floor: the same events, draws and callbacks on a bare
 * structure (floor_heap.h, floor_indexed.h, a plain loop), the two taking
 * turns, in CPU time. A row gives the median time of both and the least, the
 * median and the greatest ratio of neighbouring turns. It tells, it never
 * fails: on a loaded machine a row may miss its target.
 *
 *     hold      pop one event, push one, exponential delay; steady population
 *     hold-tied the same with delays rounded to 1/8 of the mean
 *     rearm     cancel one of the pending, push it again, later
 *     timeout   an event a step: pops, pushes itself, re-arms one timer; some
 *               timers fire
 *     mm1       M/M/1 at load 0.8, one customer: an arrival and a departure,
 *               drawn as this program draws (chance.h, variate.h); the floor is
 *               a loop that knows its two next instants, and no kernel
 *     mm1-cheap the same with draws that cost next to nothing (a ziggurat):
 *               what two events cost beside two comparisons
 *     mm1-heap  the same draws; the floor is the bare heap with callbacks
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/kernel/base.h"
#include "sim/kernel/chance.h"
#include "sim/kernel/evq.h"
#include "sim/kernel/variate.h"
#include "tests/bench/floor_draw.h"
#include "tests/bench/floor_heap.h"
#include "tests/bench/floor_indexed.h"

enum {
    TURNS = 15,
    STEPS = 500000, /* a turn */
    WARM_UP_STEPS = 500000,
    CUSTOMERS_MAX = 1 << 16
};

#define MEAN_NS (1e6) /* of a delay, per pending event */
#define SEED    2006

struct bench {
    struct floor_draw draw; /* first: hot */
    struct floor_heap heap;
    struct floor_indexed indexed;
    struct evq *q;
    double mean_ns;
    uint64_t grain_ns; /* delays are multiples of this */
    uint64_t steps_left;
    uint64_t work; /* what the callbacks do */
    uint32_t population;
    uint32_t *floor_ids;
    struct evq_id *evq_ids;
    uint64_t clock_ns;
    uint64_t floor_next[2]; /* M/M/1: arrival, departure */
    struct chance chance;
    uint64_t floor_draws; /* of chance, by each side: both see the same */
    uint64_t evq_draws;
    struct mm1 *floor_mm1;
    struct mm1 *evq_mm1;
};

struct workload {
    const char *name;
    double target; /* ratio; 0: none */
    void (*start)(struct bench *bench);
    void (*floor)(struct bench *bench, uint64_t steps);
    void (*ours)(struct bench *bench, uint64_t steps);
};

struct row {
    const struct workload *workload;
    uint32_t population;
    double floor_ns;
    double ours_ns;
    double ratio_min;
    double ratio;
    double ratio_max;
    double bytes_per_event;
};

/* --- HOLD -------------------------------------------------------------------- */

static inline uint64_t
hold_delay(struct bench *bench)
{
    uint64_t delay_ns = (uint64_t)floor_draw_ns(&bench->draw, bench->mean_ns);

    return bench->grain_ns == 1 ? delay_ns
                                : delay_ns / bench->grain_ns * bench->grain_ns;
}

static void
hold_floor_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;

    bench->work += data;
    if (--bench->steps_left == 0) {
        bench->heap.is_stopped = true;
    }
    floor_push(&bench->heap, bench->heap.now + hold_delay(bench),
               hold_floor_event, bench, data + 1);
}

static void
hold_evq_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;

    bench->work += data;
    if (--bench->steps_left == 0) {
        evq_stop(bench->q);
    }
    evq_push(bench->q, evq_now_ns(bench->q) + (int64_t)hold_delay(bench), 4,
             hold_evq_event, bench, data + 1);
}

static void
hold_start(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->population; i++) {
        uint64_t delay = hold_delay(bench);

        floor_push(&bench->heap, delay, hold_floor_event, bench, i);
        evq_push(bench->q, (int64_t)delay, 4, hold_evq_event, bench, i);
    }
}

static void
hold_tied_start(struct bench *bench)
{
    bench->grain_ns = (uint64_t)(bench->mean_ns / 8);
    hold_start(bench);
}

static void
hold_floor(struct bench *bench, uint64_t steps)
{
    bench->steps_left = steps;
    bench->heap.is_stopped = false;
    floor_run(&bench->heap);
}

static void
evq_steps(struct bench *bench, uint64_t steps)
{
    bench->steps_left = steps;
    evq_run(bench->q, INT64_MAX);
}

/* --- Cancel: timers that are re-armed ------------------------------------------ */

static inline uint32_t
any_timer(struct bench *bench)
{
    return (uint32_t)((floor_draw_u64(&bench->draw) >> 32) *
                          bench->population >>
                      32);
}

static void
timer_floor_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;

    bench->floor_ids[data] = UINT32_MAX;
    bench->work += data;
}

static void
timer_evq_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;

    bench->evq_ids[data] = EVQ_NONE;
    bench->work += data;
}

static inline void
timer_floor_arm(struct bench *bench, uint32_t timer, uint64_t now_ns)
{
    if (bench->floor_ids[timer] != UINT32_MAX) {
        floor_indexed_cancel(&bench->indexed, bench->floor_ids[timer]);
    }
    bench->floor_ids[timer] =
        floor_indexed_push(&bench->indexed, now_ns + hold_delay(bench),
                           timer_floor_event, bench, timer);
}

static inline void
timer_evq_arm(struct bench *bench, uint32_t timer, uint64_t now_ns)
{
    evq_cancel(bench->q, bench->evq_ids[timer]);
    bench->evq_ids[timer] =
        evq_push(bench->q, (int64_t)(now_ns + hold_delay(bench)), 4,
                 timer_evq_event, bench, timer);
}

static void
rearm_start(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->population; i++) {
        bench->floor_ids[i] = UINT32_MAX;
        timer_floor_arm(bench, i, 0);
        timer_evq_arm(bench, i, 0);
    }
}

static void
rearm_floor(struct bench *bench, uint64_t steps)
{
    uint64_t gap_ns = (uint64_t)bench->mean_ns / bench->population;

    for (uint64_t i = 0; i < steps; i++) {
        timer_floor_arm(bench, any_timer(bench), bench->clock_ns + i * gap_ns);
    }
}

static void
rearm_evq(struct bench *bench, uint64_t steps)
{
    uint64_t gap_ns = (uint64_t)bench->mean_ns / bench->population;

    for (uint64_t i = 0; i < steps; i++) {
        timer_evq_arm(bench, any_timer(bench), bench->clock_ns + i * gap_ns);
    }
    bench->clock_ns += steps * gap_ns; /* ours has the second turn */
}

/* timeout: the gap between steps is such that a timer is re-armed about twice
 * before it would fire. */
static void
step_floor_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;
    uint64_t now_ns = bench->indexed.now;

    floor_indexed_push(&bench->indexed, now_ns + data, step_floor_event, bench,
                       data);
    timer_floor_arm(bench, any_timer(bench), now_ns);
    if (--bench->steps_left == 0) {
        bench->indexed.is_stopped = true;
    }
}

static void
step_evq_event(void *arg, uint64_t data)
{
    struct bench *bench = arg;
    uint64_t now_ns = (uint64_t)evq_now_ns(bench->q);

    evq_push(bench->q, (int64_t)(now_ns + data), 4, step_evq_event, bench,
             data);
    timer_evq_arm(bench, any_timer(bench), now_ns);
    if (--bench->steps_left == 0) {
        evq_stop(bench->q);
    }
}

static void
timeout_start(struct bench *bench)
{
    uint64_t gap_ns = (uint64_t)bench->mean_ns / bench->population / 2;

    rearm_start(bench);
    floor_indexed_push(&bench->indexed, gap_ns, step_floor_event, bench,
                       gap_ns);
    evq_push(bench->q, (int64_t)gap_ns, 4, step_evq_event, bench, gap_ns);
}

static void
timeout_floor(struct bench *bench, uint64_t steps)
{
    bench->steps_left = steps;
    bench->indexed.is_stopped = false;
    floor_indexed_run(&bench->indexed);
}

/* --- M/M/1 --------------------------------------------------------------------- */

#define MM1_ARRIVAL_NS 1250000 /* load 0.8 */
#define MM1_SERVICE_NS 1000000

/* Both sides keep the arrival times of those in the system and sum up how long
 * customers stay. */
struct mm1 {
    uint64_t arrived[CUSTOMERS_MAX];
    uint64_t first; /* customer in service */
    uint64_t last;  /* the next to arrive */
    uint64_t stay_ns;
};

/* mm1_draw_ns - a delay, either as this program draws it or cheaply */
static inline __attribute__((always_inline)) int64_t
mm1_draw_ns(struct bench *bench, uint64_t *draws, int64_t mean_ns, bool is_own)
{
    if (is_own) {
        const struct variate exponential = {VARIATE_EXPONENTIAL, mean_ns, 0, 0};

        return variate_sample(&exponential,
                              chance_u64(&bench->chance, ++*draws, 0, 0));
    }
    return floor_draw_ns(&bench->draw, (double)mean_ns);
}

static inline __attribute__((always_inline)) void
mm1_loop(struct bench *bench, uint64_t steps, bool is_own)
{
    struct mm1 *mm1 = bench->floor_mm1;
    uint64_t *draws = &bench->floor_draws;
    uint64_t arrival = bench->floor_next[0];
    uint64_t departure = bench->floor_next[1];

    while (steps > 0) {
        if (arrival < departure) {
            if (mm1->first == mm1->last) {
                departure = arrival + (uint64_t)mm1_draw_ns(
                                          bench, draws, MM1_SERVICE_NS, is_own);
            }
            mm1->arrived[mm1->last++ % CUSTOMERS_MAX] = arrival;
            arrival +=
                (uint64_t)mm1_draw_ns(bench, draws, MM1_ARRIVAL_NS, is_own);
        } else {
            mm1->stay_ns +=
                departure - mm1->arrived[mm1->first++ % CUSTOMERS_MAX];
            departure =
                mm1->first == mm1->last
                    ? UINT64_MAX
                    : departure + (uint64_t)mm1_draw_ns(bench, draws,
                                                        MM1_SERVICE_NS, is_own);
            steps--;
        }
    }
    bench->floor_next[0] = arrival;
    bench->floor_next[1] = departure;
}

static void
mm1_floor(struct bench *bench, uint64_t steps)
{
    mm1_loop(bench, steps, true);
}

static void
mm1_cheap_floor(struct bench *bench, uint64_t steps)
{
    mm1_loop(bench, steps, false);
}

static inline __attribute__((always_inline)) void
mm1_depart(struct bench *bench, evq_fn *departure, bool is_own)
{
    struct mm1 *mm1 = bench->evq_mm1;
    int64_t now_ns = evq_now_ns(bench->q);

    mm1->stay_ns +=
        (uint64_t)now_ns - mm1->arrived[mm1->first++ % CUSTOMERS_MAX];
    if (mm1->first != mm1->last) {
        evq_push(bench->q,
                 now_ns + mm1_draw_ns(bench, &bench->evq_draws, MM1_SERVICE_NS,
                                      is_own),
                 4, departure, bench, 0);
    }
    if (--bench->steps_left == 0) {
        evq_stop(bench->q);
    }
}

static inline __attribute__((always_inline)) void
mm1_arrive(struct bench *bench, evq_fn *arrival, evq_fn *departure, bool is_own)
{
    struct mm1 *mm1 = bench->evq_mm1;
    uint64_t *draws = &bench->evq_draws;
    int64_t now_ns = evq_now_ns(bench->q);

    evq_push(bench->q,
             now_ns + mm1_draw_ns(bench, draws, MM1_ARRIVAL_NS, is_own), 4,
             arrival, bench, 0);
    if (mm1->first == mm1->last) {
        evq_push(bench->q,
                 now_ns + mm1_draw_ns(bench, draws, MM1_SERVICE_NS, is_own), 4,
                 departure, bench, 0);
    }
    mm1->arrived[mm1->last++ % CUSTOMERS_MAX] = (uint64_t)now_ns;
}

static void
mm1_departure(void *arg, uint64_t data)
{
    (void)data;
    mm1_depart(arg, mm1_departure, true);
}

static void
mm1_arrival(void *arg, uint64_t data)
{
    (void)data;
    mm1_arrive(arg, mm1_arrival, mm1_departure, true);
}

static void
mm1_cheap_departure(void *arg, uint64_t data)
{
    (void)data;
    mm1_depart(arg, mm1_cheap_departure, false);
}

static void
mm1_cheap_arrival(void *arg, uint64_t data)
{
    (void)data;
    mm1_arrive(arg, mm1_cheap_arrival, mm1_cheap_departure, false);
}

/* On the bare heap, with cheap draws. */
static void
mm1_heap_departure(void *arg, uint64_t data)
{
    struct bench *bench = arg;
    struct mm1 *mm1 = bench->floor_mm1;
    uint64_t now = bench->heap.now;

    mm1->stay_ns += now - mm1->arrived[mm1->first++ % CUSTOMERS_MAX];
    if (mm1->first != mm1->last) {
        floor_push(&bench->heap,
                   now + (uint64_t)floor_draw_ns(&bench->draw, MM1_SERVICE_NS),
                   mm1_heap_departure, bench, data);
    }
    if (--bench->steps_left == 0) {
        bench->heap.is_stopped = true;
    }
}

static void
mm1_heap_arrival(void *arg, uint64_t data)
{
    struct bench *bench = arg;
    struct mm1 *mm1 = bench->floor_mm1;
    uint64_t now = bench->heap.now;

    floor_push(&bench->heap,
               now + (uint64_t)floor_draw_ns(&bench->draw, MM1_ARRIVAL_NS),
               mm1_heap_arrival, bench, data);
    if (mm1->first == mm1->last) {
        floor_push(&bench->heap,
                   now + (uint64_t)floor_draw_ns(&bench->draw, MM1_SERVICE_NS),
                   mm1_heap_departure, bench, data);
    }
    mm1->arrived[mm1->last++ % CUSTOMERS_MAX] = now;
}

static void
mm1_begin(struct bench *bench, evq_fn *arrival)
{
    bench->chance = chance_stream(SEED, 0, "mm1");
    bench->floor_next[0] = 0;
    bench->floor_next[1] = UINT64_MAX;
    bench->floor_mm1 = base_alloc(sizeof *bench->floor_mm1);
    bench->evq_mm1 = base_alloc(sizeof *bench->evq_mm1);
    evq_push(bench->q, 0, 4, arrival, bench, 0);
}

static void
mm1_start(struct bench *bench)
{
    mm1_begin(bench, mm1_arrival);
}

static void
mm1_cheap_start(struct bench *bench)
{
    mm1_begin(bench, mm1_cheap_arrival);
}

static void
mm1_heap_start(struct bench *bench)
{
    mm1_begin(bench, mm1_cheap_arrival);
    floor_push(&bench->heap, 0, mm1_heap_arrival, bench, 0);
}

/* --- Measuring ------------------------------------------------------------------ */

static double
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(double *values)
{
    qsort(values, TURNS, sizeof *values, compare_doubles);
    return values[TURNS / 2];
}

static double
turn(void (*side)(struct bench *, uint64_t), struct bench *bench,
     uint64_t steps)
{
    double start = cpu_ns();

    side(bench, steps);
    return (cpu_ns() - start) / (double)steps;
}

static struct bench *
bench_new(uint32_t population)
{
    struct bench *bench = base_alloc(sizeof *bench);
    uint32_t capacity = population + 1; /* and the event that makes steps */

    bench->population = population;
    bench->mean_ns = MEAN_NS * population;
    bench->grain_ns = 1;
    bench->q = evq_new(capacity);
    bench->floor_ids = base_alloc(population * sizeof *bench->floor_ids);
    bench->evq_ids = base_alloc(population * sizeof *bench->evq_ids);
    floor_draw_init(&bench->draw, SEED);
    floor_heap_init(&bench->heap, capacity);
    floor_indexed_init(&bench->indexed, capacity);
    return bench;
}

static void
bench_free(struct bench *bench)
{
    evq_free(bench->q);
    floor_heap_free(&bench->heap);
    floor_indexed_free(&bench->indexed);
    free(bench->floor_ids);
    free(bench->evq_ids);
    free(bench->floor_mm1);
    free(bench->evq_mm1);
    free(bench);
}

static struct row
measure(const struct workload *workload, uint32_t population)
{
    struct bench *bench = bench_new(population);
    uint64_t steps = STEPS;
    double floor_ns[TURNS];
    double ours_ns[TURNS];
    double ratios[TURNS];

    workload->start(bench);
    for (uint32_t i = 0; i <= population / WARM_UP_STEPS; i++) {
        workload->floor(bench, WARM_UP_STEPS);
        workload->ours(bench, WARM_UP_STEPS);
    }
    for (int i = 0; i < TURNS; i++) {
        floor_ns[i] = turn(workload->floor, bench, steps);
        ours_ns[i] = turn(workload->ours, bench, steps);
        ratios[i] = ours_ns[i] / floor_ns[i];
    }

    qsort(ratios, TURNS, sizeof *ratios, compare_doubles);

    struct row row = {
        .workload = workload,
        .population = population,
        .floor_ns = median(floor_ns),
        .ours_ns = median(ours_ns),
        .ratio_min = ratios[0],
        .ratio = ratios[TURNS / 2],
        .ratio_max = ratios[TURNS - 1],
        .bytes_per_event = (double)evq_bytes(bench->q) / population,
    };

    bench_free(bench);
    return row;
}

static bool
row_is_ok(const struct row *row)
{
    return row->workload->target <= 0 || row->ratio <= row->workload->target;
}

/* --- Output --------------------------------------------------------------------- */

static void
row_print(const struct row *row)
{
    printf("%-10s %9" PRIu32 " %9.1f %9.1f   %5.2f %5.2f %5.2f",
           row->workload->name, row->population, row->floor_ns, row->ours_ns,
           row->ratio_min, row->ratio, row->ratio_max);
    if (row->workload->target > 0) {
        printf("   %5.2f %-4s", row->workload->target,
               row_is_ok(row) ? "ok" : "MISS");
    } else {
        printf("       - %-4s", "");
    }
    if (row->population >= 100) {
        printf(" %7.1f", row->bytes_per_event);
    }
    printf("\n");
    fflush(stdout);
}

static void
row_write(const struct row *row, FILE *json, bool is_first)
{
    fprintf(json,
            "%s\n{\"workload\": \"%s\", \"population\": %" PRIu32
            ", \"floor_ns\": %.2f, \"ours_ns\": %.2f, \"ratio\": %.3f, "
            "\"ratio_min\": %.3f, \"ratio_max\": %.3f, "
            "\"bytes_per_event\": %.1f, \"target\": ",
            is_first ? "" : ",", row->workload->name, row->population,
            row->floor_ns, row->ours_ns, row->ratio, row->ratio_min,
            row->ratio_max, row->bytes_per_event);
    if (row->workload->target > 0) {
        fprintf(json, "%.2f", row->workload->target);
    } else {
        fprintf(json, "null");
    }
    fprintf(json, ", \"ok\": %s}", row_is_ok(row) ? "true" : "false");
}

static void
run_all(const char *only, FILE *json)
{
    static const struct workload hold = {"hold", 1.3, hold_start, hold_floor,
                                         evq_steps};
    static const struct workload tied = {"hold-tied", 0, hold_tied_start,
                                         hold_floor, evq_steps};
    static const struct workload rearm = {"rearm", 1.3, rearm_start,
                                          rearm_floor, rearm_evq};
    static const struct workload timeout = {"timeout", 1.3, timeout_start,
                                            timeout_floor, evq_steps};
    static const struct workload mm1 = {"mm1", 1.4, mm1_start, mm1_floor,
                                        evq_steps};
    static const struct workload mm1_cheap = {"mm1-cheap", 1.4, mm1_cheap_start,
                                              mm1_cheap_floor, evq_steps};
    static const struct workload mm1_heap = {"mm1-heap", 1.3, mm1_heap_start,
                                             hold_floor, evq_steps};
    static const struct {
        const struct workload *workload;
        uint32_t population;
    } runs[] = {
        {&hold, 100},     {&hold, 10000},    {&hold, 1000000},
        {&tied, 10000},   {&rearm, 100},     {&rearm, 1000},
        {&rearm, 10000},  {&rearm, 100000},  {&timeout, 100},
        {&timeout, 1000}, {&timeout, 10000}, {&timeout, 100000},
        {&mm1, 2},        {&mm1_cheap, 2},   {&mm1_heap, 2},
    };
    bool is_first = true;

    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (only != NULL && strstr(runs[i].workload->name, only) == NULL) {
            continue;
        }

        struct row row = measure(runs[i].workload, runs[i].population);

        row_print(&row);
        if (json != NULL) {
            row_write(&row, json, is_first);
        }
        is_first = false;
    }
}

int
main(int argc, char **argv)
{
    const char *only = NULL;
    FILE *json = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            json = fopen(argv[++i], "w");
            if (json == NULL) {
                perror(argv[i]);
                return 74;
            }
        } else if (argv[i][0] == '-') {
            fprintf(stderr, "usage: bench_kernel [--json FILE] [NAME]\n");
            return 2;
        } else {
            only = argv[i];
        }
    }
    printf("CPU ns a step, %d turns of each side; bytes: held by evq for a "
           "pending event\n",
           TURNS);
    printf("%-10s %9s %9s %9s   %5s %5s %5s   %5s %-4s %7s\n", "workload",
           "pending", "floor", "ours", "min", "ratio", "max", "max.", "",
           "bytes");
    if (json != NULL) {
        fprintf(json, "{\"kernel\": [");
    }
    run_all(only, json);
    if (json != NULL) {
        fprintf(json, "\n]}\n");
        if (fclose(json) != 0) {
            perror("--json");
            return 74;
        }
    }
    return 0;
}
