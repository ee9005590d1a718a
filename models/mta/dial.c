/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dial.c - a connection: made, accepted, kept waiting, refused, dropped
 *
 * To a host without a concurrency cap an arithmetic connection is made as part
 * of its attempt. A capped host is asked when the connection reaches it; there
 * it is accepted, answered 421, or waits in the listen queue until another
 * connection closes or the client gives up. One made of segments reaches every
 * host in an event of its own, and then it is the same.
 */
#include "models/mta/world.h"

static void on_arrived(void *arg, uint64_t data);
static void on_greeting_timeout(void *arg, uint64_t data);
static void on_server_closed(void *arg, uint64_t data);

static const struct link_params *
link_of(const struct host *host, const struct thread *thread)
{
    return directory_host(host->directory, thread->host)->params->link;
}

uint32_t
dial_link(const struct host *host, uint32_t number)
{
    const struct mta_params *params = host->params;
    const struct link_params *link =
        directory_host(host->directory, number)->params->link;

    return params->links_count == 0 ? SCHED_NONE
                                    : (uint32_t)(link - params->links);
}

/* --- The end of a connection ---------------------------------------------- */

static struct thread *
thread_at(const struct host *host, uint32_t slot)
{
    return slab_at(host->threads, slot - 1);
}

static void
waiting_remove(struct host *host, struct thread *thread)
{
    struct destination *to = directory_host(host->directory, thread->host);

    thread->is_waiting = 0;
    if (thread->waiting_before == 0) {
        to->waiting_first = thread->waiting_after;
    } else {
        thread_at(host, thread->waiting_before)->waiting_after =
            thread->waiting_after;
    }
    if (thread->waiting_after == 0) {
        to->waiting_last = thread->waiting_before;
    } else {
        thread_at(host, thread->waiting_after)->waiting_before =
            thread->waiting_before;
    }
}

void
dial_drop(struct host *host, struct thread *thread)
{
    evq_cancel(host->evq, thread->greeting_timeout);
    if (thread->is_waiting) {
        waiting_remove(host, thread);
    }
    circuit_close(host, thread);
    if (thread->is_counted) {
        /* A capped host sees the end of a connection half an RTT on. */
        thread->is_counted = 0;
        evq_push(host->evq,
                 host_now_ns(host) + link_of(host, thread)->rtt_ns / 2,
                 CLASS_WORLD, on_server_closed, host, thread->host);
    }
    if (thread->is_connected) {
        thread->is_connected = 0;
        measure_connection(host, host->jobs[thread->job - 1].channel,
                           thread->host, -1);
    }
}

static void
on_session_closed(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct thread *thread = slab_get(host->threads, data);
    struct sched_event event = {.kind = SCHED_EVENT_SESSION_CLOSED};

    if (thread == NULL) {
        return;
    }
    event.u.thread.job = thread->job;
    event.u.thread.thread = thread->number;
    event.u.thread.host = thread->host;
    host_feed(host, &event);
}

void
dial_quit(struct host *host, struct thread *thread)
{
    if (thread->is_connected) {
        dial_drop(host, thread);
        evq_push(host->evq, host_now_ns(host), CLASS_REPORT, on_session_closed,
                 host, delivery_handle(host, thread));
    }
}

bool
dial_serves(struct host *host, const struct thread *thread, uint32_t number,
            int64_t now_ns)
{
    const struct destination_params *to =
        directory_host(host->directory, number)->params;
    const uint32_t channel = host->jobs[thread->job - 1].channel;
    const uint32_t ours =
        host->settings.programs[channel].transactions_per_session;

    return thread->is_connected && thread->host == number &&
           (ours == 0 || thread->connection_messages < ours) &&
           (to->messages_per_connection == 0 ||
            thread->connection_messages < to->messages_per_connection) &&
           (to->outages_count == 0 ||
            destination_outage_at(to, now_ns) == NULL);
}

/* --- The making of a connection -------------------------------------------- */

/* greet - the server has accepted at this instant: greeting, EHLO, the
 * transaction */
static void
greet(struct host *host, struct thread *thread, int64_t now_ns)
{
    thread->line_from_ns += now_ns - thread->arrived_at_ns;
    if (thread->circuit != 0) {
        circuit_greet(host, thread);
        return;
    }
    struct dialogue dialogue = delivery_dialogue(host, thread);
    dialogue_greet(&dialogue);
    dialogue_walk(&dialogue, now_ns, thread->connected_at_ns);
    delivery_end(host, thread, &dialogue, 0);
}

/* connection_made - both ends have it, whatever becomes of it */
static void
connection_made(struct host *host, struct thread *thread)
{
    thread->is_connected = 1;
    thread->connection_messages = 1;
    measure_connection(host, host->jobs[thread->job - 1].channel, thread->host,
                       +1);
}

/* model_choose - how this connection is modelled; *path: its way */
static enum link_model
model_choose(struct host *host, struct thread *thread, int64_t start_ns,
             int64_t bytes, const struct path_params **path)
{
    const struct destination *to =
        directory_host(host->directory, thread->host);
    const struct link_params *link = to->params->link;
    const uint32_t number = dial_link(host, thread->host);

    if (link->model == LINK_PLAIN || number == SCHED_NONE) {
        return LINK_PLAIN;
    }
    *path = link_path(link, &host->link_luck[number], to->name, start_ns);
    return link_choose(link, *path, to->params->client, bytes,
                       &thread->link.rounds);
}

/* arithmetic_open - the connection's making is arithmetic; the asking of a
 * capped host is not */
static void
arithmetic_open(struct host *host, struct thread *thread, int64_t start_ns)
{
    const struct destination_params *to =
        directory_host(host->directory, thread->host)->params;

    thread->connected_at_ns =
        start_ns + link_handshake_ns(to->link, &thread->link);
    thread->arrived_at_ns = thread->connected_at_ns + to->link->rtt_ns / 2;
    connection_made(host, thread);
    if (to->connections_max == 0) {
        greet(host, thread, thread->arrived_at_ns);
    } else {
        evq_push(host->evq, thread->arrived_at_ns, CLASS_WORLD, on_arrived,
                 host, delivery_handle(host, thread));
    }
}

void
dial_open(struct host *host, struct thread *thread, int64_t start_ns,
          uint64_t entity, uint32_t attempts)
{
    struct dialogue dialogue = delivery_dialogue(host, thread);
    const struct path_params *path = NULL;
    const struct link_luck *luck = NULL;
    uint64_t connection = 0;

    thread->line_from_ns = start_ns;
    thread->link.model = LINK_PLAIN;
    if (!dialogue_connect(&dialogue, start_ns)) {
        delivery_end(host, thread, &dialogue, 0);
        return;
    }
    const enum link_model model =
        model_choose(host, thread, start_ns, dialogue.size_bytes, &path);
    if (model != LINK_PLAIN) {
        connection = chance_u64(&host->connection, entity, attempts, 0);
        luck = &host->link_luck[dial_link(host, thread->host)];
    }
    link_open(&thread->link, model, luck, connection, start_ns);
    if (model == LINK_SEGMENT) {
        circuit_open(host, thread, path, connection, start_ns);
    } else {
        arithmetic_open(host, thread, start_ns);
    }
}

void
dial_connected(struct host *host, struct thread *thread)
{
    thread->connected_at_ns = host_now_ns(host);
    connection_made(host, thread);
    thread->greeting_timeout = evq_push(
        host->evq,
        thread->connected_at_ns + host->params->dialogue->greeting_timeout_ns,
        CLASS_WORLD, on_greeting_timeout, host, delivery_handle(host, thread));
}

/* --- A capped host --------------------------------------------------------- */

/* connection_accept - a host takes the connection, and counts it if it is
 * capped */
static void
connection_accept(struct host *host, struct thread *thread)
{
    struct destination *to = directory_host(host->directory, thread->host);

    evq_cancel(host->evq, thread->greeting_timeout);
    if (to->params->connections_max > 0) {
        to->open_count++;
        thread->is_counted = 1;
    }
    greet(host, thread, host_now_ns(host));
}

/* refuse_421 - a capped host is full and says so in its greeting */
static void
refuse_421(struct host *host, struct thread *thread)
{
    measure_refused(host, thread->host);
    evq_cancel(host->evq, thread->greeting_timeout);
    if (thread->circuit != 0) {
        circuit_refuse(host, thread);
        return;
    }
    struct dialogue dialogue = delivery_dialogue(host, thread);
    dialogue_fail(&dialogue,
                  host_now_ns(host) + link_reply_ns(link_of(host, thread),
                                                    &thread->link,
                                                    DIALOGUE_421_BYTES),
                  SMTP_GREETING, DIALOGUE_TEMPORARY);
    delivery_end(host, thread, &dialogue, 0);
}

/* waiting_add - last in the listen queue, until the client gives up */
static void
waiting_add(struct host *host, struct thread *thread)
{
    struct destination *to = directory_host(host->directory, thread->host);
    const uint64_t handle = delivery_handle(host, thread);
    const uint32_t slot = (uint32_t)handle;

    thread->is_waiting = 1;
    thread->waiting_before = to->waiting_last;
    thread->waiting_after = 0;
    if (to->waiting_last == 0) {
        to->waiting_first = slot;
    } else {
        thread_at(host, to->waiting_last)->waiting_after = slot;
    }
    to->waiting_last = slot;
    if (thread->circuit == 0) { /* one of segments waits from the first */
        thread->greeting_timeout =
            evq_push(host->evq,
                     i64_max(host_now_ns(host),
                             thread->connected_at_ns +
                                 host->params->dialogue->greeting_timeout_ns),
                     CLASS_WORLD, on_greeting_timeout, host, handle);
    }
}

static void
on_greeting_timeout(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct thread *thread = slab_must_get(host->threads, data);
    struct dialogue dialogue = delivery_dialogue(host, thread);

    if (thread->is_waiting) {
        waiting_remove(host, thread);
    }
    dialogue_greet(&dialogue);
    dialogue_give_up(&dialogue, host_now_ns(host), false);
    delivery_end(host, thread, &dialogue, 0);
    if (thread->circuit != 0) {
        dial_drop(host, thread); /* it may not be accepted at this instant */
    }
}

void
dial_arrived(struct host *host, struct thread *thread)
{
    const struct destination *to =
        directory_host(host->directory, thread->host);
    const uint32_t most = to->params->connections_max;

    thread->arrived_at_ns = host_now_ns(host);
    if (most == 0 || to->open_count < most) {
        connection_accept(host, thread);
    } else if (to->params->at_limit == DESTINATION_REPLY_421) {
        refuse_421(host, thread);
    } else {
        waiting_add(host, thread);
    }
}

static void
on_arrived(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct thread *thread = slab_get(host->threads, data);

    if (thread != NULL) { /* else who connects has died on the way */
        dial_arrived(host, thread);
    }
}

static void
on_server_closed(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct destination *to = directory_host(host->directory, (uint32_t)data);

    ASSERT(to->open_count > 0);
    to->open_count--;
    if (to->waiting_first != 0) {
        struct thread *thread = thread_at(host, to->waiting_first);
        waiting_remove(host, thread);
        connection_accept(host, thread);
    }
}
