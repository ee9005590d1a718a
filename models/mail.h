/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mail.h - the queue directory of the simulated host: messages and files
 *
 * A message has recipients; each of them is in exactly one live file, or final.
 * A file is what a delivery attempt is made of: some recipients of one message.
 *
 * COST       92 bytes for a queued message with one recipient, id table
 *            included; with several, 12 more for each of them (and what malloc
 *            adds to one block), 32 for each further file. Everything O(1) but
 *            what walks a message's recipients.
 * ERRORS     mail_submit() answers NULL at messages_max. The rest are bugs.
 */
#ifndef MODELS_MAIL_H
#define MODELS_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define MAIL_BYTES_MAX      INT64_C(0xffffffff)
#define MAIL_RECIPIENTS_MAX ((1u << 20) - MAIL_LUCK_NOTICES)
#define MAIL_NO_FILE        0u
/* Ids of messages that the host makes itself start here. */
#define MAIL_ID_MADE (UINT64_C(1) << 43)
/* Recipient indices that no message has: the luck of notices about it. */
#define MAIL_LUCK_NOTICES 64u

enum mail_state { /* of a recipient */
                  MAIL_QUEUED,
                  MAIL_DELIVERED,
                  MAIL_RETURNED,
                  MAIL_REJECTED,
                  MAIL_MOVED /* into another message: not final */
};

enum mail_file_state {
    MAIL_FILE_READY,   /* may be tried */
    MAIL_FILE_ACTIVE,  /* being tried */
    MAIL_FILE_PARTED,  /* some were delivered: the rest waits to be rewritten */
    MAIL_FILE_DELAYED, /* failed: not before due_at_ns */
    MAIL_FILE_HELD
};

struct mail_recipient {
    uint32_t host;
    uint32_t file;     /* slot + 1 of its live file; MAIL_NO_FILE: none yet, or
                      final */
    uint16_t attempts; /* ever made; stops at 65535 */
    uint8_t state;     /* enum mail_state */
    uint8_t is_delivered; /* the remote host has it, whatever we know */
};

struct mail_message {
    uint32_t generation; /* the slab's */
    uint32_t size_bytes;
    uint64_t id;
    int64_t submitted_at_ns;
    union {
        struct mail_recipient one; /* recipients_count == 1 */
        struct mail_recipient *many;
    } to;
    uint32_t recipients_count;
    uint32_t live_count; /* recipients not final */
    uint16_t source;     /* channel, UINT16_MAX: none */
    uint8_t priority;    /* of the header */
    uint8_t is_null_sender;
    uint16_t notices; /* made about it; the host's own count */
    uint8_t is_made;  /* by the host: luck and recipients lie in `many` */
    uint8_t is_one;   /* the only recipient lies in `one` */
};

struct mail_file {
    uint32_t generation;
    uint32_t message;  /* slot */
    int64_t due_at_ns; /* DELAYED: retry not before; ACTIVE: attempt's start */
    uint32_t number;   /* within the message, from 1 */
    uint32_t recipients_count; /* not final */
    uint16_t channel;
    uint16_t attempts; /* failed ones, as the file's name tells; the return
                          run's memory is the scheduler's */
    uint8_t priority;  /* effective */
    uint8_t state;     /* enum mail_file_state */
    uint8_t flags;     /* MAIL_FILE_IS_... */
    uint8_t zero;
};

enum {                           /* of a file */
       MAIL_FILE_IS_UNKNOWN = 1, /* this instance of the scheduler has not been
                                    told of it, or said that it forgot it */
       MAIL_FILE_IS_HIDDEN = 2,  /* it waits for a reason that only the
                                    scheduler knows, until it is next tried */
       MAIL_FILE_IS_WARNED = 4,  /* its sender has been warned */
       MAIL_FILE_IS_MIXED = 8    /* recipients at several hosts: whose queue it
                                    is in, its host remembers */
};

struct mail; /* the store */

struct mail *mail_new(uint32_t messages_max);
void mail_free(struct mail *mail);

/* A new message; recipients' host is to be filled in. NULL: messages_max. */
struct mail_message *mail_submit(struct mail *mail, int64_t now_ns,
                                 uint32_t recipients_count);

/*
 * One that the host makes itself, with an id of their own range. Its recipients
 * have the luck of recipients of `origin`, a message of traffic: which ones is
 * to be filled in at mail_luck(). NULL: messages_max.
 */
struct mail_message *mail_make(struct mail *mail, int64_t now_ns,
                               uint32_t recipients_count, uint64_t origin);

/* Whose luck a message has, and for each of its recipients the index there;
 * NULL: their own. */
uint64_t mail_origin(const struct mail_message *message);
uint32_t *mail_luck(const struct mail_message *message);

/* The next message by id, after this one (0: the first); NULL: no more. */
struct mail_message *mail_after(const struct mail *mail, uint64_t id);

/* By id; NULL: it is gone, or was never issued. */
struct mail_message *mail_message(const struct mail *mail, uint64_t id);

struct mail_recipient *mail_recipients(struct mail_message *message);

/* One of them, to read. */
const struct mail_recipient *mail_recipient(const struct mail_message *message,
                                            uint32_t index);

/* The live file with this number of the message; NULL: none. */
struct mail_file *mail_file(const struct mail *mail,
                            struct mail_message *message, uint32_t number);

/* The live file a recipient is in; NULL: none. */
struct mail_file *mail_file_of(const struct mail *mail,
                               const struct mail_recipient *recipient);

/* Makes a file, still without recipients. Its slot + 1; 0: the limit. */
uint32_t mail_create(struct mail *mail, struct mail_message *message,
                     uint32_t number);

/* The file in a slot + 1, as mail_create() and recipients name it. */
struct mail_file *mail_file_at(const struct mail *mail, uint32_t file);

/* Puts a recipient, until now in no live file, into a file (slot + 1). */
void mail_assign(struct mail *mail, uint32_t file,
                 struct mail_recipient *recipient);

/* Takes a recipient out of its file (which ends with its last one). */
void mail_unassign(struct mail *mail, struct mail_message *message,
                   struct mail_recipient *recipient);

/* Makes a recipient final, or moved; file and message end with their last one,
 * and pointers to them go bad. */
void mail_finish(struct mail *mail, struct mail_message *message,
                 struct mail_recipient *recipient, enum mail_state state);

/* The message of a file. */
struct mail_message *mail_message_of(const struct mail *mail,
                                     const struct mail_file *file);

uint64_t mail_id_last(const struct mail *mail); /* of traffic; 0: none yet */
uint32_t mail_messages_count(const struct mail *mail);
int64_t mail_queued_count(const struct mail *mail); /* recipients */
uint32_t mail_files_count(const struct mail *mail);
uint64_t mail_bytes(const struct mail *mail);

#endif
