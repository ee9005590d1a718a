/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - a fuzz target without a fuzzer: answers the files it is given
 *
 * Usage: fuzz_X FILE...
 *
 * Says "# FILE" before each, so that the last one named is the one that broke.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int
main(int argc, char **argv)
{
    printf("1..1\n");
    if (argc < 2) {
        printf("not ok 1 - there are inputs\n");
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++) {
        size_t size = 0;
        char *bytes = fuzz_read(argv[i], &size);

        printf("# %s\n", argv[i]);
        fflush(stdout);
        if (bytes == NULL) {
            printf("not ok 1 - %s can be read\n", argv[i]);
            return EXIT_FAILURE;
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
        free(bytes);
    }
    printf("ok 1 - all of %d inputs were answered\n", argc - 1);
    return EXIT_SUCCESS;
}
