/* SPDX-License-Identifier: MIT */
/*
 * posts.c - see posts.h
 */
#include "posts.h"

#include <stdlib.h>

#include "arrivals.h"
#include "live.h"

void
posts_init(struct posts *posts)
{
    *posts = (struct posts){0};
    pthread_mutex_init(&posts->lock, NULL);
    live_cond_init(&posts->came);
}

void
posts_free(struct posts *posts)
{
    while (posts->first != NULL) {
        struct post *post = posts->first;
        posts->first = post->next;
        post_free(post);
    }
    pthread_cond_destroy(&posts->came);
    pthread_mutex_destroy(&posts->lock);
}

struct post *
post_new(enum post_kind kind)
{
    struct post *post = live_alloc(sizeof *post);

    post->kind = kind;
    return post;
}

void
post_free(struct post *post)
{
    arrival_free(post->arrival);
    free(post->results);
    free(post->recipients);
    free(post->command);
    free(post);
}

void
posts_put(struct posts *posts, struct post *post)
{
    pthread_mutex_lock(&posts->lock);
    if (posts->last == NULL) {
        posts->first = post;
    } else {
        posts->last->next = post;
    }
    posts->last = post;
    pthread_cond_signal(&posts->came);
    pthread_mutex_unlock(&posts->lock);
}

struct post *
posts_take(struct posts *posts, int64_t until_ns)
{
    const struct timespec until = live_timespec(until_ns);
    int error = 0;

    pthread_mutex_lock(&posts->lock);
    while (posts->first == NULL && error == 0) {
        error = pthread_cond_timedwait(&posts->came, &posts->lock, &until);
    }
    struct post *post = posts->first;
    if (post != NULL) {
        posts->first = post->next;
        posts->last = post->next == NULL ? NULL : posts->last;
        post->next = NULL;
    }
    pthread_mutex_unlock(&posts->lock);
    return post;
}
