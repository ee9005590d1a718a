/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world_files.c - see world_files.h
 */
#include "tests/reference/world_files.h"

#include <string.h>

#include "tests/support/support.h"

#define S_NS INT64_C(1000000000)

uint32_t
world_draw(struct world *world, uint32_t limit)
{
    return (uint32_t)test_random_below(&world->random, limit);
}

struct world_file *
world_file_of(struct world *world, uint64_t message, uint32_t number)
{
    for (uint32_t i = 0; i < world->files_count; i++) {
        struct world_file *file = &world->files[i];

        if (file->message == message && file->number == number) {
            return file;
        }
    }
    fail_msg("no file %llu/%u", (unsigned long long)message, number);
    return NULL;
}

static struct world_file *
file_add(struct world *world)
{
    assert_true(world->files_count < WORLD_FILES_MAX);
    struct world_file *file = &world->files[world->files_count++];

    memset(file, 0, sizeof *file);
    file->returned_at_ns = SCHED_NO_TIME;
    return file;
}

void
world_file_remove(struct world *world, struct world_file *file)
{
    *file = world->files[--world->files_count];
}

/* world_file_of_before - one of an earlier life */
void
world_file_of_before(struct world *world, uint32_t i)
{
    struct world_file *file = file_add(world);

    file->message = 1 + i / 2;
    file->number = 1 + i % 2;
    file->channel =
        1 + world_draw(world, knobs_world(&world->knobs, WORLD_CHANNELS));
    file->host = world_draw(world, knobs_world(&world->knobs, WORLD_HOSTS));
    file->priority = world_draw(world, SCHED_PRIORITIES_COUNT);
    file->attempts = world_draw(world, 4);
    file->is_held = world_draw(world, 8) == 0;
    file->flags = world_draw(world, 4) == 0 ? SCHED_SUBMIT_NULL_SENDER : 0;
    file->submitted_at_ns = -(int64_t)world_draw(world, 200) * 3600 * S_NS;
    if (world_draw(world, 2) == 0) {
        file->returned_at_ns =
            file->submitted_at_ns +
            (int64_t)world_draw(world,
                                (uint32_t)(-file->submitted_at_ns / S_NS) + 1) *
                S_NS;
    }
    file->recipients_count = 1 + world_draw(world, 3);
    for (uint32_t r = 0; r < file->recipients_count; r++) {
        file->recipients[r] = 2 * r + i % 2;
    }
}

void
world_file_created(struct world *world, const struct sched_create *create)
{
    struct world_file *file = file_add(world);

    file->message = create->message;
    file->number = create->file;
    file->channel = create->channel;
    file->host = world->recipients[create->recipients[0]].host;
    file->priority = create->priority;
    file->is_held = create->state == SCHED_FILE_HELD;
    file->is_known = 1;
    file->flags = world->submit.flags;
    file->submitted_at_ns = world->submit.submitted_at_ns;
    memcpy(file->recipients, create->recipients,
           create->recipients_count * sizeof *file->recipients);
    file->recipients_count = create->recipients_count;
}

/* world_file_after - its attempt: a REWRITE may follow */
void
world_file_after(struct world *world, const struct sched_outcome *o)
{
    struct world_file *file = world_file_of(world, o->message, o->file);
    uint32_t count[4] = {0};

    for (uint32_t i = 0; i < o->recipients_count; i++) {
        count[o->results != NULL ? o->results[i] : o->result]++;
    }
    if (count[SCHED_RESULT_TEMPORARY] == 0) {
        world_file_remove(world, file);
    } else if (count[SCHED_RESULT_DELIVERED] > 0) {
        file->attempts = 0;
    } else {
        file->attempts++;
    }
}

void
world_file_rewritten(struct world *world, const struct sched_rewrite *rewrite)
{
    struct world_file *file =
        world_file_of(world, rewrite->message, rewrite->file);

    file->number = rewrite->new_file;
    memcpy(file->recipients, rewrite->recipients,
           rewrite->recipients_count * sizeof *file->recipients);
    file->recipients_count = rewrite->recipients_count;
}

/* file_next - of the scan: the first after a message and number; or NULL */
static struct world_file *
file_next(struct world *world, uint64_t message, uint32_t number)
{
    struct world_file *best = NULL;

    for (uint32_t i = 0; i < world->files_count; i++) {
        struct world_file *file = &world->files[i];

        if ((world->scan.channel == SCHED_NONE ||
             world->scan.channel == file->channel) &&
            (file->message > message ||
             (file->message == message && file->number > number)) &&
            (best == NULL || file->message < best->message ||
             (file->message == best->message && file->number < best->number))) {
            best = file;
        }
    }
    return best;
}

/* world_draw_scanned - some of what was asked for */
int
world_draw_scanned(struct world *world, struct sched_event *event)
{
    struct sched_scanned *s = &event->u.scanned;
    uint32_t most = 1 + world_draw(world, WORLD_SCANNED_MAX);
    struct world_file *file;

    if (!world->is_scan_asked) {
        return 0;
    }
    if (most > world->scan.files_max) {
        most = world->scan.files_max;
    }
    event->kind = SCHED_EVENT_SCANNED;
    s->channel = world->scan.channel;
    s->cursor_message = world->scan.cursor_message;
    s->cursor_file = world->scan.cursor_file;
    s->files = world->scanned;
    while ((file = file_next(world, s->cursor_message, s->cursor_file)) !=
               NULL &&
           s->files_count < most) {
        world->scanned[s->files_count++] = (struct sched_scanned_file){
            .message = file->message,
            .submitted_at_ns = file->submitted_at_ns,
            .returned_at_ns = file->returned_at_ns,
            .recipients = file->recipients,
            .recipients_count = file->recipients_count,
            .file = file->number,
            .channel = file->channel,
            .host = file->host,
            .priority = file->priority,
            .attempts = file->attempts,
            .is_held = file->is_held,
            .flags = file->flags};
        file->is_known = 1;
        s->cursor_message = file->message;
        s->cursor_file = file->number;
    }
    s->has_more = file != NULL;
    world->is_scan_asked = 0;
    return 1;
}

/* world_draw_release - of a held file that the scheduler knows */
int
world_draw_release(struct world *world, struct sched_event *event)
{
    struct sched_command *c = &event->u.command;

    for (uint32_t i = 0; i < world->files_count; i++) {
        struct world_file *file = &world->files[i];

        if (file->is_held && file->is_known) {
            event->kind = SCHED_EVENT_COMMAND;
            c->command = SCHED_COMMAND_RELEASE;
            c->message = file->message;
            c->file = file->number;
            file->is_held = 0;
            return 1;
        }
    }
    return 0;
}
