/* SPDX-License-Identifier: MIT */
/*
 * setup.c - options: the table, how they are read, how they are described
 */
#include "setup.h"

#include <stddef.h>
#include <string.h>

#include "keep.h"

enum kind { KIND_COUNT, KIND_TIME, KIND_FEEDBACK };

struct option {
    const char *name;
    const char *standard;
    const char *help;
    const char *unit;
    int64_t least;
    int64_t most;
    enum kind kind;
};

/* Defaults: Postfix's own, from its manual (postconf(5)), but for the last. */
static const struct option table[SETUP_OPTIONS_COUNT] = {
    [SETUP_CONCURRENCY_LIMIT] = {"destination_concurrency_limit", "20",
                                 "deliveries at a time to one destination; "
                                 "0: no limit",
                                 "deliveries", 0, WINDOW_WIDTH_MAX, KIND_COUNT},
    [SETUP_CONCURRENCY_INITIAL] = {"initial_destination_concurrency", "5",
                                   "the window a destination begins with",
                                   "deliveries", 1, WINDOW_WIDTH_MAX,
                                   KIND_COUNT},
    [SETUP_FEEDBACK_POSITIVE] = {"destination_concurrency_positive_feedback",
                                 "1", "x, x/N or x/sqrt(N) for a success", "",
                                 0, 0, KIND_FEEDBACK},
    [SETUP_FEEDBACK_NEGATIVE] = {"destination_concurrency_negative_feedback",
                                 "1",
                                 "x, x/N or x/sqrt(N) for a failed handshake",
                                 "", 0, 0, KIND_FEEDBACK},
    [SETUP_COHORT_LIMIT] = {"destination_concurrency_failed_cohort_limit", "1",
                            "windows of failures that make a destination "
                            "dead; 0: none do",
                            "cohorts", 0, 1000000, KIND_COUNT},
    [SETUP_RECIPIENT_LIMIT] = {"destination_recipient_limit", "50",
                               "recipients of one delivery; 0: no limit",
                               "recipients", 0, UINT32_MAX, KIND_COUNT},
    [SETUP_BACKOFF_MIN] = {"minimal_backoff_time", "300s",
                           "least wait of deferred mail; how long a "
                           "destination is dead",
                           "ns", 1, 0, KIND_TIME},
    [SETUP_BACKOFF_MAX] = {"maximal_backoff_time", "4000s",
                           "longest wait of deferred mail", "ns", 1, 0,
                           KIND_TIME},
    [SETUP_RUN_DELAY] = {"queue_run_delay", "300s",
                         "time between scans of the deferred queue", "ns", 1, 0,
                         KIND_TIME},
    [SETUP_LIFETIME] = {"maximal_queue_lifetime", "5d",
                        "age at which undeliverable mail is returned", "ns", 0,
                        0, KIND_TIME},
    [SETUP_ACTIVE_LIMIT] = {"message_active_limit", "20000",
                            "messages in the active queue", "messages", 1,
                            UINT32_MAX, KIND_COUNT},
    [SETUP_PROCESS_LIMIT] = {"process_limit", "100",
                             "delivery agents of one channel", "jobs", 1,
                             100000, KIND_COUNT},
    [SETUP_IDLE_MAX] = {"max_idle", "100s", "an idle agent ends after so long",
                        "ns", 0, 0, KIND_TIME},
    [SETUP_USE_MAX] = {"max_use", "100",
                       "an agent ends after so many deliveries; 0: never",
                       "deliveries", 0, UINT32_MAX, KIND_COUNT},
    [SETUP_THROTTLE_TIME] = {"service_throttle_time", "60s",
                             "no new agents for so long after one could not "
                             "be started",
                             "ns", 1, 0, KIND_TIME},
    [SETUP_CONNECTION_DELIVERIES] = {"deliveries_per_connection", "1",
                                     "on one connection, while an agent stays "
                                     "with a host; 0: no limit",
                                     "deliveries", 0, UINT32_MAX, KIND_COUNT},
};

static bool
value_parse(const struct option *option, struct note_piece piece,
            struct setup_value *value)
{
    switch (option->kind) {
    case KIND_COUNT:
        return setup_parse_count(piece, option->least, option->most,
                                 &value->number);
    case KIND_TIME:
        return setup_parse_time(piece, &value->number) &&
               value->number >= option->least;
    case KIND_FEEDBACK:
        return setup_parse_feedback(piece, value);
    }
    return false;
}

/* expected_put - what the option's value looks like */
static void
expected_put(char *to, uint64_t size, const struct option *option)
{
    switch (option->kind) {
    case KIND_COUNT:
        note_put_number(to, size, option->least);
        note_put_text(to, size, " to ");
        note_put_number(to, size, option->most);
        break;
    case KIND_TIME:
        note_put_text(to, size, "a time such as 300s, 5m, 2h or 5d");
        break;
    case KIND_FEEDBACK:
        note_put_text(to, size, "x, x/n, x/N or x/sqrt(N) with x from 0 to 1");
        break;
    }
    note_put_text(to, size, " for ");
    note_put_text(to, size, option->name);
}

/* value_set - parses and keeps, or complains */
static void
value_set(struct setup *setup, const struct option *option,
          struct note_piece piece, const struct note_place *place,
          struct setup_value *value)
{
    struct setup_value next = {0};
    char expected[128] = "";

    piece = note_trim(piece);
    if (piece.size >= SETUP_VALUE_SIZE || !value_parse(option, piece, &next)) {
        expected_put(expected, sizeof expected, option);
        note_error(&setup->note, place, expected, piece, option->help);
        return;
    }
    note_put(next.text, sizeof next.text, piece);
    note_put_place(next.origin, sizeof next.origin, place);
    *value = next;
}

/* --- main.cf -------------------------------------------------------------- */

static uint32_t
option_find(struct note_piece name)
{
    for (uint32_t i = 0; i < SETUP_OPTIONS_COUNT; i++) {
        if (note_is(name, table[i].name)) {
            return i;
        }
    }
    return SETUP_OPTIONS_COUNT;
}

/* parameter_find - by the name it has in main.cf */
static uint32_t
parameter_find(struct note_piece name)
{
    static const char *const prefixes[] = {"default_", "qmgr_"};

    for (uint32_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (note_begins(name, prefixes[i])) {
            const uint64_t size = strlen(prefixes[i]);
            name.bytes += size;
            name.size -= size;
            break;
        }
    }
    return option_find(name);
}

static void
main_line(struct setup *setup, struct note_piece line,
          const struct note_place *place)
{
    struct note_piece name = line;
    uint64_t size = 0;

    if (line.size == 0 || line.bytes[0] == '#' ||
        note_is_blank(line.bytes[0])) {
        return; /* nothing, a comment, more of another parameter's value */
    }
    while (size < line.size && line.bytes[size] != '=') {
        size++;
    }
    if (size == line.size) {
        note_error(&setup->note, place, "NAME = VALUE", line,
                   "a comment begins with #");
        return;
    }
    name.size = size;
    name = note_trim(name);
    const uint32_t option = parameter_find(name);
    if (option == SETUP_OPTIONS_COUNT) {
        if (setup->note.is_strict) {
            note_error(&setup->note, place, "a parameter that has an effect",
                       name, "remove it");
        }
        return;
    }
    line.bytes += size + 1;
    line.size -= size + 1;
    value_set(setup, &table[option], line, place, &setup->options[option]);
}

static void
read_main(struct setup *setup, const struct sched_config *config)
{
    static const char suffix[] = "main.cf";

    for (uint32_t i = 0; i < config->texts_count; i++) {
        const struct sched_text *text = &config->texts[i];
        struct note_piece name = note_piece(text->name);
        struct note_piece rest = {text->bytes, text->bytes_size};
        struct note_piece line;
        struct note_place place = {text->name, 0, 1};

        if (text->role != SCHED_TEXT_OPTIONS || name.size < strlen(suffix)) {
            continue;
        }
        name.bytes += name.size - strlen(suffix);
        name.size = strlen(suffix);
        if (!note_is(name, suffix)) {
            continue; /* a channel's option file */
        }
        while (note_line(&rest, &line)) {
            place.line++;
            main_line(setup, line, &place);
        }
    }
}

/* --- Overrides ------------------------------------------------------------ */

/* channel_of - "channel.NAME.KEY": the channel, and its key; NULL: not such a
 * path, or there is no such channel */
static struct setup_channel *
channel_of(struct setup *setup, struct note_piece path, struct note_piece *key)
{
    static const char prefix[] = "channel.";

    if (!note_begins(path, prefix)) {
        return NULL;
    }
    path.bytes += strlen(prefix);
    path.size -= strlen(prefix);
    for (uint32_t i = 0; i < setup->channels_count; i++) {
        const uint64_t size = strlen(setup->channels[i].name);
        const struct note_piece name = {path.bytes, size};
        if (path.size > size + 1 && path.bytes[size] == '.' &&
            note_is(name, setup->channels[i].name)) {
            *key = (struct note_piece){path.bytes + size + 1,
                                       path.size - size - 1};
            return &setup->channels[i];
        }
    }
    return NULL;
}

static void
read_override(struct setup *setup, const struct sched_override *override)
{
    const struct note_place place = {override->where, 0, 0};
    struct note_piece path = note_piece(override->path);
    struct note_piece key = {path.bytes, 0};
    struct setup_channel *channel = channel_of(setup, path, &key);

    if (note_begins(path, "channel.") && channel == NULL) {
        note_error(&setup->note, &place, "a channel of the configuration", path,
                   "such as channel.NAME.maxjobs with one of its names");
        return;
    }
    if (channel != NULL && note_is(key, "maxjobs")) {
        value_set(setup, &table[SETUP_PROCESS_LIMIT],
                  note_piece(override->value), &place, &channel->maxjobs);
        return;
    }
    if (channel != NULL || note_begins(path, "job.") ||
        note_begins(path, "pool.")) {
        note_warn(&setup->note, &place, "a setting of this scheduler", path,
                  "it has no effect here; channel.NAME.maxjobs and option.NAME "
                  "have");
        return;
    }
    const struct note_piece family = note_piece("option.");
    uint32_t option = SETUP_OPTIONS_COUNT;
    if (note_begins(path, family.bytes)) {
        struct note_piece name = {path.bytes + family.size,
                                  path.size - family.size};
        option = option_find(name);
    }
    if (option == SETUP_OPTIONS_COUNT) {
        note_error(&setup->note, &place, "an option of this scheduler", path,
                   "such as option.destination_concurrency_limit");
        return;
    }
    value_set(setup, &table[option], note_piece(override->value), &place,
              &setup->options[option]);
}

/* --- All of it ------------------------------------------------------------ */

static void
check_pairs(struct setup *setup)
{
    const struct setup_value *least = &setup->options[SETUP_BACKOFF_MIN];
    const struct setup_value *most = &setup->options[SETUP_BACKOFF_MAX];
    const bool is_standard =
        note_is(note_piece(most->text), table[SETUP_BACKOFF_MAX].standard);
    const struct note_place place = {is_standard ? least->origin : most->origin,
                                     0, 0};

    if (least->number > most->number) {
        note_error(&setup->note, &place,
                   "maximal_backoff_time not below minimal_backoff_time",
                   note_piece(most->text), "change one of the two");
    }
}

int32_t
setup_read(struct setup *setup, const struct sched_config *config,
           struct sched_created *created)
{
    const struct note_place builtin = {"built-in", 0, 0};

    *setup = (struct setup){.allocator = &config->allocator};
    setup->note.created = created;
    setup->note.is_strict = config->is_strict != 0;
    created->errors_count = 0;
    created->warnings_count = 0;
    if (created->messages_size > 0) {
        created->messages[0] = '\0';
    }
    for (uint32_t i = 0; i < SETUP_OPTIONS_COUNT; i++) {
        value_set(setup, &table[i], note_piece(table[i].standard), &builtin,
                  &setup->options[i]);
    }
    setup_read_channels(setup, config);
    if (setup->status != SCHED_OK) {
        return setup->status;
    }
    read_main(setup, config);
    for (uint32_t i = 0; i < config->overrides_count; i++) {
        read_override(setup, &config->overrides[i]);
    }
    check_pairs(setup);
    return created->errors_count > 0 ? SCHED_ERR_CONFIGURATION : SCHED_OK;
}

void
setup_free(struct setup *setup)
{
    keep_give(setup->allocator, setup->channels,
              (uint64_t)setup->channels_capacity * sizeof *setup->channels);
    setup->channels = NULL;
}

uint32_t
setup_maxjobs(const struct setup *setup, uint32_t channel)
{
    const int64_t own = setup->channels[channel].maxjobs.number;

    return (uint32_t)(own > 0 ? own
                              : setup->options[SETUP_PROCESS_LIMIT].number);
}

struct window_rules
setup_window(const struct setup *setup)
{
    const struct setup_value *options = setup->options;

    return (struct window_rules){
        .positive = {options[SETUP_FEEDBACK_POSITIVE].number,
                     options[SETUP_FEEDBACK_POSITIVE].kind,
                     options[SETUP_FEEDBACK_POSITIVE].divisor},
        .negative = {options[SETUP_FEEDBACK_NEGATIVE].number,
                     options[SETUP_FEEDBACK_NEGATIVE].kind,
                     options[SETUP_FEEDBACK_NEGATIVE].divisor},
        .initial = (uint32_t)options[SETUP_CONCURRENCY_INITIAL].number,
        .limit = (uint32_t)options[SETUP_CONCURRENCY_LIMIT].number,
        .cohort_limit = (uint32_t)options[SETUP_COHORT_LIMIT].number,
    };
}

/* --- Describing ----------------------------------------------------------- */

/* row_begin - "family.name.key" or "family.key" */
static void
row_begin(struct sched_setting *row, const char *family, const char *name,
          const char *key)
{
    memset(row, 0, sizeof *row);
    note_put_text(row->path, sizeof row->path, family);
    if (name != NULL) {
        note_put_text(row->path, sizeof row->path, ".");
        note_put_text(row->path, sizeof row->path, name);
    }
    note_put_text(row->path, sizeof row->path, ".");
    note_put_text(row->path, sizeof row->path, key);
}

static void
row_number(struct sched_setting *row, uint32_t type, int64_t number,
           const char *unit, const char *help)
{
    row->type = type;
    row->numbers[0] = number;
    row->numbers_count = 1;
    note_put_number(row->value, sizeof row->value, number);
    note_put_text(row->unit, sizeof row->unit, unit);
    note_put_text(row->help, sizeof row->help, help);
}

static void
row_text(struct sched_setting *row, const char *text, const char *help)
{
    row->type = SCHED_SETTING_TEXT;
    note_put_text(row->value, sizeof row->value, text);
    note_put_text(row->help, sizeof row->help, help);
}

/* origin_of_jobs - where a channel's limit of agents comes from */
static const char *
origin_of_jobs(const struct setup *setup, const struct setup_channel *channel)
{
    return channel->maxjobs.number > 0
               ? channel->maxjobs.origin
               : setup->options[SETUP_PROCESS_LIMIT].origin;
}

enum channel_row {
    ROW_POOL,
    ROW_MAXJOBS,
    ROW_THREADS,
    ROW_HOST_QUEUES,
    ROW_DAEMON,
    ROW_TRANSACTIONS,
    CHANNEL_ROWS_COUNT
};

static const char *const channel_keys[CHANNEL_ROWS_COUNT] = {
    [ROW_POOL] = "pool",
    [ROW_MAXJOBS] = "maxjobs",
    [ROW_THREADS] = "max_client_threads",
    [ROW_HOST_QUEUES] = "host_queues",
    [ROW_DAEMON] = "daemon",
    [ROW_TRANSACTIONS] = "attempt_transactions_per_session",
};

static void
describe_channel(const struct setup *setup, uint32_t index,
                 enum channel_row key, struct sched_setting *row)
{
    const struct setup_channel *channel = &setup->channels[index];
    const struct setup_value *deliveries =
        &setup->options[SETUP_CONNECTION_DELIVERIES];
    const char *origin = "built-in";

    row_begin(row, "channel", channel->name, channel_keys[key]);
    row->owner = index;
    switch (key) {
    case ROW_POOL:
        row_text(row, channel->name, "its agents are its own");
        break;
    case ROW_MAXJOBS:
        row_number(row, SCHED_SETTING_INTEGER, setup_maxjobs(setup, index),
                   "jobs", "delivery agents at a time");
        origin = origin_of_jobs(setup, channel);
        row->is_overridable = 1;
        break;
    case ROW_THREADS:
        row_number(row, SCHED_SETTING_INTEGER, 1, "threads",
                   "an agent makes one delivery at a time");
        break;
    case ROW_HOST_QUEUES:
        row_number(row, SCHED_SETTING_SWITCH, channel->is_smtp, "",
                   "one queue for each destination host");
        origin = channel->origin;
        break;
    case ROW_DAEMON:
        row_text(row, channel->daemon, "all its mail goes to this host");
        origin = channel->origin;
        break;
    case ROW_TRANSACTIONS:
        row_number(row, SCHED_SETTING_INTEGER, deliveries->number, "messages",
                   "on one connection, option.deliveries_per_connection");
        origin = deliveries->origin;
        break;
    case CHANNEL_ROWS_COUNT:
        break;
    }
    note_put_text(row->origin, sizeof row->origin, origin);
}

static void
describe_option(const struct setup *setup, uint32_t index,
                struct sched_setting *row)
{
    const struct setup_value *value = &setup->options[index];
    const struct option *option = &table[index];

    row_begin(row, "option", NULL, option->name);
    row_number(row,
               option->kind == KIND_TIME ? SCHED_SETTING_DURATION
                                         : SCHED_SETTING_INTEGER,
               value->number, option->unit, option->help);
    if (option->kind == KIND_FEEDBACK) {
        row->type = SCHED_SETTING_TEXT;
        row->numbers_count = 0;
        row->numbers[0] = 0;
    }
    row->value[0] = '\0';
    note_put_text(row->value, sizeof row->value, value->text);
    note_put_text(row->origin, sizeof row->origin, value->origin);
    row->owner = SCHED_NONE;
    row->is_overridable = 1;
}

int32_t
setup_describe(const struct setup *setup, uint32_t index,
               struct sched_setting *row)
{
    const uint32_t channels_end = setup->channels_count * CHANNEL_ROWS_COUNT;

    if (index < channels_end) {
        describe_channel(setup, index / CHANNEL_ROWS_COUNT,
                         (enum channel_row)(index % CHANNEL_ROWS_COUNT), row);
        return SCHED_OK;
    }
    index -= channels_end;
    if (index < setup->channels_count) {
        row_begin(row, "pool", setup->channels[index].name, "job_limit");
        row_number(row, SCHED_SETTING_INTEGER, setup_maxjobs(setup, index),
                   "jobs", "channel.NAME.maxjobs");
        note_put_text(row->origin, sizeof row->origin,
                      origin_of_jobs(setup, &setup->channels[index]));
        row->owner = index;
        return SCHED_OK;
    }
    index -= setup->channels_count;
    if (index < SETUP_OPTIONS_COUNT) {
        describe_option(setup, index, row);
        return SCHED_OK;
    }
    return SCHED_END;
}
