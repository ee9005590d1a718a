/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_life.c - checks that let an instance live in the small world
 *
 * All but the laws say "not checked" for an object that breaks a law in a plain
 * life: what follows from that is no finding of its own. Nor is lost memory,
 * which life.laws tells.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_world.h"

enum { LIVES = 3, SUBMITS = 300, BACKLOG = 50000, SLICE_FILES_MAX = 1100 };

#define GARBAGE 0xa5

/* How long from submit to submit: so that limits are reached, retries come, and
 * returns. */
static const int64_t paces_ns[LIVES] = {100 * NS_PER_MS, 10 * NS_PER_MIN,
                                        2 * NS_PER_HOUR};

static const struct world_plan plain = {.seed = 1,
                                        .submits_max = SUBMITS,
                                        .submit_every_ns = 10 * NS_PER_MIN,
                                        .refuse_kind = UINT32_MAX};

/* life - the plan, from the first submit to the last; NULL: said */
static struct world *
life(const struct conform_subject *subject, const struct object *object,
     const struct world_plan *plan, struct conform_answer *answer)
{
    struct world *world =
        world_new(subject, object->table, plan, GARBAGE, 0, answer);

    while (world != NULL && world->submits_count < plan->submits_max &&
           world_step(world)) {
    }
    return world;
}

/* is_lawful - whether a plain life breaks no law; else said: not checked */
static bool
is_lawful(const struct conform_subject *subject, const struct object *object,
          struct conform_answer *answer)
{
    struct world *world = life(subject, object, &plain, answer);
    const bool is_good = world != NULL && world->broken[0] == '\0';

    if (world != NULL && !is_good) {
        conform_say(answer, CONFORM_NOT_CHECKED, "see %s",
                    world->is_check_broken ? "life.check" : "life.laws");
    }
    world_free(world, NULL);
    return is_good;
}

/* begin - the object, if it is loaded and lawful */
static bool
begin(const struct conform_subject *subject, struct object *object,
      struct conform_answer *answer)
{
    if (!conform_open(subject, object, answer)) {
        return false;
    }
    if (!is_lawful(subject, object, answer)) {
        object_close(object);
        return false;
    }
    return true;
}

static void
broken_say(const struct world *world, struct conform_answer *answer)
{
    if (world != NULL && world->broken[0] != '\0') {
        conform_say(answer, CONFORM_NOT_OK, "%s", world->broken);
    }
}

static const char *
kind_name(uint32_t kind)
{
    static const char *const names[] = {
        "NONE",         "CREATE",      "REJECT",  "START_JOB", "STOP_JOB",
        "START_THREAD", "STOP_THREAD", "DELIVER", "REWRITE",   "HOLD",
        "RETURN",       "WARN",        "NOTIFY",  "SCAN"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

/* lives_say - how much was seen, and which actions never were */
static void
lives_say(const uint64_t seen[16], uint64_t events,
          struct conform_answer *answer)
{
    char never[128] = "";
    uint64_t actions = 0;

    for (uint32_t kind = 1; kind <= SCHED_ACTION_SCAN; kind++) {
        const size_t used = strlen(never);
        actions += seen[kind];
        if (seen[kind] == 0) {
            snprintf(never + used, sizeof never - used, "%s%s",
                     used == 0 ? "; never seen: " : ", ", kind_name(kind));
        }
    }
    conform_say(answer, CONFORM_OK, "%" PRIu64 " events, %" PRIu64 " actions%s",
                events, actions, never);
}

/* --- Laws ---------------------------------------------------------------------- */

/* laws_check - several lives; `is_of_check`: only what check() itself says */
static void
laws_check(const struct conform_subject *subject, bool is_of_check,
           struct conform_answer *answer)
{
    struct object object;
    uint64_t events = 0;
    uint64_t seen[16] = {0};

    if (!conform_open(subject, &object, answer)) {
        return;
    }
    for (uint32_t i = 0; i < LIVES; i++) {
        struct world_plan plan = plain;

        plan.seed += i;
        plan.submit_every_ns = paces_ns[i];
        struct world *world = life(subject, &object, &plan, answer);
        if (world == NULL) {
            break;
        }
        if (world->is_check_broken == is_of_check) {
            broken_say(world, answer);
        }
        events += world->events_count;
        for (uint32_t k = 0; k < 16; k++) {
            seen[k] += world->actions_seen[k];
        }
        world_free(world, is_of_check ? NULL : answer);
    }
    const struct sched_object *table = object.table;
    if (is_of_check &&
        (table->struct_size <= offsetof(struct sched_object, check) ||
         table->check == NULL)) {
        conform_say(answer, CONFORM_NOT_CLAIMED, "it has no check()");
    } else {
        lives_say(seen, events, answer);
    }
    object_close(&object);
}

void
conform_life_laws(const struct conform_subject *subject,
                  struct conform_answer *answer)
{
    laws_check(subject, false, answer);
}

void
conform_life_check(const struct conform_subject *subject,
                   struct conform_answer *answer)
{
    laws_check(subject, true, answer);
}

void
conform_life_refusals(const struct conform_subject *subject,
                      struct conform_answer *answer)
{
    struct object object;

    if (!begin(subject, &object, answer)) {
        return;
    }
    for (uint32_t i = 0; i <= LIVES * SCHED_ACTION_SCAN; i++) {
        const uint32_t kind = i / LIVES;
        struct world_plan plan = plain;

        plan.refuse_kind = kind;
        plan.seed = 100 + i;
        plan.submit_every_ns = paces_ns[i % LIVES];
        struct world *world = life(subject, &object, &plan, answer);
        if (world != NULL && world->broken[0] == '\0') {
            world_drain(world);
        }
        if (world != NULL && world->broken[0] != '\0') {
            conform_say(answer, CONFORM_NOT_OK,
                        "where %s actions are refused: %s",
                        kind == 0 ? "some" : kind_name(kind), world->broken);
        }
        world_free(world, NULL);
    }
    object_close(&object);
}

void
conform_life_drain(const struct conform_subject *subject,
                   struct conform_answer *answer)
{
    struct object object;
    uint64_t held = 0;

    if (!begin(subject, &object, answer)) {
        return;
    }
    for (uint32_t i = 0; i < LIVES; i++) {
        struct world_plan plan = plain;

        plan.seed += i;
        plan.submit_every_ns = paces_ns[i];
        struct world *world = life(subject, &object, &plan, answer);
        if (world != NULL && world->broken[0] == '\0') {
            world_drain(world);
            held += world->live_count;
        }
        broken_say(world, answer);
        world_free(world, NULL);
    }
    if (held > 0) {
        conform_say(answer, CONFORM_OK,
                    "but for %" PRIu64 " files that it holds", held);
    }
    object_close(&object);
}

/* --- Sameness ------------------------------------------------------------------ */

/* turns_compare - where two lives part */
static bool
turns_compare(const struct world *a, const struct world *b, const char *what,
              struct conform_answer *answer)
{
    const uint64_t count =
        a->turns_count < b->turns_count ? a->turns_count : b->turns_count;

    for (uint64_t i = 0; i < count; i++) {
        if (a->turns[i] != b->turns[i]) {
            conform_say(answer, CONFORM_NOT_OK,
                        "%s: other actions from event %" PRIu64 " on", what,
                        i + 1);
            return false;
        }
    }
    if (a->turns_count != b->turns_count) {
        conform_say(answer, CONFORM_NOT_OK,
                    "%s: one life ends at event %" PRIu64, what, count);
        return false;
    }
    return true;
}

/* How a life differs from the plain one. */
struct variant {
    const char *what;
    const struct world_plan *plan;
    uint64_t scatter; /* of the addresses */
    uint8_t garbage;  /* what memory is filled with */
};

/* pair_compare - a plain life, and one of this plan and memory */
static void
pair_compare(const struct conform_subject *subject, const struct object *object,
             const struct variant *variant, struct conform_answer *answer)
{
    const struct world_plan *plan = variant->plan;
    struct world *a = life(subject, object, &plain, answer);
    struct world *b = world_new(subject, object->table, plan, variant->garbage,
                                variant->scatter, answer);

    while (b != NULL && b->submits_count < plan->submits_max && world_step(b)) {
    }
    broken_say(b, answer);
    if (a != NULL && b != NULL && turns_compare(a, b, variant->what, answer) &&
        plan->has_starving_events) {
        conform_say(answer, CONFORM_OK,
                    "%" PRIu64 " events met a lack of memory first",
                    b->starved_count);
    }
    world_free(a, NULL);
    world_free(b, NULL);
}

void
conform_same_actions(const struct conform_subject *subject,
                     struct conform_answer *answer)
{
    struct object object;

    if (begin(subject, &object, answer)) {
        pair_compare(subject, &object,
                     &(struct variant){"made again", &plain, 0, GARBAGE},
                     answer);
        object_close(&object);
    }
}

void
conform_same_elsewhere(const struct conform_subject *subject,
                       struct conform_answer *answer)
{
    struct object object;

    if (begin(subject, &object, answer)) {
        pair_compare(
            subject, &object,
            &(struct variant){"memory filled with zeroes", &plain, 7, 0},
            answer);
        pair_compare(
            subject, &object,
            &(struct variant){"memory filled with ones", &plain, 11, 0xff},
            answer);
        pair_compare(
            subject, &object,
            &(struct variant){"memory at other addresses", &plain, 13, GARBAGE},
            answer);
        object_close(&object);
    }
}

void
conform_illegal_events(const struct conform_subject *subject,
                       struct conform_answer *answer)
{
    struct world_plan plan = plain;
    struct object object;

    plan.has_illegal_events = true;
    if (begin(subject, &object, answer)) {
        pair_compare(
            subject, &object,
            &(struct variant){"with illegal events between the legal ones",
                              &plan, 0, GARBAGE},
            answer);
        object_close(&object);
    }
}

void
conform_illegal_memory(const struct conform_subject *subject,
                       struct conform_answer *answer)
{
    struct world_plan plan = plain;
    struct object object;

    plan.has_starving_events = true;
    if (begin(subject, &object, answer)) {
        pair_compare(
            subject, &object,
            &(struct variant){"with events that met a lack of memory first",
                              &plan, 0, GARBAGE},
            answer);
        object_close(&object);
    }
}

void
conform_same_digest(const struct conform_subject *subject,
                    struct conform_answer *answer)
{
    struct object object;

    if (!begin(subject, &object, answer)) {
        return;
    }
    const struct sched_object *table = object.table;
    if (table->struct_size <= offsetof(struct sched_object, state_digest) ||
        table->state_digest == NULL) {
        conform_say(answer, CONFORM_NOT_CLAIMED, "it has no state_digest()");
        object_close(&object);
        return;
    }
    struct world *a = life(subject, &object, &plain, answer);
    struct world *b = world_new(subject, table, &plain, 0, 5, answer);
    while (b != NULL && b->submits_count < SUBMITS && world_step(b)) {
    }
    bool is_moving = false;
    for (uint64_t i = 0; a != NULL && i < a->turns_count; i++) {
        is_moving = is_moving || a->states[i] != a->states[0];
    }
    for (uint64_t i = 0; a != NULL && b != NULL && i < a->turns_count &&
                         i < b->turns_count && a->turns[i] == b->turns[i];
         i++) {
        if (a->states[i] != b->states[i]) {
            conform_say(answer, CONFORM_NOT_OK,
                        "after event %" PRIu64 " two digests of one history",
                        i + 1);
        }
    }
    if (!is_moving) {
        conform_say(answer, CONFORM_NOT_OK, "the digest never changes");
    }
    world_free(a, NULL);
    world_free(b, NULL);
    object_close(&object);
}

void
conform_same_interleaved(const struct conform_subject *subject,
                         struct conform_answer *answer)
{
    struct world_plan other = plain;
    struct object object;

    other.seed = 77;
    if (!begin(subject, &object, answer)) {
        return;
    }
    struct world *a = life(subject, &object, &plain, answer);
    struct world *b = life(subject, &object, &other, answer);
    struct world *c =
        world_new(subject, object.table, &plain, GARBAGE, 3, answer);
    struct world *d =
        world_new(subject, object.table, &other, GARBAGE, 3, answer);
    bool is_on = c != NULL && d != NULL;
    while (is_on) {
        const bool c_on = c->submits_count < SUBMITS && world_step(c);
        const bool d_on = d->submits_count < SUBMITS && world_step(d);
        is_on = c_on || d_on;
    }
    if (a != NULL && b != NULL && c != NULL && d != NULL) {
        (void)(turns_compare(a, c, "beside another instance", answer) &&
               turns_compare(b, d, "beside another instance", answer));
    }
    world_free(a, NULL);
    world_free(b, NULL);
    world_free(c, NULL);
    world_free(d, NULL);
    object_close(&object);
}

/* --- Size ------------------------------------------------------------------------ */

/* backlog - a world with 50,000 messages and no jobs; NULL: said */
static struct world *
backlog(const struct conform_subject *subject, const struct object *object,
        uint64_t *bytes, struct conform_answer *answer)
{
    const struct world_plan plan = {.seed = 5,
                                    .submits_max = BACKLOG,
                                    .refuse_kind = UINT32_MAX,
                                    .age_ns = 400 * NS_PER_DAY,
                                    .is_quiet = true,
                                    .refuses_starts = true};
    struct world *world =
        world_new(subject, object->table, &plan, GARBAGE, 0, answer);

    *bytes = world == NULL ? 0 : world->memory.bytes;
    while (world != NULL && world->submits_count < BACKLOG &&
           world_step(world)) {
    }
    broken_say(world, answer);
    if (world != NULL) {
        *bytes = world->memory.bytes - *bytes;
    }
    return world;
}

void
conform_slices(const struct conform_subject *subject,
               struct conform_answer *answer)
{
    enum { DAYS = 3 };
    struct object object;
    uint64_t bytes = 0;

    if (!begin(subject, &object, answer)) {
        return;
    }
    struct world *world = backlog(subject, &object, &bytes, answer);
    if (world != NULL) {
        const int64_t until_ns = world->now_ns + DAYS * NS_PER_DAY;

        world->slice_most = 0;
        while (world->live_count > 0 && world->now_ns < until_ns &&
               world_step(world)) {
        }
        broken_say(world, answer);
        conform_say(answer,
                    world->slice_most > SLICE_FILES_MAX ? CONFORM_NOT_OK
                    : world->slice_most > 1             ? CONFORM_OK
                                                        : CONFORM_NOT_CHECKED,
                    "at most %u files in one wake (%s), of a backlog of %d",
                    world->slice_most, kind_name(world->slice_kind), BACKLOG);
    }
    world_free(world, NULL);
    object_close(&object);
}

void
conform_cost(const struct conform_subject *subject,
             struct conform_answer *answer)
{
    const struct world_plan plan = {.seed = 6,
                                    .submits_max = BACKLOG,
                                    .submit_every_ns = NS_PER_S,
                                    .refuse_kind = UINT32_MAX,
                                    .is_quiet = true};
    struct object object;
    uint64_t bytes = 0;

    if (!conform_open(subject, &object, answer)) {
        return;
    }
    struct world *world = backlog(subject, &object, &bytes, answer);
    if (world != NULL) {
        answer->bytes_per_message = bytes / BACKLOG;
        answer->events_count = world->events_count;
    }
    world_free(world, NULL);
    world = life(subject, &object, &plan, answer);
    if (world != NULL) {
        answer->events_count += world->events_count;
    }
    broken_say(world, answer);
    world_free(world, NULL);
    object_close(&object);
}
