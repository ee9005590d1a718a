/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.c - see story.h
 */
#include "tests/reference/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reference/compare.h"
#include "tests/reference/world.h"
#include "tests/support/support.h"

struct pair {
    const struct sched_object *object;
    void *core;
    struct reference *reference;
    struct world world;
    struct story_counts *counts; /* or NULL */
    FILE *out;                   /* or NULL */
};

void
story_draw(struct story *story, uint64_t seed, uint32_t decisions_count)
{
    memset(story, 0, sizeof *story);
    story->seed = seed;
    story->decisions_count = decisions_count;
    knobs_random(&story->knobs, seed);
}

/* --- Running ---------------------------------------------------------------- */

static void
rest_print(struct pair *pair, struct sched_action core,
           struct sched_action reference)
{
    fprintf(pair->out, "  the scheduler goes on with\n");
    for (;;) {
        fprintf(pair->out, "      ");
        action_print(&core, pair->out);
        if (core.kind == SCHED_ACTION_NONE ||
            pair->object->next(pair->core, &core) != SCHED_OK) {
            break;
        }
    }
    fprintf(pair->out, "  the reference goes on with\n");
    for (;;) {
        fprintf(pair->out, "      ");
        action_print(&reference, pair->out);
        if (reference.kind == SCHED_ACTION_NONE) {
            break;
        }
        reference_next(pair->reference, &reference);
    }
}

static void
refuse(struct pair *pair, const struct sched_action *action, uint32_t reason)
{
    const struct sched_event event = {
        .kind = SCHED_EVENT_REFUSED,
        .u.refused = {.action = action->action, .reason = reason}};

    if (pair->out != NULL) {
        fprintf(pair->out, "      refused\n");
    }
    if (pair->counts != NULL) {
        pair->counts->events[SCHED_EVENT_REFUSED]++;
    }
    assert_int_equal(
        pair->object->event(pair->core, pair->world.now_ns, &event), SCHED_OK);
    reference_event(pair->reference, pair->world.now_ns, &event);
}

static void
next_of_both(struct pair *pair, struct sched_action *core,
             struct sched_action *reference)
{
    assert_int_equal(pair->object->next(pair->core, core), SCHED_OK);
    reference_next(pair->reference, reference);
}

/* pull - 0: both gave the same actions */
static int
pull(struct pair *pair)
{
    struct sched_action core;
    struct sched_action reference;

    for (;;) {
        next_of_both(pair, &core, &reference);
        if (!actions_equal(&core, &reference)) {
            if (pair->out != NULL) {
                rest_print(pair, core, reference);
            }
            return 1;
        }
        if (pair->out != NULL && core.kind != SCHED_ACTION_NONE) {
            fprintf(pair->out, "      ");
            action_print(&core, pair->out);
        }
        if (core.kind == SCHED_ACTION_NONE) {
            pair->world.wish_ns = core.u.wake_at_ns;
            return 0;
        }
        if (pair->counts != NULL) {
            pair->counts->actions[core.kind]++;
        }
        const uint32_t reason = world_action(&pair->world, &core);
        if (reason != 0) {
            refuse(pair, &core, reason);
        }
    }
}

static void
sum_up(struct pair *pair)
{
    const uint64_t *rules = reference_counts(pair->reference);

    for (uint32_t i = 0; pair->counts != NULL && i < REFERENCE_RULES_COUNT;
         i++) {
        pair->counts->rules[i] += rules[i];
    }
}

/* begin - both come to life, and ask what is in the queue directory */
static int
begin(struct pair *pair)
{
    struct world *world = &pair->world;
    struct reference_settings settings;

    pair->core = knobs_create(&world->knobs, pair->object, world->now_ns,
                              world->wall_offset_ns);
    reference_settings_read(&settings, pair->object, pair->core);
    pair->reference =
        reference_new(&settings, world->now_ns, world->wall_offset_ns);
    return pull(pair);
}

static void
end(struct pair *pair)
{
    sum_up(pair);
    reference_free(pair->reference);
    pair->object->destroy(pair->core);
}

static int
step(struct pair *pair, uint32_t decision)
{
    struct sched_event event;

    if (!world_decide(&pair->world, decision, &event)) {
        return 0;
    }
    if (event.kind == WORLD_RESTART) {
        if (pair->out != NULL) {
            fprintf(pair->out, "  restart\n");
        }
        end(pair);
        return begin(pair);
    }
    if (pair->out != NULL) {
        event_print(pair->world.now_ns, &event, pair->out);
    }
    if (pair->counts != NULL) {
        pair->counts->events[event.kind]++;
        pair->counts->events_count++;
    }
    const int32_t status =
        pair->object->event(pair->core, pair->world.now_ns, &event);
    if (status != SCHED_OK) {
        if (pair->out != NULL) {
            fprintf(pair->out, "  the scheduler answers %" PRId32 "\n", status);
        }
        return 1;
    }
    if (event.kind == SCHED_EVENT_COMMAND &&
        event.u.command.command == SCHED_COMMAND_SET) {
        struct reference_settings settings;

        reference_settings_read(&settings, pair->object, pair->core);
        reference_change(pair->reference, pair->world.now_ns, &settings);
    }
    reference_event(pair->reference, pair->world.now_ns, &event);
    return pull(pair);
}

int
story_run(const struct story *story, uint32_t *at, FILE *out,
          struct story_counts *counts)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int differ;

    assert_non_null(pair);
    pair->object = sched_entry();
    pair->counts = counts;
    pair->out = out;
    world_init(&pair->world, &story->knobs, story->seed);
    differ = begin(pair);
    if (differ && at != NULL) {
        *at = 0;
    }
    for (uint32_t i = 0; i < story->decisions_count && !differ; i++) {
        if (story->is_left_out[i]) {
            continue;
        }
        differ = step(pair, i);
        if (differ && at != NULL) {
            *at = i;
        }
    }
    end(pair);
    free(pair);
    return differ;
}

/* --- Shrinking ---------------------------------------------------------------- */

/* drop - leaves decisions [from, to) out, if they disagree still */
static int
drop(struct story *story, uint32_t from, uint32_t to)
{
    struct story less = *story;
    uint32_t dropped = 0;
    uint32_t at;

    for (uint32_t i = from; i < to && i < less.decisions_count; i++) {
        dropped += !less.is_left_out[i];
        less.is_left_out[i] = 1;
    }
    if (dropped == 0 || !story_run(&less, &at, NULL, NULL)) {
        return 0;
    }
    less.decisions_count = at + 1;
    *story = less;
    return 1;
}

static int
drop_decisions(struct story *story)
{
    int dropped = 0;

    for (uint32_t size = story->decisions_count; size > 0; size /= 2) {
        for (uint32_t from = 0; from < story->decisions_count; from += size) {
            dropped |= drop(story, from, from + size);
        }
    }
    return dropped;
}

static int
plain_knobs(struct story *story)
{
    int changed = 0;

    for (uint32_t i = 0; i < knobs_count(); i++) {
        struct story less = *story;
        uint32_t at;

        less.knobs.chosen[i] = 0;
        if (story->knobs.chosen[i] != 0 && story_run(&less, &at, NULL, NULL)) {
            less.decisions_count = at + 1;
            *story = less;
            changed = 1;
        }
    }
    return changed;
}

void
story_shrink(struct story *story)
{
    uint32_t at;

    if (!story_run(story, &at, NULL, NULL)) {
        return;
    }
    story->decisions_count = at + 1;
    for (int round = 0; round < 8; round++) {
        const int dropped = drop_decisions(story);

        if (!plain_knobs(story) && !dropped) {
            return;
        }
    }
}

/* --- Counts -------------------------------------------------------------------- */

static void
print_count(const char *text, uint64_t count, FILE *out)
{
    fprintf(out, "    %-48s %12" PRIu64 "%s\n", text, count,
            count == 0 ? "  NEVER" : "");
}

void
story_print_counts(const struct story_counts *counts, FILE *out)
{
    fprintf(out, "events\n");
    for (uint32_t i = 1; i <= SCHED_EVENT_STRESS; i++) {
        print_count(event_name(i), counts->events[i], out);
    }
    fprintf(out, "actions\n");
    for (uint32_t i = 1; i <= SCHED_ACTION_SCAN; i++) {
        print_count(action_name(i), counts->actions[i], out);
    }
    fprintf(out, "rules\n");
    for (uint32_t i = 0; i < REFERENCE_RULES_COUNT; i++) {
        print_count(reference_rule_text(i), counts->rules[i], out);
    }
}
