/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suspect.c - see suspect.h
 */
#include "sim/cmd/suspect.h"

#include <string.h>

#include "sim/cmd/linkwords.h"

enum { STACKS_MAX = 8 };

#define SMALL_BYTES 2000
#define LARGE_BYTES 500000
/* Patience: GUESS. Nobody looks at a blank screen for longer; a mail that has
 * not gone after a minute has failed in everybody's eyes. */
#define BANNER_TIMEOUT_NS (60 * NS_PER_S)
#define LIMIT_NS          (60 * NS_PER_S)
#define CRAWL_NS          (10 * NS_PER_S) /* something came within this */
/* EHLO is typed, and the screen looked at, before the first probe of a BSD
 * sender (5 s) would bring something anyway. */
#define TYPE_AT_NS (3 * NS_PER_S)
#define LOOK_AT_NS (9 * NS_PER_S / 2)

static const struct suspect_fault faults[] = {
    {"none", "the path is in order", NULL},
    {"track",
     "a stateful filter that missed the handshake's scaling takes window"
     " fields as they stand",
     "pf with state made on the SYN-ACK; a trace of it on port 25"},
    {"strip-synack", "the option is taken out of the SYN-ACK only",
     "filters that clear the option in one direction"},
    {"track-syn",
     "a stateful filter ignorant of scaling; the handshake's windows count",
     "PIX before 6.1(5), 6.2(3), 6.3(1); many home routers"},
    {"track-start",
     "a stateful filter that tests where a segment starts, ignorant of"
     " scaling",
     "SonicWALL's sequence rule"},
    {"set-syn=0", "the scale in the SYN becomes 0, the option stays",
     "home routers: Linux 2.6.8 (2004), Vista, Exchange 2007"},
    {"drop-syn", "a SYN with the option is discarded", NULL},
    {"drop-synack", "a SYN-ACK with the option is discarded",
     "Cisco IOS zone firewall with strict enforcement"},
    {"strip-syn", "the option is taken out of the SYN; nobody scales", NULL},
    {"strip-both", "the option is taken out both ways; nobody scales",
     "Cisco ASA: tcp-options window-scale clear"},
    {"set-synack=0", "the scale in the SYN-ACK becomes 0, the option stays",
     NULL},
    {"set-both=0", "the scale becomes 0 in both directions", NULL},
    {"clamp=8192", "window fields are capped at 8192", "rate shapers"},
    {"clamp=1000", "window fields are capped at 1000", NULL},
    {"set-syn=14", "the scale in the SYN becomes 14", NULL},
    {"set-synack=14", "the scale in the SYN-ACK becomes 14", NULL},
};

enum { FAULTS_COUNT = sizeof faults / sizeof faults[0] };
_Static_assert((int)FAULTS_COUNT <= (int)SUSPECTS_MAX, "all have a place");

static const struct suspect_remedy remedies[] = {
    {"no window scaling at our end",
     "Windows: netsh interface tcp set global autotuninglevel=disabled;"
     " Linux: sysctl net.ipv4.tcp_window_scaling=0;"
     " FreeBSD: sysctl net.inet.tcp.rfc1323=0"},
    {"windows of 64 KB at most, scale 0, at our end",
     "Linux, to one host: ip route add HOST via ROUTER window 65535"},
    {"auto-tuning highlyrestricted (scale 2) at our end",
     "Windows: netsh interface tcp set global"
     " autotuninglevel=highlyrestricted; Linux: a smaller third value in"
     " net.ipv4.tcp_rmem"},
    {"auto-tuning restricted (scale 4) at our end",
     "Windows: netsh interface tcp set global autotuninglevel=restricted"},
    {"no window scaling at the other end", "the same settings there"},
};

enum { REMEDIES_COUNT = sizeof remedies / sizeof remedies[0] };
_Static_assert((int)REMEDIES_COUNT <= (int)SUSPECT_REMEDIES_MAX,
               "all have a place");

const struct suspect_fault *
suspect_fault_at(uint32_t index)
{
    return index < FAULTS_COUNT ? &faults[index] : NULL;
}

const struct suspect_remedy *
suspect_remedy_at(uint32_t index)
{
    return index < REMEDIES_COUNT ? &remedies[index] : NULL;
}

/* --- One set-up ---------------------------------------------------------- */

/* params_make - the path with this fault between these ends */
static struct trial_params
params_make(const struct suspect_case *asked,
            const struct tcp_stack stacks[TCP_SIDES_COUNT], const char *fault)
{
    struct trial_params params = asked->path;
    struct hop_params *hop = &params.path.hops[0];
    const char *expected = NULL;

    memcpy(params.stacks, stacks, sizeof params.stacks);
    params.reply_timeout_ns = BANNER_TIMEOUT_NS;
    params.limit_ns = LIMIT_NS;
    hop->middleboxes_count = 1;
    if (!middlebox_parse(&hop->middleboxes[0], fault, &expected)) {
        UNREACHABLE("the table's faults are faults");
    }
    if (hop->middleboxes[0].fault == MIDDLEBOX_NONE) {
        hop->middleboxes_count = 0;
    }
    return params;
}

/* mail_try - a mail of this size; *trial tells more */
static enum symptom_answer
mail_try(struct trial_params *params, int64_t bytes, struct trial *trial)
{
    struct trial_params clean_params = *params;
    struct trial clean;

    params->size_bytes = clean_params.size_bytes = bytes;
    trial_run(trial, params, NULL);
    if (trial->outcome != TRIAL_DELIVERED) {
        return SYMPTOM_BAD;
    }
    trial_params_clear(&clean_params);
    trial_run(&clean, &clean_params, NULL);
    return linkwords_is_slow(trial, &clean) ? SYMPTOM_SLOW : SYMPTOM_GOOD;
}

/* banner_bytes_try - how much of the banner is on the screen when it is looked
 * at */
static int64_t
banner_bytes_try(struct trial_params params, int64_t type_at_ns)
{
    struct trial trial;

    params.type_at_ns = type_at_ns;
    params.look_at_ns = LOOK_AT_NS;
    trial_run(&trial, &params, NULL);
    return trial.turns[0].legs[TCP_SERVER].there_bytes;
}

static struct prediction
setup_try(const struct suspect_case *asked,
          const struct tcp_stack stacks[TCP_SIDES_COUNT], const char *fault)
{
    struct trial_params params = params_make(asked, stacks, fault);
    struct prediction p = {.stalled_after_bytes = -1};
    struct trial trial;

    p.small = mail_try(&params, SMALL_BYTES, &trial);
    p.large = mail_try(&params, LARGE_BYTES, &trial);
    p.connects = trial.connected_at_ns >= 0;
    p.banner_first_ns = trial.turns[0].legs[TCP_SERVER].first_at_ns;
    p.banner_ns = trial.turns[0].legs[TCP_SERVER].there_at_ns;
    if (trial.outcome == TRIAL_STALLED_DATA) {
        p.stalled_after_bytes = trial.body_bytes;
        p.large_crawls = trial.body_last_at_ns >= 0 &&
                         trial.end_at_ns - trial.body_last_at_ns < CRAWL_NS;
    }
    if (p.connects && (p.banner_ns < 0 || p.banner_ns > LOOK_AT_NS)) {
        p.ehlo_helps =
            banner_bytes_try(params, TYPE_AT_NS) > banner_bytes_try(params, 0);
    }
    params.stacks[TCP_CLIENT].shift = TCP_SHIFT_NONE;
    p.others_fine = mail_try(&params, LARGE_BYTES, &trial) == SYMPTOM_GOOD;
    return p;
}

/* --- All of them --------------------------------------------------------- */

/* stacks_of_others - hosts of several kinds; what scales much and little */
static uint32_t
stacks_of_others(struct tcp_stack stacks[STACKS_MAX])
{
    uint32_t count = 0;

    stacks[count++] = *tcp_stack_named("linux");
    stacks[count++] = *tcp_stack_named("bsd");
    stacks[count++] = *tcp_stack_named("windows-2008");
    stacks[count] = *tcp_stack_named("linux");
    stacks[count++].shift = 10; /* tcp_rmem up to 32 MB */
    stacks[count] = *tcp_stack_named("linux");
    stacks[count++].shift = 2; /* before 2.6.17 */
    return count;
}

static uint32_t
stacks_of_ours(const struct suspect_case *asked,
               struct tcp_stack stacks[STACKS_MAX])
{
    uint32_t count = 0;

    if (asked->ours != NULL) {
        stacks[count++] = *asked->ours;
        return count;
    }
    stacks[count++] = *tcp_stack_named("linux");
    stacks[count++] = *tcp_stack_named("windows-2008");
    return count;
}

/* setup_add - one more set-up of a suspect */
static void
setup_add(const struct suspect_case *asked, struct suspect *suspect,
          const struct suspect_setup *setup)
{
    struct suspect_setup tried = *setup;

    tried.prediction = setup_try(asked, tried.stacks, suspect->fault->fault);
    tried.agreement = symptom_agreement(&asked->symptom, &tried.prediction);
    if (suspect->setups_count == 0 || tried.agreement > suspect->agreement) {
        suspect->best = tried;
        suspect->agreement = tried.agreement;
        suspect->agreeing_count = 0;
    }
    suspect->agreeing_count += tried.agreement == suspect->agreement;
    suspect->setups_count++;
}

static void
suspect_try(const struct suspect_case *asked, struct suspect *suspect)
{
    struct tcp_stack ours[STACKS_MAX], others[STACKS_MAX];
    const uint32_t ours_count = stacks_of_ours(asked, ours);
    const uint32_t others_count = stacks_of_others(others);

    for (uint32_t role = 0; role < TCP_SIDES_COUNT; role++) {
        if (asked->role >= 0 && (uint32_t)asked->role != role) {
            continue;
        }
        for (uint32_t i = 0; i < ours_count * others_count; i++) {
            struct suspect_setup setup = {.ours = (enum tcp_side)role};

            setup.stacks[role] = ours[i / others_count];
            setup.stacks[tcp_other(setup.ours)] = others[i % others_count];
            setup_add(asked, suspect, &setup);
        }
    }
}

/* is_before - better agreement, in more set-ups, met more often */
static bool
is_before(const struct suspect *a, const struct suspect *b)
{
    if (a->agreement != b->agreement) {
        return a->agreement > b->agreement;
    }
    if (a->agreeing_count != b->agreeing_count) {
        return a->agreeing_count > b->agreeing_count;
    }
    return a->place < b->place;
}

uint32_t
suspect_try_all(const struct suspect_case *asked,
                struct suspect suspects[SUSPECTS_MAX])
{
    for (uint32_t i = 0; i < FAULTS_COUNT; i++) {
        struct suspect suspect = {.fault = &faults[i], .place = i};
        uint32_t at = i;

        suspect_try(asked, &suspect);
        while (at > 0 && is_before(&suspect, &suspects[at - 1])) {
            suspects[at] = suspects[at - 1];
            at--;
        }
        suspects[at] = suspect;
    }
    return FAULTS_COUNT;
}

/* --- Remedies ------------------------------------------------------------ */

/* remedy_apply - false: the stacks were so before */
static bool
remedy_apply(uint32_t remedy, enum tcp_side ours,
             struct tcp_stack stacks[TCP_SIDES_COUNT])
{
    static const int32_t shifts[REMEDIES_COUNT] = {TCP_SHIFT_NONE, 0, 2, 4,
                                                   TCP_SHIFT_NONE};
    struct tcp_stack *stack =
        &stacks[remedy + 1 == REMEDIES_COUNT ? tcp_other(ours) : ours];
    const int64_t window_max = shifts[remedy] <= 0
                                   ? TCP_WINDOW_MAX
                                   : (int64_t)TCP_WINDOW_MAX << shifts[remedy];

    if (stack->shift <= shifts[remedy]) {
        return false;
    }
    stack->shift = shifts[remedy];
    stack->window_max_bytes = i64_min(stack->window_max_bytes, window_max);
    stack->window_first_bytes =
        i64_min(stack->window_first_bytes, stack->window_max_bytes);
    return true;
}

static uint32_t
wellness(const struct prediction *p)
{
    static const uint32_t points[SYMPTOM_ANSWERS_COUNT] = {
        [SYMPTOM_GOOD] = 2, [SYMPTOM_SLOW] = 1};

    return (p->connects ? 1U : 0U) + (p->banner_ns >= 0 ? 1U : 0U) +
           points[p->small] + points[p->large];
}

void
suspect_cure(const struct suspect_case *asked, struct suspect *suspect)
{
    const struct suspect_setup *best = &suspect->best;
    const uint32_t before = wellness(&best->prediction);

    for (uint32_t i = 0; i < REMEDIES_COUNT; i++) {
        struct tcp_stack stacks[TCP_SIDES_COUNT];

        memcpy(stacks, best->stacks, sizeof stacks);
        if (!remedy_apply(i, best->ours, stacks)) {
            suspect->effects[i] = SUSPECT_NOT_MADE;
            continue;
        }
        const struct prediction after =
            setup_try(asked, stacks, suspect->fault->fault);

        suspect->effects[i] =
            after.small == SYMPTOM_GOOD && after.large == SYMPTOM_GOOD
                ? SUSPECT_CURES
            : wellness(&after) > before ? SUSPECT_EASES
                                        : SUSPECT_IS_VAIN;
    }
}

void
suspect_show(const struct suspect_case *asked, const struct suspect *suspect,
             struct trial_params *params, struct trial *trial)
{
    *params = params_make(asked, suspect->best.stacks, suspect->fault->fault);
    params->size_bytes = LARGE_BYTES;
    trial_run(trial, params, NULL);
}
