/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - see replay.h
 */
#include "models/mta/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/object.h"
#include "models/mta/recording.h"

struct replay {
    struct recording_reader reader;
    struct object object;
    struct replay_report *report;
    struct diag *diag;
    const char *scheduler_path;
    void *self;
    FILE *out; /* into `line`, from its start each time */
    char *line;
    size_t line_size;
    int64_t now_ns;
    int32_t status;     /* of the last event */
    bool is_status_due; /* an error whose line must be next */
};

static char *
copy(const char *text)
{
    const size_t size = strlen(text) + 1;

    return memcpy(base_alloc(size), text, size);
}

/* remember - the lines before a difference */
static void
remember(struct replay *replay, const char *line)
{
    char **before = replay->report->before;

    free(before[0]);
    memmove(before, before + 1, (REPLAY_NEIGHBOURS - 1) * sizeof before[0]);
    before[REPLAY_NEIGHBOURS - 1] = copy(line);
}

/* --- What is compared --------------------------------------------------------- */

/* line_begin - what is written now becomes the line */
static FILE *
line_begin(struct replay *replay)
{
    rewind(replay->out);
    return replay->out;
}

/* line_end - NUL-terminated, without its end of line */
static const char *
line_end(struct replay *replay)
{
    fputc('\0', replay->out);
    fflush(replay->out);
    char *end = strchr(replay->line, '\n');
    if (end != NULL) {
        *end = '\0';
    }
    return replay->line;
}

/* compare - the recording has `expected`; notes the first difference */
static void
compare(struct replay *replay, const char *expected, const char *found)
{
    struct replay_report *report = replay->report;

    if (strcmp(expected, found) == 0) {
        return;
    }
    report->is_different = true;
    report->line_number = replay->reader.line_number;
    report->expected = copy(expected);
    report->found = copy(found);
}

static void
compare_action(struct replay *replay, const char *expected)
{
    struct sched_action action;

    memset(&action, 0, sizeof action);
    const int32_t status = replay->object.table->next(replay->self, &action);
    FILE *out = line_begin(replay);
    if (status < 0) {
        fprintf(out, "next answered %" PRId32, status);
    } else {
        recording_action(out, replay->now_ns, &action);
    }
    replay->report->actions_count += action.kind != SCHED_ACTION_NONE;
    compare(replay, expected, line_end(replay));
}

/* compare_status - an event's answer that is no SCHED_OK has a line of its
 * own; `expected` is the line that there is */
static void
compare_status(struct replay *replay, const struct recording_item *item)
{
    FILE *out = line_begin(replay);

    if (item->kind != RECORDING_STATUS && !replay->is_status_due) {
        return;
    }
    fprintf(out, "status %" PRId32, replay->status);
    replay->is_status_due = false;
    compare(replay, item->line, line_end(replay));
}

/* --- What is fed ---------------------------------------------------------------- */

static void *
allocate(void *context, uint64_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

static void
destroy(struct replay *replay)
{
    if (replay->self != NULL) {
        replay->object.table->destroy(replay->self);
        replay->self = NULL;
    }
}

/* create - an instance with the recorded configuration. False: reported. */
static bool
create(struct replay *replay, struct sched_config *config)
{
    enum { MESSAGES_SIZE = 1 << 16 };
    const struct src_loc where = {replay->scheduler_path, 0, 0};
    struct sched_created created = {.messages = base_alloc(MESSAGES_SIZE),
                                    .messages_size = MESSAGES_SIZE};

    destroy(replay);
    config->allocator = (struct sched_allocator){NULL, allocate, release};
    const int32_t status = replay->object.table->create(config, &created);
    if (status == SCHED_OK) {
        replay->self = created.self;
        replay->report->instances_count++;
    } else {
        diag_append(replay->diag, created.messages, created.errors_count,
                    created.warnings_count);
        diag_error(replay->diag, where,
                   "does not take the configuration of the recording: status "
                   "%" PRId32,
                   status);
    }
    free(created.messages);
    return status == SCHED_OK;
}

/* item_do - one line of the recording. False: it cannot go on; reported. */
static bool
item_do(struct replay *replay, struct recording_item *item)
{
    const struct src_loc where = {replay->reader.path,
                                  replay->reader.line_number, 1};

    if (item->kind == RECORDING_BEGIN) {
        return create(replay, &item->config);
    }
    if (replay->self == NULL) {
        diag_error(replay->diag, where,
                   "expected the beginning of an instance, found \"%.40s\"",
                   item->line);
        return false;
    }
    compare_status(replay, item);
    if (replay->report->is_different) {
        return true;
    }
    switch (item->kind) {
    case RECORDING_EVENT:
        replay->now_ns = item->now_ns;
        replay->report->events_count++;
        replay->status = replay->object.table->event(replay->self, item->now_ns,
                                                     &item->event);
        replay->is_status_due = replay->status != SCHED_OK;
        break;
    case RECORDING_ACTION:
        compare_action(replay, item->line);
        break;
    case RECORDING_END:
        destroy(replay);
        break;
    case RECORDING_BEGIN:
    case RECORDING_STATUS:
        break;
    }
    return true;
}

/* after_read - what would have come next */
static void
after_read(struct replay *replay)
{
    struct recording_item item;

    for (uint32_t i = 0; i < REPLAY_NEIGHBOURS; i++) {
        if (!recording_next(&replay->reader, &item)) {
            return;
        }
        replay->report->after[i] = copy(item.line);
    }
}

static bool
replay_all(struct replay *replay)
{
    struct recording_item item;

    while (recording_next(&replay->reader, &item)) {
        /* Actions that are given before any event have its time. */
        replay->now_ns =
            item.kind == RECORDING_BEGIN ? item.now_ns : replay->now_ns;
        if (!item_do(replay, &item)) {
            return false;
        }
        if (replay->report->is_different) {
            after_read(replay);
            break;
        }
        remember(replay, item.line);
    }
    replay->report->is_cut = replay->reader.is_cut;
    return !replay->reader.has_failed;
}

bool
replay_run(const char *recording_path, const char *scheduler_path,
           struct replay_report *report, struct diag *diag)
{
    struct replay replay = {
        .report = report, .diag = diag, .scheduler_path = scheduler_path};
    bool is_good = false;

    *report = (struct replay_report){0};
    replay.out = open_memstream(&replay.line, &replay.line_size);
    if (replay.out == NULL) {
        diag_error(diag, (struct src_loc){recording_path, 0, 0},
                   "no memory for a line");
        return false;
    }
    if (recording_open(&replay.reader, recording_path, diag)) {
        if (object_open(&replay.object, scheduler_path, diag)) {
            is_good = replay_all(&replay);
            destroy(&replay);
            object_close(&replay.object);
        }
        recording_close(&replay.reader);
    }
    fclose(replay.out);
    free(replay.line);
    if (is_good && report->instances_count == 0) {
        diag_error(diag, (struct src_loc){recording_path, 0, 0},
                   "expected a recording, found no beginning of one");
        return false;
    }
    return is_good;
}

void
replay_report_free(struct replay_report *report)
{
    for (uint32_t i = 0; i < REPLAY_NEIGHBOURS; i++) {
        free(report->before[i]);
        free(report->after[i]);
    }
    free(report->expected);
    free(report->found);
    *report = (struct replay_report){0};
}
