/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mail.c - see mail.h
 *
 * Ids are issued in order, so the table from id to slot is a row of pages; a
 * page goes when its last message has gone. Slots are kept, not pointers: half
 * the size. Messages of traffic and those that the host makes have a table
 * each.
 */
#include "models/mail.h"

#include <stdlib.h>

#include "sim/kernel/slab.h"

enum { PAGE_BITS = 10, PAGE_IDS = 1 << PAGE_BITS };

struct id_page {
    uint32_t slot[PAGE_IDS]; /* + 1; 0: gone */
    uint32_t live_count;
    bool is_full; /* the next id is in a later page */
};

/* Ids from base + 1 on. */
struct id_table {
    struct id_page **pages; /* by (id - base) >> PAGE_BITS */
    uint64_t pages_count;
    uint64_t pages_capacity;
    uint64_t base;
    uint64_t id_last;
};

struct mail {
    struct slab *messages;
    struct slab *files;
    struct id_table traffic;
    struct id_table made;
    int64_t queued_count;
    uint64_t page_bytes;
    uint64_t many_bytes;
};

/* What a message that the host made has behind its recipients. */
struct luck {
    uint64_t origin;
    uint32_t index[];
};

/* luck_offset - where it lies in the block of the recipients */
static size_t
luck_offset(uint32_t recipients_count)
{
    const size_t bytes = recipients_count * sizeof(struct mail_recipient);

    return (bytes + 7) / 8 * 8;
}

/* many_bytes - the block that a message has beside its record */
static size_t
many_bytes(const struct mail_message *message)
{
    const uint32_t count = message->recipients_count;

    if (message->is_one) {
        return 0;
    }
    return message->is_made ? luck_offset(count) + sizeof(struct luck) +
                                  count * sizeof(uint32_t)
                            : count * sizeof(struct mail_recipient);
}

struct mail *
mail_new(uint32_t messages_max)
{
    struct mail *mail = base_alloc(sizeof *mail);

    ASSERT(messages_max > 0);
    mail->messages = slab_new(sizeof(struct mail_message), messages_max);
    /* A message has a file for each host it goes to: rarely many. */
    mail->files = slab_new(sizeof(struct mail_file), UINT32_MAX / 2);
    mail->made.base = MAIL_ID_MADE;
    mail->made.id_last = MAIL_ID_MADE;
    return mail;
}

/* page_free - with the blocks of the messages in it */
static void
page_free(struct mail *mail, struct id_page *page)
{
    for (uint32_t k = 0; page != NULL && k < PAGE_IDS; k++) {
        if (page->slot[k] != 0) {
            struct mail_message *message =
                slab_at(mail->messages, page->slot[k] - 1);
            if (many_bytes(message) > 0) {
                free(message->to.many);
            }
        }
    }
    free(page);
}

static void
table_free(struct mail *mail, struct id_table *table)
{
    for (uint64_t i = 0; i < table->pages_count; i++) {
        page_free(mail, table->pages[i]);
    }
    free(table->pages);
}

void
mail_free(struct mail *mail)
{
    if (mail == NULL) {
        return;
    }
    table_free(mail, &mail->traffic);
    table_free(mail, &mail->made);
    slab_free(mail->messages);
    slab_free(mail->files);
    free(mail);
}

/* table_of - the table that an id is of */
static const struct id_table *
table_of(const struct mail *mail, uint64_t id)
{
    return id > MAIL_ID_MADE ? &mail->made : &mail->traffic;
}

/* id_page_new - the page of the next id, made if it is not there */
static struct id_page *
id_page_new(struct mail *mail, struct id_table *table, uint64_t id)
{
    uint64_t index = (id - table->base) >> PAGE_BITS;

    if (index >= table->pages_capacity) {
        table->pages_capacity = index < 32 ? 64 : 2 * index;
        table->pages = base_realloc(table->pages, table->pages_capacity *
                                                      sizeof table->pages[0]);
    }
    while (table->pages_count <= index) {
        table->pages[table->pages_count++] = base_alloc(sizeof(struct id_page));
        mail->page_bytes += sizeof(struct id_page);
    }
    return table->pages[index];
}

/* id_page_of - the page of an id that was issued; NULL: all of it is gone */
static inline struct id_page **
id_page_of(const struct mail *mail, uint64_t id)
{
    const struct id_table *table = table_of(mail, id);

    return &table->pages[(id - table->base) >> PAGE_BITS];
}

/* id_forget - the message with this id is gone */
static void
id_forget(struct mail *mail, uint64_t id)
{
    struct id_page **page = id_page_of(mail, id);

    (*page)->slot[id & (PAGE_IDS - 1)] = 0;
    (*page)->live_count--;
    if ((*page)->is_full && (*page)->live_count == 0) {
        free(*page);
        *page = NULL;
        mail->page_bytes -= sizeof(struct id_page);
    }
}

/* message_new - a message with the next id of a table */
static struct mail_message *
message_new(struct mail *mail, struct id_table *table, int64_t now_ns,
            uint32_t recipients_count)
{
    ASSERT(recipients_count >= 1);
    ASSERT(recipients_count <= MAIL_RECIPIENTS_MAX);

    uint64_t handle = slab_take(mail->messages);
    if (handle == 0) {
        return NULL;
    }
    struct mail_message *message = slab_must_get(mail->messages, handle);
    uint64_t id = ++table->id_last;
    struct id_page *page = id_page_new(mail, table, id);

    page->slot[id & (PAGE_IDS - 1)] = (uint32_t)handle;
    page->live_count++;
    page->is_full = (id & (PAGE_IDS - 1)) == PAGE_IDS - 1;
    message->id = id;
    message->submitted_at_ns = now_ns;
    message->recipients_count = recipients_count;
    message->live_count = recipients_count;
    message->is_made = table == &mail->made;
    message->is_one = recipients_count == 1 && !message->is_made;
    const size_t bytes = many_bytes(message);
    if (bytes > 0) {
        message->to.many = base_alloc(bytes);
        mail->many_bytes += bytes;
    }
    mail->queued_count += recipients_count;
    return message;
}

struct mail_message *
mail_submit(struct mail *mail, int64_t now_ns, uint32_t recipients_count)
{
    return message_new(mail, &mail->traffic, now_ns, recipients_count);
}

/* luck_of - of a message that the host made */
static struct luck *
luck_of(const struct mail_message *message)
{
    char *block = (char *)message->to.many;

    return (struct luck *)(void *)(block +
                                   luck_offset(message->recipients_count));
}

struct mail_message *
mail_make(struct mail *mail, int64_t now_ns, uint32_t recipients_count,
          uint64_t origin)
{
    struct mail_message *message =
        message_new(mail, &mail->made, now_ns, recipients_count);

    ASSERT(origin <= MAIL_ID_MADE);
    if (message != NULL) {
        luck_of(message)->origin = origin;
    }
    return message;
}

uint64_t
mail_origin(const struct mail_message *message)
{
    return message->is_made ? luck_of(message)->origin : message->id;
}

uint32_t *
mail_luck(const struct mail_message *message)
{
    return message->is_made ? luck_of(message)->index : NULL;
}

struct mail_message *
mail_message(const struct mail *mail, uint64_t id)
{
    const struct id_page *page;

    if (id - 1 < mail->traffic.id_last) {
        page = mail->traffic.pages[id >> PAGE_BITS];
    } else if (id > MAIL_ID_MADE && id <= mail->made.id_last) {
        page = mail->made.pages[(id - MAIL_ID_MADE) >> PAGE_BITS];
    } else {
        return NULL;
    }
    if (page == NULL) {
        return NULL;
    }
    uint32_t slot = page->slot[id & (PAGE_IDS - 1)];
    return slot == 0 ? NULL : slab_at(mail->messages, slot - 1);
}

/* table_after - the next message of a table, after this id */
static struct mail_message *
table_after(const struct mail *mail, const struct id_table *table, uint64_t id)
{
    for (uint64_t next = id + 1; next <= table->id_last; next++) {
        const struct id_page *page =
            table->pages[(next - table->base) >> PAGE_BITS];
        if (page == NULL) {
            next |= PAGE_IDS - 1;
            continue;
        }
        uint32_t slot = page->slot[next & (PAGE_IDS - 1)];
        if (slot != 0) {
            return slab_at(mail->messages, slot - 1);
        }
    }
    return NULL;
}

struct mail_message *
mail_after(const struct mail *mail, uint64_t id)
{
    if (id < MAIL_ID_MADE) {
        struct mail_message *message = table_after(mail, &mail->traffic, id);
        if (message != NULL) {
            return message;
        }
        id = MAIL_ID_MADE;
    }
    return table_after(mail, &mail->made, id);
}

struct mail_recipient *
mail_recipients(struct mail_message *message)
{
    return message->is_one ? &message->to.one : message->to.many;
}

const struct mail_recipient *
mail_recipient(const struct mail_message *message, uint32_t index)
{
    return message->is_one ? &message->to.one : &message->to.many[index];
}

struct mail_file *
mail_file_of(const struct mail *mail, const struct mail_recipient *recipient)
{
    if (recipient->file == MAIL_NO_FILE) {
        return NULL;
    }
    return slab_at(mail->files, recipient->file - 1);
}

struct mail_file *
mail_file(const struct mail *mail, struct mail_message *message,
          uint32_t number)
{
    const struct mail_recipient *recipients = mail_recipients(message);

    for (uint32_t i = 0; i < message->recipients_count; i++) {
        struct mail_file *file = mail_file_of(mail, &recipients[i]);
        if (file != NULL && file->number == number) {
            return file;
        }
    }
    return NULL;
}

/* message_slot - where a message lies in its slab */
static uint32_t
message_slot(const struct mail *mail, const struct mail_message *message)
{
    const struct id_page *page = *id_page_of(mail, message->id);

    return page->slot[message->id & (PAGE_IDS - 1)] - 1;
}

uint32_t
mail_create(struct mail *mail, struct mail_message *message, uint32_t number)
{
    uint64_t handle = slab_take(mail->files);

    if (handle == 0) {
        return MAIL_NO_FILE;
    }
    struct mail_file *file = slab_must_get(mail->files, handle);
    file->message = message_slot(mail, message);
    file->number = number;
    return (uint32_t)handle;
}

struct mail_file *
mail_file_at(const struct mail *mail, uint32_t file)
{
    ASSERT(file != MAIL_NO_FILE);
    return slab_at(mail->files, file - 1);
}

void
mail_assign(struct mail *mail, uint32_t file, struct mail_recipient *recipient)
{
    ASSERT(recipient->state == MAIL_QUEUED);
    ASSERT(recipient->file == MAIL_NO_FILE);
    recipient->file = file;
    mail_file_at(mail, file)->recipients_count++;
}

void
mail_unassign(struct mail *mail, struct mail_message *message,
              struct mail_recipient *recipient)
{
    struct mail_file *file = mail_file_of(mail, recipient);

    ASSERT(file != NULL);
    ASSERT(slab_at(mail->messages, file->message) == message);
    if (--file->recipients_count == 0) {
        slab_release(mail->files,
                     (uint64_t)file->generation << 32 | recipient->file);
    }
    recipient->file = MAIL_NO_FILE;
}

void
mail_finish(struct mail *mail, struct mail_message *message,
            struct mail_recipient *recipient, enum mail_state state)
{
    ASSERT(recipient->state == MAIL_QUEUED);
    ASSERT(state != MAIL_QUEUED);
    if (recipient->file != MAIL_NO_FILE) {
        mail_unassign(mail, message, recipient);
    }
    recipient->state = (uint8_t)state;
    mail->queued_count--;
    if (--message->live_count > 0) {
        return;
    }
    uint64_t slot = message_slot(mail, message);
    uint64_t handle = (uint64_t)message->generation << 32 | (slot + 1);
    const size_t bytes = many_bytes(message);
    if (bytes > 0) {
        mail->many_bytes -= bytes;
        free(message->to.many);
    }
    id_forget(mail, message->id);
    slab_release(mail->messages, handle);
}

struct mail_message *
mail_message_of(const struct mail *mail, const struct mail_file *file)
{
    return slab_at(mail->messages, file->message);
}

uint64_t
mail_id_last(const struct mail *mail)
{
    return mail->traffic.id_last;
}

uint32_t
mail_messages_count(const struct mail *mail)
{
    return slab_count(mail->messages);
}

int64_t
mail_queued_count(const struct mail *mail)
{
    return mail->queued_count;
}

uint32_t
mail_files_count(const struct mail *mail)
{
    return slab_count(mail->files);
}

uint64_t
mail_bytes(const struct mail *mail)
{
    return slab_bytes(mail->messages) + slab_bytes(mail->files) +
           mail->page_bytes + mail->many_bytes +
           (mail->traffic.pages_capacity + mail->made.pages_capacity) *
               sizeof mail->traffic.pages[0];
}
