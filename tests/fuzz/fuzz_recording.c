/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_recording.c - any bytes, read as a recording; what was read can be
 * written, and reads the same
 *
 * Actions are handed out as the line they are, so they are written as that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/recording.h"
#include "tests/fuzz/fuzz.h"

/* begin_write - the lists of the configuration are what was counted */
static void
begin_write(FILE *out, const struct sched_config *config)
{
    const struct sched_object object = {
        .name = "x", .version = "1", .policy = ""};

    for (uint32_t i = 0; i < config->texts_count; i++) {
        ASSERT(config->texts[i].name != NULL);
        ASSERT(config->texts[i].bytes[config->texts[i].bytes_size] == '\0');
    }
    recording_begin(out, &object, config);
}

static void
item_write(FILE *out, const struct recording_item *item)
{
    ASSERT(item->line != NULL && strchr(item->line, '\n') == NULL);
    switch (item->kind) {
    case RECORDING_BEGIN:
        begin_write(out, &item->config);
        break;
    case RECORDING_EVENT:
        ASSERT(item->event.kind != 0);
        recording_event(out, item->now_ns, &item->event);
        break;
    case RECORDING_STATUS:
        recording_status(out, item->status);
        break;
    case RECORDING_ACTION:
        ASSERT(strncmp(item->line, "action ", strlen("action ")) == 0);
        fprintf(out, "%s\n", item->line);
        break;
    case RECORDING_END:
        recording_end(out, item->now_ns);
        break;
    }
}

/* copy_of - of these bytes, as far as they are a recording; free() it */
static char *
copy_of(const void *bytes, size_t size, size_t *copy_size, bool *is_good)
{
    char *path = fuzz_path("in.recording");
    char *copy = NULL;
    struct diag diag;
    struct recording_reader reader;
    struct recording_item item;
    FILE *out = open_memstream(&copy, copy_size);

    diag_init(&diag);
    fuzz_write(path, bytes, size);
    ASSERT(out != NULL && recording_open(&reader, path, &diag));
    while (recording_next(&reader, &item)) {
        item_write(out, &item);
    }
    ASSERT(reader.has_failed == (diag.errors_count == 1));
    ASSERT(!recording_next(&reader, &item)); /* it stays at its end */
    *is_good = !reader.has_failed && !reader.is_cut;
    recording_close(&reader);
    ASSERT(fclose(out) == 0);
    diag_free(&diag);
    free(path);
    return copy;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char head[] = "recording 1\n";
    size_t copy_size = 0;
    size_t again_size = 0;
    bool is_good = false;
    char *copy = copy_of(bytes, size, &copy_size, &is_good);

    /* What comes before a `begin` is told with it, or not at all. */
    if (strncmp(copy, head, strlen(head)) == 0) {
        char *again = copy_of(copy, copy_size, &again_size, &is_good);

        ASSERT(is_good && again_size == copy_size);
        ASSERT(memcmp(again, copy, copy_size) == 0);
        free(again);
    }
    free(copy);
    return 0;
}
