/* SPDX-License-Identifier: MIT */
/*
 * returns.c - the return job: old mail is warned about, then given up
 *
 * A run looks at every file that is not with a thread; those wait for the next
 * run. The age counts from the first submit. When it has reached the last of
 * its class's notices, the file is returned; when it has reached a further
 * one since a run last looked at the file, its sender is warned, once, of the
 * largest reached. What is remembered is the age of that last look, so that
 * other notices or other units (a live change) neither repeat a warning nor
 * lose one: they count from then on. Before either, a NOTIFY asks for the
 * message that says so, unless the sender is null.
 */
#include "engine.h"

void
returns_start(struct engine *engine)
{
    engine->return_is_running = 1;
    engine->return_now_ns = engine->now_ns;
    engine->return_cursor = engine->oldest;
}

/* look - at one file */
static void
look(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);
    const struct host *host = host_at(engine, file->host);
    const struct conf_notices *notices =
        &host_channel(engine, host)->conf->notices[file_class(file)];
    const int64_t age_ns = engine->return_now_ns - file->submitted_at_ns;
    uint32_t reached = 0;

    if ((file->state != FILE_READY && file->state != FILE_DELAYED) ||
        notices->count == 0) {
        return;
    }
    while (reached < notices->count && notices->ns[reached] <= age_ns) {
        reached++;
    }
    const int is_new =
        reached > 0 && file_was_younger(file, notices->ns[reached - 1]);
    file_looked(file, age_ns);
    if (reached == notices->count) {
        file_withdraw(engine, slot);
        file->state = FILE_LEAVING;
        file_notify(engine, file, SCHED_NOTICE_RETURN);
        action_push(engine, SCHED_ACTION_RETURN, slot,
                    notices->values[reached - 1], 0);
    } else if (is_new) {
        file_notify(engine, file, SCHED_NOTICE_WARNING);
        action_push(engine, SCHED_ACTION_WARN, slot,
                    notices->values[reached - 1], 0);
    }
}

void
returns_slice(struct engine *engine)
{
    for (uint32_t i = 0; i < SLICE_FILES_MAX; i++) {
        const uint32_t slot = engine->return_cursor;

        if (slot == MEMORY_NONE) {
            break;
        }
        engine->return_cursor = file_at(engine, slot)->later;
        look(engine, slot);
    }
    if (engine->return_cursor == MEMORY_NONE) {
        engine->return_is_running = 0;
    }
}
