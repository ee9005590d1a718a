/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sort.c - runs, and a heap that merges them; see sort.h
 *
 * A record lies in memory and in a run in one form: its head, key, data. While
 * it is collected, records[] points at the heads, as offsets, because the
 * block they lie in moves when it grows.
 */
#include "sim/lab/sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct head {
    uint32_t key_size;
    uint32_t data_size;
    uint64_t seq;
};

/* One run being read: its first record not yet given. */
struct run {
    FILE *file;
    char *record; /* head, key, data */
    uint64_t capacity;
};

struct sort {
    char *beside;
    uint64_t memory_bytes;
    char *block;
    uint64_t block_size;
    uint64_t block_capacity;
    const char **records; /* filled in when the block stands still */
    uint64_t *offsets;
    uint64_t records_count;
    uint64_t records_capacity;
    uint64_t next; /* reading from memory: the record to give */
    struct run runs[SORT_RUNS_MAX];
    uint32_t runs_count;
    uint64_t runs_written;
    uint32_t heap[SORT_RUNS_MAX]; /* run indices, least record first */
    uint32_t heap_count;
    bool is_reading;
    bool is_top_given; /* the heap's first record has been handed out */
};

struct sort *
sort_new(const char *beside, uint64_t memory_bytes)
{
    struct sort *sort = base_alloc(sizeof *sort);
    const size_t size = strlen(beside) + 1;

    sort->beside = base_alloc(size);
    memcpy(sort->beside, beside, size);
    sort->memory_bytes = memory_bytes == 0 ? SORT_MEMORY_DEFAULT : memory_bytes;
    return sort;
}

void
sort_free(struct sort *sort)
{
    if (sort == NULL) {
        return;
    }
    for (uint32_t i = 0; i < sort->runs_count; i++) {
        fclose(sort->runs[i].file);
        free(sort->runs[i].record);
    }
    free(sort->beside);
    free(sort->block);
    free(sort->records);
    free(sort->offsets);
    free(sort);
}

static struct head
head_of(const char *record)
{
    struct head head;

    memcpy(&head, record, sizeof head);
    return head;
}

static uint64_t
bytes_of(const struct head *head)
{
    return sizeof *head + (uint64_t)head->key_size + head->data_size;
}

static int
compare(const char *a, const char *b)
{
    const struct head x = head_of(a);
    const struct head y = head_of(b);
    const uint32_t common = x.key_size < y.key_size ? x.key_size : y.key_size;
    const int by_key = memcmp(a + sizeof x, b + sizeof y, common);

    if (by_key != 0) {
        return by_key;
    }
    if (x.key_size != y.key_size) {
        return x.key_size < y.key_size ? -1 : 1;
    }
    return (x.seq > y.seq) - (x.seq < y.seq);
}

static int
compare_pointers(const void *a, const void *b)
{
    return compare(*(const char *const *)a, *(const char *const *)b);
}

/* block_sort - records[] in order. qsort() may break ties as it likes: there
 * are none. */
static void
block_sort(struct sort *sort)
{
    sort->records = base_realloc(sort->records,
                                 sort->records_count * sizeof *sort->records);
    for (uint64_t i = 0; i < sort->records_count; i++) {
        sort->records[i] = sort->block + sort->offsets[i];
    }
    qsort(sort->records, sort->records_count, sizeof *sort->records,
          compare_pointers);
}

/* run_open - a temporary file without a name; NULL: errno */
static FILE *
run_open(const struct sort *sort)
{
    const size_t size = strlen(sort->beside) + 12;
    char *name = base_alloc(size);
    FILE *file = NULL;
    int fd = -1;

    snprintf(name, size, "%s.runXXXXXX", sort->beside);
    fd = mkstemp(name);
    if (fd >= 0) {
        unlink(name);
        file = fdopen(fd, "w+");
        if (file == NULL) {
            close(fd);
        }
    }
    free(name);
    return file;
}

static bool
record_write(FILE *file, const char *record)
{
    const struct head head = head_of(record);
    const uint64_t bytes = bytes_of(&head);

    return fwrite(record, 1, bytes, file) == bytes;
}

/* run_advance - reads the run's next record. 1, 0 at its end, -1 */
static int
run_advance(struct run *run)
{
    struct head head;
    const size_t got = fread(&head, 1, sizeof head, run->file);

    if (got == 0 && feof(run->file)) {
        return 0;
    }
    if (got != sizeof head) {
        errno = EIO;
        return -1;
    }
    const uint64_t bytes = bytes_of(&head);

    if (bytes > run->capacity) {
        run->capacity = bytes * 2;
        run->record = base_realloc(run->record, run->capacity);
    }
    memcpy(run->record, &head, sizeof head);
    if (fread(run->record + sizeof head, 1, bytes - sizeof head, run->file) !=
        bytes - sizeof head) {
        errno = EIO;
        return -1;
    }
    return 1;
}

static bool
is_before(const struct sort *sort, uint32_t a, uint32_t b)
{
    return compare(sort->runs[sort->heap[a]].record,
                   sort->runs[sort->heap[b]].record) < 0;
}

static void
heap_sink(struct sort *sort, uint32_t at)
{
    for (;;) {
        uint32_t least = at;

        for (uint32_t child = 2 * at + 1;
             child <= 2 * at + 2 && child < sort->heap_count; child++) {
            if (is_before(sort, child, least)) {
                least = child;
            }
        }
        if (least == at) {
            return;
        }
        const uint32_t run = sort->heap[at];

        sort->heap[at] = sort->heap[least];
        sort->heap[least] = run;
        at = least;
    }
}

/* merge_begin - rewinds all runs and orders them by their first records */
static bool
merge_begin(struct sort *sort)
{
    sort->heap_count = 0;
    sort->is_top_given = false;
    for (uint32_t i = 0; i < sort->runs_count; i++) {
        if (fflush(sort->runs[i].file) != 0 ||
            fseek(sort->runs[i].file, 0, SEEK_SET) != 0) {
            return false;
        }
        const int got = run_advance(&sort->runs[i]);

        if (got < 0) {
            return false;
        }
        if (got > 0) {
            sort->heap[sort->heap_count++] = i;
        }
    }
    for (uint32_t i = sort->heap_count / 2; i-- > 0;) {
        heap_sink(sort, i);
    }
    return true;
}

/* merge_next - the least record of all runs. 1, 0 at the end, -1 */
static int
merge_next(struct sort *sort, const char **record)
{
    if (sort->is_top_given) {
        const int got = run_advance(&sort->runs[sort->heap[0]]);

        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            sort->heap[0] = sort->heap[--sort->heap_count];
        }
        heap_sink(sort, 0);
    }
    sort->is_top_given = sort->heap_count > 0;
    if (sort->heap_count == 0) {
        return 0;
    }
    *record = sort->runs[sort->heap[0]].record;
    return 1;
}

/* runs_join - all runs become one, so that files open at once stay few */
static bool
runs_join(struct sort *sort)
{
    FILE *joined = run_open(sort);
    const char *record = NULL;
    int got = 0;

    if (joined == NULL) {
        return false;
    }
    if (!merge_begin(sort)) {
        fclose(joined);
        return false;
    }
    while ((got = merge_next(sort, &record)) > 0) {
        if (!record_write(joined, record)) {
            got = -1;
            break;
        }
    }
    if (got < 0) {
        fclose(joined);
        return false;
    }
    for (uint32_t i = 0; i < sort->runs_count; i++) {
        fclose(sort->runs[i].file);
        free(sort->runs[i].record);
        sort->runs[i] = (struct run){0};
    }
    sort->runs[0].file = joined;
    sort->runs_count = 1;
    return true;
}

/* run_write - what was collected becomes a run */
static bool
run_write(struct sort *sort)
{
    if (sort->runs_count == SORT_RUNS_MAX && !runs_join(sort)) {
        return false;
    }
    FILE *file = run_open(sort);

    if (file == NULL) {
        return false;
    }
    sort->runs[sort->runs_count++] = (struct run){.file = file};
    sort->runs_written++;
    block_sort(sort);
    for (uint64_t i = 0; i < sort->records_count; i++) {
        if (!record_write(file, sort->records[i])) {
            return false;
        }
    }
    sort->records_count = 0;
    sort->block_size = 0;
    return true;
}

static void
block_grow(struct sort *sort, uint64_t bytes)
{
    if (sort->block_size + bytes > sort->block_capacity) {
        sort->block_capacity = (sort->block_size + bytes) * 2;
        sort->block = base_realloc(sort->block, sort->block_capacity);
    }
    if (sort->records_count == sort->records_capacity) {
        sort->records_capacity = sort->records_capacity * 2 + 64;
        sort->offsets = base_realloc(sort->offsets, sort->records_capacity *
                                                        sizeof *sort->offsets);
    }
}

bool
sort_add(struct sort *sort, const struct sort_record *record)
{
    const struct head head = {record->key_size, record->data_size, record->seq};
    const uint64_t bytes = bytes_of(&head);

    ASSERT(!sort->is_reading);
    ASSERT(bytes <= SORT_RECORD_BYTES_MAX);
    /* A record costs its bytes, an offset and a pointer. */
    if (sort->records_count > 0 &&
        sort->block_size + bytes + sort->records_count * 16 >
            sort->memory_bytes / 2 &&
        !run_write(sort)) {
        return false;
    }
    block_grow(sort, bytes);
    char *at = sort->block + sort->block_size;

    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, record->key, record->key_size);
    if (record->data_size > 0) {
        memcpy(at + sizeof head + record->key_size, record->data,
               record->data_size);
    }
    sort->offsets[sort->records_count++] = sort->block_size;
    sort->block_size += bytes;
    return true;
}

/* reading_begin - from memory alone, or everything from runs */
static bool
reading_begin(struct sort *sort)
{
    sort->is_reading = true;
    if (sort->runs_count == 0) {
        block_sort(sort);
        return true;
    }
    if (sort->records_count > 0 && !run_write(sort)) {
        return false;
    }
    free(sort->block);
    free(sort->records);
    free(sort->offsets);
    sort->block = NULL;
    sort->records = NULL;
    sort->offsets = NULL;
    return merge_begin(sort);
}

int
sort_next(struct sort *sort, struct sort_record *record)
{
    const char *at = NULL;

    if (!sort->is_reading && !reading_begin(sort)) {
        return -1;
    }
    if (sort->runs_count == 0) {
        if (sort->next == sort->records_count) {
            return 0;
        }
        ASSERT(sort->records != NULL);
        at = sort->records[sort->next++];
    } else {
        const int got = merge_next(sort, &at);

        if (got <= 0) {
            return got;
        }
    }
    const struct head head = head_of(at);

    *record = (struct sort_record){
        .key = at + sizeof head,
        .data = at + sizeof head + head.key_size,
        .key_size = head.key_size,
        .data_size = head.data_size,
        .seq = head.seq,
    };
    return 1;
}

uint64_t
sort_runs_count(const struct sort *sort)
{
    return sort->runs_written;
}
