/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hands.c - see hands.h
 */
#include "models/hands.h"

static void
less(uint32_t *count)
{
    if (*count > 0) {
        (*count)--;
    }
}

void
hands_note(struct hands *hands, enum hands_event event)
{
    switch (event) {
    case HANDS_JOB_STARTING:
        hands->jobs_starting++;
        hands->threads_starting++;
        break;
    case HANDS_JOB_RUNNING:
        less(&hands->jobs_starting);
        break;
    case HANDS_JOB_STOPPING:
        hands->jobs_stopping++;
        break;
    case HANDS_JOB_GONE:
        less(&hands->jobs_stopping);
        break;
    case HANDS_THREAD_STARTING:
        hands->threads_starting++;
        break;
    case HANDS_THREAD_READY:
        less(&hands->threads_starting);
        hands->threads_idle++;
        break;
    case HANDS_THREAD_BUSY:
        less(&hands->threads_idle);
        hands->threads_busy++;
        break;
    case HANDS_THREAD_ASKS:
        less(&hands->threads_busy);
        hands->threads_idle++;
        break;
    case HANDS_THREAD_STOPPING:
        less(&hands->threads_idle);
        hands->threads_stopping++;
        break;
    case HANDS_THREAD_ENDED:
        less(&hands->threads_stopping);
        break;
    }
}

void
hands_refused(struct hands *hands, int64_t now_ns)
{
    hands->is_refused = true;
    hands->refused_at_ns = now_ns;
}

enum hands_fault
hands_judge(const struct hands *hands, int64_t now_ns, uint32_t unserved_count,
            uint32_t jobs_count, bool can_start)
{
    if (hands->jobs_starting > 0 || unserved_count <= hands->threads_starting) {
        return HANDS_GOOD;
    }
    if (hands->threads_idle > 0) {
        return HANDS_IDLE;
    }
    if (hands->threads_starting > 0 || hands->threads_busy > 0 ||
        hands->threads_stopping > 0 || hands->jobs_stopping > 0 ||
        (jobs_count == 0 && !can_start) ||
        (hands->is_refused &&
         now_ns - hands->refused_at_ns <= HANDS_PAUSE_NS)) {
        return HANDS_GOOD;
    }
    return HANDS_STALLED;
}
