/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symptom.h - what a postmaster sees, and how well a simulation agrees with it
 *
 * MODEL      Each thing told is a point; a prediction agrees with it by 0 to
 *            100. The agreement of the whole is the mean over the points that
 *            were told. Yes and no agree or not; times and amounts agree fully
 *            within a factor, by half within a larger one (GUESS: 1.5 and 3
 *            for seconds, 1.25 and 2 for bytes: the path's delay and the
 *            hosts' buffers are not known).
 * UNITS      ns, bytes, percent.
 */
#ifndef SIM_CMD_SYMPTOM_H
#define SIM_CMD_SYMPTOM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/options.h"
#include "sim/kernel/diag.h"

#define SYMPTOM_TEXT_SIZE 320

/* What was told of a question; the meaning of GOOD and BAD is the question's:
 * yes and no, pass and fail. */
enum symptom_answer {
    SYMPTOM_UNTOLD,
    SYMPTOM_GOOD,
    SYMPTOM_BAD,
    SYMPTOM_SLOW, /* mails; the banner: after banner_ns */
    SYMPTOM_ANSWERS_COUNT
};

struct symptom {
    enum symptom_answer connect;
    enum symptom_answer banner;
    enum symptom_answer small;
    enum symptom_answer large;
    enum symptom_answer ehlo_helps;
    enum symptom_answer others_fine;
    int64_t banner_ns;           /* with banner SYMPTOM_SLOW */
    int64_t stalled_after_bytes; /* -1: untold */
};

/* The same of a simulated set-up. */
struct prediction {
    bool connects;
    int64_t banner_first_ns; /* from the SYN; -1: none */
    int64_t banner_ns;       /* its last byte; -1: never */
    enum symptom_answer small;
    enum symptom_answer large;
    bool large_crawls; /* it fails, but it still moved */
    bool ehlo_helps;
    bool others_fine;
    int64_t stalled_after_bytes; /* of the large mail; -1: it was not stalled */
};

/* False: something was wrong, or nothing was told; reported. */
MUST_USE bool symptom_read(struct symptom *symptom,
                           const struct options *options, struct diag *diag);

/* 0 to 100. */
uint32_t symptom_agreement(const struct symptom *symptom,
                           const struct prediction *prediction);

/* What of the symptom this prediction does not have, in words; empty: it has
 * all. */
void symptom_missing(char text[SYMPTOM_TEXT_SIZE],
                     const struct symptom *symptom,
                     const struct prediction *prediction);

/* "no banner; large mails fail after 20,145 bytes" */
void symptom_format(char text[SYMPTOM_TEXT_SIZE],
                    const struct symptom *symptom);

/* "connects; banner after 40 ms; small mails pass; large mails crawl" */
void prediction_format(char text[SYMPTOM_TEXT_SIZE],
                       const struct prediction *prediction);

#endif
