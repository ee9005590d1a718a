/* SPDX-License-Identifier: MIT */
/*
 * mends.c - see mends.h
 */
#include "mends.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

struct mend {
    struct mend *next;
    struct spool_place place;
    uint32_t *done; /* owned: indices; NULL: the whole file should be gone */
    uint32_t done_count;
};

/* at - where it hangs, or the end of the list */
static struct mend **
at(struct mends *mends, uint64_t message, uint32_t file)
{
    struct mend **at = &mends->first;

    while (*at != NULL &&
           ((*at)->place.message != message || (*at)->place.file != file)) {
        at = &(*at)->next;
    }
    return at;
}

/* mend_of - the one of a file, made if there is none */
static struct mend *
mend_of(struct mends *mends, const struct spool_place *place)
{
    struct mend **hook = at(mends, place->message, place->file);

    if (*hook == NULL) {
        *hook = live_alloc(sizeof **hook);
        mends->count++;
    }
    (*hook)->place = *place;
    return *hook;
}

void
mends_add_gone(struct mends *mends, const struct spool_place *place)
{
    struct mend *mend = mend_of(mends, place);

    free(mend->done);
    mend->done = NULL;
    mend->done_count = 0;
}

void
mends_add_done(struct mends *mends, const struct spool_place *place,
               const uint32_t *done, uint32_t done_count)
{
    struct mend *mend = mend_of(mends, place);
    const uint32_t before = mend->done_count;
    uint32_t *all = live_alloc((before + (size_t)done_count) * sizeof *all);

    if (before > 0) {
        memcpy(all, mend->done, before * sizeof *all);
    }
    if (done_count > 0) {
        memcpy(all + before, done, done_count * sizeof *all);
    }
    free(mend->done);
    mend->done = all;
    mend->done_count = before + done_count;
}

bool
mends_is_gone(const struct mends *mends, uint64_t message, uint32_t file)
{
    for (const struct mend *mend = mends->first; mend != NULL;
         mend = mend->next) {
        if (mend->place.message == message && mend->place.file == file) {
            return mend->done == NULL;
        }
    }
    return false;
}

/* is_done - among those who are */
static bool
is_done(const struct mend *mend, uint32_t index)
{
    uint32_t i = 0;

    while (i < mend->done_count && mend->done[i] != index) {
        i++;
    }
    return i < mend->done_count;
}

/* mend_do - what it is about. False with errno. */
static bool
mend_do(const struct mend *mend, const struct spool *spool)
{
    struct envelope envelope;

    if (mend->done == NULL) {
        return spool_remove(spool, &mend->place) || errno == ENOENT;
    }
    if (!spool_read(spool, &mend->place, &envelope)) {
        return errno == ENOENT;
    }
    for (uint32_t i = 0; i < envelope.recipients_count; i++) {
        if (is_done(mend, envelope.recipients[i].index)) {
            envelope.recipients[i].state = ENVELOPE_DONE;
        }
    }
    const bool is_good = spool_write(spool, &mend->place, &envelope);
    const int error = errno;
    envelope_free(&envelope);
    errno = error;
    return is_good;
}

/* hook_do - the mend that hangs here; it goes if it is done */
static bool
hook_do(struct mends *mends, const struct spool *spool, struct mend **hook)
{
    struct mend *mend = *hook;

    if (!mend_do(mend, spool)) {
        return false;
    }
    *hook = mend->next;
    free(mend->done);
    free(mend);
    mends->count--;
    return true;
}

bool
mends_settle(struct mends *mends, const struct spool *spool, uint64_t message,
             uint32_t file)
{
    struct mend **hook = at(mends, message, file);

    return *hook == NULL || hook_do(mends, spool, hook);
}

void
mends_retry(struct mends *mends, const struct spool *spool)
{
    struct mend **hook = &mends->first;

    while (*hook != NULL) {
        struct mend *mend = *hook;

        if (!hook_do(mends, spool, hook)) {
            hook = &mend->next;
        }
    }
}

void
mends_free(struct mends *mends)
{
    while (mends->first != NULL) {
        struct mend *mend = mends->first;

        mends->first = mend->next;
        free(mend->done);
        free(mend);
    }
    mends->count = 0;
}
