/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_traffic.c - who sends what to whom; see scenario.h
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/scenario_load.h"

/* shares_build - the destinations of a source and their weights */
static void
shares_build(struct load *load, const struct doc_node *section,
             const struct doc_node *first, struct traffic_params *params)
{
    const struct doc_node *to = load_find(section, first, "to");
    const struct schema_row *row = schema_get("traffic.*.to.*");
    struct traffic_share *shares = NULL;

    ASSERT(row != NULL);
    if (to == NULL || to->kind != DOC_MAP || to->first == NULL) {
        if (params->arrivals != TRAFFIC_REPLAY &&
            (to == NULL || to->kind == DOC_MAP)) {
            diag_error(load->diag, to != NULL ? to->where : section->where,
                       "the source %s has no destinations; say to: { NAME: 1 "
                       "}",
                       params->name != NULL ? params->name : "");
        }
        return;
    }
    shares = arena_take(load->arena, to->children_count * sizeof *shares);
    for (const struct doc_node *child = to->first; child != NULL;
         child = child->next) {
        const struct destination_params *destination =
            load_destination_get(load, child->key);
        struct schema_value value = {.text = NULL};
        const char *why = NULL;

        if (strcmp(child->key, "*") == 0) {
            diag_error(load->diag, child->key_where,
                       "\"*\" stands for destinations without a name; mail "
                       "goes to one with a name");
        }
        /* What is inherited is reported once, where it was written. */
        if (destination == NULL && doc_get(section, "to") != NULL) {
            load_destination_unknown(load, child->key, child->key_where);
        }
        if (child->kind == DOC_TEXT &&
            schema_value_parse(row, child->text, load->arena, &value, &why)) {
            shares[params->to_count++] = (struct traffic_share){
                .destination = destination, .weight = value.numbers[0]};
        }
    }
    params->to = shares;
}

/* arrivals_build - the shape of the arrivals, and replay's file */
static void
arrivals_build(struct load *load, const struct doc_node *section,
               struct traffic_params *params)
{
    const struct doc_node *node = doc_get(section, "arrivals");
    const struct schema_value value =
        load_value(load, section, NULL, "traffic.*.arrivals");

    params->arrivals =
        (enum traffic_arrivals)value.numbers[SCHEMA_ARRIVALS_KIND];
    params->rate_per_hour = value.numbers[SCHEMA_ARRIVALS_RATE];
    params->messages_count = value.numbers[SCHEMA_ARRIVALS_COUNT];
    params->at_ns = value.numbers[SCHEMA_ARRIVALS_AT];
    params->over_ns = value.numbers[SCHEMA_ARRIVALS_OVER];
    if (node == NULL) {
        return;
    }
    if (params->arrivals == TRAFFIC_REPLAY) {
        params->replay_path = load_path(load, load->folder, value.text);
        if (access(params->replay_path, R_OK) != 0) {
            diag_error(load->diag, node->where, "%s cannot be read: %s",
                       params->replay_path, strerror(errno));
        }
    } else if (params->at_ns >= load->scenario->horizon_ns &&
               load->scenario->horizon_ns > 0) {
        diag_warning(load->diag, node->where,
                     "this source starts after the horizon; it sends nothing");
    }
}

/* priority_build - one, or shares of three */
static void
priority_build(struct load *load, const struct doc_node *section,
               const struct doc_node *first, struct traffic_params *params)
{
    const struct schema_value value =
        load_value(load, section, first, "traffic.*.priority");

    params->priority = (uint32_t)value.numbers[SCHEMA_PRIORITY_LEVEL];
    params->is_mixed = value.numbers[SCHEMA_PRIORITY_IS_MIXED] != 0;
    params->urgent_ppm = (int32_t)value.numbers[SCHEMA_PRIORITY_URGENT];
    params->nonurgent_ppm = (int32_t)value.numbers[SCHEMA_PRIORITY_NONURGENT];
}

static void
source_build(struct load *load, const struct doc_node *node,
             const struct doc_node *first, struct traffic_params *params)
{
    const struct doc_node *quantum = load_find(node, first, "quantum");

    *params = (struct traffic_params){
        .name = load_text(load, node, NULL, "traffic.*.name"),
        .channel = load_text(load, node, first, "traffic.*.channel"),
        .size = load_variate(load, node, first, "traffic.*.size"),
        .recipients = load_variate(load, node, first, "traffic.*.recipients"),
        .is_null_sender =
            load_number(load, node, first, "traffic.*.null_sender") != 0,
        .quantum_ns =
            load_number(load, quantum, NULL, "traffic.*.quantum.time"),
        .quantum_bytes =
            load_number(load, quantum, NULL, "traffic.*.quantum.size"),
        .deferred_ns = load_number(load, node, first, "traffic.*.deferred"),
        .session_messages =
            (uint32_t)load_number(load, node, first, "traffic.*.session"),
        .retry_ns = load_number(load, node, first, "traffic.*.on_reject"),
        .where = node->where,
    };
    arrivals_build(load, node, params);
    priority_build(load, node, first, params);
    shares_build(load, node, first, params);
}

/* name_check - a name stands for one source: draws and --set go by it */
static void
name_check(struct load *load, const struct doc_node *node, const char *name)
{
    const struct scenario *scenario = load->scenario;

    for (uint32_t i = 0; name != NULL && i < scenario->traffic_count; i++) {
        const struct traffic_params *other = &scenario->traffic[i];

        if (other->name != NULL && strcmp(other->name, name) == 0) {
            diag_error(load->diag, doc_get(node, "name")->where,
                       "the source %s is here a second time, first in line %u",
                       name, other->where.line);
            return;
        }
    }
}

void
load_traffic(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *list = doc_get(load->root, "traffic");

    if (list == NULL || (list->kind == DOC_LIST && list->first == NULL)) {
        diag_error(load->diag, list != NULL ? list->where : load->root->where,
                   "the scenario has no traffic; say who sends: traffic: [{ "
                   "name: users, arrivals: poisson(10/s), to: { NAME: 1 } }]");
        return;
    }
    if (list->kind != DOC_LIST) {
        return; /* reported */
    }
    scenario->traffic = arena_take(load->arena, list->children_count *
                                                    sizeof *scenario->traffic);
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        struct traffic_params params;

        if (child->kind != DOC_MAP) {
            continue; /* reported */
        }
        source_build(load, child, child != list->first ? list->first : NULL,
                     &params);
        name_check(load, child, params.name);
        scenario->traffic[scenario->traffic_count++] = params;
    }
}
