/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel.h - a cell, measured on this machine's kernel
 *
 * One thread does all: both applications and the way between the hosts; the
 * kernel's TCP runs in it too, when a packet is handed to a device. It asks for
 * real-time scheduling and locked memory, and goes on without.
 *
 * COST       A process and two namespaces a cell; it waits nearly all the time.
 */
#ifndef TESTS_VALIDATION_TCP_KERNEL_H
#define TESTS_VALIDATION_TCP_KERNEL_H

#include "tests/validation/tcp/cell.h"

struct kernel_options {
    FILE *trace; /* NULL: none */
    FILE *pcap;
};

struct kernel_report {
    struct outcome outcome;
    int64_t late_ns_max; /* the worst lateness of a packet or a look */
    uint64_t packets_count;
    uint64_t lost_count;
    uint64_t overflow_count;
};

/* Runs the cell in this process, which is good for nothing else afterwards.
 * False: `why` (HOSTS_WHY_MAX) says what the machine does not allow. */
bool kernel_run(struct kernel_report *report, const struct cell *cell,
                const struct kernel_options *options, char *why);

#endif
