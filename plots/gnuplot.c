/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define ASCII_COLUMNS 100
#define ASCII_ROWS    30

/*
 * What stands for ' and ` in text. gnuplot documents '' for a quote within
 * quotes, but 5.4 takes ''' at the start of a string for an empty one and reads
 * on in the text: no quote is ever sent. Backticks run commands elsewhere.
 */
#define RIGHT_QUOTE "\xe2\x80\x99"
#define LEFT_QUOTE  "\xe2\x80\x98"

/* terminal_set - the head of every script. Markup is off for all text. */
static void
terminal_set(struct gnuplot *gp, uint32_t width_px, uint32_t height_px)
{
    gnuplot_printf(gp, "reset\nset encoding utf8\n");
    switch (gp->format) {
    case GNUPLOT_SVG:
        gnuplot_printf(gp,
                       "set terminal svg size %u,%u font 'DejaVu Sans,13' "
                       "noenhanced background rgb 'white' butt\n",
                       width_px, height_px);
        return;
    case GNUPLOT_PNG:
        gnuplot_printf(gp,
                       "set terminal pngcairo size %u,%u "
                       "font 'DejaVu Sans,20' linewidth %d "
                       "pointscale %d noenhanced "
                       "background rgb 'white'\n",
                       GNUPLOT_PNG_SCALE * width_px,
                       GNUPLOT_PNG_SCALE * height_px, GNUPLOT_PNG_SCALE,
                       GNUPLOT_PNG_SCALE);
        return;
    case GNUPLOT_ASCII:
        gnuplot_printf(gp, "set terminal dumb size %d,%d mono noenhanced\n",
                       ASCII_COLUMNS, ASCII_ROWS);
        return;
    }
    UNREACHABLE("every format has a terminal");
}

static void
error_set(struct gnuplot *gp, const char *what, const char *why)
{
    snprintf(gp->error, sizeof gp->error, "%s: %s", what, why);
}

static enum gnuplot_status
open_failed(struct gnuplot *gp, const char *what, int code)
{
    error_set(gp, what, strerror(code));
    if (gp->path_temporary != NULL) {
        unlink(gp->path_temporary);
    }
    if (gp->complaints != NULL) {
        fclose(gp->complaints);
    }
    free(gp->path);
    free(gp->path_temporary);
    gp->path = gp->path_temporary = NULL;
    gp->complaints = NULL;
    return code == ENOENT && strcmp(what, "gnuplot") == 0
               ? GNUPLOT_NOT_INSTALLED
               : GNUPLOT_IO;
}

/*
 * spawn - gnuplot with our ends as its input, output and complaints. Returns
 * an errno. The child gets the default SIGPIPE back, whatever we have set.
 */
static int
spawn(struct gnuplot *gp, int input, int output)
{
    char name[] = "gnuplot";
    char no_startup_files[] = "-d";
    char from_input[] = "-";
    char *const argv[] = {name, no_startup_files, from_input, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int rc = posix_spawn_file_actions_init(&files);
    if (rc != 0) {
        return rc;
    }
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files, fileno(gp->complaints),
                                         STDERR_FILENO);
        rc = posix_spawnp(&gp->pid, name, &files, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* connect - makes the pipe and the child. Returns an errno. */
static int
connect_pipe(struct gnuplot *gp, int output)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return errno;
    }
    /* Ours must not be inherited: gnuplot would wait for its own end. */
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    int rc = spawn(gp, ends[0], output);
    close(ends[0]);
    if (rc == 0) {
        gp->in = fdopen(ends[1], "w");
        if (gp->in == NULL) {
            rc = errno;
        }
    }
    if (rc != 0) {
        close(ends[1]);
    }
    return rc;
}

enum gnuplot_status
gnuplot_open(struct gnuplot *gp, enum gnuplot_format format, const char *path,
             uint32_t width_px, uint32_t height_px)
{
    *gp = (struct gnuplot){.format = format};
    const size_t size = strlen(path) + sizeof ".tmp.2147483647";
    gp->path = base_alloc(size);
    gp->path_temporary = base_alloc(size);
    snprintf(gp->path, size, "%s", path);
    snprintf(gp->path_temporary, size, "%s.tmp.%ld", path, (long)getpid());

    gp->complaints = tmpfile();
    if (gp->complaints == NULL) {
        return open_failed(gp, "temporary file", errno);
    }
    fcntl(fileno(gp->complaints), F_SETFD, FD_CLOEXEC);
    const int output = open(gp->path_temporary,
                            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (output < 0) {
        return open_failed(gp, path, errno);
    }
    const int rc = connect_pipe(gp, output);
    close(output);
    if (rc != 0) {
        return open_failed(gp, "gnuplot", rc);
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, &gp->sigpipe);
    terminal_set(gp, width_px, height_px);
    return GNUPLOT_OK;
}

void
gnuplot_script(struct gnuplot *gp, enum gnuplot_format format, FILE *script,
               uint32_t width_px, uint32_t height_px)
{
    *gp = (struct gnuplot){.format = format, .in = script, .is_script = true};
    terminal_set(gp, width_px, height_px);
}

/* complaint_read - what gnuplot said, the last line that is not empty: before
 * it come the command and a caret. */
static void
complaint_read(struct gnuplot *gp)
{
    char line[200];

    error_set(gp, "gnuplot", "failed without a message");
    rewind(gp->complaints);
    while (fgets(line, sizeof line, gp->complaints) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *text = line + strspn(line, " \t");
        if (*text != '\0' && *text != '^') {
            error_set(gp, "gnuplot", text);
        }
    }
}

static bool
child_succeeded(pid_t pid)
{
    int status = 0;
    pid_t waited = -1;
    do {
        waited = waitpid(pid, &status, 0);
    } while (waited < 0 && errno == EINTR);
    return waited == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * picture_is_whole - has all of it reached the file?
 *
 * gnuplot does not say when its standard output could not be written (a full
 * disk), so the end of the picture is looked for.
 */
static bool
picture_is_whole(const char *path)
{
    char head[4] = "", tail[16] = "";
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    const size_t head_size = fread(head, 1, sizeof head, file);
    const int step = fseek(file, -(long)sizeof tail, SEEK_END);
    const size_t tail_size = step != 0 ? 0 : fread(tail, 1, sizeof tail, file);
    fclose(file);
    const char *end = "";
    if (head_size == sizeof head && memcmp(head, "\x89PNG", 4) == 0) {
        end = "IEND";
    } else if (head_size == sizeof head && head[0] == '<') {
        end = "</svg>";
    }
    const size_t size = strlen(end);
    for (size_t i = 0; i + size <= tail_size && size > 0; i++) {
        if (memcmp(tail + i, end, size) == 0) {
            return true;
        }
    }
    return size == 0 && head_size > 0;
}

enum gnuplot_status
gnuplot_close(struct gnuplot *gp)
{
    if (gp->is_script) {
        if (fflush(gp->in) != 0 || ferror(gp->in)) {
            error_set(gp, "script", strerror(errno));
            return GNUPLOT_IO;
        }
        return GNUPLOT_OK;
    }
    /* A broken pipe here means that gnuplot died: its exit status says so. */
    fclose(gp->in);
    enum gnuplot_status status = GNUPLOT_OK;
    if (!child_succeeded(gp->pid)) {
        complaint_read(gp);
        status = GNUPLOT_FAILED;
    } else if (!picture_is_whole(gp->path_temporary)) {
        error_set(gp, gp->path, "the picture is not whole; is the disk full?");
        status = GNUPLOT_IO;
    } else if (rename(gp->path_temporary, gp->path) != 0) {
        error_set(gp, gp->path, strerror(errno));
        status = GNUPLOT_IO;
    }
    if (status != GNUPLOT_OK) {
        unlink(gp->path_temporary);
    }
    sigaction(SIGPIPE, &gp->sigpipe, NULL);
    fclose(gp->complaints);
    free(gp->path);
    free(gp->path_temporary);
    gp->path = gp->path_temporary = NULL;
    return status;
}

void
gnuplot_printf(struct gnuplot *gp, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(gp->in, format, args);
    va_end(args);
}

/* is_excluded - overlong forms, surrogates, U+FFFE and C1 controls; `s` has the
 * form of a sequence of its lead's length */
static bool
is_excluded(const unsigned char *s)
{
    switch (s[0]) {
    case 0xc2:
    case 0xe0:
        return s[1] < 0xa0;
    case 0xed:
        return s[1] >= 0xa0;
    case 0xef:
        return s[1] == 0xbf && s[2] >= 0xbe;
    case 0xf0:
        return s[1] < 0x90;
    case 0xf4:
        return s[1] >= 0x90;
    default:
        return false;
    }
}

/* utf8_length - bytes of the sequence at `s` if it is one that XML admits too,
 * else 0 */
static uint32_t
utf8_length(const unsigned char *s)
{
    const uint32_t length = s[0] < 0x80   ? 1
                            : s[0] < 0xc2 ? 0
                            : s[0] < 0xe0 ? 2
                            : s[0] < 0xf0 ? 3
                            : s[0] < 0xf5 ? 4
                                          : 0;
    for (uint32_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length > 1 && is_excluded(s) ? 0 : length;
}

static void
text_write(struct gnuplot *gp, const char *text, bool is_format)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('\'', gp->in);
    while (*s != '\0') {
        const uint32_t length = utf8_length(s);
        if (length == 0) {
            fputc('?', gp->in);
            s++;
            continue;
        }
        if (*s < 0x20 || *s == 0x7f) {
            fputc(' ', gp->in); /* a newline would end the string */
        } else if (*s == '\'') {
            fputs(RIGHT_QUOTE, gp->in);
        } else if (*s == '`') {
            fputs(LEFT_QUOTE, gp->in);
        } else {
            if (is_format && *s == '%') {
                fputc(*s, gp->in);
            }
            fwrite(s, 1, length, gp->in);
        }
        s += length;
    }
    fputc('\'', gp->in);
}

void
gnuplot_text(struct gnuplot *gp, const char *text)
{
    text_write(gp, text, false);
}

void
gnuplot_tic_text(struct gnuplot *gp, const char *text)
{
    text_write(gp, text, true);
}

uint32_t
gnuplot_data_begin(struct gnuplot *gp)
{
    const uint32_t block = gp->blocks_count++;
    gnuplot_printf(gp, "$d%u << END_OF_DATA_%u\n", block, block);
    return block;
}

void
gnuplot_data_row(struct gnuplot *gp, const double *values,
                 uint32_t values_count)
{
    for (uint32_t i = 0; i < values_count; i++) {
        const char *space = i == 0 ? "" : " ";
        if (isfinite(values[i])) {
            gnuplot_printf(gp, "%s%.10g", space, values[i]);
        } else {
            gnuplot_printf(gp, "%sNaN", space);
        }
    }
    gnuplot_printf(gp, "\n");
}

void
gnuplot_data_end(struct gnuplot *gp)
{
    gnuplot_printf(gp, "END_OF_DATA_%u\n", gp->blocks_count - 1);
}
