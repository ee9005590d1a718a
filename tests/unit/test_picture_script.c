/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures are compared as what is sent to gnuplot, never as bytes drawn. */
#include "tests/support/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/picture_band.h"
#include "plots/picture_series.h"
#include "plots/picture_tail.h"
#include "plots/style.h"

struct script {
    struct gnuplot gp;
    char *text;
    size_t size;
};

static void
script_open(struct script *s, enum gnuplot_format format)
{
    FILE *out = open_memstream(&s->text, &s->size);
    assert_non_null(out);
    gnuplot_script(&s->gp, format, out, STYLE_WIDTH_PX, STYLE_HEIGHT_PX);
}

static void
script_close(struct script *s)
{
    assert_int_equal(gnuplot_close(&s->gp), GNUPLOT_OK);
    fclose(s->gp.in);
}

static void
assert_has(const struct script *s, const char *line)
{
    if (strstr(s->text, line) == NULL) {
        print_error("not in the script: %s\n%s", line, s->text);
        fail();
    }
}

static void
assert_has_not(const struct script *s, const char *line)
{
    if (strstr(s->text, line) != NULL) {
        print_error("in the script: %s\n%s", line, s->text);
        fail();
    }
}

/* The number after `before`, from the first place it stands at. */
static double
number_after(const struct script *s, const char *before)
{
    const char *at = strstr(s->text, before);
    assert_non_null(at);
    return strtod(at + strlen(before), NULL);
}

static const double depths[] = {1, 4, 16, 64};
static const double means_a[] = {20, 60, 110, 120};
static const double lows_a[] = {18, 55, 100, 110};
static const double highs_a[] = {22, 65, 120, 130};
static const double means_b[] = {10, 30, 100, 118};

static const struct picture_band_series two_series[] = {
    {"healthy link", means_a, lows_a, highs_a},
    {"window scale lost", means_b, NULL, NULL},
};

static struct picture_band
band_example(void)
{
    return (struct picture_band){.title = "Throughput",
                                 .subtitle = "5 replications",
                                 .x_label = "threaddepth",
                                 .y_label = "msg/s",
                                 .x = depths,
                                 .points_count = 4,
                                 .series = two_series,
                                 .series_count = 2,
                                 .horizon_s = 14400,
                                 .knee_x = (double)NAN};
}

static void
band_script(struct script *s, const struct picture_band *band,
            enum gnuplot_format format)
{
    script_open(s, format);
    picture_band_draw(&s->gp, band);
    script_close(s);
}

static void
test_band_sends_means_and_bands(void **state)
{
    const struct picture_band band = band_example();
    struct script s;
    (void)state;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "$d0 << END_OF_DATA_0\n"
                   "1 20 18 22 NaN\n4 60 55 65 NaN\n"
                   "16 110 100 120 NaN\n64 120 110 130 NaN\n"
                   "END_OF_DATA_0\n");
    assert_has(&s, "1 10 NaN NaN NaN\n");
    assert_has(&s, "set yrange [0:140]\n"); /* up to 130, by 20 */
    assert_has(&s, "$d0 using 1:3:4 with filledcurves lc rgb '#0072B2'");
    assert_has_not(&s, "$d1 using 1:3:4");
    free(s.text);
}

static void
test_band_is_logarithmic_from_a_span_of_20_on(void **state)
{
    static const double near[] = {4, 8, 12, 64};
    struct picture_band band = band_example();
    struct script s;
    (void)state;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "set logscale x");
    free(s.text);
    band.x = near;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "unset logscale x");
    free(s.text);
}

static void
test_band_names_stand_apart_at_the_line_ends(void **state)
{
    const struct picture_band band = band_example();
    struct script s;
    (void)state;
    band_script(&s, &band, GNUPLOT_SVG);
    const char *first = strstr(s.text, "'healthy link' at screen ");
    const char *second = strstr(s.text, "'window scale lost' at screen ");
    assert_non_null(first);
    assert_non_null(second);
    const double first_y = strtod(strchr(first, ',') + 1, NULL);
    const double second_y = strtod(strchr(second, ',') + 1, NULL);
    /* 120 and 118 of 140 are 5 pixels apart: 17 are needed, of 480. */
    assert_true(first_y - second_y > 16.9 / STYLE_HEIGHT_PX);
    assert_true(first_y - second_y < 17.1 / STYLE_HEIGHT_PX);
    const double edge = number_after(&s, "set rmargin at screen ");
    assert_true(strtod(strstr(first, "screen ") + 7, NULL) > edge);
    free(s.text);
}

static void
test_band_marks_what_is_longer_than_the_horizon(void **state)
{
    static const double p99[] = {100, 200, 400, (double)INFINITY};
    const struct picture_band_series series = {"p99", p99, p99, p99};
    struct picture_band band = band_example();
    struct script s;
    (void)state;
    band.series = &series;
    band.series_count = 1;
    band.y_is_time = true;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "'> 4 h' at screen ");
    assert_has(&s, "'2 h' 7200"); /* and none beside the label */
    assert_null(strstr(s.text, "'6 h'"));
    const double edge = number_after(&s, "\n64 NaN NaN NaN ");
    assert_true(edge > 14400);
    assert_true(edge < number_after(&s, "set yrange [60:"));
    assert_has(&s, "$d0 using 1:5 with points");
    free(s.text);
}

static void
test_band_with_nothing_measured_is_still_a_picture(void **state)
{
    static const double none[] = {(double)NAN, (double)NAN, (double)NAN,
                                  (double)NAN};
    const struct picture_band_series series = {"p99", none, none, none};
    struct picture_band band = band_example();
    struct script s;
    (void)state;
    band.series = &series;
    band.series_count = 1;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "set yrange [0:1]\n");
    free(s.text);
    band.y_is_time = true;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "set logscale y");
    free(s.text);
}

static void
test_band_guides_to_the_knee(void **state)
{
    struct picture_band band = band_example();
    struct script s;
    (void)state;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has_not(&s, "knee");
    free(s.text);
    band.knee_x = 16;
    band_script(&s, &band, GNUPLOT_SVG);
    assert_has(&s, "set arrow from first 16,graph 0 to first 16,graph 1");
    assert_has(&s, "'knee: 16' at screen");
    free(s.text);
}

static void
test_band_of_names_keeps_hostile_ones_in_quotes(void **state)
{
    static const char *const names[] = {"fifo", "x'; !id", "95 %", "`id`"};
    struct picture_band band = band_example();
    struct script s;
    (void)state;
    band.x = NULL;
    band.x_names = names;
    band_script(&s, &band, GNUPLOT_SVG);
    /* Points of size 0 are a matrix that some readers of SVG refuse. */
    assert_has(&s, "with yerrorbars lw 1.2 pt -1 lc");
    assert_has_not(&s, "ps 0 ");
    assert_has(&s, "set xrange [-0.5:3.5]\n");
    assert_has(&s, "'x\xe2\x80\x99; !id' 1");
    assert_has(&s, "'95 %%' 2");
    assert_has_not(&s, "`");
    free(s.text);
}

static void
test_band_for_the_terminal_has_a_key_instead_of_labels(void **state)
{
    const struct picture_band band = band_example();
    struct script s;
    (void)state;
    band_script(&s, &band, GNUPLOT_ASCII);
    assert_has(&s, "set terminal dumb");
    assert_has(&s, "title 'healthy link'");
    assert_has_not(&s, "set label");
    assert_has_not(&s, "filledcurves");
    free(s.text);
}

/* --- Over time -------------------------------------------------------------*/

#define STEPS 20000

/* A line of zeros with one peak; 20,000 points for at most 860 columns. */
static void
test_series_is_thinned_and_keeps_its_peak(void **state)
{
    static double time_s[STEPS];
    static double value[STEPS];
    static const char *const names[] = {"run"};
    struct script s;
    (void)state;
    for (uint32_t i = 0; i < STEPS; i++) {
        time_s[i] = i;
        value[i] = i == 12345 ? 777 : i % 2;
    }
    const struct picture_series_line line = {time_s, value, NULL, NULL, STEPS};
    const struct picture_series_panel panel = {"queued", &line};
    const struct picture_series series = {.title = "t",
                                          .subtitle = "s",
                                          .names = names,
                                          .names_count = 1,
                                          .panels = &panel,
                                          .panels_count = 1,
                                          .horizon_s = STEPS};
    script_open(&s, GNUPLOT_SVG);
    picture_series_draw(&s.gp, &series);
    script_close(&s);
    assert_has(&s, "\n12345 777\n");
    uint32_t rows = 0;
    const char *end = strstr(s.text, "\nEND_OF_DATA_0");
    for (const char *at = strstr(s.text, "$d0 <<"); at < end; at++) {
        rows += *at == '\n';
    }
    assert_true(rows > STYLE_WIDTH_PX / 2); /* two for every two pixels */
    assert_true(rows <= STYLE_WIDTH_PX);
    free(s.text);
}

static void
test_series_sends_the_ends_of_what_is_level(void **state)
{
    static const double time_s[] = {0, 60, 120, 180, 240, 300};
    static const double value[] = {7, 7, 7, 7, 8, 8};
    static const char *const names[] = {"run"};
    struct script s;
    (void)state;
    const struct picture_series_line line = {time_s, value, NULL, NULL, 6};
    const struct picture_series_panel panel = {"queued", &line};
    const struct picture_series series = {.title = "t",
                                          .subtitle = "s",
                                          .names = names,
                                          .names_count = 1,
                                          .panels = &panel,
                                          .panels_count = 1,
                                          .horizon_s = 300};
    script_open(&s, GNUPLOT_SVG);
    picture_series_draw(&s.gp, &series);
    script_close(&s);
    assert_has(&s, "\n0 7\n180 7\n240 8\n300 8\nEND_OF_DATA_0");
    free(s.text);
}

static void
faults_script(struct script *s, const struct picture_series_fault *faults,
              uint32_t count)
{
    static const double time_s[] = {0, 7200, 14400};
    static const double value[] = {0, 1000, 0};
    static const char *const names[] = {"run"};
    const struct picture_series_line line = {time_s, value, NULL, NULL, 3};
    const struct picture_series_panel panels[] = {{"queued", &line},
                                                  {"threads", &line}};
    const struct picture_series series = {.title = "t",
                                          .subtitle = "s",
                                          .names = names,
                                          .names_count = 1,
                                          .panels = panels,
                                          .panels_count = 2,
                                          .faults = faults,
                                          .faults_count = count,
                                          .horizon_s = 14400};
    script_open(s, GNUPLOT_SVG);
    picture_series_draw(&s->gp, &series);
    script_close(s);
}

static void
test_series_shades_faults_in_all_panels(void **state)
{
    static const struct picture_series_fault faults[] = {
        {"wscale lost", 3600, 7200},
        {"wscale lost", 10800, 10800}, /* shorter than a pixel */
    };
    struct script s;
    (void)state;
    faults_script(&s, faults, 2);
    const char *first =
        strstr(s.text, "set object 1 rect from graph 0.25000,graph 0 to graph "
                       "0.50000,graph 1 behind fc rgb '#fdeceb'");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "set object 1 rect"));
    assert_has(&s, "set object 2 rect from graph 0.75000,graph 0 to graph "
                   "0.752"); /* 2 pixels of about 790 */
    /* Named once, in the first panel. */
    const char *name = strstr(s.text, "'wscale lost'");
    assert_non_null(name);
    assert_null(strstr(name + 1, "'wscale lost'"));
    free(s.text);
}

static void
test_series_names_a_fault_at_the_end_on_its_left(void **state)
{
    static const struct picture_series_fault faults[] = {
        {"host down", 13000, 14400}};
    struct script s;
    (void)state;
    faults_script(&s, faults, 1);
    const char *label = strstr(s.text, "'host down' at screen ");
    assert_non_null(label);
    assert_non_null(strstr(label, "right font"));
    assert_true(strstr(label, "right font") < strchr(label, '\n'));
    free(s.text);
}

/* --- Distributions ---------------------------------------------------------*/

static const double cdf_time[] = {1, 10, 100, 1000};
static const double cdf_all[] = {0.5, 0.9, 0.99, 1};
static const double cdf_part[] = {0.25, 0.5, 0.75, 0.9};

static const struct picture_cdf_series cdf_series[] = {
    {"all", cdf_time, cdf_all, 4},
    {"part", cdf_time, cdf_part, 4},
    {"nothing", NULL, NULL, 0},
};

static const struct picture_cdf cdf_example = {.title = "t",
                                               .subtitle = "s",
                                               .series = cdf_series,
                                               .series_count = 3,
                                               .horizon_s = 14400};

static void
test_cdf_goes_on_flat_to_the_horizon(void **state)
{
    struct script s;
    (void)state;
    script_open(&s, GNUPLOT_SVG);
    picture_cdf_draw(&s.gp, &cdf_example);
    script_close(&s);
    assert_has(&s, "1 0.5\n10 0.9\n100 0.99\n1000 1\n14400 1\nEND_OF_DATA_0");
    assert_has(&s, "1000 0.9\n14400 0.9\nEND_OF_DATA_1");
    assert_has(&s, "$d2 << END_OF_DATA_2\n14400 0\nEND_OF_DATA_2");
    assert_has(&s, "'95 %%' 0.95");
    free(s.text);
}

static void
test_tail_ends_in_a_mark_where_mail_was_left(void **state)
{
    struct script s;
    (void)state;
    script_open(&s, GNUPLOT_SVG);
    picture_tail_draw(&s.gp, &cdf_example);
    script_close(&s);
    /* p = 0.5 is x = 2, 0.9 is 10, 0.99 is 100: the end of the axis. */
    assert_has(&s, "1 1 NaN\n2 1 NaN\n10 10 NaN\n100 100 NaN\n"
                   "END_OF_DATA_0");
    assert_has(&s, "set xrange [1:100]\n");
    assert_has(&s, "10 1000 NaN\n10 NaN ");
    assert_has(&s, "'> 4 h' at screen");
    free(s.text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_band_sends_means_and_bands),
        cmocka_unit_test(test_band_is_logarithmic_from_a_span_of_20_on),
        cmocka_unit_test(test_band_names_stand_apart_at_the_line_ends),
        cmocka_unit_test(test_band_marks_what_is_longer_than_the_horizon),
        cmocka_unit_test(test_band_with_nothing_measured_is_still_a_picture),
        cmocka_unit_test(test_band_guides_to_the_knee),
        cmocka_unit_test(test_band_of_names_keeps_hostile_ones_in_quotes),
        cmocka_unit_test(
            test_band_for_the_terminal_has_a_key_instead_of_labels),
        cmocka_unit_test(test_series_is_thinned_and_keeps_its_peak),
        cmocka_unit_test(test_series_sends_the_ends_of_what_is_level),
        cmocka_unit_test(test_series_shades_faults_in_all_panels),
        cmocka_unit_test(test_series_names_a_fault_at_the_end_on_its_left),
        cmocka_unit_test(test_cdf_goes_on_flat_to_the_horizon),
        cmocka_unit_test(test_tail_ends_in_a_mark_where_mail_was_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
