/* SPDX-License-Identifier: MIT */
/*
 * manager.c - the object: what happened goes in, what is to be done comes out
 *
 * One turn goes in this order: the files of a message that was submitted, the
 * file that replaces one partly delivered, mail that is given up, deliveries,
 * ends and starts of agents.
 */
#include "manager.h"

#include <stddef.h>

#if UINTPTR_MAX > UINT32_MAX
#define MANAGER_POINTERS "64-bit"
#else
#define MANAGER_POINTERS "32-bit"
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MANAGER_ORDER "big-endian"
#else
#define MANAGER_ORDER "little-endian"
#endif
#ifdef __clang__
#define MANAGER_COMPILER "clang" /* __VERSION__ begins with its name */
#else
#define MANAGER_COMPILER "gcc"
#endif

static void
manager_free(struct manager *m)
{
    const struct sched_allocator allocator = m->allocator;

    agent_free_all(m);
    admit_free_all(m);
    target_free_all(m);
    keep_give(&allocator, m->channels,
              (uint64_t)m->channels_count * sizeof *m->channels);
    setup_free(&m->setup);
    keep_give(&allocator, m, sizeof *m);
}

static int32_t
manager_init(struct manager *m, const struct sched_config *config,
             struct sched_created *created)
{
    const int32_t status = setup_read(&m->setup, config, created);

    m->setup.allocator = &m->allocator;
    m->setup.note.created = NULL; /* the caller's */
    if (status != SCHED_OK) {
        return status;
    }
    m->now_ns = config->now_ns;
    m->began_at_ns = config->now_ns;
    m->is_idle = true;
    m->rules = setup_window(&m->setup);
    m->channels =
        keep_take(&m->allocator, m->setup.channels_count * sizeof *m->channels);
    if (m->channels == NULL) {
        return SCHED_ERR_MEMORY;
    }
    m->channels_count = m->setup.channels_count;
    for (uint32_t i = 0; i < m->channels_count; i++) {
        m->channels[i].start_after_ns = config->now_ns;
    }
    return agent_init(m);
}

static int32_t
on_create(const struct sched_config *config, struct sched_created *created)
{
    struct manager *m = keep_take(&config->allocator, sizeof *m);

    created->self = NULL;
    if (m == NULL) {
        return SCHED_ERR_MEMORY;
    }
    m->allocator = config->allocator;
    const int32_t status = manager_init(m, config, created);
    if (status != SCHED_OK) {
        manager_free(m);
        return status;
    }
    created->self = m;
    return SCHED_OK;
}

/* --- Events --------------------------------------------------------------- */

static int32_t
on_refused(struct manager *m, const struct sched_refused *refused)
{
    const uint32_t kind = m->given.kind;

    if (kind == SCHED_ACTION_NONE || refused->action != m->given.action) {
        return SCHED_ERR_ARGUMENT;
    }
    if (kind == SCHED_ACTION_CREATE ||
        (kind == SCHED_ACTION_RETURN &&
         refused->reason == SCHED_REFUSED_UNKNOWN)) {
        admit_drop(m->given.part); /* there is no such file */
    } else if (kind != SCHED_ACTION_REWRITE && kind != SCHED_ACTION_RETURN) {
        agent_refused(m, refused->reason);
    }
    m->given = (struct given){0};
    return SCHED_OK;
}

static int32_t
dispatch(struct manager *m, const struct sched_event *event)
{
    switch ((enum sched_event_kind)event->kind) {
    case SCHED_EVENT_SUBMIT:
        return admit_submit(m, &event->u.submit);
    case SCHED_EVENT_OUTCOME:
        return agent_outcome(m, &event->u.outcome);
    case SCHED_EVENT_WAKE:
        agent_retire(m);
        admit_scan(m);
        return SCHED_OK;
    case SCHED_EVENT_WALL_OFFSET: /* nothing goes by the wall clock */
        return SCHED_OK;
    case SCHED_EVENT_REFUSED:
        return on_refused(m, &event->u.refused);
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
    case SCHED_EVENT_THREAD_READY:
    case SCHED_EVENT_THREAD_ENDED:
    case SCHED_EVENT_SESSION_CLOSED:
        return agent_event(m, event);
    case SCHED_EVENT_SCANNED:
    case SCHED_EVENT_COMMAND:
    case SCHED_EVENT_STRESS:
        break;
    }
    return SCHED_ERR_UNSUPPORTED;
}

static int32_t
on_event(void *self, int64_t now_ns, const struct sched_event *event)
{
    struct manager *m = self;
    const int64_t before_ns = m->now_ns;

    if (now_ns < before_ns || now_ns == SCHED_NEVER ||
        (event->kind != SCHED_EVENT_REFUSED && !m->is_idle)) {
        return SCHED_ERR_ARGUMENT; /* out of turn */
    }
    m->now_ns = now_ns;
    const int32_t status = dispatch(m, event);
    if (status != SCHED_OK) {
        m->now_ns = before_ns;
        return status;
    }
    if (m->is_idle) {
        m->slice_left = MANAGER_SLICE;
        m->is_idle = false;
    }
    return SCHED_OK;
}

/* --- Actions -------------------------------------------------------------- */

/* settle - the last action was not refused, so it holds */
static void
settle(struct manager *m)
{
    if (m->given.kind == SCHED_ACTION_REWRITE) {
        m->given.part->number = m->given.new_number;
    } else if (m->given.kind == SCHED_ACTION_RETURN) {
        admit_drop(m->given.part);
    }
    m->given = (struct given){0};
}

/* create_next - the next file of the message that was submitted */
static bool
create_next(struct manager *m, struct sched_action *action)
{
    struct message *message = m->creating;

    if (message == NULL) {
        return false;
    }
    if (m->create_index == message->parts_count) {
        admit_created(m);
        return false;
    }
    struct part *part = &message->parts[m->create_index++];
    m->given.part = part;
    action->kind = SCHED_ACTION_CREATE;
    action->u.create = (struct sched_create){
        .message = message->id,
        .recipients = &message->recipients[part->first],
        .recipients_count = part->count,
        .file = part->number,
        .channel = part->target->channel,
        .host = part->target->host,
        .priority = message->priority,
    };
    return true;
}

/* rewrite_next - what is left of a file of which some recipients are final */
static bool
rewrite_next(struct manager *m, struct sched_action *action)
{
    struct part *part = m->rewriting;

    if (part == NULL) {
        return false;
    }
    m->rewriting = NULL;
    m->given.part = part;
    m->given.new_number = ++part->message->numbers_count;
    action->kind = SCHED_ACTION_REWRITE;
    action->u.rewrite = (struct sched_rewrite){
        .message = part->message->id,
        .recipients = &part->message->recipients[part->first],
        .recipients_count = part->count,
        .file = part->number,
        .new_file = m->given.new_number,
    };
    return true;
}

/* return_next - the next file of a message that is given up */
static bool
return_next(struct manager *m, struct sched_action *action)
{
    while (m->leaving.first != NULL) {
        struct message *message = m->leaving.first;
        if (m->leave_index == message->parts_count) {
            admit_left(m);
            continue;
        }
        struct part *part = &message->parts[m->leave_index++];
        if (part->count > 0) {
            m->given.part = part;
            action->kind = SCHED_ACTION_RETURN;
            action->u.file.message = message->id;
            action->u.file.file = part->number;
            return true;
        }
    }
    return false;
}

static int64_t
wish_ns(const struct manager *m)
{
    const int64_t admit_ns = admit_wish_ns(m);
    const int64_t agent_ns = agent_wish_ns(m);
    const int64_t first_ns = admit_ns < agent_ns ? admit_ns : agent_ns;

    return first_ns > m->now_ns ? first_ns : m->now_ns;
}

static bool
action_next(struct manager *m, struct sched_action *action)
{
    if (create_next(m, action) || rewrite_next(m, action)) {
        return true;
    }
    admit_more(m);
    if (return_next(m, action)) {
        return true;
    }
    for (uint32_t i = 0; i < m->channels_count; i++) {
        if (agent_action(m, i, action)) {
            return true;
        }
    }
    return false;
}

static int32_t
on_next(void *self, struct sched_action *action)
{
    struct manager *m = self;

    settle(m);
    *action = (struct sched_action){0};
    if (action_next(m, action)) {
        action->action = ++m->actions_count;
        m->given.kind = action->kind;
        m->given.action = action->action;
        m->is_idle = false;
        return SCHED_OK;
    }
    m->given = (struct given){0};
    m->is_idle = true;
    action->u.wake_at_ns = wish_ns(m);
    return SCHED_OK;
}

/* --- The rest ------------------------------------------------------------- */

static void
on_destroy(void *self)
{
    if (self != NULL) {
        manager_free(self);
    }
}

static int32_t
on_describe(const void *self, uint32_t index, struct sched_setting *setting)
{
    const struct manager *m = self;

    return setup_describe(&m->setup, index, setting);
}

static int32_t
on_check(const void *self, char *text, uint64_t text_size)
{
    return verify_state(self, text, text_size);
}

static const struct sched_object object = {
    .magic = SCHED_ABI_MAGIC,
    .struct_size = sizeof object,
    .abi_major = SCHED_ABI_MAJOR,
    .abi_minor = SCHED_ABI_MINOR,
    .build =
        MANAGER_POINTERS " " MANAGER_ORDER " " MANAGER_COMPILER " " __VERSION__,
    .name = "qmgr",
    .version = "1.0.0",
    .policy = "",
    .create = on_create,
    .event = on_event,
    .next = on_next,
    .destroy = on_destroy,
    .describe = on_describe,
    .check = on_check,
};

__attribute__((visibility("default"))) const struct sched_object *
sched_entry(void)
{
    return &object;
}
