/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_tcp.c - what TCP costs, segment by segment
 *
 *     bench_tcp [--json FILE] [NAME]        only workloads whose name has NAME
 *
 * Segments (of data and acknowledgements, as the ends sent them) and events of
 * the queue per CPU second, on one core; a row gives the least, the median and
 * the greatest of its turns, each of which is the same run again. It tells, it
 * never fails: on a loaded machine a row may miss its target.
 *
 *     bulk      one transfer of 100 MB, 1 Gbit/s, 20 ms, nothing lost
 *     lossy     1,000 transfers of 300 kB in one queue, each with its own line,
 *               0.1 % lost each way, 10 Mbit/s: 60 packets under way
 *     fast      the same with 100 Mbit/s: 200 packets under way in each, more
 *               than the caches hold
 *     shared    the same through one bottleneck of 1 Gbit/s, whose queue drops
 *     short     deliveries of 50 kB one after another: banner, five commands,
 *               the body, and a reply, on a connection that is used again
 *
 * Memory is what the allocator gave (mallinfo2), for a connection that has done
 * its handshake and for each packet that is under way.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/tcp/connection.h"
#include "sim/kernel/base.h"

enum { TURNS = 7, MANY = 1000, EVENTS_MAX = 1 << 20 };

#define TARGET_PER_S 3e6

struct bench {
    struct evq *evq;
    struct path_params path;
    struct path_luck luck;
    struct tcp_stack stack;
    struct hop_line line;
    struct hop_line *lines[PATH_HOPS_MAX];
    struct tcp_connection **connections;
    uint32_t count;
    uint64_t segments_count; /* of connections that were used again */
    uint64_t events_count;
};

struct row {
    const char *name;
    uint64_t segments_count;
    uint64_t events_count;
    double per_s[3]; /* segments: least, median, greatest */
};

/* --- Connections ------------------------------------------------------------ */

static void
on_news(void *arg, enum tcp_side side, enum tcp_news news)
{
    (void)arg;
    (void)side;
    (void)news;
}

static struct bench *
bench_new(uint32_t count, int64_t rate_bits_per_s, int32_t loss_ppm)
{
    struct bench *bench = base_alloc(sizeof *bench);
    struct hop_params *hop = &bench->path.hops[0];

    bench->evq = evq_new(EVENTS_MAX);
    bench->path.name = "bench";
    bench->path.hops_count = 1;
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        hop->rate_bits_per_s[side] = rate_bits_per_s;
        hop->delay_ns[side] = 10 * NS_PER_MS;
        /* 40 ms of the line, 64 KiB at least */
        hop->queue_bytes[side] = i64_max(rate_bits_per_s / 8 / 25, 64 << 10);
        hop->loss_ppm[side] = loss_ppm;
    }
    path_luck_init(&bench->luck, &bench->path, 1, 0);
    bench->stack = *tcp_stack_named("linux");
    bench->count = count;
    bench->connections = base_alloc(count * sizeof(void *));
    return bench;
}

static struct tcp_connection_params
params_of(struct bench *bench, uint64_t entity)
{
    return (struct tcp_connection_params){
        .path = &bench->path,
        .stacks = {&bench->stack, &bench->stack},
        .luck = &bench->luck,
        .lines = bench->lines[0] == NULL ? NULL : bench->lines,
        .entity = entity,
        .evq = bench->evq,
        .notify = on_news,
    };
}

static void
on_open(void *arg, uint64_t data)
{
    struct bench *bench = arg;

    tcp_connection_open(bench->connections[data]);
}

/* open_all - one after the other within 50 ms, with so much to say */
static void
open_all(struct bench *bench, int64_t bytes)
{
    const int64_t now_ns = evq_now_ns(bench->evq);

    for (uint32_t i = 0; i < bench->count; i++) {
        const struct tcp_connection_params params = params_of(bench, i);
        const int64_t gap_ns = (int64_t)(i * UINT64_C(7919) % 50021) * 1000;

        bench->connections[i] = tcp_connection_new(&params);
        tcp_endpoint_write(
            tcp_connection_end(bench->connections[i], TCP_CLIENT), bytes);
        (void)evq_push(bench->evq, now_ns + gap_ns, 0, on_open, bench, i);
    }
}

static uint64_t
sent_by(struct tcp_connection *connection)
{
    return tcp_endpoint_progress(tcp_connection_end(connection, TCP_CLIENT))
               .sent_count +
           tcp_endpoint_progress(tcp_connection_end(connection, TCP_SERVER))
               .sent_count;
}

static void
bench_free(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->count; i++) {
        tcp_connection_free(bench->connections[i]);
    }
    hop_queue_free(bench->line.queue[TCP_CLIENT]);
    hop_queue_free(bench->line.queue[TCP_SERVER]);
    evq_free(bench->evq);
    free(bench->connections);
    free(bench);
}

/* --- Workloads -------------------------------------------------------------- */

static void
bulk_run(struct bench *bench)
{
    open_all(bench, 100000000);
    bench->events_count = evq_run(bench->evq, INT64_MAX);
}

static void
many_run(struct bench *bench)
{
    open_all(bench, 300000);
    bench->events_count = evq_run(bench->evq, INT64_MAX);
}

static void
shared_run(struct bench *bench)
{
    bench->line.queue[TCP_CLIENT] = hop_queue_new();
    bench->line.queue[TCP_SERVER] = hop_queue_new();
    bench->lines[0] = &bench->line;
    many_run(bench);
}

/* say - a turn of the dialogue */
static void
say(struct bench *bench, enum tcp_side side, int64_t bytes)
{
    tcp_endpoint_write(tcp_connection_end(bench->connections[0], side), bytes);
    bench->events_count += evq_run(bench->evq, INT64_MAX);
}

static void
short_run(struct bench *bench)
{
    static const int64_t turns[][TCP_SIDES_COUNT] = {
        {25, 170}, {52, 14}, {34, 14}, {6, 37}, {50000, 30}, {6, 15}};

    for (uint64_t entity = 0; entity < 2000; entity++) {
        const struct tcp_connection_params params = params_of(bench, entity);

        if (entity == 0) {
            bench->connections[0] = tcp_connection_new(&params);
        } else {
            bench->segments_count += sent_by(bench->connections[0]);
            tcp_connection_reset(bench->connections[0], &params);
        }
        tcp_connection_open(bench->connections[0]);
        say(bench, TCP_SERVER, 96);
        for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
            say(bench, TCP_CLIENT, turns[i][TCP_CLIENT]);
            say(bench, TCP_SERVER, turns[i][TCP_SERVER]);
        }
    }
}

/* --- Measuring -------------------------------------------------------------- */

static double
cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct row
measure(const char *name, void (*run)(struct bench *), uint32_t count,
        int64_t rate_bits_per_s, int32_t loss_ppm)
{
    struct row row = {.name = name};
    double per_s[TURNS];

    for (int turn = 0; turn < TURNS; turn++) {
        struct bench *bench = bench_new(count, rate_bits_per_s, loss_ppm);
        const double start_s = cpu_s();

        run(bench);
        const double took_s = cpu_s() - start_s;
        row.segments_count = bench->segments_count;
        for (uint32_t i = 0; i < bench->count; i++) {
            row.segments_count += sent_by(bench->connections[i]);
        }
        row.events_count = bench->events_count;
        per_s[turn] = (double)row.segments_count / took_s;
        bench_free(bench);
    }
    qsort(per_s, TURNS, sizeof *per_s, compare_doubles);
    row.per_s[0] = per_s[0];
    row.per_s[1] = per_s[TURNS / 2];
    row.per_s[2] = per_s[TURNS - 1];
    return row;
}

static double
held_bytes(void)
{
    const struct mallinfo2 info = mallinfo2();

    return (double)info.uordblks + (double)info.hblkhd;
}

struct memory {
    double idle_bytes;   /* a connection without anything under way */
    double packet_bytes; /* more, for each packet under way */
};

/* memory_measure - 1,000 connections at rest; one with 16,384 packets out, the
 * arrays just full */
static struct memory
memory_measure(void)
{
    struct memory memory;
    struct bench *bench = bench_new(MANY, 0, 0);

    open_all(bench, 0); /* the queue grows to what it needs before it counts */
    evq_run(bench->evq, INT64_MAX);
    for (uint32_t i = 0; i < MANY; i++) {
        tcp_connection_free(bench->connections[i]);
    }
    double before = held_bytes();
    open_all(bench, 0);
    evq_run(bench->evq, INT64_MAX);
    memory.idle_bytes = (held_bytes() - before) / MANY;
    bench_free(bench);

    const int64_t packets = 16384;
    bench = bench_new(1, 0, 0);
    bench->stack.initial_window = (int32_t)packets;
    bench->stack.window_first_bytes = packets * 1460;
    bench->stack.window_max_bytes = packets * 4096;
    bench->stack.shift = TCP_SHIFT_MAX;
    open_all(bench, 0);
    evq_run(bench->evq, INT64_MAX);
    /* The server's window reaches the client with the first acknowledgement. */
    struct tcp_endpoint *client =
        tcp_connection_end(bench->connections[0], TCP_CLIENT);
    tcp_endpoint_write(client, 1);
    evq_run(bench->evq, INT64_MAX);
    before = held_bytes();
    tcp_endpoint_write(client, packets * 1448);
    const struct tcp_progress progress = tcp_endpoint_progress(client);
    const double out =
        (double)(progress.next_seq - progress.acked_seq) / 1448.0;
    memory.packet_bytes = (held_bytes() - before) / out;
    bench_free(bench);
    return memory;
}

/* --- Output ----------------------------------------------------------------- */

static void
row_print(const struct row *row, FILE *json, bool is_first)
{
    const bool is_ok = row->per_s[1] >= TARGET_PER_S;

    printf("%-8s %9" PRIu64 " %9" PRIu64 "   %6.2f %6.2f %6.2f   %5.2f %s\n",
           row->name, row->segments_count, row->events_count,
           row->per_s[0] / 1e6, row->per_s[1] / 1e6, row->per_s[2] / 1e6,
           TARGET_PER_S / 1e6, is_ok ? "ok" : "MISS");
    fflush(stdout);
    if (json != NULL) {
        fprintf(json,
                "%s\n{\"workload\": \"%s\", \"segments\": %" PRIu64
                ", \"events\": %" PRIu64
                ", \"segments_per_s_min\": %.0f, \"segments_per_s\": %.0f, "
                "\"segments_per_s_max\": %.0f, \"target\": %.0f, \"ok\": %s}",
                is_first ? "" : ",", row->name, row->segments_count,
                row->events_count, row->per_s[0], row->per_s[1], row->per_s[2],
                TARGET_PER_S, is_ok ? "true" : "false");
    }
}

static void
run_all(const char *only, FILE *json)
{
    static const struct {
        const char *name;
        void (*run)(struct bench *bench);
        uint32_t count;
        int64_t rate_bits_per_s;
        int32_t loss_ppm;
    } runs[] = {
        {"bulk", bulk_run, 1, 1000000000, 0},
        {"lossy", many_run, MANY, 10000000, 1000},
        {"fast", many_run, MANY, 100000000, 1000},
        {"shared", shared_run, MANY, 1000000000, 0},
        {"short", short_run, 1, 100000000, 0},
    };
    bool is_first = true;

    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (only == NULL || strstr(runs[i].name, only) != NULL) {
            const struct row row =
                measure(runs[i].name, runs[i].run, runs[i].count,
                        runs[i].rate_bits_per_s, runs[i].loss_ppm);

            row_print(&row, json, is_first);
            is_first = false;
        }
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
            fprintf(stderr, "usage: bench_tcp [--json FILE] [NAME]\n");
            return 2;
        } else {
            only = argv[i];
        }
    }
    printf("million segments a CPU second, %d turns\n", TURNS);
    printf("%-8s %9s %9s   %6s %6s %6s   %5s\n", "workload", "segments",
           "events", "min", "median", "max", "least");
    if (json != NULL) {
        fprintf(json, "{\"tcp\": [");
    }
    run_all(only, json);
    const struct memory memory = memory_measure();
    printf("memory: %.0f bytes a connection at rest, %.0f a packet under way\n",
           memory.idle_bytes, memory.packet_bytes);
    if (json != NULL) {
        fprintf(json,
                "\n], \"connection_bytes\": %.0f, \"packet_bytes\": %.0f}\n",
                memory.idle_bytes, memory.packet_bytes);
        if (fclose(json) != 0) {
            perror("--json");
            return 74;
        }
    }
    return 0;
}
