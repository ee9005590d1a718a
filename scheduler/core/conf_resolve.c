/* SPDX-License-Identifier: MIT */
/*
 * conf_resolve.c - from drafts to what the engine reads
 *
 * First every value that nobody gave gets its built-in one, which may depend
 * on what kind of channel it is; then all are copied out. Running it again
 * after a change gives the same answer as a fresh start would.
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

#include "conf_duration.h"

enum {
    SMTP_THREADS = 10,    /* in a job of a tcp_* channel */
    STORE_THREADS = 15,   /* in a job of ims-ms */
    STORE_THREADDEPTH = 5 /* fixed, for ims-ms */
};

/* SOURCE  2005Q4 guide, "Specifying the Retry Frequency": minutes. */
static const uint16_t backoff_minutes[CONF_CLASSES_COUNT][7] = {
    {30, 60, 60, 120, 120, 120, 240},
    {60, 120, 120, 240, 240, 240, 480},
    {120, 240, 240, 480, 480, 480, 960},
};
static const uint16_t notices_builtin[] = {3, 6, 9, 12};

static const struct conf_place builtin_place = {"built-in", 0, 0};

static void
set_numbers(struct conf_value *value, const uint16_t *numbers, uint32_t count,
            int64_t unit)
{
    for (uint32_t i = 0; i < count; i++) {
        value->numbers[i] = numbers[i] * unit;
    }
    value->count = count;
}

static void
set_schedule(struct conf_value *value, int64_t first, int64_t period)
{
    value->numbers[0] = first;
    value->numbers[1] = period;
    value->count = 2;
}

/* set_builtin - what holds where nobody said anything */
static void
set_builtin(enum conf_key key, struct conf_value *value)
{
    const struct conf_setting *setting = conf_setting(key);
    uint32_t class = (uint32_t)key - CONF_KEY_URGENTBACKOFF;

    *value = (struct conf_value){.place = builtin_place, .count = 1};
    switch ((enum conf_kind)setting->kind) {
    case CONF_KIND_INTEGER:
    case CONF_KIND_SWITCH:
    case CONF_KIND_CHOICE:
        value->numbers[0] = setting->builtin;
        return;
    case CONF_KIND_SECONDS:
    case CONF_KIND_DELAY:
        value->numbers[0] = setting->builtin * CONF_NS_PER_S;
        return;
    case CONF_KIND_TEXT:
        value->text = "";
        value->count = 0;
        return;
    case CONF_KIND_INTERVALS:
        value->count = 0;
        if (class < CONF_CLASSES_COUNT) {
            set_numbers(value, backoff_minutes[class], 7, CONF_NS_PER_MIN);
        }
        return;
    case CONF_KIND_AGES:
        value->count = 0;
        if (key != CONF_KEY_NOTICES) {
            set_numbers(value, notices_builtin, 4, 1);
        }
        return;
    case CONF_KIND_SCHEDULE:
        set_schedule(value, 4 * CONF_NS_PER_HOUR, 4 * CONF_NS_PER_HOUR);
        return;
    }
}

static bool
is_given(const struct conf_value *value)
{
    return value->rank != CONF_RANK_BUILTIN;
}

static bool
has_prefix(const struct conf_draft *draft, const char *prefix)
{
    return text_starts_nocase(text_of(draft->name), text_of(prefix));
}

static void
set_switch(struct conf_value *value, bool is_on)
{
    value->numbers[0] = is_on;
}

static bool
is_command(const struct conf_value *value)
{
    return value->text[0] != '\0' &&
           !text_equal_nocase(text_of(value->text), text_of("NULL"),
                              UINT64_MAX);
}

/* classify - what kind of channel it is, and what follows from that */
static void
classify(struct conf_draft *draft)
{
    struct conf_value *values = draft->values;

    draft->is_store = has_prefix(draft, "ims-ms");
    draft->is_smtp =
        !draft->is_store && (has_prefix(draft, "tcp_") ||
                             values[CONF_KEY_PROTOCOL].numbers[0] != 0);
    if (!is_given(&values[CONF_KEY_MAX_CLIENT_THREADS])) {
        values[CONF_KEY_MAX_CLIENT_THREADS].numbers[0] =
            draft->is_smtp    ? SMTP_THREADS
            : draft->is_store ? STORE_THREADS
                              : 1;
    }
    if (draft->is_store && !is_given(&values[CONF_KEY_THREADDEPTH])) {
        values[CONF_KEY_THREADDEPTH].numbers[0] = STORE_THREADDEPTH;
    }
    if (!is_given(&values[CONF_KEY_ANON_HOST])) {
        set_switch(&values[CONF_KEY_ANON_HOST], !draft->is_smtp);
    }
    set_switch(&values[CONF_KEY_HOST_QUEUES],
               draft->is_smtp && !values[CONF_KEY_ANON_HOST].numbers[0]);
    set_switch(&values[CONF_KEY_HAS_MASTER],
               is_command(&values[CONF_KEY_MASTER_COMMAND]));
}

/* drop_fixed - takes away what such a channel cannot have */
static void
drop_fixed(struct conf_build *build, struct conf_draft *draft)
{
    struct conf_value *depth = &draft->values[CONF_KEY_THREADDEPTH];
    struct conf_value *threads = &draft->values[CONF_KEY_MAX_CLIENT_THREADS];

    if (draft->is_store && is_given(depth) &&
        depth->rank != CONF_RANK_OVERRIDE) {
        if (depth->rank == CONF_RANK_LINE) {
            conf_warn(&build->say, &depth->place,
                      "expected no threaddepth on %s, found %d; it stays %d, "
                      "which is fixed there: remove the keyword",
                      draft->name, depth->numbers[0],
                      (int64_t)STORE_THREADDEPTH);
        }
        set_builtin(CONF_KEY_THREADDEPTH, depth);
    }
    if (!draft->is_smtp && !draft->is_store && is_given(threads)) {
        conf_warn(&build->say, &threads->place,
                  "expected no max_client_threads for %s, found %d; its "
                  "program has one thread: remove the line",
                  draft->name, threads->numbers[0]);
        set_builtin(CONF_KEY_MAX_CLIENT_THREADS, threads);
    }
}

/* set_builtins - everything nobody gave, in drafts, pools and options */
static void
set_builtins(struct conf *conf)
{
    for (uint32_t key = CONF_KEY_START_POLICY; key < CONF_KEYS_COUNT; key++) {
        if (!is_given(&conf->globals[key])) {
            set_builtin((enum conf_key)key, &conf->globals[key]);
        }
    }
    bool is_hourly = conf->globals[CONF_KEY_RETURN_UNITS].numbers[0] != 0;
    if (!is_given(&conf->globals[CONF_KEY_RETURN_TIME])) {
        set_schedule(&conf->globals[CONF_KEY_RETURN_TIME], 30 * CONF_NS_PER_MIN,
                     is_hourly ? CONF_NS_PER_HOUR : CONF_NS_PER_DAY);
    }
    if (!is_given(&conf->globals[CONF_KEY_POST_TIME])) {
        set_schedule(&conf->globals[CONF_KEY_POST_TIME], 0,
                     4 * CONF_NS_PER_HOUR);
    }
    for (uint32_t i = 0; i < conf->pools_count; i++) {
        if (!is_given(&conf->pool_drafts[i]->job_limit)) {
            set_builtin(CONF_KEY_JOB_LIMIT, &conf->pool_drafts[i]->job_limit);
        }
    }
    for (uint32_t i = 0; i < conf->channels_count; i++) {
        for (uint32_t key = 0; key < CONF_JOB_KEYS_END; key++) {
            struct conf_value *value = &conf->drafts[i]->values[key];

            if (!is_given(value)) {
                set_builtin((enum conf_key)key, value);
            }
        }
    }
}

/* --- The value in force ---------------------------------------------------- */

/* specific_of - own specific, own general, those of `fallback`; or NULL */
static const struct conf_value *
specific_of(const struct conf_draft *draft, enum conf_key key,
            enum conf_key general)
{
    if (is_given(&draft->values[key])) {
        return &draft->values[key];
    }
    return is_given(&draft->values[general]) ? &draft->values[general] : NULL;
}

static const struct conf_value *
effective_notices(const struct conf *conf, const struct conf_draft *draft,
                  enum conf_key key)
{
    const struct conf_value *value = specific_of(draft, key, CONF_KEY_NOTICES);
    uint32_t local = conf_find_channel(conf, text_of("l"));

    if (!value && local != SCHED_NONE) {
        value = specific_of(conf->drafts[local], key, CONF_KEY_NOTICES);
    }
    return value ? value : &draft->values[key];
}

const struct conf_value *
conf_effective(const struct conf *conf, uint32_t channel, enum conf_key key)
{
    const struct conf_draft *draft = conf->drafts[channel];
    const struct conf_value *own = &draft->values[key];
    const struct conf_value *value = NULL;

    if (key >= CONF_KEY_URGENTBACKOFF && key <= CONF_KEY_NONURGENTBACKOFF) {
        value = specific_of(draft, key, CONF_KEY_BACKOFF);
    } else if (key >= CONF_KEY_URGENTNOTICES &&
               key <= CONF_KEY_NONURGENTNOTICES) {
        value = effective_notices(conf, draft, key);
    } else if (key >= CONF_KEY_URGENTAFTER && key <= CONF_KEY_THIRDCLASSAFTER) {
        value = specific_of(draft, key, CONF_KEY_AFTER);
    } else if (key >= CONF_KEY_URGENTBLOCKLIMIT &&
               key <= CONF_KEY_NONURGENTBLOCKLIMIT && !is_given(own)) {
        value = &conf->globals[CONF_KEY_URGENT_BLOCK_LIMIT +
                               (key - CONF_KEY_URGENTBLOCKLIMIT)];
    }
    return value ? value : own;
}

/* --- Copying out ----------------------------------------------------------- */

static int64_t
number(const struct conf *conf, uint32_t channel, enum conf_key key)
{
    return conf_effective(conf, channel, key)->numbers[0];
}

static uint32_t
count_of(const struct conf *conf, uint32_t channel, enum conf_key key)
{
    int64_t value = number(conf, channel, key);

    return value == CONF_UNLIMITED ? CONF_NO_LIMIT : (uint32_t)value;
}

static void
copy_text(char *to, uint64_t size, const char *from)
{
    struct text_out out;

    text_out_init(&out, to, size);
    text_put_string(&out, from);
}

static enum conf_key
class_key(enum conf_key urgent, uint32_t class)
{
    return (enum conf_key)((uint32_t)urgent + class);
}

static void
resolve_classes(const struct conf *conf, uint32_t index,
                struct conf_channel *channel)
{
    int64_t unit = conf->globals[CONF_KEY_RETURN_UNITS].numbers[0]
                       ? CONF_NS_PER_HOUR
                       : CONF_NS_PER_DAY;

    for (uint32_t class = 0; class < CONF_CLASSES_COUNT; class ++) {
        const struct conf_value *backoff = conf_effective(
            conf, index, class_key(CONF_KEY_URGENTBACKOFF, class));
        const struct conf_value *notices = conf_effective(
            conf, index, class_key(CONF_KEY_URGENTNOTICES, class));

        channel->backoff[class].count = backoff->count;
        for (uint32_t i = 0; i < backoff->count; i++) {
            channel->backoff[class].ns[i] = backoff->numbers[i];
        }
        channel->notices[class].count = notices->count;
        for (uint32_t i = 0; i < notices->count; i++) {
            channel->notices[class].values[i] = (uint32_t)notices->numbers[i];
            channel->notices[class].ns[i] = notices->numbers[i] * unit;
        }
        channel->blocklimit[class] =
            count_of(conf, index, class_key(CONF_KEY_URGENTBLOCKLIMIT, class));
    }
    for (uint32_t i = 0; i < CONF_PRIORITIES_COUNT; i++) {
        channel->after_ns[i] =
            number(conf, index, class_key(CONF_KEY_URGENTAFTER, i));
    }
}

static void
resolve_numbers(const struct conf *conf, uint32_t index,
                struct conf_channel *channel)
{
    uint32_t immediacy = count_of(conf, index, CONF_KEY_IMMEDIACY);

    channel->direction = count_of(conf, index, CONF_KEY_DIRECTION);
    channel->splitting = count_of(conf, index, CONF_KEY_SPLITTING);
    channel->addrsperfile = count_of(conf, index, CONF_KEY_ADDRSPERFILE);
    channel->is_periodic = immediacy > CONF_IMMEDIATE;
    channel->immediacy = channel->is_periodic ? CONF_IMMURGENT : immediacy;
    channel->period = count_of(conf, index, CONF_KEY_PERIOD);
    channel->maxjobs = count_of(conf, index, CONF_KEY_MAXJOBS);
    channel->threaddepth = count_of(conf, index, CONF_KEY_THREADDEPTH);
    channel->filesperjob = (int32_t)number(conf, index, CONF_KEY_FILESPERJOB);
    channel->max_client_threads =
        count_of(conf, index, CONF_KEY_MAX_CLIENT_THREADS);
    channel->attempt_transactions_per_session =
        count_of(conf, index, CONF_KEY_ATTEMPT_TRANSACTIONS_PER_SESSION);
    channel->has_host_queues = count_of(conf, index, CONF_KEY_HOST_QUEUES);
    channel->has_master = count_of(conf, index, CONF_KEY_HAS_MASTER);
    channel->max_life_conns = count_of(conf, index, CONF_KEY_MAX_LIFE_CONNS);
    channel->max_life_age_ns = number(conf, index, CONF_KEY_MAX_LIFE_AGE);
    channel->thread_idle_ns = number(conf, index, CONF_KEY_THREAD_IDLE);
    channel->job_idle_ns = number(conf, index, CONF_KEY_JOB_IDLE);
    channel->is_deferred = count_of(conf, index, CONF_KEY_DEFERRED);
    channel->deferred_max_ns = number(conf, index, CONF_KEY_DEFERRED_LIMIT);
    channel->holdlimit = count_of(conf, index, CONF_KEY_HOLDLIMIT);
    channel->transactionlimit =
        count_of(conf, index, CONF_KEY_TRANSACTIONLIMIT);
    channel->disconnecttransactionlimit =
        count_of(conf, index, CONF_KEY_DISCONNECTTRANSACTIONLIMIT);
}

/* resolve_stress - on, when it is said, or any of its numbers is */
static void
resolve_stress(struct conf *conf)
{
    const struct conf_value *values = conf->globals;
    struct conf_options *options = &conf->options;

    options->is_stress_on = values[CONF_KEY_STRESS].numbers[0] != 0;
    for (uint32_t key = CONF_KEY_STRESSBLACKOUT;
         key <= CONF_KEY_UNSTRESSJOBS && !is_given(&values[CONF_KEY_STRESS]);
         key++) {
        options->is_stress_on |= is_given(&values[key]);
    }
    options->stress_blackout_ns = values[CONF_KEY_STRESSBLACKOUT].numbers[0];
    options->stress_time_ns = values[CONF_KEY_STRESSTIME].numbers[0];
#define OPTION(key) ((uint32_t)values[CONF_KEY_##key].numbers[0])
    options->stress_factor = OPTION(STRESSFACTOR);
    options->stress_jobs = OPTION(STRESSJOBS);
    options->unstress_factor = OPTION(UNSTRESSFACTOR) > 0
                                   ? OPTION(UNSTRESSFACTOR)
                                   : options->stress_factor;
    options->unstress_jobs =
        OPTION(UNSTRESSJOBS) > 0 ? OPTION(UNSTRESSJOBS) : options->stress_jobs;
#undef OPTION
}

static void
resolve_options(struct conf *conf)
{
    const struct conf_value *values = conf->globals;
    struct conf_options *options = &conf->options;

#define OPTION(key) ((uint32_t)values[CONF_KEY_##key].numbers[0])
    options->start_policy = OPTION(START_POLICY);
    options->affinity = OPTION(AFFINITY);
    options->compat = OPTION(COMPAT);
    options->max_messages = OPTION(MAX_MESSAGES);
    options->block_size = OPTION(BLOCK_SIZE);
    options->return_units = OPTION(RETURN_UNITS);
    options->rebuild_parallel_channel = OPTION(REBUILD_PARALLEL_CHANNEL);
#undef OPTION
    options->return_first_ns = values[CONF_KEY_RETURN_TIME].numbers[0];
    options->return_period_ns = values[CONF_KEY_RETURN_TIME].numbers[1];
    options->post_first_ns = values[CONF_KEY_POST_TIME].numbers[0];
    options->post_period_ns = values[CONF_KEY_POST_TIME].numbers[1];
    options->synch_first_ns = values[CONF_KEY_SYNCH_TIME].numbers[0];
    options->synch_period_ns = values[CONF_KEY_SYNCH_TIME].numbers[1];
}

/* --- What names another thing ---------------------------------------------- */

static void
resolve_pool(struct conf_build *build, uint32_t index)
{
    struct conf *conf = build->conf;
    struct conf_value *value = &conf->drafts[index]->values[CONF_KEY_POOL];

    if (conf->pools_count == 0) {
        return; /* said when the file was read */
    }
    if (!is_given(value)) {
        value->text = conf->pool_drafts[0]->name;
        conf->channels[index].pool = 0;
        return;
    }
    struct text_slice name = text_of(value->text);
    uint32_t pool = conf_find_pool(conf, name);
    if (pool == SCHED_NONE) {
        struct conf_nearest nearest = conf_nearest_begin(&build->say, name);

        for (uint32_t i = 0; i < conf->pools_count; i++) {
            conf_nearest_try(&nearest, conf->pool_drafts[i]->name);
        }
        conf_error(&build->say, &value->place,
                   "expected a pool of job_controller.cnf, found %q; %s %s",
                   &name,
                   nearest.best ? "did you mean" : "the first one there is",
                   nearest.best ? nearest.best : conf->pool_drafts[0]->name);
        return;
    }
    conf->channels[index].pool = pool;
}

/* is_expander - a channel that may expand: reprocess*, process* */
static bool
is_expander(const struct conf_draft *draft)
{
    return has_prefix(draft, "reprocess") || has_prefix(draft, "process");
}

static void
resolve_expansion(struct conf_build *build, uint32_t index)
{
    struct conf *conf = build->conf;
    struct conf_draft *draft = conf->drafts[index];
    struct conf_value *limit = &draft->values[CONF_KEY_EXPANDLIMIT];
    struct conf_value *target = &draft->values[CONF_KEY_EXPANDCHANNEL];
    struct conf_channel *channel = &conf->channels[index];
    bool is_barred =
        text_equal_nocase(text_of(draft->name), text_of("l"), UINT64_MAX) ||
        is_expander(draft);

    if (is_barred && is_given(limit)) {
        if (limit->rank != CONF_RANK_DEFAULTS) {
            conf_error(&build->say, &limit->place,
                       "expected no expandlimit on %s, found %d; put it on "
                       "the channels that mail comes in by",
                       draft->name, limit->numbers[0]);
        }
        set_builtin(CONF_KEY_EXPANDLIMIT, limit);
    }
    if (!is_given(target)) {
        target->text = "reprocess";
    }
    struct text_slice name = text_of(target->text);
    channel->expandlimit = count_of(conf, index, CONF_KEY_EXPANDLIMIT);
    channel->expandchannel = conf_find_channel(conf, name);
    bool is_used = channel->expandlimit != CONF_NO_LIMIT ||
                   channel->holdlimit != CONF_NO_LIMIT || is_given(target);
    if (is_used && (channel->expandchannel == SCHED_NONE ||
                    !is_expander(conf->drafts[channel->expandchannel]))) {
        conf_error(&build->say,
                   is_given(target) ? &target->place : &limit->place,
                   "expected a reprocess or process channel for the "
                   "expansion of %s, found %q; add a block for it",
                   draft->name, &name);
    }
}

static void
warn_waiting(struct conf_build *build, uint32_t index)
{
    const struct conf_draft *draft = build->conf->drafts[index];
    const struct conf_channel *channel = &build->conf->channels[index];

    if (channel->has_master || channel->direction == CONF_SLAVE) {
        return;
    }
    if (draft->has_section) {
        conf_warn(&build->say, &draft->values[CONF_KEY_MASTER_COMMAND].place,
                  "expected a master_command for %s, found none; its mail "
                  "only waits: give one in its section",
                  draft->name);
    } else {
        conf_warn(&build->say, &draft->place,
                  "expected a section [CHANNEL=%s] in job_controller.cnf, "
                  "found none; its mail only waits: add one with a "
                  "master_command",
                  draft->name);
    }
}

/* warn_caching - once: what a job remembers is for the delivery program to do,
 * and none that works with this scheduler does */
static void
warn_caching(struct conf_build *build)
{
    const struct conf *conf = build->conf;
    const struct conf_setting *setting = conf_setting(CONF_KEY_CACHING);

    for (uint32_t i = 0; i < conf->channels_count; i++) {
        const struct conf_value *value =
            &conf->drafts[i]->values[CONF_KEY_CACHING];

        if (is_given(value) && value->numbers[0] != setting->builtin) {
            conf_warn(&build->say, &value->place,
                      "expected nocache, found %s on %s; every connection is "
                      "tried anew, whatever became of the last one: leave it "
                      "out",
                      setting->choices[value->numbers[0]],
                      conf->drafts[i]->name);
            return;
        }
    }
}

/* must_wait - whether mail of the channel may have to wait for a periodic run */
static bool
must_wait(const struct conf_channel *channel)
{
    return channel->direction != CONF_SLAVE &&
           (channel->is_periodic || channel->immediacy < CONF_IMMNONURGENT ||
            channel->blocklimit[CONF_CLASSES_COUNT - 1] != CONF_NO_LIMIT);
}

/* check_post - under strict rules, what mail waits for must be written down */
static void
check_post(struct conf_build *build)
{
    const struct conf *conf = build->conf;
    struct conf_place place = conf_place_of_role(build, SCHED_TEXT_JOBS);

    if (!build->is_strict || conf->options.compat != CONF_COMPAT_GUIDE ||
        is_given(&conf->globals[CONF_KEY_POST_TIME])) {
        return;
    }
    for (uint32_t i = 0; i < conf->channels_count; i++) {
        if (must_wait(&conf->channels[i])) {
            conf_error(&build->say, &place,
                       "expected [PERIODIC_JOB=post] with a time, as low "
                       "priority mail of %s waits for it, found none; add it, "
                       "or immnonurgent to defaults",
                       conf->channels[i].name);
            return; /* once is enough */
        }
    }
}

void
conf_resolve(struct conf_build *build, bool is_first)
{
    struct conf *conf = build->conf;

    set_builtins(conf);
    resolve_options(conf);
    resolve_stress(conf);
    for (uint32_t i = 0; i < conf->pools_count; i++) {
        const struct conf_pool_draft *draft = conf->pool_drafts[i];

        copy_text(conf->pools[i].name, sizeof conf->pools[i].name, draft->name);
        conf->pools[i].job_limit = (uint32_t)draft->job_limit.numbers[0];
    }
    for (uint32_t i = 0; i < conf->channels_count; i++) {
        struct conf_draft *draft = conf->drafts[i];
        struct conf_channel *channel = &conf->channels[i];

        classify(draft);
        drop_fixed(build, draft);
        classify(draft); /* what was dropped has a built-in value again */
        copy_text(channel->name, sizeof channel->name, draft->name);
        copy_text(channel->daemon, sizeof channel->daemon,
                  draft->values[CONF_KEY_DAEMON].text);
        resolve_numbers(conf, i, channel);
        resolve_classes(conf, i, channel);
        resolve_pool(build, i);
        resolve_expansion(build, i);
        if (is_first) {
            warn_waiting(build, i);
        }
    }
    if (is_first) {
        warn_caching(build);
        check_post(build);
    }
}
