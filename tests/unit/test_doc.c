/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_doc.c - a document is read as a tree with places, or refused
 *
 * Pinned: the tree, the line and column of every refusal, and that errors are
 * reported together. Of the words only those that name the trouble.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/doc.h"

struct fixture {
    struct arena *arena;
    struct diag diag;
};

static int
setup(void **state)
{
    struct fixture *fixture = base_alloc(sizeof *fixture);

    fixture->arena = arena_new(0);
    diag_init(&fixture->diag);
    *state = fixture;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *fixture = *state;

    diag_free(&fixture->diag);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct doc_node *
parse(struct fixture *fixture, const char *text)
{
    return doc_parse(fixture->arena, "x.yaml", text, strlen(text),
                     &fixture->diag);
}

/* refused - one error, at this place, with this word in it */
static void
refused(const char *text, const char *place, const char *word)
{
    struct fixture fixture = {.arena = arena_new(0)};
    const char *said = NULL;

    diag_init(&fixture.diag);
    (void)parse(&fixture, text);
    said = fixture.diag.text != NULL ? fixture.diag.text : "";
    if (fixture.diag.errors_count != 1 ||
        strncmp(said, place, strlen(place)) != 0 ||
        strstr(said, word) == NULL) {
        fail_msg("%s\nexpected one error at %s with \"%s\", found %u:\n%s",
                 text, place, word, fixture.diag.errors_count, said);
    }
    diag_free(&fixture.diag);
    arena_free(fixture.arena);
}

static void
test_doc_keeps_order_and_places(void **state)
{
    struct fixture *fixture = *state;
    const struct doc_node *root = parse(fixture, "b: 1\n"
                                                 "a:\n"
                                                 "  - x: no\n"
                                                 "  - [p, 'q']\n");

    assert_int_equal(fixture->diag.errors_count, 0);
    assert_int_equal(root->kind, DOC_MAP);
    assert_int_equal(root->children_count, 2);
    assert_string_equal(root->first->key, "b");
    assert_string_equal(root->first->text, "1");
    assert_int_equal(root->first->where.line, 1);
    assert_int_equal(root->first->where.column, 4);
    assert_int_equal(root->first->key_where.column, 1);

    const struct doc_node *a = doc_get(root, "a");

    assert_ptr_equal(a, root->last);
    assert_int_equal(a->kind, DOC_LIST);
    assert_string_equal(doc_get(a->first, "x")->text, "no");
    assert_string_equal(a->last->first->text, "p");
    assert_string_equal(a->last->last->text, "q");
    assert_true(a->last->first->is_plain);
    assert_false(a->last->last->is_plain);
    assert_int_equal(a->last->last->where.line, 4);
    assert_int_equal(a->last->last->where.column, 9);
    assert_null(doc_get(root, "c"));
    assert_null(doc_get(a, "x"));
}

static void
test_doc_parentheses_hold_commas_together(void **state)
{
    struct fixture *fixture = *state;
    const struct doc_node *root =
        parse(fixture, "m: { a: f(1, 2,3), b: g(at 1h, over 2m) , c: 4 }\n"
                       "l: [ f(1, 2), x ]\n"
                       "p: f(1, 2)\n");

    assert_int_equal(fixture->diag.errors_count, 0);
    assert_int_equal(doc_get(root, "m")->children_count, 3);
    assert_string_equal(doc_get(doc_get(root, "m"), "a")->text, "f(1, 2, 3)");
    assert_string_equal(doc_get(doc_get(root, "m"), "b")->text,
                        "g(at 1h, over 2m)");
    assert_string_equal(doc_get(doc_get(root, "m"), "c")->text, "4");
    assert_int_equal(doc_get(root, "l")->children_count, 2);
    assert_string_equal(doc_get(root, "l")->first->text, "f(1, 2)");
    assert_string_equal(doc_get(root, "p")->text, "f(1, 2)");
}

static void
test_doc_refuses_what_two_readers_would_read_differently(void **state)
{
    (void)state;
    refused("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: error:", "second time");
    refused("m: {k: 1, k: 1}\n", "x.yaml:1:11: error:", "second time");
    refused("a: &x 1\n", "x.yaml:1:4: error:", "anchors");
    refused("a: *x\n", "x.yaml:1:4: error:", "aliases");
    refused("*x : 1\n", "x.yaml:1:1: error:", "aliases");
    refused("a: !!str 1\n", "x.yaml:1:4: error:", "tags");
    refused("!!map {a: 1}\n", "x.yaml:1:1: error:", "tags");
    refused("<<: {a: 1}\n", "x.yaml:1:1: error:", "merge keys");
    refused("a: 1\n---\nb: 1\n", "x.yaml:2:1: error:", "second document");
    refused("%YAML 1.1\n---\na: 1\n", "x.yaml:1:1: error:", "directives");
    refused("a:\t1\n", "x.yaml:1:3: error:", "tabs");
    refused("? [a, b]\n: 1\n", "x.yaml:1:3: error:", "key");
    refused("a: \"x\\0y\"\n", "x.yaml:1:4: error:", "NUL");
}

static void
test_doc_refuses_what_is_not_yaml(void **state)
{
    (void)state;
    refused("", "x.yaml:1: error:", "empty");
    refused("# only a comment\n", "x.yaml:1: error:", "empty");
    refused("a: [1, 2\n", "x.yaml:2:1: error:", "not YAML");
    refused("a: 1\n b: 2\n", "x.yaml:2:3: error:", "not YAML");
    refused("a: b\nc: \xff\n", "x.yaml:2:4: error:", "UTF-8");
    refused("*: {a: 1}\n", "x.yaml:1:", "quotes");
}

static void
test_doc_reports_all_errors_of_a_reading(void **state)
{
    struct fixture *fixture = *state;
    const struct doc_node *root =
        parse(fixture, "a: &x 1\nb: !t 2\na: 3\nc: *x\nd: 4\n");

    assert_int_equal(fixture->diag.errors_count, 4);
    assert_string_equal(doc_get(root, "d")->text, "4");
    assert_null(parse(fixture, "a:\t1\n\tb: 2\n"));
    assert_int_equal(fixture->diag.errors_count, 6);
}

/* nested - a list in a list ..., `depth` of them */
static char *
nested(struct arena *arena, size_t depth)
{
    char *text = arena_take(arena, 2 * depth + 2);

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

static void
test_doc_has_limits(void **state)
{
    struct fixture *fixture = *state;
    char *many = arena_take(fixture->arena, DOC_BYTES_MAX + 2);
    char *end = many + 1 + (size_t)2 * DOC_KEYS_MAX;

    assert_non_null(parse(fixture, nested(fixture->arena, DOC_DEPTH_MAX)));
    assert_int_equal(fixture->diag.errors_count, 0);
    assert_null(parse(fixture, nested(fixture->arena, DOC_DEPTH_MAX + 1)));
    assert_int_equal(fixture->diag.errors_count, 1);
    assert_null(parse(fixture, nested(fixture->arena, 100000)));
    assert_int_equal(fixture->diag.errors_count, 2);

    memset(many, ' ', DOC_BYTES_MAX);
    many[0] = '1';
    assert_non_null(parse(fixture, many));
    many[DOC_BYTES_MAX] = ' ';
    assert_null(parse(fixture, many));
    assert_int_equal(fixture->diag.errors_count, 3);

    many[0] = '[';
    for (size_t i = 0; i < DOC_KEYS_MAX; i++) {
        memcpy(many + 1 + 2 * i, "1,", 3);
    }
    memcpy(end, "]", 2);
    assert_int_equal(parse(fixture, many)->children_count, DOC_KEYS_MAX);
    memcpy(end, "1]", 3);
    assert_null(parse(fixture, many));
    assert_int_equal(fixture->diag.errors_count, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_doc_keeps_order_and_places, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_doc_parentheses_hold_commas_together, setup, teardown),
        cmocka_unit_test(
            test_doc_refuses_what_two_readers_would_read_differently),
        cmocka_unit_test(test_doc_refuses_what_is_not_yaml),
        cmocka_unit_test_setup_teardown(
            test_doc_reports_all_errors_of_a_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doc_has_limits, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
