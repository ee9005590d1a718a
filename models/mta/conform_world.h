/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_world.h - a small host that sends every legal kind of event
 *
 * Traffic, outcomes, failures, exits, refusals, late wakes are drawn from a
 * seed and from nothing else, so two worlds of one seed send the same events
 * as long as they get the same actions. Each action is held against the laws
 * of the seam; the first that breaks one ends the world and is told in words.
 *
 * TIME       Of the world; starts at CONFORM_START_NS.
 * OWNERSHIP  world_new() makes the instance too; world_free() destroys it.
 * ERRORS     world->broken says the law; "" as long as none is broken.
 */
#ifndef MODELS_MTA_CONFORM_WORLD_H
#define MODELS_MTA_CONFORM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mta/conform_parts.h"
#include "models/mta/settings.h"
#include "sim/kernel/digest.h"

enum { WORLD_RESULTS_MAX = 64 };

enum world_file_state {
    WORLD_READY,
    WORLD_ACTIVE,
    WORLD_HELD,
    WORLD_UNTRACKED,
    WORLD_GONE
};

struct world_recipient {
    uint32_t channel;
    uint32_t host;
    uint32_t file; /* number; 0: none yet */
    bool is_final;
};

struct world_file {
    uint32_t number;
    uint32_t channel;
    uint32_t host;
    uint32_t recipients_count; /* not final */
    uint32_t attempts;
    uint32_t priority;
    enum world_file_state state;
};

struct world_message {
    struct world_recipient *recipients;
    struct world_file *files;
    uint32_t recipients_count;
    uint32_t files_count;
    uint32_t flags;
    bool is_excused; /* the host refused its CREATE or REJECT */
    bool is_rejected;
    int64_t submitted_at_ns;
};

enum world_thread_state {
    WORLD_STARTING,
    WORLD_IDLE, /* it asks for work */
    WORLD_BUSY,
    WORLD_ENDING,
    WORLD_ENDED
};

struct world_thread {
    enum world_thread_state state;
    uint64_t message;
    uint32_t file;
    uint32_t indices_count;
    uint32_t *indices;
};

enum world_job_state { WORLD_JOB_STARTING, WORLD_JOB_RUNNING, WORLD_JOB_GONE };

struct world_job {
    enum world_job_state state;
    uint32_t channel;
    uint32_t threads_count;
    uint32_t live_count;
    bool is_stopping;
    bool is_stop_refused;
    int64_t stop_refused_at_ns;
    struct world_thread *threads;
};

/* What is on its way, by instant, then in the order of one instant. */
struct world_pending {
    int64_t at_ns;
    uint64_t order; /* rank << 32 | sequence */
    uint32_t kind;  /* enum sched_event_kind */
    uint32_t job;
    uint32_t thread;
    uint32_t zero;
};

struct world_plan {
    uint64_t seed;
    uint64_t submits_max;
    int64_t submit_every_ns; /* on average */
    uint32_t refuse_kind;    /* every third action of this kind; 0: a few of
                                all kinds; UINT32_MAX: none */
    int64_t age_ns;          /* how long ago each message was first submitted */
    bool is_quiet;           /* no check(), no digest, no failures: for speed */
    bool refuses_starts;     /* no job ever starts */
    bool has_starving_events; /* each event meets a lack of memory first */
    bool has_illegal_events;  /* each comes after illegal ones */
};

struct world {
    struct world_plan plan;
    const struct conform_subject *subject;
    struct conform_instance instance;
    struct conform_memory memory;
    struct settings settings;
    bool has_settings;
    uint64_t luck;
    int64_t now_ns;
    int64_t told_ns; /* when the last event was */
    int64_t wish_ns;
    int64_t submit_at_ns;
    struct world_message *messages; /* by id - 1 */
    uint64_t messages_count;
    uint64_t messages_room;
    uint64_t submits_count; /* drawn ones */
    uint64_t live_count;    /* files */
    struct world_job *jobs; /* by id - 1 */
    uint32_t jobs_count;
    uint32_t jobs_room;
    struct world_pending *pending;
    uint32_t pending_count;
    uint32_t pending_room;
    uint64_t sequence;
    struct sched_scan scan; /* under way; files_max 0: none */
    uint32_t stops_refused; /* jobs whose stop was, and that live */
    bool is_draining;
    bool has_commands; /* as far as is known */
    /* The turn. */
    uint64_t submitted; /* message under submission; 0: none */
    uint32_t wakes_at_once;
    uint32_t kind;                /* of the event */
    uint32_t actions_of_kind[16]; /* in this turn */
    uint32_t slice_most;          /* files of one kind of action in one wake */
    uint32_t slice_kind;
    /* What happened. */
    struct digest digest;
    uint64_t *turns;  /* hash of each turn's actions; owned */
    uint64_t *states; /* state_digest after each turn */
    uint64_t turns_count;
    uint64_t turns_room;
    uint64_t events_count;
    uint64_t starved_count;    /* events refused for lack of memory */
    uint64_t actions_seen[16]; /* by kind */
    uint64_t *numbers; /* action numbers given: a table, open addressing */
    uint64_t numbers_count;
    uint64_t numbers_room;
    char broken[CONFORM_TEXT_SIZE];
    bool is_check_broken; /* it is the object's own check that says so */
};

/* NULL: the instance could not be made, said to answer. */
struct world *world_new(const struct conform_subject *subject,
                        const struct sched_object *table,
                        const struct world_plan *plan, uint8_t garbage,
                        uint64_t scatter, struct conform_answer *answer);
/* Destroys the instance; says lost memory to answer, unless that is NULL. */
void world_free(struct world *world, struct conform_answer *answer);

/* The next thing happens. False: a law is broken, or nothing is left to do. */
MUST_USE bool world_step(struct world *world);

/* No more mail, no more failures: steps until all is delivered, and each job
 * whose stop was refused has been told again. */
void world_drain(struct world *world);

/* One event of the host's own choosing, at now_ns, and its actions. */
void world_event(struct world *world, const struct sched_event *event);

/* Says that a law is broken, if none was. */
void world_break(struct world *world, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* conform_laws.c: does one action to the world; the reason of its refusal
 * (enum sched_refusal), or 0. */
uint32_t world_act(struct world *world, const struct sched_action *action);
/* The laws about the end of a turn. */
void world_turn_end(struct world *world);

/* conform_illegal.c: sends illegal events, each of which must be refused. */
void world_illegal(struct world *world);

/* An event that must be refused at this point. */
void world_forbidden(struct world *world, const struct sched_event *event,
                     int64_t now_ns, const char *what);

/* Its state_digest(); 0: it has none. */
uint64_t world_state(const struct world *world);

/* Finding things. NULL: there is none. */
struct world_message *world_message(const struct world *world, uint64_t id);
struct world_file *world_file(struct world_message *message, uint32_t number);
struct world_job *world_job(const struct world *world, uint32_t job);
struct world_thread *world_thread(const struct world *world, uint32_t job,
                                  uint32_t thread);

/* Something that will be reported later. */
void world_later(struct world *world, int64_t after_ns, uint32_t kind,
                 uint32_t job, uint32_t thread);

/* A number below `n`. */
uint64_t world_roll(struct world *world, uint64_t n);

/* Frees what the thread was at. */
void world_thread_rest(struct world_thread *thread);

#endif
