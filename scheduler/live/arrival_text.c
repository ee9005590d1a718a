/* SPDX-License-Identifier: MIT */
/*
 * arrival_text.c - see arrival_text.h
 */
#include "arrival_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"

enum { RECIPIENTS_MAX = 65535 };

static const char *const priorities[] = {"urgent", "normal", "nonurgent"};

void
arrival_free(struct arrival *arrival)
{
    if (arrival == NULL) {
        return;
    }
    for (uint32_t i = 0; i < arrival->recipients_count; i++) {
        free(arrival->recipients[i].address);
    }
    free(arrival->recipients);
    free(arrival);
}

static uint32_t
channel_find(const struct arrivals *arrivals, const char *name)
{
    for (uint32_t i = 0; i < arrivals->channels_count; i++) {
        if (strcmp(arrivals->channels[i], name) == 0) {
            return i;
        }
    }
    return SCHED_NONE;
}

void
arrival_recipient_add(struct arrival *arrival, const char *address,
                      uint32_t channel)
{
    const uint32_t n = arrival->recipients_count;

    if ((n & (n - 1)) == 0) { /* full: room for as many again */
        struct arrival_recipient *more =
            live_alloc((n == 0 ? 1 : 2 * (size_t)n) * sizeof *more);
        if (n > 0) {
            memcpy(more, arrival->recipients, n * sizeof *more);
        }
        free(arrival->recipients);
        arrival->recipients = more;
    }
    const size_t size = strlen(address) + 1;
    char *copy = memcpy(live_alloc(size), address, size);
    const char *at = strrchr(copy, '@');
    arrival->recipients[arrival->recipients_count++] =
        (struct arrival_recipient){.address = copy,
                                   .host = at == NULL ? copy : at + 1,
                                   .channel = channel};
}

/* to_read - "ADDRESS [CHANNEL]" */
static bool
to_read(const struct arrivals *arrivals, struct arrival *arrival, char *text)
{
    uint32_t channel = arrivals->channel;
    char *space = strchr(text, ' ');

    if (space != NULL) {
        *space = '\0';
        channel = channel_find(arrivals, space + 1);
    }
    if (*text == '\0' || channel == SCHED_NONE ||
        arrival->recipients_count == RECIPIENTS_MAX) {
        return false;
    }
    arrival_recipient_add(arrival, text, channel);
    return true;
}

/* seconds_read - since 1970 UTC, in ns */
static bool
seconds_read(const char *text, int64_t *ns)
{
    char *end = NULL;
    const long long seconds = strtoll(text, &end, 10);

    *ns = seconds * LIVE_NS_PER_S;
    return *text >= '0' && *text <= '9' && *end == '\0' &&
           seconds < INT64_MAX / LIVE_NS_PER_S;
}

static bool
line_read(const struct arrivals *arrivals, struct arrival *arrival, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "to ", 3) == 0) {
        return to_read(arrivals, arrival, line + 3);
    }
    if (strncmp(line, "size ", 5) == 0) {
        arrival->size_bytes = strtoll(line + 5, NULL, 10);
        return arrival->size_bytes >= 0;
    }
    if (strncmp(line, "source ", 7) == 0) {
        arrival->source = channel_find(arrivals, line + 7);
        return arrival->source != SCHED_NONE;
    }
    if (strncmp(line, "priority ", 9) == 0) {
        for (uint32_t i = 0; i < 3; i++) {
            if (strcmp(line + 9, priorities[i]) == 0) {
                arrival->priority = i;
                return true;
            }
        }
        return false;
    }
    if (strncmp(line, "deferred ", 9) == 0) {
        return seconds_read(line + 9, &arrival->deferred_ns);
    }
    if (strncmp(line, "submitted ", 10) == 0) {
        arrival->submitted_ns = strtoll(line + 10, NULL, 10);
        return true;
    }
    if (strcmp(line, "again") == 0) {
        arrival->is_again = true;
        return true;
    }
    if (strcmp(line, "null-sender") == 0) {
        arrival->flags |= SCHED_SUBMIT_NULL_SENDER;
        return true;
    }
    return line[0] == '\0';
}

struct arrival *
arrival_new(uint64_t message)
{
    struct arrival *arrival = live_alloc(sizeof *arrival);

    *arrival = (struct arrival){.message = message,
                                .submitted_ns = live_utc_ns(),
                                .size_bytes = 1024,
                                .source = SCHED_NONE,
                                .deferred_ns = SCHED_NO_TIME,
                                .priority = SCHED_PRIORITY_NORMAL};
    return arrival;
}

struct arrival *
arrival_read(const struct arrivals *arrivals, const char *name,
             uint64_t message)
{
    struct arrival *arrival = arrival_new(message);
    char *line = NULL;
    size_t size = 0;
    int error = EINVAL;
    int fd = faults_hit(arrivals->spool->faults, FAULT_READ)
                 ? -1
                 : openat(arrivals->taken_folder, name, O_RDONLY | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    bool is_good = in != NULL;

    while (is_good && getline(&line, &size, in) > 0) {
        is_good = line_read(arrivals, arrival, line);
    }
    if (in == NULL || ferror(in) != 0) {
        error = errno == ENOENT ? EIO : errno; /* it was there */
        is_good = false;
    }
    free(line);
    if (in != NULL) {
        fclose(in);
    } else if (fd >= 0) {
        close(fd);
    }
    arrival->is_taken = true;
    if (!is_good || arrival->recipients_count == 0) {
        arrival_free(arrival);
        errno = error;
        return NULL;
    }
    return arrival;
}

/* arrival_print - as line_read() reads it */
static bool
arrival_print(FILE *out, const struct arrivals *arrivals,
              const struct arrival *arrival)
{
    fprintf(out,
            "again\nsubmitted %" PRId64 "\nsize %" PRId64 "\npriority %s\n",
            arrival->submitted_ns, arrival->size_bytes,
            priorities[arrival->priority]);
    if (arrival->source != SCHED_NONE) {
        fprintf(out, "source %s\n", arrivals->channels[arrival->source]);
    }
    if ((arrival->flags & SCHED_SUBMIT_NULL_SENDER) != 0) {
        fprintf(out, "null-sender\n");
    }
    if (arrival->deferred_ns != SCHED_NO_TIME) {
        fprintf(out, "deferred %" PRId64 "\n",
                arrival->deferred_ns / LIVE_NS_PER_S);
    }
    for (uint32_t i = 0; i < arrival->recipients_count; i++) {
        fprintf(out, "to %s %s\n", arrival->recipients[i].address,
                arrivals->channels[arrival->recipients[i].channel]);
    }
    return fflush(out) == 0 && ferror(out) == 0 && fsync(fileno(out)) == 0;
}

bool
arrival_write(const struct arrivals *arrivals, const struct arrival *arrival,
              const char *name)
{
    struct faults *faults = arrivals->spool->faults;
    const int folder = arrivals->taken_folder;
    char temporary[64];

    snprintf(temporary, sizeof temporary, ".%s", name);
    int fd = faults_hit(faults, FAULT_WRITE)
                 ? -1
                 : openat(folder, temporary,
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

    if (out == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool is_good = arrival_print(out, arrivals, arrival);
    is_good = fclose(out) == 0 && is_good;
    return is_good && !faults_hit(faults, FAULT_RENAME) &&
           renameat(folder, temporary, folder, name) == 0 && fsync(folder) == 0;
}
