/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segmenttext.h - packets as tcpdump prints them, and what befell them
 *
 *     00:00:00.030446 IP server.25 > client.49152: Flags [P.], seq 1:97, ack 1,
 *     win 510, length 96 | dropped by the middlebox
 *
 * One line a packet, at the time it left; times count from the SYN. Numbers
 * are relative, as tcpdump's are. Behind the bar stands what the path did:
 * nothing, when it arrived as it was sent.
 *
 * SOURCE     tcpdump 4.99, print-tcp.c.
 */
#ifndef SIM_CMD_SEGMENTTEXT_H
#define SIM_CMD_SEGMENTTEXT_H

#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/witness.h"

#define SEGMENTTEXT_SIZE 256

/* "Flags [S.], seq 0, ack 1, win 65160, options [mss 1460,...], length 0" */
void segmenttext_format(char text[SEGMENTTEXT_SIZE],
                        const struct tcp_segment *segment);

/* "dropped by the middlebox", "scale 8 became 0"; empty: nothing. */
void segmenttext_fate(char text[SEGMENTTEXT_SIZE],
                      const struct witness_packet *packet);

/* All of them, a line each. */
void segmenttext_print(const struct witness *witness, FILE *out);

#endif
