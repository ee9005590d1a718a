/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_script.c - see host_script.h
 */
#include "tests/support/host_script.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void *
memory_allocate(void *context, uint64_t bytes)
{
    struct host_memory *memory = context;

    if (++memory->requests_count == memory->fail_at) {
        return NULL;
    }
    memory->bytes += (int64_t)bytes;
    if (memory->bytes > memory->bytes_max) {
        memory->bytes_max = memory->bytes;
    }
    void *fresh = malloc(bytes == 0 ? 1 : bytes);
    if (fresh != NULL) {
        memset(fresh, 0xa5, bytes); /* nobody may count on zeros */
    }
    return fresh;
}

static void
memory_release(void *context, void *memory, uint64_t bytes)
{
    ((struct host_memory *)context)->bytes -= (int64_t)bytes;
    free(memory);
}

const struct sched_object *
host_object(const char *name)
{
    const char *build = getenv("MTASIM_BUILD");
    char path[256];
    union { /* ISO C has no cast from one to the other */
        void *symbol;
        sched_entry_fn *entry;
    } found;

    snprintf(path, sizeof path, "%s/%s", build == NULL ? "build/debug" : build,
             name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    assert_non_null(handle);
    found.symbol = dlsym(handle, "sched_entry");
    assert_non_null(found.symbol);
    dlclose(handle); /* but for RTLD_NODELETE */
    return found.entry();
}

int32_t
host_script_create(struct host_script *host, const struct host_setup *setup)
{
    char messages[4096] = "";
    const struct sched_text texts[2] = {
        {.name = "imta.cnf",
         .bytes = setup->channels,
         .bytes_size = strlen(setup->channels),
         .role = SCHED_TEXT_CHANNELS},
        {.name = "job_controller.cnf",
         .bytes = setup->jobs,
         .bytes_size = strlen(setup->jobs),
         .role = SCHED_TEXT_JOBS},
    };
    struct sched_config config = {
        .texts = texts,
        .texts_count = 2,
        .overrides = setup->overrides,
        .allocator = {&host->memory, memory_allocate, memory_release},
        .now_ns = setup->now_ns,
        .wall_offset_ns = setup->wall_offset_ns};
    struct sched_created created = {.messages = messages,
                                    .messages_size = sizeof messages};

    while (config.overrides_count < HOST_OVERRIDES_MAX &&
           setup->overrides[config.overrides_count].path != NULL) {
        config.overrides_count++;
    }
    host->object = setup->object != NULL ? setup->object : sched_entry();
    const int32_t status = host->object->create(&config, &created);
    if (status == SCHED_ERR_CONFIGURATION || status == SCHED_TEXT_NEEDED) {
        print_error("%s%s\n", messages, created.needed_name);
    }
    host->self = created.self;
    host->now_ns = setup->now_ns;
    host->wake_at_ns = SCHED_NEVER;
    return status;
}

void
host_script_free(struct host_script *host)
{
    host->object->destroy(host->self);
    assert_int_equal(host->memory.bytes, 0);
    free(host);
}

static void
self_check(const struct host_script *host)
{
    char text[256] = "";

    if (host->object->check(host->self, text, sizeof text) != SCHED_OK) {
        fail_msg("the scheduler's own check: %s", text);
    }
}

/* refuse - the action just pulled, before the next is */
static void
refuse(struct host_script *host, uint64_t action, uint32_t reason)
{
    const struct sched_event event = {
        .kind = SCHED_EVENT_REFUSED,
        .u.refused = {.action = action, .reason = reason}};

    assert_int_equal(host->object->event(host->self, host->now_ns, &event),
                     SCHED_OK);
}

static void
pull(struct host_script *host)
{
    host->actions_count = 0;
    for (;;) {
        struct sched_action action;

        assert_int_equal(host->object->next(host->self, &action), SCHED_OK);
        if (action.kind == SCHED_ACTION_NONE) {
            host->wake_at_ns = action.u.wake_at_ns;
            return;
        }
        assert_true(host->actions_count < HOST_ACTIONS_MAX);
        host->actions[host->actions_count++] = action;
        if (action.kind == SCHED_ACTION_SCAN) {
            host->scan = action.u.scan;
        }
        uint32_t reason =
            action.kind == host->refuse_kind ? host->refuse_reason : 0;
        if (host->on_action != NULL) {
            reason = host->on_action(host->arg, &action);
        }
        if (reason != 0) {
            refuse(host, action.action, reason);
        }
    }
}

struct host_script *
host_script_unscanned(const struct host_setup *setup)
{
    struct host_script *host = calloc(1, sizeof *host);

    assert_non_null(host);
    assert_int_equal(host_script_create(host, setup), SCHED_OK);
    pull(host);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_SCAN);
    assert_int_equal(host->scan.channel, SCHED_NONE);
    return host;
}

struct host_script *
host_script_new(const struct host_setup *setup)
{
    struct host_script *host = calloc(1, sizeof *host);

    assert_non_null(host);
    assert_int_equal(host_script_create(host, setup), SCHED_OK);
    pull(host);
    if (host->actions_count > 0) { /* some schedulers never scan */
        assert_int_equal(host->actions[0].kind, SCHED_ACTION_SCAN);
        assert_int_equal(host_scanned(host, NULL, 0, 0), SCHED_OK);
    }
    assert_int_equal(host->actions_count, 0);
    return host;
}

int32_t
host_send(struct host_script *host, const struct sched_event *event)
{
    host->status = host->object->event(host->self, host->now_ns, event);
    if (host->status == SCHED_OK) {
        pull(host);
    }
    self_check(host);
    return host->status;
}

void
host_event(struct host_script *host, const struct sched_event *event)
{
    const int32_t status = host_send(host, event);

    if (status != SCHED_OK) {
        fail_msg("event kind %u at %lld ns: %d", event->kind,
                 (long long)host->now_ns, status);
    }
}

uint64_t
host_submit_many(struct host_script *host,
                 const struct sched_recipient *recipients, uint32_t count)
{
    const struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = ++host->message_last,
                     .submitted_at_ns = host->now_ns,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .size_bytes = 1024,
                     .recipients = recipients,
                     .recipients_count = count,
                     .source_channel = SCHED_NONE,
                     .priority = SCHED_PRIORITY_NORMAL}};

    host_event(host, &event);
    return host->message_last;
}

uint64_t
host_submit(struct host_script *host, uint32_t channel, uint32_t destination,
            uint32_t priority)
{
    const struct sched_recipient recipient = {channel, destination};
    const struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = ++host->message_last,
                     .submitted_at_ns = host->now_ns,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .size_bytes = 1024,
                     .recipients = &recipient,
                     .recipients_count = 1,
                     .source_channel = SCHED_NONE,
                     .priority = priority}};

    host_event(host, &event);
    return host->message_last;
}

uint64_t
host_submit_as(struct host_script *host, const struct sched_submit *submit)
{
    struct sched_event event = {.kind = SCHED_EVENT_SUBMIT};

    event.u.submit = *submit;
    event.u.submit.message = ++host->message_last;
    event.u.submit.submitted_at_ns = host->now_ns;
    if (submit->deferred_until_ns == 0) {
        event.u.submit.deferred_until_ns = SCHED_NO_TIME;
    }
    host_event(host, &event);
    return host->message_last;
}

void
host_job(struct host_script *host, uint32_t kind, uint32_t job)
{
    host_event(host,
               &(struct sched_event){.kind = kind, .u.job = {.job = job}});
}

void
host_thread(struct host_script *host, uint32_t kind, uint32_t job,
            uint32_t thread)
{
    host_event(host,
               &(struct sched_event){
                   .kind = kind, .u.thread = {.job = job, .thread = thread}});
}

void
host_job_up(struct host_script *host, uint32_t job)
{
    host_job(host, SCHED_EVENT_JOB_STARTED, job);
    host_thread(host, SCHED_EVENT_THREAD_READY, job, 0);
}

void
host_outcome(struct host_script *host, const struct sched_action *deliver,
             uint32_t result)
{
    const struct sched_deliver d = deliver->u.deliver;

    assert_int_equal(deliver->kind, SCHED_ACTION_DELIVER);
    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_OUTCOME,
                         .u.outcome = {.message = d.message,
                                       .file = d.file,
                                       .job = d.job,
                                       .thread = d.thread,
                                       .recipients_count = d.recipients_count,
                                       .result = result,
                                       .phase = SCHED_PHASE_DOT}});
}

int32_t
host_scanned(struct host_script *host, const struct sched_scanned_file *files,
             uint32_t count, uint32_t has_more)
{
    struct sched_event event = {
        .kind = SCHED_EVENT_SCANNED,
        .u.scanned = {.files = files,
                      .files_count = count,
                      .channel = host->scan.channel,
                      .has_more = has_more,
                      .cursor_message = host->scan.cursor_message,
                      .cursor_file = host->scan.cursor_file}};

    if (count > 0) {
        event.u.scanned.cursor_message = files[count - 1].message;
        event.u.scanned.cursor_file = files[count - 1].file;
    }
    return host_send(host, &event);
}

int32_t
host_set(struct host_script *host, const char *path, const char *value)
{
    return host_send(
        host, &(struct sched_event){.kind = SCHED_EVENT_COMMAND,
                                    .u.command = {.command = SCHED_COMMAND_SET,
                                                  .path = path,
                                                  .value = value}});
}

void
host_wake(struct host_script *host, int64_t at_ns)
{
    assert_true(at_ns >= host->now_ns);
    host->now_ns = at_ns;
    host_event(host, &(struct sched_event){.kind = SCHED_EVENT_WAKE});
}

const struct sched_action *
host_action(const struct host_script *host, uint32_t kind, uint32_t n)
{
    for (uint32_t i = 0; i < host->actions_count; i++) {
        if (host->actions[i].kind == kind && n-- == 0) {
            return &host->actions[i];
        }
    }
    return NULL;
}

uint32_t
host_actions(const struct host_script *host, uint32_t kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < host->actions_count; i++) {
        count += host->actions[i].kind == kind;
    }
    return count;
}
