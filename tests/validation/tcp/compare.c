/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.c - see compare.h
 */
#include "tests/validation/tcp/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

#define PPM_1_PERCENT  10000
#define PPM_10_PERCENT 100000
#define PPM_25_PERCENT 250000

enum group { GROUP_PLAIN, GROUP_LOSS, GROUP_FAULT };

static enum group
group_of(const struct record *record)
{
    return record->cell.fault.fault != MIDDLEBOX_NONE ? GROUP_FAULT
           : record->cell.loss_ppm > 0                ? GROUP_LOSS
                                                      : GROUP_PLAIN;
}

/* Errors of one kind, to be ordered. */
struct errors {
    int64_t *ppm;
    int count;
};

static void
errors_add(struct errors *errors, int64_t ppm)
{
    int i = errors->count++;

    for (; i > 0 && errors->ppm[i - 1] > ppm; i--) {
        errors->ppm[i] = errors->ppm[i - 1];
    }
    errors->ppm[i] = ppm;
}

/* errors_quantile - the least that `of` in 100 do not exceed */
static int64_t
errors_quantile(const struct errors *errors, int of)
{
    return errors->count == 0 ? 0 : errors->ppm[(errors->count - 1) * of / 100];
}

static int64_t
errors_share_ppm(const struct errors *errors, int64_t limit_ppm)
{
    int within = 0;

    while (within < errors->count && errors->ppm[within] <= limit_ppm) {
        within++;
    }
    return errors->count == 0 ? 1000000
                              : (int64_t)within * 1000000 / errors->count;
}

static int64_t
banner_error_ppm(const struct record *record)
{
    const int64_t model_ns = record->model.banner_ns;
    const int64_t kernel_ns = record->kernel.banner_ns;

    return model_ns == INT64_MAX || kernel_ns == INT64_MAX
               ? INT64_MAX
               : record_error_ppm(model_ns, kernel_ns);
}

static bool
has_banner(const struct record *record)
{
    return record->model.banner_ns != INT64_MAX ||
           record->kernel.banner_ns != INT64_MAX;
}

static bool
has_body(const struct outcome *outcome)
{
    return outcome->class == OUTCOME_DELIVERED ||
           outcome->class == OUTCOME_STALLED_DATA;
}

static bool
is_same_but_seed(const struct cell *a, const struct cell *b)
{
    struct cell c = *a;
    char texts[2][CELL_TEXT_MAX];

    c.seed = b->seed;
    cell_format(texts[0], &c);
    cell_format(texts[1], b);
    return strcmp(texts[0], texts[1]) == 0;
}

/* seeds_error - the error of the mean body time of the configuration that
 * begins at records[from]; where no seed was delivered, of the mean bytes */
static int64_t
seeds_error(const struct record *records, int records_count, int from)
{
    int64_t times_ns[2] = {0, 0};
    int64_t bytes[2] = {0, 0};
    int64_t counts[2] = {0, 0};

    for (int i = from; i < records_count &&
                       is_same_but_seed(&records[i].cell, &records[from].cell);
         i++) {
        const struct outcome *both[2] = {&records[i].model, &records[i].kernel};

        for (int k = 0; k < 2; k++) {
            bytes[k] += both[k]->body_bytes;
            if (both[k]->class == OUTCOME_DELIVERED) {
                times_ns[k] += both[k]->body_ns;
                counts[k]++;
            }
        }
    }
    if (counts[0] == 0 && counts[1] == 0) {
        return record_error_ppm(bytes[0], bytes[1]);
    }
    return counts[0] == 0 || counts[1] == 0
               ? INT64_MAX
               : record_error_ppm(times_ns[0] / counts[0],
                                  times_ns[1] / counts[1]);
}

/* All that is counted of a set of records. */
struct tally {
    int cells_count;
    int same_count; /* of class */
    struct errors plain;
    struct errors loss;
    struct errors banner;
    struct errors body;
};

static void
tally_add(struct tally *tally, const struct record *record)
{
    const int64_t body_ppm =
        record_body_error_ppm(&record->model, &record->kernel);

    tally->cells_count++;
    tally->same_count += record->model.class == record->kernel.class;
    switch (group_of(record)) {
    case GROUP_PLAIN:
        errors_add(&tally->plain, body_ppm);
        break;
    case GROUP_FAULT:
        if (has_banner(record)) {
            errors_add(&tally->banner, banner_error_ppm(record));
        }
        if (has_body(&record->model) || has_body(&record->kernel)) {
            errors_add(&tally->body, body_ppm);
        }
        break;
    case GROUP_LOSS:
        break; /* by configuration */
    }
}

static void
tally_init(struct tally *tally, int records_count)
{
    struct errors *const all[] = {&tally->plain, &tally->loss, &tally->banner,
                                  &tally->body};

    *tally = (struct tally){0};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i]->ppm =
            base_alloc((uint64_t)(records_count + 1) * sizeof(int64_t));
    }
}

static void
tally_close(struct tally *tally)
{
    free(tally->plain.ppm);
    free(tally->loss.ppm);
    free(tally->banner.ppm);
    free(tally->body.ppm);
}

/* tally_fill - of the records of one set; NULL: of all */
static void
tally_fill(struct tally *tally, const struct record *records, int records_count,
           const char *set)
{
    for (int i = 0; i < records_count; i++) {
        if (set != NULL && strcmp(set, records[i].set) != 0) {
            continue;
        }
        tally_add(tally, &records[i]);
        if (group_of(&records[i]) == GROUP_LOSS &&
            (i == 0 ||
             !is_same_but_seed(&records[i].cell, &records[i - 1].cell))) {
            errors_add(&tally->loss, seeds_error(records, records_count, i));
        }
    }
}

static void
percent_print(FILE *file, int64_t ppm)
{
    if (ppm == INT64_MAX) {
        fprintf(file, "missed");
    } else {
        fprintf(file, "%" PRId64 ".%" PRId64 " %%", ppm / 10000,
                ppm % 10000 / 1000);
    }
}

/* What is promised of a set: a share at least, or an error at most. */
struct promise {
    const char *what;
    int cells_count;
    int64_t found_ppm;
    int64_t demanded_ppm;
    bool is_at_most;
};

#define PROMISES_COUNT 6

static void
promises_make(struct promise promises[PROMISES_COUNT],
              const struct tally *tally)
{
    const int64_t same_ppm =
        tally->cells_count == 0
            ? 1000000
            : (int64_t)tally->same_count * 1000000 / tally->cells_count;
    const struct promise all[PROMISES_COUNT] = {
        {"outcome class equal", tally->cells_count, same_ppm, 980000, false},
        {"no loss, no fault: body within 10 %", tally->plain.count,
         errors_share_ppm(&tally->plain, PPM_10_PERCENT), 950000, false},
        {"no loss, no fault: median error of the body", tally->plain.count,
         errors_quantile(&tally->plain, 50), PPM_1_PERCENT, true},
        {"random loss: mean over the seeds within 10 %", tally->loss.count,
         errors_share_ppm(&tally->loss, PPM_10_PERCENT), 900000, false},
        {"fault: banner within 10 %", tally->banner.count,
         errors_share_ppm(&tally->banner, PPM_10_PERCENT), 950000, false},
        {"fault: body, or its bytes, within 25 %", tally->body.count,
         errors_share_ppm(&tally->body, PPM_25_PERCENT), 850000, false},
    };

    memcpy(promises, all, sizeof all);
}

static bool
is_kept(const struct promise *promise)
{
    return promise->is_at_most ? promise->found_ppm <= promise->demanded_ppm
                               : promise->found_ppm >= promise->demanded_ppm;
}

static void
promises_print(FILE *file, const struct tally *tally)
{
    struct promise promises[PROMISES_COUNT];

    promises_make(promises, tally);
    fprintf(file, "| promise | cells | found | demanded | |\n"
                  "|---|---|---|---|---|\n");
    for (int i = 0; i < PROMISES_COUNT; i++) {
        const struct promise *promise = &promises[i];

        if (promise->cells_count == 0) {
            continue;
        }
        fprintf(file, "| %s | %d | ", promise->what, promise->cells_count);
        percent_print(file, promise->found_ppm);
        fprintf(file, " | %s ", promise->is_at_most ? "<=" : ">=");
        percent_print(file, promise->demanded_ppm);
        fprintf(file, " | %s |\n", is_kept(promise) ? "kept" : "MISSED");
    }
}

bool
compare_promises_check(FILE *file, const struct record *records,
                       int records_count)
{
    struct promise promises[PROMISES_COUNT];
    struct tally tally;
    bool all_are_kept = true;

    tally_init(&tally, records_count);
    tally_fill(&tally, records, records_count, NULL);
    promises_make(promises, &tally);
    tally_close(&tally);
    for (int i = 0; i < PROMISES_COUNT; i++) {
        const struct promise *promise = &promises[i];
        const bool ok = is_kept(promise) && promise->cells_count > 0;

        fprintf(file, "%s - %s: ", ok ? "ok" : "not ok", promise->what);
        percent_print(file, promise->found_ppm);
        fprintf(file, " of %d cells, %s ", promise->cells_count,
                promise->is_at_most ? "at most" : "at least");
        percent_print(file, promise->demanded_ppm);
        fprintf(file, "\n");
        all_are_kept = all_are_kept && ok;
    }
    return all_are_kept;
}

/* quantiles_print - for who wants more than a share */
static void
quantiles_print(FILE *file, const struct tally *tally)
{
    const struct errors *const kinds[] = {&tally->plain, &tally->loss,
                                          &tally->banner, &tally->body};
    static const char *const names[] = {
        "no loss, no fault: body", "random loss: mean of the body",
        "fault: banner", "fault: body or its bytes"};

    fprintf(file, "\n| error of | median | 90 %% | 95 %% | most |\n"
                  "|---|---|---|---|---|\n");
    for (int i = 0; i < 4; i++) {
        static const int of[] = {50, 90, 95, 100};

        fprintf(file, "| %s |", names[i]);
        for (int k = 0; k < 4; k++) {
            fprintf(file, " ");
            percent_print(file, errors_quantile(kinds[i], of[k]));
            fprintf(file, " |");
        }
        fprintf(file, "\n");
    }
}

void
compare_shares_print(FILE *file, const struct record *records,
                     int records_count)
{
    static const char *const sets[] = {"spec", "grid", "random"};
    static const char *const titles[] = {
        "Documented cases (spec)", "Ways without a fault (grid)",
        "Drawn at random (random)"};
    struct tally tally;

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        tally_init(&tally, records_count);
        tally_fill(&tally, records, records_count, sets[i]);
        if (tally.cells_count > 0) {
            fprintf(file, "\n### %s\n\n", titles[i]);
            promises_print(file, &tally);
        }
        tally_close(&tally);
    }
    tally_init(&tally, records_count);
    tally_fill(&tally, records, records_count, NULL);
    fprintf(file, "\n### All of them\n\n");
    promises_print(file, &tally);
    quantiles_print(file, &tally);
    tally_close(&tally);
}

void
compare_cells_print(FILE *file, const struct record *records, int records_count)
{
    for (int i = 0; i < records_count; i++) {
        const struct record *record = &records[i];
        char text[CELL_TEXT_MAX];

        cell_format(text, &record->cell);
        fprintf(file, "%s ",
                record->model.class == record->kernel.class ? "same "
                                                            : "CLASS");
        percent_print(file,
                      record_body_error_ppm(&record->model, &record->kernel));
        fprintf(file, " | ");
        outcome_print(file, &record->kernel);
        fprintf(file, " | ");
        outcome_print(file, &record->model);
        fprintf(file, " | %s %s (kernel varies by ", record->set, text);
        percent_print(file, record->spread_ppm);
        fprintf(file, ")\n");
    }
}

/* by_fault_print - one line a fault, over all records that have it */
static void
by_fault_print(FILE *file, const struct record *records, int records_count)
{
    fprintf(file, "| fault | cells | class equal | banner within 10 %% | body "
                  "within 25 %% | median | 90 %% |\n"
                  "|---|---|---|---|---|---|---|\n");
    for (int fault = MIDDLEBOX_NONE + 1; fault < MIDDLEBOX_FAULTS_COUNT;
         fault++) {
        struct tally tally;

        tally_init(&tally, records_count);
        for (int i = 0; i < records_count; i++) {
            if ((int)records[i].cell.fault.fault == fault) {
                tally_add(&tally, &records[i]);
            }
        }
        if (tally.cells_count > 0) {
            fprintf(file, "| %s | %d | %d | ",
                    middlebox_fault_name((enum middlebox_fault)fault),
                    tally.cells_count, tally.same_count);
            percent_print(file,
                          errors_share_ppm(&tally.banner, PPM_10_PERCENT));
            fprintf(file, " | ");
            percent_print(file, errors_share_ppm(&tally.body, PPM_25_PERCENT));
            fprintf(file, " | ");
            percent_print(file, errors_quantile(&tally.body, 50));
            fprintf(file, " | ");
            percent_print(file, errors_quantile(&tally.body, 90));
            fprintf(file, " |\n");
        }
        tally_close(&tally);
    }
}

/* short_print - "0.86", "stuck@39597", "no-banner" */
static void
short_print(FILE *file, const struct outcome *outcome)
{
    if (outcome->class == OUTCOME_DELIVERED) {
        fprintf(file, "%.3f", (double)outcome->body_ns / 1e9);
    } else if (outcome->class == OUTCOME_STALLED_DATA) {
        fprintf(file, "stuck@%" PRId64, outcome->body_bytes);
    } else {
        fprintf(file, "%s", outcome_class_name(outcome->class));
    }
}

static void
fault_words_print(FILE *file, const struct cell *cell)
{
    char text[CELL_TEXT_MAX];

    cell_format(text, cell);
    fprintf(file, "%.*s", (int)(strcspn(text, " ") - strlen("fault=")),
            text + strlen("fault="));
}

/* spec_print - four cells a line: up and down, 2 kB and 1 MB */
static void
spec_print(FILE *file, const struct record *records, int records_count)
{
    fprintf(file, "| fault | shift | up 2 kB | up 1 MB | down 2 kB | down 1 MB "
                  "|\n|---|---|---|---|---|---|\n");
    for (int i = 0; i + 3 < records_count; i += 4) {
        if (strcmp(records[i].set, "spec") != 0 ||
            records[i].cell.buffers[TCP_CLIENT] != 131072) {
            break;
        }
        fprintf(file, "| ");
        fault_words_print(file, &records[i].cell);
        fprintf(file, " | %" PRId32 " |", records[i].cell.shifts[TCP_CLIENT]);
        for (int k = i; k < i + 4; k++) {
            fprintf(file, " ");
            short_print(file, &records[k].kernel);
            fprintf(file, " / ");
            short_print(file, &records[k].model);
            fprintf(file, " |");
        }
        fprintf(file, "\n");
    }
}

static void
differing_print(FILE *file, const struct record *records, int records_count)
{
    int count = 0;

    for (int i = 0; i < records_count; i++) {
        const struct record *record = &records[i];
        char text[CELL_TEXT_MAX];

        if (record->model.class == record->kernel.class) {
            continue;
        }
        cell_format(text, &record->cell);
        fprintf(file, "%s- kernel ", count++ == 0 ? "\n" : "");
        short_print(file, &record->kernel);
        fprintf(file, ", model ");
        short_print(file, &record->model);
        fprintf(file, ": `%s`\n", text);
    }
    if (count == 0) {
        fprintf(file, "\nNone.\n");
    }
}

void
compare_tables_print(FILE *file, const struct record *records,
                     int records_count)
{
    fprintf(file, "\n## By fault\n\n");
    by_fault_print(file, records, records_count);
    fprintf(file,
            "\n## The documented cases: kernel / model\n\n"
            "RTT 20 ms, 10 Mbit/s, a queue of 128 KiB; seconds of the body, "
            "or bytes after 20 s.\n\n");
    spec_print(file, records, records_count);
    fprintf(file, "\n## Cells of another class\n");
    differing_print(file, records, records_count);
}
