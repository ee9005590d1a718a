/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkreport.c - see linkreport.h
 */
#include "sim/cmd/linkreport.h"

#include <inttypes.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/cmd/linkwords.h"
#include "sim/cmd/wording.h"
#include "sim/lab/json.h"

enum { NS_PLACES = 9, CELL_SIZE = 96 };

/* --- What is on the path ------------------------------------------------- */

static void
rate_text(char text[CELL_SIZE], int64_t bits_per_s)
{
    if (bits_per_s == 0) {
        snprintf(text, CELL_SIZE, "no limit of rate");
    } else {
        char rate[FIGURES_SIZE];
        const bool is_giga = bits_per_s >= 1000000000;
        const bool is_mega = bits_per_s >= 1000000;
        const bool is_kilo = bits_per_s >= 1000;

        figures_rate(rate, (double)bits_per_s / (is_giga   ? 1e9
                                                 : is_mega ? 1e6
                                                 : is_kilo ? 1e3
                                                           : 1));
        snprintf(text, CELL_SIZE, "%s %sbit/s", rate,
                 is_giga   ? "G"
                 : is_mega ? "M"
                 : is_kilo ? "k"
                           : "");
    }
}

/* narrowest - the hop that sets the rate of the message's direction */
static const struct hop_params *
narrowest(const struct trial_params *params)
{
    const struct path_params *path = &params->path;
    const enum tcp_side from = params->sender;
    const struct hop_params *least = &path->hops[0];

    for (uint32_t h = 1; h < path->hops_count; h++) {
        const int64_t rate = path->hops[h].rate_bits_per_s[from];

        if (rate > 0 && (least->rate_bits_per_s[from] == 0 ||
                         rate < least->rate_bits_per_s[from])) {
            least = &path->hops[h];
        }
    }
    return least;
}

static int64_t
loss_ppm(const struct trial_params *params)
{
    int64_t sum = 0;

    for (uint32_t h = 0; h < params->path.hops_count; h++) {
        sum += params->path.hops[h].loss_ppm[params->sender];
    }
    return sum;
}

static void
path_print(const struct trial *trial, FILE *out)
{
    const struct trial_params *params = trial->params;
    char rtt[FIGURES_SIZE], rate[CELL_SIZE], faults[LINKWORDS_SIZE];
    char loss[CELL_SIZE] = "", size[32];
    const struct hop_params *hop = narrowest(params);

    figures_duration(rtt,
                     (double)path_rtt_ns(&params->path) / (double)NS_PER_S);
    rate_text(rate, hop->rate_bits_per_s[params->sender]);
    if (loss_ppm(params) > 0) {
        snprintf(loss, sizeof loss, ", %g %% lost",
                 (double)loss_ppm(params) / 1e4);
    }
    linkwords_faults(faults, &params->path);
    linkwords_bytes(size, hop->queue_bytes[params->sender]);
    fprintf(out, "path    round trip %s, %s, queue of %s bytes%s\n", rtt, rate,
            hop->queue_bytes[params->sender] > 0 ? size : "any number of",
            loss);
    fprintf(out, "on it   middlebox: %s\n", faults);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const struct tcp_stack *stack = &params->stacks[i];

        fprintf(out, "%s  %s, ", linkwords_side((enum tcp_side)i), stack->name);
        if (stack->shift == TCP_SHIFT_NONE) {
            fprintf(out, "no window scaling, ");
        } else {
            fprintf(out, "window scale %" PRId32 ", ", stack->shift);
        }
        fprintf(out, "first window %s bytes\n",
                linkwords_bytes(size, trial->offers[i].is_sent
                                          ? trial->offers[i].sent.window
                                          : stack->window_first_bytes));
    }
}

/* --- The dialogue -------------------------------------------------------- */

static void
time_cell(char text[CELL_SIZE], int64_t ns)
{
    char time[FIGURES_SIZE];

    if (ns < 0) {
        snprintf(text, CELL_SIZE, "never");
    } else {
        figures_duration(time, (double)ns / (double)NS_PER_S);
        snprintf(text, CELL_SIZE, "%s", time);
    }
}

/* A word of the dialogue. */
struct row {
    const char *said;
    const char *by;
    const char *what;
    const char *there;
    const char *why; /* it took so long; NULL: it did not */
    int64_t bytes;   /* 0: not told */
};

static void
row_print(const struct row *row, FILE *out)
{
    const bool has_why = row->why != NULL && row->why[0] != '\0';
    char size[32] = "";

    if (row->bytes > 0) {
        linkwords_bytes(size, row->bytes);
    }
    fprintf(out, "%8s  %-6s  %-9s %11s %8s%s%s\n", row->said, row->by,
            row->what, size, row->there, has_why ? "  " : "",
            has_why ? row->why : "");
}

static void
offer_print(const struct trial *trial, enum tcp_side side, FILE *out)
{
    const struct trial_offer *offer = &trial->offers[side];
    const char *name = side == TCP_CLIENT ? "SYN" : "SYN-ACK";
    char said[CELL_SIZE], there[CELL_SIZE], why[CELL_SIZE] = "";

    if (!offer->is_sent) {
        return;
    }
    time_cell(said, offer->sent_at_ns);
    time_cell(there, offer->has_arrived ? offer->arrived_at_ns : -1);
    if (offer->sent_count > 1) {
        snprintf(why, sizeof why, "sent %" PRIu32 " times", offer->sent_count);
    }
    if (offer->has_arrived &&
        (offer->original.options & ~(uint32_t)offer->arrived.options &
         TCP_OPTION_SCALE) != 0) {
        snprintf(why + strlen(why), sizeof why - strlen(why),
                 "%sarrives without the scale", why[0] == '\0' ? "" : ", ");
    } else if (offer->has_arrived &&
               offer->arrived.shift != offer->original.shift) {
        snprintf(why + strlen(why), sizeof why - strlen(why),
                 "%sarrives with scale %u", why[0] == '\0' ? "" : ", ",
                 offer->arrived.shift);
    }
    row_print(&(struct row){.said = said,
                            .by = linkwords_side(side),
                            .what = name,
                            .there = there,
                            .why = why},
              out);
}

static void
leg_print(const struct trial *trial, uint32_t turn, enum tcp_side side,
          FILE *out)
{
    const struct trial_leg *leg = &trial->turns[turn].legs[side];
    char said[CELL_SIZE], there[CELL_SIZE], why[LINKWORDS_SIZE];

    if (leg->bytes == 0 || leg->said_at_ns < 0) {
        return;
    }
    time_cell(said, leg->said_at_ns);
    time_cell(there, leg->there_at_ns);
    linkwords_leg(why, trial, turn, side);
    row_print(&(struct row){.said = said,
                            .by = linkwords_side(side),
                            .what = side == TCP_CLIENT
                                        ? trial->turns[turn].name
                                        : trial->turns[turn].reply_name,
                            .there = there,
                            .why = why,
                            .bytes = leg->bytes},
              out);
}

static void
dialogue_print(const struct trial *trial, FILE *out)
{
    char connected[CELL_SIZE];

    fprintf(out, "\n%8s  %-6s  %-9s %11s %8s  %s\n", "said", "by", "what",
            "bytes", "there", "what it waited for");
    offer_print(trial, TCP_CLIENT, out);
    offer_print(trial, TCP_SERVER, out);
    if (trial->connected_at_ns >= 0) {
        time_cell(connected, trial->connected_at_ns);
        row_print(&(struct row){.said = "",
                                .by = "client",
                                .what = "connected",
                                .there = connected},
                  out);
    }
    for (uint32_t i = 0; i < trial->turns_begun; i++) {
        leg_print(trial, i, TCP_CLIENT, out);
        leg_print(trial, i, TCP_SERVER, out);
    }
}

/* --- The windows --------------------------------------------------------- */

static void
offer_cell(char text[CELL_SIZE], const struct tcp_segment *segment, bool is)
{
    if (!is) {
        snprintf(text, CELL_SIZE, "-");
    } else if ((segment->options & TCP_OPTION_SCALE) == 0) {
        snprintf(text, CELL_SIZE, "no scale");
    } else {
        snprintf(text, CELL_SIZE, "scale %u", segment->shift);
    }
}

static void
window_row(const char *what, const char *client, const char *server, FILE *out)
{
    fprintf(out, "%-30s %18s %18s%s\n", what, client, server, "");
}

static void
bytes_row(const char *what, int64_t client, int64_t server, FILE *out)
{
    char cells[TCP_SIDES_COUNT][CELL_SIZE], number[32];

    snprintf(cells[0], CELL_SIZE, "%s bytes", linkwords_bytes(number, client));
    snprintf(cells[1], CELL_SIZE, "%s bytes", linkwords_bytes(number, server));
    window_row(what, cells[0], cells[1], out);
}

static void
windows_print(const struct trial *trial, FILE *out)
{
    const struct trial_offer *offers = trial->offers;
    const struct tcp_belief *beliefs = trial->beliefs;
    char cells[TCP_SIDES_COUNT][CELL_SIZE];

    fputc('\n', out);
    window_row("window", "of the client", "of the server", out);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        offer_cell(cells[i],
                   offers[i].has_arrived ? &offers[i].original
                                         : &offers[i].sent,
                   offers[i].is_sent);
    }
    window_row("  offered in the handshake", cells[0], cells[1], out);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        offer_cell(cells[i], &offers[i].arrived, offers[i].has_arrived);
    }
    window_row("  as it came to the other", cells[0], cells[1], out);
    if (trial->connected_at_ns < 0) {
        return;
    }
    window_row("  this side says, scaling is",
               beliefs[TCP_CLIENT].is_scaling ? "on" : "off",
               beliefs[TCP_SERVER].is_scaling ? "on" : "off", out);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side side = (enum tcp_side)i;

        snprintf(cells[i], CELL_SIZE, ">> %d, << %d%s",
                 linkwords_write_shift(trial, side),
                 linkwords_read_shift(trial, tcp_other(side)),
                 linkwords_belief_of(trial, side) == LINKWORDS_AGREE ? ""
                                                                     : " (!)");
    }
    window_row("  it writes, the other reads", cells[0], cells[1], out);
    bytes_row("  it offers, in truth", beliefs[TCP_CLIENT].receive_window_bytes,
              beliefs[TCP_SERVER].receive_window_bytes, out);
    bytes_row("  the other believes", beliefs[TCP_SERVER].send_window_bytes,
              beliefs[TCP_CLIENT].send_window_bytes, out);
}

void
linkreport_print(const struct trial *trial, const struct trial *clean,
                 FILE *out)
{
    char text[LINKWORDS_SIZE];

    path_print(trial, out);
    dialogue_print(trial, out);
    windows_print(trial, out);
    fputc('\n', out);
    linkwords_outcome(text, trial, clean);
    linkwords_wrap("", text, out);
    linkwords_story(text, trial);
    if (text[0] != '\0') {
        linkwords_wrap("", text, out);
    }
}

/* --- JSON ---------------------------------------------------------------- */

static void
put_seconds(struct json *json, const char *key, int64_t ns)
{
    json_key(json, key);
    if (ns < 0) {
        json_null(json);
    } else {
        json_decimal(json, ns, NS_PLACES);
    }
}

static void
put_i64(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_i64(json, value);
}

static void
leg_put(struct json *json, const char *key, const struct trial_leg *leg)
{
    json_key(json, key);
    json_object_begin(json);
    put_i64(json, "bytes", leg->bytes);
    put_i64(json, "there_bytes", leg->there_bytes);
    put_seconds(json, "said_s", leg->said_at_ns);
    put_seconds(json, "first_byte_s", leg->first_at_ns);
    put_seconds(json, "there_s", leg->there_at_ns);
    put_i64(json, "window_least_bytes", leg->window_least_bytes);
    put_i64(json, "middlebox_drops", leg->box_drops);
    put_i64(json, "losses", leg->losses);
    put_i64(json, "overflows", leg->overflows);
    put_i64(json, "timeouts", leg->timeouts);
    put_i64(json, "probes", leg->probes);
    json_object_end(json);
}

static void
turns_put(struct json *json, const struct trial *trial)
{
    json_key(json, "dialogue");
    json_array_begin(json);
    for (uint32_t i = 0; i < trial->turns_begun; i++) {
        const struct trial_turn *turn = &trial->turns[i];

        json_object_begin(json);
        wording_text_put(json, "command", turn->name);
        leg_put(json, "said", &turn->legs[TCP_CLIENT]);
        leg_put(json, "reply", &turn->legs[TCP_SERVER]);
        json_object_end(json);
    }
    json_array_end(json);
}

/* offer_put - the shift; null: no option, or it never came */
static void
offer_put(struct json *json, const char *key, const struct tcp_segment *segment,
          bool is)
{
    json_key(json, key);
    if (is && (segment->options & TCP_OPTION_SCALE) != 0) {
        json_i64(json, segment->shift);
    } else {
        json_null(json);
    }
}

static void
side_put(struct json *json, const struct trial *trial, enum tcp_side side)
{
    const struct tcp_belief *belief = &trial->beliefs[side];
    const struct trial_offer *offer = &trial->offers[side];
    const struct tcp_progress *progress = &trial->progress[side];

    json_key(json, linkwords_side(side));
    json_object_begin(json);
    wording_text_put(json, "stack", trial->params->stacks[side].name);
    offer_put(json, "shift_offered",
              offer->has_arrived ? &offer->original : &offer->sent,
              offer->is_sent);
    offer_put(json, "shift_arrived", &offer->arrived, offer->has_arrived);
    json_key(json, "is_scaling");
    json_bool(json, belief->is_scaling);
    put_i64(json, "write_shift", linkwords_write_shift(trial, side));
    put_i64(json, "read_shift", linkwords_read_shift(trial, side));
    put_i64(json, "window_offered_bytes", belief->receive_window_bytes);
    put_i64(json, "window_believed_bytes", belief->send_window_bytes);
    put_i64(json, "segments", (int64_t)progress->sent_count);
    put_i64(json, "resent", (int64_t)progress->resent_count);
    put_i64(json, "timeouts", (int64_t)progress->timeouts_count);
    put_i64(json, "probes", (int64_t)progress->probes_count);
    json_object_end(json);
}

static void
times_put(struct json *json, const struct trial *trial)
{
    const struct trial_leg *banner = &trial->turns[0].legs[TCP_SERVER];

    put_seconds(json, "connect_s", trial->connected_at_ns);
    put_seconds(json, "banner_first_byte_s", banner->first_at_ns);
    put_seconds(json, "banner_s", banner->there_at_ns);
    put_seconds(json, "body_s", trial->body_ns);
    put_i64(json, "body_bytes", trial->body_bytes);
    put_seconds(json, "end_s", trial->end_at_ns);
}

bool
linkreport_json(const struct trial *trial, const struct trial *clean,
                const char *command, FILE *out)
{
    char text[LINKWORDS_SIZE];
    struct json json;

    json_init(&json, out);
    json_object_begin(&json);
    wording_text_put(&json, "command", command);
    linkwords_faults(text, &trial->params->path);
    wording_text_put(&json, "middlebox", text);
    wording_text_put(&json, "outcome", trial_outcome_name(trial->outcome));
    json_key(&json, "slow");
    json_bool(&json, linkwords_is_slow(trial, clean));
    times_put(&json, trial);
    put_seconds(&json, "clean_end_s",
                clean->outcome == TRIAL_DELIVERED ? clean->end_at_ns : -1);
    linkwords_outcome(text, trial, clean);
    wording_text_put(&json, "says", text);
    linkwords_story(text, trial);
    wording_text_put(&json, "story", text);
    side_put(&json, trial, TCP_CLIENT);
    side_put(&json, trial, TCP_SERVER);
    turns_put(&json, trial);
    put_i64(&json, "segments", (int64_t)trial->segments_count);
    put_i64(&json, "events", (int64_t)trial->events_count);
    put_i64(&json, "middlebox_changes", (int64_t)trial->box_changes_count);
    put_i64(&json, "middlebox_drops", (int64_t)trial->box_drops_count);
    put_i64(&json, "losses", (int64_t)trial->losses_count);
    put_i64(&json, "overflows", (int64_t)trial->overflows_count);
    json_object_end(&json);
    return json_end(&json);
}
