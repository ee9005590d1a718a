/* SPDX-License-Identifier: MIT */
/*
 * spool.c - see spool.h
 */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* lock - for this process alone, as long as it lives */
static bool
lock(struct spool *spool)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    spool->lock =
        openat(spool->root, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return spool->lock >= 0 && fcntl(spool->lock, F_SETLK, &whole) == 0;
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

/* sweep - what a killed process had begun to write goes */
static bool
sweep(int folder)
{
    DIR *dir = folder_open(folder);
    const struct dirent *entry = NULL;
    struct spool_place place;
    bool is_good = dir != NULL;

    while (is_good && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' &&
            spool_name_read(entry->d_name + 1, &place)) {
            is_good = unlinkat(folder, entry->d_name, 0) == 0;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return is_good;
}

bool
spool_open(struct spool *spool, const char *path, char *const *channels,
           uint32_t channels_count)
{
    *spool = (struct spool){.root = -1, .lock = -1};
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return false;
    }
    spool->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    spool->folders = calloc(channels_count, sizeof spool->folders[0]);
    if (spool->root < 0 || spool->folders == NULL || !lock(spool)) {
        return false;
    }
    for (uint32_t i = 0; i < channels_count; i++) {
        if (mkdirat(spool->root, channels[i], 0777) != 0 && errno != EEXIST) {
            return false;
        }
        spool->folders[i] = openat(spool->root, channels[i],
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (spool->folders[i] < 0) {
            return false;
        }
        spool->channels_count = i + 1;
        if (!sweep(spool->folders[i])) {
            return false;
        }
    }
    return fsync(spool->root) == 0;
}

void
spool_close(struct spool *spool)
{
    for (uint32_t i = 0; i < spool->channels_count; i++) {
        close(spool->folders[i]);
    }
    free(spool->folders);
    if (spool->lock >= 0) {
        close(spool->lock);
    }
    if (spool->root >= 0) {
        close(spool->root);
    }
}

/* --- Names ---------------------------------------------------------------- */

void
spool_name(const struct spool_place *place, char name[SPOOL_NAME_SIZE])
{
    const uint32_t left =
        SPOOL_ATTEMPTS_MAX - (place->attempts > SPOOL_ATTEMPTS_MAX
                                  ? (uint32_t)SPOOL_ATTEMPTS_MAX
                                  : place->attempts);

    snprintf(name, SPOOL_NAME_SIZE, "%c%c%016" PRIX64 "-%08" PRIX32 "%s",
             digits[left / 36], digits[left % 36], place->message, place->file,
             place->is_held ? ".HELD" : ".00");
}

/* digit_of - in base 36, or 36 */
static uint32_t
digit_of(char c)
{
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? 36 : (uint32_t)(at - digits);
}

/* hex_read - so many digits, all of them */
static bool
hex_read(const char *text, uint32_t count, uint64_t *number)
{
    *number = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t digit = digit_of(text[i]);
        if (digit >= 16) {
            return false;
        }
        *number = *number << 4 | digit;
    }
    return true;
}

bool
spool_name_read(const char *name, struct spool_place *place)
{
    enum { NUMBERS_END = 2 + 16 + 1 + 8 };
    uint64_t file = 0;

    if (strlen(name) < NUMBERS_END || digit_of(name[0]) == 36 ||
        digit_of(name[1]) == 36 || name[18] != '-' ||
        !hex_read(name + 2, 16, &place->message) ||
        !hex_read(name + 19, 8, &file) || file == 0 || place->message == 0) {
        return false;
    }
    place->file = (uint32_t)file;
    place->attempts =
        SPOOL_ATTEMPTS_MAX - (digit_of(name[0]) * 36 + digit_of(name[1]));
    place->is_held = strcmp(name + NUMBERS_END, ".HELD") == 0;
    return place->is_held || strcmp(name + NUMBERS_END, ".00") == 0;
}

/* --- Files ---------------------------------------------------------------- */

/* envelope_print - the last line says that it is whole */
static bool
envelope_print(FILE *out, const struct envelope *envelope)
{
    fprintf(out, "envelope 1\nsubmitted %" PRId64 "\n", envelope->submitted_ns);
    fprintf(out, "returned %" PRId64 "\n", envelope->returned_ns);
    fprintf(out, "size %" PRId64 "\n", envelope->size_bytes);
    fprintf(out, "priority %" PRIu32 "\n", envelope->priority);
    fprintf(out, "flags %" PRIu32 "\n", envelope->flags);
    fprintf(out, "host %s\n", envelope->host);
    for (uint32_t i = 0; i < envelope->recipients_count; i++) {
        const struct envelope_recipient *to = &envelope->recipients[i];
        fprintf(out, "to %" PRIu32 " %s %s\n", to->index,
                to->state == ENVELOPE_WAITING ? "waiting" : "done",
                to->address);
    }
    fprintf(out, "end\n");
    return fflush(out) == 0 && ferror(out) == 0 && fsync(fileno(out)) == 0;
}

bool
spool_write(const struct spool *spool, const struct spool_place *place,
            const struct envelope *envelope)
{
    const int folder = spool->folders[place->channel];
    char name[SPOOL_NAME_SIZE];
    char temporary[SPOOL_NAME_SIZE + 1];

    spool_name(place, name);
    snprintf(temporary, sizeof temporary, ".%s", name);
    int fd = faults_hit(spool->faults, FAULT_WRITE)
                 ? -1
                 : openat(folder, temporary,
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return false;
    }
    FILE *out = fdopen(fd, "w");
    if (out == NULL) {
        close(fd);
        return false;
    }
    bool is_good = envelope_print(out, envelope);
    is_good = fclose(out) == 0 && is_good;
    is_good = is_good && !faults_hit(spool->faults, FAULT_RENAME) &&
              renameat(folder, temporary, folder, name) == 0 &&
              !faults_hit(spool->faults, FAULT_SYNC) && fsync(folder) == 0;
    if (!is_good) {
        const int error = errno;
        (void)unlinkat(folder, temporary, 0);
        errno = error;
    }
    return is_good;
}

/* line_end - without its end of line; NULL: it has none, so it was cut off */
static char *
line_end(char *line)
{
    char *end = strchr(line, '\n');

    if (end != NULL) {
        *end = '\0';
    }
    return end == NULL ? NULL : line;
}

/* recipient_add - "to INDEX STATE ADDRESS" */
static bool
recipient_add(struct envelope *envelope, const char *text)
{
    char *end = NULL;
    const unsigned long index = strtoul(text, &end, 10);
    const bool is_waiting = strncmp(end, " waiting ", 9) == 0;

    if (end == text || index >= UINT32_MAX ||
        (!is_waiting && strncmp(end, " done ", 6) != 0)) {
        return false;
    }
    const uint32_t n = envelope->recipients_count;
    if ((n & (n - 1)) == 0) { /* full: room for as many again */
        struct envelope_recipient *more = realloc(
            envelope->recipients, (n == 0 ? 1 : 2 * (size_t)n) * sizeof *more);
        if (more == NULL) {
            return false;
        }
        envelope->recipients = more;
    }
    envelope->recipients[n] = (struct envelope_recipient){
        .address = strdup(end + (is_waiting ? 9 : 6)),
        .index = (uint32_t)index,
        .state = is_waiting ? ENVELOPE_WAITING : ENVELOPE_DONE,
    };
    envelope->recipients_count++;
    return envelope->recipients[n].address != NULL;
}

/* field_read - one line. False: it is none of an envelope's. */
static bool
field_read(struct envelope *envelope, const char *line)
{
    static const struct {
        const char *key;
        uint32_t which;
    } keys[] = {{"submitted ", 0},
                {"returned ", 1},
                {"size ", 2},
                {"priority ", 3},
                {"flags ", 4}};

    if (strncmp(line, "to ", 3) == 0) {
        return recipient_add(envelope, line + 3);
    }
    if (strncmp(line, "host ", 5) == 0) {
        free(envelope->host);
        envelope->host = strdup(line + 5);
        return envelope->host != NULL;
    }
    for (uint32_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const size_t length = strlen(keys[i].key);
        if (strncmp(line, keys[i].key, length) != 0) {
            continue;
        }
        const int64_t number = strtoll(line + length, NULL, 10);
        int64_t *const longs[] = {&envelope->submitted_ns,
                                  &envelope->returned_ns,
                                  &envelope->size_bytes};
        if (keys[i].which < 3) {
            *longs[keys[i].which] = number;
        } else if (keys[i].which == 3) {
            envelope->priority = (uint32_t)number;
        } else {
            envelope->flags = (uint32_t)number;
        }
        return true;
    }
    return false;
}

/* envelope_scan - all of it; false: it is not whole */
static bool
envelope_scan(FILE *in, struct envelope *envelope)
{
    char *line = NULL;
    size_t size = 0;
    bool is_whole = false;
    bool is_good =
        getline(&line, &size, in) > 0 && strcmp(line, "envelope 1\n") == 0;

    while (is_good && !is_whole && getline(&line, &size, in) > 0) {
        is_good = line_end(line) != NULL;
        is_whole = is_good && strcmp(line, "end") == 0;
        is_good = is_good && (is_whole || field_read(envelope, line));
    }
    free(line);
    return is_good && is_whole && envelope->host != NULL &&
           envelope->recipients_count > 0;
}

bool
spool_read(const struct spool *spool, const struct spool_place *place,
           struct envelope *envelope)
{
    char name[SPOOL_NAME_SIZE];

    *envelope = (struct envelope){.returned_ns = SCHED_NO_TIME};
    spool_name(place, name);
    int fd = faults_hit(spool->faults, FAULT_READ)
                 ? -1
                 : openat(spool->folders[place->channel], name,
                          O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    FILE *in = fdopen(fd, "r");
    if (in == NULL) {
        close(fd);
        return false;
    }
    const bool is_good = envelope_scan(in, envelope);
    const bool is_read = ferror(in) == 0;
    fclose(in);
    if (!is_good) {
        envelope_free(envelope);
        errno = is_read ? EINVAL : EIO;
    }
    return is_good;
}

bool
spool_move(const struct spool *spool, const struct spool_place *from,
           const struct spool_place *to)
{
    char old[SPOOL_NAME_SIZE];
    char new[SPOOL_NAME_SIZE];

    spool_name(from, old);
    spool_name(to, new);
    return !faults_hit(spool->faults, FAULT_RENAME) &&
           renameat(spool->folders[from->channel], old,
                    spool->folders[to->channel], new) == 0;
}

bool
spool_remove(const struct spool *spool, const struct spool_place *place)
{
    char name[SPOOL_NAME_SIZE];

    spool_name(place, name);
    return !faults_hit(spool->faults, FAULT_REMOVE) &&
           unlinkat(spool->folders[place->channel], name, 0) == 0;
}

/* --- Listing -------------------------------------------------------------- */

struct list {
    struct spool_place *places;
    uint32_t count;
    uint32_t capacity;
};

static bool
list_add(struct list *list, const struct spool_place *place)
{
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        struct spool_place *more =
            realloc(list->places, capacity * sizeof *more);
        if (more == NULL) {
            return false;
        }
        list->places = more;
        list->capacity = capacity;
    }
    list->places[list->count++] = *place;
    return true;
}

/* folder_list - what is in one channel after the cursor */
static bool
folder_list(const struct spool *spool, uint32_t channel, uint64_t message,
            uint32_t file, struct list *list)
{
    DIR *folder = faults_hit(spool->faults, FAULT_LIST)
                      ? NULL
                      : folder_open(spool->folders[channel]);
    bool is_good = folder != NULL;

    while (is_good) {
        struct spool_place place = {.channel = channel};

        errno = 0; /* the end of the folder leaves it so */
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            is_good = errno == 0;
            break;
        }
        if (spool_name_read(entry->d_name, &place) &&
            (place.message > message ||
             (place.message == message && place.file > file))) {
            is_good = list_add(list, &place);
        }
    }
    if (folder != NULL) {
        const int error = errno;
        closedir(folder);
        errno = error;
    }
    return is_good;
}

static int
place_compare(const void *left, const void *right)
{
    const struct spool_place *a = left;
    const struct spool_place *b = right;

    if (a->message != b->message) {
        return a->message < b->message ? -1 : 1;
    }
    return a->file < b->file ? -1 : a->file > b->file;
}

bool
spool_list(const struct spool *spool, const struct spool_query *query,
           struct spool_place **places, uint32_t *count, bool *has_more)
{
    struct list list = {0};
    bool is_good = true;

    for (uint32_t i = 0; is_good && i < spool->channels_count; i++) {
        if (query->channel == SCHED_NONE || query->channel == i) {
            is_good = folder_list(spool, i, query->message, query->file, &list);
        }
    }
    if (!is_good) {
        free(list.places);
        return false;
    }
    if (list.count > 0) {
        qsort(list.places, list.count, sizeof list.places[0], place_compare);
    }
    *places = list.places;
    *count = list.count < query->max ? list.count : query->max;
    *has_more = list.count > query->max;
    return true;
}

void
envelope_free(struct envelope *envelope)
{
    for (uint32_t i = 0; i < envelope->recipients_count; i++) {
        free(envelope->recipients[i].address);
    }
    free(envelope->recipients);
    free(envelope->host);
    *envelope = (struct envelope){0};
}
