/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_files.c - see reference.h: what messages become, and when
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/reference/reference_state.h"

#define DAY_NS INT64_C(86400000000000)

/* --- Submit ------------------------------------------------------------------ */

/* demoted - section 5's cascade, by the limits of the destination channel */
static uint32_t
demoted(struct reference *r, const struct sched_submit *s, uint32_t channel)
{
    const int64_t blocks =
        (s->size_bytes + r->settings.block_size - 1) / r->settings.block_size;
    uint32_t priority = s->priority;

    for (uint32_t class = 0; class < 3; class ++) {
        if (priority == class &&
            blocks > ref_channel_of(r, channel)->blocklimit[class]) {
            priority++;
        }
    }
    if (priority != s->priority) {
        RULE(r, DEMOTED);
    }
    return priority;
}

/* joins - one more recipient may go into this file */
static int
joins(const struct reference *r, const struct file *file,
      const struct sched_submit *s, const struct sched_recipient *recipient)
{
    const struct reference_channel *c = ref_channel_of(r, file->channel);

    if (file->channel != recipient->channel ||
        c->splitting == REFERENCE_SINGLE ||
        (c->addrsperfile > 0 && file->recipients_count >= c->addrsperfile)) {
        return 0;
    }
    return c->splitting == REFERENCE_MULTIPLE ||
           s->recipients[file->recipients[0]].host == recipient->host;
}

/* file_new - for a recipient, on a channel: its own, or the expandchannel */
static struct file *
file_new(struct reference *r, const struct sched_submit *s, uint32_t number,
         uint32_t first, uint32_t channel)
{
    assert_true(r->files_count < REFERENCE_FILES_MAX);
    struct file *file = &r->files[r->files_count++];
    const struct sched_recipient *recipient = &s->recipients[first];

    memset(file, 0, sizeof *file);
    file->is = FILE_WAITS;
    file->message = s->message;
    file->number = number;
    file->channel = channel;
    file->host = ref_channel_of(r, file->channel)->has_host_queues
                     ? recipient->host
                     : SCHED_NONE;
    file->priority = demoted(r, s, file->channel);
    file->submitted_at_ns = s->submitted_at_ns;
    file->age_looked_at_ns = -1;
    file->has_null_sender = (s->flags & SCHED_SUBMIT_NULL_SENDER) != 0;
    file->recipients[0] = first;
    file->recipients_count = 1;
    return file;
}

/* regular_count - D30: how many recipients go where they are to */
static uint32_t
regular_count(const struct reference *r, const struct sched_submit *s,
              int *is_held)
{
    *is_held = 0;
    if (s->source_channel == SCHED_NONE || s->parent != 0) {
        return s->recipients_count;
    }
    const struct reference_channel *source =
        ref_channel_of(r, s->source_channel);
    if (source->expandchannel == SCHED_NONE) {
        return s->recipients_count;
    }
    if (s->recipients_count > source->holdlimit) {
        *is_held = 1;
        return 0;
    }
    return s->recipients_count > source->expandlimit ? source->expandlimit
                                                     : s->recipients_count;
}

/* split - D31; files in the order of their first recipients */
static uint32_t
split(struct reference *r, const struct sched_submit *s, uint32_t regular)
{
    const uint32_t first = r->files_count;

    for (uint32_t i = 0; i < regular; i++) {
        struct file *into = NULL;

        for (uint32_t f = first; f < r->files_count && into == NULL; f++) {
            if (joins(r, &r->files[f], s, &s->recipients[i])) {
                into = &r->files[f];
            }
        }
        if (into != NULL) {
            into->recipients[into->recipients_count++] = i;
        } else {
            file_new(r, s, r->files_count - first + 1, i,
                     s->recipients[i].channel);
        }
    }
    if (regular < s->recipients_count) {
        struct file *rest =
            file_new(r, s, r->files_count - first + 1, regular,
                     ref_channel_of(r, s->source_channel)->expandchannel);

        for (uint32_t i = regular + 1; i < s->recipients_count; i++) {
            rest->recipients[rest->recipients_count++] = i;
        }
    }
    return first;
}

/* run_after - the first run on the wall after an instant: every day anew? No:
   first, first + period, ... counted from midnight of 1970-01-01 */
int64_t
ref_run_after(int64_t wall_ns, int64_t first_ns, int64_t period_ns)
{
    int64_t n = (wall_ns - first_ns) / period_ns;

    if (wall_ns < first_ns) {
        n = -1 - (first_ns - wall_ns - 1) / period_ns;
    }
    return first_ns + (n + 1) * period_ns;
}

/* run_for - the first periodic run after an instant that serves the channel, on
   the wall: runs
   have numbers, from the first of 1970-01-01 on, and it is served by every
   period-th */
static int64_t
run_for(const struct reference *r, uint32_t channel, int64_t after_ns)
{
    return ref_run_after(
        after_ns + r->wall_offset_ns, r->settings.post_first_ns,
        r->settings.post_period_ns * ref_channel_of(r, channel)->period);
}

static int
is_immediate(const struct reference *r, const struct file *file)
{
    const struct reference_channel *c = ref_channel_of(r, file->channel);

    return !r->settings.is_guide ||
           (!c->is_periodic && file->priority <= c->immediate_priority_max);
}

/* is_dated - has it a date that counts: one in the future, and not beyond the
 * channel's limit */
static int
is_dated(struct reference *r, const struct sched_submit *s,
         const struct file *file)
{
    const struct reference_channel *c = ref_channel_of(r, file->channel);

    if (!c->is_deferred || s->deferred_until_ns == SCHED_NO_TIME) {
        return 0;
    }
    const int64_t ahead_ns = s->deferred_until_ns - r->now_ns;
    if (c->deferred_max_ns > 0 && ahead_ns > c->deferred_max_ns) {
        RULE(r, DEFERRED_TOO_FAR);
        return 0;
    }
    return ahead_ns > 0;
}

/* enters - a new file that there is room for */
static void
enters(struct reference *r, const struct sched_submit *s, struct file *file)
{
    file->due_ns = r->now_ns;
    if (is_dated(r, s, file)) {
        RULE(r, DEFERRED);
        file->is = FILE_DEFERRED;
        file->due_ns = s->deferred_until_ns;
    }
    if (!is_immediate(r, file)) {
        RULE(r, PERIODIC);
        file->is = FILE_WAITS;
        file->run_at_ns = run_for(r, file->channel, file->due_ns);
    } else if (file->is != FILE_DEFERRED) {
        ref_file_insert(r, file, r->now_ns);
    }
}

static void
creates(struct reference *r, const struct file *file, uint32_t state)
{
    struct sched_create *c =
        &ref_answer(r, SCHED_ACTION_CREATE, file)->u.create;

    c->message = file->message;
    c->recipients_count = file->recipients_count;
    c->file = file->number;
    c->channel = file->channel;
    c->host = file->host;
    c->priority = file->priority;
    c->state = state;
}

void
ref_submit(struct reference *r, const struct sched_submit *s)
{
    int is_held;

    if (ref_session_is_full(r, s)) {
        RULE(r, SESSION_FULL);
        struct sched_action *a = ref_answer(r, SCHED_ACTION_REJECT, NULL);
        a->u.reject.message = s->message;
        a->u.reject.reason = 450;
        return;
    }
    const uint32_t regular = regular_count(r, s, &is_held);
    const uint32_t tracked = ref_tracked(r);
    const uint32_t first = split(r, s, regular);
    const uint32_t count = r->files_count - first;
    uint32_t room = 0; /* for the first so many of them */

    while (room < count && ref_has_room(r, tracked + room)) {
        room++;
    }
    for (uint32_t f = first; f < r->files_count; f++) {
        r->files[f].number_last = count;
        creates(r, &r->files[f],
                is_held            ? SCHED_FILE_HELD
                : f < first + room ? SCHED_FILE_READY
                                   : SCHED_FILE_UNTRACKED);
    }
    if (count > 1) {
        RULE(r, SPLIT);
    }
    if (is_held) {
        RULE(r, HELD);
        r->files[first].is = FILE_HELD;
        return;
    }
    if (regular < s->recipients_count) {
        RULE(r, EXPANDED);
    }
    while (r->files_count > first + room) {
        RULE(r, OVERFLOW);
        ref_overflow(r, &r->files[r->files_count - 1]);
    }
    for (uint32_t f = first; f < first + room; f++) {
        enters(r, s, &r->files[f]);
    }
}

/* --- Outcome ------------------------------------------------------------------ */

/* notify - a file's sender is to be told, unless there is none */
void
ref_notify(struct reference *r, const struct file *file, uint32_t why)
{
    if (file->has_null_sender) {
        RULE(r, NULL_SENDER);
        return;
    }
    RULE(r, NOTIFIED);
    struct sched_action *a = ref_answer(r, SCHED_ACTION_NOTIFY, NULL);
    a->u.file.message = file->message;
    a->u.file.file = file->number;
    a->u.file.value = why;
}

static void
back_off(struct reference *r, struct file *file)
{
    const struct reference_channel *c = ref_channel_of(r, file->channel);
    const uint32_t class = ref_class_of(file->priority);
    uint32_t which = file->attempts++;

    RULE(r, BACKOFF);
    if (which >= c->backoff_count[class]) {
        RULE(r, BACKOFF_LAST);
        which = c->backoff_count[class] - 1;
    }
    file->is = FILE_DELAYED;
    file->due_ns = r->now_ns + c->backoff_ns[class][which];
}

/* rewrite - D21: the file goes on, under a new number, for those that failed
   temporarily; at once, if somebody got it */
static void
rewrite(struct reference *r, struct file *file, const uint32_t *left,
        uint32_t left_count, int somebody_got_it)
{
    const uint64_t message = file->message;
    const uint32_t fresh = file->is_scanned ? file->number + REFERENCE_STRIDE
                                            : file->number_last + 1;

    for (uint32_t i = 0; i < r->files_count; i++) {
        if (r->files[i].message == message && !file->is_scanned) {
            r->files[i].number_last = fresh;
        }
    }
    file = ref_file_last(r, file);
    memcpy(file->recipients, left, left_count * sizeof *left);
    file->recipients_count = left_count;
    struct sched_rewrite *a =
        &ref_answer(r, SCHED_ACTION_REWRITE, file)->u.rewrite;
    a->message = message;
    a->recipients_count = left_count;
    a->file = file->number;
    a->new_file = fresh;
    file->number = fresh;
    if (somebody_got_it) {
        RULE(r, PARTIAL);
        file->attempts = 0;
        file->is = FILE_READY;
        file->eligible_at_ns = r->now_ns;
    } else {
        RULE(r, PARTIAL_WAITS);
        back_off(r, file);
    }
}

void
ref_outcome(struct reference *r, const struct sched_outcome *o)
{
    struct job *job = ref_job_find(r, o->job);
    struct file *file = ref_file_find(r, o->message, o->file);
    uint32_t left[REFERENCE_RECIPIENTS_MAX];
    uint32_t left_count = 0;
    int somebody_got_it = 0;
    int somebody_never_will = 0;

    assert_non_null(job);
    assert_non_null(file);
    for (uint32_t i = 0; i < file->recipients_count; i++) {
        const uint32_t result = o->results != NULL ? o->results[i] : o->result;

        if (result == SCHED_RESULT_TEMPORARY) {
            left[left_count++] = file->recipients[i];
        } else if (result == SCHED_RESULT_DELIVERED) {
            somebody_got_it = 1;
        } else if (result == SCHED_RESULT_PERMANENT) {
            somebody_never_will = 1;
        }
    }
    if (somebody_never_will) {
        RULE(r, FAILED_FOR_GOOD);
        ref_notify(r, file, SCHED_NOTICE_FAILURE);
    }
    if (left_count == 0) {
        ref_file_forget(r, file);
    } else if (left_count == file->recipients_count) {
        back_off(r, file);
    } else {
        rewrite(r, file, left, left_count, somebody_got_it);
    }
    ref_thread_asks(r, job, ref_thread_find(job, o->thread));
}

/* --- What time brings ------------------------------------------------------------ */

void
ref_runs_plan(struct reference *r)
{
    r->return_due_ns = ref_run_after(r->now_ns + r->wall_offset_ns,
                                     r->settings.return_first_ns,
                                     r->settings.return_period_ns);
}

/* wall_moved - a clock set forward misses no run, one set back a little repeats
   none; if it was set back far, the runs are planned anew */
void
ref_wall_moved(struct reference *r)
{
    if (r->return_due_ns - (r->now_ns + r->wall_offset_ns) >
        2 * r->settings.return_period_ns) {
        ref_runs_plan(r);
    }
}

/* due_of - the instant at which a file becomes READY */
static int64_t
due_of(const struct reference *r, const struct file *file)
{
    return file->is == FILE_WAITS ? file->run_at_ns - r->wall_offset_ns
                                  : file->due_ns;
}

static int
is_earlier(const struct reference *r, const struct file *a,
           const struct file *b)
{
    const int64_t a_ns = due_of(r, a);
    const int64_t b_ns = due_of(r, b);

    if (a_ns != b_ns) {
        return a_ns < b_ns;
    }
    return a->message != b->message ? a->message < b->message
                                    : a->number < b->number;
}

/* is_timed - it waits for an instant */
static int
is_timed(const struct file *file)
{
    return file->is == FILE_DELAYED || file->is == FILE_DEFERRED ||
           file->is == FILE_WAITS;
}

/* first_due - of those whose instant has come, or NULL */
static struct file *
first_due(struct reference *r)
{
    struct file *first = NULL;

    for (uint32_t i = 0; i < r->files_count; i++) {
        struct file *file = &r->files[i];

        if (is_timed(file) && due_of(r, file) <= r->now_ns &&
            (first == NULL || is_earlier(r, file, first))) {
            first = file;
        }
    }
    return first;
}

/* files_due - a slice of those whose instant has come, in the order of these */
static void
files_due(struct reference *r)
{
    struct file *next;
    uint32_t count = 0;

    while (count < REFERENCE_SLICE_MAX && (next = first_due(r)) != NULL) {
        RULE(r, DUE);
        ref_file_insert(r, next, due_of(r, next));
        count++;
    }
    if (count == REFERENCE_SLICE_MAX) {
        RULE(r, DUE_SLICE);
    }
}

/* return_look - D24 for one file */
static void
return_look(struct reference *r, struct file *file)
{
    const struct reference_channel *c = ref_channel_of(r, file->channel);
    const uint32_t class = ref_class_of(file->priority);
    const int64_t age_ns = r->return_began_ns - file->submitted_at_ns;
    const int64_t age = age_ns / r->settings.unit_ns;
    const int64_t age_then = file->age_looked_at_ns < 0
                                 ? -1
                                 : file->age_looked_at_ns / r->settings.unit_ns;
    const uint32_t count = c->notices_count[class];
    const uint32_t *notices = c->notices[class];
    uint32_t reached = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (age_then < notices[i] && notices[i] <= age) {
            reached = notices[i];
        }
    }
    file->age_looked_at_ns = age_ns;
    if (age >= notices[count - 1]) {
        ref_notify(r, file, SCHED_NOTICE_RETURN);
        struct sched_action *a = ref_answer(r, SCHED_ACTION_RETURN, NULL);

        RULE(r, RETURNED);
        a->u.file.message = file->message;
        a->u.file.file = file->number;
        a->u.file.value = notices[count - 1];
        file->is = FILE_LEAVES;
    } else if (reached != 0) {
        ref_notify(r, file, SCHED_NOTICE_WARNING);
        struct sched_action *a = ref_answer(r, SCHED_ACTION_WARN, NULL);

        RULE(r, WARNED);
        a->u.file.message = file->message;
        a->u.file.file = file->number;
        a->u.file.value = reached;
    }
}

/* return_slice - of the run under way: the files that come next */
static void
return_slice(struct reference *r)
{
    for (uint32_t i = 0;
         i < REFERENCE_SLICE_MAX && r->return_at < r->files_count; i++) {
        struct file *file = &r->files[r->return_at++];

        if (file->is == FILE_ACTIVE) {
            RULE(r, RETURN_SKIPS_ACTIVE);
        } else if (file->is == FILE_READY || is_timed(file)) {
            return_look(r, file);
        }
    }
    r->return_runs = r->return_at < r->files_count;
    if (r->return_runs) {
        RULE(r, RETURN_SLICE);
    }
}

/* returns - what is due at the same instant is tried once more before */
static void
returns(struct reference *r)
{
    const int64_t wall_ns = r->now_ns + r->wall_offset_ns;

    if (!r->return_runs && r->return_due_ns > wall_ns) {
        return;
    }
    if (first_due(r) != NULL) {
        RULE(r, RETURN_WAITS);
        return;
    }
    if (!r->return_runs) {
        r->return_began_ns = r->now_ns;
        r->return_at = 0;
        ref_runs_plan(r);
    }
    return_slice(r);
}

static void
pauses(struct reference *r)
{
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (r->paused_until_ns[c] != 0 && r->paused_until_ns[c] <= r->now_ns) {
            RULE(r, PAUSE_OVER);
            r->paused_until_ns[c] = 0;
            ref_serve_wanting(r, c);
        }
    }
}

/* timers - retries, dates and periodic runs; idle exits; starts; the return
   job */
void
ref_timers(struct reference *r)
{
    files_due(r);
    ref_idle_exits(r);
    pauses(r);
    ref_put_off_due(r);
    ref_stress_timers(r);
    returns(r);
    ref_scan_timers(r);
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
wish_of_jobs(const struct reference *r, int64_t wish)
{
    for (uint32_t j = 0; j < r->jobs_count; j++) {
        const struct job *job = &r->jobs[j];
        const struct reference_channel *c = ref_channel_of(r, job->channel);
        int is_quiet = job->runs && !job->drains;

        for (uint32_t t = 0; t < job->threads_count; t++) {
            if (job->threads[t].is == THREAD_IDLE && c->thread_idle_ns > 0) {
                wish = earlier(wish, job->threads[t].idle_since_ns +
                                         c->thread_idle_ns);
            }
            if (job->threads[t].stop_again_ns != 0) {
                wish = earlier(wish, job->threads[t].stop_again_ns);
            }
            is_quiet = is_quiet && (job->threads[t].is == THREAD_IDLE ||
                                    job->threads[t].is == THREAD_STOPS);
        }
        if (job->stop_again_ns != 0) {
            wish = earlier(wish, job->stop_again_ns);
        }
        if (is_quiet && c->job_idle_ns > 0) {
            wish = earlier(wish, job->quiet_since_ns + c->job_idle_ns);
        }
    }
    return wish;
}

/* wish - the instant at which a wake would do something, or a run is due */
int64_t
ref_wish(const struct reference *r)
{
    int64_t wish = wish_of_jobs(r, SCHED_NEVER);

    for (uint32_t i = 0; i < r->files_count; i++) {
        const struct file *file = &r->files[i];

        if (is_timed(file)) {
            wish = earlier(wish, due_of(r, file));
        }
    }
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (r->paused_until_ns[c] != 0) {
            wish = earlier(wish, r->paused_until_ns[c]);
        }
        wish = earlier(wish, r->put_off[c].at_ns);
        wish = earlier(wish, r->stress[c].relief_at_ns);
    }
    wish = earlier(wish, r->return_runs ? r->now_ns
                                        : r->return_due_ns - r->wall_offset_ns);
    wish = earlier(wish, ref_scan_wish(r));
    return wish < r->now_ns ? r->now_ns : wish;
}
