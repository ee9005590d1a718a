/* SPDX-License-Identifier: MIT */
/*
 * submit.c - a message becomes files, and these become ready
 *
 * Recipients are gone through once, in order. Each joins the open file of its
 * group, or opens the next one: a group is a channel (multiple), a channel and
 * host (single_sys) or one recipient (single), and a file is full at
 * addrsperfile. So files are numbered in the order of their first recipients.
 *
 * The source channel of a message that is no re-submit may limit that. With
 * more recipients than holdlimit, all are one held file on the expandchannel;
 * else with more than expandlimit, those beyond are one file there. Processing
 * that file is a re-submit of its recipients.
 *
 * All memory is taken before anything is changed.
 */
#include <string.h>

#include "engine.h"

/* How a message is cut into files. The first regular_count recipients go to
 * their channels; the others to one file, the last, on the expandchannel. */
struct split {
    const struct sched_submit *submit;
    uint32_t regular_count;
    uint32_t expandchannel;
    uint32_t is_held; /* that last file */
    uint32_t zero;
    uint32_t *file_of; /* recipient -> ordinal of its file */
    uint32_t *members; /* ordinal -> how many so far */
    uint32_t *first;   /* ordinal -> its first recipient */
    uint32_t *table;   /* group -> ordinal of its open file; hashed */
    uint32_t table_size;
    uint32_t files_count;
};

static int
is_legal(const struct engine *engine, const struct sched_submit *submit)
{
    if (submit->message == 0 || submit->recipients == NULL ||
        submit->recipients_count == 0 ||
        submit->recipients_count > SUBMIT_RECIPIENTS_MAX ||
        submit->priority > SCHED_PRIORITY_NONURGENT || submit->size_bytes < 0 ||
        submit->submitted_at_ns > engine->now_ns ||
        (submit->flags & ~SCHED_SUBMIT_NULL_SENDER) != 0 ||
        (submit->source_channel != SCHED_NONE &&
         submit->source_channel >= engine->channels_count)) {
        return 0;
    }
    for (uint32_t i = 0; i < submit->recipients_count; i++) {
        if (submit->recipients[i].channel != SCHED_NONE &&
            submit->recipients[i].channel >= engine->channels_count) {
            return 0;
        }
    }
    return 1;
}

/* has_no_route - is there a recipient without a channel? */
static int
has_no_route(const struct sched_submit *submit)
{
    for (uint32_t i = 0; i < submit->recipients_count; i++) {
        if (submit->recipients[i].channel == SCHED_NONE) {
            return 1;
        }
    }
    return 0;
}

/* split_limits - by holdlimit and expandlimit of the source channel */
static void
split_limits(const struct engine *engine, struct split *split)
{
    const struct sched_submit *submit = split->submit;

    if (submit->parent != 0 || submit->source_channel == SCHED_NONE) {
        return;
    }
    const struct conf_channel *conf =
        engine->channels[submit->source_channel].conf;
    if (conf->expandchannel == SCHED_NONE) {
        return;
    }
    split->expandchannel = conf->expandchannel;
    if (submit->recipients_count > conf->holdlimit) { /* CONF_NO_LIMIT: never */
        split->regular_count = 0;
        split->is_held = 1;
    } else if (submit->recipients_count > conf->expandlimit) {
        split->regular_count = conf->expandlimit;
    }
}

/* split_init - arrays in the engine's scratch area; it grows and stays */
static int32_t
split_init(struct engine *engine, struct split *split)
{
    const uint32_t count = split->submit->recipients_count;
    uint32_t table = 4;

    while (table < count * 2) {
        table *= 2;
    }
    const uint64_t wanted = (uint64_t)count * 3 + table;
    if (wanted > engine->scratch_size) {
        uint32_t *scratch =
            memory_regrow(&engine->allocator, engine->scratch,
                          (uint64_t)engine->scratch_size * sizeof *scratch,
                          wanted * sizeof *scratch);

        if (scratch == NULL) {
            return SCHED_ERR_MEMORY;
        }
        engine->scratch = scratch;
        engine->scratch_size = (uint32_t)wanted;
    }
    split->file_of = engine->scratch;
    split->members = engine->scratch + count;
    split->first = engine->scratch + (size_t)count * 2;
    split->table = engine->scratch + (size_t)count * 3;
    split->table_size = table;
    memset(split->table, 0xff, table * sizeof *split->table);
    return SCHED_OK;
}

/* is_group - does a recipient belong with the first one of a file? */
static int
is_group(const struct sched_recipient *a, const struct sched_recipient *b,
         uint32_t splitting)
{
    return a->channel == b->channel &&
           (splitting == CONF_MULTIPLE || a->host == b->host);
}

/* group_place - where in the table its group is, or is to be */
static uint32_t *
group_place(const struct split *split, const struct sched_recipient *recipient,
            uint32_t splitting)
{
    uint64_t key = (uint64_t)recipient->channel << 32;

    if (splitting != CONF_MULTIPLE) {
        key |= recipient->host;
    }
    key *= UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(key >> 33) & (split->table_size - 1);
    while (split->table[at] != MEMORY_NONE &&
           !is_group(recipient,
                     &split->submit->recipients[split->first[split->table[at]]],
                     splitting)) {
        at = (at + 1) & (split->table_size - 1);
    }
    return &split->table[at];
}

/* split_recipient - the file that the i-th recipient goes to */
static void
split_recipient(const struct engine *engine, struct split *split, uint32_t i)
{
    const struct sched_recipient *recipient = &split->submit->recipients[i];
    const struct conf_channel *conf = engine->channels[recipient->channel].conf;
    uint32_t *open = NULL;
    uint32_t file = MEMORY_NONE;

    if (conf->splitting != CONF_SINGLE) {
        open = group_place(split, recipient, conf->splitting);
        file = *open;
    }
    if (file == MEMORY_NONE || (conf->addrsperfile > 0 &&
                                split->members[file] >= conf->addrsperfile)) {
        file = split->files_count++;
        split->first[file] = i;
        split->members[file] = 0;
        if (open != NULL) {
            *open = file;
        }
    }
    split->file_of[i] = file;
    split->members[file]++;
}

/* split_all - every recipient */
static void
split_all(const struct engine *engine, struct split *split)
{
    const uint32_t count = split->submit->recipients_count;
    const uint32_t regular = split->regular_count;

    for (uint32_t i = 0; i < regular; i++) {
        split_recipient(engine, split, i);
    }
    if (regular == count) {
        return;
    }
    const uint32_t last = split->files_count++;
    split->first[last] = regular;
    split->members[last] = count - regular;
    for (uint32_t i = regular; i < count; i++) {
        split->file_of[i] = last;
    }
}

/* demoted - large messages lose a class, by the limits of the channel */
static uint32_t
demoted(const struct engine *engine, const struct conf_channel *conf,
        const struct sched_submit *submit)
{
    const int64_t block_bytes =
        engine->options->block_size > 0 ? engine->options->block_size : 1;
    const int64_t blocks = submit->size_bytes / block_bytes +
                           (submit->size_bytes % block_bytes != 0);
    uint32_t priority = submit->priority;

    while (priority < CONF_CLASSES_COUNT &&
           conf->blocklimit[priority] != CONF_NO_LIMIT &&
           blocks > conf->blocklimit[priority]) {
        priority++;
    }
    return priority;
}

/* file_make - a record for one file, in no list; or MEMORY_NONE */
static uint32_t
file_make(struct engine *engine, const struct split *split, uint32_t first,
          uint32_t count)
{
    const struct sched_submit *submit = split->submit;
    const struct sched_recipient *recipient = &submit->recipients[first];
    const uint32_t channel = first < split->regular_count
                                 ? recipient->channel
                                 : split->expandchannel;
    const struct conf_channel *conf = engine->channels[channel].conf;
    const uint32_t host = queue_host(
        engine, channel, conf->has_host_queues ? recipient->host : SCHED_NONE);
    const uint32_t slot = host == MEMORY_NONE
                              ? MEMORY_NONE
                              : pages_take(&engine->files, &engine->allocator);

    if (slot == MEMORY_NONE) {
        return MEMORY_NONE;
    }
    struct file *file = file_at(engine, slot);
    *file = (struct file){.message = submit->message,
                          .submitted_at_ns = submit->submitted_at_ns,
                          .eligible_at_ns = engine->now_ns,
                          .number = 1,
                          .host = host,
                          .recipients = first,
                          .family = MEMORY_NONE,
                          .priority = (uint8_t)demoted(engine, conf, submit)};
    if ((submit->flags & SCHED_SUBMIT_NULL_SENDER) != 0) {
        file->flags = FILE_IS_NULL;
    }
    if (count > 1) {
        const uint32_t block =
            words_take(&engine->words, &engine->allocator, count + 2);

        if (block == MEMORY_NONE) {
            pages_give(&engine->files, slot);
            return MEMORY_NONE;
        }
        words_at(&engine->words, block)[0] = count;
        words_at(&engine->words, block)[1] = 0; /* filled below */
        file->recipients = block;
        file->flags |= FILE_IS_MANY;
    }
    return slot;
}

/* is_immediate - does mail of that priority start jobs at once? */
static int
is_immediate(const struct engine *engine, const struct conf_channel *conf,
             uint32_t priority)
{
    uint32_t least = SCHED_PRIORITY_URGENT;

    if (engine->options->compat == CONF_COMPAT_PRODUCT) {
        return 1;
    }
    switch ((enum conf_immediacy)conf->immediacy) {
    case CONF_IMMURGENT:
        least = SCHED_PRIORITY_URGENT;
        break;
    case CONF_IMMNORMAL:
        least = SCHED_PRIORITY_NORMAL;
        break;
    case CONF_IMMNONURGENT:
        least = SCHED_PRIORITY_NONURGENT;
        break;
    case CONF_IMMEDIATE:
        least = SCHED_PRIORITY_THIRDCLASS;
        break;
    }
    return !conf->is_periodic && priority <= least;
}

/* run_at - the first periodic run of the channel after an instant */
static int64_t
run_at(const struct engine *engine, const struct conf_channel *conf,
       int64_t after_ns)
{
    const struct conf_options *options = engine->options;
    const int64_t period_ns =
        options->post_period_ns * (conf->period > 0 ? conf->period : 1);

    if (after_ns > SCHED_NEVER / 2) {
        return SCHED_NEVER - 1;
    }
    return timer_grid_after(after_ns + engine->wall_offset_ns,
                            options->post_first_ns, period_ns) -
           engine->wall_offset_ns;
}

/* is_dated - does the channel honour the date that the sender asked for? */
static int
is_dated(const struct engine *engine, const struct conf_channel *conf,
         int64_t deferred_until_ns)
{
    return conf->is_deferred && deferred_until_ns != SCHED_NO_TIME &&
           deferred_until_ns > engine->now_ns &&
           (conf->deferred_max_ns == 0 ||
            deferred_until_ns - engine->now_ns <= conf->deferred_max_ns);
}

/* insert_at - when the file becomes ready: at once, or at its date; with the
 * first periodic run after that, if it is not immediate */
static int64_t
insert_at(const struct engine *engine, struct file *file,
          int64_t deferred_until_ns)
{
    const struct conf_channel *conf =
        host_channel(engine, host_at(engine, file->host))->conf;
    int64_t at_ns = engine->now_ns;

    if (is_dated(engine, conf, deferred_until_ns)) {
        at_ns = deferred_until_ns < SCHED_NEVER ? deferred_until_ns
                                                : SCHED_NEVER - 1;
    }
    if (!is_immediate(engine, conf, file->priority) &&
        engine->options->post_period_ns > 0) {
        file->flags |= FILE_IS_WAITING;
        at_ns = run_at(engine, conf, at_ns);
    }
    return at_ns;
}

void
submit_insert(struct engine *engine, uint32_t slot)
{
    const uint32_t host = file_at(engine, slot)->host;

    queue_push(engine, slot);
    start_inserted(engine, host);
}

/* files_undo - gives back what was made so far */
static void
files_undo(struct engine *engine, const uint32_t *slots, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        file_at(engine, slots[i])->family = MEMORY_NONE;
        file_drop(engine, slots[i]);
    }
}

/* files_make - all of them, chained by number; MEMORY_NONE: nothing is left.
 * `first` is overwritten with the slots. */
static int32_t
files_make(struct engine *engine, struct split *split, uint32_t *family)
{
    for (uint32_t i = 0; i < split->files_count; i++) {
        const uint32_t slot =
            file_make(engine, split, split->first[i], split->members[i]);

        if (slot == MEMORY_NONE) {
            files_undo(engine, split->first, i);
            return SCHED_ERR_MEMORY;
        }
        split->first[i] = slot;
    }
    *family = MEMORY_NONE;
    if (split->files_count > 1) {
        *family = pages_take(&engine->families, &engine->allocator);
        if (*family == MEMORY_NONE) {
            files_undo(engine, split->first, split->files_count);
            return SCHED_ERR_MEMORY;
        }
        *family_at(engine, *family) =
            (struct family){.number_last = split->files_count,
                            .files_count = split->files_count};
    }
    return SCHED_OK;
}

/* files_fill - each file's recipients, in order */
static void
files_fill(struct engine *engine, const struct split *split, uint32_t family)
{
    for (uint32_t i = 0; i < split->files_count; i++) {
        struct file *file = file_at(engine, split->first[i]);

        file->number = i + 1;
        file->family = family;
    }
    for (uint32_t i = 0; i < split->submit->recipients_count; i++) {
        const struct file *file =
            file_at(engine, split->first[split->file_of[i]]);

        if ((file->flags & FILE_IS_MANY) != 0) {
            uint32_t *block = words_at(&engine->words, file->recipients);

            block[2 + block[1]++] = i;
        }
    }
}

/* file_enter - a file that is tracked: ready, or delayed */
static void
file_enter(struct engine *engine, const struct split *split, uint32_t slot)
{
    const int64_t at_ns = insert_at(engine, file_at(engine, slot),
                                    split->submit->deferred_until_ns);

    if (at_ns > engine->now_ns) {
        file_delay(engine, slot, at_ns);
    } else {
        submit_insert(engine, slot);
    }
}

/* files_commit - into the world: all CREATEs, then the rules of insertion */
static void
files_commit(struct engine *engine, const struct split *split,
             const uint32_t *slots, uint32_t count)
{
    uint64_t tracked = scan_tracked(engine) - count;

    for (uint32_t i = 0; i < count; i++) {
        file_link(engine, slots[i]);
        action_push(engine, SCHED_ACTION_CREATE, slots[i], 0, 0);
    }
    if (split->is_held) {
        file_hold(engine, slots[0]); /* its only one */
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct file *file = file_at(engine, slots[i]);

        if (scan_is_full(engine, tracked)) {
            file->state = FILE_UNTRACKED;
            scan_left(engine,
                      host_channel(engine, host_at(engine, file->host)));
        } else {
            file_enter(engine, split, slots[i]);
            tracked++;
        }
    }
}

/* Actions for each, and a place among the delayed one day. */
int32_t
submit_room(struct engine *engine, uint32_t files)
{
    int32_t status = action_reserve(engine, (uint64_t)files * 2);

    if (status == SCHED_OK) {
        status = heap_reserve(&engine->delayed, &engine->allocator,
                              engine->files.taken_count + files);
    }
    return status == SCHED_OK && engine->lookup_size > 0
               ? lookup_reserve(engine, files)
               : status;
}

/* submit_one - the short way for one recipient */
static int32_t
submit_one(struct engine *engine, const struct split *split)
{
    const int32_t status = submit_room(engine, 1);
    const uint32_t slot =
        status == SCHED_OK ? file_make(engine, split, 0, 1) : MEMORY_NONE;

    if (slot == MEMORY_NONE) {
        return SCHED_ERR_MEMORY;
    }
    files_commit(engine, split, &slot, 1);
    return SCHED_OK;
}

static int32_t
submit_many(struct engine *engine, struct split *split)
{
    uint32_t family = MEMORY_NONE;
    int32_t status = split_init(engine, split);

    if (status != SCHED_OK) {
        return status;
    }
    split_all(engine, split);
    status = submit_room(engine, split->files_count);
    if (status == SCHED_OK) {
        status = files_make(engine, split, &family);
    }
    if (status != SCHED_OK) {
        return status;
    }
    files_fill(engine, split, family);
    files_commit(engine, split, split->first, split->files_count);
    return SCHED_OK;
}

static void
reject(struct engine *engine, const struct sched_submit *submit,
       uint32_t reason)
{
    action_push(engine, SCHED_ACTION_REJECT, MEMORY_NONE, reason,
                submit->message);
}

int32_t
submit_event(struct engine *engine, const struct sched_submit *submit)
{
    int is_over = 0;

    if (!is_legal(engine, submit)) {
        return SCHED_ERR_ARGUMENT;
    }
    const int is_counted = submit->session != 0 && submit->parent == 0 &&
                           submit->source_channel != SCHED_NONE;
    int32_t status =
        is_counted ? session_check(engine, submit, &is_over) : SCHED_OK;
    if (status != SCHED_OK) {
        return status;
    }
    struct split split = {.submit = submit,
                          .regular_count = submit->recipients_count,
                          .expandchannel = SCHED_NONE};
    split_limits(engine, &split);
    if (is_over) {
        reject(engine, submit, 450);
    } else if (has_no_route(submit)) {
        reject(engine, submit, 550);
    } else if (submit->recipients_count == 1) {
        status = submit_one(engine, &split);
    } else {
        status = submit_many(engine, &split);
    }
    if (status == SCHED_OK && is_counted) {
        session_count(engine, submit);
    }
    return status;
}
