/* SPDX-License-Identifier: MIT */
/*
 * conf_build.h - a configuration while it is read, and what it is made of
 *
 * Each channel is a draft: one value for every key, the highest rank that was
 * met. Texts and overrides only fill drafts; conf_resolve() makes of them what
 * the engine reads. Drafts stay: descriptions are made from them, and a live
 * change is an override that comes late.
 *
 * OWNERSHIP  All of it lies in conf->memory.
 */
#ifndef SCHED_CORE_CONF_BUILD_H
#define SCHED_CORE_CONF_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "conf_memory.h"
#include "conf_say.h"
#include "conf_settings.h"
#include "conf_text.h"
#include "conf_value.h"

enum {
    CONF_CHANNELS_MAX = 4096, /* GUESS: two orders above any real file */
    CONF_POOLS_MAX = 4096,
    CONF_SECTIONS_MAX = 4096,
    CONF_INCLUDES_MAX = 1000, /* of all texts together */
    CONF_DEPTH_MAX = 8,       /* of texts that include texts */
    CONF_FINDINGS_MAX = 1000  /* then the rest is not read */
};

struct conf_draft {
    char name[CONF_NAME_SIZE];
    bool is_smtp;  /* tcp_*, or a keyword of the smtp family */
    bool is_store; /* ims-ms* */
    bool has_section;
    struct conf_place place;
    struct conf_value values[CONF_JOB_KEYS_END]; /* of channel. and job. */
};

struct conf_section {
    struct conf_section *next;
    struct text_slice pattern; /* without its `*` */
    bool is_wildcard;
    struct conf_place place;
    struct conf_value values[CONF_JOB_KEYS_END]; /* those of job. are used */
};

struct conf_pool_draft {
    char name[CONF_POOL_NAME_MAX + 1];
    struct conf_place place;
    struct conf_value job_limit;
};

struct conf {
    struct conf_memory memory;
    struct conf_channel *channels; /* resolved, as many as drafts */
    struct conf_pool *pools;
    struct conf_options options;
    struct conf_draft **drafts;
    struct conf_pool_draft **pool_drafts;
    struct conf_section *sections; /* in the order of the file */
    struct conf_section *last_section;
    uint32_t channels_count;
    uint32_t pools_count;
    uint32_t sections_count;
    /* Options, and before the sections: what later sections begin with. */
    struct conf_value globals[CONF_KEYS_COUNT];
};

struct conf_build {
    struct conf *conf;
    const struct sched_config *config;
    struct conf_say say;
    int32_t status; /* once not SCHED_OK, nothing more is read */
    uint32_t includes_count;
    bool is_strict;
};

/* Whether to go on; says so once if there is too much to say. */
bool conf_build_goes_on(struct conf_build *build,
                        const struct conf_place *place);

/* Reads and stores a value unless a higher rank is there already. */
bool conf_build_set(struct conf_build *build, enum conf_key key,
                    const struct conf_args *args, enum conf_rank rank,
                    struct conf_value *value);

/* The channel or pool of this name, or SCHED_NONE. Case does not count. */
uint32_t conf_find_channel(const struct conf *conf, struct text_slice name);
uint32_t conf_find_pool(const struct conf *conf, struct text_slice name);

/* Each kind of text, in this order; then what sections say to channels. */
void conf_read_channels(struct conf_build *build);
void conf_read_jobs(struct conf_build *build);
void conf_read_options(struct conf_build *build);
void conf_apply_sections(struct conf_build *build);

/* --- Reading texts line by line (conf_read.c) ----------------------------- */

struct conf_reader {
    struct conf_build *build;
    /* One line; `rest` is the text after it. */
    void (*on_line)(struct conf_reader *reader, struct conf_cursor *line,
                    const struct conf_cursor *rest);
    void *context;
    bool joins; /* a backslash joins lines */
    uint32_t depth;
    const char *open_names[CONF_DEPTH_MAX];
};

/* Reads all texts of the role; false if there is none. */
bool conf_read_role(struct conf_reader *reader, uint32_t role);
void conf_read_text(struct conf_reader *reader, const struct sched_text *text);
/* Ends the reading with the wish for a text. */
void conf_ask_for(struct conf_build *build, uint32_t role,
                  struct text_slice name);
/* The first text of the role, as a place. */
struct conf_place conf_place_of_role(const struct conf_build *build,
                                     uint32_t role);
/* Reads what a `<name` line names, in its place. */
void conf_read_include(struct conf_reader *reader,
                       const struct conf_cursor *line);

/* Splits "NAME = value" into words; false if there is no `=`. */
bool conf_read_pair(struct conf_build *build, struct conf_cursor *line,
                    struct conf_word *name, struct conf_args *args);
/* The words of a value on one line; TEXT takes all of it as one. */
void conf_read_args(struct conf_build *build, struct conf_cursor *line,
                    enum conf_key key, struct conf_args *args);

/* --- Overrides and resolution --------------------------------------------- */

/* Applies one override; false if it was refused (said), nothing changed. */
bool conf_override_apply(struct conf_build *build,
                         const struct sched_override *override);

/* Makes what the engine reads from the drafts. Says what is wrong when the
 * `build` is the first one (is_first), else stays silent. */
void conf_resolve(struct conf_build *build, bool is_first);

/* The value in force for a key of a channel. */
const struct conf_value *conf_effective(const struct conf *conf,
                                        uint32_t channel, enum conf_key key);

#endif
