/* SPDX-License-Identifier: MIT */
/*
 * session.c - how many messages an inbound session has submitted
 *
 * transactionlimit and disconnecttransactionlimit let a session of the source
 * channel submit n messages; each further one is answered 450. Hanging up is
 * the host's: it knows both limits.
 *
 * Nobody says when a session ends, so its count is forgotten when it was silent
 * for an hour, and when SESSIONS_MAX others have submitted since: the one that
 * was silent longest goes first. The table is made with the first message that
 * needs it.
 */
#include "engine.h"

enum {
    SESSIONS_MAX = 4096, /* GUESS: above the sessions of a busy host */
    TABLE_SIZE = SESSIONS_MAX * 2
};

/* GUESS: no client waits so long between two messages of one session. */
#define SESSION_IDLE_NS (INT64_C(3600) * 1000000000)

struct session {
    uint64_t id;
    int64_t last_ns; /* when it last submitted */
    uint32_t channel;
    uint32_t count;
    uint32_t later; /* by last_ns */
    uint32_t earlier;
};

struct sessions {
    struct session records[SESSIONS_MAX];
    uint32_t table[TABLE_SIZE];
    uint32_t count;
    uint32_t oldest;
    uint32_t newest;
    uint32_t free_head; /* linked by `later` */
};

static uint32_t
home_of(uint32_t channel, uint64_t id)
{
    uint64_t key =
        (id ^ (uint64_t)channel << 48) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(key >> 40) & (TABLE_SIZE - 1);
}

/* place_of - where in the table it is, or is to be */
static uint32_t
place_of(const struct sessions *sessions, uint32_t channel, uint64_t id)
{
    uint32_t at = home_of(channel, id);

    while (sessions->table[at] != MEMORY_NONE) {
        const struct session *session = &sessions->records[sessions->table[at]];

        if (session->id == id && session->channel == channel) {
            break;
        }
        at = (at + 1) & (TABLE_SIZE - 1);
    }
    return at;
}

static void
list_add(struct sessions *sessions, uint32_t slot)
{
    struct session *session = &sessions->records[slot];

    session->earlier = sessions->newest;
    session->later = MEMORY_NONE;
    if (sessions->newest == MEMORY_NONE) {
        sessions->oldest = slot;
    } else {
        sessions->records[sessions->newest].later = slot;
    }
    sessions->newest = slot;
}

static void
list_remove(struct sessions *sessions, uint32_t slot)
{
    const struct session *session = &sessions->records[slot];

    if (session->earlier == MEMORY_NONE) {
        sessions->oldest = session->later;
    } else {
        sessions->records[session->earlier].later = session->later;
    }
    if (session->later == MEMORY_NONE) {
        sessions->newest = session->earlier;
    } else {
        sessions->records[session->later].earlier = session->earlier;
    }
}

/* forget_oldest - those behind its gap in the table move up */
static void
forget_oldest(struct sessions *sessions)
{
    const uint32_t slot = sessions->oldest;
    const struct session *session = &sessions->records[slot];
    uint32_t gap = place_of(sessions, session->channel, session->id);

    for (uint32_t at = (gap + 1) & (TABLE_SIZE - 1);
         sessions->table[at] != MEMORY_NONE; at = (at + 1) & (TABLE_SIZE - 1)) {
        const struct session *other = &sessions->records[sessions->table[at]];
        const uint32_t home = home_of(other->channel, other->id);

        if (((at - home) & (TABLE_SIZE - 1)) >=
            ((at - gap) & (TABLE_SIZE - 1))) {
            sessions->table[gap] = sessions->table[at];
            gap = at;
        }
    }
    sessions->table[gap] = MEMORY_NONE;
    list_remove(sessions, slot);
    sessions->records[slot].later = sessions->free_head;
    sessions->free_head = slot;
    sessions->count--;
}

static struct sessions *
sessions_new(const struct engine *engine)
{
    struct sessions *sessions =
        memory_take(&engine->allocator, sizeof *sessions);

    if (sessions == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < TABLE_SIZE; i++) {
        sessions->table[i] = MEMORY_NONE;
    }
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        sessions->records[i].later = i + 1;
    }
    sessions->records[SESSIONS_MAX - 1].later = MEMORY_NONE;
    sessions->oldest = MEMORY_NONE;
    sessions->newest = MEMORY_NONE;
    return sessions;
}

static int
is_silent(const struct engine *engine, const struct session *session)
{
    return engine->now_ns - session->last_ns >= SESSION_IDLE_NS;
}

/* limit_of - for a message, or CONF_NO_LIMIT */
static uint32_t
limit_of(const struct engine *engine, const struct sched_submit *submit)
{
    if (submit->parent != 0 || submit->session == 0 ||
        submit->source_channel == SCHED_NONE) {
        return CONF_NO_LIMIT;
    }
    const struct conf_channel *conf =
        engine->channels[submit->source_channel].conf;

    return conf->transactionlimit < conf->disconnecttransactionlimit
               ? conf->transactionlimit
               : conf->disconnecttransactionlimit;
}

int32_t
session_check(struct engine *engine, const struct sched_submit *submit,
              int *is_over)
{
    const uint32_t limit = limit_of(engine, submit);

    *is_over = 0;
    if (limit == CONF_NO_LIMIT) {
        return SCHED_OK;
    }
    if (engine->sessions == NULL) {
        engine->sessions = sessions_new(engine);
        return engine->sessions == NULL ? SCHED_ERR_MEMORY : SCHED_OK;
    }
    const struct sessions *sessions = engine->sessions;
    const uint32_t slot = sessions->table[place_of(
        sessions, submit->source_channel, submit->session)];

    if (slot != MEMORY_NONE && !is_silent(engine, &sessions->records[slot])) {
        *is_over = sessions->records[slot].count >= limit;
    }
    return SCHED_OK;
}

void
session_count(struct engine *engine, const struct sched_submit *submit)
{
    struct sessions *sessions = engine->sessions;

    if (limit_of(engine, submit) == CONF_NO_LIMIT || sessions == NULL) {
        return;
    }
    while (sessions->oldest != MEMORY_NONE &&
           is_silent(engine, &sessions->records[sessions->oldest])) {
        forget_oldest(sessions);
    }
    uint32_t at = place_of(sessions, submit->source_channel, submit->session);
    uint32_t slot = sessions->table[at];
    if (slot == MEMORY_NONE) {
        if (sessions->count == SESSIONS_MAX) {
            forget_oldest(sessions);
            at = place_of(sessions, submit->source_channel, submit->session);
        }
        slot = sessions->free_head;
        sessions->free_head = sessions->records[slot].later;
        sessions->records[slot] = (struct session){
            .id = submit->session, .channel = submit->source_channel};
        sessions->table[at] = slot;
        sessions->count++;
    } else {
        list_remove(sessions, slot);
    }
    sessions->records[slot].last_ns = engine->now_ns;
    if (sessions->records[slot].count < UINT32_MAX) {
        sessions->records[slot].count++;
    }
    list_add(sessions, slot);
}

void
session_clear(struct engine *engine)
{
    memory_give(&engine->allocator, engine->sessions, sizeof *engine->sessions);
}

uint64_t
session_digest(const struct engine *engine, uint64_t digest)
{
    const struct sessions *sessions = engine->sessions;

    for (uint32_t slot = sessions == NULL ? MEMORY_NONE : sessions->oldest;
         slot != MEMORY_NONE; slot = sessions->records[slot].later) {
        const struct session *session = &sessions->records[slot];

        digest = digest_mix(digest, session->id);
        digest = digest_mix(digest, (uint64_t)session->last_ns);
        digest = digest_mix(digest,
                            (uint64_t)session->channel << 32 | session->count);
    }
    return digest;
}

const char *
session_check_state(const struct engine *engine)
{
    const struct sessions *sessions = engine->sessions;
    uint32_t count = 0;
    uint32_t earlier = MEMORY_NONE;

    if (sessions == NULL) {
        return NULL;
    }
    for (uint32_t slot = sessions->oldest; slot != MEMORY_NONE;
         slot = sessions->records[slot].later) {
        const struct session *session = &sessions->records[slot];

        if (++count > sessions->count || session->earlier != earlier) {
            return "the list of sessions is broken";
        }
        if (earlier != MEMORY_NONE &&
            sessions->records[earlier].last_ns > session->last_ns) {
            return "the list of sessions is out of order";
        }
        if (sessions
                ->table[place_of(sessions, session->channel, session->id)] !=
            slot) {
            return "a session is not found by its number";
        }
        earlier = slot;
    }
    return count == sessions->count ? NULL : "a session is in no list";
}
