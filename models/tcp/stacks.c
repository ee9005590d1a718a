/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stacks.c - TCP as it is set up on known hosts
 *
 * linux         6.x with tcp_rmem up to 32 MiB of memory (20 MiB of data), which
 *               gives shift 10; with 4 or 6 MiB, as is usual, it is 7: set it
 * windows-2008  and its auto-tuning levels: Microsoft's table of shifts; a
 *               buffer of 8192 bytes at first. Windows shows all of it; here it
 *               is rounded down to whole segments as Linux does, 7300. How it
 *               meets a tiny window as a sender is not documented: taken as
 *               BSD's way (GUESS:)
 * windows-2003  no scaling; 17520 bytes, on 100 Mbit/s Ethernet
 * bsd           FreeBSD's defaults: 64 KiB growing to 2 MiB, shift 6
 */
#include <string.h>

#include "models/tcp/endpoint.h"

#define LINUX_COMMON                                                           \
    .congestion = TCP_CUBIC, .sws = TCP_SWS_LINUX, .tuning = TCP_TUNING_LINUX, \
    .window_first_bytes = 65536, .window_max_bytes = 20971520,                 \
    .send_buffer_bytes = 4194304, .mss_bytes = 1460, .initial_window = 10,     \
    .has_timestamps = true, .has_sack = true, .rto_first_ns = NS_PER_S,        \
    .rto_min_ns = 200 * NS_PER_MS, .delayed_ack_ns = 40 * NS_PER_MS,           \
    .tick_ns = 4 * NS_PER_MS, .latency_ns = 50 * NS_PER_US, .syn_retries = 6,  \
    .linear_syns = 4, .retries = 15

/* Delayed ACK 200 ms, RTO from 3 s, 2 SYNs and 5 tries more: the registry
 * defaults TcpDelAckTicks, TcpInitialRtt, TcpMaxConnectRetransmissions and
 * TcpMaxDataRetransmissions. GUESS: least RTO 300 ms. */
#define WINDOWS_COMMON                                                         \
    .congestion = TCP_RENO, .sws = TCP_SWS_BSD, .mss_bytes = 1460,             \
    .initial_window = 2, .has_sack = true, .rto_first_ns = 3 * NS_PER_S,       \
    .rto_min_ns = 300 * NS_PER_MS, .delayed_ack_ns = 200 * NS_PER_MS,          \
    .tick_ns = 0, .latency_ns = 50 * NS_PER_US, .syn_retries = 2,              \
    .retries = 5, .send_buffer_bytes = 65536

#define WINDOWS_LEVEL(level, shift_, max)                                      \
    {                                                                          \
        .name = "windows-2008-" level, WINDOWS_COMMON,                         \
        .tuning = TCP_TUNING_WINDOWS, .shift = (shift_),                       \
        .window_first_bytes = 8192, .window_max_bytes = (max),                 \
        .drops_scale_on_retry = true                                           \
    }

static const struct tcp_stack stacks[] = {
    {.name = "linux", LINUX_COMMON, .shift = 10},
    {.name = "windows-2008",
     WINDOWS_COMMON,
     .tuning = TCP_TUNING_WINDOWS,
     .shift = 8,
     .window_first_bytes = 8192,
     .window_max_bytes = INT64_C(65535) << 8,
     .drops_scale_on_retry = true},
    {.name = "windows-2008-disabled",
     WINDOWS_COMMON,
     .tuning = TCP_TUNING_FIXED,
     .shift = TCP_SHIFT_NONE,
     .window_first_bytes = 65535,
     .window_max_bytes = 65535},
    WINDOWS_LEVEL("highlyrestricted", 2, INT64_C(65535) << 2),
    WINDOWS_LEVEL("restricted", 4, INT64_C(65535) << 4),
    WINDOWS_LEVEL("normal", 8, INT64_C(65535) << 8),
    WINDOWS_LEVEL("experimental", 14, INT64_C(65535) << 14),
    {.name = "windows-2003",
     WINDOWS_COMMON,
     .tuning = TCP_TUNING_FIXED,
     .shift = TCP_SHIFT_NONE,
     .window_first_bytes = 17520,
     .window_max_bytes = 17520},
    /* GUESS: 12 tries and a least RTO of 230 ms, as FreeBSD's sources had
     * them. */
    {.name = "bsd",
     .congestion = TCP_RENO,
     .sws = TCP_SWS_BSD,
     .tuning = TCP_TUNING_WINDOWS,
     .shift = 6,
     .window_first_bytes = 65536,
     .window_max_bytes = 2097152,
     .send_buffer_bytes = 2097152,
     .mss_bytes = 1460,
     .initial_window = 10,
     .has_timestamps = true,
     .has_sack = true,
     .rto_first_ns = NS_PER_S,
     .rto_min_ns = 230 * NS_PER_MS,
     .delayed_ack_ns = 40 * NS_PER_MS,
     .tick_ns = 0,
     .latency_ns = 50 * NS_PER_US,
     .syn_retries = 12,
     .retries = 12},
};

#define STACKS_COUNT (sizeof stacks / sizeof *stacks)

const struct tcp_stack *
tcp_stack_named(const char *name)
{
    for (uint32_t i = 0; i < STACKS_COUNT; i++) {
        if (strcmp(stacks[i].name, name) == 0) {
            return &stacks[i];
        }
    }
    return NULL;
}

const char *
tcp_stack_name(uint32_t i)
{
    return i < STACKS_COUNT ? stacks[i].name : NULL;
}
