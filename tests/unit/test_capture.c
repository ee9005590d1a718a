/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_capture.c - a capture file is well-formed, and each side's is its own
 *
 * Pinned: the blocks of the file (lengths at both ends, order, interfaces), the
 * packets in it (read back, with their checksums), who sees what and with which
 * option. That other programs read it: tests/cmd/test_cmd_link.sh with tshark.
 */
#include "sim/cmd/capture.h"

#include <stdlib.h>
#include <string.h>

#include "models/tcp/packet.h"
#include "tests/support/support.h"

enum { BLOCK_PACKET = 6, PACKETS_MAX = 4096 };

/* A packet of the file. */
struct seen {
    uint32_t interface;
    uint64_t at_ns;
    struct packet packet;
};

struct file {
    uint8_t *bytes;
    size_t size;
    struct seen *packets;
    uint32_t count;
    uint32_t types[4]; /* of the first blocks */
};

static uint32_t
u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

static void
packet_take(struct file *file, const uint8_t *block)
{
    struct seen *seen = &file->packets[file->count++];

    assert_true(file->count < PACKETS_MAX);
    seen->interface = u32(block + 8);
    seen->at_ns = (uint64_t)u32(block + 12) << 32 | u32(block + 16);
    assert_int_equal(u32(block + 20), u32(block + 24)); /* not cut */
    assert_int_equal(packet_read(&seen->packet, block + 28, u32(block + 20)),
                     PACKET_OK);
}

/* file_read - every block ends with the length that it begins with */
static void
file_read(struct file *file)
{
    uint32_t blocks = 0;

    for (size_t at = 0; at < file->size;) {
        const uint8_t *block = file->bytes + at;
        const uint32_t length = u32(block + 4);

        assert_true(length % 4 == 0 && length >= 12);
        assert_true(at + length <= file->size);
        assert_int_equal(u32(block + length - 4), length);
        if (blocks < 4) {
            file->types[blocks] = u32(block);
        }
        if (u32(block) == BLOCK_PACKET) {
            packet_take(file, block);
        }
        blocks++;
        at += length;
    }
}

static void
file_make(struct file *file, const char *fault)
{
    struct trial_params params;
    struct trial trial;
    struct witness witness;
    const struct tcp_watch watch = {.see = witness_see, .arg = &witness};
    const char *expected = NULL;
    char *text = NULL;
    FILE *out = open_memstream(&text, &file->size);

    assert_non_null(out);
    trial_params_init(&params);
    params.size_bytes = 20000;
    params.stacks[TCP_CLIENT].shift = params.stacks[TCP_SERVER].shift = 7;
    params.path.hops[0].middleboxes_count = 1;
    assert_true(
        middlebox_parse(&params.path.hops[0].middleboxes[0], fault, &expected));
    params.reply_timeout_ns = NS_PER_S;
    witness_init(&witness, 1460);
    trial_run(&trial, &params, &watch);
    assert_true(capture_write(&witness, &trial, "a command", out));
    fclose(out);
    file->bytes = (uint8_t *)text;
    file->packets = calloc(PACKETS_MAX, sizeof *file->packets);
    assert_non_null(file->packets);
    file->count = 0;
    file_read(file);
    witness_free(&witness);
}

static void
file_free(struct file *file)
{
    free(file->bytes);
    free(file->packets);
}

static void
test_capture_begins_with_a_section_and_two_interfaces(void **state)
{
    struct file file;

    (void)state;
    file_make(&file, "none");
    assert_int_equal(file.types[0], 0x0a0d0d0a);
    assert_int_equal(u32(file.bytes + 8), 0x1a2b3c4d);
    assert_int_equal(file.types[1], 1);
    assert_int_equal(file.types[2], 1);
    assert_int_equal(file.types[3], BLOCK_PACKET);
    file_free(&file);
}

/* Nothing is lost: each packet stands once on each interface, but those that
 * are still under way when the trial ends. */
static void
test_capture_has_each_packet_on_both_sides_in_order_of_time(void **state)
{
    struct file file;
    uint32_t counts[2] = {0};

    (void)state;
    file_make(&file, "none");
    for (uint32_t i = 0; i < file.count; i++) {
        counts[file.packets[i].interface]++;
        assert_true(i == 0 ||
                    file.packets[i].at_ns >= file.packets[i - 1].at_ns);
    }
    assert_true(counts[0] > 20);
    assert_true(abs((int)counts[0] - (int)counts[1]) <= 2);
    file_free(&file);
}

/* The SYN leaves with shift 7 at 0 ns, and comes with 0 to the server, which
 * knows the client by another address. */
static void
test_capture_shows_the_option_as_each_side_sees_it(void **state)
{
    struct file file;

    (void)state;
    file_make(&file, "set-syn=0");
    assert_int_equal(file.packets[0].interface, TCP_CLIENT);
    assert_int_equal(file.packets[0].at_ns, 0);
    assert_int_equal(file.packets[0].packet.segment.shift, 7);
    assert_int_equal(file.packets[1].interface, TCP_SERVER);
    assert_true(file.packets[1].at_ns > 10 * NS_PER_MS);
    assert_int_equal(file.packets[1].packet.segment.shift, 0);
    assert_int_not_equal(file.packets[0].packet.addresses[0],
                         file.packets[1].packet.addresses[0]);
    file_free(&file);
}

static void
test_capture_has_what_was_dropped_on_its_senders_side_only(void **state)
{
    struct file file;

    (void)state;
    file_make(&file, "drop-syn");
    assert_true(file.count > 3); /* SYNs */
    for (uint32_t i = 0; i < file.count; i++) {
        assert_int_equal(file.packets[i].interface, TCP_CLIENT);
    }
    file_free(&file);
}

/* The first data is the banner, and it is SMTP. */
static void
test_capture_carries_smtp(void **state)
{
    struct file file;
    uint32_t i = 0;

    (void)state;
    file_make(&file, "none");
    while (i + 1 < file.count &&
           file.packets[i].packet.segment.payload_bytes == 0) {
        i++;
    }
    const struct packet *packet = &file.packets[i].packet;

    assert_int_equal(packet->segment.payload_bytes, 96);
    assert_memory_equal(packet->payload, "220 ", 4);
    assert_memory_equal(packet->payload + 94, "\r\n", 2);
    file_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_begins_with_a_section_and_two_interfaces),
        cmocka_unit_test(
            test_capture_has_each_packet_on_both_sides_in_order_of_time),
        cmocka_unit_test(test_capture_shows_the_option_as_each_side_sees_it),
        cmocka_unit_test(
            test_capture_has_what_was_dropped_on_its_senders_side_only),
        cmocka_unit_test(test_capture_carries_smtp),
    };
    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
