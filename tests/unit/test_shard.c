/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_shard.c - parts as they are typed, and as engines say them
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/shard.h"

static void
is_part(const char *text, uint32_t index, uint32_t count)
{
    struct shard shard = {99, 99};
    struct diag diag;

    diag_init(&diag);
    assert_true(shard_parse(text, getenv, &shard, &diag));
    assert_int_equal(shard.index, index);
    assert_int_equal(shard.count, count);
    diag_free(&diag);
}

static void
is_refused(const char *text)
{
    struct shard shard;
    struct diag diag;

    diag_init(&diag);
    assert_false(shard_parse(text, getenv, &shard, &diag));
    assert_int_equal(diag.errors_count, 1);
    diag_free(&diag);
}

static int
environment_clear(void **state)
{
    static const char *const names[] = {"SLURM_ARRAY_TASK_ID",
                                        "SLURM_ARRAY_TASK_COUNT",
                                        "SLURM_ARRAY_TASK_MIN",
                                        "SLURM_ARRAY_TASK_STEP",
                                        "OMPI_COMM_WORLD_RANK",
                                        "OMPI_COMM_WORLD_SIZE",
                                        "PMI_RANK",
                                        "PMI_SIZE",
                                        "SLURM_PROCID",
                                        "SLURM_NTASKS",
                                        "JOB_COMPLETION_INDEX",
                                        "PARALLEL_SEQ",
                                        "MTASIM_SHARDS"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unsetenv(names[i]);
    }
    return 0;
}

static void
test_shard_is_a_part_of_a_number_of_parts(void **state)
{
    (void)state;
    is_part("0/1", 0, 1);
    is_part("7/8", 7, 8);
    is_refused("8/8");
    is_refused("-1/8");
    is_refused("1/");
    is_refused("/4");
    is_refused("1/4x");
    is_refused("1");
    is_refused("");
    is_refused("99999999999999999999/3");
}

static void
test_shard_auto_without_an_engine_is_refused(void **state)
{
    (void)state;
    is_refused("auto");
}

/* --array=1-9:2 has the tasks 1 3 5 7 9: 7 is the fourth of five. */
static void
test_shard_auto_reads_slurm_arrays(void **state)
{
    (void)state;
    setenv("SLURM_ARRAY_TASK_ID", "7", 1);
    setenv("SLURM_ARRAY_TASK_MIN", "1", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "5", 1);
    setenv("SLURM_PROCID", "0", 1); /* is there within an array, too */
    setenv("SLURM_NTASKS", "1", 1);
    is_part("auto", 3, 5);
    setenv("SLURM_ARRAY_TASK_ID", "8", 1);
    is_refused("auto");
}

static void
test_shard_auto_reads_mpi_kubernetes_and_parallel(void **state)
{
    (void)state;
    setenv("MTASIM_SHARDS", "4", 1);
    setenv("PARALLEL_SEQ", "1", 1);
    is_part("auto", 0, 4);
    setenv("JOB_COMPLETION_INDEX", "3", 1);
    is_part("auto", 3, 4);
    setenv("SLURM_PROCID", "1", 1);
    setenv("SLURM_NTASKS", "2", 1);
    is_part("auto", 1, 2);
    setenv("PMI_RANK", "5", 1);
    setenv("PMI_SIZE", "6", 1);
    is_part("auto", 5, 6);
    setenv("OMPI_COMM_WORLD_RANK", "2", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "3", 1);
    is_part("auto", 2, 3);
}

static void
test_shard_auto_needs_the_number_of_parts(void **state)
{
    (void)state;
    setenv("JOB_COMPLETION_INDEX", "0", 1);
    is_refused("auto");
}

#define TEST(name) cmocka_unit_test_setup(name, environment_clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shard_is_a_part_of_a_number_of_parts),
        TEST(test_shard_auto_without_an_engine_is_refused),
        TEST(test_shard_auto_reads_slurm_arrays),
        TEST(test_shard_auto_reads_mpi_kubernetes_and_parallel),
        TEST(test_shard_auto_needs_the_number_of_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
