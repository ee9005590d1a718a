/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * other_school.c - the forger without a claim to be a Job Controller
 */
#define TAMPER_POLICY ""
#include "tests/support/schedulers/tamper.c" /* the same, but for one text */
