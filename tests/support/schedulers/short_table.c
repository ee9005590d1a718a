/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * short_table.c - a descriptor that ends before describe
 */
#include "tests/support/schedulers/broken.h"

BROKEN(SCHED_ABI_MAGIC, offsetof(struct sched_object, describe),
       SCHED_ABI_MAJOR, "", broken_describe)
