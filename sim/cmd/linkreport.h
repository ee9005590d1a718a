/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkreport.h - a trial on one screen, and as JSON
 *
 * JSON       outcome, slow, connect_s, banner_first_byte_s, banner_s, body_s,
 *            body_bytes; null for what never came. Times of the banner count
 *            from the SYN, body_s from the message's first byte (or the
 *            command for it) to the last byte of what answers it.
 */
#ifndef SIM_CMD_LINKREPORT_H
#define SIM_CMD_LINKREPORT_H

#include <stdio.h>

#include "sim/cmd/trial.h"
#include "sim/kernel/base.h"

/* `clean` is the same trial without middleboxes. */
void linkreport_print(const struct trial *trial, const struct trial *clean,
                      FILE *out);

/* False: it could not be written. */
MUST_USE bool linkreport_json(const struct trial *trial,
                              const struct trial *clean, const char *command,
                              FILE *out);

#endif
