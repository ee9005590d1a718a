/* SPDX-License-Identifier: MIT */
/*
 * timer.c - what is due at an instant, and when to be woken for it
 *
 * Time passes only in events, and nothing here acts but in a WAKE. One WAKE
 * releases at most SLICE_FILES_MAX retries and looks at as many files for the
 * return run; what is left is the next wish, at once.
 *
 * What is due at one instant becomes ready before the return run looks, which
 * waits until no file is due: there is one heap for retries, dates and periodic
 * runs, and mail that gets a thread with its last chance is not given up under
 * its hands.
 */
#include "engine.h"

static int
delayed_before(const struct engine *engine, uint32_t a, uint32_t b)
{
    const struct file *file_a = file_at(engine, a);
    const struct file *file_b = file_at(engine, b);

    if (file_a->eligible_at_ns != file_b->eligible_at_ns) {
        return file_a->eligible_at_ns < file_b->eligible_at_ns;
    }
    if (file_a->message != file_b->message) {
        return file_a->message < file_b->message;
    }
    return file_a->number < file_b->number;
}

static uint32_t *
delayed_place(const struct engine *engine, uint32_t slot)
{
    return &file_at(engine, slot)->next;
}

void
timer_delayed_push(struct engine *engine, uint32_t slot)
{
    ENGINE_CHECK(engine, engine->delayed.count < engine->delayed.capacity);
    if (engine->delayed.count < engine->delayed.capacity) {
        heap_push(&engine->delayed, engine, slot, delayed_before,
                  delayed_place);
    }
}

void
timer_delayed_remove(struct engine *engine, uint32_t slot)
{
    heap_remove(&engine->delayed, engine, file_at(engine, slot)->next,
                delayed_before, delayed_place);
}

int64_t
timer_grid_after(int64_t wall_ns, int64_t first_ns, int64_t period_ns)
{
    int64_t behind_ns = (wall_ns - first_ns) % period_ns;

    if (behind_ns < 0) {
        behind_ns += period_ns;
    }
    return wall_ns - behind_ns + period_ns;
}

/* return_next_set - after this instant */
static void
return_next_set(struct engine *engine)
{
    const int64_t period_ns = engine->options->return_period_ns;

    engine->return_next_wall_ns =
        period_ns <= 0
            ? SCHED_NEVER
            : timer_grid_after(engine->now_ns + engine->wall_offset_ns,
                               engine->options->return_first_ns, period_ns);
}

void
timer_init(struct engine *engine)
{
    engine->refused_wish_ns = SCHED_NEVER;
    engine->idle_wish_ns = SCHED_NEVER;
    engine->after_wish_ns = SCHED_NEVER;
    engine->stress_wish_ns = SCHED_NEVER;
    engine->return_cursor = MEMORY_NONE;
    return_next_set(engine);
}

/* return_at_ns - when the next return run begins, on the host's axis */
static int64_t
return_at_ns(const struct engine *engine)
{
    return engine->return_next_wall_ns == SCHED_NEVER
               ? SCHED_NEVER
               : engine->return_next_wall_ns - engine->wall_offset_ns;
}

/* release_due - retries whose time has come, in their order */
static void
release_due(struct engine *engine)
{
    for (uint32_t i = 0; i < SLICE_FILES_MAX && engine->delayed.count > 0;
         i++) {
        const uint32_t slot = engine->delayed.items[0];

        if (file_at(engine, slot)->eligible_at_ns > engine->now_ns) {
            return;
        }
        file_withdraw(engine, slot);
        submit_insert(engine, slot);
    }
}

/* is_due - has a slice left some of them? */
static int
is_due(const struct engine *engine)
{
    return engine->delayed.count > 0 &&
           file_at(engine, engine->delayed.items[0])->eligible_at_ns <=
               engine->now_ns;
}

static void
return_wake(struct engine *engine)
{
    if (!engine->return_is_running && return_at_ns(engine) <= engine->now_ns) {
        return_next_set(engine);
        returns_start(engine);
    }
    if (engine->return_is_running) {
        returns_slice(engine);
    }
}

void
timer_wake(struct engine *engine)
{
    release_due(engine);
    idle_exits(engine);
    start_retry(engine);
    start_delayed(engine);
    stress_wake(engine);
    if (!is_due(engine)) {
        return_wake(engine);
    }
    scan_wake(engine);
}

void
timer_changed(struct engine *engine, const struct conf_options *before)
{
    if (engine->options->return_first_ns != before->return_first_ns ||
        engine->options->return_period_ns != before->return_period_ns) {
        return_next_set(engine);
    }
    scan_changed(engine, before);
}

/* runs_move - mail that waits for a periodic run does so at the same wall time;
 * a clock put forward past the run makes it due */
static void
runs_move(struct engine *engine, int64_t later_ns)
{
    struct heap *heap = &engine->delayed;

    for (uint32_t i = 0; i < heap->count; i++) {
        struct file *file = file_at(engine, heap->items[i]);

        if ((file->flags & FILE_IS_WAITING) != 0 &&
            file->eligible_at_ns < SCHED_NEVER / 2) {
            file->eligible_at_ns += later_ns;
        }
    }
    for (uint32_t i = heap->count; i-- > 0;) {
        heap_sink(heap, engine, i, delayed_before, delayed_place);
    }
}

void
timer_wall_offset(struct engine *engine, int64_t wall_offset_ns)
{
    runs_move(engine, engine->wall_offset_ns - wall_offset_ns);
    engine->wall_offset_ns = wall_offset_ns;
    /* A clock put forward past a run makes it due; one put back does not
     * make it run twice, nor wait longer than two periods. */
    if (engine->return_next_wall_ns != SCHED_NEVER &&
        engine->return_next_wall_ns - (engine->now_ns + wall_offset_ns) >
            engine->options->return_period_ns * 2) {
        return_next_set(engine);
    }
}

int64_t
timer_wish(struct engine *engine)
{
    int64_t wish_ns = idle_wish(engine);
    const int64_t scan_ns = scan_wish(engine);
    const int64_t return_ns =
        engine->return_is_running ? engine->now_ns : return_at_ns(engine);

    if (return_ns < wish_ns) {
        wish_ns = return_ns;
    }
    if (engine->refused_wish_ns < wish_ns) {
        wish_ns = engine->refused_wish_ns;
    }
    if (scan_ns < wish_ns) {
        wish_ns = scan_ns;
    }
    if (engine->stress_wish_ns < wish_ns) {
        wish_ns = engine->stress_wish_ns;
    }
    if (engine->after_wish_ns < wish_ns) {
        wish_ns = engine->after_wish_ns;
    }
    if (engine->delayed.count > 0) {
        const int64_t due_ns =
            file_at(engine, engine->delayed.items[0])->eligible_at_ns;

        wish_ns = due_ns < wish_ns ? due_ns : wish_ns;
    }
    return wish_ns < engine->now_ns ? engine->now_ns : wish_ns;
}
