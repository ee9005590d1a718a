/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - a trial as a capture file: both ends of the path in one
 *
 * A pcapng file with two interfaces, "client" and "server", as if tcpdump had
 * run on both hosts: on each stands what that host sent, and what came to it,
 * when it came. What was lost on the way is on its sender's only; a comment at
 * the packet says what became of it.
 *
 * The path translates the client's address, as a home router does: the server
 * sees 198.51.100.7 where the client is 192.0.2.10. So a reader of the file
 * keeps the two sides apart: stream 0 is the connection as the client sees it,
 * stream 1 as the server does, each with the handshake that its host saw, and
 * the windows that Wireshark computes are what that host believes.
 *
 * UNITS      Time stamps in ns since the SYN, as seconds of 1970.
 * ERRORS     Of the stream.
 * COST       A packet of n bytes is written twice.
 * SOURCE     pcapng: draft-ietf-opsawg-pcapng-02. Link type 101: raw IP.
 *            Addresses: RFC 5737.
 */
#ifndef SIM_CMD_CAPTURE_H
#define SIM_CMD_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/trial.h"
#include "sim/cmd/witness.h"

/* Writes it. `command` says how to make it again, and stands in the file.
 * False: the stream was not written. */
MUST_USE bool capture_write(const struct witness *witness,
                            const struct trial *trial, const char *command,
                            FILE *out);

#endif
