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
    ref_stress_init(r);
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

/* changed - D34: whoever may be served now is */
static void
changed(struct reference *r)
{
    const uint32_t jobs_count = r->jobs_count;

    RULE(r, CHANGED);
    for (uint32_t p = 0; p < r->settings.pools_count; p++) {
        ref_give_slots(r, p, SCHED_NONE);
    }
    if (r->jobs_count > jobs_count) {
        RULE(r, CHANGED_SERVES);
    }
}

void
reference_change(struct reference *r, int64_t now_ns,
                 const struct reference_settings *settings)
{
    const struct reference_settings old = r->settings;

    r->now_ns = now_ns;
    r->settings = *settings;
    if (settings->return_first_ns != old.return_first_ns ||
        settings->return_period_ns != old.return_period_ns) {
        ref_runs_plan(r);
    }
    if (settings->synch_first_ns != old.synch_first_ns ||
        settings->synch_period_ns != old.synch_period_ns) {
        ref_synch_plan(r);
    }
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
        if (event->u.command.command == SCHED_COMMAND_RELEASE) {
            ref_release(r, event->u.command.message, event->u.command.file);
        } else {
            changed(r);
        }
        break;
    case SCHED_EVENT_STRESS:
        ref_stressed(r, event->u.stress.channel);
        break;
    default: /* SESSION_CLOSED decides nothing */
        break;
    }
    if (r->settings.policy == REFERENCE_LEVEL) {
        ref_level(r);
    }
}

/* settle - the action given last was not refused */
static void
settle(struct reference *r)
{
    if (r->answers_given == 0) {
        return;
    }
    const struct sched_action *a = &r->answers[r->answers_given - 1].action;
    struct file *file;
    if (a->kind == SCHED_ACTION_RETURN &&
        (file = ref_file_find(r, a->u.file.message, a->u.file.file)) != NULL &&
        file->is == FILE_LEAVES) {
        ref_file_forget(r, file);
    }
}

void
reference_next(struct reference *r, struct sched_action *action)
{
    settle(r);
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
    a->action.action = r->next_action++;
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
