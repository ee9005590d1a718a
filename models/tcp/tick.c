/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tick.c - when a timer fires
 *
 * A stack that counts in ticks rounds a time up to whole ticks and its timer
 * wheel adds at least one; from 63 ticks on the wheel's slots are 8 ticks wide,
 * from 504 on 64, and so on (Linux 4.8 and later).
 */
#include "models/tcp/endpoint_parts.h"

#define WHEEL_SLOTS  63
#define WHEEL_SHIFT  3
#define WHEEL_LEVELS 9

int64_t
tick_now(const struct tcp_endpoint *end)
{
    const int64_t tick_ns = end->stack->tick_ns;

    return end_now_ns(end) / (tick_ns == 0 ? NS_PER_MS : tick_ns);
}

int64_t
tick_us(const struct tcp_endpoint *end, int64_t us)
{
    const int64_t tick_ns =
        end->stack->tick_ns == 0 ? NS_PER_MS : end->stack->tick_ns;

    return i64_div_ceil(us * NS_PER_US, tick_ns);
}

/* wheel_ns - when a timer set for so many ticks from now goes off */
static int64_t
wheel_ns(const struct tcp_endpoint *end, int64_t after_us)
{
    const int64_t tick_ns = end->stack->tick_ns;
    const int64_t now_ns = end_now_ns(end);

    if (tick_ns == 0) {
        return now_ns + after_us * NS_PER_US;
    }
    const int64_t delta = i64_div_ceil(after_us * NS_PER_US, tick_ns);
    const int64_t expires = now_ns / tick_ns + delta;
    int shift = 0;
    int64_t start = WHEEL_SLOTS;
    for (int level = 1; level < WHEEL_LEVELS && delta >= start; level++) {
        shift += WHEEL_SHIFT;
        start <<= WHEEL_SHIFT;
    }
    const int64_t gran = INT64_C(1) << shift;
    return (expires + gran) / gran * gran * tick_ns;
}

void
alarm_at(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn,
         int64_t due_at_ns)
{
    alarm->due_at_ns = due_at_ns;
    if (alarm->event.generation != 0) {
        if (alarm->event_at_ns <= due_at_ns) {
            return;
        }
        evq_cancel(end->port.evq, alarm->event);
    }
    alarm->event =
        evq_push(end->port.evq, due_at_ns, end->port.evq_class, fn, end, 0);
    alarm->event_at_ns = due_at_ns;
    ASSERT(alarm->event.generation != 0);
}

void
alarm_set(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn,
          int64_t after_us)
{
    alarm_at(end, alarm, fn, wheel_ns(end, after_us));
}

void
alarm_off(struct alarm *alarm)
{
    alarm->due_at_ns = -1;
}

void
alarm_kill(struct tcp_endpoint *end, struct alarm *alarm)
{
    if (alarm->event.generation != 0) {
        evq_cancel(end->port.evq, alarm->event);
    }
    *alarm = (struct alarm){.due_at_ns = -1};
}

bool
alarm_is_due(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn)
{
    const int64_t now_ns = end_now_ns(end);

    alarm->event = EVQ_NONE;
    if (alarm->due_at_ns < 0) {
        return false;
    }
    if (alarm->due_at_ns > now_ns) {
        alarm->event = evq_push(end->port.evq, alarm->due_at_ns,
                                end->port.evq_class, fn, end, 0);
        alarm->event_at_ns = alarm->due_at_ns;
        ASSERT(alarm->event.generation != 0);
        return false;
    }
    alarm->due_at_ns = -1;
    return true;
}
