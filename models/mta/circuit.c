/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * circuit.c - a connection made of real segments, and the dialogue over it
 *
 * The dialogue's machine (models/dialogue.h) says which turn is next, the
 * session (models/session.h) carries it, segment by segment in the run's own
 * event queue, and says when its reply is there or how the waiting ended. The
 * hosts' acceptance, caps and outages are dial.c's, as for every connection.
 *
 * Circuits live in a slab: a thread has at most one, and one that is closed
 * while an event of it is pending leaves a stale handle.
 */
#include <stdlib.h>

#include "models/mta/world.h"
#include "models/session.h"

struct circuit {
    uint32_t generation;
    uint32_t link; /* of the run's links */
    struct host *host;
    uint64_t thread;
    struct session *session; /* NULL: not begun */
    const struct path_params *path;
    uint64_t entity;
    int64_t written_bytes; /* by the server, before the turn under way */
    int64_t think_ns;      /* of the attempt under way, as in its dialogue */
    uint32_t turns_count;
    uint8_t is_asked;   /* a turn is under way */
    uint8_t is_refused; /* its reply is 421 */
    uint8_t is_idle;    /* the attempt has ended, no other has begun */
    uint8_t is_dead;    /* the connection has failed since */
};

static struct circuit *
circuit_of(const struct host *host, const struct thread *thread)
{
    return slab_must_get(host->circuits, thread->circuit);
}

static struct thread *
thread_of(const struct circuit *circuit)
{
    return slab_must_get(circuit->host->threads, circuit->thread);
}

/* dialogue_of - with what the circuit knows of it */
static struct dialogue
dialogue_of(const struct circuit *circuit)
{
    struct dialogue dialogue =
        delivery_dialogue(circuit->host, thread_of(circuit));

    dialogue.turns_count = circuit->turns_count;
    dialogue.think_ns = circuit->think_ns;
    return dialogue;
}

static int64_t
server_written_bytes(const struct circuit *circuit)
{
    return tcp_endpoint_written_bytes(tcp_connection_end_const(
        session_connection(circuit->session), TCP_SERVER));
}

/* turn_begin - the dialogue's next turn goes on its way */
static void
turn_begin(struct circuit *circuit, const struct dialogue *dialogue)
{
    struct thread *thread = thread_of(circuit);
    const struct dialogue_turn turn = dialogue_turn(dialogue);
    int64_t timeout_ns = turn.timeout_ns;

    if (dialogue->phase == SMTP_GREETING) {
        /* The client waits for it since it is connected. */
        timeout_ns = i64_max(1, thread->connected_at_ns + timeout_ns -
                                    host_now_ns(circuit->host));
    }
    thread->phase = (uint8_t)dialogue->phase;
    thread->asked_count = dialogue->asked_count;
    circuit->turns_count++;
    circuit->think_ns += turn.think_ns;
    circuit->written_bytes = server_written_bytes(circuit);
    circuit->is_asked = 1;
    session_turn(circuit->session,
                 &(struct session_turn){
                     .command_bytes = turn.command_bytes,
                     .reply_bytes = turn.reply_bytes,
                     .think_ns = turn.think_ns,
                     .timeout_ns = timeout_ns,
                     .block_timeout_ns = turn.block_timeout_ns,
                 });
}

/* ended - the outcome comes at this instant, and no other of this attempt */
static void
ended(struct circuit *circuit, const struct dialogue *dialogue,
      int64_t passed_bytes)
{
    circuit->is_asked = 0;
    circuit->is_idle = 1;
    delivery_end(circuit->host, thread_of(circuit), dialogue, passed_bytes);
}

/* answered - the reply is there: what it says, and what follows */
static void
answered(struct circuit *circuit)
{
    const int64_t now_ns = host_now_ns(circuit->host);
    struct dialogue dialogue = dialogue_of(circuit);

    if (circuit->is_refused) {
        dialogue_fail(&dialogue, now_ns, SMTP_GREETING, DIALOGUE_TEMPORARY);
    } else if (dialogue_step(&dialogue, now_ns)) {
        turn_begin(circuit, &dialogue);
        return;
    }
    ended(circuit, &dialogue, 0);
}

/* broken - a timeout, or TCP has given up: the attempt ends here */
static void
broken(struct circuit *circuit)
{
    const int64_t now_ns = host_now_ns(circuit->host);
    struct thread *thread = thread_of(circuit);
    struct dialogue dialogue = dialogue_of(circuit);
    int64_t passed_bytes = 0;

    if (!thread->is_connected) {
        dialogue_fail(&dialogue, now_ns, SMTP_CONNECT, DIALOGUE_TEMPORARY);
    } else {
        if (circuit->is_asked && dialogue.phase == SMTP_DOT) {
            passed_bytes =
                i64_min(session_command_received_bytes(circuit->session),
                        dialogue.size_bytes);
        }
        dialogue_give_up(&dialogue, now_ns,
                         passed_bytes == dialogue.size_bytes);
    }
    ended(circuit, &dialogue, passed_bytes);
    dial_drop(circuit->host, thread); /* no server may accept it now */
}

/* on_news - what the session says; that an idle connection is dead is found out
 * when it is used again */
static void
on_news(void *arg, enum session_news news)
{
    struct circuit *circuit = arg;
    struct thread *thread = thread_of(circuit);

    switch (news) {
    case SESSION_CONNECTED:
        thread->phase = SMTP_GREETING;
        dial_connected(circuit->host, thread);
        return;
    case SESSION_ACCEPTED:
        dial_arrived(circuit->host, thread);
        return;
    case SESSION_ANSWERED:
        answered(circuit);
        return;
    case SESSION_TIMED_OUT:
    case SESSION_FAILED:
        if (circuit->is_idle) {
            circuit->is_dead = 1;
        } else {
            broken(circuit);
        }
        return;
    }
    UNREACHABLE("all news is above");
}

static void
on_open(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct circuit *circuit = slab_get(host->circuits, data);

    if (circuit == NULL) {
        return; /* who was to connect has died */
    }
    const struct destination_params *to =
        directory_host(host->directory, thread_of(circuit)->host)->params;
    const struct session_params params = {
        .connection =
            {
                .path = circuit->path,
                .stacks = {to->client, to->link->server},
                .luck = &host->link_luck[circuit->link].path,
                .lines = host->link_lines[circuit->link].hops,
                .entity = circuit->entity,
                .evq = host->evq,
                .evq_class = CLASS_WORLD,
            },
        .notify = on_news,
        .arg = circuit,
    };
    circuit->session = session_new(&params);
    session_open(circuit->session, host->params->dialogue->connect_timeout_ns);
}

void
circuit_open(struct host *host, struct thread *thread,
             const struct path_params *path, uint64_t entity, int64_t start_ns)
{
    ASSERT(thread->circuit == 0);
    thread->circuit = slab_take(host->circuits);
    ASSERT(thread->circuit != 0); /* as many as there are threads */
    thread->phase = SMTP_CONNECT;
    struct circuit *circuit = circuit_of(host, thread);
    circuit->link = dial_link(host, thread->host);
    circuit->host = host;
    circuit->thread = delivery_handle(host, thread);
    circuit->path = path;
    circuit->entity = entity;
    evq_push(host->evq, start_ns, CLASS_WORLD, on_open, host, thread->circuit);
}

void
circuit_close(struct host *host, struct thread *thread)
{
    if (thread->circuit != 0) {
        session_free(circuit_of(host, thread)->session);
        slab_release(host->circuits, thread->circuit);
        thread->circuit = 0;
    }
}

void
circuit_greet(struct host *host, struct thread *thread)
{
    struct circuit *circuit = circuit_of(host, thread);
    struct dialogue dialogue = dialogue_of(circuit);

    dialogue_greet(&dialogue);
    turn_begin(circuit, &dialogue);
}

void
circuit_refuse(struct host *host, struct thread *thread)
{
    struct circuit *circuit = circuit_of(host, thread);
    const int64_t timeout_ns = host->params->dialogue->greeting_timeout_ns;

    thread->phase = SMTP_GREETING;
    circuit->is_refused = 1;
    circuit->is_asked = 1;
    session_turn(
        circuit->session,
        &(struct session_turn){
            .reply_bytes = DIALOGUE_421_BYTES,
            .timeout_ns = i64_max(1, thread->connected_at_ns + timeout_ns -
                                         host_now_ns(host)),
        });
}

static void
on_mail(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct circuit *circuit = slab_get(host->circuits, data);

    if (circuit == NULL) {
        return; /* who was to send it has died */
    }
    struct dialogue dialogue = dialogue_of(circuit);
    dialogue_mail(&dialogue);
    circuit->is_idle = 0;
    if (!circuit->is_dead) {
        turn_begin(circuit, &dialogue);
        return;
    }
    dialogue_give_up(&dialogue, host_now_ns(host), false);
    ended(circuit, &dialogue, 0);
}

void
circuit_mail(struct host *host, struct thread *thread, int64_t start_ns)
{
    struct circuit *circuit = circuit_of(host, thread);

    circuit->turns_count = 0;
    circuit->think_ns = 0;
    thread->phase = SMTP_MAIL;
    evq_push(host->evq, start_ns, CLASS_WORLD, on_mail, host, thread->circuit);
}

bool
circuit_is_decided(struct host *host, const struct thread *thread)
{
    const struct circuit *circuit = circuit_of(host, thread);

    return circuit->session != NULL && thread->phase == SMTP_DOT &&
           (thread->ends_at_ns != INT64_MAX ||
            server_written_bytes(circuit) > circuit->written_bytes);
}

/* --- Routers that begin and end -------------------------------------------- */

/* on_fault - a router on this link has another mind from now on */
static void
on_fault(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct link_params *link = &host->params->links[data];
    const uint32_t slots = slab_slots(host->circuits);

    for (uint32_t i = 0; i < slots; i++) {
        struct circuit *circuit = slab_at(host->circuits, i);
        if ((circuit->generation & 1) == 0 || circuit->link != data) {
            continue;
        }
        const struct path_params *path = link_path(
            link, &host->link_luck[data],
            directory_host(host->directory, thread_of(circuit)->host)->name,
            host_now_ns(host));
        if (path != circuit->path) {
            circuit->path = path;
            if (circuit->session != NULL) {
                tcp_connection_path_set(session_connection(circuit->session),
                                        path);
            }
        }
    }
}

/* faults_begin - its windows of time */
static void
faults_begin(struct host *host, uint32_t number)
{
    const struct link_params *link = &host->params->links[number];

    for (uint32_t i = 0; i < link->faults_count; i++) {
        const int64_t marks[] = {link->faults[i].from_ns,
                                 link->faults[i].until_ns};
        for (int k = 0; k < 2; k++) {
            if (marks[k] > 0 && marks[k] <= host->params->horizon_ns) {
                evq_push(host->evq, marks[k], CLASS_COMMAND, on_fault, host,
                         number);
            }
        }
    }
}

/* lines_begin - those that its connections share */
static void
lines_begin(struct host *host, uint32_t number)
{
    const struct link_params *link = &host->params->links[number];

    for (uint32_t i = 0; link->is_shared && i < link->path->hops_count; i++) {
        struct hop_line *line = base_alloc(sizeof *line);
        for (int side = 0; side < TCP_SIDES_COUNT; side++) {
            line->queue[side] = hop_queue_new();
        }
        host->link_lines[number].hops[i] = line;
    }
}

void
circuit_begin(struct host *host)
{
    const struct mta_params *params = host->params;

    host->circuits = slab_new(sizeof(struct circuit), 1u << 24);
    host->connection =
        chance_stream(params->seed, params->replication, "connection");
    host->link_luck =
        base_alloc(params->links_count * sizeof host->link_luck[0]);
    host->link_lines =
        base_alloc(params->links_count * sizeof host->link_lines[0]);
    for (uint32_t i = 0; i < params->links_count; i++) {
        if (params->links[i].model != LINK_PLAIN) {
            link_luck_init(&host->link_luck[i], &params->links[i], params->seed,
                           params->replication);
            faults_begin(host, i);
            lines_begin(host, i);
        }
    }
}

void
circuit_end(struct host *host)
{
    if (host->circuits == NULL) {
        return; /* there was no world */
    }
    for (uint32_t i = 0; i < slab_slots(host->circuits); i++) {
        struct circuit *circuit = slab_at(host->circuits, i);
        if ((circuit->generation & 1) != 0) {
            session_free(circuit->session);
        }
    }
    for (uint32_t i = 0; i < host->params->links_count; i++) {
        for (uint32_t k = 0; k < PATH_HOPS_MAX; k++) {
            struct hop_line *line = host->link_lines[i].hops[k];
            for (int side = 0; line != NULL && side < TCP_SIDES_COUNT; side++) {
                hop_queue_free(line->queue[side]);
            }
            free(line);
        }
    }
    free(host->link_luck);
    free(host->link_lines);
    slab_free(host->circuits);
}
