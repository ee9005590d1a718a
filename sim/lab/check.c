/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.c - see check.h
 */
#include "sim/lab/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/apart.h"

/* --- Where two runs part ------------------------------------------------- */

struct check_block
check_block_find(const struct digest *a, const struct digest *b)
{
    const size_t common_count =
        a->marks_count < b->marks_count ? a->marks_count : b->marks_count;
    struct check_block block = {.until = UINT64_MAX};
    size_t i = 0;

    while (i < common_count && a->marks[i] == b->marks[i]) {
        i++;
    }
    block.from = (uint64_t)i * DIGEST_RECORDS_PER_MARK;
    if (i < common_count) {
        block.until = block.from + DIGEST_RECORDS_PER_MARK;
    }
    block.from -= block.from > 0 ? 1 : 0;
    return block;
}

/* line_next - without its end; NULL: no more. From malloc. */
static char *
line_next(FILE *in)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size = in != NULL ? getline(&line, &capacity, in) : -1;

    if (size < 0) {
        free(line);
        return NULL;
    }
    if (size > 0 && line[size - 1] == '\n') {
        line[size - 1] = '\0';
    }
    return line;
}

void
check_lines_compare(FILE *a, FILE *b, struct check_parting *parting)
{
    *parting = (struct check_parting){0};
    for (;;) {
        char *line_a = line_next(a);
        char *line_b = line_next(b);

        if (line_a == NULL && line_b == NULL) {
            return; /* they do not part */
        }
        if (line_a == NULL || line_b == NULL || strcmp(line_a, line_b) != 0) {
            parting->is_found = true;
            parting->lines[0] = line_a;
            parting->lines[1] = line_b;
            return;
        }
        free(parting->before);
        parting->before = line_a;
        free(line_b);
    }
}

void
check_parting_free(struct check_parting *parting)
{
    free(parting->before);
    free(parting->lines[0]);
    free(parting->lines[1]);
    *parting = (struct check_parting){0};
}

int64_t
check_line_ns(const char *line)
{
    char *end = NULL;
    int64_t ns = line != NULL ? strtoll(line, &end, 10) : -1;

    return line != NULL && end != line && *end == ' ' ? ns : -1;
}

/* --- Metrics ------------------------------------------------------------- */

/* What was measured, [metric][replication]. */
struct samples {
    struct metric_value *values[CHECK_SIDES];
    uint32_t replications;
};

static const struct metric_value *
sample_at(const struct samples *samples, int side, uint32_t metric,
          uint32_t replication)
{
    return &samples->values[side][(size_t)metric * samples->replications +
                                  replication];
}

/* pair_sign - 1: the candidate is better in this replication, -1: worse */
static int
pair_sign(const struct metric *metric, const struct metric_value *baseline,
          const struct metric_value *candidate)
{
    int higher = 0;

    if (baseline->state == METRIC_UNDEFINED ||
        candidate->state == METRIC_UNDEFINED) {
        return 0;
    }
    if (baseline->state == METRIC_BEYOND || candidate->state == METRIC_BEYOND) {
        higher = (candidate->state == METRIC_BEYOND) -
                 (baseline->state == METRIC_BEYOND);
    } else {
        higher = (candidate->value > baseline->value) -
                 (candidate->value < baseline->value);
    }
    return metric->better == METRIC_HIGHER  ? higher
           : metric->better == METRIC_LOWER ? -higher
                                            : 0;
}

/* metric_measure - everything about one metric but the verdict */
static void
metric_measure(const struct samples *samples, uint32_t index,
               const struct metric *metric, struct check_metric *out)
{
    double *pairs[CHECK_SIDES];

    *out = (struct check_metric){.metric = metric, .p_adjusted = 1};
    for (int side = 0; side < CHECK_SIDES; side++) {
        pairs[side] =
            base_alloc(((uint64_t)samples->replications + 1) * sizeof(double));
    }
    for (uint32_t r = 0; r < samples->replications; r++) {
        const struct metric_value *a =
            sample_at(samples, CHECK_BASELINE, index, r);
        const struct metric_value *b =
            sample_at(samples, CHECK_CANDIDATE, index, r);
        const int sign = pair_sign(metric, a, b);

        out->better_count += sign > 0;
        out->worse_count += sign < 0;
        out->beyond_count[CHECK_BASELINE] += a->state == METRIC_BEYOND;
        out->beyond_count[CHECK_CANDIDATE] += b->state == METRIC_BEYOND;
        if (a->state == METRIC_DEFINED && b->state == METRIC_DEFINED) {
            pairs[CHECK_BASELINE][out->pairs] = a->value;
            pairs[CHECK_CANDIDATE][out->pairs] = b->value;
            out->pairs++;
        }
    }
    for (int side = 0; side < CHECK_SIDES; side++) {
        out->mean[side] = stat_mean(pairs[side], out->pairs, 1 - CHECK_ALPHA);
    }
    out->paired = stat_paired(pairs[CHECK_CANDIDATE], pairs[CHECK_BASELINE],
                              out->pairs, 1 - CHECK_ALPHA);
    free(pairs[CHECK_BASELINE]);
    free(pairs[CHECK_CANDIDATE]);
}

/* has_means - whether the means can be compared */
static bool
has_means(const struct check_metric *metric)
{
    return metric->pairs > 0 && metric->beyond_count[CHECK_BASELINE] == 0 &&
           metric->beyond_count[CHECK_CANDIDATE] == 0;
}

/* verdict_by_signs - where there are no means to compare */
static enum check_verdict
verdict_by_signs(const struct check_metric *metric)
{
    if (metric->better_count == 0 && metric->worse_count >= CHECK_SIGNS_MIN) {
        return CHECK_WORSE;
    }
    if (metric->worse_count == 0 && metric->better_count >= CHECK_SIGNS_MIN) {
        return CHECK_BETTER;
    }
    return CHECK_NOT_FOUND;
}

static enum check_verdict
verdict_of(const struct check_metric *metric, int64_t tolerance_ppm)
{
    const double difference = metric->paired.difference.mean;
    const double tolerated =
        fabs(metric->mean[CHECK_BASELINE].mean) * (double)tolerance_ppm / PPM;

    if (metric->better_count == 0 && metric->worse_count == 0) {
        return CHECK_SAME;
    }
    if (!has_means(metric)) {
        return verdict_by_signs(metric);
    }
    if (metric->p_adjusted >= CHECK_ALPHA) {
        return CHECK_NOT_FOUND;
    }
    if (fabs(difference) <= tolerated) {
        return CHECK_SLIGHT;
    }
    return (difference > 0) == (metric->metric->better == METRIC_HIGHER)
               ? CHECK_BETTER
               : CHECK_WORSE;
}

/* metrics_judge - all metrics at once: being many, one of them may look worse
 * by chance */
static void
metrics_judge(const struct samples *samples,
              const struct check_request *request, struct check_report *report)
{
    double p[CHECK_METRICS_MAX];
    double adjusted[CHECK_METRICS_MAX];
    uint32_t tested[CHECK_METRICS_MAX];
    uint32_t tested_count = 0;

    report->metrics_count = request->metrics_count;
    for (uint32_t i = 0; i < request->metrics_count; i++) {
        struct check_metric *metric = &report->metrics[i];

        metric_measure(samples, i, request->metrics[i], metric);
        if (has_means(metric) && metric->metric->better != METRIC_NEITHER) {
            p[tested_count] = metric->paired.p;
            tested[tested_count++] = i;
        }
    }
    if (tested_count > 0) {
        stat_holm(p, tested_count, adjusted);
    }
    for (uint32_t i = 0; i < tested_count; i++) {
        report->metrics[tested[i]].p_adjusted = adjusted[i];
    }
    report->is_worse = report->violations[CHECK_CANDIDATE] >
                       report->violations[CHECK_BASELINE];
    for (uint32_t i = 0; i < request->metrics_count; i++) {
        report->metrics[i].verdict =
            verdict_of(&report->metrics[i], request->tolerance_ppm);
        report->is_worse =
            report->is_worse || report->metrics[i].verdict == CHECK_WORSE;
    }
}

/* --- Runs ---------------------------------------------------------------- */

static struct run_request
request_of(const struct check_request *request, int side, uint32_t replication)
{
    return (struct run_request){
        .scenario = request->scenario,
        .scheduler_path = request->paths[side],
        .seed = request->seed,
        .replication = replication,
    };
}

/* pair_run - both, at the same time; false: one failed, reported. What the
 * first replication is warned of is not said again by the others. */
static bool
pair_run(const struct check_request *request, uint32_t replication,
         struct result results[CHECK_SIDES], struct check_report *report,
         struct diag *diag_all)
{
    struct diag own;
    struct diag *diag = replication == 0 ? diag_all : &own;
    struct apart aparts[CHECK_SIDES] = {{0}};
    bool is_good = true;

    diag_init(&own);
    for (int side = 0; side < CHECK_SIDES; side++) {
        const struct run_request run = request_of(request, side, replication);

        is_good = apart_start(&aparts[side], &run, diag) && is_good;
    }
    for (int side = 0; side < CHECK_SIDES; side++) {
        is_good = aparts[side].pid != 0 &&
                  apart_finish(&aparts[side], &results[side],
                               &report->schedulers[side], diag) &&
                  is_good;
    }
    if (!is_good && own.text != NULL) {
        diag_append(diag_all, own.text, own.errors_count, 0);
    }
    diag_free(&own);
    return is_good;
}

/* part_find - the first record in which the two differ */
static void
part_find(const struct check_request *request, uint32_t replication,
          const struct result results[CHECK_SIDES], struct check_report *report,
          struct diag *diag)
{
    const struct check_block block = check_block_find(
        &results[CHECK_BASELINE].digest, &results[CHECK_CANDIDATE].digest);
    struct apart aparts[CHECK_SIDES] = {{0}};
    bool is_good = true;

    for (int side = 0; side < CHECK_SIDES; side++) {
        const struct run_request run = request_of(request, side, replication);

        is_good =
            apart_lines(&aparts[side], &run, block.from, block.until, diag) &&
            is_good;
    }
    if (is_good) {
        check_lines_compare(aparts[CHECK_BASELINE].in,
                            aparts[CHECK_CANDIDATE].in, &report->parting);
    }
    apart_lines_close(&aparts[CHECK_BASELINE]);
    apart_lines_close(&aparts[CHECK_CANDIDATE]);
}

/* pair_take - what one replication says */
static void
pair_take(const struct check_request *request, uint32_t replication,
          const struct result results[CHECK_SIDES], struct samples *samples,
          struct check_report *report, struct diag *diag)
{
    char digests[CHECK_SIDES][DIGEST_TEXT_SIZE];
    bool is_same = false;

    for (int side = 0; side < CHECK_SIDES; side++) {
        digest_format(&results[side].digest, digests[side]);
        report->violations[side] += results[side].violations;
        for (uint32_t i = 0; i < request->metrics_count; i++) {
            samples->values[side]
                           [(size_t)i * samples->replications + replication] =
                metric_of(request->metrics[i], &results[side]);
        }
    }
    is_same = strcmp(digests[0], digests[1]) == 0;
    if (replication == 0 || (!is_same && report->differing_count == 0)) {
        memcpy(report->digests, digests, sizeof digests);
    }
    if (!is_same && report->differing_count++ == 0) {
        report->differing_first = replication;
        part_find(request, replication, results, report, diag);
    }
}

bool
check_run(const struct check_request *request, struct check_report *report,
          struct diag *diag)
{
    struct samples samples = {.replications = request->replications};
    const uint64_t size = (uint64_t)request->metrics_count *
                          request->replications * sizeof *samples.values[0];
    bool is_good = true;

    ASSERT(request->replications > 0);
    ASSERT(request->metrics_count <= CHECK_METRICS_MAX);
    *report = (struct check_report){.replications = request->replications};
    for (int side = 0; side < CHECK_SIDES; side++) {
        samples.values[side] = base_alloc(size + 1);
    }
    for (uint32_t r = 0; is_good && r < request->replications; r++) {
        struct result results[CHECK_SIDES];

        result_init(&results[CHECK_BASELINE]);
        result_init(&results[CHECK_CANDIDATE]);
        is_good = pair_run(request, r, results, report, diag);
        if (is_good) {
            pair_take(request, r, results, &samples, report, diag);
        }
        result_free(&results[CHECK_BASELINE]);
        result_free(&results[CHECK_CANDIDATE]);
    }
    if (is_good) {
        metrics_judge(&samples, request, report);
    }
    free(samples.values[CHECK_BASELINE]);
    free(samples.values[CHECK_CANDIDATE]);
    return is_good;
}

void
check_report_free(struct check_report *report)
{
    check_parting_free(&report->parting);
    *report = (struct check_report){0};
}

const char *
check_verdict_name(enum check_verdict verdict)
{
    switch (verdict) {
    case CHECK_SAME:
        return "same";
    case CHECK_BETTER:
        return "better";
    case CHECK_WORSE:
        return "worse";
    case CHECK_SLIGHT:
        return "within tolerance";
    case CHECK_NOT_FOUND:
        return "no difference found";
    }
    UNREACHABLE("every verdict is above");
}
