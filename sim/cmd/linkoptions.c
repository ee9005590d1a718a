/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkoptions.c - see linkoptions.h
 */
#include "sim/cmd/linkoptions.h"

#include <stdlib.h>
#include <string.h>

enum {
    STACKS_MAX = 32,
    NAMES_SIZE = 512,
    MTU = 1500 /* what a queue must hold, or nothing passes it */
};

static const struct src_loc command_line = {.file = "command line"};

bool
linkoptions_bytes_parse(const char *text, int64_t *bytes, const char **why)
{
    return unit_integer_parse(text, bytes, why) ||
           unit_bytes_parse(text, bytes, why);
}

bool
linkoptions_amount_read(const struct options *options,
                        const struct linkoptions_amount *amount, int64_t *value,
                        struct diag *diag)
{
    const char *text = options_text(options, amount->id, NULL);
    const char *why = NULL;
    int64_t read = 0;

    if (text == NULL) {
        return true;
    }
    if (!amount->parse(text, &read, &why)) {
        diag_error(diag, command_line, "--%s %s, found '%s'", amount->name, why,
                   text);
        return false;
    }
    if (read < amount->least || read > amount->most) {
        diag_error(diag, command_line, "--%s must be %s, found '%s'",
                   amount->name, amount->range, text);
        return false;
    }
    *value = read;
    return true;
}

/* --- The path ------------------------------------------------------------ */

static bool
faults_read(const struct options *options, struct trial_params *params,
            struct diag *diag)
{
    const struct option_value *value = &options->values[OPTION_FAULT];
    struct hop_params *hop = &params->path.hops[0];
    bool is_good = true;

    for (uint32_t i = 0; i < value->texts_count; i++) {
        struct middlebox_params box;
        const char *expected = NULL;

        if (!middlebox_parse(&box, value->texts[i], &expected)) {
            diag_error(diag, command_line, "--fault wants %s, found '%s'",
                       expected, value->texts[i]);
            is_good = false;
        } else if (hop->middleboxes_count == PATH_MIDDLEBOXES_MAX) {
            diag_error(diag, command_line, "there may be %d faults on a path",
                       PATH_MIDDLEBOXES_MAX);
            return false;
        } else if (box.fault != MIDDLEBOX_NONE) {
            hop->middleboxes[hop->middleboxes_count++] = box;
        }
    }
    return is_good;
}

/* given_set - what was not given is -1 */
static void
given_set(int64_t *value, int64_t given)
{
    *value = given >= 0 ? given : *value;
}

bool
linkoptions_path_read(const struct options *options,
                      struct trial_params *params, struct diag *diag)
{
    static const struct linkoptions_amount rtt = {
        OPTION_RTT, "rtt", unit_duration_parse, 0, NS_PER_MIN, "at most 1m"};
    static const struct linkoptions_amount rate = {
        OPTION_RATE, "rate",          unit_bit_rate_parse,
        0,           1000 * NS_PER_S, "at most 1000Gbit/s, or unlimited"};
    static const struct linkoptions_amount queue = {
        OPTION_QUEUE, "queue", linkoptions_bytes_parse, 0, INT64_MAX, "a size"};
    static const struct linkoptions_amount loss = {
        OPTION_LOSS, "loss", unit_probability_parse, 0, PPM, "at most 100%"};
    struct hop_params *hop = &params->path.hops[0];
    int64_t rtt_ns = -1, rate_bits_per_s = -1, queue_bytes = -1, loss_ppm = -1;
    bool is_good = linkoptions_amount_read(options, &rtt, &rtt_ns, diag);

    is_good = linkoptions_amount_read(options, &rate, &rate_bits_per_s, diag) &&
              is_good;
    is_good =
        linkoptions_amount_read(options, &queue, &queue_bytes, diag) && is_good;
    is_good =
        linkoptions_amount_read(options, &loss, &loss_ppm, diag) && is_good;
    if (queue_bytes > 0 && queue_bytes < MTU) {
        diag_error(diag, command_line,
                   "--queue must hold a packet of 1500 bytes; 0: no limit");
        is_good = false;
    }
    for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
        given_set(&hop->delay_ns[side], rtt_ns < 0 ? -1 : rtt_ns / 2);
        given_set(&hop->rate_bits_per_s[side], rate_bits_per_s);
        given_set(&hop->queue_bytes[side], queue_bytes);
        if (loss_ppm >= 0) {
            hop->loss_ppm[side] = (int32_t)loss_ppm;
        }
    }
    return faults_read(options, params, diag) && is_good;
}

/* --- The ends ------------------------------------------------------------ */

bool
linkoptions_stack_read(const struct options *options, enum option_id id,
                       const char *name, struct tcp_stack *stack,
                       struct diag *diag)
{
    const char *text = options_text(options, id, NULL);
    const struct tcp_stack *named = NULL;
    const char *names[STACKS_MAX];
    char list[NAMES_SIZE] = "";
    uint32_t count = 0;
    size_t size = 0;

    if (text == NULL) {
        return true;
    }
    named = tcp_stack_named(text);
    if (named != NULL) {
        *stack = *named;
        return true;
    }
    while (count < STACKS_MAX && tcp_stack_name(count) != NULL) {
        names[count] = tcp_stack_name(count);
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s",
                                 count == 0 ? "" : ", ", names[count]);
        ASSERT(size < sizeof list);
        count++;
    }
    const char *nearest = diag_nearest(text, names, count);

    if (nearest != NULL) {
        diag_error(diag, command_line,
                   "--%s knows no stack '%s'; did you mean %s?", name, text,
                   nearest);
    } else {
        diag_error(diag, command_line,
                   "--%s knows no stack '%s'; there are: %s", name, text, list);
    }
    return false;
}

static bool
shift_read(const struct options *options, enum option_id id, const char *name,
           struct tcp_stack *stack, struct diag *diag)
{
    const char *text = options_text(options, id, NULL);
    const char *why = NULL;
    int64_t shift = 0;

    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "none") == 0) {
        stack->shift = TCP_SHIFT_NONE;
        return true;
    }
    if (!unit_integer_parse(text, &shift, &why) || shift < 0 ||
        shift > TCP_SHIFT_MAX) {
        diag_error(diag, command_line,
                   "--%s must be none or 0 to %d, found '%s'", name,
                   TCP_SHIFT_MAX, text);
        return false;
    }
    stack->shift = (int32_t)shift;
    return true;
}

/* What is said of one end, by side. */
static const struct {
    enum option_id stack;
    enum option_id shift;
    const char *stack_name;
    const char *shift_name;
    struct linkoptions_amount window;
    struct linkoptions_amount window_max;
} end_options[TCP_SIDES_COUNT] = {
    {OPTION_CLIENT,
     OPTION_CLIENT_SHIFT,
     "client",
     "client-shift",
     {OPTION_CLIENT_WINDOW, "client-window", linkoptions_bytes_parse, 1,
      1 << 30, "1B to 1GiB"},
     {OPTION_CLIENT_WINDOW_MAX, "client-window-max", linkoptions_bytes_parse, 1,
      1 << 30, "1B to 1GiB"}},
    {OPTION_SERVER,
     OPTION_SERVER_SHIFT,
     "server",
     "server-shift",
     {OPTION_SERVER_WINDOW, "server-window", linkoptions_bytes_parse, 1,
      1 << 30, "1B to 1GiB"},
     {OPTION_SERVER_WINDOW_MAX, "server-window-max", linkoptions_bytes_parse, 1,
      1 << 30, "1B to 1GiB"}},
};

static bool
end_read(const struct options *options, enum tcp_side side,
         struct trial_params *params, struct diag *diag)
{
    struct tcp_stack *stack = &params->stacks[side];
    bool is_good =
        linkoptions_stack_read(options, end_options[side].stack,
                               end_options[side].stack_name, stack, diag);

    is_good =
        shift_read(options, OPTION_SHIFT, "shift", stack, diag) && is_good;
    is_good = shift_read(options, end_options[side].shift,
                         end_options[side].shift_name, stack, diag) &&
              is_good;
    is_good = linkoptions_amount_read(options, &end_options[side].window,
                                      &stack->window_first_bytes, diag) &&
              is_good;
    is_good = linkoptions_amount_read(options, &end_options[side].window_max,
                                      &stack->window_max_bytes, diag) &&
              is_good;
    /* As in a scenario: the limit holds for the first window too. */
    if (options_text(options, end_options[side].window_max.id, NULL) != NULL) {
        stack->window_first_bytes =
            i64_min(stack->window_first_bytes, stack->window_max_bytes);
    }
    stack->window_max_bytes =
        i64_max(stack->window_max_bytes, stack->window_first_bytes);
    return is_good;
}

static bool
mail_read(const struct options *options, struct trial_params *params,
          struct diag *diag)
{
    static const struct linkoptions_amount amounts[] = {
        {OPTION_SIZE, "size", linkoptions_bytes_parse, 8, 1000000000,
         "8B to 1GB"},
        {OPTION_BANNER, "banner", linkoptions_bytes_parse, 6, 100000,
         "6B to 100kB"},
        {OPTION_LIMIT, "limit", unit_duration_parse, NS_PER_MS, NS_PER_DAY,
         "1ms to 1d"},
        {OPTION_TIMEOUT, "timeout", unit_duration_parse, NS_PER_MS, NS_PER_DAY,
         "1ms to 1d"},
    };
    int64_t *const values[] = {&params->size_bytes, &params->banner_bytes,
                               &params->limit_ns, &params->reply_timeout_ns};
    bool is_good = true;

    for (uint32_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        is_good =
            linkoptions_amount_read(options, &amounts[i], values[i], diag) &&
            is_good;
    }
    return is_good;
}

bool
linkoptions_ends_read(const struct options *options,
                      struct trial_params *params, struct diag *diag)
{
    static const char *const directions[] = {"up", "down", NULL};
    static const char *const congestions[] = {"reno", "cubic", NULL};
    uint32_t direction = 0;
    uint32_t congestion = 0;
    bool is_good = options_choice(options, OPTION_DIRECTION, directions,
                                  params->sender, &direction, diag);

    params->sender = (enum tcp_side)direction;
    is_good = end_read(options, TCP_CLIENT, params, diag) && is_good;
    is_good = end_read(options, TCP_SERVER, params, diag) && is_good;
    is_good = options_choice(options, OPTION_CONGESTION, congestions,
                             params->stacks[0].congestion, &congestion, diag) &&
              is_good;
    if (options_has(options, OPTION_CONGESTION)) {
        params->stacks[TCP_CLIENT].congestion =
            params->stacks[TCP_SERVER].congestion =
                (enum tcp_congestion)congestion;
    }
    params->seed = options_number(options, OPTION_SEED, 20060312);
    params->replication =
        (uint32_t)options_number(options, OPTION_REPLICATION, 0);
    return mail_read(options, params, diag) && is_good;
}
