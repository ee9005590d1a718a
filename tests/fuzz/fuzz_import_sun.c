/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_import_sun.c - any bytes, read as a log of the sun form
 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_import(IMPORT_SUN, bytes, size);
    return 0;
}
