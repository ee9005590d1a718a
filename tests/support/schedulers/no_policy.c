/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_policy.c - a descriptor without its texts
 */
#include "tests/support/schedulers/broken.h"

BROKEN(SCHED_ABI_MAGIC, sizeof(struct sched_object), SCHED_ABI_MAJOR, NULL,
       broken_describe)
