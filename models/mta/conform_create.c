/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_create.c - configurations right and wrong, and without memory
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_parts.h"
#include "models/mta/settings.h"

enum {
    ROWS_MAX = 1 << 20,
    REQUESTS_MAX = 100000,
    CUTS = 64 /* places that each text is cut off at */
};

/* is_text - it ends within its room */
static bool
is_text(const char *text, size_t size)
{
    return memchr(text, 0, size) != NULL;
}

/* row_fault - what is wrong with a row, or NULL */
static const char *
row_fault(const struct sched_setting *row)
{
    if (!is_text(row->path, sizeof row->path) ||
        !is_text(row->unit, sizeof row->unit) ||
        !is_text(row->value, sizeof row->value) ||
        !is_text(row->origin, sizeof row->origin) ||
        !is_text(row->help, sizeof row->help)) {
        return "a text does not end within its room";
    }
    if (row->path[0] == '\0' || strchr(row->path, '.') == NULL) {
        return "a row has no path";
    }
    if (row->type < SCHED_SETTING_INTEGER || row->type > SCHED_SETTING_SWITCH) {
        return "a row has no type";
    }
    if (row->numbers_count > SCHED_SETTING_NUMBERS_MAX) {
        return "a row has more numbers than there is room for";
    }
    return NULL;
}

static bool
row_get(const struct conform_instance *instance, uint32_t index,
        struct sched_setting *row)
{
    memset(row, 0, sizeof *row);
    return instance->table->describe(instance->self, index, row) == SCHED_OK;
}

/* rows_compare - of two instances with the same configuration */
static void
rows_compare(const struct conform_instance *a, const struct conform_instance *b,
             struct conform_answer *answer)
{
    struct sched_setting row, other;
    uint32_t count = 0;

    while (count < ROWS_MAX && row_get(a, count, &row)) {
        const char *fault = row_fault(&row);
        if (fault != NULL) {
            row.path[sizeof row.path - 1] = '\0';
            conform_say(answer, CONFORM_NOT_OK, "row %u (%s): %s", count,
                        row.path, fault);
            return;
        }
        if (!row_get(b, count, &other) || strcmp(row.path, other.path) != 0 ||
            strcmp(row.value, other.value) != 0 ||
            strcmp(row.origin, other.origin) != 0 || row.type != other.type ||
            memcmp(row.numbers, other.numbers, sizeof row.numbers) != 0) {
            conform_say(answer, CONFORM_NOT_OK,
                        "row %u (%s) is another in a second instance", count,
                        row.path);
            return;
        }
        count++;
    }
    if (count == 0 || count == ROWS_MAX || row_get(b, count, &other)) {
        conform_say(answer, CONFORM_NOT_OK,
                    "expected rows and an end to them, found %u", count);
        return;
    }
    conform_say(answer, CONFORM_OK, "%u rows", count);
}

/* described_check - what every host must know is there */
static void
described_check(const struct conform_instance *instance,
                struct conform_answer *answer)
{
    struct settings settings;
    struct diag diag;

    diag_init(&diag);
    if (!settings_read(&settings, instance->table, instance->self, "describe()",
                       &diag)) {
        conform_say(answer, CONFORM_NOT_OK, "%s",
                    diag.text == NULL ? "" : diag.text);
    }
    settings_free(&settings);
    diag_free(&diag);
}

/* made - an instance, which must be possible */
static bool
made(struct conform_instance *instance, const struct conform_subject *subject,
     const struct object *object, struct conform_memory *memory,
     struct conform_answer *answer)
{
    conform_create(instance, subject, object->table, memory, CONFORM_START_NS);
    if (instance->self != NULL) {
        return true;
    }
    conform_say(answer, CONFORM_NOT_OK, "create() answers %s: %s",
                conform_status_name(instance->status), instance->messages);
    return false;
}

void
conform_create_describe(const struct conform_subject *subject,
                        struct conform_answer *answer)
{
    struct conform_instance *pair = base_alloc(2 * sizeof pair[0]);
    struct conform_memory memory[2] = {{.garbage = 0xa5}, {.garbage = 0x5a}};
    struct object object;

    if (conform_open(subject, &object, answer)) {
        if (made(&pair[0], subject, &object, &memory[0], answer) &&
            made(&pair[1], subject, &object, &memory[1], answer)) {
            rows_compare(&pair[0], &pair[1], answer);
            described_check(&pair[0], answer);
        }
        for (int i = 0; i < 2; i++) {
            (void)(pair[i].table != NULL && conform_destroy(&pair[i], answer));
        }
        object_close(&object);
    }
    free(pair);
}

/* --- Errors ------------------------------------------------------------------ */

/* attempt - one configuration; `must_fail`: it is wrong beyond doubt */
static void
attempt(const struct conform_subject *subject, const struct object *object,
        const char *what, bool must_fail, struct conform_answer *answer)
{
    struct conform_instance *instance = base_alloc(sizeof *instance);
    struct conform_memory memory = {.garbage = 0xa5};

    conform_create(instance, subject, object->table, &memory, CONFORM_START_NS);
    const int32_t status = instance->status;
    const bool is_told = instance->errors_count > 0 &&
                         strstr(instance->messages, "error:") != NULL;
    if (status != SCHED_OK && status != SCHED_TEXT_NEEDED &&
        status != SCHED_ERR_CONFIGURATION) {
        conform_say(answer, CONFORM_NOT_OK, "%s: create() answers %s", what,
                    conform_status_name(status));
    } else if (must_fail && status == SCHED_OK) {
        conform_say(answer, CONFORM_NOT_OK, "%s: create() is content", what);
    } else if (status == SCHED_ERR_CONFIGURATION && !is_told) {
        conform_say(answer, CONFORM_NOT_OK,
                    "%s: create() fails and says nothing of why", what);
    }
    (void)!conform_destroy(instance, answer);
    free(instance);
}

/* cuts_try - each text, cut off at several places */
static void
cuts_try(const struct conform_subject *subject, const struct object *object,
         struct conform_answer *answer)
{
    struct mta_text *texts = base_alloc(subject->texts_count * sizeof texts[0]);
    struct conform_subject cut = *subject;

    cut.texts = texts;
    for (uint32_t i = 0; i < subject->texts_count; i++) {
        for (uint64_t k = 0; k < CUTS; k++) {
            memcpy(texts, subject->texts,
                   subject->texts_count * sizeof texts[0]);
            texts[i].bytes_size = texts[i].bytes_size * k / CUTS;
            attempt(&cut, object, "a text that was cut off", false, answer);
        }
    }
    free(texts);
}

/* junk_try - each text replaced by bytes of no meaning */
static void
junk_try(const struct conform_subject *subject, const struct object *object,
         struct conform_answer *answer)
{
    enum { JUNK = 4096, KINDS = 8 };
    struct mta_text *texts = base_alloc(subject->texts_count * sizeof texts[0]);
    struct conform_subject junk = *subject;
    char bytes[JUNK];
    uint64_t state = 1;

    junk.texts = texts;
    for (uint32_t i = 0; i < subject->texts_count; i++) {
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            for (uint32_t k = 0; k < JUNK; k++) {
                const uint64_t roll = conform_roll(&state);
                bytes[k] =
                    (char)(kind % 2 == 0 ? (int)(roll % 256)
                                         : " \n[]=!<:.abz059"[roll % 15]);
            }
            memcpy(texts, subject->texts,
                   subject->texts_count * sizeof texts[0]);
            texts[i].bytes = bytes;
            texts[i].bytes_size = JUNK >> kind;
            attempt(&junk, object, "a text of random bytes", false, answer);
        }
    }
    free(texts);
}

void
conform_create_errors(const struct conform_subject *subject,
                      struct conform_answer *answer)
{
    static const struct mta_override unknown = {
        "channel.no_such_channel.no_such_keyword", "1", "--set"};
    struct conform_subject wrong = *subject;
    struct object object;

    if (!conform_open(subject, &object, answer)) {
        return;
    }
    cuts_try(subject, &object, answer);
    junk_try(subject, &object, answer);
    wrong.overrides = &unknown;
    wrong.overrides_count = 1;
    attempt(&wrong, &object, "an override of what does not exist", true,
            answer);
    object_close(&object);
}

/* --- Memory ------------------------------------------------------------------ */

void
conform_create_memory(const struct conform_subject *subject,
                      struct conform_answer *answer)
{
    struct conform_instance *instance = base_alloc(sizeof *instance);
    struct object object;

    if (!conform_open(subject, &object, answer)) {
        free(instance);
        return;
    }
    for (uint64_t n = 1; n < REQUESTS_MAX; n++) {
        struct conform_memory memory = {.garbage = 0xa5, .fail_at = n};

        conform_create(instance, subject, object.table, &memory,
                       CONFORM_START_NS);
        const int32_t status = instance->status;
        const bool is_over = memory.refused_count == 0;
        if (!conform_destroy(instance, answer) ||
            (!is_over && status != SCHED_ERR_MEMORY && status != SCHED_OK) ||
            (is_over && status != SCHED_OK)) {
            conform_say(answer, CONFORM_NOT_OK,
                        "request %" PRIu64 " for memory gets none: create() "
                        "answers %s",
                        n, conform_status_name(status));
            break;
        }
        if (is_over) {
            conform_say(answer, CONFORM_OK, "each of %" PRIu64 " requests",
                        n - 1);
            break;
        }
    }
    object_close(&object);
    free(instance);
}
