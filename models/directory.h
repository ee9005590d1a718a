/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.h - all remote hosts of a run, by number and by name
 *
 * Hosts of the scenario are numbered in its order, a group's one after the
 * other; a domain that only a trace names gets the next number when it is first
 * seen, and behaves as the scenario's destination "*". A group "small.example"
 * of 300 is small-1.example to small-300.example.
 *
 * COST       Lookup by name O(1), case folded. About 100 bytes a host.
 */
#ifndef MODELS_DIRECTORY_H
#define MODELS_DIRECTORY_H

#include <stdint.h>

#include "models/destination.h"

struct directory;

/* The last of params is the one named "*". Borrows params. */
struct directory *directory_new(const struct destination_params *params,
                                uint32_t params_count, uint64_t seed,
                                uint32_t replication);
void directory_free(struct directory *directory);

uint32_t directory_count(const struct directory *directory);

/* Valid until the next host is added. */
struct destination *directory_host(struct directory *directory,
                                   uint32_t number);

/* The first host of a destination or group. */
uint32_t directory_first(const struct directory *directory,
                         const struct destination_params *params);

/* By name; added if it is not there. */
uint32_t directory_find(struct directory *directory, const char *name);

#endif
