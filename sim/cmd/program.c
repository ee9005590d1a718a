/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.c - see program.h
 */
#include "sim/cmd/program.h"

#include "program_sha256.h" /* made by the Makefile, in the build folder */

const char *
program_sha256(void)
{
    return PROGRAM_SHA256;
}
