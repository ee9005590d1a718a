/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h - two network namespaces of this machine's kernel, each one a host
 *
 * Each host has one TUN device as its only way out, 10.9.0.1 (client) and
 * 10.9.0.2 (server), and the settings that a cell asks for. The calling process
 * ends up in the server's namespace; sockets and devices stay where they were
 * made, so one process serves all of them. Nothing outside is touched, and all
 * goes when the process ends.
 *
 * ERRORS     false, and what failed with errno's text in `why`.
 */
#ifndef TESTS_VALIDATION_TCP_HOSTS_H
#define TESTS_VALIDATION_TCP_HOSTS_H

#include <stdbool.h>

#include "tests/validation/tcp/cell.h"

#define HOSTS_WHY_MAX 160
#define HOSTS_PORT    2525

struct hosts {
    int tuns[TCP_SIDES_COUNT];
    int client; /* not yet connecting */
    int listener;
    char why[HOSTS_WHY_MAX];
};

/* Can this process do it at all? Says why not. */
bool hosts_possible(char *why);

bool hosts_open(struct hosts *hosts, const struct cell *cell);

/* Begins to connect. */
bool hosts_connect(struct hosts *hosts);

/* Of a socket: the kernel's own figures of it, as `ss -ti` has them. */
void hosts_info_print(FILE *file, const char *name, int socket);

#endif
