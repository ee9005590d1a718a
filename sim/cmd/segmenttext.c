/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segmenttext.c - see segmenttext.h
 */
#include "sim/cmd/segmenttext.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "sim/kernel/base.h"

/* A text of fixed size that grows at its end. */
struct line {
    char *text;
    size_t size;
};

static void add(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void
add(struct line *line, const char *format, ...)
{
    const size_t at = strlen(line->text);
    va_list args;

    va_start(args, format);
    vsnprintf(line->text + at, line->size - at, format, args);
    va_end(args);
}

static void
flags_add(struct line *line, uint8_t flags)
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {
        {TCP_FIN, 'F'}, {TCP_SYN, 'S'}, {TCP_RST, 'R'},
        {TCP_PSH, 'P'}, {TCP_ACK, '.'},
    };

    add(line, "Flags [");
    for (uint32_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if ((flags & letters[i].flag) != 0) {
            add(line, "%c", letters[i].letter);
        }
    }
    add(line, "%s]", flags == 0 ? "none" : "");
}

/* option_next - a comma before every option but the first */
static void
option_next(struct line *line, const char **comma)
{
    add(line, "%s", *comma);
    *comma = ",";
}

/* sacks_add - "sack 2 {100:200}{300:400}" */
static void
sacks_add(struct line *line, const struct tcp_segment *segment)
{
    add(line, "nop,nop,sack %u ", segment->sacks_count);
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        add(line, "{%" PRId64 ":%" PRId64 "}", segment->sacks[i].from,
            segment->sacks[i].until);
    }
}

/* options_add - in the order that models/tcp/packet.h writes them */
static void
options_add(struct line *line, const struct tcp_segment *segment)
{
    const uint32_t options = segment->options;
    const char *comma = "";

    if (options == 0) {
        return;
    }
    add(line, ", options [");
    if ((options & TCP_OPTION_MSS) != 0) {
        option_next(line, &comma);
        add(line, "mss %u", segment->mss_bytes);
    }
    if ((options & TCP_OPTION_SACK_PERMITTED) != 0) {
        option_next(line, &comma);
        add(line, "%s",
            (options & TCP_OPTION_TIMESTAMP) != 0 ? "sackOK"
                                                  : "nop,nop,sackOK");
    }
    if ((options & TCP_OPTION_TIMESTAMP) != 0) {
        option_next(line, &comma);
        add(line, "%sTS val %" PRIu32 " ecr %" PRIu32,
            (options & TCP_OPTION_SACK_PERMITTED) != 0 ? "" : "nop,nop,",
            segment->timestamp_ms, segment->timestamp_echo_ms);
    }
    if ((options & TCP_OPTION_SCALE) != 0) {
        option_next(line, &comma);
        add(line, "nop,wscale %u", segment->shift);
    }
    if ((options & TCP_OPTION_SACK) != 0) {
        option_next(line, &comma);
        sacks_add(line, segment);
    }
    add(line, "]");
}

void
segmenttext_format(char text[SEGMENTTEXT_SIZE],
                   const struct tcp_segment *segment)
{
    struct line line = {text, SEGMENTTEXT_SIZE};

    text[0] = '\0';
    flags_add(&line, segment->flags);
    if (tcp_segment_length(segment) > 0) {
        add(&line, ", seq %" PRId64, segment->seq);
        if (segment->payload_bytes > 0) {
            add(&line, ":%" PRId64, segment->seq + segment->payload_bytes);
        }
    }
    if ((segment->flags & TCP_ACK) != 0) {
        add(&line, ", ack %" PRId64, segment->ack);
    }
    add(&line, ", win %u", segment->window);
    options_add(&line, segment);
    add(&line, ", length %" PRIu32, segment->payload_bytes);
}

/* change_next - a comma between what was changed */
static void
change_next(struct line *line)
{
    add(line, "%s", line->text[0] == '\0' ? "" : ", ");
}

/* change_add - what a middlebox has made of it */
static void
change_add(struct line *line, const struct tcp_segment *sent,
           const struct tcp_segment *came)
{
    const uint32_t gone = sent->options & ~(uint32_t)came->options;

    if ((sent->options & came->options & TCP_OPTION_SCALE) != 0 &&
        sent->shift != came->shift) {
        change_next(line);
        add(line, "wscale %u became %u", sent->shift, came->shift);
    }
    if (sent->window != came->window) {
        change_next(line);
        add(line, "win %u became %u", sent->window, came->window);
    }
    static const struct {
        uint32_t option;
        const char *name;
    } names[] = {
        {TCP_OPTION_MSS, "mss"},
        {TCP_OPTION_SCALE, "wscale"},
        {TCP_OPTION_SACK_PERMITTED, "sackOK"},
        {TCP_OPTION_TIMESTAMP, "TS"},
        {TCP_OPTION_SACK, "sack"},
    };

    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((gone & names[i].option) != 0) {
            change_next(line);
            add(line, "%s removed", names[i].name);
        }
    }
}

void
segmenttext_fate(char text[SEGMENTTEXT_SIZE],
                 const struct witness_packet *packet)
{
    struct line line = {text, SEGMENTTEXT_SIZE};

    text[0] = '\0';
    if (packet->is_changed) {
        change_add(&line, &packet->sent, &packet->arrived);
    }
    const char *comma = text[0] == '\0' ? "" : ", ";

    switch (packet->fate) {
    case WITNESS_UNDER_WAY:
        add(&line, "%sunder way at the end", comma);
        return;
    case WITNESS_ARRIVED:
        return;
    case WITNESS_BOX_DROP:
        add(&line, "%sdropped by the middlebox", comma);
        return;
    case WITNESS_LOST:
        add(&line, "%slost on the line", comma);
        return;
    case WITNESS_OVERFLOW:
        add(&line, "%sdropped by the full queue", comma);
        return;
    }
    UNREACHABLE("every fate is above");
}

/* clock_print - hours:minutes:seconds since the SYN, as tcpdump does */
static void
clock_print(int64_t at_ns, FILE *out)
{
    fprintf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%06" PRId64,
            at_ns / NS_PER_HOUR, at_ns / NS_PER_MIN % 60, at_ns / NS_PER_S % 60,
            at_ns % NS_PER_S / NS_PER_US);
}

void
segmenttext_print(const struct witness *witness, FILE *out)
{
    static const char *const routes[TCP_SIDES_COUNT] = {
        "client.49152 > server.25", "server.25 > client.49152"};

    for (uint32_t i = 0; i < witness->packets_count; i++) {
        const struct witness_packet *packet = &witness->packets[i];
        char what[SEGMENTTEXT_SIZE];
        char fate[SEGMENTTEXT_SIZE];

        segmenttext_format(what, &packet->sent);
        segmenttext_fate(fate, packet);
        clock_print(packet->sent_at_ns, out);
        fprintf(out, " IP %s: %s%s%s%s%s\n", routes[packet->from], what,
                packet->is_resent || fate[0] != '\0' ? " | " : "",
                packet->is_resent ? "sent again" : "",
                packet->is_resent && fate[0] != '\0' ? ", " : "", fate);
    }
}
