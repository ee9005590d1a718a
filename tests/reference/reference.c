/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference.c - see reference.h: events go in, actions come out
 */
#include "tests/reference/reference.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#include "tests/reference/reference_state.h"

const char *
reference_rule_text(uint32_t rule)
{
#define X(name, text) text,
    static const char *const texts[] = {REFERENCE_RULES(X)};
#undef X

    return texts[rule];
}

struct sched_action *
ref_answer(struct reference *r, uint32_t kind, const struct file *file)
{
    assert_true(r->answers_count < REFERENCE_ACTIONS_MAX);
    struct answer *a = &r->answers[r->answers_count++];

    memset(a, 0, sizeof *a);
    a->action.kind = kind;
    a->action.action = r->next_action++;
    if (file != NULL) {
        memcpy(a->recipients, file->recipients, sizeof a->recipients);
    }
    return &a->action;
}

/* --- The seam ------------------------------------------------------------------ */

struct reference *
reference_new(const struct reference_settings *settings, int64_t now_ns,
              int64_t wall_offset_ns)
{
    struct reference *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->settings = *settings;
    r->now_ns = now_ns;
    r->wall_offset_ns = wall_offset_ns;
    r->next_job = 1;
    r->next_action = 1;
    r->created_at_ns = now_ns;
    ref_runs_plan(r);
    ref_scan_first(r);
    return r;
}

void
reference_free(struct reference *reference)
{
    free(reference);
}

void
reference_event(struct reference *r, int64_t now_ns,
                const struct sched_event *event)
{
    r->now_ns = now_ns;
    switch (event->kind) {
    case SCHED_EVENT_SUBMIT:
        ref_submit(r, &event->u.submit);
        break;
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
        ref_job_event(r, event->kind, event->u.job.job);
        break;
    case SCHED_EVENT_THREAD_READY:
    case SCHED_EVENT_THREAD_ENDED:
        ref_thread_event(r, event->kind, &event->u.thread);
        break;
    case SCHED_EVENT_OUTCOME:
        ref_outcome(r, &event->u.outcome);
        break;
    case SCHED_EVENT_WAKE:
        ref_timers(r);
        break;
    case SCHED_EVENT_REFUSED:
        ref_refused(r, &event->u.refused);
        break;
    case SCHED_EVENT_WALL_OFFSET:
        r->wall_offset_ns = event->u.wall.wall_offset_ns;
        ref_wall_moved(r);
        break;
    case SCHED_EVENT_SCANNED:
        ref_scanned(r, &event->u.scanned);
        break;
    case SCHED_EVENT_COMMAND:
        ref_release(r, event->u.command.message, event->u.command.file);
        break;
    default: /* SESSION_CLOSED decides nothing */
        break;
    }
    if (r->settings.policy == REFERENCE_LEVEL) {
        ref_level(r);
    }
}

void
reference_next(struct reference *r, struct sched_action *action)
{
    if (r->answers_given == r->answers_count) {
        ref_scan_ask(r);
    }
    if (r->answers_given == r->answers_count) {
        r->answers_given = 0;
        r->answers_count = 0;
        memset(action, 0, sizeof *action);
        action->u.wake_at_ns = ref_wish(r);
        return;
    }
    struct answer *a = &r->answers[r->answers_given++];
    *action = a->action;
    if (action->kind == SCHED_ACTION_CREATE) {
        action->u.create.recipients = a->recipients;
    } else if (action->kind == SCHED_ACTION_DELIVER) {
        action->u.deliver.recipients = a->recipients;
    } else if (action->kind == SCHED_ACTION_REWRITE) {
        action->u.rewrite.recipients = a->recipients;
    }
}

const uint64_t *
reference_counts(const struct reference *reference)
{
    return reference->counts;
}
