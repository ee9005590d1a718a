/* SPDX-License-Identifier: MIT */
/*
 * manager.h - the state of the queue manager, for its own files only
 *
 *     manager.c   the object: create, events, what to do next
 *     admit.c     submits; who enters the active queue; what leaves it
 *     target.c    destinations: windows, who may be served, who is dead
 *     agent.c     delivery agents: outcomes, idleness, starts, ends
 *     verify.c    the state held against itself
 *
 * A message is split into parts: one destination each, and no more recipients
 * than one delivery takes. It is incoming, active, deferred, due (waiting to
 * become active again) or leaving. While it is active each of its parts waits
 * for its destination or is being delivered, and when the last of them has
 * come to an end the message is deferred as a whole, or it is done.
 *
 * Actions are not stored: `next` looks at the state for the first thing that
 * is to be done. So only SUBMIT and new destinations take memory.
 */
#ifndef SCHED_QMGR_MANAGER_H
#define SCHED_QMGR_MANAGER_H

#include "keep.h"
#include "setup.h"
#include "window.h"

/* At most so many messages are moved between queues in one turn. */
#define MANAGER_SLICE 1000u

enum part_state {
    PART_RESTING, /* not this round, or no more */
    PART_WAITING, /* in its target's queue */
    PART_BUSY     /* with an agent */
};

struct part {
    struct message *message;
    struct target *target;
    struct part *after; /* in its target's queue */
    uint32_t number;    /* of the file */
    uint32_t first;     /* message->recipients[first ... first + count - 1] */
    uint32_t count;     /* 0: all are final */
    uint32_t state;     /* enum part_state */
};

enum message_state {
    MESSAGE_CREATING,
    MESSAGE_INCOMING,
    MESSAGE_ACTIVE,
    MESSAGE_DEFERRED,
    MESSAGE_DUE,
    MESSAGE_LEAVING /* being returned */
};

struct message {
    uint64_t id;
    int64_t submitted_at_ns;
    struct message *after;   /* in the queue of its state */
    struct message *earlier; /* of all; and the next */
    struct message *later;
    struct part *parts;
    uint32_t *recipients;
    uint64_t bytes; /* of this block */
    uint32_t parts_count;
    uint32_t left_count;    /* parts that are not final */
    uint32_t open_count;    /* parts that this round has not ended */
    uint32_t numbers_count; /* files so far */
    uint32_t state;         /* enum message_state */
    uint32_t priority;
};

/* First in, first out. */
struct line {
    struct message *first;
    struct message *last;
};

/* A destination within a channel. */
struct target {
    struct window window;
    int64_t dead_until_ns;
    struct target *before; /* in the ring of those that may be served */
    struct target *after;
    struct target *older; /* the target made before this one */
    struct part *first;   /* waiting */
    struct part *last;
    uint64_t group; /* the submit that is being split, and for it: */
    uint32_t group_count;
    uint32_t group_part;
    uint32_t channel;
    uint32_t host;
    uint32_t waiting_count;
    uint32_t busy_count;
    uint32_t room; /* deliveries that could begin now */
    bool is_dead;
    bool is_in_ring;
};

enum agent_state {
    AGENT_FREE,
    AGENT_STARTING,
    AGENT_IDLE,
    AGENT_BUSY,
    AGENT_THREAD_STOP,  /* STOP_THREAD is to be given */
    AGENT_JOB_STOP,     /* then STOP_JOB */
    AGENT_STOP_REFUSED, /* which is to be given again, later */
    AGENT_ENDING
};

struct agent {
    int64_t idle_since_ns; /* its stop was refused: since then */
    struct part *part;
    struct agent *before; /* in the list of its state */
    struct agent *after;
    uint32_t job;
    uint32_t channel;
    uint32_t uses_count;
    uint32_t state; /* enum agent_state */
    bool is_running;
};

struct agents {
    struct agent *first;
    struct agent *last;
};

struct channel {
    struct agent *all; /* maxjobs of them */
    struct agents free;
    struct agents idle;     /* the one that has been idle longest first */
    struct agents stopping; /* AGENT_THREAD_STOP, AGENT_JOB_STOP */
    struct agents refused;  /* AGENT_STOP_REFUSED, the first refused first */
    struct target *ring_first;
    struct target *ring_last;
    int64_t start_after_ns; /* a start has failed */
    uint64_t room;          /* sum of its targets' */
    uint32_t agents_max;
    uint32_t starting_count;
};

struct deferred {
    int64_t scan; /* the n-th scan of the queue takes it */
    uint64_t order;
    struct message *message;
};

/* The action given last, which the host may refuse. */
struct given {
    uint64_t action;
    uint32_t kind;
    uint32_t new_number;
    struct part *part;
    struct agent *agent;
};

struct manager {
    struct sched_allocator allocator;
    struct setup setup;
    struct window_rules rules;
    struct channel *channels;
    struct keep_table targets; /* by channel and host */
    struct keep_table agents;  /* by job */
    struct target *newest;
    struct message *messages_first; /* all of them, in order of submit */
    struct message *messages_last;
    struct line incoming;
    struct line due;
    struct line leaving;
    struct deferred *heap;
    struct message *creating;
    struct part *rewriting;
    struct given given;
    int64_t now_ns;
    int64_t began_at_ns; /* scans are at this plus multiples of the delay */
    uint64_t actions_count;
    uint64_t groups_count;
    uint64_t deferrals_count;
    uint32_t channels_count;
    uint32_t heap_count;
    uint32_t heap_capacity;
    uint32_t messages_count;
    uint32_t active_count;
    uint32_t jobs_count;
    uint32_t create_index;
    uint32_t leave_index;
    uint32_t slice_left;
    bool takes_due_next; /* incoming and due mail take turns */
    bool is_idle;        /* NONE was given: an event may come */
    bool is_dead;
};

static inline int64_t
manager_option(const struct manager *m, enum setup_option option)
{
    return m->setup.options[option].number;
}

/* admit.c */
int32_t admit_submit(struct manager *m, const struct sched_submit *submit);
void admit_created(struct manager *m); /* all CREATEs were given */
void admit_scan(struct manager *m);    /* deferred mail whose scan has come */
void admit_more(struct manager *m);    /* into the active queue, as fits */
/* The part's share in this round is over; its message's may be, too. */
void admit_rest(struct manager *m, struct part *part);
void admit_drop(struct part *part); /* all its recipients are final */
void admit_left(struct manager *m); /* the first leaving one's parts are done */
void admit_free_all(struct manager *m);
int64_t admit_wish_ns(const struct manager *m);

/* target.c */
struct target *target_of(struct manager *m, uint32_t channel, uint32_t host);
void target_refresh(struct manager *m, struct target *target);
void target_push(struct manager *m, struct part *part);
struct part *target_take(struct manager *m, uint32_t channel); /* or NULL */
/* The part's delivery is over, in one way or none. */
enum target_verdict { TARGET_SUCCEEDED, TARGET_FAILED, TARGET_UNKNOWN };
void target_give_back(struct manager *m, struct target *target,
                      enum target_verdict verdict);
void target_free_all(struct manager *m);

/* agent.c */
int32_t agent_init(struct manager *m);
void agent_free_all(struct manager *m);
int32_t agent_event(struct manager *m, const struct sched_event *event);
int32_t agent_outcome(struct manager *m, const struct sched_outcome *outcome);
/* The next action for a channel, if there is one. */
bool agent_action(struct manager *m, uint32_t channel,
                  struct sched_action *action);
void agent_settle(struct manager *m); /* the action was not refused */
void agent_refused(struct manager *m, uint32_t reason);
void agent_retire(struct manager *m); /* those that were idle for too long */
int64_t agent_wish_ns(const struct manager *m);

/* verify.c */
int32_t verify_state(const struct manager *m, char *text, uint64_t text_size);

#endif
