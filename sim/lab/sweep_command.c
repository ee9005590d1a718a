/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep_command.c - how to make one run of a sweep by hand; see sweep.h
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/lab/sweep.h"

/* word_put - one word of a command, in quotes where a shell wants them */
static void
word_put(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_./=:,%+-@";

    fputc(' ', out);
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
    }
    fputc('\'', out);
}

char *
sweep_command(const struct sweep *sweep, const struct sweep_run *run)
{
    const struct sweep_request *request = sweep->request;
    const struct store_point *point = &sweep->points[run->point];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    fputs("mtasim run", out);
    word_put(out, request->scenario_path);
    for (uint32_t i = 0; i < request->sets_count; i++) {
        fputs(" --set", out);
        word_put(out, request->sets[i]);
    }
    for (uint32_t i = 0; i < point->params_count; i++) {
        char set[1000];

        if (*point->params[i].value == '\0') {
            continue; /* as configured */
        }
        snprintf(set, sizeof set, "%s=%s", point->params[i].name,
                 point->params[i].value);
        fputs(" --set", out);
        word_put(out, set);
    }
    fprintf(out, " --seed %" PRIu64 " --replication %" PRIu32 " --scheduler",
            request->seed, run->replication);
    word_put(out, request->scheduler_path);
    fclose(out);
    return text;
}
