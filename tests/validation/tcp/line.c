/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.c - see line.h
 */
#include "tests/validation/tcp/line.h"

#include <inttypes.h>

static void
flags_format(char text[8], uint8_t flags)
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {{TCP_SYN, 'S'},
                   {TCP_ACK, 'A'},
                   {TCP_PSH, 'P'},
                   {TCP_FIN, 'F'},
                   {TCP_RST, 'R'}};
    int n = 0;

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if ((flags & letters[i].flag) != 0) {
            text[n++] = letters[i].letter;
        }
    }
    text[n] = '\0';
}

void
line_print(FILE *file, int64_t at_ns, enum tcp_side from,
           const struct tcp_segment *segment, const char *note)
{
    const int64_t us = at_ns / 1000;
    char flags[8];

    flags_format(flags, segment->flags);
    fprintf(file,
            "%6" PRId64 ".%03" PRId64 " %s %-3s seq=%" PRId64 " len=%" PRIu32
            " ack=%" PRId64 " win=%u",
            us / 1000, us % 1000, from == TCP_CLIENT ? "C>S" : "S>C", flags,
            segment->seq, segment->payload_bytes, segment->ack,
            segment->window);
    if ((segment->flags & TCP_SYN) != 0) {
        if ((segment->options & TCP_OPTION_SCALE) != 0) {
            fprintf(file, " wscale=%u", segment->shift);
        } else {
            fprintf(file, " no-wscale");
        }
    }
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        fprintf(file, "%s%" PRId64 "-%" PRId64, i == 0 ? " sack=" : ",",
                segment->sacks[i].from, segment->sacks[i].until);
    }
    fprintf(file, "  %s\n", note);
}

const char *
line_drop_note(enum middlebox_fault fault)
{
    return fault == MIDDLEBOX_DROP_SYN ? "DROP fault (SYN carries wscale)"
           : fault == MIDDLEBOX_DROP_SYNACK
               ? "DROP fault (SYN-ACK carries wscale)"
               : "DROP fault (beyond unscaled window)";
}

const char *
line_change_note(enum middlebox_fault fault)
{
    return fault == MIDDLEBOX_CLAMP ? "window clamped"
           : fault >= MIDDLEBOX_SET_SYN && fault <= MIDDLEBOX_SET_BOTH
               ? "shift rewritten"
               : "wscale stripped";
}
