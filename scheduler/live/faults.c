/* SPDX-License-Identifier: MIT */
/*
 * faults.c - see faults.h
 */
#include "faults.h"

#include <errno.h>
#include <stddef.h>

#include "chances.h"
#include "live.h"

bool
faults_read(uint32_t ppm[FAULTS_COUNT], const char *text)
{
    static const char *const names[FAULTS_COUNT] = {
        [FAULT_READ] = "read",     [FAULT_WRITE] = "write",
        [FAULT_SYNC] = "sync",     [FAULT_RENAME] = "rename",
        [FAULT_REMOVE] = "remove", [FAULT_LIST] = "list"};

    return chances_read(text, names, FAULTS_COUNT, ppm);
}

bool
faults_hit(struct faults *faults, enum fault fault)
{
    if (faults == NULL || faults->ppm[fault] == 0 ||
        !atomic_load(&faults->is_on)) {
        return false;
    }
    const uint64_t n = atomic_fetch_add(&faults->asked_count, 1);
    if (live_mix(faults->seed, n, fault) % CHANCES_PPM >= faults->ppm[fault]) {
        return false;
    }
    atomic_fetch_add(&faults->hit_count, 1);
    errno = fault == FAULT_WRITE ? ENOSPC : EIO;
    return true;
}
