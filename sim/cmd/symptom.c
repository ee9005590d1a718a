/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symptom.c - see symptom.h
 */
#include "sim/cmd/symptom.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/cmd/linkoptions.h"
#include "sim/cmd/linkwords.h"

enum { POINTS_MAX = 7, FULL = 100, HALF = 50, TRACE = 20 };

/* A banner within this is no symptom; one later than the second is taken for
 * none by who looks at the screen. GUESS: patience. */
#define BANNER_GOOD_NS (2 * NS_PER_S)
#define BANNER_NONE_NS (15 * NS_PER_S)

static const struct src_loc command_line = {.file = "command line"};

static void add(char text[SYMPTOM_TEXT_SIZE], const char *format, ...)
    PRINTF_LIKE(2, 3);

/* add - a part, behind a semicolon where it is not the first */
static void
add(char text[SYMPTOM_TEXT_SIZE], const char *format, ...)
{
    size_t at = strlen(text);
    va_list args;

    if (at > 0 && at + 3 < SYMPTOM_TEXT_SIZE) {
        at += (size_t)snprintf(text + at, SYMPTOM_TEXT_SIZE - at, "; ");
    }
    va_start(args, format);
    vsnprintf(text + at, SYMPTOM_TEXT_SIZE - at, format, args);
    va_end(args);
}

/* --- What was told ------------------------------------------------------- */

static bool
answer_read(const struct options *options, enum option_id id,
            const char *const *names, enum symptom_answer *answer,
            struct diag *diag)
{
    uint32_t choice = 0;

    if (!options_has(options, id)) {
        *answer = SYMPTOM_UNTOLD;
        return true;
    }
    if (!options_choice(options, id, names, 0, &choice, diag)) {
        return false;
    }
    *answer = (enum symptom_answer)(SYMPTOM_GOOD + choice);
    return true;
}

/* banner_read - yes, no, or the time it takes */
static bool
banner_read(struct symptom *symptom, const struct options *options,
            struct diag *diag)
{
    const char *text = options_text(options, OPTION_BANNER, NULL);
    const char *why = NULL;
    int64_t seconds = 0;

    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
        symptom->banner = text[0] == 'y' ? SYMPTOM_GOOD : SYMPTOM_BAD;
        return true;
    }
    symptom->banner = SYMPTOM_SLOW;
    if (unit_integer_parse(text, &seconds, &why) && seconds >= 0 &&
        seconds <= 3600) {
        symptom->banner_ns = seconds * NS_PER_S;
        return true;
    }
    if (!unit_duration_parse(text, &symptom->banner_ns, &why) ||
        symptom->banner_ns > NS_PER_HOUR) {
        diag_error(diag, command_line,
                   "--banner must be yes, no or the time until it comes, as in"
                   " 15s, found '%s'",
                   text);
        return false;
    }
    return true;
}

static bool
is_told(const struct symptom *symptom)
{
    return symptom->connect != SYMPTOM_UNTOLD ||
           symptom->banner != SYMPTOM_UNTOLD ||
           symptom->small != SYMPTOM_UNTOLD ||
           symptom->large != SYMPTOM_UNTOLD ||
           symptom->ehlo_helps != SYMPTOM_UNTOLD ||
           symptom->others_fine != SYMPTOM_UNTOLD ||
           symptom->stalled_after_bytes >= 0;
}

/* is_possible - without a connection nothing comes, and nothing passes */
static bool
is_possible(const struct symptom *symptom)
{
    const bool is_heard = symptom->banner == SYMPTOM_GOOD ||
                          symptom->banner == SYMPTOM_SLOW ||
                          symptom->ehlo_helps == SYMPTOM_GOOD;
    const bool has_passed =
        symptom->small == SYMPTOM_GOOD || symptom->small == SYMPTOM_SLOW ||
        symptom->large == SYMPTOM_GOOD || symptom->large == SYMPTOM_SLOW ||
        symptom->stalled_after_bytes > 0;

    return symptom->connect != SYMPTOM_BAD || !(is_heard || has_passed);
}

bool
symptom_read(struct symptom *symptom, const struct options *options,
             struct diag *diag)
{
    static const char *const yes_no[] = {"yes", "no", NULL};
    static const char *const pass_fail[] = {"pass", "fail", "slow", NULL};
    static const struct linkoptions_amount stalled = {
        OPTION_STALLED_AFTER, "stalled-after", linkoptions_bytes_parse, 0,
        INT64_C(1) << 40,     "a size"};
    bool is_good = true;

    *symptom = (struct symptom){.stalled_after_bytes = -1};
    is_good =
        answer_read(options, OPTION_CONNECT, yes_no, &symptom->connect, diag);
    is_good = banner_read(symptom, options, diag) && is_good;
    is_good = answer_read(options, OPTION_SMALL_MAILS, pass_fail,
                          &symptom->small, diag) &&
              is_good;
    is_good = answer_read(options, OPTION_LARGE_MAILS, pass_fail,
                          &symptom->large, diag) &&
              is_good;
    is_good = answer_read(options, OPTION_EHLO_HELPS, yes_no,
                          &symptom->ehlo_helps, diag) &&
              is_good;
    is_good = answer_read(options, OPTION_OTHER_CLIENTS, yes_no,
                          &symptom->others_fine, diag) &&
              is_good;
    is_good = linkoptions_amount_read(options, &stalled,
                                      &symptom->stalled_after_bytes, diag) &&
              is_good;
    if (is_good && !is_told(symptom)) {
        diag_error(diag, command_line,
                   "say what is seen, as in --banner no --small-mails fail;"
                   " --help lists the questions");
        return false;
    }
    if (is_good && !is_possible(symptom)) {
        diag_error(diag, command_line,
                   "--connect no: then no banner comes and no mail passes, and"
                   " another answer says that it does");
        return false;
    }
    return is_good;
}

/* --- Agreement ----------------------------------------------------------- */

/* within - full within full_percent of each other, half within half_percent */
static uint32_t
within(int64_t told, int64_t predicted, int64_t full_percent,
       int64_t half_percent)
{
    const int64_t low = i64_max(i64_min(told, predicted), 1);
    const int64_t high = i64_max(i64_max(told, predicted), 1);

    return high * 100 <= low * full_percent   ? FULL
           : high * 100 <= low * half_percent ? HALF
                                              : 0;
}

static uint32_t
yes_no_agrees(enum symptom_answer told, bool predicted)
{
    return (told == SYMPTOM_GOOD) == predicted ? FULL : 0;
}

/* banner_comes - whole, and soon */
static uint32_t
banner_comes(const struct prediction *p)
{
    if (p->banner_ns < 0 || p->banner_ns > BANNER_NONE_NS) {
        return 0;
    }
    return p->banner_ns <= BANNER_GOOD_NS ? FULL : HALF;
}

/* banner_is_missing - connected, and nothing on the screen for a while */
static uint32_t
banner_is_missing(const struct prediction *p)
{
    const int64_t first_ns = p->banner_first_ns;

    if (!p->connects) {
        return 0;
    }
    if (first_ns < 0 || first_ns > BANNER_NONE_NS) {
        return FULL;
    }
    if (first_ns > BANNER_GOOD_NS) {
        return FULL - TRACE;
    }
    return p->banner_ns < 0 || p->banner_ns > BANNER_GOOD_NS ? HALF : 0;
}

static uint32_t
banner_agrees(const struct symptom *symptom, const struct prediction *p)
{
    switch (symptom->banner) {
    case SYMPTOM_GOOD:
        return banner_comes(p);
    case SYMPTOM_BAD:
        /* Who has no connection has no banner: the one answer of both. */
        return symptom->connect == SYMPTOM_BAD && !p->connects
                   ? FULL
                   : banner_is_missing(p);
    case SYMPTOM_SLOW:
        return p->banner_ns < 0
                   ? 0
                   : within(symptom->banner_ns, p->banner_ns, 150, 300);
    case SYMPTOM_UNTOLD:
    case SYMPTOM_ANSWERS_COUNT:
        break;
    }
    UNREACHABLE("it was told");
}

/* mail_agrees - what crawls may be called slow or failed, and what is slow
 * is delivered in the end */
static uint32_t
mail_agrees(enum symptom_answer told, enum symptom_answer predicted,
            bool crawls)
{
    if (told == predicted) {
        return FULL;
    }
    if (told == SYMPTOM_SLOW && crawls) {
        return FULL - TRACE;
    }
    if (predicted == SYMPTOM_SLOW) {
        return HALF;
    }
    return 0;
}

/* A point of the symptom: its weight 1, or 0 where it was not told. */
struct point {
    const char *name;
    uint32_t agrees;
};

static uint32_t
points_make(const struct symptom *symptom, const struct prediction *p,
            struct point points[POINTS_MAX])
{
    uint32_t count = 0;

    if (symptom->connect != SYMPTOM_UNTOLD) {
        points[count++] = (struct point){
            "connect", yes_no_agrees(symptom->connect, p->connects)};
    }
    if (symptom->banner != SYMPTOM_UNTOLD) {
        points[count++] = (struct point){"banner", banner_agrees(symptom, p)};
    }
    if (symptom->small != SYMPTOM_UNTOLD) {
        points[count++] = (struct point){
            "small mails", mail_agrees(symptom->small, p->small, false)};
    }
    if (symptom->large != SYMPTOM_UNTOLD) {
        points[count++] =
            (struct point){"large mails", mail_agrees(symptom->large, p->large,
                                                      p->large_crawls)};
    }
    if (symptom->ehlo_helps != SYMPTOM_UNTOLD) {
        points[count++] = (struct point){
            "typing EHLO", yes_no_agrees(symptom->ehlo_helps, p->ehlo_helps)};
    }
    if (symptom->others_fine != SYMPTOM_UNTOLD) {
        points[count++] =
            (struct point){"other clients",
                           yes_no_agrees(symptom->others_fine, p->others_fine)};
    }
    if (symptom->stalled_after_bytes >= 0) {
        points[count++] = (struct point){
            "where it stalls", p->stalled_after_bytes < 0
                                   ? 0
                                   : within(symptom->stalled_after_bytes,
                                            p->stalled_after_bytes, 125, 200)};
    }
    ASSERT(count > 0);
    return count;
}

uint32_t
symptom_agreement(const struct symptom *symptom,
                  const struct prediction *prediction)
{
    struct point points[POINTS_MAX];
    const uint32_t count = points_make(symptom, prediction, points);
    uint32_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += points[i].agrees;
    }
    return sum / count;
}

void
symptom_missing(char text[SYMPTOM_TEXT_SIZE], const struct symptom *symptom,
                const struct prediction *prediction)
{
    struct point points[POINTS_MAX];
    const uint32_t count = points_make(symptom, prediction, points);

    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        if (points[i].agrees < FULL) {
            add(text, "%s%s", points[i].name,
                points[i].agrees > 0 ? " (in part)" : "");
        }
    }
}

/* --- In words ------------------------------------------------------------ */

static const char *
mail_word(enum symptom_answer answer)
{
    switch (answer) {
    case SYMPTOM_GOOD:
        return "pass";
    case SYMPTOM_BAD:
        return "fail";
    case SYMPTOM_SLOW:
        return "are slow";
    case SYMPTOM_UNTOLD:
    case SYMPTOM_ANSWERS_COUNT:
        break;
    }
    UNREACHABLE("what is not told is not named");
}

static void
banner_add(char text[SYMPTOM_TEXT_SIZE], const struct symptom *symptom)
{
    char time[FIGURES_SIZE];

    if (symptom->banner == SYMPTOM_SLOW) {
        figures_duration(time, (double)symptom->banner_ns / (double)NS_PER_S);
        add(text, "banner after %s", time);
    } else if (symptom->banner != SYMPTOM_UNTOLD) {
        add(text,
            symptom->banner == SYMPTOM_GOOD ? "banner comes" : "no banner");
    }
}

void
symptom_format(char text[SYMPTOM_TEXT_SIZE], const struct symptom *symptom)
{
    char bytes[32];

    text[0] = '\0';
    if (symptom->connect != SYMPTOM_UNTOLD) {
        add(text,
            symptom->connect == SYMPTOM_GOOD ? "connects" : "no connection");
    }
    banner_add(text, symptom);
    if (symptom->ehlo_helps != SYMPTOM_UNTOLD) {
        add(text, "typing EHLO %s",
            symptom->ehlo_helps == SYMPTOM_GOOD ? "helps" : "does not help");
    }
    if (symptom->small != SYMPTOM_UNTOLD) {
        add(text, "small mails %s", mail_word(symptom->small));
    }
    if (symptom->large != SYMPTOM_UNTOLD) {
        add(text, "large mails %s", mail_word(symptom->large));
    }
    if (symptom->stalled_after_bytes >= 0) {
        add(text, "stalled after %s bytes",
            linkwords_bytes(bytes, symptom->stalled_after_bytes));
    }
    if (symptom->others_fine != SYMPTOM_UNTOLD) {
        add(text, "other clients %s",
            symptom->others_fine == SYMPTOM_GOOD ? "are fine"
                                                 : "have it as well");
    }
}

void
prediction_format(char text[SYMPTOM_TEXT_SIZE],
                  const struct prediction *prediction)
{
    char time[FIGURES_SIZE], bytes[32];

    text[0] = '\0';
    if (!prediction->connects) {
        add(text, "no connection");
    } else if (prediction->banner_ns >= 0) {
        figures_duration(time,
                         (double)prediction->banner_ns / (double)NS_PER_S);
        add(text, "banner after %s", time);
    } else if (prediction->banner_first_ns >= 0) {
        figures_duration(time, (double)prediction->banner_first_ns /
                                   (double)NS_PER_S);
        add(text, "some of the banner after %s", time);
    } else {
        add(text, "no banner");
    }
    if (prediction->ehlo_helps) {
        add(text, "typing EHLO helps");
    }
    if (prediction->small == prediction->large &&
        prediction->stalled_after_bytes < 0) {
        add(text, "mails %s", mail_word(prediction->small));
    } else {
        add(text, "small mails %s", mail_word(prediction->small));
        add(text, "large mails %s", mail_word(prediction->large));
    }
    if (prediction->stalled_after_bytes >= 0) {
        add(text, "%s after %s bytes",
            prediction->large_crawls ? "crawling" : "stalled",
            linkwords_bytes(bytes, prediction->stalled_after_bytes));
    }
    add(text, "clients without scaling %s",
        prediction->others_fine ? "are fine" : "have it as well");
}
