/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform.c - the list of checks, and what they have in common
 */
#include "models/mta/conform.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_parts.h"

/* clang-format off */
static const struct conform_check table[] = {
    {"file.loads", "loads, and has a complete descriptor of this ABI",
     "export sched_entry(); fill in every member but the optional ones",
     conform_file_loads},
    {"file.exports", "exports sched_entry and nothing else",
     "compile with -fvisibility=hidden and make only sched_entry visible",
     conform_file_exports},
    {"file.symbols", "asks only for memcpy, memmove, memset, memcmp, strlen",
     "do without the symbol: a scheduler calls nothing",
     conform_file_symbols},
    {"file.writable", "has no writable variable and runs nothing when loaded",
     "put all state into the instance; link with -nostartfiles -Wl,-z,relro",
     conform_file_writable},
    {"create.describe", "the same configuration gives the same rows, twice",
     "describe() depends on what create() was given alone; see sched_setting",
     conform_create_describe},
    {"create.errors", "wrong configurations are answered with their place",
     "answer SCHED_ERR_CONFIGURATION and file:line:column lines in messages",
     conform_create_errors},
    {"create.memory", "no memory, at whichever request, leaks nothing",
     "release all on the way out of create(), with the sizes asked for",
     conform_create_memory},
    {"life.laws", "legal events are answered with legal actions",
     "the action is forbidden at this point; see FILES, TURN, IDENTITY",
     conform_life_laws},
    {"life.refusals", "what the host refuses, of every kind, breaks nothing",
     "after SCHED_EVENT_REFUSED go on as if the action had not been",
     conform_life_refusals},
    {"life.check", "its own check() is content after every event",
     "an invariant of the object's own is broken; its text says which",
     conform_life_check},
    {"life.drain", "no recipient is lost",
     "every file needs a thread, a wish or a return in the end",
     conform_life_drain},
    {"events.illegal", "illegal events are refused and change nothing",
     "examine the whole event before anything is changed; then answer"
     " SCHED_ERR_ARGUMENT or _UNSUPPORTED",
     conform_illegal_events},
    {"events.memory", "an event without memory changes nothing",
     "take all memory before anything is changed; then SCHED_ERR_MEMORY",
     conform_illegal_memory},
    {"same.actions", "the same events give the same actions",
     "something decides that is in no event: a counter outside the instance?",
     conform_same_actions},
    {"same.digest", "the same history gives the same state_digest",
     "hash what the state means; no address, no padding, no free memory",
     conform_same_digest},
    {"same.elsewhere", "addresses and old bytes of memory decide nothing",
     "initialise all memory; never order or hash by address",
     conform_same_elsewhere},
    {"same.interleaved", "two instances do not know of each other",
     "put all state into the instance",
     conform_same_interleaved},
    {"slices", "no wake handles more than about 1,000 files",
     "do bulk work in slices and wish for \"now\" until it is done",
     conform_slices},
    {"run.rules", "a small run breaks no rule of the policy it claims",
     "mtasim run shows the violations of a scenario; or claim no policy",
     conform_run_rules},
    {"cost", "speed and memory", "", conform_cost},
};
/* clang-format on */

const struct conform_check *
conform_at(uint32_t index)
{
    return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

const struct conform_check *
conform_get(const char *name)
{
    for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

uint64_t
conform_roll(uint64_t *state)
{
    /* splitmix64, by Sebastiano Vigna (public domain) */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void
conform_say(struct conform_answer *answer, enum conform_verdict verdict,
            const char *format, ...)
{
    va_list arguments;

    if (answer->verdict == CONFORM_NOT_OK) {
        return;
    }
    answer->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(answer->text, sizeof answer->text, format, arguments);
    va_end(arguments);
    for (char *at = answer->text; *at != '\0'; at++) {
        if (*at == '\n') {
            *at = ' ';
        }
    }
}

const char *
conform_status_name(int32_t status)
{
    switch (status) {
    case SCHED_OK:
        return "OK";
    case SCHED_END:
        return "END";
    case SCHED_TEXT_NEEDED:
        return "TEXT_NEEDED";
    case SCHED_ERR_ARGUMENT:
        return "ERR_ARGUMENT";
    case SCHED_ERR_CONFIGURATION:
        return "ERR_CONFIGURATION";
    case SCHED_ERR_MEMORY:
        return "ERR_MEMORY";
    case SCHED_ERR_UNSUPPORTED:
        return "ERR_UNSUPPORTED";
    case SCHED_ERR_LIMIT:
        return "ERR_LIMIT";
    case SCHED_ERR_BUG:
        return "ERR_BUG";
    default:
        return "a number that is no status";
    }
}

bool
conform_open(const struct conform_subject *subject, struct object *object,
             struct conform_answer *answer)
{
    struct diag diag;
    const char *why;

    diag_init(&diag);
    const bool is_open = object_open(object, subject->path, &diag);
    if (!is_open) {
        why = diag.text == NULL ? NULL : strstr(diag.text, "error: ");
        conform_say(answer, CONFORM_NOT_OK, "%s",
                    why == NULL ? "cannot be loaded" : why + 7);
        answer->text[strcspn(answer->text, "\n")] = '\0';
    }
    diag_free(&diag);
    return is_open;
}

/* --- Memory --------------------------------------------------------------- */

#define BLOCK_MAGIC UINT64_C(0x6d74617369626c6b)
#define BLOCK_TAIL  16

/* In front of every block; as long as its alignment asks for. */
struct block {
    void *start; /* what malloc gave */
    uint64_t bytes;
    uint64_t magic;
    struct block *next; /* all that are handed out, for those that leak */
    struct block *prev;
    uint64_t zero;
};

_Static_assert(sizeof(struct block) % 16 == 0, "blocks are 16-byte aligned");

static void *
memory_allocate(void *context, uint64_t bytes)
{
    struct conform_memory *memory = context;
    uint64_t shift = 0;

    if (++memory->requests_count == memory->fail_at ||
        bytes > (UINT64_C(1) << 40)) {
        memory->refused_count++;
        return NULL;
    }
    if (memory->scatter != 0) {
        shift = conform_roll(&memory->scatter) % 64 * 16;
    }
    /* malloc's blocks are 16-byte aligned where long double is. */
    uint8_t *start = malloc(shift + sizeof(struct block) + bytes + BLOCK_TAIL);
    if (start == NULL) {
        return NULL;
    }
    struct block *block = (struct block *)(void *)(start + shift);
    *block = (struct block){.start = start,
                            .bytes = bytes,
                            .magic = BLOCK_MAGIC,
                            .next = memory->blocks};
    if (memory->blocks != NULL) {
        memory->blocks->prev = block;
    }
    memory->blocks = block;
    memset(block + 1, memory->garbage, bytes + BLOCK_TAIL);
    memory->bytes += bytes;
    return block + 1;
}

static void
memory_release(void *context, void *given, uint64_t bytes)
{
    struct conform_memory *memory = context;

    if (given == NULL) {
        memory->is_misused = memory->is_misused || bytes != 0;
        return;
    }
    struct block *block = (struct block *)given - 1;
    if (block->magic != BLOCK_MAGIC) {
        memory->is_misused = true; /* released twice, or never given */
        return;
    }
    const uint8_t *tail = (const uint8_t *)given + block->bytes;
    for (uint32_t i = 0; i < BLOCK_TAIL; i++) {
        memory->is_misused = memory->is_misused || tail[i] != memory->garbage;
    }
    memory->is_misused = memory->is_misused || bytes != block->bytes;
    memory->bytes -= block->bytes;
    memset(given, ~memory->garbage & 0xff, block->bytes);
    block->magic = 0;
    if (block->prev == NULL) {
        memory->blocks = block->next;
    } else {
        block->prev->next = block->next;
    }
    if (block->next != NULL) {
        block->next->prev = block->prev;
    }
    free(block->start);
}

/* memory_end - frees what the object has not given back */
static void
memory_end(struct conform_memory *memory)
{
    while (memory->blocks != NULL) {
        struct block *block = memory->blocks;
        memory->blocks = block->next;
        free(block->start);
    }
}

/* --- Instances ------------------------------------------------------------- */

/* copy - of bytes and a NUL, to be spoiled and freed */
static char *
copy(const char *bytes, uint64_t size)
{
    char *fresh = base_alloc(size + 1);

    memcpy(fresh, bytes, size);
    return fresh;
}

static void
spoil(const char *borrowed, uint64_t size)
{
    char *bytes;

    /* The seam has it const; the copy is ours. */
    memcpy(&bytes, &borrowed, sizeof bytes);
    memset(bytes, 0xdd, size);
    free(bytes);
}

static struct sched_text *
texts_copy(const struct conform_subject *subject)
{
    struct sched_text *texts =
        base_alloc((subject->texts_count + 1) * sizeof texts[0]);

    for (uint32_t i = 0; i < subject->texts_count; i++) {
        const struct mta_text *from = &subject->texts[i];
        texts[i] =
            (struct sched_text){.name = copy(from->name, strlen(from->name)),
                                .bytes = copy(from->bytes, from->bytes_size),
                                .bytes_size = from->bytes_size,
                                .role = from->role};
    }
    return texts;
}

static struct sched_override *
overrides_copy(const struct conform_subject *subject)
{
    struct sched_override *overrides =
        base_alloc((subject->overrides_count + 1) * sizeof overrides[0]);

    for (uint32_t i = 0; i < subject->overrides_count; i++) {
        const struct mta_override *from = &subject->overrides[i];
        overrides[i] =
            (struct sched_override){copy(from->path, strlen(from->path)),
                                    copy(from->value, strlen(from->value)),
                                    copy(from->where, strlen(from->where))};
    }
    return overrides;
}

void
conform_create(struct conform_instance *instance,
               const struct conform_subject *subject,
               const struct sched_object *object_table,
               struct conform_memory *memory, int64_t now_ns)
{
    struct sched_text *texts = texts_copy(subject);
    struct sched_override *overrides = overrides_copy(subject);
    struct sched_config *config = base_alloc(sizeof *config);
    struct sched_created created = {.messages = instance->messages,
                                    .messages_size = sizeof instance->messages};

    *config = (struct sched_config){
        .texts = texts,
        .overrides = overrides,
        .texts_count = subject->texts_count,
        .overrides_count = subject->overrides_count,
        .allocator = {memory, memory_allocate, memory_release},
        .now_ns = now_ns,
        .wall_offset_ns = CONFORM_WALL_NS};
    instance->messages[0] = '\0';
    instance->table = object_table;
    instance->memory = memory;
    instance->status = object_table->create(config, &created);
    instance->self = instance->status == SCHED_OK ? created.self : NULL;
    instance->errors_count = created.errors_count;
    instance->messages[sizeof instance->messages - 1] = '\0';
    for (uint32_t i = 0; i < subject->texts_count; i++) {
        spoil(texts[i].name, strlen(texts[i].name));
        spoil(texts[i].bytes, texts[i].bytes_size);
    }
    for (uint32_t i = 0; i < subject->overrides_count; i++) {
        spoil(overrides[i].path, strlen(overrides[i].path));
        spoil(overrides[i].value, strlen(overrides[i].value));
        spoil(overrides[i].where, strlen(overrides[i].where));
    }
    memset(config, 0xdd, sizeof *config);
    free(config);
    free(texts);
    free(overrides);
}

bool
conform_destroy(struct conform_instance *instance,
                struct conform_answer *answer)
{
    struct conform_memory *memory = instance->memory;

    if (instance->self != NULL) {
        instance->table->destroy(instance->self);
        instance->self = NULL;
    }
    memory_end(memory);
    if (memory->is_misused) {
        conform_say(answer, CONFORM_NOT_OK,
                    "memory was released twice or with another size than it "
                    "was asked for, or written behind its end");
        return false;
    }
    if (memory->bytes != 0) {
        conform_say(answer, CONFORM_NOT_OK,
                    "%" PRIu64 " bytes were not given "
                    "back",
                    memory->bytes);
        return false;
    }
    return true;
}
