/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkwords.h - what became of a trial, in words
 *
 * The words follow from what was seen (offers as they left and came, beliefs,
 * drops), not from the name of a fault: they hold for any mixture of boxes.
 *
 * UNITS      bytes, ns; the texts have people's units.
 */
#ifndef SIM_CMD_LINKWORDS_H
#define SIM_CMD_LINKWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/trial.h"

#define LINKWORDS_SIZE 640

/* Delivery is slow from so many times the clean path's time on, */
#define LINKWORDS_SLOW_TIMES 2 /* GUESS: what somebody would complain of */
/* and only where it is worth a complaint. */
#define LINKWORDS_SLOW_NS (500 * NS_PER_MS) /* GUESS: what nobody would see */

/* How one side's reading of the other's window relates to its writing. */
enum linkwords_belief {
    LINKWORDS_UNKNOWN, /* there was no connection */
    LINKWORDS_AGREE,
    LINKWORDS_TOO_SMALL, /* the reader shifts by less than the writer did */
    LINKWORDS_TOO_LARGE
};

enum linkwords_belief linkwords_belief_of(const struct trial *trial,
                                          enum tcp_side writer);

/* The shift that a side applies; 0 where scaling is off. */
int32_t linkwords_write_shift(const struct trial *trial, enum tcp_side side);
int32_t linkwords_read_shift(const struct trial *trial, enum tcp_side side);

/* "1,234,567" */
const char *linkwords_bytes(char text[32], int64_t bytes);

/* "client", "server" */
const char *linkwords_side(enum tcp_side side);

/* "set-syn=0, clamp=1000"; "none". */
void linkwords_faults(char text[LINKWORDS_SIZE],
                      const struct path_params *path);

/* Delivered, but much later than over the clean path. */
bool linkwords_is_slow(const struct trial *trial, const struct trial *clean);

/* From the connection's start to the reply to the message. */
int64_t linkwords_total_ns(const struct trial *trial);

/* "stalled in DATA: 20,145 of 50,000 bytes in 20 s; ..." */
void linkwords_outcome(char text[LINKWORDS_SIZE], const struct trial *trial,
                       const struct trial *clean);

/* What happened to the window, some sentences; empty: nothing worth telling. */
void linkwords_story(char text[LINKWORDS_SIZE], const struct trial *trial);

/* The text in lines of a screen's width, behind `first`; further lines are
 * indented as far. */
void linkwords_wrap(const char *first, const char *text, FILE *out);

/* Why a leg took longer than its way; empty: it did not. */
void linkwords_leg(char text[LINKWORDS_SIZE], const struct trial *trial,
                   uint32_t turn, enum tcp_side side);

#endif
