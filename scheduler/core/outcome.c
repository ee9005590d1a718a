/* SPDX-License-Identifier: MIT */
/*
 * outcome.c - what an attempt came to, and what becomes of the file
 *
 *   nobody left               gone without a word
 *   all failed temporarily    one attempt more; delayed by the interval of its
 *                             class that belongs to that number of attempts
 *   some delivered, others    the others go on in a new file, as if never
 *   failed temporarily        tried, ready at once
 *   some refused for good,    the others go on in a new file too, but as after
 *   none delivered            a failure: nothing says that trying at once helps
 *
 * The intervals begin at the outcome. A missing recipient is forgotten. Of
 * recipients refused for good the sender is notified, once an outcome and
 * before anything else is done with the file; never a null sender.
 */
#include "engine.h"

struct tally {
    uint32_t delivered;
    uint32_t temporary;
    uint32_t permanent;
};

static uint32_t
result_of(const struct sched_outcome *outcome, uint32_t i)
{
    return outcome->results == NULL ? outcome->result : outcome->results[i];
}

/* tally_make - 0: a result that does not exist */
static int
tally_make(const struct sched_outcome *outcome, struct tally *tally)
{
    for (uint32_t i = 0; i < outcome->recipients_count; i++) {
        switch ((enum sched_result)result_of(outcome, i)) {
        case SCHED_RESULT_DELIVERED:
            tally->delivered++;
            break;
        case SCHED_RESULT_TEMPORARY:
            tally->temporary++;
            break;
        case SCHED_RESULT_PERMANENT:
            tally->permanent++;
            break;
        case SCHED_RESULT_MISSING:
            break;
        default:
            return 0;
        }
    }
    return 1;
}

/* retry_at_ns - after so many attempts */
static int64_t
retry_at_ns(const struct engine *engine, const struct file *file)
{
    const struct conf_intervals *backoff =
        &host_channel(engine, host_at(engine, file->host))
             ->conf->backoff[file_class(file)];
    uint32_t i =
        file->attempts < backoff->count ? file->attempts : backoff->count;
    const int64_t interval_ns = i == 0 ? 0 : backoff->ns[i - 1];

    return engine->now_ns > SCHED_NEVER - 1 - interval_ns
               ? SCHED_NEVER - 1
               : engine->now_ns + interval_ns;
}

/* keep_temporary - the recipients that go on, in the same block */
static void
keep_temporary(struct engine *engine, const struct file *file,
               const struct sched_outcome *outcome)
{
    uint32_t *block = words_at(&engine->words, file->recipients);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < outcome->recipients_count; i++) {
        if (result_of(outcome, i) == SCHED_RESULT_TEMPORARY) {
            block[2 + kept++] = block[2 + i];
        }
    }
    block[1] = kept;
}

/* rewrite - what is left of the file is a new one, the youngest of all */
static void
rewrite(struct engine *engine, uint32_t slot,
        const struct sched_outcome *outcome)
{
    struct file *file = file_at(engine, slot);
    const uint32_t old = file->number;

    keep_temporary(engine, file, outcome);
    file_unlink(engine, slot);
    file->number = file_number_next(engine, file);
    file_link(engine, slot);
    action_push(engine, SCHED_ACTION_REWRITE, slot, old, 0);
}

/* file_after - the file leaves the thread */
static void
file_after(struct engine *engine, uint32_t slot,
           const struct sched_outcome *outcome, const struct tally *tally)
{
    struct file *file = file_at(engine, slot);
    struct host *host = host_at(engine, file->host);
    const uint32_t host_slot = file->host;

    host->active_count--;
    host_channel(engine, host)->backlog--;
    file->state = FILE_NEW;
    if (tally->permanent > 0) {
        file_notify(engine, file, SCHED_NOTICE_FAILURE);
    }
    if (tally->temporary == 0) {
        file_forget(engine, slot);
    } else {
        if (tally->temporary < outcome->recipients_count) {
            rewrite(engine, slot, outcome);
        }
        if (tally->delivered > 0) {
            file->attempts = 0;
            file->eligible_at_ns = engine->now_ns;
            queue_push(engine, slot);
            return;
        }
        if (file->attempts < UINT16_MAX) {
            file->attempts++;
        }
        file_delay(engine, slot, retry_at_ns(engine, file));
    }
    queue_refresh(engine, host_slot, 0);
}

int32_t
outcome_event(struct engine *engine, const struct sched_outcome *outcome)
{
    struct tally tally = {0};
    uint32_t count = 0;
    const struct job *job = job_find(engine, outcome->job);

    if (job == NULL || outcome->phase > SCHED_PHASE_DOT) {
        return SCHED_ERR_ARGUMENT;
    }
    struct thread *thread = job_find_thread(engine, job, outcome->thread);
    if (thread == NULL || thread->state != THREAD_BUSY) {
        return SCHED_ERR_ARGUMENT;
    }
    const uint32_t slot = thread->file;
    const struct file *file = file_at(engine, slot);
    (void)file_recipients(engine, file, &count);
    if (file->message != outcome->message || file->number != outcome->file ||
        count != outcome->recipients_count || !tally_make(outcome, &tally)) {
        return SCHED_ERR_ARGUMENT;
    }
    if ((file->flags & FILE_IS_LOADED) != 0 && tally.temporary > 0 &&
        tally.temporary < count &&
        file->number > UINT32_MAX - FILE_NUMBER_STRIDE) {
        return SCHED_ERR_LIMIT;
    }
    file_after(engine, slot, outcome, &tally);
    job_ask(engine, thread);
    return SCHED_OK;
}
