/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel.c - see kernel.h
 */
#define _GNU_SOURCE
#include "tests/validation/tcp/kernel.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sim/kernel/base.h"
#include "tests/validation/tcp/hosts.h"
#include "tests/validation/tcp/wire.h"

#define WRITE_BYTES (256 * 1024) /* at once, so that packets wait at most so */
#define READS_MAX   32           /* packets taken before the clock is read */

struct rig {
    const struct cell *cell;
    struct hosts hosts;
    struct wire wire;
    int sockets[TCP_SIDES_COUNT]; /* -1: not connected yet */
    struct cell_step steps[CELL_STEPS_MAX];
    uint32_t steps_count;
    uint32_t step;         /* under way */
    int64_t written_bytes; /* of it */
    int64_t read_bytes;
    int64_t limit_at_ns; /* of it */
    int64_t began_at_ns;
    int64_t body_at_ns;
    int64_t late_ns_max;
    bool is_over;
    struct outcome outcome;
    char text[WRITE_BYTES];
};

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
text_fill(char *text, size_t size)
{
    static const char line[] = "The quick brown fox jumps over the lazy dog; "
                               "it has done so since 1885.\r\n";

    for (size_t i = 0; i < size; i++) {
        text[i] = line[i % (sizeof line - 1)];
    }
}

/* step_begin - the body's time begins with what asks for it */
static void
step_begin(struct rig *rig, int64_t at_ns)
{
    const struct cell_step *step = &rig->steps[rig->step];
    const bool asks = !step->is_body && rig->step + 1 < rig->steps_count &&
                      rig->steps[rig->step + 1].is_body && rig->cell->is_down;

    rig->written_bytes = 0;
    rig->read_bytes = 0;
    if (rig->body_at_ns == 0) {
        if (asks || step->is_body) {
            rig->body_at_ns = at_ns;
        }
        /* A reply belongs to its command's turn. */
        if (step->from == TCP_CLIENT || rig->step == 0) {
            rig->limit_at_ns = at_ns + rig->cell->limit_ns;
        }
    }
}

static void
step_write(struct rig *rig)
{
    const struct cell_step *step = &rig->steps[rig->step];
    const int socket = rig->sockets[step->from];
    const int64_t left = step->bytes - rig->written_bytes;

    if (socket < 0 || left == 0) {
        return;
    }
    const size_t bytes = left < WRITE_BYTES ? (size_t)left : WRITE_BYTES;
    const ssize_t taken = send(socket, rig->text, bytes, MSG_NOSIGNAL);

    if (taken > 0) {
        rig->written_bytes += taken;
    }
}

static void
step_end(struct rig *rig, int64_t at_ns)
{
    if (rig->step == 0) {
        rig->outcome.banner_ns = at_ns - rig->began_at_ns;
    }
    if (rig->steps[rig->step].is_body) {
        rig->outcome.body_bytes = rig->read_bytes;
    }
    rig->step++;
    if (rig->step == rig->steps_count) {
        rig->outcome.body_ns = at_ns - rig->body_at_ns;
        rig->is_over = true;
        return;
    }
    step_begin(rig, at_ns);
    step_write(rig);
}

static void
step_read(struct rig *rig, int64_t at_ns)
{
    const struct cell_step *step = &rig->steps[rig->step];
    const int socket = rig->sockets[tcp_other(step->from)];
    const ssize_t got = recv(socket, NULL, 1 << 24, MSG_TRUNC);

    if (got > 0) {
        if (rig->step == 0 && rig->read_bytes == 0) {
            rig->outcome.first_byte_ns = at_ns - rig->began_at_ns;
        }
        rig->read_bytes += got;
        if (rig->read_bytes >= step->bytes) {
            step_end(rig, at_ns);
        }
    } else if (got == 0 || errno != EAGAIN) {
        rig->is_over = true; /* a kernel has given the connection up */
    }
}

/* limit_reached - which class it is, by how far it came */
static void
limit_reached(struct rig *rig)
{
    struct outcome *outcome = &rig->outcome;

    rig->is_over = true;
    if (outcome->connect_ns == INT64_MAX) {
        outcome->class = OUTCOME_NO_CONNECTION;
    } else if (rig->step == 0) {
        outcome->class = OUTCOME_NO_BANNER;
    } else if (rig->body_at_ns != 0) {
        outcome->class = OUTCOME_STALLED_DATA;
        if (rig->steps[rig->step].is_body) {
            outcome->body_bytes = rig->read_bytes;
        }
    } else {
        outcome->class = OUTCOME_STALLED_DIALOGUE;
    }
}

static void
packets_take(struct rig *rig, enum tcp_side from)
{
    uint8_t bytes[WIRE_PACKET_MAX];

    for (int i = 0; i < READS_MAX; i++) {
        const ssize_t got = read(rig->hosts.tuns[from], bytes, sizeof bytes);

        if (got <= 0) {
            return;
        }
        wire_take(&rig->wire, from, bytes, (uint32_t)got, now_ns());
    }
}

/* packets_give - hands over all that is due; says when the next one is */
static int64_t
packets_give(struct rig *rig)
{
    for (int i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side from = (enum tcp_side)i;

        while (wire_due_ns(&rig->wire, from) <= now_ns()) {
            const struct wire_flight *flight =
                wire_give(&rig->wire, from, now_ns());

            if (write(rig->hosts.tuns[tcp_other(from)], flight->bytes,
                      flight->count) < 0) {
                rig->is_over = true;
                return INT64_MAX;
            }
            packets_take(rig, tcp_other(from)); /* its answer, at once */
        }
    }
    const int64_t up_ns = wire_due_ns(&rig->wire, TCP_CLIENT);
    const int64_t down_ns = wire_due_ns(&rig->wire, TCP_SERVER);

    return up_ns < down_ns ? up_ns : down_ns;
}

static void
connect_look(struct rig *rig, int64_t at_ns)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(rig->hosts.client, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        rig->is_over = true;
        return;
    }
    rig->sockets[TCP_CLIENT] = rig->hosts.client;
    rig->outcome.connect_ns = at_ns - rig->began_at_ns;
    rig->limit_at_ns = at_ns + rig->cell->limit_ns; /* of the banner */
}

static void
events_serve(struct rig *rig, const struct pollfd *polls)
{
    if (polls[0].revents != 0) {
        packets_take(rig, TCP_CLIENT);
    }
    if (polls[1].revents != 0) {
        packets_take(rig, TCP_SERVER);
    }
    if (polls[2].revents != 0 && rig->sockets[TCP_CLIENT] < 0) {
        connect_look(rig, now_ns());
    }
    if (polls[3].revents != 0 && rig->sockets[TCP_SERVER] < 0) {
        rig->sockets[TCP_SERVER] =
            accept4(rig->hosts.listener, NULL, NULL, SOCK_NONBLOCK);
        step_write(rig);
        return;
    }
    for (int i = 0; i < TCP_SIDES_COUNT && !rig->is_over; i++) {
        const bool reads = rig->steps[rig->step].from != (enum tcp_side)i;
        const short got = polls[2 + i].revents;

        if (rig->sockets[i] >= 0 && !reads && (got & POLLOUT) != 0) {
            step_write(rig);
        } else if (rig->sockets[i] >= 0 && reads && (got & ~POLLOUT) != 0) {
            step_read(rig, now_ns());
        }
    }
}

static void
polls_fill(const struct rig *rig, struct pollfd polls[4])
{
    const struct cell_step *step = &rig->steps[rig->step];

    for (int i = 0; i < TCP_SIDES_COUNT; i++) {
        const bool writes =
            step->from == (enum tcp_side)i && rig->written_bytes < step->bytes;
        const bool reads = step->from != (enum tcp_side)i;
        short wanted = (short)((writes ? POLLOUT : 0) | (reads ? POLLIN : 0));
        int socket = rig->sockets[i];

        if (socket < 0) {
            socket = i == TCP_CLIENT ? rig->hosts.client : rig->hosts.listener;
            wanted = i == TCP_CLIENT ? POLLOUT : POLLIN;
        }
        polls[i] = (struct pollfd){rig->hosts.tuns[i], POLLIN, 0};
        polls[2 + i] = (struct pollfd){socket, wanted, 0};
    }
}

static void
loop(struct rig *rig)
{
    struct pollfd polls[4];

    while (!rig->is_over) {
        int64_t next_ns = packets_give(rig);
        const int64_t at_ns = now_ns();

        if (at_ns >= rig->limit_at_ns) {
            limit_reached(rig);
            return;
        }
        next_ns = next_ns < rig->limit_at_ns ? next_ns : rig->limit_at_ns;
        const int64_t wait_ns = next_ns > at_ns ? next_ns - at_ns : 0;
        const struct timespec wait = {wait_ns / NS_PER_S, wait_ns % NS_PER_S};

        polls_fill(rig, polls);
        if (ppoll(polls, 4, &wait, NULL) > 0) {
            events_serve(rig, polls);
        }
    }
}

/* ask_for_precision - what is refused makes it less exact, not wrong */
static void
ask_for_precision(void)
{
    const struct sched_param first = {.sched_priority = 10};

    /* First the memory: getting it takes ms that no other cell shall lose. */
    mlockall(MCL_CURRENT | MCL_FUTURE);
    prctl(PR_SET_TIMERSLACK, 1UL);
    sched_setscheduler(0, SCHED_FIFO, &first);
}

static void
report_fill(struct kernel_report *report, const struct rig *rig)
{
    *report = (struct kernel_report){
        .outcome = rig->outcome,
        .late_ns_max = rig->wire.late_ns_max,
        .packets_count = rig->wire.packets_count,
        .lost_count = rig->wire.lost_count,
        .overflow_count = rig->wire.overflow_count,
    };
}

/* rig_open - false: `why` */
static bool
rig_open(struct rig *rig, const struct cell *cell, char *why)
{
    rig->cell = cell;
    rig->sockets[TCP_CLIENT] = -1;
    rig->sockets[TCP_SERVER] = -1;
    rig->steps_count = cell_steps(cell, rig->steps);
    rig->outcome = (struct outcome){.connect_ns = INT64_MAX,
                                    .first_byte_ns = INT64_MAX,
                                    .banner_ns = INT64_MAX,
                                    .body_ns = INT64_MAX};
    text_fill(rig->text, sizeof rig->text);
    if (!wire_init(&rig->wire, cell)) {
        snprintf(why, HOSTS_WHY_MAX, "no memory");
        return false;
    }
    if (!hosts_open(&rig->hosts, cell)) {
        snprintf(why, HOSTS_WHY_MAX, "%s", rig->hosts.why);
        return false;
    }
    return true;
}

bool
kernel_run(struct kernel_report *report, const struct cell *cell,
           const struct kernel_options *options, char *why)
{
    struct rig *rig = base_alloc(sizeof *rig);

    if (!rig_open(rig, cell, why)) {
        return false;
    }
    ask_for_precision();
    rig->wire.trace = options->trace;
    rig->wire.pcap = options->pcap;
    rig->began_at_ns = now_ns();
    rig->wire.began_at_ns = rig->began_at_ns;
    step_begin(rig, rig->began_at_ns);
    if (!hosts_connect(&rig->hosts)) {
        snprintf(why, HOSTS_WHY_MAX, "%s", rig->hosts.why);
        return false;
    }
    loop(rig);
    if (rig->outcome.body_ns == INT64_MAX) {
        limit_reached(rig);
    }
    if (options->trace != NULL) {
        hosts_info_print(options->trace, "client", rig->sockets[TCP_CLIENT]);
        hosts_info_print(options->trace, "server", rig->sockets[TCP_SERVER]);
    }
    report_fill(report, rig);
    wire_close(&rig->wire);
    free(rig);
    return true;
}
