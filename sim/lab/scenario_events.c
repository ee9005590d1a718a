/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_events.c - what the postmaster does, and to whom notices go; see
 * scenario.h
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/format.h"
#include "sim/lab/scenario_load.h"

enum { CHANGES_MAX = 10000 };

/* change_add - one more; its place is that of the list */
static void
change_add(struct load *load, const struct mta_change *change)
{
    struct scenario *scenario = load->scenario;

    if (scenario->changes_count == CHANGES_MAX) {
        diag_error(load->diag, change->where, "there are more than %d events",
                   CHANGES_MAX);
    }
    if (scenario->changes_count < CHANGES_MAX) {
        scenario->changes[scenario->changes_count++] = *change;
    }
}

/* set_add - a live change; when it comes is filled in by who asked for it */
static void
set_add(struct load *load, const char *path, const char *value,
        struct src_loc where)
{
    if (!schema_path_is_setting(path)) {
        diag_error(load->diag, where,
                   "a live change is of a path under channel., job., pool. or "
                   "option.; found %.100s",
                   path);
        return;
    }
    change_add(load,
               &(struct mta_change){.kind = MTA_CHANGE_SET,
                                    .path = arena_text(load->arena, path),
                                    .value = arena_text(load->arena, value),
                                    .where = where});
}

/* what_text - "set channel.tcp_local.threaddepth: 5" */
static const char *
what_text(const struct load *load, const struct mta_change *change)
{
    switch (change->kind) {
    case MTA_CHANGE_SET:
        return format_arena(load->arena, "set %.100s: %.60s", change->path,
                            change->value);
    case MTA_CHANGE_RELEASE:
        return format_arena(load->arena, "release %s",
                            change->channel == NULL ? "all" : change->channel);
    case MTA_CHANGE_RESTART:
        return "restart";
    case MTA_CHANGE_STRESS:
        return format_arena(load->arena, "stress %s", change->channel);
    }
    UNREACHABLE("all kinds are above");
}

/* mark - into the picture, as faults are */
static void
mark(struct load *load, const struct doc_node *node, uint32_t first)
{
    struct scenario *scenario = load->scenario;
    const char *label = load_text(load, node, NULL, "events.*.label");
    const struct mta_change *change = &scenario->changes[first];

    if (first == scenario->changes_count) {
        return; /* nothing was said, or it was wrong: reported */
    }
    scenario->faults[scenario->faults_count++] = (struct scenario_fault){
        .at_ns = change->at_ns,
        .for_ns = change->for_ns,
        .label = label != NULL ? label : what_text(load, change),
    };
}

static void
event_build(struct load *load, const struct doc_node *node)
{
    struct scenario *scenario = load->scenario;
    const uint32_t first = scenario->changes_count;
    const struct doc_node *set = doc_get(node, "set");
    const char *release = load_text(load, node, NULL, "events.*.release");
    const char *stress = load_text(load, node, NULL, "events.*.stress");
    const bool is_restart = doc_get(node, "restart") != NULL;
    struct mta_change change = {.where = node->where};

    if ((set != NULL) + (release != NULL) + is_restart + (stress != NULL) !=
        1) {
        diag_error(load->diag, node->where,
                   "an event is one of set, release, restart, stress");
        return;
    }
    if (set != NULL && set->kind == DOC_MAP) {
        load_settings(load, "", set, set_add);
    } else if (release != NULL) {
        change.kind = MTA_CHANGE_RELEASE;
        change.channel = strcmp(release, "all") == 0 ? NULL : release;
        change_add(load, &change);
    } else if (is_restart) {
        change.kind = MTA_CHANGE_RESTART;
        change.for_ns = load_number(load, node, NULL, "events.*.restart");
        change_add(load, &change);
    } else if (stress != NULL) {
        change.kind = MTA_CHANGE_STRESS;
        change.channel = stress;
        change_add(load, &change);
    }
    for (uint32_t i = first; i < scenario->changes_count; i++) {
        scenario->changes[i].at_ns =
            load_number(load, node, NULL, "events.*.at");
    }
    mark(load, node, first);
}

/* faults_more - room for the marks of so many events */
static void
faults_more(struct load *load, uint32_t count)
{
    struct scenario *scenario = load->scenario;
    struct scenario_fault *faults = arena_take(
        load->arena, (scenario->faults_count + count) * sizeof *faults);

    if (scenario->faults_count > 0) {
        memcpy(faults, scenario->faults,
               scenario->faults_count * sizeof *faults);
    }
    scenario->faults = faults;
}

void
load_events(struct load *load)
{
    const struct doc_node *list = doc_get(load->root, "events");

    if (list == NULL || list->kind != DOC_LIST || list->first == NULL) {
        return;
    }
    load->scenario->changes =
        arena_take(load->arena, CHANGES_MAX * sizeof *load->scenario->changes);
    faults_more(load, list->children_count);
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        if (child->kind == DOC_MAP) {
            event_build(load, child);
        }
    }
}

void
load_notices(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *mta = doc_get(load->root, "mta");
    const struct doc_node *backlog = doc_get(mta, "backlog");
    const char *file = load_text(load, mta, NULL, "mta.backlog");
    const char *name = load_text(load, mta, NULL, "mta.notices_to");

    scenario->notice_bytes = load_number(load, mta, NULL, "mta.notice_size");
    if (file != NULL) {
        scenario->backlog_path = load_path(load, load->folder, file);
        if (access(scenario->backlog_path, R_OK) != 0) {
            diag_error(load->diag, backlog->where, "%s cannot be read: %s",
                       scenario->backlog_path, strerror(errno));
        }
    }
    if (name == NULL) {
        return;
    }
    scenario->notices_to = load_destination_get(load, name);
    if (scenario->notices_to == NULL || strcmp(name, "*") == 0) {
        load_destination_unknown(load, name, doc_get(mta, "notices_to")->where);
    }
}
