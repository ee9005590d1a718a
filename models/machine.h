/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.h - what it costs the mail host to run delivery programs
 *
 * MODEL      A process takes process_start before it runs, a thread
 *            thread_start before it asks for work; each message handed to a
 *            thread takes per_message (opening and reading the queue file)
 *            before its dialogue begins. Past processes_max a start is refused.
 *            A service channel (reprocess, process) takes expand_per_recipient
 *            for each recipient after that. Looking through the queue directory
 *            takes scan_per_file for each file found.
 * VALID FOR  Costs are declared, never measured on this computer. Cores are not
 *            shared: a hundred starts at once take as long as one.
 * DRAWS      "machine/process_start" and "machine/thread_start" by (channel,
 *            ordinal of the start); "machine/per_message" by (message,
 *            recipient), attempt.
 * UNITS      ns.
 */
#ifndef MODELS_MACHINE_H
#define MODELS_MACHINE_H

#include <stdint.h>

#include "sim/kernel/variate.h"

struct machine_params {
    struct variate process_start;    /* GUESS: 200 ms */
    struct variate thread_start;     /* GUESS: 5 ms */
    struct variate per_message;      /* GUESS: 2 ms */
    int64_t expand_per_recipient_ns; /* GUESS: 5 ms */
    int64_t scan_per_file_ns;        /* GUESS: 0.5 ms */
    uint32_t processes_max;          /* 0: no limit */
};

#endif
