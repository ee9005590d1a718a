/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * population.c - see population.h
 */
#include "sim/lab/population.h"

#include <string.h>

#include "sim/lab/override.h"

static bool
has(const struct population_names *names, const char *name)
{
    for (uint32_t i = names->count; i > 0; i--) {
        if (strcmp(names->names[i - 1], name) == 0) {
            return true;
        }
    }
    return false;
}

static void
add(struct arena *arena, struct population_names *names, const char *name)
{
    if (has(names, name)) {
        return;
    }
    if (names->count == names->capacity) {
        const uint32_t capacity =
            names->capacity == 0 ? 16 : 2 * names->capacity;
        const char **more =
            arena_take(arena, (uint64_t)capacity * sizeof *more);

        for (uint32_t i = 0; i < names->count; i++) {
            more[i] = names->names[i];
        }
        names->names = more;
        names->capacity = capacity;
    }
    names->names[names->count++] = arena_text(arena, name);
}

void
population_scenario(struct population *population,
                    const struct scenario *scenario)
{
    population->has_other_hosts =
        population->has_other_hosts || scenario->backlog_path != NULL;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        population->has_other_hosts =
            population->has_other_hosts ||
            scenario->traffic[i].arrivals == TRAFFIC_REPLAY;
    }
    /* The last one, "*", is no host but what others are like. */
    for (uint32_t i = 0; i + 1 < scenario->destinations_count; i++) {
        add(population->arena, &population->hosts,
            scenario->destinations[i].name);
    }
}

/* on_setting - "channel.NAME.KEY"; keys have no dot */
static void
on_setting(void *context, const char *path, const char *value, const char *unit,
           const char *origin, const char *help)
{
    static const char head[] = "channel.";
    struct population *population = context;
    const size_t size = sizeof head - 1;
    const char *end = strrchr(path, '.');

    (void)value;
    (void)unit;
    (void)origin;
    (void)help;
    if (strncmp(path, head, size) == 0 && end > path + size) {
        char *name = arena_text(population->arena, path + size);

        name[end - (path + size)] = '\0';
        add(population->arena, &population->channels, name);
    }
}

struct mta_observer
population_observer(struct population *population)
{
    return (struct mta_observer){
        .context = population, .setting = on_setting, .at_ns = -1};
}

bool
population_check(const struct population *population,
                 const struct metric *metric, struct diag *diag)
{
    const char *priorities[] = {"urgent", "normal", "nonurgent"};
    struct population_names names = {.names = priorities, .count = 3};

    if (metric->group == NULL) {
        return true;
    }
    if (strcmp(metric->group, "host") == 0) {
        names = population->hosts;
        if (population->has_other_hosts) {
            return true;
        }
    } else if (strcmp(metric->group, "channel") == 0) {
        names = population->channels;
        if (names.count == 0) {
            return true;
        }
    }
    if (has(&names, metric->group_name)) {
        return true;
    }
    diag_error(diag, (struct src_loc){0}, "no run has %s: no %s is called %s%s",
               metric->name, metric->group, metric->group_name,
               override_advice(population->arena, metric->group_name,
                               names.names, names.count, diag));
    return false;
}
