/* SPDX-License-Identifier: MIT */
/*
 * config.c - see config.h
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

enum { MESSAGES_SIZE = 1 << 16, PATH_SIZE = 4096 };

/* --- The object ----------------------------------------------------------------- */

/* is_usable - all that a host cannot do without */
static bool
is_usable(const struct sched_object *object)
{
    return object != NULL && object->magic == SCHED_ABI_MAGIC &&
           object->abi_major == SCHED_ABI_MAJOR &&
           object->struct_size >= offsetof(struct sched_object, state_digest) &&
           object->create != NULL && object->event != NULL &&
           object->next != NULL && object->destroy != NULL &&
           object->describe != NULL && object->name != NULL &&
           object->version != NULL && object->policy != NULL;
}

bool
config_object(struct config *config, const char *path)
{
    char slashed[PATH_SIZE];
    sched_entry_fn *entry = NULL;

    /* dlopen() would look for a bare name elsewhere. */
    snprintf(slashed, sizeof slashed, "%s%s",
             strchr(path, '/') == NULL ? "./" : "", path);
    config->library = dlopen(slashed, RTLD_NOW | RTLD_LOCAL);
    if (config->library == NULL) {
        live_say("%s", dlerror());
        return false;
    }
    void *symbol = dlsym(config->library, "sched_entry");
    /* POSIX: the one way to make a function of dlsym()'s answer. */
    memcpy(&entry, &symbol, sizeof entry);
    config->object = entry == NULL ? NULL : entry();
    if (!is_usable(config->object)) {
        live_say("%s: expected a scheduler of ABI %d.x, found none", path,
                 SCHED_ABI_MAJOR);
        return false;
    }
    return true;
}

/* --- Texts ------------------------------------------------------------------------ */

/* whole - the bytes of a file; NULL: errno */
static char *
whole(const char *path, uint64_t *bytes_size)
{
    FILE *in = fopen(path, "rb");
    size_t capacity = 4096;
    size_t size = 0;
    size_t n = 0;

    if (in == NULL) {
        return NULL;
    }
    char *bytes = live_alloc(capacity);
    while ((n = fread(bytes + size, 1, capacity - size, in)) > 0) {
        size += n;
        if (size == capacity) {
            char *more = live_alloc(2 * capacity);
            memcpy(more, bytes, size);
            free(bytes);
            bytes = more;
            capacity *= 2;
        }
    }
    const bool is_good = ferror(in) == 0;
    fclose(in);
    if (!is_good) {
        free(bytes);
        return NULL;
    }
    *bytes_size = size;
    return bytes;
}

static bool
text_add(struct config *config, const char *name, uint32_t role)
{
    char path[PATH_SIZE];
    uint64_t size = 0;

    snprintf(path, sizeof path, "%s%s%s", name[0] == '/' ? "" : config->folder,
             name[0] == '/' ? "" : "/", name);
    char *bytes =
        config->texts_count == CONFIG_TEXTS_MAX ? NULL : whole(path, &size);
    if (bytes == NULL) {
        live_say("%s: %s", path, strerror(errno));
        return false;
    }
    const size_t name_size = strlen(name) + 1;
    config->texts[config->texts_count++] = (struct sched_text){
        .name = memcpy(live_alloc(name_size), name, name_size),
        .bytes = bytes,
        .bytes_size = size,
        .role = role,
    };
    return true;
}

/* is_option - NAME_option */
static bool
is_option(const char *name)
{
    const size_t length = strlen(name);

    return length > 7 && strcmp(name + length - 7, "_option") == 0;
}

bool
config_texts(struct config *config, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry = NULL;

    config->folder = folder;
    if (dir == NULL) {
        live_say("%s: %s", folder, strerror(errno));
        return false;
    }
    bool is_good = text_add(config, "imta.cnf", SCHED_TEXT_CHANNELS) &&
                   text_add(config, "job_controller.cnf", SCHED_TEXT_JOBS);
    while (is_good && (entry = readdir(dir)) != NULL) {
        if (is_option(entry->d_name)) {
            is_good = text_add(config, entry->d_name, SCHED_TEXT_OPTIONS);
        }
    }
    closedir(dir);
    return is_good;
}

/* --- An instance -------------------------------------------------------------------- */

static void *
allocate(void *context, uint64_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

/* create_with - asks, reads what is included, asks again */
static int32_t
create_with(struct config *config, struct sched_config *given,
            struct sched_created *created)
{
    for (;;) {
        given->texts = config->texts;
        given->texts_count = config->texts_count;
        created->messages[0] = '\0';
        const int32_t status = config->object->create(given, created);
        if (status != SCHED_TEXT_NEEDED ||
            !text_add(config, created->needed_name, created->needed_role)) {
            return status;
        }
    }
}

void *
config_create(struct config *config, struct recording *recording,
              int64_t now_ns, int64_t wall_offset_ns)
{
    struct sched_config given = {
        .allocator = {NULL, allocate, release},
        .now_ns = now_ns,
        .wall_offset_ns = wall_offset_ns,
        .is_strict = config->is_strict,
    };
    struct sched_created created = {.messages = live_alloc(MESSAGES_SIZE),
                                    .messages_size = MESSAGES_SIZE};
    const int32_t status = create_with(config, &given, &created);

    if (recording != NULL && status == SCHED_OK) {
        recording_object(recording, config->object);
        recording_begin(recording, &given);
    }
    if (recording == NULL || status != SCHED_OK) { /* say it once */
        fputs(created.messages, stderr);
    }
    if (status != SCHED_OK && created.errors_count == 0) {
        live_say("the scheduler could not be created: status %d", (int)status);
    }
    free(created.messages);
    return status == SCHED_OK ? created.self : NULL;
}

/* channel_add - "channel.NAME.KEYWORD": one more channel, if it is the first
 * row of it */
static void
channel_add(struct config *config, const char *path)
{
    const char *name = path + strlen("channel.");
    const size_t length = strcspn(name, ".");
    const uint32_t n = config->channels_count;

    if (strncmp(path, "channel.", 8) != 0 || length == 0 ||
        (n > 0 && strlen(config->channels[n - 1]) == length &&
         strncmp(config->channels[n - 1], name, length) == 0)) {
        return;
    }
    char **more = live_alloc((n + 1) * sizeof *more);
    if (n > 0) {
        memcpy(more, config->channels, n * sizeof *more);
    }
    free(config->channels);
    config->channels = more;
    more[n] = memcpy(live_alloc(length + 1), name, length);
    config->channels_count++;
    config->channel = strcmp(more[n], "tcp_local") == 0 || n == 0 ||
                              strcmp(more[config->channel], "tcp_local") != 0
                          ? n
                          : config->channel;
}

bool
config_channels(struct config *config)
{
    struct sched_setting row;
    void *self = config_create(config, NULL, 0, 0);

    if (self == NULL) {
        return false;
    }
    for (uint32_t i = 0;; i++) {
        memset(&row, 0, sizeof row);
        if (config->object->describe(self, i, &row) != SCHED_OK) {
            break;
        }
        channel_add(config, row.path);
    }
    config->object->destroy(self);
    if (config->channels_count == 0) {
        live_say("imta.cnf has no channel");
    }
    return config->channels_count > 0;
}

void
config_free(struct config *config)
{
    for (uint32_t i = 0; i < config->texts_count; i++) {
        live_free(config->texts[i].name);
        live_free(config->texts[i].bytes);
    }
    for (uint32_t i = 0; i < config->channels_count; i++) {
        free(config->channels[i]);
    }
    free(config->channels);
    if (config->library != NULL) {
        dlclose(config->library);
    }
}
