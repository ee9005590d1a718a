/* SPDX-License-Identifier: MIT */
/*
 * config.h - the scheduler object and the texts that configure it
 *
 * DIR        imta.cnf, job_controller.cnf, every *_option, and what these
 *            include, by name.
 * ERRORS     What is wrong is said on stderr.
 */
#ifndef SCHED_LIVE_CONFIG_H
#define SCHED_LIVE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"
#include "recording.h"

enum { CONFIG_TEXTS_MAX = 256 };

struct config {
    void *library;
    const struct sched_object *object;
    struct sched_text texts[CONFIG_TEXTS_MAX]; /* names and bytes: owned */
    uint32_t texts_count;
    const char *folder; /* borrowed */
    char **channels;    /* names, by number; owned */
    uint32_t channels_count;
    uint32_t channel; /* for mail that names none: tcp_local, or the last */
    bool is_strict;
};

bool config_object(struct config *config, const char *path);
bool config_texts(struct config *config, const char *folder);
/* An instance and, in the recording, its beginning; NULL: it has been said
 * why not. */
void *config_create(struct config *config, struct recording *recording,
                    int64_t now_ns, int64_t wall_offset_ns);
/* Fills the channels. */
bool config_channels(struct config *config);
void config_free(struct config *config);

#endif
