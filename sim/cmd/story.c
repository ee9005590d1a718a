/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.c - see story.h
 */
#include "sim/cmd/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler/sched_abi.h"
#include "sim/cmd/figures.h"
#include "sim/kernel/civil.h"

enum { KEY_SIZE = 80, REASON_SIZE = 512, NAME_SIZE = 64 };

/* A process; its threads by number. */
struct process {
    int64_t asked_ns;
    int64_t ready_ns; /* -1: not yet */
    int64_t *thread_asked_ns;
    int64_t *thread_ready_ns;
    uint32_t threads_count;
    uint32_t channel;
    bool is_live;
};

/* A file of the message, or of one made of it. */
struct track {
    uint64_t message;
    int64_t since_ns; /* it waits, or is tried, since then */
    int64_t due_ns;   /* by its backoff */
    int64_t waited_ns;
    int64_t tried_ns;
    int64_t submitted_ns;
    int64_t host;
    uint32_t number;
    uint32_t channel;
    uint32_t ahead; /* other mail of its queue handed over meanwhile */
    uint32_t attempts;
    uint32_t failures; /* as backoff counts them */
    uint32_t priority;
    uint32_t channel_jobs; /* when its wait began */
    uint32_t pool_jobs;
    bool is_tried;
    bool is_held;
    bool is_backoff; /* due_ns is by backoff, not by a period */
    char reason[REASON_SIZE];
};

struct story {
    const struct sheet_settings *settings;
    struct process *processes; /* by id */
    struct track *tracks;
    uint64_t *messages; /* related, itself first */
    FILE *out;
    char *text;
    size_t text_size;
    int64_t start_wall_ns;
    int64_t submitted_ns; /* -1: not yet */
    uint32_t processes_count;
    uint32_t tracks_count;
    uint32_t messages_count;
};

/* --- Words --------------------------------------------------------------- */

static void
duration_say(FILE *out, int64_t ns)
{
    char text[FIGURES_SIZE];

    figures_duration(text, (double)ns / (double)NS_PER_S);
    fputs(text, out);
}

/* clock_say - the wall clock, to the second */
static void
clock_say(FILE *out, int64_t wall_ns)
{
    char text[CIVIL_TEXT_SIZE];

    civil_format(wall_ns / NS_PER_S * NS_PER_S, text);
    text[10] = ' ';
    fprintf(out, "%.19s", text);
}

/* beat - begins a line: since the start, and by the wall clock */
static FILE *
beat(struct story *story, int64_t at_ns)
{
    fprintf(story->out, "%14.6f s  ", (double)at_ns / (double)NS_PER_S);
    clock_say(story->out, story->start_wall_ns + at_ns);
    fputs("  ", story->out);
    return story->out;
}

void
story_times(const char *text, int64_t start_wall_ns, FILE *out)
{
    while (*text != '\0') {
        char *end = NULL;
        const int64_t ns =
            *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : 0;

        if (end != NULL && strncmp(end, " ns", 3) == 0) {
            duration_say(out, ns);
            fputs(" (", out);
            clock_say(out, start_wall_ns + ns);
            fputc(')', out);
            text = end + 3;
        } else if (end != NULL) {
            fprintf(out, "%.*s", (int)(end - text), text);
            text = end;
        } else {
            fputc(*text++, out);
        }
    }
}

/* --- Reading records ----------------------------------------------------- */

/* word_of - the value of a key of the record; 0: it has none */
static int64_t
word_of(const char *line, const char *key)
{
    char wanted[KEY_SIZE];
    const char *at = NULL;

    snprintf(wanted, sizeof wanted, " %s=", key);
    at = strstr(line, wanted);
    return at == NULL ? 0 : strtoll(at + strlen(wanted), NULL, 10);
}

/* channel_name - of the number: channels are described in their order */
static const char *
channel_name(const struct story *story, uint32_t channel, char name[NAME_SIZE])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->settings->rows_count; i++) {
        const char *path = story->settings->rows[i].path;
        const char *end = strrchr(path, '.');

        if (strncmp(path, "channel.", 8) == 0 && end != NULL &&
            strcmp(end, ".direction") == 0 && count++ == channel) {
            snprintf(name, NAME_SIZE, "%.*s", (int)(end - path - 8), path + 8);
            return name;
        }
    }
    snprintf(name, NAME_SIZE, "channel %" PRIu32, channel);
    return name;
}

/* setting - its value, "" if there is none */
static const char *
setting(const struct story *story, const char *group, const char *name,
        const char *key)
{
    char path[3 * NAME_SIZE];
    const char *value = "";

    snprintf(path, sizeof path, "%s.%s.%s", group, name, key);
    for (uint32_t i = 0; i < story->settings->rows_count; i++) {
        if (strcmp(story->settings->rows[i].path, path) == 0) {
            value = story->settings->rows[i].value;
        }
    }
    return value;
}

static const char *
channel_setting(const struct story *story, uint32_t channel, const char *key)
{
    char name[NAME_SIZE];

    return setting(story, "channel", channel_name(story, channel, name), key);
}

/* --- Processes and threads ----------------------------------------------- */

static struct process *
process_get(struct story *story, int64_t id)
{
    const uint32_t wanted = (uint32_t)id + 1;

    if (wanted > story->processes_count) {
        const uint32_t before = story->processes_count;
        story->processes_count = 2 * wanted;
        story->processes = base_realloc(
            story->processes, story->processes_count * sizeof(struct process));
        memset(story->processes + before, 0,
               (story->processes_count - before) * sizeof(struct process));
    }
    return &story->processes[id];
}

static void
thread_note(struct process *process, int64_t thread, int64_t asked_ns,
            int64_t ready_ns)
{
    const uint32_t wanted = (uint32_t)thread + 1;

    if (wanted > process->threads_count) {
        const size_t bytes = (size_t)wanted * sizeof(int64_t);
        process->thread_asked_ns =
            base_realloc(process->thread_asked_ns, bytes);
        process->thread_ready_ns =
            base_realloc(process->thread_ready_ns, bytes);
        for (uint32_t i = process->threads_count; i < wanted; i++) {
            process->thread_asked_ns[i] = process->asked_ns;
            process->thread_ready_ns[i] = 0;
        }
        process->threads_count = wanted;
    }
    if (asked_ns >= 0) {
        process->thread_asked_ns[thread] = asked_ns;
    }
    if (ready_ns >= 0) {
        process->thread_ready_ns[thread] = ready_ns;
    }
}

/* jobs_count - live ones of a channel, or of its pool */
static uint32_t
jobs_count(const struct story *story, uint32_t channel, bool is_pool)
{
    const char *pool = channel_setting(story, channel, "pool");
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->processes_count; i++) {
        const struct process *process = &story->processes[i];
        count +=
            process->is_live &&
            (process->channel == channel ||
             (is_pool && strcmp(pool, channel_setting(story, process->channel,
                                                      "pool")) == 0));
    }
    return count;
}

/* jobs_line - a record about processes and threads; false: it is about mail */
static bool
jobs_line(struct story *story, const char *what, const char *line,
          int64_t now_ns)
{
    struct process *process = NULL;
    const int64_t thread = word_of(line, "thread");

    if (strncmp(what, "start-job ", 10) == 0) {
        process = process_get(story, word_of(line, "job"));
        free(process->thread_asked_ns); /* ids begin anew after a restart */
        free(process->thread_ready_ns);
        *process =
            (struct process){.asked_ns = now_ns,
                             .ready_ns = -1,
                             .is_live = true,
                             .channel = (uint32_t)word_of(line, "channel")};
        thread_note(process, thread, now_ns, -1);
    } else if (strncmp(what, "job-", 4) == 0) {
        process = process_get(story, word_of(line, "job"));
        if (strncmp(what, "job-started ", 12) == 0) {
            process->ready_ns = now_ns;
        } else {
            process->is_live = false;
        }
    } else if (strncmp(what, "start-thread ", 13) == 0) {
        thread_note(process_get(story, word_of(line, "job")), thread, now_ns,
                    -1);
    } else if (strncmp(what, "thread-ready ", 13) == 0) {
        thread_note(process_get(story, word_of(line, "job")), thread, -1,
                    now_ns);
    } else {
        return false;
    }
    return true;
}

/* --- Files --------------------------------------------------------------- */

static bool
is_related(const struct story *story, uint64_t message)
{
    for (uint32_t i = 0; i < story->messages_count; i++) {
        if (story->messages[i] == message) {
            return true;
        }
    }
    return false;
}

static struct track *
track_find(struct story *story, uint64_t message, int64_t number)
{
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        if (story->tracks[i].message == message &&
            story->tracks[i].number == number) {
            return &story->tracks[i];
        }
    }
    return NULL;
}

static struct track *
track_add(struct story *story, uint64_t message, int64_t number, int64_t now_ns)
{
    struct track *track = NULL;

    story->tracks = base_realloc(story->tracks, (story->tracks_count + 1) *
                                                    sizeof story->tracks[0]);
    track = &story->tracks[story->tracks_count++];
    *track = (struct track){.message = message,
                            .number = (uint32_t)number,
                            .host = -1,
                            .since_ns = now_ns,
                            .submitted_ns = now_ns};
    return track;
}

/* part_say - a part of a wait, if it took any time */
static void
part_say(struct story *story, int64_t from_ns, int64_t until_ns,
         const char *what)
{
    if (until_ns > from_ns) {
        fprintf(story->out, "%41swaited ", "");
        duration_say(story->out, until_ns - from_ns);
        fprintf(story->out, ": %s\n", what);
    }
}

/* no_process - why none was there: which limit was reached */
static void
no_process(const struct story *story, const struct track *track, char *text,
           size_t size)
{
    const char *pool = channel_setting(story, track->channel, "pool");
    const char *limit = setting(story, "pool", pool, "job_limit");
    const char *most = channel_setting(story, track->channel, "maxjobs");

    if (limit[0] != '\0' && track->pool_jobs >= strtoul(limit, NULL, 10)) {
        snprintf(text, size, "no job slot: pool %s was at its JOB_LIMIT of %s",
                 pool, limit);
    } else if (most[0] != '\0' &&
               track->channel_jobs >= strtoul(most, NULL, 10)) {
        snprintf(text, size,
                 "no job slot: the channel was at its maxjobs of"
                 " %s",
                 most);
    } else {
        snprintf(text, size,
                 "no process was started for it yet (the channel had %" PRIu32
                 ", maxjobs %s; the pool %" PRIu32 ", JOB_LIMIT %s)",
                 track->channel_jobs, most, track->pool_jobs, limit);
    }
}

/* not_due - why it was not to go before due_ns: the place in the list */
static void
not_due(const struct story *story, const struct track *track, char *text,
        size_t size)
{
    static const char *const keys[] = {"urgentbackoff", "normalbackoff",
                                       "nonurgentbackoff"};
    const char *key = keys[track->priority < 2 ? track->priority : 2];
    const char *list = channel_setting(story, track->channel, key);
    uint32_t places = 1;

    for (const char *c = list; *c != '\0'; c++) {
        places += *c == ' ';
    }
    if (track->is_backoff) {
        snprintf(text, size, "%s, place %" PRIu32 " of \"%s\"", key,
                 track->failures < places ? track->failures : places, list);
    } else {
        snprintf(text, size, "a periodic run, or its sender's deferral");
    }
}

/* wait_say - the wait that ends now, in its parts */
static void
wait_say(struct story *story, const struct track *track, int64_t job,
         int64_t thread, int64_t now_ns)
{
    const struct process *process = process_get(story, job);
    const int64_t known = thread < process->threads_count;
    const int64_t marks[] = {track->due_ns,
                             process->asked_ns,
                             process->ready_ns < 0 ? process->asked_ns
                                                   : process->ready_ns,
                             known != 0 ? process->thread_asked_ns[thread] : 0,
                             known != 0 ? process->thread_ready_ns[thread] : 0,
                             now_ns};
    char texts[6][REASON_SIZE] = {
        "", "", "the process was starting", "", "the thread was starting", ""};
    int64_t from_ns = track->since_ns;

    if (track->is_held) {
        part_say(story, from_ns, now_ns, "held (holdlimit), and then released");
        return;
    }
    not_due(story, track, texts[0], REASON_SIZE);
    no_process(story, track, texts[1], REASON_SIZE);
    snprintf(texts[3], REASON_SIZE,
             "no thread: threaddepth %s, max_client_threads %s; %" PRIu32
             " other messages of its queue went before it",
             channel_setting(story, track->channel, "threaddepth"),
             channel_setting(story, track->channel, "max_client_threads"),
             track->ahead);
    snprintf(texts[5], REASON_SIZE,
             "every thread for it was at other mail (threaddepth %s, "
             "max_client_threads %s); %" PRIu32
             " other messages of its queue went before it",
             channel_setting(story, track->channel, "threaddepth"),
             channel_setting(story, track->channel, "max_client_threads"),
             track->ahead);
    for (int i = 0; i < 6; i++) {
        const int64_t until_ns = i64_min(marks[i], now_ns);
        part_say(story, from_ns, until_ns, texts[i]);
        from_ns = i64_max(from_ns, until_ns);
    }
    if (track->reason[0] != '\0' && now_ns > track->since_ns) {
        fprintf(story->out, "%41sthe scheduler, as the wait began: ", "");
        story_times(track->reason, story->start_wall_ns, story->out);
        fputc('\n', story->out);
    }
}

static void
wait_begin(struct story *story, struct track *track, int64_t now_ns)
{
    track->since_ns = now_ns;
    track->due_ns = 0;
    track->ahead = 0;
    track->is_tried = false;
    track->reason[0] = '\0';
    track->channel_jobs = jobs_count(story, track->channel, false);
    track->pool_jobs = jobs_count(story, track->channel, true);
}

static void
create_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)word_of(line, "message");
    const int64_t number = word_of(line, "file");
    const int64_t state = word_of(line, "state");
    struct track *track = track_add(story, message, number, now_ns);
    char name[NAME_SIZE];

    track->channel = (uint32_t)word_of(line, "channel");
    track->host = word_of(line, "host");
    track->priority = (uint32_t)word_of(line, "priority");
    track->is_held = state == SCHED_FILE_HELD;
    wait_begin(story, track, now_ns);
    fprintf(beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64 ": put into %s, %" PRId64
            " recipient%s, priority %s%s\n",
            message, number, channel_name(story, track->channel, name),
            word_of(line, "recipients"),
            word_of(line, "recipients") == 1 ? "" : "s",
            (const char *const[]){"urgent", "normal", "nonurgent",
                                  "secondclass",
                                  "thirdclass"}[word_of(line, "priority") % 5],
            state == SCHED_FILE_HELD        ? ", held (holdlimit)"
            : state == SCHED_FILE_UNTRACKED ? ", untracked (max_messages)"
                                            : "");
}

static void
deliver_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)word_of(line, "message");
    const int64_t number = word_of(line, "file");
    const int64_t job = word_of(line, "job");
    struct track *track = track_find(story, message, number);

    if (track == NULL) { /* found in the queue by a scan */
        track = track_add(story, message, number, now_ns);
        track->channel = process_get(story, job)->channel;
        track->host = word_of(line, "host");
    }
    fprintf(beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64 ": attempt %" PRIu32
            ", job %" PRId64 ", thread %" PRId64 "; it had waited ",
            message, number, track->attempts + 1, job, word_of(line, "thread"));
    duration_say(story->out, now_ns - track->since_ns);
    fputc('\n', story->out);
    wait_say(story, track, job, word_of(line, "thread"), now_ns);
    track->waited_ns += now_ns - track->since_ns;
    track->since_ns = now_ns;
    track->is_tried = true;
    track->is_held = false;
}

static void
outcome_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)word_of(line, "message");
    const int64_t number = word_of(line, "file");
    struct track *track = track_find(story, message, number);

    if (track == NULL) {
        return;
    }
    fprintf(beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64
            ": the attempt ends; in delivery ",
            message, number);
    duration_say(story->out, now_ns - track->since_ns);
    fputc('\n', story->out);
    track->tried_ns += now_ns - track->since_ns;
    track->attempts++;
    wait_begin(story, track, now_ns);
}

/* rewrite_line - what is left of a file goes on in a new one, as old as it */
static void
rewrite_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)word_of(line, "message");
    const int64_t number = word_of(line, "file");
    const int64_t new_number = word_of(line, "new");
    const struct track *before = track_find(story, message, number);

    if (before != NULL && new_number != number) {
        const struct track copy = *before;
        struct track *track = track_add(story, message, new_number, now_ns);
        *track = copy;
        track->number = (uint32_t)new_number;
    }
    fprintf(beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64
            ": what is left of it is rewritten as file %" PRId64 "\n",
            message, number, new_number);
}

static void
submit_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)word_of(line, "message");
    const uint64_t parent = (uint64_t)word_of(line, "parent");

    if (!is_related(story, message)) {
        if (parent == 0 || !is_related(story, parent)) {
            return;
        }
        story->messages =
            base_realloc(story->messages, (story->messages_count + 1) *
                                              sizeof story->messages[0]);
        story->messages[story->messages_count++] = message;
    } else if (story->submitted_ns < 0) {
        story->submitted_ns = word_of(line, "submitted");
    }
    fprintf(beat(story, now_ns),
            "message %" PRIu64 ": submitted, %" PRId64 " bytes, %" PRId64
            " recipients",
            message, word_of(line, "bytes"), word_of(line, "recipients"));
    if (parent != 0) {
        fprintf(story->out, ", made of message %" PRIu64, parent);
    }
    fputc('\n', story->out);
}

/* others_count - mail of the same queue that goes while ours waits */
static void
others_count(struct story *story, const char *line)
{
    const uint32_t channel = process_get(story, word_of(line, "job"))->channel;

    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = &story->tracks[i];
        track->ahead += !track->is_tried && track->channel == channel &&
                        track->host == word_of(line, "host");
    }
}

/* restart_line - the processes die, and attempts with them */
static void
restart_line(struct story *story, int64_t now_ns)
{
    for (uint32_t i = 0; i < story->processes_count; i++) {
        story->processes[i].is_live = false;
    }
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = &story->tracks[i];
        if (track->is_tried) {
            track->tried_ns += now_ns - track->since_ns;
            fputs("the Job Controller is restarted; the attempt has no"
                  " outcome\n",
                  beat(story, now_ns));
            wait_begin(story, track, now_ns);
        }
    }
}

/* file_line - hold, return, warn, notify: what is done by a rule */
static void
file_line(struct story *story, const char *what, const char *line,
          int64_t now_ns)
{
    static const struct {
        const char *what;
        const char *words;
    } rows[] = {{"hold ", "is held (holdlimit) until it is released"},
                {"return ", "is returned to its sender (notices, last value)"},
                {"warn ", "its sender is warned (notices)"},
                {"notify ", "a notice is made to its sender"},
                {"command ", "is released by the postmaster"},
                {"reject ", "is rejected"}};
    const uint64_t message = (uint64_t)word_of(line, "message");
    const int64_t number = word_of(line, "file");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(what, rows[i].what, strlen(rows[i].what)) == 0) {
            struct track *track = track_find(story, message, number);
            const char *notices =
                track == NULL
                    ? ""
                    : channel_setting(story, track->channel, "notices");
            fprintf(beat(story, now_ns),
                    "message %" PRIu64 ", file %" PRId64 ": %s", message,
                    number, rows[i].words);
            fprintf(story->out, i == 1 || i == 2 ? "; notices %s\n" : "\n",
                    notices);
            if (i == 0 && track != NULL) {
                track->is_held = true;
            }
        }
    }
}

void
story_line(struct story *story, const char *line)
{
    int64_t now_ns = 0;
    int used = 0;

    if (sscanf(line, "%" SCNd64 " %*u %*s %n", &now_ns, &used) != 1) {
        return;
    }
    const char *what = line + used;
    if (jobs_line(story, what, line, now_ns)) {
        return;
    }
    if (strncmp(what, "restart ", 8) == 0) {
        restart_line(story, now_ns);
    } else if (strncmp(what, "submit ", 7) == 0) {
        submit_line(story, line, now_ns);
    } else if (!is_related(story, (uint64_t)word_of(line, "message"))) {
        if (strncmp(what, "deliver ", 8) == 0) {
            others_count(story, line);
        }
    } else if (strncmp(what, "create ", 7) == 0) {
        create_line(story, line, now_ns);
    } else if (strncmp(what, "deliver ", 8) == 0) {
        deliver_line(story, line, now_ns);
    } else if (strncmp(what, "outcome ", 8) == 0) {
        outcome_line(story, line, now_ns);
    } else if (strncmp(what, "rewrite ", 8) == 0) {
        rewrite_line(story, line, now_ns);
    } else {
        file_line(story, what, line, now_ns);
    }
}

void
story_mail(struct story *story, const struct mta_mail_event *event)
{
    static const char *const kinds[] = {
        "enqueued",     "delivered", "deferred (4xx, or no answer)",
        "failed (5xx)", "returned",  "warned",
        "rejected"};
    static const char *const phases[] = {"connect", "greeting", "EHLO", "MAIL",
                                         "RCPT",    "DATA",     "dot"};
    const struct track *track =
        track_find(story, event->message, (int64_t)event->file);

    if (event->kind == MTA_MAIL_ENQUEUED ||
        !is_related(story, event->message)) {
        return;
    }
    fprintf(beat(story, event->at_ns),
            "message %" PRIu64 ", file %" PRIu32 ": recipient %" PRIu32
            " at %s: %s",
            event->message, event->file, event->recipient, event->domain,
            kinds[event->kind]);
    if (event->host != NULL && event->phase <= SMTP_DOT) {
        fprintf(story->out, " by %s, phase %s", event->host,
                phases[event->phase]);
    }
    fputc('\n', story->out);
    if (event->kind == MTA_MAIL_DELIVERED && track != NULL) {
        const int64_t open_ns =
            track->is_tried ? event->at_ns - track->since_ns : 0;
        fprintf(story->out, "%41ssubmit to delivery ", "");
        duration_say(story->out, event->at_ns - track->submitted_ns);
        fputs(" = waited ", story->out);
        duration_say(story->out, track->waited_ns);
        fputs(" + in delivery ", story->out);
        duration_say(story->out, track->tried_ns + open_ns);
        fputc('\n', story->out);
    }
}

void
story_file(struct story *story, const struct mta_state *state)
{
    struct track *track =
        track_find(story, state->message, (int64_t)state->file);
    const char *due = NULL;

    if (track == NULL || track->is_tried) {
        return;
    }
    snprintf(track->reason, sizeof track->reason, "%s", state->text);
    track->reason[strcspn(track->reason, "\n")] = '\0';
    track->failures = state->attempts;
    track->is_backoff = state->attempts > 0;
    /* The host knows no time but for what it was told: the text has it. */
    due = strstr(state->text, track->is_backoff ? "tried at " : "not before ");
    track->due_ns = 0;
    if (due != NULL) {
        track->due_ns = strtoll(due + strcspn(due, "0123456789"), NULL, 10);
    }
}

/* --- Beginning and end --------------------------------------------------- */

struct story *
story_new(uint64_t message, int64_t start_wall_ns,
          const struct sheet_settings *settings)
{
    struct story *story = base_alloc(sizeof *story);

    *story = (struct story){.settings = settings,
                            .start_wall_ns = start_wall_ns,
                            .submitted_ns = -1,
                            .messages_count = 1};
    story->messages = base_alloc(sizeof story->messages[0]);
    story->messages[0] = message;
    story->out = open_memstream(&story->text, &story->text_size);
    ASSERT(story->out != NULL);
    return story;
}

void
story_free(struct story *story)
{
    if (story == NULL) {
        return;
    }
    for (uint32_t i = 0; i < story->processes_count; i++) {
        free(story->processes[i].thread_asked_ns);
        free(story->processes[i].thread_ready_ns);
    }
    fclose(story->out);
    free(story->text);
    free(story->processes);
    free(story->tracks);
    free(story->messages);
    free(story);
}

bool
story_print(struct story *story, FILE *out)
{
    fflush(story->out);
    fputs(story->text, out);
    return story->text_size > 0;
}
