/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_file.c - what the file of an object shows before it runs
 *
 * Reads ELF64 of this machine's byte order: section headers and the dynamic
 * symbols. Anything else, and objects built with a sanitizer (which bring
 * symbols and variables of their own), is not examined here.
 *
 * SOURCE     System V ABI, gABI 4.2: "Sections", "Symbol Table"
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_parts.h"

enum {
    /* sh_type */
    ELF_SECTION_DYNSYM = 11,
    ELF_SECTION_INIT_ARRAY = 14,
    ELF_SECTION_FINI_ARRAY = 15,
    ELF_SECTION_PREINIT_ARRAY = 16,
    ELF_BIND_LOCAL = 0
};

struct elf_header {
    uint8_t ident[16]; /* magic, class, byte order ... */
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t segments_at;
    uint64_t sections_at;
    uint32_t flags;
    uint16_t header_size;
    uint16_t segment_size;
    uint16_t segments_count;
    uint16_t section_size;
    uint16_t sections_count;
    uint16_t names_section;
};

struct elf_section {
    uint32_t name;
    uint32_t type;
    uint64_t flags;
    uint64_t address;
    uint64_t at;
    uint64_t size;
    uint32_t link;
    uint32_t info;
    uint64_t alignment;
    uint64_t entry_size;
};

struct elf_symbol {
    uint32_t name;
    uint8_t info;
    uint8_t other;
    uint16_t section; /* 0: not defined here */
    uint64_t value;
    uint64_t size;
};

_Static_assert(sizeof(struct elf_header) == 64, "as in the file");
_Static_assert(sizeof(struct elf_section) == 64, "as in the file");
_Static_assert(sizeof(struct elf_symbol) == 24, "as in the file");

struct elf {
    uint8_t *bytes;
    uint64_t size;
    struct elf_header header;
};

/* bytes_read - the whole file; NULL: it cannot be read */
static uint8_t *
bytes_read(const char *path, uint64_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t count = 0, room = 0, n = 0;

    if (file == NULL) {
        return NULL;
    }
    do {
        if (count == room) {
            room = room * 2 + 65536;
            bytes = base_realloc(bytes, room);
        }
        n = fread(bytes + count, 1, room - count, file);
        count += n;
    } while (n > 0);
    *size = count;
    if (ferror(file) != 0) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

/* fits - whether so many bytes from there on are in the file */
static bool
fits(const struct elf *elf, uint64_t at, uint64_t size)
{
    return at <= elf->size && size <= elf->size - at;
}

static struct elf_section
section_get(const struct elf *elf, uint32_t index)
{
    struct elf_section section;

    memcpy(&section,
           elf->bytes + elf->header.sections_at + index * sizeof section,
           sizeof section);
    return section;
}

/* text_get - a name out of a table of names; "" if there is none */
static const char *
text_get(const struct elf *elf, const struct elf_section *names, uint32_t at)
{
    if (!fits(elf, names->at, names->size) || at >= names->size ||
        memchr(elf->bytes + names->at + at, 0, names->size - at) == NULL) {
        return "";
    }
    return (const char *)elf->bytes + names->at + at;
}

/* elf_open - false: it cannot be examined, said */
static bool
elf_open(struct elf *elf, const char *path, struct conform_answer *answer)
{
    static const uint8_t magic[5] = {0x7f, 'E', 'L', 'F', 2}; /* 64-bit */
    const uint16_t one = 1;
    uint8_t first = 0;

    memcpy(&first, &one, 1);
    elf->bytes = bytes_read(path, &elf->size);
    if (elf->bytes == NULL) {
        conform_say(answer, CONFORM_NOT_OK, "the file cannot be read");
        return false;
    }
    if (elf->size < sizeof elf->header ||
        memcmp(elf->bytes, magic, sizeof magic) != 0 ||
        elf->bytes[5] != (first == 1 ? 1 : 2)) {
        conform_say(answer, CONFORM_NOT_CHECKED,
                    "it is no 64-bit ELF file of this byte order");
        return false;
    }
    memcpy(&elf->header, elf->bytes, sizeof elf->header);
    if (elf->header.section_size != sizeof(struct elf_section) ||
        elf->header.names_section >= elf->header.sections_count ||
        !fits(elf, elf->header.sections_at,
              elf->header.sections_count * sizeof(struct elf_section))) {
        conform_say(answer, CONFORM_NOT_CHECKED,
                    "it has no table of sections (stripped of them?)");
        return false;
    }
    return true;
}

typedef void symbol_fn(const char *name, const struct elf_symbol *symbol,
                       void *arg);

/* symbols_each - the dynamic symbols with a name. False: there are none. */
static bool
symbols_each(const struct elf *elf, symbol_fn *fn, void *arg)
{
    for (uint32_t i = 0; i < elf->header.sections_count; i++) {
        const struct elf_section section = section_get(elf, i);

        if (section.type != ELF_SECTION_DYNSYM ||
            section.link >= elf->header.sections_count ||
            !fits(elf, section.at, section.size)) {
            continue;
        }
        const struct elf_section names = section_get(elf, section.link);
        for (uint64_t k = 1; k < section.size / sizeof(struct elf_symbol);
             k++) {
            struct elf_symbol symbol;
            memcpy(&symbol, elf->bytes + section.at + k * sizeof symbol,
                   sizeof symbol);
            fn(text_get(elf, &names, symbol.name), &symbol, arg);
        }
        return true;
    }
    return false;
}

/* Names found, one after the other. */
struct names {
    char text[256];
    uint32_t count;
    bool is_sanitized;
};

static void
names_add(struct names *names, const char *name)
{
    const size_t used = strlen(names->text);

    snprintf(names->text + used, sizeof names->text - used, "%s%.64s",
             names->count++ == 0 ? "" : ", ", name);
}

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void
sanitizer_note(struct names *names, const char *name)
{
    names->is_sanitized = names->is_sanitized || begins(name, "__asan_") ||
                          begins(name, "__ubsan_") || begins(name, "__tsan_") ||
                          begins(name, "__msan_");
}

/* foreign_add - asked for, and not on the list of scheduler/SYMBOLS */
static void
foreign_add(const char *name, const struct elf_symbol *symbol, void *arg)
{
    static const char *const allowed[] = {"memcmp", "memcpy", "memmove",
                                          "memset", "strlen"};
    struct names *names = arg;

    sanitizer_note(names, name);
    if (symbol->section != 0 || name[0] == '\0') {
        return;
    }
    for (uint32_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (strcmp(name, allowed[i]) == 0) {
            return;
        }
    }
    names_add(names, name);
}

/* export_add - exported beside sched_entry */
static void
export_add(const char *name, const struct elf_symbol *symbol, void *arg)
{
    struct names *names = arg;

    sanitizer_note(names, name);
    if (symbol->section != 0 && symbol->info >> 4 != ELF_BIND_LOCAL &&
        strcmp(name, "sched_entry") != 0) {
        names_add(names, name);
    }
}

static void
no_symbol(const char *name, const struct elf_symbol *symbol, void *arg)
{
    (void)symbol;
    sanitizer_note(arg, name);
}

/* is_wrong_section - one that holds variables, or code to run at load */
static bool
is_wrong_section(const char *name, const struct elf_section *section)
{
    static const char *const kinds[] = {".data",  ".sdata", ".bss",  ".sbss",
                                        ".tdata", ".tbss",  ".init", ".fini",
                                        ".ctors", ".dtors"};

    if (section->size == 0 || begins(name, ".data.rel.ro")) {
        return false;
    }
    if (section->type == ELF_SECTION_INIT_ARRAY ||
        section->type == ELF_SECTION_FINI_ARRAY ||
        section->type == ELF_SECTION_PREINIT_ARRAY) {
        return true;
    }
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t n = strlen(kinds[i]);
        if (begins(name, kinds[i]) && (name[n] == '\0' || name[n] == '.')) {
            return true;
        }
    }
    return false;
}

static void
sections_add(const struct elf *elf, struct names *names)
{
    const struct elf_section texts =
        section_get(elf, elf->header.names_section);

    for (uint32_t i = 0; i < elf->header.sections_count; i++) {
        const struct elf_section section = section_get(elf, i);
        const char *name = text_get(elf, &texts, section.name);

        if (is_wrong_section(name, &section)) {
            names_add(names, name);
        }
    }
}

/* examine - one rule about the file: names that should not be there */
static void
examine(const struct conform_subject *subject, symbol_fn *symbols,
        bool with_sections, const char *what, struct conform_answer *answer)
{
    struct names names = {.count = 0};
    struct elf elf = {.bytes = NULL};

    if (elf_open(&elf, subject->path, answer)) {
        if (!symbols_each(&elf, symbols, &names)) {
            conform_say(answer, CONFORM_NOT_OK, "it has no dynamic symbols");
        }
        if (with_sections) {
            sections_add(&elf, &names);
        }
        if (names.is_sanitized) {
            conform_say(answer, CONFORM_NOT_CHECKED,
                        "it is built with a sanitizer, which adds its own");
        } else if (names.count > 0) {
            conform_say(answer, CONFORM_NOT_OK, "%s: %s", what, names.text);
        }
    }
    free(elf.bytes);
}

void
conform_file_exports(const struct conform_subject *subject,
                     struct conform_answer *answer)
{
    examine(subject, export_add, false, "also exported", answer);
}

void
conform_file_symbols(const struct conform_subject *subject,
                     struct conform_answer *answer)
{
    examine(subject, foreign_add, false, "asks for", answer);
}

void
conform_file_writable(const struct conform_subject *subject,
                      struct conform_answer *answer)
{
    examine(subject, no_symbol, true, "sections", answer);
}

void
conform_file_loads(const struct conform_subject *subject,
                   struct conform_answer *answer)
{
    struct object object;

    if (!conform_open(subject, &object, answer)) {
        return;
    }
    const struct sched_object *table = object.table;
    if (table->build == NULL || table->name[0] == '\0') {
        conform_say(answer, CONFORM_NOT_OK,
                    "the descriptor has no build signature or no name");
    } else {
        conform_say(answer, CONFORM_OK, "%s %s (%s), ABI %u.%u", table->name,
                    table->version, table->build, table->abi_major,
                    table->abi_minor);
    }
    object_close(&object);
}
