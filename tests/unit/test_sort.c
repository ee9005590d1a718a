/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_sort.c - the order of records, whatever the memory
 */
#include "sim/lab/sort.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/logfiles.h"
#include "tests/support/support.h"

#define RECORDS_COUNT 5000

/* A record of the naive reference. */
struct sample {
    char key[12];
    uint32_t key_size;
    uint64_t seq;
};

static int
sample_compare(const void *a, const void *b)
{
    const struct sample *x = a;
    const struct sample *y = b;
    /* Padded with NULs, which no key holds, a plain memcmp sorts a shorter
     * key first. */
    const int order = memcmp(x->key, y->key, sizeof x->key);

    return order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static void
samples_draw(struct sample *samples, uint64_t seed)
{
    for (uint64_t i = 0; i < RECORDS_COUNT; i++) {
        samples[i] = (struct sample){.seq = i};
        samples[i].key_size = (uint32_t)test_random_below(&seed, 6);
        for (uint32_t k = 0; k < samples[i].key_size; k++) {
            /* Few letters make ties; 0xff shows that bytes are unsigned. */
            samples[i].key[k] = "a\xff"[test_random_below(&seed, 2)];
        }
    }
}

static void
check_with_memory(uint64_t memory_bytes, uint64_t runs_min, uint64_t runs_max)
{
    struct sample *samples = calloc(RECORDS_COUNT, sizeof *samples);
    struct sort *sort = sort_new(logfiles_path("test_sort"), memory_bytes);
    struct sort_record record;

    samples_draw(samples, 7);
    for (uint64_t i = 0; i < RECORDS_COUNT; i++) {
        assert_true(sort_add(sort, &(struct sort_record){
                                       .key = samples[i].key,
                                       .key_size = samples[i].key_size,
                                       .data = (const char *)&samples[i].seq,
                                       .data_size = sizeof samples[i].seq,
                                       .seq = samples[i].seq,
                                   }));
    }
    qsort(samples, RECORDS_COUNT, sizeof *samples, sample_compare);
    for (uint64_t i = 0; i < RECORDS_COUNT; i++) {
        assert_int_equal(sort_next(sort, &record), 1);
        assert_int_equal(record.seq, samples[i].seq);
        assert_int_equal(record.key_size, samples[i].key_size);
        assert_memory_equal(record.key, samples[i].key, record.key_size);
        assert_int_equal(record.data_size, sizeof record.seq);
        assert_memory_equal(record.data, &record.seq, sizeof record.seq);
    }
    assert_int_equal(sort_next(sort, &record), 0);
    assert_in_range(sort_runs_count(sort), runs_min, runs_max);
    sort_free(sort);
    free(samples);
    assert_false(logfiles_has_litter(logfiles_path("test_sort")));
}

static void
test_sort_in_memory_gives_keys_then_seq(void **state)
{
    (void)state;
    check_with_memory(0, 0, 0);
}

static void
test_sort_with_runs_gives_the_same_order(void **state)
{
    (void)state;
    check_with_memory(40000, 2, SORT_RUNS_MAX);
}

/* 5000 records, a run each few: runs are joined on the way. */
static void
test_sort_with_more_runs_than_files_gives_the_same_order(void **state)
{
    (void)state;
    check_with_memory(1000, UINT64_C(4) * SORT_RUNS_MAX, RECORDS_COUNT);
}

static void
test_sort_of_nothing_is_at_its_end(void **state)
{
    (void)state;
    struct sort *sort = sort_new(logfiles_path("test_sort"), 0);
    struct sort_record record;

    assert_int_equal(sort_next(sort, &record), 0);
    assert_int_equal(sort_next(sort, &record), 0);
    sort_free(sort);
}

static void
test_sort_says_when_runs_cannot_be_written(void **state)
{
    (void)state;
    struct sort *sort = sort_new("/no/such/folder/x", 100);
    const struct sort_record record = {.key = "k", .key_size = 1};
    bool is_added = true;

    for (int i = 0; i < 10; i++) {
        is_added = is_added && sort_add(sort, &record);
    }
    assert_false(is_added);
    sort_free(sort);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort_in_memory_gives_keys_then_seq),
        cmocka_unit_test(test_sort_with_runs_gives_the_same_order),
        cmocka_unit_test(
            test_sort_with_more_runs_than_files_gives_the_same_order),
        cmocka_unit_test(test_sort_of_nothing_is_at_its_end),
        cmocka_unit_test(test_sort_says_when_runs_cannot_be_written),
    };

    return cmocka_run_group_tests_name("sort", tests, NULL, NULL);
}
