/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abi.c - prints how sched_abi.h lays out its structs, and its constants
 *
 * What it prints is compared with tests/golden/sched_abi.txt, so that a change
 * that would break objects built before it cannot slip in. Each field has its
 * offset and size; a byte between fields that belongs to none is printed as a
 * hole, which is also how a field that is not listed here comes to light.
 * Appending to the golden file is a new minor version, changing it a new major
 * one. Offsets are those of machines with 64-bit pointers.
 */
#include "scheduler/sched_abi.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

struct layout_field {
    const char *name;
    size_t offset_bytes;
    size_t size_bytes;
};

static void
print_struct(const char *name, size_t size_bytes,
             const struct layout_field *fields, size_t fields_count)
{
    size_t end_bytes = 0;

    printf("struct %s %zu\n", name, size_bytes);
    for (size_t i = 0; i < fields_count; i++) {
        const struct layout_field *field = &fields[i];
        if (field->offset_bytes != end_bytes) {
            printf("    hole at %zu\n", end_bytes);
        }
        printf("    %zu %zu %s\n", field->offset_bytes, field->size_bytes,
               field->name);
        end_bytes = field->offset_bytes + field->size_bytes;
    }
    if (end_bytes != size_bytes) {
        printf("    hole at %zu\n", end_bytes);
    }
}

#define FIELD(type, member)                                                    \
    {                                                                          \
#member, offsetof(struct type, member),                                \
            sizeof((struct type *)NULL)->member                                \
    }

static const struct layout_field sched_text[] = {
    FIELD(sched_text, name),       FIELD(sched_text, bytes),
    FIELD(sched_text, bytes_size), FIELD(sched_text, role),
    FIELD(sched_text, zero),
};

static const struct layout_field sched_override[] = {
    FIELD(sched_override, path),
    FIELD(sched_override, value),
    FIELD(sched_override, where),
};

static const struct layout_field sched_allocator[] = {
    FIELD(sched_allocator, context),
    FIELD(sched_allocator, allocate),
    FIELD(sched_allocator, release),
};

static const struct layout_field sched_config[] = {
    FIELD(sched_config, texts),          FIELD(sched_config, overrides),
    FIELD(sched_config, texts_count),    FIELD(sched_config, overrides_count),
    FIELD(sched_config, allocator),      FIELD(sched_config, now_ns),
    FIELD(sched_config, wall_offset_ns), FIELD(sched_config, is_strict),
    FIELD(sched_config, zero),
};

static const struct layout_field sched_created[] = {
    FIELD(sched_created, self),           FIELD(sched_created, messages),
    FIELD(sched_created, messages_size),  FIELD(sched_created, errors_count),
    FIELD(sched_created, warnings_count), FIELD(sched_created, needed_role),
    FIELD(sched_created, zero),           FIELD(sched_created, needed_name),
};

static const struct layout_field sched_setting[] = {
    FIELD(sched_setting, path),           FIELD(sched_setting, unit),
    FIELD(sched_setting, value),          FIELD(sched_setting, origin),
    FIELD(sched_setting, help),           FIELD(sched_setting, type),
    FIELD(sched_setting, owner),          FIELD(sched_setting, numbers_count),
    FIELD(sched_setting, is_overridable), FIELD(sched_setting, numbers),
};

static const struct layout_field sched_recipient[] = {
    FIELD(sched_recipient, channel),
    FIELD(sched_recipient, host),
};

static const struct layout_field sched_submit[] = {
    FIELD(sched_submit, message),
    FIELD(sched_submit, parent),
    FIELD(sched_submit, session),
    FIELD(sched_submit, submitted_at_ns),
    FIELD(sched_submit, deferred_until_ns),
    FIELD(sched_submit, size_bytes),
    FIELD(sched_submit, recipients),
    FIELD(sched_submit, recipients_count),
    FIELD(sched_submit, source_channel),
    FIELD(sched_submit, priority),
    FIELD(sched_submit, flags),
};

static const struct layout_field sched_job_event[] = {
    FIELD(sched_job_event, job),
    FIELD(sched_job_event, zero),
};

static const struct layout_field sched_thread_event[] = {
    FIELD(sched_thread_event, job),
    FIELD(sched_thread_event, thread),
    FIELD(sched_thread_event, host),
    FIELD(sched_thread_event, zero),
};

static const struct layout_field sched_outcome[] = {
    FIELD(sched_outcome, message), FIELD(sched_outcome, results),
    FIELD(sched_outcome, file),    FIELD(sched_outcome, job),
    FIELD(sched_outcome, thread),  FIELD(sched_outcome, recipients_count),
    FIELD(sched_outcome, result),  FIELD(sched_outcome, phase),
};

static const struct layout_field sched_scanned_file[] = {
    FIELD(sched_scanned_file, message),
    FIELD(sched_scanned_file, submitted_at_ns),
    FIELD(sched_scanned_file, returned_at_ns),
    FIELD(sched_scanned_file, size_bytes),
    FIELD(sched_scanned_file, recipients),
    FIELD(sched_scanned_file, recipients_count),
    FIELD(sched_scanned_file, file),
    FIELD(sched_scanned_file, channel),
    FIELD(sched_scanned_file, host),
    FIELD(sched_scanned_file, priority),
    FIELD(sched_scanned_file, attempts),
    FIELD(sched_scanned_file, is_held),
    FIELD(sched_scanned_file, flags),
};

static const struct layout_field sched_scanned[] = {
    FIELD(sched_scanned, files),       FIELD(sched_scanned, files_count),
    FIELD(sched_scanned, channel),     FIELD(sched_scanned, has_more),
    FIELD(sched_scanned, zero),        FIELD(sched_scanned, cursor_message),
    FIELD(sched_scanned, cursor_file), FIELD(sched_scanned, zero2),
};

static const struct layout_field sched_refused[] = {
    FIELD(sched_refused, action),
    FIELD(sched_refused, reason),
    FIELD(sched_refused, zero),
};

static const struct layout_field sched_wall_offset[] = {
    FIELD(sched_wall_offset, wall_offset_ns),
};

static const struct layout_field sched_command[] = {
    FIELD(sched_command, path),    FIELD(sched_command, value),
    FIELD(sched_command, message), FIELD(sched_command, file),
    FIELD(sched_command, command),
};

static const struct layout_field sched_stress[] = {
    FIELD(sched_stress, channel),
    FIELD(sched_stress, zero),
};

static const struct layout_field sched_event[] = {
    FIELD(sched_event, kind),
    FIELD(sched_event, zero),
    FIELD(sched_event, u),
};

static const struct layout_field sched_create[] = {
    FIELD(sched_create, message),          FIELD(sched_create, recipients),
    FIELD(sched_create, recipients_count), FIELD(sched_create, file),
    FIELD(sched_create, channel),          FIELD(sched_create, host),
    FIELD(sched_create, priority),         FIELD(sched_create, state),
};

static const struct layout_field sched_reject[] = {
    FIELD(sched_reject, message),
    FIELD(sched_reject, reason),
    FIELD(sched_reject, zero),
};

static const struct layout_field sched_job_action[] = {
    FIELD(sched_job_action, job),
    FIELD(sched_job_action, channel),
    FIELD(sched_job_action, thread),
    FIELD(sched_job_action, zero),
};

static const struct layout_field sched_thread_action[] = {
    FIELD(sched_thread_action, job),
    FIELD(sched_thread_action, thread),
};

static const struct layout_field sched_deliver[] = {
    FIELD(sched_deliver, message),
    FIELD(sched_deliver, recipients),
    FIELD(sched_deliver, recipients_count),
    FIELD(sched_deliver, file),
    FIELD(sched_deliver, job),
    FIELD(sched_deliver, thread),
    FIELD(sched_deliver, channel),
    FIELD(sched_deliver, host),
};

static const struct layout_field sched_rewrite[] = {
    FIELD(sched_rewrite, message),          FIELD(sched_rewrite, recipients),
    FIELD(sched_rewrite, recipients_count), FIELD(sched_rewrite, file),
    FIELD(sched_rewrite, new_file),         FIELD(sched_rewrite, zero),
};

static const struct layout_field sched_file_action[] = {
    FIELD(sched_file_action, message),
    FIELD(sched_file_action, file),
    FIELD(sched_file_action, value),
};

static const struct layout_field sched_scan[] = {
    FIELD(sched_scan, channel),        FIELD(sched_scan, files_max),
    FIELD(sched_scan, cursor_message), FIELD(sched_scan, cursor_file),
    FIELD(sched_scan, zero),
};

static const struct layout_field sched_action[] = {
    FIELD(sched_action, kind),
    FIELD(sched_action, zero),
    FIELD(sched_action, action),
    FIELD(sched_action, u),
};

static const struct layout_field sched_object[] = {
    FIELD(sched_object, magic),     FIELD(sched_object, struct_size),
    FIELD(sched_object, abi_major), FIELD(sched_object, abi_minor),
    FIELD(sched_object, build),     FIELD(sched_object, name),
    FIELD(sched_object, version),   FIELD(sched_object, policy),
    FIELD(sched_object, create),    FIELD(sched_object, event),
    FIELD(sched_object, next),      FIELD(sched_object, destroy),
    FIELD(sched_object, describe),  FIELD(sched_object, state_digest),
    FIELD(sched_object, check),     FIELD(sched_object, explain),
};

struct constant {
    const char *name;
    int64_t value;
};

#define CONSTANT(name)                                                         \
    {                                                                          \
#name, (int64_t)(name)                                                 \
    }

static const struct constant constants[] = {
    CONSTANT(SCHED_ABI_MAGIC),
    CONSTANT(SCHED_ABI_MAJOR),
    CONSTANT(SCHED_ABI_MINOR),
    CONSTANT(SCHED_NEVER),
    CONSTANT(SCHED_NONE),
    CONSTANT(SCHED_NO_TIME),
    CONSTANT(SCHED_SETTING_NUMBERS_MAX),
    CONSTANT(SCHED_SUBMIT_NULL_SENDER),
    CONSTANT(SCHED_OK),
    CONSTANT(SCHED_END),
    CONSTANT(SCHED_TEXT_NEEDED),
    CONSTANT(SCHED_ERR_ARGUMENT),
    CONSTANT(SCHED_ERR_CONFIGURATION),
    CONSTANT(SCHED_ERR_MEMORY),
    CONSTANT(SCHED_ERR_UNSUPPORTED),
    CONSTANT(SCHED_ERR_LIMIT),
    CONSTANT(SCHED_ERR_BUG),
    CONSTANT(SCHED_PRIORITY_URGENT),
    CONSTANT(SCHED_PRIORITY_NORMAL),
    CONSTANT(SCHED_PRIORITY_NONURGENT),
    CONSTANT(SCHED_PRIORITY_SECONDCLASS),
    CONSTANT(SCHED_PRIORITY_THIRDCLASS),
    CONSTANT(SCHED_PRIORITIES_COUNT),
    CONSTANT(SCHED_RESULT_DELIVERED),
    CONSTANT(SCHED_RESULT_TEMPORARY),
    CONSTANT(SCHED_RESULT_PERMANENT),
    CONSTANT(SCHED_RESULT_MISSING),
    CONSTANT(SCHED_PHASE_CONNECT),
    CONSTANT(SCHED_PHASE_GREETING),
    CONSTANT(SCHED_PHASE_EHLO),
    CONSTANT(SCHED_PHASE_MAIL),
    CONSTANT(SCHED_PHASE_RCPT),
    CONSTANT(SCHED_PHASE_DATA),
    CONSTANT(SCHED_PHASE_DOT),
    CONSTANT(SCHED_TEXT_CHANNELS),
    CONSTANT(SCHED_TEXT_JOBS),
    CONSTANT(SCHED_TEXT_OPTIONS),
    CONSTANT(SCHED_TEXT_INCLUDED),
    CONSTANT(SCHED_SETTING_INTEGER),
    CONSTANT(SCHED_SETTING_DURATION),
    CONSTANT(SCHED_SETTING_LIST),
    CONSTANT(SCHED_SETTING_TEXT),
    CONSTANT(SCHED_SETTING_CHOICE),
    CONSTANT(SCHED_SETTING_SWITCH),
    CONSTANT(SCHED_EVENT_SUBMIT),
    CONSTANT(SCHED_EVENT_JOB_STARTED),
    CONSTANT(SCHED_EVENT_JOB_FAILED),
    CONSTANT(SCHED_EVENT_JOB_EXITED),
    CONSTANT(SCHED_EVENT_THREAD_READY),
    CONSTANT(SCHED_EVENT_THREAD_ENDED),
    CONSTANT(SCHED_EVENT_OUTCOME),
    CONSTANT(SCHED_EVENT_SESSION_CLOSED),
    CONSTANT(SCHED_EVENT_SCANNED),
    CONSTANT(SCHED_EVENT_WAKE),
    CONSTANT(SCHED_EVENT_REFUSED),
    CONSTANT(SCHED_EVENT_WALL_OFFSET),
    CONSTANT(SCHED_EVENT_COMMAND),
    CONSTANT(SCHED_EVENT_STRESS),
    CONSTANT(SCHED_REFUSED_LIMIT),
    CONSTANT(SCHED_REFUSED_UNKNOWN),
    CONSTANT(SCHED_REFUSED_ILLEGAL),
    CONSTANT(SCHED_REFUSED_IO),
    CONSTANT(SCHED_COMMAND_SET),
    CONSTANT(SCHED_COMMAND_RELEASE),
    CONSTANT(SCHED_ACTION_NONE),
    CONSTANT(SCHED_ACTION_CREATE),
    CONSTANT(SCHED_ACTION_REJECT),
    CONSTANT(SCHED_ACTION_START_JOB),
    CONSTANT(SCHED_ACTION_STOP_JOB),
    CONSTANT(SCHED_ACTION_START_THREAD),
    CONSTANT(SCHED_ACTION_STOP_THREAD),
    CONSTANT(SCHED_ACTION_DELIVER),
    CONSTANT(SCHED_ACTION_REWRITE),
    CONSTANT(SCHED_ACTION_HOLD),
    CONSTANT(SCHED_ACTION_RETURN),
    CONSTANT(SCHED_ACTION_WARN),
    CONSTANT(SCHED_ACTION_NOTIFY),
    CONSTANT(SCHED_ACTION_SCAN),
    CONSTANT(SCHED_FILE_READY),
    CONSTANT(SCHED_FILE_HELD),
    CONSTANT(SCHED_FILE_UNTRACKED),
    CONSTANT(SCHED_NOTICE_WARNING),
    CONSTANT(SCHED_NOTICE_RETURN),
    CONSTANT(SCHED_NOTICE_FAILURE),
};

#define PRINT(type)                                                            \
    print_struct(#type, sizeof(struct type), (type),                           \
                 sizeof(type) / sizeof((type)[0]))

int
main(void)
{
    PRINT(sched_text);
    PRINT(sched_override);
    PRINT(sched_allocator);
    PRINT(sched_config);
    PRINT(sched_created);
    PRINT(sched_setting);
    PRINT(sched_recipient);
    PRINT(sched_submit);
    PRINT(sched_job_event);
    PRINT(sched_thread_event);
    PRINT(sched_outcome);
    PRINT(sched_scanned_file);
    PRINT(sched_scanned);
    PRINT(sched_refused);
    PRINT(sched_wall_offset);
    PRINT(sched_command);
    PRINT(sched_stress);
    PRINT(sched_event);
    PRINT(sched_create);
    PRINT(sched_reject);
    PRINT(sched_job_action);
    PRINT(sched_thread_action);
    PRINT(sched_deliver);
    PRINT(sched_rewrite);
    PRINT(sched_file_action);
    PRINT(sched_scan);
    PRINT(sched_action);
    PRINT(sched_object);
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        printf("%s %" PRId64 "\n", constants[i].name, constants[i].value);
    }
    return 0;
}
