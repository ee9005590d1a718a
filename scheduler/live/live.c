/* SPDX-License-Identifier: MIT */
/*
 * live.c - see live.h
 */
#include "live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t
clock_read(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return now.tv_sec * LIVE_NS_PER_S + now.tv_nsec;
}

int64_t
live_now_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t
live_utc_ns(void)
{
    return clock_read(CLOCK_REALTIME);
}

/* days_before - from 1970-01-01 to the first of January of a year */
static int64_t
days_before(int64_t year)
{
    const int64_t y = year - 1;

    return 365 * (year - 1970) + (y / 4 - 492) - (y / 100 - 19) + (y / 400 - 4);
}

int64_t
live_wall_offset_ns(void)
{
    const int64_t utc_ns = live_utc_ns();
    const int64_t now_ns = live_now_ns();
    const time_t utc_s = (time_t)(utc_ns / LIVE_NS_PER_S);
    struct tm civil = {0};

    localtime_r(&utc_s, &civil);
    const int64_t days = days_before(civil.tm_year + 1900) + civil.tm_yday;
    const int64_t local_s =
        ((days * 24 + civil.tm_hour) * 60 + civil.tm_min) * 60 + civil.tm_sec;
    return utc_ns - now_ns + (local_s - utc_s) * LIVE_NS_PER_S;
}

struct timespec
live_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / LIVE_NS_PER_S),
                             .tv_nsec = (long)(ns % LIVE_NS_PER_S)};
}

void
live_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

void *
live_alloc(size_t bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);

    if (memory == NULL) {
        live_say("out of memory");
        _exit(74);
    }
    return memory;
}

void
live_free(const void *memory)
{
    void *own = NULL;

    memcpy(&own, &memory, sizeof own);
    free(own);
}

void
live_say(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "jobctld: %s\n", text);
}

uint64_t
live_mix(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t x = seed;

    for (int i = 0; i < 3; i++) { /* splitmix64's finalizer, each word once */
        x += (i == 0 ? a : b) + UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
    }
    return x;
}
