/* SPDX-License-Identifier: MIT */
/*
 * agent.c - delivery agents: jobs with one thread, one delivery at a time
 *
 * RULES      The agent that became idle last is given work first, so that those
 *            that are not needed grow old and end. An agent is started when
 *            more deliveries could begin than agents are idle or starting, as
 *            far as the channel's limit goes. It ends when it has been idle for
 *            max_idle, or has made max_use deliveries. One that could not be
 *            stopped is told again after service_throttle_time.
 *            Feedback: a failure is an attempt that did not get past connect,
 *            greeting and EHLO and left every recipient to be tried again; all
 *            else shows that the destination is alive.
 */
#include <stddef.h>

#include "manager.h"

static void
list_add(struct agents *list, struct agent *agent)
{
    agent->before = list->last;
    agent->after = NULL;
    if (list->last == NULL) {
        list->first = agent;
    } else {
        list->last->after = agent;
    }
    list->last = agent;
}

static void
list_drop(struct agents *list, struct agent *agent)
{
    if (agent->before == NULL) {
        list->first = agent->after;
    } else {
        agent->before->after = agent->after;
    }
    if (agent->after == NULL) {
        list->last = agent->before;
    } else {
        agent->after->before = agent->before;
    }
    agent->before = NULL;
    agent->after = NULL;
}

int32_t
agent_init(struct manager *m)
{
    for (uint32_t i = 0; i < m->channels_count; i++) {
        struct channel *channel = &m->channels[i];
        const uint32_t count = setup_maxjobs(&m->setup, i);
        channel->all =
            keep_take(&m->allocator, (uint64_t)count * sizeof *channel->all);
        if (channel->all == NULL) {
            return SCHED_ERR_MEMORY;
        }
        channel->agents_max = count;
        for (uint32_t k = 0; k < count; k++) {
            channel->all[k].channel = i;
            list_add(&channel->free, &channel->all[k]);
        }
    }
    return SCHED_OK;
}

void
agent_free_all(struct manager *m)
{
    for (uint32_t i = 0; m->channels != NULL && i < m->channels_count; i++) {
        keep_give(&m->allocator, m->channels[i].all,
                  (uint64_t)m->channels[i].agents_max *
                      sizeof *m->channels[i].all);
    }
    keep_table_free(&m->agents, &m->allocator);
}

/* --- From state to state -------------------------------------------------- */

/* leave - its state's list and count */
static void
leave(struct channel *channel, struct agent *agent)
{
    switch ((enum agent_state)agent->state) {
    case AGENT_FREE:
        list_drop(&channel->free, agent);
        break;
    case AGENT_STARTING:
        channel->starting_count--;
        break;
    case AGENT_IDLE:
        list_drop(&channel->idle, agent);
        break;
    case AGENT_THREAD_STOP:
    case AGENT_JOB_STOP:
        list_drop(&channel->stopping, agent);
        break;
    case AGENT_STOP_REFUSED:
        list_drop(&channel->refused, agent);
        break;
    case AGENT_BUSY:
    case AGENT_ENDING:
        break;
    }
}

static void
become(struct manager *m, struct agent *agent, enum agent_state state)
{
    struct channel *channel = &m->channels[agent->channel];

    leave(channel, agent);
    agent->state = (uint32_t)state;
    switch (state) {
    case AGENT_FREE:
        list_add(&channel->free, agent);
        break;
    case AGENT_STARTING:
        channel->starting_count++;
        break;
    case AGENT_IDLE:
        agent->idle_since_ns = m->now_ns;
        list_add(&channel->idle, agent);
        break;
    case AGENT_THREAD_STOP:
    case AGENT_JOB_STOP:
        list_add(&channel->stopping, agent);
        break;
    case AGENT_STOP_REFUSED:
        agent->idle_since_ns = m->now_ns;
        list_add(&channel->refused, agent);
        break;
    case AGENT_BUSY:
    case AGENT_ENDING:
        break;
    }
}

/* rest_or_end - it has nothing to do, and may have done enough */
static void
rest_or_end(struct manager *m, struct agent *agent)
{
    const int64_t use_max = manager_option(m, SETUP_USE_MAX);

    become(m, agent,
           use_max > 0 && agent->uses_count >= use_max ? AGENT_THREAD_STOP
                                                       : AGENT_IDLE);
}

/* part_lose - what it had in hand comes back as if it had failed */
static void
part_lose(struct manager *m, struct agent *agent)
{
    struct part *part = agent->part;

    agent->part = NULL;
    if (part != NULL) {
        target_give_back(m, part->target, TARGET_UNKNOWN);
        admit_rest(m, part);
    }
}

static void
throttle(struct manager *m, uint32_t channel)
{
    m->channels[channel].start_after_ns =
        m->now_ns + manager_option(m, SETUP_THROTTLE_TIME);
}

/* vanish - its process is no more */
static void
vanish(struct manager *m, struct agent *agent)
{
    part_lose(m, agent);
    keep_table_drop(&m->agents, agent->job);
    agent->job = 0;
    agent->uses_count = 0;
    agent->is_running = false;
    become(m, agent, AGENT_FREE);
}

/* --- Events --------------------------------------------------------------- */

static int32_t
on_job(struct manager *m, uint32_t kind, const struct sched_job_event *event)
{
    struct agent *agent = keep_table_get(&m->agents, event->job);

    if (agent == NULL ||
        agent->is_running == (kind != SCHED_EVENT_JOB_EXITED)) {
        return SCHED_ERR_ARGUMENT;
    }
    if (kind == SCHED_EVENT_JOB_STARTED) {
        agent->is_running = true;
        return SCHED_OK;
    }
    if (agent->state != AGENT_ENDING) { /* not by our wish */
        throttle(m, agent->channel);
    }
    vanish(m, agent);
    return SCHED_OK;
}

static int32_t
on_thread_ready(struct manager *m, const struct sched_thread_event *event)
{
    struct agent *agent = keep_table_get(&m->agents, event->job);

    if (agent == NULL || !agent->is_running || event->thread != 0 ||
        agent->state != AGENT_STARTING) {
        return SCHED_ERR_ARGUMENT;
    }
    become(m, agent, AGENT_IDLE);
    return SCHED_OK;
}

static int32_t
on_thread_ended(struct manager *m, const struct sched_thread_event *event)
{
    struct agent *agent = keep_table_get(&m->agents, event->job);

    if (agent == NULL || !agent->is_running || event->thread != 0) {
        return SCHED_ERR_ARGUMENT;
    }
    if (agent->state != AGENT_ENDING && agent->state != AGENT_JOB_STOP &&
        agent->state != AGENT_STOP_REFUSED) {
        part_lose(m, agent);
        become(m, agent, AGENT_JOB_STOP);
    }
    return SCHED_OK;
}

int32_t
agent_event(struct manager *m, const struct sched_event *event)
{
    switch ((enum sched_event_kind)event->kind) {
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
        return on_job(m, event->kind, &event->u.job);
    case SCHED_EVENT_THREAD_READY:
        return on_thread_ready(m, &event->u.thread);
    case SCHED_EVENT_THREAD_ENDED:
        return on_thread_ended(m, &event->u.thread);
    case SCHED_EVENT_SESSION_CLOSED: /* decides nothing; its job was real */
        return event->u.thread.job == 0 || event->u.thread.job > m->jobs_count
                   ? SCHED_ERR_ARGUMENT
                   : SCHED_OK;
    case SCHED_EVENT_SUBMIT:
    case SCHED_EVENT_OUTCOME:
    case SCHED_EVENT_SCANNED:
    case SCHED_EVENT_WAKE:
    case SCHED_EVENT_REFUSED:
    case SCHED_EVENT_WALL_OFFSET:
    case SCHED_EVENT_COMMAND:
    case SCHED_EVENT_STRESS:
        break;
    }
    return SCHED_ERR_UNSUPPORTED;
}

static uint32_t
result_of(const struct sched_outcome *outcome, uint32_t index)
{
    return outcome->results == NULL ? outcome->result : outcome->results[index];
}

/* temporary_keep - only those that are to be tried again stay in the part */
static void
temporary_keep(struct part *part, const struct sched_outcome *outcome)
{
    uint32_t *recipients = &part->message->recipients[part->first];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < part->count; i++) {
        if (result_of(outcome, i) == SCHED_RESULT_TEMPORARY) {
            recipients[kept++] = recipients[i];
        }
    }
    part->count = kept;
}

/* is_sound - phase and results are ones that there are */
static bool
is_sound(const struct sched_outcome *outcome)
{
    bool sound = outcome->phase <= SCHED_PHASE_DOT;

    for (uint32_t i = 0; i < outcome->recipients_count && sound; i++) {
        sound = result_of(outcome, i) <= SCHED_RESULT_MISSING;
    }
    return sound;
}

int32_t
agent_outcome(struct manager *m, const struct sched_outcome *outcome)
{
    struct agent *agent = keep_table_get(&m->agents, outcome->job);

    if (agent == NULL || agent->state != AGENT_BUSY || outcome->thread != 0 ||
        !is_sound(outcome) || agent->part->message->id != outcome->message ||
        agent->part->number != outcome->file ||
        agent->part->count != outcome->recipients_count) {
        return SCHED_ERR_ARGUMENT;
    }
    struct part *part = agent->part;
    const uint32_t before = part->count;
    agent->part = NULL;
    agent->uses_count++;
    temporary_keep(part, outcome);
    const bool is_failure =
        part->count == before && outcome->phase <= SCHED_PHASE_EHLO;
    target_give_back(m, part->target,
                     is_failure ? TARGET_FAILED : TARGET_SUCCEEDED);
    if (part->count == 0) {
        admit_drop(part);
    } else if (part->count < before) {
        m->rewriting = part;
    }
    admit_rest(m, part);
    rest_or_end(m, agent);
    return SCHED_OK;
}

void
agent_retire(struct manager *m)
{
    const int64_t idle_max_ns = manager_option(m, SETUP_IDLE_MAX);
    const int64_t again_ns = manager_option(m, SETUP_THROTTLE_TIME);

    for (uint32_t i = 0; i < m->channels_count; i++) {
        struct agents *idle = &m->channels[i].idle;
        while (idle->first != NULL &&
               m->now_ns - idle->first->idle_since_ns >= idle_max_ns) {
            become(m, idle->first, AGENT_THREAD_STOP);
        }
        struct agents *refused = &m->channels[i].refused;
        while (refused->first != NULL &&
               m->now_ns - refused->first->idle_since_ns >= again_ns) {
            become(m, refused->first, AGENT_JOB_STOP);
        }
    }
}

/* --- Actions -------------------------------------------------------------- */

static void
deliver(struct manager *m, struct agent *agent, struct sched_action *action)
{
    struct part *part = target_take(m, agent->channel);
    const bool has_host = part->target->host != SCHED_NONE;

    become(m, agent, AGENT_BUSY);
    agent->part = part;
    m->given.part = part;
    action->kind = SCHED_ACTION_DELIVER;
    action->u.deliver = (struct sched_deliver){
        .message = part->message->id,
        .recipients = &part->message->recipients[part->first],
        .recipients_count = part->count,
        .file = part->number,
        .job = agent->job,
        .channel = agent->channel,
        .host = has_host ? part->target->host : SCHED_NONE,
    };
}

static void
stop(struct manager *m, struct agent *agent, struct sched_action *action)
{
    if (agent->state == AGENT_THREAD_STOP) {
        action->kind = SCHED_ACTION_STOP_THREAD;
        action->u.thread.job = agent->job;
        become(m, agent, AGENT_JOB_STOP);
        return;
    }
    action->kind = SCHED_ACTION_STOP_JOB;
    action->u.job.job = agent->job;
    action->u.job.channel = agent->channel;
    become(m, agent, AGENT_ENDING);
}

/* start - a new one; false: no memory, which is tried again later */
static bool
start(struct manager *m, struct agent *agent, struct sched_action *action)
{
    if (m->jobs_count == UINT32_MAX ||
        !keep_table_reserve(&m->agents, &m->allocator)) {
        throttle(m, agent->channel);
        return false;
    }
    agent->job = ++m->jobs_count;
    keep_table_add(&m->agents, agent->job, agent);
    become(m, agent, AGENT_STARTING);
    action->kind = SCHED_ACTION_START_JOB;
    action->u.job.job = agent->job;
    action->u.job.channel = agent->channel;
    return true;
}

bool
agent_action(struct manager *m, uint32_t channel_index,
             struct sched_action *action)
{
    struct channel *channel = &m->channels[channel_index];

    if (channel->idle.last != NULL && channel->ring_first != NULL) {
        m->given.agent = channel->idle.last;
        deliver(m, channel->idle.last, action);
        return true;
    }
    if (channel->stopping.first != NULL) {
        m->given.agent = channel->stopping.first;
        stop(m, channel->stopping.first, action);
        return true;
    }
    if (channel->room > channel->starting_count &&
        channel->free.first != NULL && m->now_ns >= channel->start_after_ns) {
        m->given.agent = channel->free.first;
        return start(m, channel->free.first, action);
    }
    return false;
}

void
agent_refused(struct manager *m, uint32_t reason)
{
    struct agent *agent = m->given.agent;

    if (m->given.kind == SCHED_ACTION_DELIVER) {
        part_lose(m, agent);
        rest_or_end(m, agent);
    } else if (m->given.kind == SCHED_ACTION_START_JOB) {
        throttle(m, agent->channel);
        vanish(m, agent);
    } else if (m->given.kind == SCHED_ACTION_STOP_JOB) {
        if (reason == SCHED_REFUSED_UNKNOWN) {
            vanish(m, agent);
        } else {
            become(m, agent, AGENT_STOP_REFUSED);
        }
    }
    /* A thread that cannot be stopped ends with its job. */
}

int64_t
agent_wish_ns(const struct manager *m)
{
    const int64_t idle_max_ns = manager_option(m, SETUP_IDLE_MAX);
    const int64_t again_ns = manager_option(m, SETUP_THROTTLE_TIME);
    int64_t wish_ns = SCHED_NEVER;

    for (uint32_t i = 0; i < m->channels_count; i++) {
        const struct channel *channel = &m->channels[i];
        if (channel->idle.first != NULL &&
            channel->idle.first->idle_since_ns + idle_max_ns < wish_ns) {
            wish_ns = channel->idle.first->idle_since_ns + idle_max_ns;
        }
        if (channel->refused.first != NULL &&
            channel->refused.first->idle_since_ns + again_ns < wish_ns) {
            wish_ns = channel->refused.first->idle_since_ns + again_ns;
        }
        if (channel->room > channel->starting_count &&
            channel->free.first != NULL &&
            channel->start_after_ns > m->now_ns &&
            channel->start_after_ns < wish_ns) {
            wish_ns = channel->start_after_ns;
        }
    }
    return wish_ns;
}
