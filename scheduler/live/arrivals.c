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

#include "arrival_text.h"
#include "live.h"

/* GUESS: numbers reserved by one write; so many are lost by a kill. */
enum { BLOCK = 1000 };
/* GUESS: arrivals that wait for the dispatcher, beyond which none are read. */
enum { PENDING_MAX = 64 };
/* GUESS: how often QUEUE/new is looked at. */
#define LOOK_NS (LIVE_NS_PER_S / 50)

/* GUESS: when what the directory would not have is tried again. */
#define AGAIN_NS (LIVE_NS_PER_S)

enum { NAME_SIZE = 32 };

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
    int fd = faults_hit(spool->faults, FAULT_WRITE)
                 ? -1
                 : openat(spool->root, ".next-message",
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
            arrivals->is_troubled = true;
            return 0;
        }
        arrivals->reserved_until += BLOCK;
    }
    return arrivals->next_message++;
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

static void
taken_name(uint64_t message, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%016" PRIX64, message);
}

/* again_add - later */
static void
again_add(struct arrivals *arrivals, struct arrival *arrival)
{
    pthread_mutex_lock(&arrivals->lock);
    arrival->next = arrivals->again;
    arrivals->again = arrival;
    arrivals->again_count++;
    pthread_mutex_unlock(&arrivals->lock);
}

/* taken_settle - its file leaves QUEUE/taken. False: it will not; said. */
static bool
taken_settle(const struct arrivals *arrivals, const struct arrival *arrival)
{
    struct faults *faults = arrivals->spool->faults;
    char name[NAME_SIZE];

    taken_name(arrival->message, name);
    const bool is_good =
        arrival->is_rejected
            ? !faults_hit(faults, FAULT_RENAME) &&
                  renameat(arrivals->taken_folder, name,
                           arrivals->rejected_folder, name) == 0
            : !faults_hit(faults, FAULT_REMOVE) &&
                  unlinkat(arrivals->taken_folder, name, 0) == 0;
    if (!is_good && errno != ENOENT) {
        live_say("taken/%s cannot be removed: %s", name, strerror(errno));
        return false;
    }
    return true;
}

/* taken_post - what lies in QUEUE/taken. False: it is over. */
static bool
taken_post(struct arrivals *arrivals, uint64_t message)
{
    char name[NAME_SIZE];

    taken_name(message, name);
    struct arrival *arrival = arrival_read(arrivals, name, message);
    if (arrival != NULL) {
        return post(arrivals, arrival);
    }
    const bool is_unread = errno != EINVAL;
    live_say(is_unread ? "taken/%s cannot be read yet: %s"
                       : "%s is no message, see QUEUE/rejected: %s",
             name, strerror(errno));
    arrival = arrival_new(message);
    arrival->is_unread = is_unread;
    arrival->is_rejected = !is_unread;
    if (!is_unread && taken_settle(arrivals, arrival)) {
        arrival_free(arrival);
    } else {
        again_add(arrivals, arrival);
    }
    return true;
}

/* rename_taken - into or within QUEUE/taken; false: said */
static bool
rename_taken(struct arrivals *arrivals, int folder, const char *from,
             const char *to)
{
    if (faults_hit(arrivals->spool->faults, FAULT_RENAME) ||
        renameat(folder, from, arrivals->taken_folder, to) != 0) {
        live_say("%s cannot be taken: %s", from, strerror(errno));
        arrivals->is_troubled = true;
        return false;
    }
    return true;
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
    return !rename_taken(arrivals, arrivals->new_folder, name, number) ||
           taken_post(arrivals, message);
}

/* again_do - what could not be done before. False: not now either. */
static bool
again_do(struct arrivals *arrivals, struct arrival *arrival)
{
    char old[NAME_SIZE];
    char new[NAME_SIZE];

    if (arrival->is_unread) {
        const uint64_t message = arrival->message;
        arrival_free(arrival);
        (void)taken_post(arrivals, message);
        return true;
    }
    if (arrival->recipients_count == 0) {
        if (!taken_settle(arrivals, arrival)) {
            return false;
        }
        arrival_free(arrival);
        return true;
    }
    taken_name(arrival->message, old);
    arrival->is_saved =
        arrival->is_saved || arrival_write(arrivals, arrival, old);
    const uint64_t message = arrival->is_saved ? number_take(arrivals) : 0;
    taken_name(message, new);
    if (message == 0 ||
        !rename_taken(arrivals, arrivals->taken_folder, old, new)) {
        return false;
    }
    arrival->message = message;
    arrival->is_taken = true;
    arrival->is_saved = false; /* when it comes again with fewer */
    (void)post(arrivals, arrival);
    return true;
}

/* again_look - all that is to be done again */
static void
again_look(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    struct arrival *list = arrivals->again;
    const uint32_t count = arrivals->again_count;
    arrivals->again = NULL;
    pthread_mutex_unlock(&arrivals->lock);
    while (list != NULL) {
        struct arrival *arrival = list;

        list = arrival->next;
        if (!again_do(arrivals, arrival)) {
            again_add(arrivals, arrival);
        }
    }
    pthread_mutex_lock(&arrivals->lock);
    arrivals->again_count -= count;
    pthread_mutex_unlock(&arrivals->lock);
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
    while (is_good && !arrivals->is_troubled &&
           (entry = readdir(dir)) != NULL) {
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
        arrival_recipient_add(arrival, address, arrivals->channel);
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

/* delay - until it is looked again */
static int64_t
delay(struct arrivals *arrivals)
{
    const bool is_troubled = arrivals->is_troubled;

    arrivals->is_troubled = false;
    return is_troubled ? AGAIN_NS : LOOK_NS;
}

static void *
arrivals_main(void *arg)
{
    struct arrivals *arrivals = arg;
    int64_t make_at_ns = live_now_ns();
    int64_t look_at_ns = make_at_ns;
    int64_t again_at_ns = make_at_ns;
    bool is_good = true;
    uint32_t found = 0;

    while (is_good) {
        const int64_t now_ns = live_now_ns();
        const bool is_making = arrivals->made_count < arrivals->made_max;

        if (again_at_ns <= now_ns) {
            again_look(arrivals);
            again_at_ns = live_now_ns() + AGAIN_NS;
        } else if (is_making && make_at_ns <= now_ns) {
            make_at_ns += arrivals->rate_ns;
            is_good = make(arrivals);
            make_at_ns += arrivals->is_troubled ? delay(arrivals) : 0;
        } else if (look_at_ns <= now_ns) {
            found = look(arrivals);
            look_at_ns = live_now_ns() + delay(arrivals);
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

/* taken_one - of what a program that was killed had not finished */
static bool
taken_one(struct arrivals *arrivals, const char *name, uint64_t message)
{
    struct arrival *arrival = arrival_read(arrivals, name, message);

    if (arrival == NULL) {
        live_say("taken/%s: %s", name, strerror(errno));
        return errno == EINVAL; /* it stays where it is */
    }
    if (arrival->is_again) { /* its files stand */
        arrival->is_saved = true;
        again_add(arrivals, arrival);
        return true;
    }
    if (!leftover_remove(arrivals, message)) {
        arrival_free(arrival);
        return false;
    }
    struct post *post = post_new(POST_ARRIVAL);
    post->arrival = arrival;
    arrivals->pending_count++;
    posts_put(arrivals->posts, post);
    return true;
}

/* taken_again - all of it */
static bool
taken_again(struct arrivals *arrivals)
{
    DIR *dir = folder_open(arrivals->taken_folder);
    const struct dirent *entry = NULL;
    bool is_good = dir != NULL;

    while (is_good && (entry = readdir(dir)) != NULL) {
        char *end = NULL;
        const uint64_t message = strtoull(entry->d_name, &end, 16);

        if (message != 0 && *end == '\0') {
            is_good = taken_one(arrivals, entry->d_name, message);
        } else if (entry->d_name[0] == '.' && strlen(entry->d_name) > 2) {
            (void)unlinkat(arrivals->taken_folder, entry->d_name, 0);
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
    while (arrivals->again != NULL) {
        struct arrival *arrival = arrivals->again;

        arrivals->again = arrival->next;
        arrival_free(arrival);
    }
    pthread_cond_destroy(&arrivals->changed);
    pthread_mutex_destroy(&arrivals->lock);
    close(arrivals->new_folder);
    close(arrivals->taken_folder);
    close(arrivals->rejected_folder);
}

/* submitted - one is on its way no more */
static void
submitted(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    arrivals->pending_count--;
    pthread_cond_signal(&arrivals->changed);
    pthread_mutex_unlock(&arrivals->lock);
}

/* recipients_keep - those that are left */
static void
recipients_keep(struct arrival *arrival, const bool *left)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < arrival->recipients_count; i++) {
        if (left != NULL && left[i]) {
            arrival->recipients[count++] = arrival->recipients[i];
        } else {
            free(arrival->recipients[i].address);
        }
    }
    arrival->recipients_count = count;
}

void
arrivals_again(struct arrivals *arrivals, struct arrival *arrival,
               const bool *left)
{
    char name[NAME_SIZE];

    taken_name(arrival->message, name);
    recipients_keep(arrival, left);
    arrival->is_again = true;
    arrival->is_saved = arrival_write(arrivals, arrival, name);
    live_say("%" PRIu32 " recipients of message %" PRIu64
             " could not be queued; they come again%s",
             arrival->recipients_count, arrival->message,
             arrival->is_saved ? "" : ", once QUEUE/taken can be written");
    again_add(arrivals, arrival);
    submitted(arrivals);
}

void
arrivals_done(struct arrivals *arrivals, struct arrival *arrival,
              bool is_rejected)
{
    arrival->is_rejected = is_rejected;
    if (arrival->is_taken && !taken_settle(arrivals, arrival)) {
        recipients_keep(arrival, NULL);
        again_add(arrivals, arrival);
    } else {
        arrival_free(arrival);
    }
    submitted(arrivals);
}

bool
arrivals_are_idle(struct arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    const bool is_idle = arrivals->is_idle && arrivals->pending_count == 0 &&
                         arrivals->again_count == 0;
    pthread_mutex_unlock(&arrivals->lock);
    return is_idle;
}
