/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.c - from a file and some settings to checked parameters; see
 * scenario.h
 */
#define _XOPEN_SOURCE 700 /* realpath() */
#include "sim/lab/scenario.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/lab/format.h"
#include "sim/lab/override.h"
#include "sim/lab/scenario_load.h"

enum {
    STEPS_DEFAULT = 240, /* of the time series: a picture is 240 points wide */
    STEPS_MAX = 1000000
};

struct doc_node *
load_find(const struct doc_node *section, const struct doc_node *fallback,
          const char *key)
{
    struct doc_node *node = doc_get(section, key);

    return node != NULL ? node : doc_get(fallback, key);
}

struct schema_value
load_value(const struct load *load, const struct doc_node *section,
           const struct doc_node *fallback, const char *pattern)
{
    const struct schema_row *row = schema_get(pattern);
    const char *dot = strrchr(pattern, '.');
    const struct doc_node *node =
        load_find(section, fallback, dot != NULL ? dot + 1 : pattern);
    struct schema_value value;
    const char *why = NULL;

    ASSERT(row != NULL);
    if (node != NULL && node->kind == DOC_TEXT &&
        schema_value_parse(row, node->text, load->arena, &value, &why)) {
        return value;
    }
    return schema_standard(row, load->arena);
}

int64_t
load_number(const struct load *load, const struct doc_node *section,
            const struct doc_node *fallback, const char *pattern)
{
    return load_value(load, section, fallback, pattern).numbers[0];
}

struct variate
load_variate(const struct load *load, const struct doc_node *section,
             const struct doc_node *fallback, const char *pattern)
{
    return load_value(load, section, fallback, pattern).variate;
}

const char *
load_text(const struct load *load, const struct doc_node *section,
          const struct doc_node *fallback, const char *pattern)
{
    const char *text = load_value(load, section, fallback, pattern).text;

    return text != NULL && *text != '\0' ? text : NULL;
}

/* general_build - the single values of the top */
static void
general_build(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *root = load->root;
    const struct doc_node *step = doc_get(root, "step");
    const char *title = load_text(load, root, NULL, "title");

    scenario->title = title != NULL ? title : scenario->name;
    scenario->start_wall_ns = load_number(load, root, NULL, "start");
    scenario->horizon_ns = load_number(load, root, NULL, "horizon");
    scenario->step_ns = load_number(load, root, NULL, "step");
    if (scenario->step_ns == 0) {
        scenario->step_ns = i64_max(1, i64_div_ceil(scenario->horizon_ns,
                                                    STEPS_DEFAULT * NS_PER_S)) *
                            NS_PER_S;
    }
    if (scenario->horizon_ns / scenario->step_ns > STEPS_MAX) {
        diag_error(load->diag, step != NULL ? step->where : root->where,
                   "step is too small: the time series has at most %d steps, "
                   "here it would have %lld",
                   STEPS_MAX,
                   (long long)(scenario->horizon_ns / scenario->step_ns));
    }
    scenario->messages_max =
        (uint32_t)load_number(load, root, NULL, "messages_max");
    scenario->is_strict = load_number(load, root, NULL, "strict") != 0;
    scenario->replications =
        (uint32_t)load_number(load, root, NULL, "replications");
    scenario->default_channel =
        load_text(load, doc_get(root, "mta"), NULL, "mta.default_channel");
}

static void
machine_build(struct load *load)
{
    const struct doc_node *node = doc_get(load->root, "machine");

    load->scenario->machine = (struct machine_params){
        .process_start =
            load_variate(load, node, NULL, "machine.process_start"),
        .thread_start = load_variate(load, node, NULL, "machine.thread_start"),
        .per_message = load_variate(load, node, NULL, "machine.per_message"),
        .expand_per_recipient_ns =
            load_number(load, node, NULL, "machine.expand_per_recipient"),
        .scan_per_file_ns =
            load_number(load, node, NULL, "machine.scan_per_file"),
        .processes_max =
            (uint32_t)load_number(load, node, NULL, "machine.processes_max"),
    };
}

static void
dialogue_build(struct load *load)
{
    const struct doc_node *node = doc_get(load->root, "dialogue");

    load->scenario->dialogue = (struct dialogue_params){
        .is_pipelining =
            load_number(load, node, NULL, "dialogue.pipelining") != 0,
        .connect_timeout_ns =
            load_number(load, node, NULL, "dialogue.connect_timeout"),
        .greeting_timeout_ns =
            load_number(load, node, NULL, "dialogue.greeting_timeout"),
        .command_timeout_ns =
            load_number(load, node, NULL, "dialogue.command_timeout"),
        .data_timeout_ns =
            load_number(load, node, NULL, "dialogue.data_timeout"),
        .block_timeout_ns =
            load_number(load, node, NULL, "dialogue.block_timeout"),
        .dot_timeout_ns = load_number(load, node, NULL, "dialogue.dot_timeout"),
    };
}

/* measure_build - names of metrics; those who measure know which there are */
static void
measure_build(struct load *load)
{
    const struct doc_node *list = doc_get(load->root, "measure");
    uint32_t count = 0;

    if (list == NULL || list->kind != DOC_LIST || list->first == NULL) {
        return;
    }
    load->scenario->measure = arena_take(
        load->arena, list->children_count * sizeof *load->scenario->measure);
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        if (child->kind == DOC_TEXT) {
            load->scenario->measure[count++] = child->text;
        }
    }
    load->scenario->measure_count = count;
}

/* set_apply - one "path=value", by --set or what else it came of */
static void
set_apply(struct load *load, const char *set, const char *origin)
{
    const char *equals = strchr(set, '=');
    const struct src_loc where = {
        .file = format_arena(load->arena, "%s %s", origin, set)};

    if (equals == NULL || equals == set) {
        diag_error(load->diag, where,
                   "a setting is written PATH=VALUE: links.wan.rtt=80ms");
        return;
    }

    char *path = arena_text(load->arena, set);

    path[equals - set] = '\0';
    if (schema_path_is_setting(path)) {
        load_override_add(load, path, equals + 1,
                          (struct src_loc){.file = origin});
    } else {
        (void)override_set(load->root, path, equals + 1, where, load->arena,
                           load->diag);
    }
}

/* name_of - the folder's last part, or the file's name if it has its own */
static const char *
name_of(struct arena *arena, const char *path)
{
    char resolved[PATH_MAX];
    const char *slash = NULL;

    if (realpath(path, resolved) == NULL) {
        return "scenario";
    }
    slash = strrchr(resolved, '/');
    if (slash != NULL && strcmp(slash, "/scenario.yaml") == 0) {
        resolved[slash - resolved] = '\0';
    } else {
        char *dot = strrchr(resolved, '.');

        if (dot != NULL && dot > slash) {
            *dot = '\0';
        }
    }
    slash = strrchr(resolved, '/');
    return arena_text(arena, slash != NULL && slash[1] != '\0' ? slash + 1
                                                               : "scenario");
}

/* document_read - NULL: there is none; reported */
static struct doc_node *
document_read(struct load *load, const char *path)
{
    struct stat status;
    const char *file = arena_text(load->arena, path);
    char *bytes = NULL;
    uint64_t size = 0;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        file = load_path(load, path, "scenario.yaml");
    }
    load->scenario->path = file;
    load->scenario->name = name_of(load->arena, file);
    load->folder = load_folder(load->arena, file);
    /* One more than is read: the reader of documents says what is wrong. */
    bytes = load_file(load->arena, file, (uint64_t)DOC_BYTES_MAX + 1, &size);
    if (bytes == NULL && errno != EFBIG) {
        const int why = errno;

        diag_error(load->diag, (struct src_loc){.file = file},
                   "the scenario cannot be read: %s%s", strerror(why),
                   why == ENOENT ? load_near(load, path) : "");
        return NULL;
    }
    if (bytes == NULL) {
        diag_error(load->diag, (struct src_loc){.file = file},
                   "the scenario is larger than %u bytes", DOC_BYTES_MAX);
        return NULL;
    }
    diag_text(load->diag, file, bytes, size);
    return doc_parse(load->arena, file, bytes, size, load->diag);
}

/* build_all - each part reports what is wrong with it, and the next is tried */
static void
build_all(struct load *load)
{
    general_build(load);
    machine_build(load);
    dialogue_build(load);
    measure_build(load);
    load_links(load);
    load_destinations(load);
    load_faults(load);
    load_models(load);
    load_notices(load);
    load_events(load);
    load_traffic(load);
    load_files(load);
    load_sweep(load);
}

bool
scenario_load_as(struct scenario *scenario, const char *path,
                 const char *const *sets, const char *const *origins,
                 uint32_t sets_count, struct diag *diag)
{
    const uint32_t errors_before = diag->errors_count;
    const uint32_t texts_before = diag->texts_count;
    struct load load = {
        .scenario = scenario, .arena = arena_new(0), .diag = diag};

    *scenario = (struct scenario){.arena = load.arena};
    load.root = document_read(&load, path);
    if (load.root != NULL) {
        scenario->doc = load.root;
        load_overrides(&load);
        for (uint32_t i = 0; i < sets_count; i++) {
            set_apply(&load, sets[i], origins == NULL ? "--set" : origins[i]);
        }
        schema_check(load.root, load.arena, diag);
    }
    if (load.root != NULL && load.root->kind == DOC_MAP) {
        build_all(&load);
    }
    /* The texts go with the scenario, and a diag may outlive several. */
    diag->texts_count = texts_before;
    return diag->errors_count == errors_before;
}

bool
scenario_load(struct scenario *scenario, const char *path,
              const char *const *sets, uint32_t sets_count, struct diag *diag)
{
    return scenario_load_as(scenario, path, sets, NULL, sets_count, diag);
}

void
scenario_free(struct scenario *scenario)
{
    arena_free(scenario->arena);
    *scenario = (struct scenario){.arena = NULL};
}

void
scenario_help(FILE *out)
{
    schema_help(out);
}
