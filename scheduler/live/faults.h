/* SPDX-License-Identifier: MIT */
/*
 * faults.h - a queue directory that says no, for tests: `--io-fail`
 *
 * The functions that touch the directory ask before each step; when it is hit
 * they fail as if the system had refused, with errno. By an ordinal of the
 * asking, so that what is tried again meets other luck.
 *
 * THREADS    Any.
 */
#ifndef SCHED_LIVE_FAULTS_H
#define SCHED_LIVE_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_READ,   /* EIO: a file is not opened */
    FAULT_WRITE,  /* ENOSPC: a file is not written */
    FAULT_SYNC,   /* EIO: it is, but nobody can be sure of it */
    FAULT_RENAME, /* EIO */
    FAULT_REMOVE, /* EIO */
    FAULT_LIST,   /* EIO: a folder is not opened */
    FAULTS_COUNT
};

struct faults {
    uint64_t seed;
    uint32_t ppm[FAULTS_COUNT];
    _Atomic uint64_t asked_count;
    _Atomic uint64_t hit_count;
    _Atomic bool is_on; /* nothing fails before */
};

/* "read=1%,write=5%,sync=1%,rename=5%,remove=5%,list=1%"; false: not so */
bool faults_read(uint32_t ppm[FAULTS_COUNT], const char *text);
/* True, with errno: this one is to fail. NULL: none ever is. */
bool faults_hit(struct faults *faults, enum fault fault);

#endif
