/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_import_postfix.c - any bytes, read as a log of the postfix form
 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_import(IMPORT_POSTFIX, bytes, size);
    return 0;
}
