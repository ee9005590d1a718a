/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * old_abi.c - of the next major version
 */
#include "tests/support/schedulers/broken.h"

BROKEN(SCHED_ABI_MAGIC, sizeof(struct sched_object), SCHED_ABI_MAJOR + 1, "",
       broken_describe)
