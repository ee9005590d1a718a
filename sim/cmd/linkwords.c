/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkwords.c - see linkwords.h
 */
#include "sim/cmd/linkwords.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/figures.h"

enum {
    LINE_WIDTH = 78,
    STALL_S = 10 /* GUESS: no byte for so long is called standing still */
};

static void add(char text[LINKWORDS_SIZE], const char *format, ...)
    PRINTF_LIKE(2, 3);

static void
add(char text[LINKWORDS_SIZE], const char *format, ...)
{
    const size_t at = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + at, LINKWORDS_SIZE - at, format, args);
    va_end(args);
}

static const char *
time_text(char text[FIGURES_SIZE], int64_t ns)
{
    figures_duration(text, (double)ns / (double)NS_PER_S);
    return text;
}

const char *
linkwords_bytes(char text[32], int64_t bytes)
{
    char digits[24];
    size_t at = 0;

    snprintf(digits, sizeof digits, "%" PRId64, bytes);
    const size_t size = strlen(digits);

    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-') {
            text[at++] = ',';
        }
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

const char *
linkwords_side(enum tcp_side side)
{
    return side == TCP_CLIENT ? "client" : "server";
}

void
linkwords_wrap(const char *first, const char *text, FILE *out)
{
    const size_t indent = strlen(first);
    size_t column = indent;
    bool is_begun = false;

    fputs(first, out);
    while (*text != '\0') {
        const size_t size = strcspn(text, " ");

        if (is_begun && column + 1 + size > LINE_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            is_begun = false;
        }
        fprintf(out, "%s%.*s", is_begun ? " " : "", (int)size, text);
        column += size + (is_begun ? 1 : 0);
        is_begun = true;
        text += size + strspn(text + size, " ");
    }
    fputc('\n', out);
}

/* cleared_tell - "=mss+timestamp" */
static void
cleared_tell(char text[LINKWORDS_SIZE], int32_t options)
{
    const char *between = "=";

    for (int32_t option = 1; option <= options; option *= 2) {
        if ((options & option) != 0) {
            add(text, "%s%s", between, middlebox_option_name(option));
            between = "+";
        }
    }
}

void
linkwords_faults(char text[LINKWORDS_SIZE], const struct path_params *path)
{
    text[0] = '\0';
    for (uint32_t h = 0; h < path->hops_count; h++) {
        const struct hop_params *hop = &path->hops[h];

        for (uint32_t i = 0; i < hop->middleboxes_count; i++) {
            const struct middlebox_params *box = &hop->middleboxes[i];
            const bool has_value = box->fault == MIDDLEBOX_SET_SYN ||
                                   box->fault == MIDDLEBOX_SET_SYNACK ||
                                   box->fault == MIDDLEBOX_SET_BOTH ||
                                   box->fault == MIDDLEBOX_CLAMP;

            add(text, "%s%s", text[0] == '\0' ? "" : ", ",
                middlebox_fault_name(box->fault));
            if (has_value) {
                add(text, "=%" PRId32, box->value);
            } else if (box->fault == MIDDLEBOX_CLEAR) {
                cleared_tell(text, box->value);
            }
        }
    }
    if (text[0] == '\0') {
        add(text, "none");
    }
}

/* --- Beliefs ------------------------------------------------------------- */

int32_t
linkwords_write_shift(const struct trial *trial, enum tcp_side side)
{
    const struct tcp_belief *belief = &trial->beliefs[side];

    return belief->is_scaling ? belief->receive_shift : 0;
}

int32_t
linkwords_read_shift(const struct trial *trial, enum tcp_side side)
{
    const struct tcp_belief *belief = &trial->beliefs[side];

    return belief->is_scaling ? belief->send_shift : 0;
}

enum linkwords_belief
linkwords_belief_of(const struct trial *trial, enum tcp_side writer)
{
    const int32_t written = linkwords_write_shift(trial, writer);
    const int32_t read = linkwords_read_shift(trial, tcp_other(writer));

    if (trial->connected_at_ns < 0) {
        return LINKWORDS_UNKNOWN;
    }
    return read < written   ? LINKWORDS_TOO_SMALL
           : read > written ? LINKWORDS_TOO_LARGE
                            : LINKWORDS_AGREE;
}

/* --- The outcome --------------------------------------------------------- */

int64_t
linkwords_total_ns(const struct trial *trial)
{
    return trial->end_at_ns;
}

bool
linkwords_is_slow(const struct trial *trial, const struct trial *clean)
{
    return trial->outcome == TRIAL_DELIVERED &&
           clean->outcome == TRIAL_DELIVERED &&
           trial->end_at_ns >= LINKWORDS_SLOW_TIMES * clean->end_at_ns &&
           trial->end_at_ns - clean->end_at_ns >= LINKWORDS_SLOW_NS;
}

static void
no_connection_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    const struct trial_offer *syn = &trial->offers[TCP_CLIENT];
    char time[FIGURES_SIZE];

    add(text, "no connection: %" PRIu32 " SYNs in %s, %s", syn->sent_count,
        time_text(time, trial->end_at_ns),
        !syn->has_arrived ? "none reached the server"
                          : "but no answer reached the client");
}

static void
no_banner_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    const struct trial_leg *leg = &trial->turns[0].legs[TCP_SERVER];
    char time[FIGURES_SIZE];

    time_text(time, trial->end_at_ns - trial->connected_at_ns);
    if (leg->there_bytes == 0) {
        add(text, "no banner: connected, and then a blank screen for %s", time);
    } else {
        add(text, "no banner: %" PRId64 " of its %" PRId64 " bytes came in %s",
            leg->there_bytes, leg->bytes, time);
    }
}

static void
stalled_dialogue_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    const struct trial_turn *turn = &trial->turns[trial->turns_begun - 1];
    const struct trial_leg *command = &turn->legs[TCP_CLIENT];
    const struct trial_leg *reply = &turn->legs[TCP_SERVER];
    char time[FIGURES_SIZE];

    time_text(time, trial->end_at_ns - command->said_at_ns);
    add(text, "stalled in the dialogue at %s: ", turn->name);
    if (command->there_at_ns < 0) {
        add(text, "%" PRId64 " of its %" PRId64 " bytes arrived in %s",
            command->there_bytes, command->bytes, time);
    } else {
        add(text, "%" PRId64 " of %" PRId64 " bytes of the reply came in %s",
            reply->there_bytes, reply->bytes, time);
    }
}

static void
stalled_data_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    const struct trial_turn *turn = &trial->turns[trial->turns_begun - 1];
    const struct trial_leg *body = &turn->legs[trial->params->sender];
    const int64_t took_ns =
        trial->end_at_ns - turn->legs[TCP_CLIENT].said_at_ns;
    const int64_t still_ns = trial->body_last_at_ns < 0
                                 ? took_ns
                                 : trial->end_at_ns - trial->body_last_at_ns;
    char time[FIGURES_SIZE], there[32], all[32], rate[FIGURES_SIZE];

    if (body->there_at_ns >= 0) {
        add(text, "stalled in DATA: all %s bytes arrived, but not the reply",
            linkwords_bytes(all, body->bytes));
        return;
    }
    add(text, "stalled in DATA after %s of %s bytes in %s",
        linkwords_bytes(there, body->there_bytes),
        linkwords_bytes(all, body->bytes), time_text(time, took_ns));
    if (still_ns >= STALL_S * NS_PER_S) {
        add(text, "; nothing has come for %s", time_text(time, still_ns));
    } else if (took_ns > 0) {
        figures_rate(rate, (double)body->there_bytes * (double)NS_PER_S /
                               (double)took_ns);
        add(text, ": it crawls, at %s bytes/s", rate);
    }
}

static void
delivered_tell(char text[LINKWORDS_SIZE], const struct trial *trial,
               const struct trial *clean)
{
    char time[FIGURES_SIZE], body[FIGURES_SIZE], other[FIGURES_SIZE];

    add(text, "%sdelivered in %s (the body took %s)",
        linkwords_is_slow(trial, clean) ? "slow: " : "",
        time_text(time, trial->end_at_ns), time_text(body, trial->body_ns));
    if (linkwords_is_slow(trial, clean)) {
        add(text, "; with no middlebox %s", time_text(other, clean->end_at_ns));
    }
}

void
linkwords_outcome(char text[LINKWORDS_SIZE], const struct trial *trial,
                  const struct trial *clean)
{
    text[0] = '\0';
    switch (trial->outcome) {
    case TRIAL_NO_CONNECTION:
        no_connection_tell(text, trial);
        return;
    case TRIAL_NO_BANNER:
        no_banner_tell(text, trial);
        return;
    case TRIAL_STALLED_DIALOGUE:
        stalled_dialogue_tell(text, trial);
        return;
    case TRIAL_STALLED_DATA:
        stalled_data_tell(text, trial);
        return;
    case TRIAL_DELIVERED:
        delivered_tell(text, trial, clean);
        return;
    case TRIAL_OUTCOMES_COUNT:
        break;
    }
    UNREACHABLE("every outcome is above");
}

/* --- The story ----------------------------------------------------------- */

/* offer_tell - what the path made of a handshake's packet */
static bool
offer_tell(char text[LINKWORDS_SIZE], const struct trial *trial,
           enum tcp_side side)
{
    const struct trial_offer *offer = &trial->offers[side];
    const char *name = side == TCP_CLIENT ? "SYN" : "SYN-ACK";
    const struct tcp_segment *sent =
        offer->has_arrived ? &offer->original : &offer->sent;
    const bool is_offered =
        offer->is_sent && (sent->options & TCP_OPTION_SCALE) != 0;

    if (offer->is_sent && !offer->has_arrived) {
        add(text, "No %s arrived; each of the %" PRIu32 " %s. ", name,
            offer->sent_count,
            is_offered ? "offered window scaling"
                       : "was sent without the window scale option");
        return true;
    }
    if (!is_offered || !offer->has_arrived) {
        return false;
    }
    if ((offer->arrived.options & TCP_OPTION_SCALE) == 0) {
        add(text, "The window scale option was taken out of the %s. ", name);
        return true;
    }
    if (offer->arrived.shift != sent->shift) {
        add(text, "The %s left with scale %u and arrived with scale %u. ", name,
            sent->shift, offer->arrived.shift);
        return true;
    }
    return false;
}

/* retried_tell - a client that gave the option up was heard at last */
static void
retried_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    const struct trial_offer *syn = &trial->offers[TCP_CLIENT];

    if (trial->connected_at_ns >= 0 && syn->sent_count > 1 &&
        trial->params->stacks[TCP_CLIENT].shift != TCP_SHIFT_NONE &&
        (syn->sent.options & TCP_OPTION_SCALE) == 0) {
        add(text,
            "The first SYNs offered window scaling and were not answered; the"
            " client then left the option out. ");
    }
}

/* believed - the least that the reader believed while it had something to
 * send; what it believes at the end where it never had */
static int64_t
believed_bytes(const struct trial *trial, enum tcp_side reader)
{
    int64_t least = trial->beliefs[reader].send_window_bytes;

    for (uint32_t i = 0; i < trial->turns_begun; i++) {
        const int64_t window = trial->turns[i].legs[reader].window_least_bytes;

        if (window > 0) {
            least = i64_min(least, window);
        }
    }
    return least;
}

static const char *
factor_words(char text[FIGURES_SIZE], int32_t shift)
{
    if (shift == 0) {
        snprintf(text, FIGURES_SIZE, "takes them as they stand");
    } else {
        snprintf(text, FIGURES_SIZE, "multiplies them by %d", 1 << shift);
    }
    return text;
}

static void
belief_tell(char text[LINKWORDS_SIZE], const struct trial *trial,
            enum tcp_side writer)
{
    const enum tcp_side reader = tcp_other(writer);
    const int32_t written = linkwords_write_shift(trial, writer);
    const int32_t read = linkwords_read_shift(trial, reader);
    char offered[32], least[32], factor[FIGURES_SIZE];

    linkwords_bytes(offered, trial->beliefs[writer].receive_window_bytes);
    switch (linkwords_belief_of(trial, writer)) {
    case LINKWORDS_UNKNOWN:
    case LINKWORDS_AGREE:
        return;
    case LINKWORDS_TOO_SMALL:
        linkwords_bytes(least, believed_bytes(trial, reader));
        add(text,
            "The %s divides its windows by %d before it writes them; the %s"
            " %s: it has believed in %s bytes where the %s takes %s. ",
            linkwords_side(writer), 1 << written, linkwords_side(reader),
            factor_words(factor, read), least, linkwords_side(writer), offered);
        return;
    case LINKWORDS_TOO_LARGE:
        add(text,
            "The %s multiplies the %s's windows by %d, where %d is right: it"
            " may send more than is offered. ",
            linkwords_side(reader), linkwords_side(writer), 1 << read,
            1 << written);
        return;
    }
    UNREACHABLE("every belief is above");
}

/* tracked_tell - drops in mid-stream: the box reads windows unscaled */
static void
tracked_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    uint32_t drops[TCP_SIDES_COUNT] = {0};

    for (uint32_t i = 0; i < trial->turns_begun; i++) {
        drops[TCP_CLIENT] += trial->turns[i].legs[TCP_CLIENT].box_drops;
        drops[TCP_SERVER] += trial->turns[i].legs[TCP_SERVER].box_drops;
    }
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side sender = (enum tcp_side)i;
        const enum tcp_side writer = tcp_other(sender);
        const int32_t shift = linkwords_write_shift(trial, writer);
        const uint32_t field = trial->last[writer].window;
        char meant[32];

        if (drops[i] == 0) {
            continue;
        }
        add(text, "The middlebox dropped %" PRIu32 " of the %s's segments. ",
            drops[i], linkwords_side(sender));
        if (shift > 0) {
            add(text,
                "Both ends know that the %s's window field %" PRIu32
                " means %s bytes (shift %d); the middlebox takes it for"
                " %" PRIu32 " bytes and drops what lies beyond. ",
                linkwords_side(writer), field,
                linkwords_bytes(meant, (int64_t)field << shift), shift, field);
        }
    }
}

/* clamped_tell - fields made smaller in mid-stream */
static void
clamped_tell(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side writer = (enum tcp_side)i;
        const struct tcp_belief *reads = &trial->beliefs[tcp_other(writer)];
        const struct tcp_belief *writes = &trial->beliefs[writer];
        char believed[32], offered[32];

        if (linkwords_belief_of(trial, writer) == LINKWORDS_AGREE &&
            reads->send_window_bytes > 0 &&
            reads->send_window_bytes < writes->receive_window_bytes / 2 &&
            trial->box_changes_count > 2) {
            add(text,
                "The middlebox made the %s's window smaller: %s bytes reach"
                " the %s where %s are offered. ",
                linkwords_side(writer),
                linkwords_bytes(believed, reads->send_window_bytes),
                linkwords_side(tcp_other(writer)),
                linkwords_bytes(offered, writes->receive_window_bytes));
        }
    }
}

void
linkwords_story(char text[LINKWORDS_SIZE], const struct trial *trial)
{
    text[0] = '\0';
    (void)offer_tell(text, trial, TCP_CLIENT);
    retried_tell(text, trial);
    (void)offer_tell(text, trial, TCP_SERVER);
    if (trial->connected_at_ns >= 0) {
        belief_tell(text, trial, TCP_CLIENT);
        belief_tell(text, trial, TCP_SERVER);
        tracked_tell(text, trial);
        clamped_tell(text, trial);
    }
    const size_t size = strlen(text);

    if (size > 0 && text[size - 1] == ' ') {
        text[size - 1] = '\0';
    }
}

/* --- Why a leg took so long ---------------------------------------------- */

/* way_ns - what the empty path takes for so many bytes one way */
static int64_t
way_ns(const struct path_params *path, enum tcp_side from, int64_t bytes)
{
    int64_t sum_ns = 0;

    for (uint32_t h = 0; h < path->hops_count; h++) {
        const int64_t rate = path->hops[h].rate_bits_per_s[from];

        sum_ns += path->hops[h].delay_ns[from];
        if (rate > 0) {
            sum_ns += bytes * BITS_PER_BYTE * NS_PER_S / rate;
        }
    }
    return sum_ns;
}

/* is_window_short - it never reached what the leg has, nor what the path takes
 * in a round trip */
static bool
is_window_short(const struct trial *trial, const struct trial_leg *leg,
                enum tcp_side side)
{
    const struct path_params *path = &trial->params->path;
    int64_t least_rate = INT64_MAX;

    for (uint32_t h = 0; h < path->hops_count; h++) {
        const int64_t rate = path->hops[h].rate_bits_per_s[side];

        least_rate = rate > 0 ? i64_min(least_rate, rate) : least_rate;
    }
    const base_i128 path_bits =
        (base_i128)least_rate * path_rtt_ns(path) / NS_PER_S;

    return leg->window_most_bytes > 0 && leg->window_most_bytes < leg->bytes &&
           (base_i128)leg->window_most_bytes * BITS_PER_BYTE < path_bits;
}

static void
cause_add(char text[LINKWORDS_SIZE], uint32_t count, const char *one,
          const char *many)
{
    if (count > 0) {
        add(text, "%s%" PRIu32 " %s", text[0] == '\0' ? "" : ", ", count,
            count == 1 ? one : many);
    }
}

void
linkwords_leg(char text[LINKWORDS_SIZE], const struct trial *trial,
              uint32_t turn, enum tcp_side side)
{
    const struct trial_leg *leg = &trial->turns[turn].legs[side];
    const int64_t until_ns =
        leg->there_at_ns >= 0 ? leg->there_at_ns : trial->end_at_ns;
    const int64_t took_ns = until_ns - leg->said_at_ns;
    const int64_t ideal_ns = way_ns(&trial->params->path, side, leg->bytes);
    char window[32];

    text[0] = '\0';
    if (leg->said_at_ns < 0 ||
        took_ns < ideal_ns + ideal_ns / 2 + 5 * NS_PER_MS) {
        return;
    }
    if (is_window_short(trial, leg, side)) {
        add(text, "window of %s bytes",
            linkwords_bytes(window, leg->window_most_bytes));
    }
    cause_add(text, leg->probes, "probe", "probes");
    cause_add(text, leg->box_drops, "dropped by the middlebox",
              "dropped by the middlebox");
    cause_add(text, leg->losses, "lost", "lost");
    cause_add(text, leg->overflows, "dropped by the full queue",
              "dropped by the full queue");
    cause_add(text, leg->timeouts, "timeout", "timeouts");
    const int64_t rtt_ns = path_rtt_ns(&trial->params->path);

    if (text[0] == '\0' && leg->there_at_ns >= 0 && rtt_ns > 0 &&
        leg->bytes > trial->params->stacks[side].mss_bytes) {
        cause_add(text, (uint32_t)((took_ns - ideal_ns) / rtt_ns),
                  "round trip of slow start", "round trips of slow start");
    }
}
