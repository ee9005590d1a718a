/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_world.c - the small host at work: its turns
 */
#include "models/mta/conform_world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/record.h"

enum {
    ACTIONS_A_TURN_MAX = 100000,
    STARVED_MAX = 10000 /* requests of one event */
};

void
world_break(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (world->broken[0] != '\0') {
        return;
    }
    const int n = snprintf(world->broken, sizeof world->broken,
                           "at event %" PRIu64 ": ", world->events_count);
    va_start(arguments, format);
    vsnprintf(world->broken + n, sizeof world->broken - (size_t)n, format,
              arguments);
    va_end(arguments);
}

uint64_t
world_roll(struct world *world, uint64_t n)
{
    return conform_roll(&world->luck) % n;
}

/* --- Finding ---------------------------------------------------------------- */

struct world_message *
world_message(const struct world *world, uint64_t id)
{
    return id == 0 || id > world->messages_count ? NULL
                                                 : &world->messages[id - 1];
}

struct world_file *
world_file(struct world_message *message, uint32_t number)
{
    for (uint32_t i = 0; i < message->files_count; i++) {
        if (message->files[i].number == number) {
            return &message->files[i];
        }
    }
    return NULL;
}

struct world_job *
world_job(const struct world *world, uint32_t job)
{
    if (job == 0 || job > world->jobs_count ||
        world->jobs[job - 1].state == WORLD_JOB_GONE) {
        return NULL;
    }
    return &world->jobs[job - 1];
}

struct world_thread *
world_thread(const struct world *world, uint32_t job, uint32_t thread)
{
    struct world_job *found = world_job(world, job);

    return found == NULL || thread >= found->threads_count
               ? NULL
               : &found->threads[thread];
}

void
world_thread_rest(struct world_thread *thread)
{
    free(thread->indices);
    thread->indices = NULL;
    thread->indices_count = 0;
}

/* --- The turn ----------------------------------------------------------------- */

/* number_note - an action's number is none that was given before */
static void
number_note(struct world *world, uint64_t number)
{
    if (world->numbers_count * 2 >= world->numbers_room) {
        const uint64_t room = world->numbers_room;
        uint64_t *old = world->numbers;

        world->numbers_room = room * 2 + 1024;
        world->numbers = base_alloc(world->numbers_room * sizeof old[0]);
        world->numbers_count = 0;
        for (uint64_t i = 0; i < room; i++) {
            if (old[i] != 0) {
                number_note(world, old[i]);
            }
        }
        free(old);
    }
    uint64_t at = number * UINT64_C(0x9e3779b97f4a7c15) % world->numbers_room;
    while (world->numbers[at] != 0 && world->numbers[at] != number) {
        at = at + 1 == world->numbers_room ? 0 : at + 1;
    }
    if (number == 0 || world->numbers[at] == number) {
        world_break(world, "action number %" PRIu64 " is 0 or comes twice",
                    number);
        return;
    }
    world->numbers[at] = number;
    world->numbers_count++;
}

/* refuse - the action just pulled */
static void
refuse(struct world *world, uint64_t action, uint32_t reason)
{
    const struct sched_event event = {
        .kind = SCHED_EVENT_REFUSED,
        .u.refused = {.action = action, .reason = reason}};
    int32_t status = world->instance.table->event(world->instance.self,
                                                  world->now_ns, &event);

    if (status != SCHED_OK) {
        world_break(world, "the refusal of an action is answered %s",
                    conform_status_name(status));
    }
}

/* wish_note - what NONE carries */
static void
wish_note(struct world *world, int64_t wish_ns)
{
    if (wish_ns < world->now_ns) {
        world_break(world, "a wish %" PRId64 " ns before now",
                    world->now_ns - wish_ns);
    }
    world->wish_ns = wish_ns;
    digest_record(&world->digest, &(uint64_t){(uint64_t)wish_ns}, 1);
}

/* slice_note - how many files one kind of action had in a wake */
static void
slice_note(struct world *world)
{
    static const uint32_t of_files[] = {
        SCHED_ACTION_CREATE, SCHED_ACTION_DELIVER, SCHED_ACTION_REWRITE,
        SCHED_ACTION_HOLD,   SCHED_ACTION_RETURN,  SCHED_ACTION_WARN};

    for (uint32_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++) {
        const uint32_t count = world->actions_of_kind[of_files[i]];
        if (world->kind == SCHED_EVENT_WAKE && count > world->slice_most) {
            world->slice_most = count;
            world->slice_kind = of_files[i];
        }
    }
}

/* pull - the actions of a turn, up to the wish */
static void
pull(struct world *world)
{
    struct record record = {.digest = &world->digest};
    struct sched_action action;

    memset(world->actions_of_kind, 0, sizeof world->actions_of_kind);
    for (uint32_t i = 0; world->broken[0] == '\0'; i++) {
        memset(&action, 0xa5, sizeof action);
        const int32_t status =
            world->instance.table->next(world->instance.self, &action);
        if (status != SCHED_OK) {
            world_break(world, "next() answers %s",
                        conform_status_name(status));
            return;
        }
        if (action.kind == SCHED_ACTION_NONE) {
            wish_note(world, action.u.wake_at_ns);
            slice_note(world);
            return;
        }
        if (i == ACTIONS_A_TURN_MAX) {
            world_break(world,
                        "next() has given %d actions and does not say "
                        "NONE",
                        ACTIONS_A_TURN_MAX);
            return;
        }
        const uint32_t reason = world_act(world, &action);
        if (world->broken[0] != '\0') {
            return;
        }
        if (!world->plan.is_quiet) {
            record_action(&record, world->now_ns, &action);
            number_note(world, action.action);
        }
        world->actions_seen[action.kind % 16]++;
        world->actions_of_kind[action.kind % 16]++;
        if (reason != 0) {
            refuse(world, action.action, reason);
        } else if (world->plan.has_illegal_events) {
            world_forbidden(world,
                            &(struct sched_event){.kind = SCHED_EVENT_WAKE},
                            world->now_ns, "a WAKE in the middle of a turn");
        }
    }
}

uint64_t
world_state(const struct world *world)
{
    const struct sched_object *table = world->instance.table;

    return table->struct_size > offsetof(struct sched_object, state_digest) &&
                   table->state_digest != NULL
               ? table->state_digest(world->instance.self)
               : 0;
}

/* turn_note - the hash of what was done so far, and of the state */
static void
turn_note(struct world *world)
{
    if (world->turns_count == world->turns_room) {
        world->turns_room = world->turns_room * 2 + 1024;
        world->turns = base_realloc(world->turns,
                                    world->turns_room * sizeof world->turns[0]);
        world->states = base_realloc(
            world->states, world->turns_room * sizeof world->states[0]);
    }
    world->turns[world->turns_count] = world->digest.a ^ world->digest.b;
    world->states[world->turns_count++] = world_state(world);
}

/* self_check - what the object says of its own invariants */
static void
self_check(struct world *world)
{
    const struct sched_object *table = world->instance.table;
    char text[256] = "";

    if (table->struct_size <= offsetof(struct sched_object, check) ||
        table->check == NULL || world->broken[0] != '\0') {
        return;
    }
    const int32_t status =
        table->check(world->instance.self, text, sizeof text);
    if (status != SCHED_OK) {
        text[sizeof text - 1] = '\0';
        world_break(world, "check() answers %s: %s",
                    conform_status_name(status), text);
        world->is_check_broken = true;
    }
}

/* starving - the event, while its n-th request for memory gets nothing, for
 * every n until it needs no more; the last answer */
static int32_t
starving(struct world *world, const struct sched_event *event)
{
    struct conform_memory *memory = &world->memory;
    const uint64_t before = world_state(world);

    for (uint32_t n = 1; n < STARVED_MAX; n++) {
        memory->fail_at = memory->requests_count + n;
        const int32_t status = world->instance.table->event(
            world->instance.self, world->now_ns, event);
        memory->fail_at = 0;
        if (status != SCHED_ERR_MEMORY) {
            return status;
        }
        world->starved_count++;
        if (world_state(world) != before) {
            world_break(world,
                        "an event of kind %u is answered ERR_MEMORY and has "
                        "changed the state",
                        event->kind);
            return status;
        }
    }
    return SCHED_ERR_MEMORY;
}

/* is_optional - kinds that an object need not know */
static bool
is_optional(uint32_t kind)
{
    return kind == SCHED_EVENT_COMMAND || kind == SCHED_EVENT_STRESS;
}

void
world_event(struct world *world, const struct sched_event *event)
{
    const uint64_t words[] = {event->kind, (uint64_t)world->now_ns};

    world->events_count++;
    world->told_ns = world->now_ns;
    world->kind = event->kind;
    digest_record(&world->digest, words, 2);
    const int32_t status =
        world->plan.has_starving_events
            ? starving(world, event)
            : world->instance.table->event(world->instance.self, world->now_ns,
                                           event);
    if (status == SCHED_OK) {
        pull(world);
        world_turn_end(world);
    } else if (status == SCHED_ERR_UNSUPPORTED && is_optional(event->kind)) {
        world->has_commands =
            world->has_commands && event->kind != SCHED_EVENT_COMMAND;
    } else if (status != SCHED_ERR_ARGUMENT || !is_optional(event->kind)) {
        world_break(world, "a legal event of kind %u is answered %s",
                    event->kind, conform_status_name(status));
    }
    if (!world->plan.is_quiet && world->broken[0] == '\0') {
        turn_note(world);
        self_check(world);
    }
}

/* --- Beginning and end ------------------------------------------------------------ */

/* settings_get - what describe() says, in the models' terms */
static bool
settings_get(struct world *world, struct conform_answer *answer)
{
    struct diag diag;

    diag_init(&diag);
    world->has_settings =
        settings_read(&world->settings, world->instance.table,
                      world->instance.self, "describe()", &diag);
    if (!world->has_settings) {
        conform_say(answer, CONFORM_NOT_OK, "%s",
                    diag.text == NULL ? "nothing is described" : diag.text);
    }
    diag_free(&diag);
    return world->has_settings;
}

struct world *
world_new(const struct conform_subject *subject,
          const struct sched_object *table, const struct world_plan *plan,
          uint8_t garbage, uint64_t scatter, struct conform_answer *answer)
{
    struct world *world = base_alloc(sizeof *world);

    world->plan = *plan;
    world->subject = subject;
    world->memory =
        (struct conform_memory){.garbage = garbage, .scatter = scatter};
    world->luck = plan->seed;
    world->now_ns = CONFORM_START_NS;
    world->told_ns = CONFORM_START_NS;
    world->submit_at_ns = CONFORM_START_NS + NS_PER_S;
    world->wish_ns = SCHED_NEVER;
    world->has_commands = true;
    digest_init(&world->digest);
    conform_create(&world->instance, subject, table, &world->memory,
                   world->now_ns);
    if (world->instance.self == NULL) {
        conform_say(answer, CONFORM_NOT_OK, "create() answers %s: %s",
                    conform_status_name(world->instance.status),
                    world->instance.messages);
    } else if (settings_get(world, answer)) {
        pull(world); /* what it wants before anything has happened */
        return world;
    }
    world_free(world, answer);
    return NULL;
}

void
world_free(struct world *world, struct conform_answer *answer)
{
    struct conform_answer unsaid = {.verdict = CONFORM_OK};

    if (world == NULL) {
        return;
    }
    (void)!conform_destroy(&world->instance, answer == NULL ? &unsaid : answer);
    for (uint32_t i = 0; i < world->jobs_count; i++) {
        for (uint32_t k = 0; k < world->jobs[i].threads_count; k++) {
            world_thread_rest(&world->jobs[i].threads[k]);
        }
        free(world->jobs[i].threads);
    }
    for (uint64_t i = 0; i < world->messages_count; i++) {
        free(world->messages[i].recipients);
        free(world->messages[i].files);
    }
    free(world->jobs);
    free(world->messages);
    free(world->pending);
    free(world->turns);
    free(world->states);
    free(world->numbers);
    digest_free(&world->digest);
    settings_free(&world->settings);
    free(world);
}
