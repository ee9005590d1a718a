/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.c - see compare.h
 */
#include "tests/reference/compare.h"

#include <inttypes.h>
#include <string.h>

/* --- Equal --------------------------------------------------------------- */

static int
same_list(const uint32_t *a, uint32_t a_count, const uint32_t *b,
          uint32_t b_count)
{
    return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

static int
same_create(const struct sched_create *a, const struct sched_create *b)
{
    return a->message == b->message && a->file == b->file &&
           a->channel == b->channel && a->host == b->host &&
           a->priority == b->priority && a->state == b->state &&
           same_list(a->recipients, a->recipients_count, b->recipients,
                     b->recipients_count);
}

static int
same_deliver(const struct sched_deliver *a, const struct sched_deliver *b)
{
    return a->message == b->message && a->file == b->file && a->job == b->job &&
           a->thread == b->thread && a->channel == b->channel &&
           a->host == b->host &&
           same_list(a->recipients, a->recipients_count, b->recipients,
                     b->recipients_count);
}

static int
same_rewrite(const struct sched_rewrite *a, const struct sched_rewrite *b)
{
    return a->message == b->message && a->file == b->file &&
           a->new_file == b->new_file &&
           same_list(a->recipients, a->recipients_count, b->recipients,
                     b->recipients_count);
}

int
actions_equal(const struct sched_action *a, const struct sched_action *b)
{
    if (a->kind != b->kind || a->action != b->action) {
        return 0;
    }
    switch (a->kind) {
    case SCHED_ACTION_NONE:
        return a->u.wake_at_ns == b->u.wake_at_ns;
    case SCHED_ACTION_CREATE:
        return same_create(&a->u.create, &b->u.create);
    case SCHED_ACTION_DELIVER:
        return same_deliver(&a->u.deliver, &b->u.deliver);
    case SCHED_ACTION_REWRITE:
        return same_rewrite(&a->u.rewrite, &b->u.rewrite);
    case SCHED_ACTION_START_JOB:
        return a->u.job.job == b->u.job.job &&
               a->u.job.channel == b->u.job.channel &&
               a->u.job.thread == b->u.job.thread;
    case SCHED_ACTION_STOP_JOB:
        return a->u.job.job == b->u.job.job &&
               a->u.job.channel == b->u.job.channel;
    case SCHED_ACTION_START_THREAD:
    case SCHED_ACTION_STOP_THREAD:
        return a->u.thread.job == b->u.thread.job &&
               a->u.thread.thread == b->u.thread.thread;
    case SCHED_ACTION_SCAN:
        return a->u.scan.channel == b->u.scan.channel &&
               a->u.scan.files_max == b->u.scan.files_max &&
               a->u.scan.cursor_message == b->u.scan.cursor_message &&
               a->u.scan.cursor_file == b->u.scan.cursor_file;
    case SCHED_ACTION_REJECT:
        return a->u.reject.message == b->u.reject.message &&
               a->u.reject.reason == b->u.reject.reason;
    default: /* HOLD, RETURN, WARN, NOTIFY; the others never come here */
        return a->u.file.message == b->u.file.message &&
               a->u.file.file == b->u.file.file &&
               a->u.file.value == b->u.file.value;
    }
}

/* --- In words ------------------------------------------------------------ */

const char *
action_name(uint32_t kind)
{
    static const char *const names[] = {
        "NONE",         "CREATE",      "REJECT",  "START_JOB", "STOP_JOB",
        "START_THREAD", "STOP_THREAD", "DELIVER", "REWRITE",   "HOLD",
        "RETURN",       "WARN",        "NOTIFY",  "SCAN"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

const char *
event_name(uint32_t kind)
{
    static const char *const names[] = {"?",
                                        "SUBMIT",
                                        "JOB_STARTED",
                                        "JOB_FAILED",
                                        "JOB_EXITED",
                                        "THREAD_READY",
                                        "THREAD_ENDED",
                                        "OUTCOME",
                                        "SESSION_CLOSED",
                                        "SCANNED",
                                        "WAKE",
                                        "REFUSED",
                                        "WALL_OFFSET",
                                        "COMMAND",
                                        "STRESS"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

static void
print_ns(int64_t ns, FILE *out)
{
    if (ns == SCHED_NEVER) {
        fprintf(out, "never");
    } else if (ns == SCHED_NO_TIME) {
        fprintf(out, "none");
    } else {
        fprintf(out, "%s%" PRId64 ".%09" PRId64 " s", ns < 0 ? "-" : "",
                (ns < 0 ? -ns : ns) / 1000000000,
                (ns < 0 ? -ns : ns) % 1000000000);
    }
}

static void
print_host(uint32_t host, FILE *out)
{
    if (host == SCHED_NONE) {
        fprintf(out, " host *");
    } else {
        fprintf(out, " host %" PRIu32, host);
    }
}

static void
print_list(const uint32_t *list, uint32_t count, FILE *out)
{
    fprintf(out, " {");
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, i == 0 ? "%" PRIu32 : " %" PRIu32, list[i]);
    }
    fprintf(out, "}");
}

void
action_print(const struct sched_action *a, FILE *out)
{
    fprintf(out, "%s", action_name(a->kind));
    switch (a->kind) {
    case SCHED_ACTION_NONE:
        fprintf(out, ", wake at ");
        print_ns(a->u.wake_at_ns, out);
        break;
    case SCHED_ACTION_CREATE:
        fprintf(out, " %" PRIu64 "/%" PRIu32 " channel %" PRIu32,
                a->u.create.message, a->u.create.file, a->u.create.channel);
        print_host(a->u.create.host, out);
        fprintf(out, " priority %" PRIu32, a->u.create.priority);
        print_list(a->u.create.recipients, a->u.create.recipients_count, out);
        break;
    case SCHED_ACTION_DELIVER:
        fprintf(out,
                " %" PRIu64 "/%" PRIu32 " by %" PRIu32 ".%" PRIu32
                " channel %" PRIu32,
                a->u.deliver.message, a->u.deliver.file, a->u.deliver.job,
                a->u.deliver.thread, a->u.deliver.channel);
        print_host(a->u.deliver.host, out);
        print_list(a->u.deliver.recipients, a->u.deliver.recipients_count, out);
        break;
    case SCHED_ACTION_REWRITE:
        fprintf(out, " %" PRIu64 "/%" PRIu32 " becomes /%" PRIu32,
                a->u.rewrite.message, a->u.rewrite.file, a->u.rewrite.new_file);
        print_list(a->u.rewrite.recipients, a->u.rewrite.recipients_count, out);
        break;
    case SCHED_ACTION_START_JOB:
    case SCHED_ACTION_STOP_JOB:
        fprintf(out, " %" PRIu32 " channel %" PRIu32 " thread %" PRIu32,
                a->u.job.job, a->u.job.channel, a->u.job.thread);
        break;
    case SCHED_ACTION_START_THREAD:
    case SCHED_ACTION_STOP_THREAD:
        fprintf(out, " %" PRIu32 ".%" PRIu32, a->u.thread.job,
                a->u.thread.thread);
        break;
    case SCHED_ACTION_REJECT:
        fprintf(out, " %" PRIu64 " %" PRIu32, a->u.reject.message,
                a->u.reject.reason);
        break;
    case SCHED_ACTION_SCAN:
        fprintf(out,
                " channel %" PRIu32 " at most %" PRIu32 " after %" PRIu64
                "/%" PRIu32,
                a->u.scan.channel, a->u.scan.files_max,
                a->u.scan.cursor_message, a->u.scan.cursor_file);
        break;
    default:
        fprintf(out, " %" PRIu64 "/%" PRIu32 " value %" PRIu32,
                a->u.file.message, a->u.file.file, a->u.file.value);
    }
    fprintf(out, "\n");
}

static void
print_submit(const struct sched_submit *s, FILE *out)
{
    fprintf(out, " %" PRIu64 " priority %" PRIu32 " size %" PRId64 " first at ",
            s->message, s->priority, s->size_bytes);
    print_ns(s->submitted_at_ns, out);
    if (s->deferred_until_ns != SCHED_NO_TIME) {
        fprintf(out, " deferred until ");
        print_ns(s->deferred_until_ns, out);
    }
    if (s->session != 0) {
        fprintf(out, " session %" PRIu32 ".%" PRIu64, s->source_channel,
                s->session);
    }
    for (uint32_t i = 0; i < s->recipients_count; i++) {
        fprintf(out, " %" PRIu32 ":%" PRIu32, s->recipients[i].channel,
                s->recipients[i].host);
    }
}

static void
print_outcome(const struct sched_outcome *o, FILE *out)
{
    static const char *const names[] = {"delivered", "temporary", "permanent",
                                        "missing"};

    fprintf(out, " %" PRIu64 "/%" PRIu32 " by %" PRIu32 ".%" PRIu32, o->message,
            o->file, o->job, o->thread);
    for (uint32_t i = 0; i < o->recipients_count; i++) {
        fprintf(out, " %s",
                names[o->results != NULL ? o->results[i] : o->result]);
    }
}

void
event_print(int64_t now_ns, const struct sched_event *event, FILE *out)
{
    print_ns(now_ns, out);
    fprintf(out, "  %s", event_name(event->kind));
    switch (event->kind) {
    case SCHED_EVENT_SUBMIT:
        print_submit(&event->u.submit, out);
        break;
    case SCHED_EVENT_OUTCOME:
        print_outcome(&event->u.outcome, out);
        break;
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
        fprintf(out, " %" PRIu32, event->u.job.job);
        break;
    case SCHED_EVENT_THREAD_READY:
    case SCHED_EVENT_THREAD_ENDED:
    case SCHED_EVENT_SESSION_CLOSED:
        fprintf(out, " %" PRIu32 ".%" PRIu32, event->u.thread.job,
                event->u.thread.thread);
        break;
    case SCHED_EVENT_SCANNED:
        fprintf(out, " channel %" PRIu32 "%s", event->u.scanned.channel,
                event->u.scanned.has_more ? ", more" : "");
        for (uint32_t i = 0; i < event->u.scanned.files_count; i++) {
            const struct sched_scanned_file *f = &event->u.scanned.files[i];

            fprintf(out, " %" PRIu64 "/%" PRIu32 ":%" PRIu32 "%s", f->message,
                    f->file, f->channel, f->is_held ? " held" : "");
        }
        break;
    case SCHED_EVENT_COMMAND:
        if (event->u.command.command == SCHED_COMMAND_SET) {
            fprintf(out, " %s=%s", event->u.command.path,
                    event->u.command.value);
        } else {
            fprintf(out, " release %" PRIu64 "/%" PRIu32,
                    event->u.command.message, event->u.command.file);
        }
        break;
    case SCHED_EVENT_STRESS:
        fprintf(out, " channel %" PRIu32, event->u.stress.channel);
        break;
    case SCHED_EVENT_WALL_OFFSET:
        fprintf(out, " ");
        print_ns(event->u.wall.wall_offset_ns, out);
        break;
    default:
        break;
    }
    fprintf(out, "\n");
}
