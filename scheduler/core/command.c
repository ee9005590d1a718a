/* SPDX-License-Identifier: MIT */
/*
 * command.c - what the postmaster tells a running Job Controller
 *
 * SET        A live change of one setting, by its path. It holds for what is
 *            decided from now on: a lowered limit ends no job, a threaddepth
 *            counts with the next insertion, a process keeps the number of
 *            threads that it was started with. Wants that a raised limit
 *            allows are served at once.
 * RELEASE    A held file is held no more: an insertion, like new mail. Without
 *            room (MAX_MESSAGES) it is forgotten until a scan.
 */
#include "engine.h"

static int32_t
accept_limits(void *arg)
{
    return limits_reserve(arg);
}

static int32_t
set(struct engine *engine, const char *path, const char *value)
{
    const struct conf_options before = *engine->options;

    if (path == NULL || value == NULL) {
        return SCHED_ERR_ARGUMENT;
    }
    const int32_t status =
        conf_set_if(engine->conf, path, value, accept_limits, engine);
    if (status != SCHED_OK) {
        return status == SCHED_ERR_CONFIGURATION ? SCHED_ERR_ARGUMENT : status;
    }
    limits_apply(engine);
    queue_refresh_all(engine);
    timer_changed(engine, &before);
    engine->idle_is_stale = 1;
    for (uint32_t i = 0; i < engine->pools_count; i++) {
        start_freed(engine, i);
    }
    return SCHED_OK;
}

static int32_t
release(struct engine *engine, uint64_t message, uint32_t number)
{
    uint32_t slot = engine->held.head;

    while (slot != MEMORY_NONE && (file_at(engine, slot)->message != message ||
                                   file_at(engine, slot)->number != number)) {
        slot = file_at(engine, slot)->next;
    }
    if (slot == MEMORY_NONE) {
        return SCHED_ERR_ARGUMENT;
    }
    file_withdraw(engine, slot);
    file_at(engine, slot)->eligible_at_ns = engine->now_ns;
    if (scan_is_full(engine, scan_tracked(engine) - 1)) { /* itself counts */
        scan_left(
            engine,
            host_channel(engine, host_at(engine, file_at(engine, slot)->host)));
        file_forget(engine, slot);
    } else {
        submit_insert(engine, slot);
    }
    return SCHED_OK;
}

int32_t
command_event(struct engine *engine, const struct sched_command *command)
{
    switch ((enum sched_command_kind)command->command) {
    case SCHED_COMMAND_SET:
        return set(engine, command->path, command->value);
    case SCHED_COMMAND_RELEASE:
        return release(engine, command->message, command->file);
    }
    return SCHED_ERR_ARGUMENT;
}
