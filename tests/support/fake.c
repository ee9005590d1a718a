/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake.c - see fake.h
 */
#include "tests/support/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum { ACTIONS_MAX = 4096, JOBS_MAX = FAKE_CHANNELS };

struct instance {
    struct fake *fake;
    struct fake_file files[FAKE_FILES_MAX];
    uint32_t files_count;
    struct sched_action actions[ACTIONS_MAX];
    uint32_t actions_first;
    uint32_t actions_count;         /* ever */
    uint32_t job_of[FAKE_CHANNELS]; /* 0: none */
    bool is_idle[FAKE_CHANNELS];
    uint32_t jobs_count;
    bool has_warned;
};

/* The one that is to be created: `create` is told of nothing else. */
static struct fake *fake_next;

static struct sched_action *
act(struct instance *self, uint32_t kind)
{
    assert_true(self->actions_count < ACTIONS_MAX);
    struct sched_action *action = &self->actions[self->actions_count++];

    *action =
        (struct sched_action){.kind = kind, .action = self->actions_count};
    return action;
}

static void
scan(struct instance *self, uint64_t message, uint32_t file)
{
    act(self, SCHED_ACTION_SCAN)->u.scan = (struct sched_scan){
        .channel = self->fake->scan_channel == 0 ? SCHED_NONE
                                                 : self->fake->scan_channel,
        .files_max = self->fake->scan_max,
        .cursor_message = message,
        .cursor_file = file};
}

static int32_t
fake_create(const struct sched_config *config, struct sched_created *created)
{
    struct instance *self = calloc(1, sizeof *self);

    assert_non_null(self);
    self->fake = fake_next;
    self->fake->creations_count++;
    self->fake->created_at_ns = config->now_ns;
    created->self = self;
    if (self->fake->scan_max > 0) {
        scan(self, 0, 0);
    }
    return SCHED_OK;
}

static void
fake_destroy(void *self)
{
    free(self);
}

static struct fake_file *
file_add(struct instance *self, uint64_t message, uint32_t number,
         uint32_t channel, uint32_t host)
{
    assert_true(self->files_count < FAKE_FILES_MAX);
    struct fake_file *file = &self->files[self->files_count++];

    *file = (struct fake_file){
        .message = message, .file = number, .channel = channel, .host = host};
    return file;
}

static struct fake_file *
file_get(struct instance *self, uint64_t message, uint32_t number)
{
    for (uint32_t i = 0; i < self->files_count; i++) {
        if (self->files[i].message == message &&
            self->files[i].file == number) {
            return &self->files[i];
        }
    }
    return NULL;
}

/* work_give - a channel's idle thread takes the first file that is ready; a
 * job is started when there is none */
static void
work_give(struct instance *self, uint32_t channel)
{
    for (uint32_t i = 0; i < self->files_count; i++) {
        struct fake_file *file = &self->files[i];
        if (file->channel != channel || !file->is_ready) {
            continue;
        }
        if (self->job_of[channel] == 0) {
            self->job_of[channel] = ++self->jobs_count;
            act(self, SCHED_ACTION_START_JOB)->u.job =
                (struct sched_job_action){self->jobs_count, channel, 0, 0};
        } else if (self->is_idle[channel]) {
            self->is_idle[channel] = false;
            file->is_ready = false;
            file->is_busy = true;
            act(self, SCHED_ACTION_DELIVER)->u.deliver =
                (struct sched_deliver){.message = file->message,
                                       .recipients = file->indices,
                                       .recipients_count = file->indices_count,
                                       .file = file->file,
                                       .job = self->job_of[channel],
                                       .channel = channel,
                                       .host = SCHED_NONE};
        }
        return;
    }
}

/* create - a file for some recipients, in the state that the test wants */
static void
create(struct instance *self, const struct sched_submit *submit,
       uint32_t number, uint32_t channel, uint32_t first, uint32_t count)
{
    const struct fake *fake = self->fake;
    const bool is_tracked =
        fake->tracked_max == 0 || self->files_count < fake->tracked_max;
    const bool is_held = fake->holds && submit->parent == 0;
    struct fake_file *file =
        file_add(self, submit->message, number, channel, 0);

    for (uint32_t i = 0; i < count; i++) {
        file->indices[i] = first + i;
    }
    file->indices_count = count;
    file->is_held = is_held;
    file->is_ready = !is_held && (is_tracked || fake->gives_untracked);
    act(self, SCHED_ACTION_CREATE)->u.create =
        (struct sched_create){.message = submit->message,
                              .recipients = file->indices,
                              .recipients_count = count,
                              .file = number,
                              .channel = channel,
                              .host = SCHED_NONE,
                              .priority = submit->priority,
                              .state = is_held      ? SCHED_FILE_HELD
                                       : is_tracked ? SCHED_FILE_READY
                                                    : SCHED_FILE_UNTRACKED};
    if (!is_tracked && !fake->gives_untracked && !is_held) {
        file->message = 0; /* forgotten: but its indices are still asked for */
    }
    work_give(self, channel);
}

static void
on_submit(struct instance *self, int64_t now_ns,
          const struct sched_submit *submit)
{
    struct fake *fake = self->fake;

    assert_true(fake->submits_count < FAKE_FILES_MAX);
    fake->submits_at_ns[fake->submits_count] = now_ns;
    fake->submits[fake->submits_count++] = *submit;
    /* Sessions in which rejected mail comes again have bit 39. */
    if (fake->rejects != 0 && (submit->session >> 39 & 1) == 0) {
        act(self, SCHED_ACTION_REJECT)->u.reject =
            (struct sched_reject){submit->message, fake->rejects, 0};
    } else if (fake->expands && submit->parent == 0) {
        create(self, submit, 1, FAKE_REPROCESS, 0, submit->recipients_count);
    } else {
        for (uint32_t i = 0; i < submit->recipients_count; i++) {
            create(self, submit, i + 1, submit->recipients[i].channel, i, 1);
        }
    }
}

static void
on_scanned(struct instance *self, int64_t now_ns,
           const struct sched_scanned *scanned)
{
    struct fake *fake = self->fake;

    fake->scanned_at_ns[fake->batches_count++] = now_ns;
    for (uint32_t i = 0; i < scanned->files_count; i++) {
        const struct sched_scanned_file *from = &scanned->files[i];
        struct fake_file *found = &fake->found[fake->found_count++];
        *found = (struct fake_file){.scanned = *from,
                                    .at_ns = now_ns,
                                    .indices_count = from->recipients_count};
        memcpy(found->indices, from->recipients,
               from->recipients_count * sizeof(uint32_t));
        if (file_get(self, from->message, from->file) == NULL) {
            struct fake_file *file = file_add(self, from->message, from->file,
                                              from->channel, from->host);
            file->indices_count = from->recipients_count;
            memcpy(file->indices, found->indices, sizeof file->indices);
            file->is_ready = !from->is_held;
            file->is_held = from->is_held;
        }
    }
    if (scanned->has_more) {
        scan(self, scanned->cursor_message, scanned->cursor_file);
    }
    for (uint32_t i = 0; i < FAKE_CHANNELS; i++) {
        work_give(self, i);
    }
}

/* notify - the sender is told, if there is one */
static void
notify(struct instance *self, const struct fake_file *file, uint32_t kind)
{
    for (uint32_t i = 0; i < self->fake->submits_count; i++) {
        const struct sched_submit *submit = &self->fake->submits[i];
        if (submit->message == file->message && !self->fake->hides_senders &&
            (submit->flags & SCHED_SUBMIT_NULL_SENDER) != 0) {
            return;
        }
    }
    act(self, SCHED_ACTION_NOTIFY)->u.file =
        (struct sched_file_action){file->message, file->file, kind};
}

static void
on_outcome(struct instance *self, const struct sched_outcome *outcome)
{
    struct fake_file *file = file_get(self, outcome->message, outcome->file);

    assert_non_null(file);
    const uint32_t channel = file->channel;
    file->is_busy = false;
    self->is_idle[channel] = true;
    if (outcome->result == SCHED_RESULT_TEMPORARY) {
        file->is_ready = true;
    } else {
        if (outcome->result == SCHED_RESULT_PERMANENT && self->fake->notifies) {
            notify(self, file, SCHED_NOTICE_FAILURE);
        }
        file->message = 0;
    }
    work_give(self, channel);
}

static void
on_wake(struct instance *self)
{
    self->has_warned = true;
    for (uint32_t i = 0; i < self->files_count; i++) {
        struct fake_file *file = &self->files[i];
        if (file->message != 0 && !file->is_busy) {
            notify(self, file, SCHED_NOTICE_WARNING);
            act(self, SCHED_ACTION_WARN)->u.file =
                (struct sched_file_action){file->message, file->file, 3};
        }
    }
}

static int32_t
on_command(struct instance *self, const struct sched_command *command)
{
    if (command->command == SCHED_COMMAND_SET) {
        self->fake->has_set += strcmp(command->path, "option.good") == 0;
        return strcmp(command->path, "option.good") == 0 ? SCHED_OK
                                                         : SCHED_ERR_ARGUMENT;
    }
    struct fake_file *file = file_get(self, command->message, command->file);
    if (file == NULL || !file->is_held) {
        return SCHED_ERR_ARGUMENT;
    }
    file->is_held = false;
    file->is_ready = true;
    work_give(self, file->channel);
    return SCHED_OK;
}

static int32_t
fake_event(void *instance, int64_t now_ns, const struct sched_event *event)
{
    struct instance *self = instance;

    self->actions_first = 0;
    self->actions_count = 0;
    switch ((enum sched_event_kind)event->kind) {
    case SCHED_EVENT_SUBMIT:
        on_submit(self, now_ns, &event->u.submit);
        break;
    case SCHED_EVENT_THREAD_READY:
        for (uint32_t i = 0; i < FAKE_CHANNELS; i++) {
            if (self->job_of[i] == event->u.thread.job) {
                self->is_idle[i] = true;
                work_give(self, i);
            }
        }
        break;
    case SCHED_EVENT_OUTCOME:
        on_outcome(self, &event->u.outcome);
        break;
    case SCHED_EVENT_SCANNED:
        on_scanned(self, now_ns, &event->u.scanned);
        break;
    case SCHED_EVENT_WAKE:
        on_wake(self);
        break;
    case SCHED_EVENT_COMMAND:
        return on_command(self, &event->u.command);
    case SCHED_EVENT_STRESS:
        self->fake->stress_count++;
        break;
    case SCHED_EVENT_REFUSED:
        self->fake->refused_count++;
        break;
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
    case SCHED_EVENT_THREAD_ENDED:
    case SCHED_EVENT_SESSION_CLOSED:
    case SCHED_EVENT_WALL_OFFSET:
        break;
    }
    return SCHED_OK;
}

static int32_t
fake_next_action(void *instance, struct sched_action *action)
{
    struct instance *self = instance;

    if (self->actions_first < self->actions_count) {
        *action = self->actions[self->actions_first++];
        return SCHED_OK;
    }
    *action = (struct sched_action){.kind = SCHED_ACTION_NONE};
    action->u.wake_at_ns = self->fake->warns_at_ns != 0 && !self->has_warned
                               ? self->fake->warns_at_ns
                               : SCHED_NEVER;
    return SCHED_OK;
}

static int32_t
fake_describe(const void *instance, uint32_t index, struct sched_setting *row)
{
    static const char *const names[FAKE_CHANNELS] = {"l", "tcp_local",
                                                     "process", "reprocess"};
    static const struct {
        const char *key;
        const char *value;
        int64_t number;
    } rows[] = {{"pool", "DEFAULT", 0},
                {"maxjobs", "1", 1},
                {"max_client_threads", "1", 1},
                {"host_queues", "0", 0}};
    enum { ROWS = sizeof rows / sizeof rows[0] };

    (void)instance;
    if (index > FAKE_CHANNELS * ROWS) {
        return SCHED_END;
    }
    row->type = SCHED_SETTING_INTEGER;
    row->numbers_count = 1;
    if (index == FAKE_CHANNELS * ROWS) {
        snprintf(row->path, sizeof row->path, "pool.DEFAULT.job_limit");
        row->numbers[0] = 10;
        return SCHED_OK;
    }
    row->owner = index / ROWS;
    snprintf(row->path, sizeof row->path, "channel.%s.%s", names[row->owner],
             rows[index % ROWS].key);
    snprintf(row->value, sizeof row->value, "%s", rows[index % ROWS].value);
    row->numbers[0] = rows[index % ROWS].number;
    return SCHED_OK;
}

static const struct sched_object fake_object = {
    .magic = SCHED_ABI_MAGIC,
    .struct_size = sizeof fake_object,
    .abi_major = SCHED_ABI_MAJOR,
    .abi_minor = SCHED_ABI_MINOR,
    .build = "test",
    .name = "fake",
    .version = "1",
    .policy = "",
    .create = fake_create,
    .event = fake_event,
    .next = fake_next_action,
    .destroy = fake_destroy,
    .describe = fake_describe,
};

void
fake_run(struct fake_run *run)
{
    const struct link_params link = {
        .name = "none", .rtt_ns = run->rtt_ns, .segment_bytes = 1460};
    const struct destination_params destinations[] = {
        {.name = "far.example",
         .link = &link,
         .hosts_count = 1,
         .connections_max = run->connections_max,
         .at_limit = DESTINATION_QUEUE,
         .service = {VARIATE_CONSTANT, NS_PER_S, 0, 0},
         .temporary_ppm = {[SMTP_RCPT] = run->temporary_ppm},
         .permanent_ppm = {[SMTP_RCPT] = run->permanent_ppm}},
        {.name = "near.example", .link = &link, .hosts_count = 1},
        {.name = "*", .link = &link, .hosts_count = 1}};
    const struct traffic_share to = {&destinations[0], 1};
    const struct machine_params machine = {.expand_per_recipient_ns =
                                               10 * NS_PER_MS,
                                           .scan_per_file_ns = NS_PER_MS};
    const struct dialogue_params dialogue = {.is_pipelining = true,
                                             .connect_timeout_ns = NS_PER_MIN,
                                             .greeting_timeout_ns =
                                                 5 * NS_PER_MIN,
                                             .dot_timeout_ns = 10 * NS_PER_MIN};
    const struct mta_observer observer = {
        .context = run->context, .line = run->line, .line_until = UINT64_MAX};
    struct mta_about about;

    run->traffic.name = "mail";
    run->traffic.to = &to;
    run->traffic.to_count = 1;
    if (run->traffic.size.a == 0) {
        run->traffic.size = (struct variate){VARIATE_CONSTANT, 1000, 0, 0};
    }
    if (run->traffic.recipients.a == 0) {
        run->traffic.recipients = (struct variate){VARIATE_CONSTANT, 1, 0, 0};
    }
    const struct mta_params params = {
        .scheduler_path = "fake",
        .scheduler = &fake_object,
        .destinations = destinations,
        .destinations_count = 3,
        .traffic = &run->traffic,
        .traffic_count = run->traffic.messages_count > 0,
        .machine = &machine,
        .dialogue = &dialogue,
        .changes = run->changes,
        .changes_count = run->changes_count,
        .backlog_path = run->backlog_path,
        .notices_to = run->has_notices ? &destinations[1] : NULL,
        .notice_bytes = 4000,
        .observer = run->line == NULL ? NULL : &observer,
        .seed = 1,
        .start_wall_ns = 0,
        .horizon_ns = run->horizon_ns == 0 ? NS_PER_HOUR : run->horizon_ns,
        .step_ns = NS_PER_MIN,
        .messages_max = 100000,
    };

    fake_next = run->fake;
    diag_init(&run->diag);
    result_init(&run->result);
    run->is_good = host_run(&params, &run->result, &about, &run->diag);
}

void
fake_run_free(struct fake_run *run)
{
    result_free(&run->result);
    diag_free(&run->diag);
}

void
fake_run_good(struct fake_run *run)
{
    fake_run(run);
    if (!run->is_good || run->result.violations != 0) {
        diag_print(&run->diag, stderr);
        fail();
    }
}

void
fake_run_says(const struct fake_run *run, const char *words)
{
    const char *text = run->diag.text == NULL ? "" : run->diag.text;

    if (strstr(text, words) == NULL) {
        fail_msg("expected \"%s\" in: %s", words, text);
    }
}
