/* SPDX-License-Identifier: MIT */
/*
 * arrivals.c - see arrivals.h
 */
#include "arrivals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

/* GUESS: numbers reserved by one write; so many are lost by a kill. */
enum { BLOCK = 1000 };
/* GUESS: arrivals that wait for the dispatcher, beyond which none are read. */
enum { PENDING_MAX = 64 };
/* GUESS: how often QUEUE/new is looked at. */
#define LOOK_NS (LIVE_NS_PER_S / 50)

enum { NAME_SIZE = 32, RECIPIENTS_MAX = 65535 };

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

/* --- Numbers ------------------------------------------------------------------ */

/* number_read - the first number that nobody was given; 1 in a new queue */
static uint64_t
number_read(const struct spool *spool)
{
    uint64_t number = 1;
    int fd = openat(spool->root, "next-message", O_RDONLY | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

    if (in != NULL) {
        char text[NAME_SIZE] = "";
        char *end = text;

        errno = 0;
        number =
            fgets(text, sizeof text, in) == NULL ? 0 : strtoull(text, &end, 10);
        if (errno != 0 || text[0] < '0' || text[0] > '9' ||
            (*end != '\n' && *end != '\0')) {
            number = 0; /* damaged: nothing is safe */
        }
        fclose(in);
    } else if (fd < 0 && errno != ENOENT) {
        number = 0;
    }
    return number;
}

/* number_write - durable before any number below it is used */
static bool
number_write(const struct spool *spool, uint64_t number)
{
    char text[NAME_SIZE];
    const int length = snprintf(text, sizeof text, "%" PRIu64 "\n", number);
    int fd = openat(spool->root, ".next-message",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        return false;
    }
    bool is_good = write(fd, text, (size_t)length) == length && fsync(fd) == 0;
    is_good = close(fd) == 0 && is_good;
    return is_good &&
           renameat(spool->root, ".next-message", spool->root,
                    "next-message") == 0 &&
           fsync(spool->root) == 0;
}

/* number_take - 0: none can be had now */
static uint64_t
number_take(struct arrivals *arrivals)
{
    if (arrivals->next_message == arrivals->reserved_until) {
        if (!number_write(arrivals->spool, arrivals->reserved_until + BLOCK)) {
            live_say("next-message cannot be written: %s", strerror(errno));
            return 0;
        }
        arrivals->reserved_until += BLOCK;
    }
    return arrivals->next_message++;
}

/* --- Reading a message -------------------------------------------------------- */

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

static void
recipient_add(struct arrival *arrival, const char *address, uint32_t channel)
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
    recipient_add(arrival, text, channel);
    return true;
}

static bool
line_read(const struct arrivals *arrivals, struct arrival *arrival, char *line)
{
    static const char *const priorities[] = {"urgent", "normal", "nonurgent"};

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
    if (strcmp(line, "null-sender") == 0) {
        arrival->flags |= SCHED_SUBMIT_NULL_SENDER;
        return true;
    }
    return line[0] == '\0';
}

static struct arrival *
arrival_new(uint64_t message)
{
    struct arrival *arrival = live_alloc(sizeof *arrival);

    *arrival = (struct arrival){.message = message,
                                .submitted_ns = live_utc_ns(),
                                .size_bytes = 1024,
                                .source = SCHED_NONE,
                                .priority = SCHED_PRIORITY_NORMAL};
    return arrival;
}

/* arrival_read - a message of QUEUE/taken; NULL: it is none */
static struct arrival *
arrival_read(const struct arrivals *arrivals, const char *name,
             uint64_t message)
{
    struct arrival *arrival = arrival_new(message);
    char *line = NULL;
    size_t size = 0;
    int fd = openat(arrivals->taken_folder, name, O_RDONLY | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    bool is_good = in != NULL;

    while (is_good && getline(&line, &size, in) > 0) {
        is_good = line_read(arrivals, arrival, line);
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
        return NULL;
    }
    return arrival;
}

/* --- The thread ----------------------------------------------------------------- */

/* post - waits while too many are on their way. False: it is over. */
static bool
post(struct arrivals *arrivals, struct arrival *arrival)
{
    pthread_mutex_lock(&arrivals->lock);
    while (arrivals->pending_count >= PENDING_MAX && !arrivals->is_quitting) {
        pthread_cond_wait(&arrivals->changed, &arrivals->lock);
    }
    const bool is_good = !arrivals->is_quitting;
    arrivals->pending_count += is_good;
    pthread_mutex_unlock(&arrivals->lock);
    if (!is_good) {
        arrival_free(arrival);
        return false;
    }
    struct post *post = post_new(POST_ARRIVAL);
    post->arrival = arrival;
    posts_put(arrivals->posts, post);
    return true;
}

/* taken_post - what lies in QUEUE/taken under this name */
static bool
taken_post(struct arrivals *arrivals, const char *name, uint64_t message)
{
    struct arrival *arrival = arrival_read(arrivals, name, message);

    if (arrival == NULL) {
        live_say("%s is no message: see QUEUE/rejected", name);
        (void)renameat(arrivals->taken_folder, name, arrivals->rejected_folder,
                       name);
        return true;
    }
    return post(arrivals, arrival);
}

static void
taken_name(uint64_t message, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%016" PRIX64, message);
}

/* new_take - one message of QUEUE/new. False: it is over. */
static bool
new_take(struct arrivals *arrivals, const char *name)
{
    char number[NAME_SIZE];
    const uint64_t message = number_take(arrivals);

    if (message == 0) {
        return true; /* another time */
    }
    taken_name(message, number);
    if (renameat(arrivals->new_folder, name, arrivals->taken_folder, number) !=
        0) {
        live_say("%s cannot be taken: %s", name, strerror(errno));
        return true;
    }
    return taken_post(arrivals, number, message);
}

/* folder_open - to be read from its beginning */
static DIR *
folder_open(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL && fd >= 0) {
        close(fd);
    }
    return dir;
}

/* look - takes all that is in QUEUE/new; how many */
static uint32_t
look(struct arrivals *arrivals)
{
    uint32_t count = 0;
    bool is_good = true;
    DIR *dir = folder_open(arrivals->new_folder);
    const struct dirent *entry = NULL;

    if (dir == NULL) {
        return 0;
    }
    while (is_good && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            is_good = new_take(arrivals, entry->d_name);
            count++;
        }
    }
    closedir(dir);
    return count;
}

/* make - one for a test. False: it is over. */
static bool
make(struct arrivals *arrivals)
{
    const uint64_t message = number_take(arrivals);

    if (message == 0) {
        return true;
    }
    struct arrival *arrival = arrival_new(message);
    const uint64_t luck = live_mix(arrivals->seed, message, 0);
    for (uint32_t i = 0; i < 1 + luck % 3; i++) {
        char address[96];
        snprintf(address, sizeof address, "u%" PRIu64 ".%u@host%u.example",
                 message, i,
                 (unsigned)(live_mix(arrivals->seed, message, i + 1) %
                            arrivals->hosts_count));
        recipient_add(arrival, address, arrivals->channel);
    }
    arrival->size_bytes = (int64_t)(1024 + luck % 65536);
    arrivals->made_count++;
    return post(arrivals, arrival);
}

/* pause_until - or it is over: false */
static bool
pause_until(struct arrivals *arrivals, int64_t until_ns, bool is_idle)
{
    const struct timespec until = live_timespec(until_ns);
    int error = 0;

    pthread_mutex_lock(&arrivals->lock);
    arrivals->is_idle = is_idle;
    while (!arrivals->is_quitting && error == 0) {
        error =
            pthread_cond_timedwait(&arrivals->changed, &arrivals->lock, &until);
    }
    const bool is_good = !arrivals->is_quitting;
    pthread_mutex_unlock(&arrivals->lock);
    return is_good;
}

static void *
arrivals_main(void *arg)
{
    struct arrivals *arrivals = arg;
    int64_t make_at_ns = live_now_ns();
    int64_t look_at_ns = make_at_ns;
    bool is_good = true;
    uint32_t found = 0;

    while (is_good) {
        const int64_t now_ns = live_now_ns();
        const bool is_making = arrivals->made_count < arrivals->made_max;

        if (is_making && make_at_ns <= now_ns) {
            make_at_ns += arrivals->rate_ns;
            is_good = make(arrivals);
        } else if (look_at_ns <= now_ns) {
            found = look(arrivals);
            look_at_ns = live_now_ns() + LOOK_NS;
        } else {
            const bool is_soon = is_making && make_at_ns < look_at_ns;
            is_good = pause_until(arrivals, is_soon ? make_at_ns : look_at_ns,
                                  !is_making && found == 0);
        }
    }
    return NULL;
}

/* --- From outside --------------------------------------------------------------- */

/* leftover_remove - the files that were made of a message not yet accepted */
static bool
leftover_remove(const struct arrivals *arrivals, uint64_t message)
{
    const struct spool *spool = arrivals->spool;
    struct spool_place *places = NULL;
    uint32_t count = 0;
    bool has_more = false;
    bool is_good = spool_list(
        spool,
        &(struct spool_query){message - 1, UINT32_MAX, SCHED_NONE, UINT32_MAX},
        &places, &count, &has_more);

    for (uint32_t i = 0; is_good && i < count && places[i].message == message;
         i++) {
        is_good = spool_remove(spool, &places[i]);
    }
    free(places);
    return is_good;
}

/* taken_again - what a program that was killed had not finished */
static bool
taken_again(struct arrivals *arrivals)
{
    DIR *dir = folder_open(arrivals->taken_folder);
    const struct dirent *entry = NULL;
    bool is_good = dir != NULL;

    while (is_good && (entry = readdir(dir)) != NULL) {
        char *end = NULL;
        const uint64_t message = strtoull(entry->d_name, &end, 16);

        if (message == 0 || *end != '\0') {
            continue;
        }
        is_good = leftover_remove(arrivals, message);
        struct arrival *arrival =
            is_good ? arrival_read(arrivals, entry->d_name, message) : NULL;
        if (arrival != NULL) {
            struct post *post = post_new(POST_ARRIVAL);
            post->arrival = arrival;
            arrivals->pending_count++;
            posts_put(arrivals->posts, post);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return is_good;
}

static int
folder_make(const struct spool *spool, const char *name)
{
    if (mkdirat(spool->root, name, 0777) != 0 && errno != EEXIST) {
        return -1;
    }
    return openat(spool->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
arrivals_begin(struct arrivals *arrivals)
{
    const struct spool *spool = arrivals->spool;

    pthread_mutex_init(&arrivals->lock, NULL);
    live_cond_init(&arrivals->changed);
    arrivals->new_folder = folder_make(spool, "new");
    arrivals->taken_folder = folder_make(spool, "taken");
    arrivals->rejected_folder = folder_make(spool, "rejected");
    (void)unlinkat(spool->root, ".next-message", 0); /* of a killed one */
    arrivals->next_message = number_read(spool);
    arrivals->reserved_until = arrivals->next_message;
    if (arrivals->new_folder < 0 || arrivals->taken_folder < 0 ||
        arrivals->rejected_folder < 0) {
        return false;
    }
    if (arrivals->next_message == 0) {
        errno = EINVAL;
        return false;
    }
    if (!taken_again(arrivals)) {
        return false;
    }
    errno = pthread_create(&arrivals->id, NULL, arrivals_main, arrivals);
    return errno == 0;
}

void
arrivals_end(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    arrivals->is_quitting = true;
    pthread_cond_broadcast(&arrivals->changed);
    pthread_mutex_unlock(&arrivals->lock);
    pthread_join(arrivals->id, NULL);
    pthread_cond_destroy(&arrivals->changed);
    pthread_mutex_destroy(&arrivals->lock);
    close(arrivals->new_folder);
    close(arrivals->taken_folder);
    close(arrivals->rejected_folder);
}

void
arrivals_later(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    arrivals->pending_count--;
    pthread_cond_signal(&arrivals->changed);
    pthread_mutex_unlock(&arrivals->lock);
}

void
arrivals_done(struct arrivals *arrivals, const struct arrival *arrival,
              bool is_rejected)
{
    char name[NAME_SIZE];
    int error = 0;

    taken_name(arrival->message, name);
    if (arrival->is_taken) {
        error = is_rejected ? renameat(arrivals->taken_folder, name,
                                       arrivals->rejected_folder, name)
                            : unlinkat(arrivals->taken_folder, name, 0);
    }
    if (error != 0) {
        live_say("taken/%s cannot be removed: %s", name, strerror(errno));
    }
    arrivals_later(arrivals);
}

bool
arrivals_are_idle(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    const bool is_idle = arrivals->is_idle && arrivals->pending_count == 0;
    pthread_mutex_unlock(&arrivals->lock);
    return is_idle;
}
