/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * validate.c - asks the kernel and the model the same cells
 *
 * README.md beside it says how it is used and what it prints.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "sim/kernel/base.h"
#include "tests/validation/tcp/cells.h"
#include "tests/validation/tcp/compare.h"
#include "tests/validation/tcp/hosts.h"
#include "tests/validation/tcp/kernel.h"
#include "tests/validation/tcp/measure.h"
#include "tests/validation/tcp/model.h"

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

static int
usage(void)
{
    fprintf(stderr,
            "usage: validate kernel [--trace] [--pcap FILE] [WORD...]\n"
            "       validate model [--trace] [WORD...]\n"
            "       validate measure JOBS SET[,SET...] SEED COUNT >CSV\n"
            "       validate tables|each|check CSV\n"
            "       validate cells SET SEED COUNT\n");
    return EXIT_USAGE;
}

static FILE *
pcap_open(const char *name)
{
    /* Magic of times in ns, version 2.4, no zone, IPv4 and IPv6 packets. */
    const uint32_t header[6] = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 101};
    FILE *file = fopen(name, "wb");

    if (file != NULL) {
        fwrite(header, sizeof header, 1, file);
    }
    return file;
}

/* words_read - of one cell; false after a complaint */
static bool
words_read(struct cell *cell, struct kernel_options *options, int argc,
           char **argv)
{
    char wrong[CELL_TEXT_MAX];
    char text[CELL_TEXT_MAX];

    *cell = cell_default();
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            options->trace = stdout;
        } else if (strcmp(argv[i], "--pcap") == 0 && i + 1 < argc) {
            options->pcap = pcap_open(argv[++i]);
        } else if (!cell_parse(cell, argv[i], wrong, sizeof wrong)) {
            fprintf(stderr, "validate: no such word: %s\n", wrong);
            return false;
        }
    }
    cell_format(text, cell);
    printf("# %s\n", text);
    return true;
}

static int
kernel_command(int argc, char **argv)
{
    struct cell cell;
    struct kernel_options options = {0};
    struct kernel_report report = {0};
    char why[HOSTS_WHY_MAX];

    if (!words_read(&cell, &options, argc, argv)) {
        return EXIT_USAGE;
    }
    if (!hosts_possible(why) || !kernel_run(&report, &cell, &options, why)) {
        printf("skipped: %s\n", why);
        return EXIT_SKIPPED;
    }
    outcome_print(stdout, &report.outcome);
    printf(" late_us=%lld packets=%llu lost=%llu overflow=%llu\n",
           (long long)report.late_ns_max / 1000,
           (unsigned long long)report.packets_count,
           (unsigned long long)report.lost_count,
           (unsigned long long)report.overflow_count);
    if (options.pcap != NULL && fclose(options.pcap) != 0) {
        fprintf(stderr, "validate: the capture could not be written\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int
model_command(int argc, char **argv)
{
    struct cell cell;
    struct kernel_options options = {0};
    struct outcome outcome;

    if (!words_read(&cell, &options, argc, argv)) {
        return EXIT_USAGE;
    }
    model_run(&outcome, &cell, options.trace);
    outcome_print(stdout, &outcome);
    printf("\n");
    return EXIT_SUCCESS;
}

/* sets_make - the cells of sets joined by commas; -1: no such set */
static int
sets_make(struct record *records, char *sets, uint32_t seed, uint32_t count)
{
    struct cell *cells = base_alloc(CELLS_MAX * sizeof *cells);
    int records_count = 0;

    while (*sets != '\0' && records_count >= 0) {
        const size_t length = strcspn(sets, ",");
        char set[RECORD_SET_MAX] = "";
        int made = -1;

        if (length < sizeof set) {
            memcpy(set, sets, length);
            made = cells_make(cells, set, seed, count);
        }
        for (int i = 0; i < made && records_count < CELLS_MAX; i++) {
            records[records_count].cell = cells[i];
            memcpy(records[records_count++].set, set, sizeof set);
        }
        records_count = made < 0 ? -1 : records_count;
        sets += length + (sets[length] == ',');
    }
    free(cells);
    return records_count;
}

static int
measure_command(char **argv)
{
    struct record *records = base_alloc(CELLS_MAX * sizeof *records);
    const int jobs_count = atoi(argv[0]);
    const int count = sets_make(records, argv[1], (uint32_t)atoi(argv[2]),
                                (uint32_t)atoi(argv[3]));
    char why[HOSTS_WHY_MAX];
    char kernel[256];
    struct utsname name;
    int status = EXIT_SUCCESS;

    if (count < 0 || jobs_count < 1 || jobs_count > MEASURE_JOBS_MAX) {
        status = usage();
    } else if (!hosts_possible(why) ||
               !measure_all(records, count, jobs_count, why)) {
        fprintf(stderr, "validate: skipped: %s\n", why);
        status = EXIT_SKIPPED;
    } else {
        uname(&name);
        snprintf(kernel, sizeof kernel, "%s %s", name.sysname, name.release);
        record_head_write(stdout, kernel);
        for (int i = 0; i < count; i++) {
            record_write(stdout, &records[i]);
        }
    }
    free(records);
    return status;
}

static int
cells_command(char **argv)
{
    struct record *records = base_alloc(CELLS_MAX * sizeof *records);
    const int count = sets_make(records, argv[0], (uint32_t)atoi(argv[1]),
                                (uint32_t)atoi(argv[2]));

    for (int i = 0; i < count; i++) {
        char text[CELL_TEXT_MAX];

        cell_format(text, &records[i].cell);
        printf("%s\n", text);
    }
    free(records);
    return count < 0 ? usage() : EXIT_SUCCESS;
}

static void
tables_print(const struct record *records, int count, const char *kernel)
{
    printf("# The TCP model beside %s\n\n"
           "Written by `make validate-tcp`; the measurements are in "
           "kernel.csv.\n\n## What is promised\n",
           kernel);
    compare_shares_print(stdout, records, count);
    compare_tables_print(stdout, records, count);
}

static int
compare_command(const char *what, const char *name)
{
    struct record *records = base_alloc(CELLS_MAX * sizeof *records);
    FILE *file = fopen(name, "r");
    char kernel[128];
    int line = 0;
    bool is_good = false;
    const int count =
        file == NULL ? -1
                     : record_read_all(records, CELLS_MAX, file, kernel, &line);

    if (count < 0) {
        fprintf(stderr, "validate: %s:%d: no record of measurements\n", name,
                line);
    } else {
        for (int i = 0; i < count; i++) {
            model_run(&records[i].model, &records[i].cell, NULL);
        }
        is_good = true;
        if (strcmp(what, "each") == 0) {
            compare_cells_print(stdout, records, count);
        } else if (strcmp(what, "check") == 0) {
            is_good = compare_promises_check(stdout, records, count);
        } else {
            tables_print(records, count, kernel);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    free(records);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "kernel") == 0) {
        return kernel_command(argc - 2, argv + 2);
    }
    if (strcmp(command, "model") == 0) {
        return model_command(argc - 2, argv + 2);
    }
    if (strcmp(command, "measure") == 0 && argc == 6) {
        return measure_command(argv + 2);
    }
    if (strcmp(command, "cells") == 0 && argc == 5) {
        return cells_command(argv + 2);
    }
    if (argc == 3 &&
        (strcmp(command, "tables") == 0 || strcmp(command, "each") == 0 ||
         strcmp(command, "check") == 0)) {
        return compare_command(command, argv[2]);
    }
    return usage();
}
