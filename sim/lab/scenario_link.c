/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_link.c - links, the TCP at both their ends, the routers on them; see
 * scenario.h
 *
 * A path is made for each link as it is, and one for each fault, with the
 * router on it, so that a connection only has to choose one.
 */
#include "sim/lab/scenario_link.h"

#include <string.h>

#include "sim/lab/format.h"
#include "sim/lab/override.h"
#include "sim/lab/scenario_load.h"

enum { LINK_FAULTS_MAX = 1000 };

uint32_t
load_names_count(const struct load *load, uint32_t count)
{
    return load->diag->errors_count < DIAG_ERRORS_MAX ? count : 0;
}

/* --- Stacks ---------------------------------------------------------------- */

/* choice_word - the word that a choice stands for */
static const char *
choice_word(const struct load *load, const struct doc_node *section,
            const char *pattern)
{
    const struct schema_row *row = schema_get(pattern);
    const char *word = row->choices;

    for (int64_t i = load_number(load, section, NULL, pattern); i > 0; i--) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return format_arena(load->arena, "%.*s", (int)strcspn(word, " "), word);
}

/* shift_for - what Linux offers for a window as large as this */
static int32_t
shift_for(int64_t window_bytes)
{
    int32_t shift = 0;

    while (shift < TCP_SHIFT_MAX && window_bytes >> shift > TCP_WINDOW_MAX) {
        shift++;
    }
    return shift;
}

/* shift_set - "stack", "none", or a number: see SHIFTS of the schema */
static void
shift_set(struct tcp_stack *stack, int64_t choice)
{
    if (choice == 1) {
        stack->shift = TCP_SHIFT_NONE;
    } else if (choice > 1) {
        stack->shift = (int32_t)choice - 2;
    }
}

/* window_set - of 0 the stack's own */
static void
window_set(struct tcp_stack *stack, int64_t first_bytes, int64_t max_bytes)
{
    if (first_bytes > 0) {
        stack->window_first_bytes = first_bytes;
        stack->window_max_bytes = i64_max(stack->window_max_bytes, first_bytes);
    }
    if (max_bytes > 0) {
        stack->window_max_bytes = max_bytes;
        stack->window_first_bytes =
            i64_min(stack->window_first_bytes, max_bytes);
        if (stack->shift != TCP_SHIFT_NONE &&
            stack->tuning == TCP_TUNING_LINUX) {
            stack->shift = shift_for(max_bytes);
        }
    }
}

/* clamp_set - never shows more, and offers no larger shift than that needs */
static void
clamp_set(struct tcp_stack *stack, int64_t clamp_bytes)
{
    if (clamp_bytes > 0) {
        stack->window_clamp_bytes = clamp_bytes;
        if (stack->shift > shift_for(clamp_bytes)) {
            stack->shift = shift_for(clamp_bytes);
        }
    }
}

static struct tcp_stack *
stack_new(const struct load *load, const char *name)
{
    struct tcp_stack *stack = arena_take(load->arena, sizeof *stack);
    const struct tcp_stack *known = tcp_stack_named(name);

    ASSERT(known != NULL); /* all that the schema lets through are known */
    *stack = *known;
    return stack;
}

/* client_build - the mail host's own */
static struct tcp_stack *
client_build(const struct load *load)
{
    const struct doc_node *node = doc_get(doc_get(load->root, "mta"), "tcp");
    const char *name = choice_word(load, node, "mta.tcp.stack");
    const char *level = choice_word(load, node, "mta.tcp.level");
    const int64_t congestion =
        load_number(load, node, NULL, "mta.tcp.congestion");
    const bool has_level = strcmp(name, "windows-2008") == 0;
    struct tcp_stack *stack = NULL;

    if (!has_level && strcmp(level, "normal") != 0) {
        diag_error(load->diag, doc_get(node, "level")->where,
                   "level is of windows-2008; the stack here is %s", name);
    }
    stack = stack_new(
        load,
        has_level ? format_arena(load->arena, "%s-%s", name, level) : name);
    window_set(stack, load_number(load, node, NULL, "mta.tcp.window"),
               load_number(load, node, NULL, "mta.tcp.window_max"));
    shift_set(stack, load_number(load, node, NULL, "mta.tcp.shift"));
    if (load_number(load, node, NULL, "mta.tcp.window_scaling") == 0) {
        stack->shift = TCP_SHIFT_NONE;
    }
    clamp_set(stack, load_number(load, node, NULL, "mta.tcp.window_clamp"));
    if (congestion > 0) {
        stack->congestion = congestion == 1 ? TCP_RENO : TCP_CUBIC;
    }
    return stack;
}

const struct tcp_stack *
load_client(const struct load *load, const struct doc_node *section,
            const struct doc_node *fallback)
{
    const bool is_scaling =
        load_number(load, section, fallback,
                    "destinations.*.client_window_scaling") != 0;
    const int64_t clamp_bytes = load_number(
        load, section, fallback, "destinations.*.client_window_clamp");
    struct tcp_stack *stack = NULL;

    if (is_scaling && clamp_bytes == 0) {
        return load->scenario->client;
    }
    stack = arena_take(load->arena, sizeof *stack);
    *stack = *load->scenario->client;
    if (!is_scaling) {
        stack->shift = TCP_SHIFT_NONE;
    }
    clamp_set(stack, clamp_bytes);
    return stack;
}

static const struct tcp_stack *
server_build(const struct load *load, const struct doc_node *node)
{
    struct tcp_stack *stack =
        stack_new(load, choice_word(load, node, "links.*.server"));

    window_set(stack, load_number(load, node, NULL, "links.*.server_window"),
               load_number(load, node, NULL, "links.*.server_window_max"));
    shift_set(stack, load_number(load, node, NULL, "links.*.server_shift"));
    stack->mss_bytes = (int32_t)load_number(load, node, NULL, "links.*.mss");
    return stack;
}

/* --- Paths ----------------------------------------------------------------- */

/* The rows of one hop, which a link has for its only one. */
struct hop_rows {
    const char *rtt;
    const char *rate;
    const char *rate_up;
    const char *rate_down;
    const char *queue;
    const char *loss;
};

static const struct hop_rows link_rows = {
    "links.*.rtt",       "links.*.rate",  "links.*.rate_up",
    "links.*.rate_down", "links.*.queue", "links.*.loss"};
static const struct hop_rows hop_rows = {
    "links.*.hops.*.rtt",     "links.*.hops.*.rate",
    "links.*.hops.*.rate_up", "links.*.hops.*.rate_down",
    "links.*.hops.*.queue",   "links.*.hops.*.loss"};

/* rate_of - one direction's, where it says so, else that of both */
static int64_t
rate_of(const struct load *load, const struct doc_node *node,
        const char *pattern, const char *both)
{
    const struct doc_node *own = doc_get(node, strrchr(pattern, '.') + 1);
    const int64_t rate = load_number(load, node, NULL, pattern);

    if (rate == 0 && own != NULL && own->kind == DOC_TEXT &&
        strcmp(own->text, "unlimited") == 0) {
        diag_error(load->diag, own->where,
                   "one direction alone cannot be unlimited; say rate: "
                   "unlimited, and the other's rate");
    }
    return rate > 0 ? rate : load_number(load, node, NULL, both);
}

static struct hop_params
hop_build(const struct load *load, const struct doc_node *node,
          const struct hop_rows *rows, bool is_shared)
{
    const int64_t rtt_ns = load_number(load, node, NULL, rows->rtt);
    const int64_t queue_bytes = load_number(load, node, NULL, rows->queue);
    const int32_t loss_ppm = (int32_t)load_number(load, node, NULL, rows->loss);

    return (struct hop_params){
        .rate_bits_per_s = {rate_of(load, node, rows->rate_up, rows->rate),
                            rate_of(load, node, rows->rate_down, rows->rate)},
        .delay_ns = {rtt_ns / 2, rtt_ns - rtt_ns / 2},
        .queue_bytes = {queue_bytes, queue_bytes},
        .loss_ppm = {loss_ppm, loss_ppm},
        .is_shared = is_shared,
    };
}

/* box_add - a router with a fault on this hop */
static void
box_add(const struct load *load, const struct doc_node *node,
        const char *pattern, struct hop_params *hop)
{
    const struct schema_value value = load_value(load, node, NULL, pattern);

    if (value.numbers[SCHEMA_FAULT_KIND] != MIDDLEBOX_NONE) {
        hop->middleboxes[hop->middleboxes_count++] = (struct middlebox_params){
            .fault = (enum middlebox_fault)value.numbers[SCHEMA_FAULT_KIND],
            .value = (int32_t)value.numbers[SCHEMA_FAULT_VALUE],
            .directions = (uint8_t)value.numbers[SCHEMA_FAULT_DIRECTIONS],
        };
    }
}

/* hops_build - the list; what it replaces may not be there too */
static void
hops_build(const struct load *load, const struct doc_node *node,
           const struct doc_node *hops, bool is_shared,
           struct path_params *path)
{
    static const char *const own[] = {"rtt",       "rate",  "rate_up",
                                      "rate_down", "queue", "loss"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        const struct doc_node *twice = doc_get(node, own[i]);

        if (twice != NULL) {
            diag_error(load->diag, twice->where,
                       "%s is of each of the hops; say it there", own[i]);
        }
    }
    if (hops->children_count == 0 || hops->children_count > PATH_HOPS_MAX) {
        diag_error(load->diag, hops->where, "a link has 1 to %d hops, found %u",
                   PATH_HOPS_MAX, hops->children_count);
        return;
    }
    path->hops_count = 0;
    for (const struct doc_node *child = hops->first; child != NULL;
         child = child->next) {
        struct hop_params *hop = &path->hops[path->hops_count++];

        *hop = hop_build(load, child, &hop_rows, is_shared);
        box_add(load, child, "links.*.hops.*.window_scaling", hop);
    }
}

static struct path_params *
path_build(const struct load *load, const char *name,
           const struct doc_node *node, bool is_shared)
{
    const struct doc_node *hops = doc_get(node, "hops");
    struct path_params *path = arena_take(load->arena, sizeof *path);

    *path = (struct path_params){.name = name, .hops_count = 1};
    if (hops != NULL && hops->kind == DOC_LIST) {
        hops_build(load, node, hops, is_shared, path);
    } else {
        path->hops[0] = hop_build(load, node, &link_rows, is_shared);
    }
    return path;
}

/* --- Faults ---------------------------------------------------------------- */

/* fault_push - one more of this link; its router stands at the mail host's end
 * of the way */
static void
fault_push(struct load *load, struct link_params *link,
           const struct doc_node *node, const char *pattern,
           struct link_fault fault)
{
    struct path_params *path = arena_take(load->arena, sizeof *path);
    struct link_fault *faults =
        arena_take(load->arena, (link->faults_count + 1) * sizeof *faults);

    *path = *link->path;
    if (path->hops[0].middleboxes_count < PATH_MIDDLEBOXES_MAX) {
        box_add(load, node, pattern, &path->hops[0]);
    }
    fault.path = path;
    if (link->faults_count > 0) {
        memcpy(faults, link->faults, link->faults_count * sizeof *faults);
    }
    faults[link->faults_count++] = fault;
    link->faults = faults;
}

void
load_link_fault(struct load *load, struct link_params *link,
                const struct doc_node *node, int64_t at_ns, int64_t for_ns)
{
    for (uint32_t i = 0; i < link->faults_count; i++) {
        const struct link_fault *other = &link->faults[i];

        if (other->until_ns != INT64_MAX && other->from_ns < at_ns + for_ns &&
            at_ns < other->until_ns) {
            diag_error(load->diag, node->where,
                       "this fault of %s overlaps another one; make one of the "
                       "two, or let the second start when the first ends",
                       link->name);
            return;
        }
    }
    if (link->faults_count == LINK_FAULTS_MAX) {
        diag_error(load->diag, node->where,
                   "the link %s has more than %d "
                   "faults",
                   link->name, LINK_FAULTS_MAX);
        return;
    }
    fault_push(load, link, node, "faults.*.window_scaling",
               (struct link_fault){
                   .from_ns = at_ns,
                   .until_ns = at_ns + for_ns,
                   .share_ppm =
                       (int32_t)load_number(load, node, NULL, "faults.*.share"),
               });
}

/* --- Links ----------------------------------------------------------------- */

static void
link_build(struct load *load, const char *name, const struct doc_node *node,
           struct src_loc where)
{
    struct scenario *scenario = load->scenario;
    struct link_params *link = &scenario->links[scenario->links_count++];
    const bool is_shared = load_number(load, node, NULL, "links.*.shared") != 0;
    struct path_params *path = path_build(load, name, node, is_shared);
    const struct tcp_stack *server = server_build(load, node);

    for (uint32_t i = 0; i < path->hops_count; i++) {
        link->rtt_ns += path->hops[i].delay_ns[TCP_CLIENT] +
                        path->hops[i].delay_ns[TCP_SERVER];
    }
    link->name = name;
    link->rate_bits_per_s = path->hops[0].rate_bits_per_s[TCP_CLIENT];
    link->segment_bytes = load_number(load, node, NULL, "links.*.mss");
    link->where = where;
    link->model =
        (enum link_model)load_number(load, node, NULL, "links.*.model");
    link->is_shared = is_shared;
    link->path = path;
    link->server = server;
    if (load_value(load, node, NULL, "links.*.window_scaling")
            .numbers[SCHEMA_FAULT_KIND] != MIDDLEBOX_NONE) {
        fault_push(load, link, node, "links.*.window_scaling",
                   (struct link_fault){
                       .until_ns = INT64_MAX,
                       .share_ppm = (int32_t)load_number(load, node, NULL,
                                                         "links.*.share"),
                   });
    }
    if (is_shared && (link->model == LINK_PLAIN || link->model == LINK_ROUND)) {
        diag_error(load->diag, doc_get(node, "model")->where,
                   "the link %s is shared: that takes model auto or segment",
                   name);
    }
}

void
load_links(struct load *load)
{
    const struct doc_node *links = doc_get(load->root, "links");
    const uint32_t count =
        links != NULL && links->kind == DOC_MAP ? links->children_count : 0;

    load->scenario->client = client_build(load);
    load->scenario->links =
        arena_take(load->arena, (count + 1) * sizeof *load->scenario->links);
    for (const struct doc_node *child = count > 0 ? links->first : NULL;
         child != NULL; child = child->next) {
        link_build(load, child->key, child, child->key_where);
    }
    if (doc_get(links, "default") == NULL) {
        link_build(load, "default", NULL, load->root->where);
    }
}

struct link_params *
load_link_get(const struct load *load, const char *name)
{
    const struct scenario *scenario = load->scenario;

    for (uint32_t i = 0; i < scenario->links_count; i++) {
        if (strcmp(scenario->links[i].name, name) == 0) {
            return &scenario->links[i];
        }
    }
    return NULL;
}

void
load_link_unknown(struct load *load, const char *name, struct src_loc where)
{
    const struct scenario *scenario = load->scenario;
    const uint32_t count = load_names_count(load, scenario->links_count);
    const char **names = arena_take(load->arena, (count + 1) * sizeof *names);

    for (uint32_t i = 0; i < count; i++) {
        names[i] = scenario->links[i].name;
    }
    diag_error(load->diag, where, "there is no link %.255s%s", name,
               override_advice(load->arena, name, names, count, load->diag));
}

/* --- Models ---------------------------------------------------------------- */

/* is_as_default - what these rows of a section say is what they would be if
 * they said nothing: only then may a link be plain, whose key does not tell
 * the two apart */
static bool
is_as_default(const struct load *load, const struct doc_node *section,
              const char *const *patterns)
{
    for (size_t i = 0; patterns[i] != NULL; i++) {
        const struct schema_value standard =
            schema_standard(schema_get(patterns[i]), load->arena);

        if (load_number(load, section, NULL, patterns[i]) !=
            standard.numbers[0]) {
            return false;
        }
    }
    return true;
}

/* is_tcp - it says something that plain arithmetic knows nothing of */
static bool
is_tcp(const struct load *load, const struct link_params *link)
{
    static const char *const of_links[] = {"links.*.rate_up",
                                           "links.*.rate_down",
                                           "links.*.queue",
                                           "links.*.loss",
                                           "links.*.shared",
                                           "links.*.server",
                                           "links.*.server_shift",
                                           "links.*.server_window",
                                           "links.*.server_window_max",
                                           NULL};
    static const char *const of_client[] = {
        "mta.tcp.stack",        "mta.tcp.level",      "mta.tcp.window_scaling",
        "mta.tcp.shift",        "mta.tcp.window",     "mta.tcp.window_max",
        "mta.tcp.window_clamp", "mta.tcp.congestion", NULL};
    const struct doc_node *node =
        doc_get(doc_get(load->root, "links"), link->name);
    const struct doc_node *client = doc_get(doc_get(load->root, "mta"), "tcp");

    return link->faults_count > 0 || doc_get(node, "hops") != NULL ||
           !is_as_default(load, node, of_links) ||
           !is_as_default(load, client, of_client);
}

void
load_models(struct load *load)
{
    struct scenario *scenario = load->scenario;

    for (uint32_t i = 0; i < scenario->links_count; i++) {
        struct link_params *link = &scenario->links[i];
        bool is_client_other = false;

        for (uint32_t k = 0; k < scenario->destinations_count; k++) {
            is_client_other =
                is_client_other ||
                (scenario->destinations[k].link == link &&
                 scenario->destinations[k].client != scenario->client);
        }
        if (link->model == LINK_AUTO && !is_client_other &&
            !is_tcp(load, link)) {
            link->model = LINK_PLAIN;
        }
    }
}

/* --- One link alone -------------------------------------------------------- */

/* path_at - with whatever router is on it at this instant, for whom it is */
static const struct path_params *
path_at(const struct link_params *link, int64_t at_ns)
{
    const struct path_params *path = link->path;

    for (uint32_t i = 0; i < link->faults_count; i++) {
        if (link->faults[i].from_ns <= at_ns &&
            at_ns < link->faults[i].until_ns) {
            path = link->faults[i].path;
        }
    }
    return path;
}

bool
scenario_link_get(const struct scenario *scenario, const char *name,
                  int64_t at_ns, struct scenario_link *link, struct diag *diag)
{
    const char **names = arena_take(
        scenario->arena, (scenario->links_count + 1) * sizeof *names);

    for (uint32_t i = 0; i < scenario->links_count; i++) {
        const struct link_params *params = &scenario->links[i];

        names[i] = params->name;
        if (strcmp(params->name, name) == 0) {
            *link = (struct scenario_link){.path = *path_at(params, at_ns),
                                           .client = *scenario->client,
                                           .server = *params->server};
            link->client.mss_bytes = (int32_t)params->segment_bytes;
            link->server.mss_bytes = (int32_t)params->segment_bytes;
            return true;
        }
    }
    diag_error(diag, (struct src_loc){.file = scenario->path},
               "there is no link %.255s%s", name,
               override_advice(scenario->arena, name, names,
                               scenario->links_count, diag));
    return false;
}
