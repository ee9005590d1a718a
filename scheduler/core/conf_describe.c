/* SPDX-License-Identifier: MIT */
/*
 * conf_describe.c - the effective configuration, row by row
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

static uint32_t
type_of(const struct conf_setting *setting)
{
    switch ((enum conf_kind)setting->kind) {
    case CONF_KIND_INTEGER:
        return SCHED_SETTING_INTEGER;
    case CONF_KIND_SWITCH:
        return SCHED_SETTING_SWITCH;
    case CONF_KIND_CHOICE:
        return SCHED_SETTING_CHOICE;
    case CONF_KIND_TEXT:
        return SCHED_SETTING_TEXT;
    case CONF_KIND_AGES:
        return SCHED_SETTING_LIST;
    case CONF_KIND_SECONDS:
    case CONF_KIND_DELAY:
    case CONF_KIND_INTERVALS:
    case CONF_KIND_SCHEDULE:
        break;
    }
    return SCHED_SETTING_DURATION;
}

static const char *
unit_of(const struct conf *conf, const struct conf_setting *setting)
{
    if (setting->kind == CONF_KIND_AGES) {
        return conf->options.return_units ? "h" : "d";
    }
    if (type_of(setting) == SCHED_SETTING_DURATION) {
        return "ns"; /* of the numbers */
    }
    return setting->unit ? setting->unit : "";
}

static void
put(char *to, uint64_t size, const char *text)
{
    struct text_out out;

    text_out_init(&out, to, size);
    text_put_string(&out, text);
}

/* fill - all of a row but path and owner */
static void
fill(const struct conf *conf, enum conf_key key, const struct conf_value *value,
     struct sched_setting *row)
{
    const struct conf_setting *setting = conf_setting(key);
    struct text_out out;

    row->type = type_of(setting);
    row->is_overridable = setting->where != 0;
    put(row->unit, sizeof row->unit, unit_of(conf, setting));
    put(row->help, sizeof row->help, setting->help);
    text_out_init(&out, row->value, sizeof row->value);
    conf_value_put(&out, key, value);
    text_out_init(&out, row->origin, sizeof row->origin);
    conf_place_put(&out, &value->place);
    if (row->type == SCHED_SETTING_TEXT || row->type == SCHED_SETTING_CHOICE) {
        return; /* the value says it all */
    }
    row->numbers_count = value->count;
    for (uint32_t i = 0; i < value->count; i++) {
        row->numbers[i] = value->numbers[i];
    }
}

/* put_path - "family.name.key", or "option.key" */
static void
put_path(struct sched_setting *row, enum conf_key key, const char *name)
{
    struct text_out out;

    text_out_init(&out, row->path, sizeof row->path);
    text_put_string(&out, conf_family_name(conf_family_of(key)));
    if (name) {
        text_format(&out, ".%s", name);
    }
    text_format(&out, ".%s", conf_setting(key)->name);
}

static void
describe_channel(const struct conf *conf, uint32_t channel, enum conf_key key,
                 struct sched_setting *row)
{
    bool can_have_threads =
        conf->drafts[channel]->is_smtp || conf->drafts[channel]->is_store;

    row->owner = channel;
    put_path(row, key, conf->drafts[channel]->name);
    fill(conf, key, conf_effective(conf, channel, key), row);
    if (!can_have_threads &&
        (conf_setting(key)->where & CONF_MULTITHREADED) != 0) {
        row->is_overridable = 0;
    }
}

int32_t
conf_describe(const struct conf *conf, uint32_t index,
              struct sched_setting *setting)
{
    enum { ROWS_PER_CHANNEL = CONF_JOB_KEYS_END };
    uint32_t channels_end = conf->channels_count * ROWS_PER_CHANNEL;

    memset(setting, 0, sizeof *setting);
    if (index < channels_end) {
        describe_channel(conf, index / ROWS_PER_CHANNEL,
                         (enum conf_key)(index % ROWS_PER_CHANNEL), setting);
        return SCHED_OK;
    }
    index -= channels_end;
    if (index < conf->pools_count) {
        const struct conf_pool_draft *pool = conf->pool_drafts[index];

        setting->owner = index;
        put_path(setting, CONF_KEY_JOB_LIMIT, pool->name);
        fill(conf, CONF_KEY_JOB_LIMIT, &pool->job_limit, setting);
        return SCHED_OK;
    }
    index -= conf->pools_count;
    if (index < CONF_OPTION_KEYS_COUNT) {
        enum conf_key key = (enum conf_key)(CONF_KEY_START_POLICY + index);

        setting->owner = SCHED_NONE;
        put_path(setting, key, NULL);
        fill(conf, key, &conf->globals[key], setting);
        return SCHED_OK;
    }
    return SCHED_END;
}
