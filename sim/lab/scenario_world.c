/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_world.c - destinations and what breaks; see scenario.h
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/format.h"
#include "sim/lab/override.h"
#include "sim/lab/scenario_load.h"

/* The keys of temporary and permanent, in the order of enum smtp_phase. */
static const char *const phases[SMTP_PHASES_COUNT] = {
    "connect", "greeting", "ehlo", "mail", "rcpt", "data", "dot"};

enum { HOSTS_MAX = 1000000, FAULTS_MAX = 1000 };

/* The outages of one destination while they are collected. */
struct outage_list {
    struct destination_outage *outages;
    uint32_t count;
};

/* link_get - by name; NULL: it is not there, reported where it was written */
static const struct link_params *
link_get(struct load *load, const struct doc_node *section, const char *name)
{
    const struct doc_node *node = doc_get(section, "link");
    const struct doc_node *links = doc_get(load->root, "links");
    const struct link_params *link = load_link_get(load, name);

    if (link != NULL || node == NULL ||
        (links != NULL && links->kind != DOC_MAP)) {
        return link; /* else reported at "*", from which it is, or at links */
    }
    load_link_unknown(load, name, node->where);
    return NULL;
}

/* replies_build - one probability for rcpt, or a mapping by command */
static void
replies_build(const struct load *load, const struct doc_node *node,
              const char *pattern, int32_t ppm[SMTP_PHASES_COUNT])
{
    const struct schema_row *row = schema_get(pattern);
    struct schema_value value;
    const char *why = NULL;

    ASSERT(row != NULL);
    if (node == NULL) {
        return;
    }
    if (node->kind == DOC_TEXT &&
        schema_value_parse(row, node->text, load->arena, &value, &why)) {
        ppm[SMTP_RCPT] = (int32_t)value.numbers[0];
    }
    for (int i = 0; i < SMTP_PHASES_COUNT && node->kind == DOC_MAP; i++) {
        char full[SCHEMA_PATTERN_MAX];

        if (schema_join(full, pattern, phases[i])) {
            ppm[i] = (int32_t)load_number(load, node, NULL, full);
        }
    }
}

/* replies_check - a reply is 4xx or 5xx or neither */
static void
replies_check(const struct load *load, const struct destination_params *params)
{
    for (int i = 0; i < SMTP_PHASES_COUNT; i++) {
        if (params->temporary_ppm[i] + params->permanent_ppm[i] > PPM) {
            diag_error(load->diag, params->where,
                       "%s: temporary and permanent replies %s%s are together "
                       "more than 100%%",
                       params->name, i == SMTP_CONNECT ? "while " : "at ",
                       i == SMTP_CONNECT ? "connecting" : phases[i]);
        }
    }
}

/* group_build - how many hosts, and how mail falls on them; not inherited */
static void
group_build(struct load *load, const struct doc_node *node,
            struct destination_params *params)
{
    const struct doc_node *hosts = doc_get(node, "hosts");

    params->hosts_count =
        (uint32_t)load_number(load, node, NULL, "destinations.*.hosts");
    params->zipf_ppm =
        load_number(load, node, NULL, "destinations.*.popularity");
    if (params->hosts_count > HOSTS_MAX) {
        diag_error(load->diag, hosts->where,
                   "hosts must be at most %d, found %u", HOSTS_MAX,
                   params->hosts_count);
    }
    if (params->hosts_count > 1 && strcmp(params->name, "*") == 0) {
        diag_error(load->diag, hosts->where,
                   "the destination \"*\" is no group; give hosts to one with "
                   "a name");
    }
}

static struct destination_params
destination_build(struct load *load, const char *name,
                  const struct doc_node *node, const struct doc_node *star,
                  struct src_loc where)
{
    const struct schema_value link =
        load_value(load, node, star, "destinations.*.link");
    struct destination_params params = {
        .name = name,
        .channel = load_text(load, node, star, "destinations.*.channel"),
        .link = link_get(load, node, link.text),
        .client = load_client(load, node, star),
        .connections_max = (uint32_t)load_number(
            load, node, star, "destinations.*.connections_max"),
        .at_limit = (enum destination_at_limit)load_number(
            load, node, star, "destinations.*.at_limit"),
        .messages_per_connection = (uint32_t)load_number(
            load, node, star, "destinations.*.messages_per_connection"),
        .service = load_variate(load, node, star, "destinations.*.service"),
        .banner_delay =
            load_variate(load, node, star, "destinations.*.banner_delay"),
        .greylist_ns = load_number(load, node, star, "destinations.*.greylist"),
        .where = where,
    };

    group_build(load, node, &params);
    replies_build(load, load_find(node, star, "temporary"),
                  "destinations.*.temporary", params.temporary_ppm);
    replies_build(load, load_find(node, star, "permanent"),
                  "destinations.*.permanent", params.permanent_ppm);
    replies_check(load, &params);
    return params;
}

/* --- Names of hosts ------------------------------------------------------- */

/* folded - ASCII lower case: names of hosts are the same in any */
static char
folded(char c)
{
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c - 'A' + 'a');
    }
    return c;
}

/* host_compare - below 0, 0, above 0, as strcmp() has it */
static int
host_compare(const char *a, const char *b)
{
    while (*a != '\0' && folded(*a) == folded(*b)) {
        a++;
        b++;
    }
    return (unsigned char)folded(*a) - (unsigned char)folded(*b);
}

/* order_compare - by name, the same names in the order of the file */
static int
order_compare(const void *left, const void *right)
{
    const struct destination_params *a =
        *(const struct destination_params *const *)left;
    const struct destination_params *b =
        *(const struct destination_params *const *)right;
    const int order = host_compare(a->name, b->name);

    return order != 0 ? order : a < b ? -1 : a > b;
}

/* member_number - which host of a group has this name; 0: none. They are called
 * NAME-1.REST, as models/directory.h has it */
static uint32_t
member_number(const struct destination_params *group, const char *name)
{
    const size_t prefix = strcspn(group->name, ".");
    uint32_t number = 0;
    size_t i = 0;

    while (i < prefix && folded(name[i]) == folded(group->name[i])) {
        i++;
    }
    if (i < prefix || name[i++] != '-' || name[i] < '1' || name[i] > '9') {
        return 0;
    }
    while (name[i] >= '0' && name[i] <= '9' && number <= HOSTS_MAX) {
        number = number * 10 + (uint32_t)(name[i++] - '0');
    }
    return number <= group->hosts_count &&
                   host_compare(name + i, group->name + prefix) == 0
               ? number
               : 0;
}

/* members_check - a group against every destination that is one host */
static void
members_check(struct load *load, const struct destination_params *group)
{
    const struct scenario *scenario = load->scenario;

    for (uint32_t i = 0; i + 1 < scenario->destinations_count; i++) {
        const struct destination_params *other = &scenario->destinations[i];
        const uint32_t number =
            other->hosts_count > 1 ? 0 : member_number(group, other->name);

        if (number > 0) {
            diag_error(load->diag, other->where,
                       "%s is also host %" PRIu32
                       " of the group %s of line %" PRIu32
                       "; give one of the two another name",
                       other->name, number, group->name, group->where.line);
        }
    }
}

/* hosts_check - no two destinations may be the same host: the last would win
 * and the first never get its mail */
static void
hosts_check(struct load *load)
{
    const struct scenario *scenario = load->scenario;
    const uint32_t count = scenario->destinations_count - 1; /* not "*" */
    const struct destination_params **order =
        arena_take(load->arena, ((uint64_t)count + 1) * sizeof(void *));

    for (uint32_t i = 0; i < count; i++) {
        order[i] = &scenario->destinations[i];
        if (order[i]->hosts_count > 1) {
            members_check(load, order[i]);
        }
    }
    qsort(order, count, sizeof(void *), order_compare);
    for (uint32_t i = 1; i < count; i++) {
        if (host_compare(order[i - 1]->name, order[i]->name) == 0) {
            diag_error(load->diag, order[i]->where,
                       "%s is the host that line %" PRIu32
                       " calls %s: capitals make no other name; make one of"
                       " the two",
                       order[i]->name, order[i - 1]->where.line,
                       order[i - 1]->name);
        }
    }
}

void
load_destinations(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *all = doc_get(load->root, "destinations");
    const struct doc_node *star = doc_get(all, "*");
    const uint32_t count =
        all != NULL && all->kind == DOC_MAP ? all->children_count : 0;

    scenario->destinations =
        arena_take(load->arena, (count + 1) * sizeof *scenario->destinations);
    for (const struct doc_node *child = count > 0 ? all->first : NULL;
         child != NULL; child = child->next) {
        if (child != star) {
            scenario->destinations[scenario->destinations_count++] =
                destination_build(load, child->key, child, star,
                                  child->key_where);
        }
    }
    scenario->destinations[scenario->destinations_count++] =
        destination_build(load, "*", star, NULL,
                          star != NULL ? star->key_where : load->root->where);
    hosts_check(load);
}

/* outages_grow - room for one more, doubled, so that many stay cheap */
static struct destination_outage *
outages_grow(const struct load *load, struct destination_outage *outages,
             uint32_t count)
{
    struct destination_outage *grown = NULL;

    if ((count & (count - 1)) != 0) {
        return outages; /* only a power of two is full */
    }
    grown =
        arena_take(load->arena, (count == 0 ? 1 : count * 2) * sizeof *grown);
    if (count > 0) {
        memcpy(grown, outages, count * sizeof *grown);
    }
    return grown;
}

/* outage_insert - in order of time; windows that overlap are reported */
static void
outage_insert(struct outage_list *list, const struct load *load,
              const struct destination_params *params,
              const struct destination_outage *outage, struct src_loc where)
{
    uint32_t i = 0;

    while (i < list->count && list->outages[i].from_ns <= outage->from_ns) {
        i++;
    }
    if ((i > 0 && list->outages[i - 1].until_ns > outage->from_ns) ||
        (i < list->count && list->outages[i].from_ns < outage->until_ns)) {
        diag_error(load->diag, where,
                   "this outage of %s overlaps another one; make one of the "
                   "two, or let the second start when the first ends",
                   params->name);
        return;
    }
    list->outages = outages_grow(load, list->outages, list->count);
    memmove(list->outages + i + 1, list->outages + i,
            (list->count - i) * sizeof *list->outages);
    list->outages[i] = *outage;
    list->count++;
}

/* fault_label - what was written, or "bigisp.example: refuse" */
static const char *
fault_label(const struct load *load, const struct doc_node *node,
            const char *name, enum destination_outage_kind kind)
{
    static const char *const kinds[] = {"refuse", "timeout", "dns"};
    const char *label = load_text(load, node, NULL, "faults.*.label");
    char made[SCHEMA_NAME_MAX + 32];

    if (label != NULL) {
        return label;
    }
    snprintf(made, sizeof made, "%s: %s",
             strcmp(name, "*") == 0 ? "all destinations" : name, kinds[kind]);
    return arena_text(load->arena, made);
}

void
load_destination_unknown(struct load *load, const char *name,
                         struct src_loc where)
{
    const struct scenario *scenario = load->scenario;
    const uint32_t count = load_names_count(load, scenario->destinations_count);
    const char **names = arena_take(load->arena, (count + 1) * sizeof *names);

    for (uint32_t i = 0; i < count; i++) {
        names[i] = scenario->destinations[i].name;
    }
    diag_error(load->diag, where, "there is no destination %.255s%s", name,
               override_advice(load->arena, name, names, count, load->diag));
}

const struct destination_params *
load_destination_get(const struct load *load, const char *name)
{
    const struct scenario *scenario = load->scenario;

    for (uint32_t i = 0; i < scenario->destinations_count; i++) {
        if (strcmp(scenario->destinations[i].name, name) == 0) {
            return &scenario->destinations[i];
        }
    }
    return NULL;
}

/* fault_mark - into the picture */
static void
fault_mark(struct load *load, int64_t at_ns, int64_t for_ns, const char *label)
{
    struct scenario *scenario = load->scenario;

    scenario->faults[scenario->faults_count++] =
        (struct scenario_fault){at_ns, for_ns, label};
}

/* outage_build - a fault of a destination */
static void
outage_build(struct load *load, const struct doc_node *node, const char *name,
             struct outage_list *lists)
{
    struct scenario *scenario = load->scenario;
    const int64_t at_ns = load_number(load, node, NULL, "faults.*.at");
    const int64_t for_ns = load_number(load, node, NULL, "faults.*.for");
    const struct destination_outage outage = {
        .from_ns = at_ns,
        .until_ns = at_ns + for_ns,
        .kind = (enum destination_outage_kind)load_number(load, node, NULL,
                                                          "faults.*.outage"),
    };

    if (load_destination_get(load, name) == NULL) {
        load_destination_unknown(load, name,
                                 doc_get(node, "destination")->where);
        return;
    }
    for (uint32_t i = 0; i < scenario->destinations_count; i++) {
        const struct destination_params *params = &scenario->destinations[i];

        if (strcmp(name, "*") == 0 || strcmp(name, params->name) == 0) {
            outage_insert(&lists[i], load, params, &outage, node->where);
        }
    }
    fault_mark(load, at_ns, for_ns, fault_label(load, node, name, outage.kind));
}

/* router_build - a fault of a link */
static void
router_build(struct load *load, const struct doc_node *node, const char *name)
{
    const int64_t at_ns = load_number(load, node, NULL, "faults.*.at");
    const int64_t for_ns = load_number(load, node, NULL, "faults.*.for");
    const char *label = load_text(load, node, NULL, "faults.*.label");
    const struct doc_node *what = doc_get(node, "window_scaling");
    struct link_params *link = load_link_get(load, name);

    if (link == NULL) {
        load_link_unknown(load, name, doc_get(node, "link")->where);
        return;
    }
    if (what == NULL || what->kind != DOC_TEXT) {
        diag_error(load->diag, node->where,
                   "the fault of the link %s says no window_scaling: "
                   "strip-synack, track and others; `mtasim help scenario`",
                   name);
        return;
    }
    load_link_fault(load, link, node, at_ns, for_ns);
    fault_mark(load, at_ns, for_ns,
               label != NULL
                   ? label
                   : format_arena(load->arena, "%s: %s", name, what->text));
}

/* keys_check - a fault is of one thing, and says only what that has */
static bool
keys_check(struct load *load, const struct doc_node *node, bool is_of_link,
           bool is_of_destination)
{
    const char *wrong = NULL;

    if (is_of_link == is_of_destination) {
        diag_error(load->diag, node->where,
                   "a fault is of a destination (destination, outage) or of a "
                   "link (link, window_scaling); this is of %s",
                   is_of_link ? "both" : "neither");
        return false;
    }
    if (is_of_link && doc_get(node, "outage") != NULL) {
        wrong = "outage";
    } else if (!is_of_link && doc_get(node, "window_scaling") != NULL) {
        wrong = "window_scaling";
    } else if (!is_of_link && doc_get(node, "share") != NULL) {
        wrong = "share";
    }
    if (wrong != NULL) {
        diag_error(load->diag, doc_get(node, wrong)->where,
                   "%s is of a fault of a %s; take one of the two out", wrong,
                   is_of_link ? "destination" : "link");
    }
    return wrong == NULL;
}

static void
fault_build(struct load *load, const struct doc_node *node,
            struct outage_list *lists)
{
    const char *destination =
        load_text(load, node, NULL, "faults.*.destination");
    const char *link = load_text(load, node, NULL, "faults.*.link");
    const int64_t at_ns = load_number(load, node, NULL, "faults.*.at");

    if (node->kind != DOC_MAP ||
        !keys_check(load, node, link != NULL, destination != NULL) ||
        load_number(load, node, NULL, "faults.*.for") == 0) {
        return; /* reported */
    }
    if (at_ns >= load->scenario->horizon_ns && load->scenario->horizon_ns > 0) {
        diag_warning(load->diag, node->where,
                     "this fault comes after the horizon; it changes nothing");
    }
    if (link != NULL) {
        router_build(load, node, link);
    } else {
        outage_build(load, node, destination, lists);
    }
}

void
load_faults(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *list = doc_get(load->root, "faults");
    struct outage_list *lists = NULL;

    if (list == NULL || list->kind != DOC_LIST || list->first == NULL) {
        return;
    }
    if (list->children_count > FAULTS_MAX) {
        diag_error(load->diag, list->where, "there are more than %d faults",
                   FAULTS_MAX);
        return;
    }
    lists =
        arena_take(load->arena, scenario->destinations_count * sizeof *lists);
    scenario->faults = arena_take(load->arena, list->children_count *
                                                   sizeof *scenario->faults);
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        fault_build(load, child, lists);
    }
    for (uint32_t i = 0; i < scenario->destinations_count; i++) {
        scenario->destinations[i].outages = lists[i].outages;
        scenario->destinations[i].outages_count = lists[i].count;
    }
}
