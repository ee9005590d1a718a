/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_diagnose.c - mtasim diagnose: which fault makes this symptom, what cures it
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/linkoptions.h"
#include "sim/cmd/linkwords.h"
#include "sim/cmd/lookalike.h"
#include "sim/cmd/suspect.h"
#include "sim/cmd/wording.h"
#include "sim/lab/json.h"

enum {
    SHOWN_MAX = 5,    /* told in full */
    NEAR_PERCENT = 25 /* as good as the best but for this: worth telling */
};

/* One call of the command. */
struct work {
    struct command_call *call;
    struct suspect_case asked;
    struct tcp_stack ours;
    struct suspect suspects[SUSPECTS_MAX];
    uint32_t suspects_count;
    uint32_t shown_count;
};

static bool
asked_read(struct work *work)
{
    static const char *const roles[] = {"client", "server", "both", NULL};
    const struct options *options = work->call->options;
    struct diag *diag = work->call->diag;
    struct suspect_case *asked = &work->asked;
    uint32_t role = 0;
    bool is_good = true;

    trial_params_init(&asked->path);
    is_good = symptom_read(&asked->symptom, options, diag);
    is_good = linkoptions_path_read(options, &asked->path, diag) && is_good;
    is_good = linkoptions_stack_read(options, OPTION_OUR_STACK, "our-stack",
                                     &work->ours, diag) &&
              is_good;
    is_good = options_choice(options, OPTION_OUR_ROLE, roles, 0, &role, diag) &&
              is_good;
    asked->role = role < TCP_SIDES_COUNT ? (int32_t)role : -1;
    asked->ours = options_has(options, OPTION_OUR_STACK) ? &work->ours : NULL;
    asked->path.seed = options_number(options, OPTION_SEED, 20060312);
    return is_good;
}

/* suspects_find - tries all, and the remedies on those worth telling */
static void
suspects_find(struct work *work)
{
    work->suspects_count = suspect_try_all(&work->asked, work->suspects);
    const uint32_t best = work->suspects[0].agreement;

    while (work->shown_count < SHOWN_MAX &&
           work->shown_count < work->suspects_count) {
        struct suspect *suspect = &work->suspects[work->shown_count];

        if (suspect->agreement + NEAR_PERCENT < best ||
            suspect->agreement == 0) {
            break;
        }
        suspect_cure(&work->asked, suspect);
        work->shown_count++;
    }
}

/* --- The screen ---------------------------------------------------------- */

static void
head_print(const struct work *work)
{
    static const char *const roles[] = {"connects", "answers"};
    char text[SYMPTOM_TEXT_SIZE];
    const int32_t role = work->asked.role;

    symptom_format(text, &work->asked.symptom);
    linkwords_wrap("symptom   ", text, stdout);
    printf("our host  %s; it %s\n",
           work->asked.ours != NULL ? work->asked.ours->name
                                    : "linux, windows-2008",
           role >= 0 ? roles[role] : "connects, or answers");
    printf("tried     %" PRIu32 " faults, each in %" PRIu32
           " set-ups of stacks\n\n",
           work->suspects_count, work->suspects[0].setups_count);
}

/* table_print - all of them in a line each */
static void
table_print(const struct work *work)
{
    printf("agrees  in set-ups  fault\n");
    for (uint32_t i = 0; i < work->suspects_count; i++) {
        const struct suspect *suspect = &work->suspects[i];

        printf("%5" PRIu32 "%%  %4" PRIu32 " of %2" PRIu32 "  %s\n",
               suspect->agreement, suspect->agreeing_count,
               suspect->setups_count, suspect->fault->fault);
    }
}

static const char *
effect_word(enum suspect_effect effect)
{
    switch (effect) {
    case SUSPECT_CURES:
        return "cures it";
    case SUSPECT_EASES:
        return "eases it";
    case SUSPECT_IS_VAIN:
        return "in vain";
    case SUSPECT_NOT_MADE:
        return "is so already";
    }
    UNREACHABLE("every effect is above");
}

static void
remedies_print(const struct suspect *suspect)
{
    const struct suspect_remedy *remedy = NULL;

    for (uint32_t i = 0; (remedy = suspect_remedy_at(i)) != NULL; i++) {
        printf("   %-13s  %s\n", effect_word(suspect->effects[i]),
               remedy->name);
    }
}

static void
suspect_print(const struct work *work, uint32_t place)
{
    const struct suspect *suspect = &work->suspects[place];
    const struct suspect_setup *best = &suspect->best;
    struct trial_params params;
    struct trial trial;
    char text[SYMPTOM_TEXT_SIZE], story[LINKWORDS_SIZE];

    snprintf(text, sizeof text, "%" PRIu32 ". %s (%" PRIu32 "%%): ", place + 1,
             suspect->fault->fault, suspect->agreement);
    printf("\n");
    linkwords_wrap(text, suspect->fault->does, stdout);
    if (suspect->fault->known != NULL) {
        linkwords_wrap("   met in: ", suspect->fault->known, stdout);
    }
    printf("   best with client %s, server %s (shifts %" PRId32 ", %" PRId32
           ")\n",
           best->stacks[TCP_CLIENT].name, best->stacks[TCP_SERVER].name,
           best->stacks[TCP_CLIENT].shift, best->stacks[TCP_SERVER].shift);
    prediction_format(text, &best->prediction);
    linkwords_wrap("   simulated: ", text, stdout);
    symptom_missing(text, &work->asked.symptom, &best->prediction);
    if (text[0] != '\0') {
        linkwords_wrap("   does not fit: ", text, stdout);
    }
    suspect_show(&work->asked, suspect, &params, &trial);
    linkwords_story(story, &trial);
    if (story[0] != '\0') {
        linkwords_wrap("   ", story, stdout);
    }
    if (params.path.hops[0].middleboxes_count > 0) {
        remedies_print(suspect);
    }
}

static void
foot_print(const struct work *work)
{
    const struct suspect_remedy *remedy = NULL;
    const struct lookalike *lookalike = NULL;
    bool is_first = true;

    printf("\nThe remedies\n");
    for (uint32_t i = 0; (remedy = suspect_remedy_at(i)) != NULL; i++) {
        printf("   %s\n", remedy->name);
        linkwords_wrap("      ", remedy->how, stdout);
    }
    printf("   and for all of them: mend or replace the device on the way\n");
    for (uint32_t i = 0; (lookalike = lookalike_at(i)) != NULL; i++) {
        if (!lookalike_is_possible(i, &work->asked.symptom)) {
            continue;
        }
        if (is_first) {
            printf("\nNot simulated, but it may look the same\n");
            is_first = false;
        }
        printf("   %s: %s\n", lookalike->name, lookalike->looks);
        linkwords_wrap("      ", lookalike->tell, stdout);
    }
}

/* --- JSON ---------------------------------------------------------------- */

static void
suspect_put(struct json *json, const struct work *work, uint32_t place)
{
    static const char *const effects[] = {
        [SUSPECT_CURES] = "cures",
        [SUSPECT_EASES] = "eases",
        [SUSPECT_IS_VAIN] = "vain",
        [SUSPECT_NOT_MADE] = "so already",
    };
    const struct suspect *suspect = &work->suspects[place];
    const struct suspect_remedy *remedy = NULL;
    char text[SYMPTOM_TEXT_SIZE];

    json_object_begin(json);
    wording_text_put(json, "fault", suspect->fault->fault);
    wording_text_put(json, "does", suspect->fault->does);
    json_key(json, "agreement_percent");
    json_i64(json, suspect->agreement);
    json_key(json, "setups");
    json_i64(json, suspect->setups_count);
    json_key(json, "setups_agreeing");
    json_i64(json, suspect->agreeing_count);
    wording_text_put(json, "client", suspect->best.stacks[TCP_CLIENT].name);
    wording_text_put(json, "server", suspect->best.stacks[TCP_SERVER].name);
    prediction_format(text, &suspect->best.prediction);
    wording_text_put(json, "simulated", text);
    symptom_missing(text, &work->asked.symptom, &suspect->best.prediction);
    wording_text_put(json, "does_not_fit", text);
    json_key(json, "remedies");
    json_array_begin(json);
    for (uint32_t i = 0;
         place < work->shown_count && (remedy = suspect_remedy_at(i)) != NULL;
         i++) {
        json_object_begin(json);
        wording_text_put(json, "remedy", remedy->name);
        wording_text_put(json, "effect", effects[suspect->effects[i]]);
        wording_text_put(json, "how", remedy->how);
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

static bool
work_json(const struct work *work)
{
    const struct lookalike *lookalike = NULL;
    char text[SYMPTOM_TEXT_SIZE];
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    symptom_format(text, &work->asked.symptom);
    wording_text_put(&json, "symptom", text);
    json_key(&json, "suspects");
    json_array_begin(&json);
    for (uint32_t i = 0; i < work->suspects_count; i++) {
        suspect_put(&json, work, i);
    }
    json_array_end(&json);
    json_key(&json, "lookalikes");
    json_array_begin(&json);
    for (uint32_t i = 0; (lookalike = lookalike_at(i)) != NULL; i++) {
        if (lookalike_is_possible(i, &work->asked.symptom)) {
            json_object_begin(&json);
            wording_text_put(&json, "name", lookalike->name);
            wording_text_put(&json, "how_to_tell", lookalike->tell);
            json_key(&json, "is_simulated");
            json_bool(&json, false);
            json_object_end(&json);
        }
    }
    json_array_end(&json);
    json_object_end(&json);
    return json_end(&json);
}

int
cmd_diagnose(struct command_call *call)
{
    struct work work = {.call = call};
    bool is_good = true;

    if (!asked_read(&work)) {
        return EXIT_USER_ERROR;
    }
    suspects_find(&work);
    if (options_has(call->options, OPTION_JSON)) {
        is_good = work_json(&work);
    } else {
        head_print(&work);
        table_print(&work);
        for (uint32_t i = 0; i < work.shown_count; i++) {
            suspect_print(&work, i);
        }
        foot_print(&work);
    }
    return launch_flush(call->diag) && is_good ? EXIT_DONE : EXIT_IO_ERROR;
}
