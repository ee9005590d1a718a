/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.c - see record.h
 */
#include "tests/validation/tcp/record.h"

#include <inttypes.h>
#include <string.h>

#define LINE_MAX_BYTES 512

void
record_head_write(FILE *file, const char *kernel)
{
    fprintf(file, "# %s\nset,runs,spread_ppm,outcome,cell\n", kernel);
}

void
record_write(FILE *file, const struct record *record)
{
    char text[CELL_TEXT_MAX];

    cell_format(text, &record->cell);
    fprintf(file, "%s,%" PRIu32 ",%" PRId64 ",", record->set,
            record->runs_count, record->spread_ppm);
    outcome_print(file, &record->kernel);
    fprintf(file, ",%s\n", text);
}

static bool
record_read(struct record *record, const char *line)
{
    char outcome[160];
    char words[CELL_TEXT_MAX];
    char wrong[CELL_TEXT_MAX];

    *record = (struct record){.cell = cell_default()};
    return sscanf(line, "%7[a-z],%" SCNu32 ",%" SCNd64 ",%159[^,],%319[^\n]",
                  record->set, &record->runs_count, &record->spread_ppm,
                  outcome, words) == 5 &&
           outcome_parse(&record->kernel, outcome) &&
           cell_parse(&record->cell, words, wrong, sizeof wrong);
}

int
record_read_all(struct record *records, int records_max, FILE *file,
                char kernel[128], int *line)
{
    char text[LINE_MAX_BYTES];
    int count = 0;

    kernel[0] = '\0';
    for (*line = 1; fgets(text, sizeof text, file) != NULL; (*line)++) {
        text[strcspn(text, "\n")] = '\0';
        if (*line == 1 && strncmp(text, "# ", 2) == 0) {
            snprintf(kernel, 128, "%.120s", text + 2);
        } else if (*line != 2 && (count == records_max ||
                                  !record_read(&records[count++], text))) {
            return -1;
        }
    }
    return count;
}

int64_t
record_error_ppm(int64_t a, int64_t b)
{
    const int64_t apart = a > b ? a - b : b - a;

    if (b == 0) {
        return apart == 0 ? 0 : INT64_MAX;
    }
    /* Times are below 2^43 ns, and so is what is apart of them. */
    return (int64_t)((double)apart * 1e6 / (double)b);
}

int64_t
record_body_error_ppm(const struct outcome *a, const struct outcome *b)
{
    if (a->class != b->class) {
        return INT64_MAX;
    }
    if (a->class == OUTCOME_DELIVERED) {
        return record_error_ppm(a->body_ns, b->body_ns);
    }
    return a->class == OUTCOME_STALLED_DATA
               ? record_error_ppm(a->body_bytes, b->body_bytes)
               : 0;
}
