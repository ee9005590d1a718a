/* SPDX-License-Identifier: MIT */
/*
 * control.c - see control.h
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "live.h"

/* GUESS: connections that wait for their turn, and how long one may be silent. */
enum { BACKLOG = 16, SILENCE_S = 5 };

/* address_fill - false with errno */
static bool
address_fill(struct sockaddr_un *address, const char *folder)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    const int length = snprintf(address->sun_path, sizeof address->sun_path,
                                "%s/%s", folder, CONTROL_NAME);

    errno = ENAMETOOLONG;
    return length > 0 && (size_t)length < sizeof address->sun_path;
}

/* socket_new - one that is not silent for ever; -1: errno */
static int
socket_new(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
silence_limit(int fd)
{
    const struct timeval most = {.tv_sec = SILENCE_S};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
}

/* line_receive - up to its end, or the peer's. False: there is none. */
static bool
line_receive(int fd, char line[CONTROL_LINE_MAX])
{
    size_t size = 0;

    while (size < CONTROL_LINE_MAX - 1) {
        const ssize_t n = recv(fd, line + size, CONTROL_LINE_MAX - 1 - size, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        size += n > 0 ? (size_t)n : 0;
        line[size] = '\0';
        if (n <= 0 || memchr(line, '\n', size) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            return n >= 0 && size > 0;
        }
    }
    return false;
}

static bool
all_send(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        const ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* --- The thread ----------------------------------------------------------------- */

/* ask - the dispatcher; what it answers, owned */
static char *
ask(struct control *control, const char *line)
{
    struct post *post = post_new(POST_COMMAND);
    const size_t size = strlen(line) + 1;
    char *answer = NULL;

    post->command = memcpy(live_alloc(size), line, size);
    posts_put(control->posts, post);
    pthread_mutex_lock(&control->lock);
    while (control->answer == NULL && !control->is_quitting) {
        pthread_cond_wait(&control->answered, &control->lock);
    }
    answer = control->answer;
    control->answer = NULL;
    pthread_mutex_unlock(&control->lock);
    return answer;
}

static void
serve(struct control *control, int fd)
{
    char line[CONTROL_LINE_MAX];

    silence_limit(fd);
    if (line_receive(fd, line)) {
        char *answer = ask(control, line);
        (void)all_send(fd, answer == NULL ? "error: it is ending\n" : answer);
        free(answer);
    } else {
        (void)all_send(fd, "error: expected one line\n");
    }
}

static void *
control_main(void *arg)
{
    struct control *control = arg;
    struct pollfd waiting[] = {{.fd = control->listener, .events = POLLIN},
                               {.fd = control->quit[0], .events = POLLIN}};

    for (;;) {
        const int ready = poll(waiting, 2, -1);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready < 0 || waiting[1].revents != 0) {
            return NULL;
        }
        const int fd = accept(control->listener, NULL, NULL);
        if (fd >= 0) {
            serve(control, fd);
            close(fd);
        }
    }
}

/* --- From outside --------------------------------------------------------------- */

/* listen_at - false with errno */
static bool
listen_at(struct control *control)
{
    struct sockaddr_un address;

    if (!address_fill(&address, control->folder)) {
        return false;
    }
    (void)unlink(address.sun_path); /* of a killed one: the queue is ours */
    control->listener = socket_new();
    return control->listener >= 0 &&
           bind(control->listener, (struct sockaddr *)&address,
                sizeof address) == 0 &&
           chmod(address.sun_path, S_IRUSR | S_IWUSR) == 0 &&
           listen(control->listener, BACKLOG) == 0;
}

static void
files_close(struct control *control)
{
    const int files[] = {control->listener, control->quit[0], control->quit[1]};

    for (uint32_t i = 0; i < 3; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
}

bool
control_begin(struct control *control)
{
    control->listener = -1;
    control->quit[0] = -1;
    control->quit[1] = -1;
    pthread_mutex_init(&control->lock, NULL);
    live_cond_init(&control->answered);
    if (pipe(control->quit) == 0 && listen_at(control)) {
        errno = pthread_create(&control->id, NULL, control_main, control);
        if (errno == 0) {
            return true;
        }
    }
    const int error = errno;
    files_close(control);
    errno = error;
    return false;
}

void
control_end(struct control *control)
{
    struct sockaddr_un address;

    pthread_mutex_lock(&control->lock);
    control->is_quitting = true;
    pthread_cond_signal(&control->answered);
    pthread_mutex_unlock(&control->lock);
    if (write(control->quit[1], "", 1) != 1) {
        live_say("the control thread cannot be told: %s", strerror(errno));
    }
    pthread_join(control->id, NULL);
    if (address_fill(&address, control->folder)) {
        (void)unlink(address.sun_path);
    }
    files_close(control);
    free(control->answer);
    pthread_cond_destroy(&control->answered);
    pthread_mutex_destroy(&control->lock);
}

void
control_answer(struct control *control, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *answer = memcpy(live_alloc(size), text, size);

    pthread_mutex_lock(&control->lock);
    free(control->answer);
    control->answer = answer;
    pthread_cond_signal(&control->answered);
    pthread_mutex_unlock(&control->lock);
}

bool
control_tell(const char *folder, const char *line, FILE *out)
{
    struct sockaddr_un address;
    char bytes[4096];
    bool is_error = true;
    ssize_t n = 0;
    size_t count = 0;

    int fd = address_fill(&address, folder) ? socket_new() : -1;
    if (fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        !all_send(fd, line) || !all_send(fd, "\n")) {
        const int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        errno = error;
        return false;
    }
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        is_error = count == 0 ? bytes[0] != 'o' : is_error;
        count += fwrite(bytes, 1, (size_t)n, out);
    }
    close(fd);
    errno = 0;
    return !is_error;
}
