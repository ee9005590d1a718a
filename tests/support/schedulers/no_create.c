/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_create.c - it cannot be created, and says nothing of why
 */
#include "tests/support/schedulers/broken.h"

BROKEN(SCHED_ABI_MAGIC, sizeof(struct sched_object), SCHED_ABI_MAJOR, "",
       broken_describe)
