/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c - the table, and how it is searched and printed; see schema.h
 */
#include "sim/lab/schema.h"

#include <string.h>

#define COUNT_MAX INT64_C(4294967295) /* uint32_t */
#define PHASES                                                                 \
    PHASE("connect", "while connecting"),                                      \
        PHASE("greeting", "in the greeting"), PHASE("ehlo", "to EHLO"),        \
        PHASE("mail", "to MAIL"), PHASE("rcpt", "to RCPT"),                    \
        PHASE("data", "to DATA"), PHASE("dot", "to the final dot")

#define STACKS                                                                 \
    "linux windows-2008 windows-2003 bsd windows-2008-disabled "               \
    "windows-2008-highlyrestricted windows-2008-restricted "                   \
    "windows-2008-normal windows-2008-experimental"
#define SHIFTS "stack none 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14"
#define FAULTS                                                                 \
    "strip-syn, strip-synack, strip-both, set-syn=N, set-synack=N, "           \
    "set-both=N, drop-syn, drop-synack, track, track-syn, track-start, "       \
    "clamp=N, clear=OPTIONS"

/* clang-format off: one row, one line or two */
#define SECTION(p, h)                                                          \
    {                                                                          \
        p, "", NULL, h, 0, 0, SCHEMA_SECTION, true                             \
    }
#define NAMES(p, h)                                                            \
    {                                                                          \
        p, "", NULL, h, 0, 0, SCHEMA_NAMES, true                               \
    }
#define LIST(p, h)                                                             \
    {                                                                          \
        p, "", NULL, h, 0, 0, SCHEMA_LIST, true                                \
    }
#define BY_PHASE(p, h)                                                         \
    {                                                                          \
        p, "", NULL, h, 0, 0, SCHEMA_BY_PHASE, true                            \
    }
#define SETTINGS(p, h)                                                         \
    {                                                                          \
        p, "", NULL, h, 0, 0, SCHEMA_SETTINGS, false                           \
    }
#define VALUE(p, t, d, h)                                                      \
    {                                                                          \
        p, d, NULL, h, 0, 0, t, true                                           \
    }
#define NOTE(p, t, d, h)                                                       \
    {                                                                          \
        p, d, NULL, h, 0, 0, t, false                                          \
    }
#define CHOICE(p, d, c, h)                                                     \
    {                                                                          \
        p, d, c, h, 0, 0, SCHEMA_CHOICE, true                                  \
    }
#define COUNT(p, d, lo, h)                                                     \
    {                                                                          \
        p, d, NULL, h, lo, COUNT_MAX, SCHEMA_INTEGER, true                     \
    }
#define TIME(p, d, lo, h)                                                      \
    {                                                                          \
        p, d, NULL, h, lo, SCHEMA_YEARS_MAX, SCHEMA_DURATION, true             \
    }
#define SIZE(p, d, lo, hi, h)                                                  \
    {                                                                          \
        p, d, NULL, h, lo, hi, SCHEMA_BYTES, true                              \
    }

static const struct schema_row rows[] = {
    SECTION("", "the scenario"),
    NOTE("title", SCHEMA_TEXT, "", "the question; stands over every picture"),
    VALUE("start", SCHEMA_DATE, "2006-03-12T08:00:00Z",
          "civil time at which the run starts"),
    TIME("horizon", NULL, 1, "simulated time after which the run ends"),
    TIME("step", "", NS_PER_MS,
         "of the time series; default: horizon / 240, whole seconds, at least "
         "1s"),
    COUNT("messages_max", "10000000", 1,
          "messages queued at once; a run that needs more ends with an error"),
    NOTE("strict", SCHEMA_BOOL, "false",
         "unknown keywords of the MTA's files are errors"),

    SECTION("mta", "the MTA's own configuration, relative to the scenario"),
    NOTE("mta.channels", SCHEMA_FILE, NULL, "channel definitions (imta.cnf)"),
    NOTE("mta.jobs", SCHEMA_FILE, "", "job_controller.cnf"),
    NOTE("mta.options", SCHEMA_TEXTS, "",
         "channel option files; default: all *_option beside mta.channels"),
    VALUE("mta.default_channel", SCHEMA_NAME, "",
          "for destinations that name none; default: tcp_local, else the first "
          "channel with host queues"),
    NOTE("mta.backlog", SCHEMA_FILE, "",
         "a trace: mail that is queued when the run starts"),
    VALUE("mta.notices_to", SCHEMA_NAME, "",
          "destination of notifications, through the channel process; default: "
          "they are counted, no mail is made"),
    SIZE("mta.notice_size", "4kB", 1, INT64_C(1) << 30, "of a notice; GUESS"),

    SECTION("mta.tcp", "the TCP stack of the mail host itself"),
    CHOICE("mta.tcp.stack", "linux", STACKS, "whose it is"),
    CHOICE("mta.tcp.level", "normal",
           "normal disabled highlyrestricted restricted experimental",
           "autotuninglevel of windows-2008"),
    VALUE("mta.tcp.window_scaling", SCHEMA_BOOL, "true",
          "false: offers no window scale option, on any system"),
    CHOICE("mta.tcp.shift", "stack", SHIFTS,
           "window scale it offers; none: no option"),
    SIZE("mta.tcp.window", "0", 0, INT64_C(1) << 30,
         "first receive window; 0: the stack's"),
    SIZE("mta.tcp.window_max", "0", 0, INT64_C(1) << 30,
         "largest receive window; 0: the stack's"),
    SIZE("mta.tcp.window_clamp", "0", 0, INT64_C(1) << 30,
         "never shows a larger window, and offers the shift for that; 0: none"),
    CHOICE("mta.tcp.congestion", "stack", "stack reno cubic",
           "congestion control"),

    SECTION("machine", "what running delivery programs costs"),
    VALUE("machine.process_start", SCHEMA_TIMES, "200ms",
          "from a job's start to its first thread; GUESS"),
    VALUE("machine.thread_start", SCHEMA_TIMES, "5ms",
          "from a thread's start to its asking for work; GUESS"),
    VALUE("machine.per_message", SCHEMA_TIMES, "2ms",
          "opening and reading a queue file; GUESS"),
    TIME("machine.expand_per_recipient", "5ms", 0,
         "reprocess, process: putting one into its real channel; GUESS"),
    TIME("machine.scan_per_file", "500us", 0,
         "looking through the queue directory; GUESS"),
    COUNT("machine.processes_max", "0", 0,
          "delivery processes at once; 0: no limit"),

    SECTION("dialogue", "the client's side of SMTP"),
    VALUE("dialogue.pipelining", SCHEMA_BOOL, "true",
          "RFC 2920; GUESS that hosts offer it"),
    TIME("dialogue.connect_timeout", "2m", 1, "GUESS: a common client setting"),
    TIME("dialogue.greeting_timeout", "5m", 1, "RFC 5321, 4.5.3.2.1"),
    TIME("dialogue.command_timeout", "5m", 1,
         "EHLO, MAIL, RCPT; RFC 5321, 4.5.3.2.2 and 3"),
    TIME("dialogue.data_timeout", "2m", 1,
         "the reply to DATA; RFC 5321, 4.5.3.2.4"),
    TIME("dialogue.block_timeout", "3m", 1,
         "the text makes no progress; RFC 5321, 4.5.3.2.5"),
    TIME("dialogue.dot_timeout", "10m", 1, "RFC 5321, 4.5.3.2.6"),

    LIST("traffic",
         "sources; a later one takes what it does not say from the first"),
    SECTION("traffic.*", "one source; name and arrivals are never inherited"),
    VALUE("traffic.*.name", SCHEMA_NAME, NULL, "unique"),
    VALUE("traffic.*.channel", SCHEMA_NAME, "", "source channel"),
    VALUE("traffic.*.arrivals", SCHEMA_ARRIVALS, NULL,
          "poisson(10/s), poisson(10/s, at 1h, over 2h), "
          "even(25000, at 0s, over 6h), burst(5000, at 1h, over 2m), "
          "replay(FILE)"),
    VALUE("traffic.*.size", SCHEMA_SIZES, "lognormal(7332B, 1.3)",
          "of a message; a public mail corpus, ln(bytes) ~ N(8.9, 1.3)"),
    VALUE("traffic.*.recipients", SCHEMA_COUNTS, "1", "of a message"),
    VALUE("traffic.*.priority", SCHEMA_PRIORITY, "normal",
          "urgent, normal, nonurgent or mixed(urgent 5%, nonurgent 10%)"),
    VALUE("traffic.*.null_sender", SCHEMA_BOOL, "false",
          "notifications: never returned"),
    TIME("traffic.*.deferred", "0s", 0,
         "Deferred-delivery: so long after arrival; 0s: none"),
    COUNT("traffic.*.session", "0", 0,
          "messages of one inbound session; 0: no sessions"),
    VALUE("traffic.*.on_reject", SCHEMA_RETRY, "drop",
          "after a 4xx: drop, or retry(15m) in a fresh session"),
    NAMES("traffic.*.to", "destinations and their shares of this traffic"),
    VALUE("traffic.*.to.*", SCHEMA_WEIGHT, NULL, "3, 0.3 or 30%; relative"),
    SECTION("traffic.*.quantum", "rounding, to resemble a log"),
    TIME("traffic.*.quantum.time", "0", 0, "arrivals rounded down to it"),
    SIZE("traffic.*.quantum.size", "0", 0, INT64_C(1) << 30,
         "sizes rounded up to it"),

    NAMES("destinations",
          "domains; \"*\" holds what the others and unnamed domains default "
          "to"),
    SECTION("destinations.*", "one remote host, or a group of equal ones"),
    VALUE("destinations.*.channel", SCHEMA_NAME, "", "its mail goes through"),
    VALUE("destinations.*.link", SCHEMA_NAME, "default",
          "one of links; the link default is always there"),
    COUNT("destinations.*.hosts", "1", 1, "a group of so many equal hosts"),
    VALUE("destinations.*.popularity", SCHEMA_ZIPF, "zipf(1.2)",
          "group: the k-th host gets a share of 1/k^s; public mail logs"),
    COUNT("destinations.*.connections_max", "50", 0,
          "at once; 0: no limit; 50: default of Postfix smtpd"),
    CHOICE("destinations.*.at_limit", "reply-421", "reply-421 queue",
           "what a connection too many meets"),
    COUNT("destinations.*.messages_per_connection", "0", 0,
          "then it closes; 0: no limit"),
    VALUE("destinations.*.service", SCHEMA_TIMES, "lognormal(350ms, 0.75)",
          "from the final dot to its reply; GUESS"),
    VALUE("destinations.*.banner_delay", SCHEMA_TIMES, "0s",
          "from accept to greeting"),
    TIME("destinations.*.greylist", "0s", 0,
         "a recipient is deferred until it is known so long; 0: never"),
    VALUE(
        "destinations.*.client_window_scaling", SCHEMA_BOOL, "true",
        "false: the mail host offers this destination no window scale option"),
    SIZE("destinations.*.client_window_clamp", "0", 0, INT64_C(1) << 30,
         "as mta.tcp.window_clamp, for this destination; 0: as that says"),
    BY_PHASE("destinations.*.temporary",
             "4xx replies by command; a single value is meant for rcpt"),
#define PHASE(k, h)                                                            \
    VALUE("destinations.*.temporary." k, SCHEMA_PROBABILITY, "0", h)
    PHASES,
#undef PHASE
    BY_PHASE("destinations.*.permanent",
             "5xx replies by command; a single value is meant for rcpt"),
#define PHASE(k, h)                                                            \
    VALUE("destinations.*.permanent." k, SCHEMA_PROBABILITY, "0", h)
    PHASES,
#undef PHASE

    NAMES("links", "paths through the network"),
    SECTION("links.*", "one path; what it says beyond rtt, rate and mss makes "
                       "its connections TCP with faults"),
    TIME("links.*.rtt", "40ms", 0, "round-trip time; GUESS: across a country"),
    VALUE("links.*.rate", SCHEMA_BIT_RATE, "100Mbit/s", "or unlimited; GUESS"),
    SIZE("links.*.mss", "1460B", 64, 65495,
         "TCP segment; 1460: Ethernet, RFC 6691"),
    VALUE("links.*.rate_up", SCHEMA_BIT_RATE, "",
          "from the mail host; default: as rate"),
    VALUE("links.*.rate_down", SCHEMA_BIT_RATE, "",
          "to the mail host; default: as rate"),
    SIZE("links.*.queue", "128KiB", 0, INT64_C(1) << 40,
         "before the line, each way; 0: no limit; GUESS: a home router"),
    VALUE("links.*.loss", SCHEMA_PROBABILITY, "0", "of a packet, each way"),
    VALUE("links.*.window_scaling", SCHEMA_FAULT, "none",
          "what a router does to window scaling: " FAULTS),
    VALUE("links.*.share", SCHEMA_PROBABILITY, "100%",
          "of its destinations, those behind that router"),
    VALUE("links.*.shared", SCHEMA_BOOL, "false",
          "its connections share its queues and lines"),
    CHOICE("links.*.model", "auto", "plain auto round segment",
           "auto: plain if it says no more than rtt, rate, mss; else by round "
           "trips where that is accurate, elsewhere segment by segment"),
    CHOICE("links.*.server", "linux", STACKS, "TCP stack of the far hosts"),
    CHOICE("links.*.server_shift", "stack", SHIFTS,
           "window scale they answer with; none: no option"),
    SIZE("links.*.server_window", "0", 0, INT64_C(1) << 30,
         "first receive window; 0: the stack's"),
    SIZE("links.*.server_window_max", "0", 0, INT64_C(1) << 30,
         "largest receive window; 0: the stack's"),
    LIST("links.*.hops",
         "several routers, from the mail host on, instead of the link's own "
         "rtt, rate, queue and loss"),
    SECTION("links.*.hops.*", "one router and the line behind it"),
    TIME("links.*.hops.*.rtt", "0s", 0, "its part of the round trip"),
    VALUE("links.*.hops.*.rate", SCHEMA_BIT_RATE, "100Mbit/s",
          "or unlimited; GUESS"),
    VALUE("links.*.hops.*.rate_up", SCHEMA_BIT_RATE, "",
          "from the mail host; default: as rate"),
    VALUE("links.*.hops.*.rate_down", SCHEMA_BIT_RATE, "",
          "to the mail host; default: as rate"),
    SIZE("links.*.hops.*.queue", "128KiB", 0, INT64_C(1) << 40,
         "each way; 0: no limit; GUESS"),
    VALUE("links.*.hops.*.loss", SCHEMA_PROBABILITY, "0",
          "of a packet, each way"),
    VALUE("links.*.hops.*.window_scaling", SCHEMA_FAULT, "none",
          "what this router does to all that passes"),

    LIST("faults", "what breaks, and when; --set counts them from 1"),
    SECTION("faults.*", "one window of time"),
    TIME("faults.*.at", NULL, 0, "from the start of the run"),
    TIME("faults.*.for", NULL, 1, "its length"),
    VALUE("faults.*.destination", SCHEMA_NAME, "",
          "whose outage it is: one of destinations; \"*\": all"),
    CHOICE("faults.*.outage", "refuse", "refuse timeout dns",
           "connection refused, no answer, name not found"),
    VALUE("faults.*.link", SCHEMA_NAME, "",
          "or whose router mishandles window scaling: one of links"),
    VALUE("faults.*.window_scaling", SCHEMA_FAULT, "none",
          "with link: what it does, as links.*.window_scaling"),
    VALUE("faults.*.share", SCHEMA_PROBABILITY, "100%",
          "with link: of its destinations, those behind that router"),
    NOTE("faults.*.label", SCHEMA_TEXT, "", "for the picture"),

    LIST("events", "what the postmaster does, and when; one thing an entry"),
    SECTION("events.*", "one instant"),
    TIME("events.*.at", NULL, 0, "from the start of the run"),
    SETTINGS("events.*.set",
             "live changes: { channel.tcp_local.threaddepth: 5 }"),
    VALUE("events.*.release", SCHEMA_NAME, "",
          "held mail of a channel goes on; or all"),
    TIME("events.*.restart", "0s", 0,
         "the scheduler is gone for so long; 0s: not at all long"),
    VALUE("events.*.stress", SCHEMA_NAME, "",
          "a channel's delivery program reports stress"),
    NOTE("events.*.label", SCHEMA_TEXT, "", "for the picture"),

    SETTINGS("channel", "overrides of imta.cnf: channel.N.KEYWORD"),
    SETTINGS("job", "overrides of job_controller.cnf: job.N.KEYWORD"),
    SETTINGS("pool", "overrides of job_controller.cnf: pool.N.KEYWORD"),
    SETTINGS("option", "overrides of the Job Controller's own options"),

    NOTE(
        "sweep", SCHEMA_AXES, "",
        "path: [values] or 1..32 or 4..32:4; the first varies slowest; a value "
        "may have a name, { value: pt5m pt10m, label: short }, and "
        "{ label: default } is as configured"),
    NOTE("measure", SCHEMA_TEXTS, "", "what sweeps and comparisons print"),
    {"replications", "10", NULL, "of each point of a sweep", 1, 1000000,
     SCHEMA_INTEGER, false},
};
/* clang-format on */

/* Keys that people expect, and what to say instead of "unknown". */
static const struct {
    const char *pattern;
    const char *note;
} notes[] = {
    {"links.*.client", "the mail host's own stack stands under mta.tcp"},
    {"links.*.level", "the mail host's own stack stands under mta.tcp"},
    {"destinations.*.outages", "outages stand under faults"},
    {"seed", "the seed is given on the command line: --seed"},
    {"seeds", "the seed is given on the command line: --seed"},
};

enum { ROWS_COUNT = sizeof rows / sizeof *rows };

const struct schema_row *
schema_row_at(size_t index)
{
    return index < ROWS_COUNT ? &rows[index] : NULL;
}

const struct schema_row *
schema_get(const char *pattern)
{
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        if (strcmp(rows[i].pattern, pattern) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

bool
schema_join(char joined[SCHEMA_PATTERN_MAX], const char *pattern,
            const char *key)
{
    const int size = snprintf(joined, SCHEMA_PATTERN_MAX, "%s%s%s", pattern,
                              *pattern == '\0' ? "" : ".", key);

    return size >= 0 && size < SCHEMA_PATTERN_MAX;
}

/* row_key - the key of a row in its section; NULL: it is not in this one */
static const char *
row_key(const struct schema_row *row, const char *pattern)
{
    const size_t size = strlen(pattern);
    const char *key = row->pattern;

    if (*key == '\0') {
        return NULL;
    }
    if (size > 0) {
        if (strncmp(key, pattern, size) != 0 || key[size] != '.') {
            return NULL;
        }
        key += size + 1;
    }
    return strchr(key, '.') == NULL ? key : NULL;
}

bool
schema_row_is_in(const struct schema_row *row, const char *pattern)
{
    return row_key(row, pattern) != NULL;
}

const char *
schema_nearest(const char *pattern, const char *key)
{
    const char *candidates[ROWS_COUNT];
    size_t candidates_count = 0;

    for (size_t i = 0; i < ROWS_COUNT; i++) {
        const char *candidate = row_key(&rows[i], pattern);

        if (candidate != NULL && strcmp(candidate, "*") != 0) {
            candidates[candidates_count++] = candidate;
        }
    }
    return diag_nearest(key, candidates, candidates_count);
}

const char *
schema_note_get(const char *pattern)
{
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (strcmp(notes[i].pattern, pattern) == 0) {
            return notes[i].note;
        }
    }
    return NULL;
}

bool
schema_name_is_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    const size_t size = strlen(name);

    return strcmp(name, "*") == 0 || (size > 0 && size <= SCHEMA_NAME_MAX &&
                                      strspn(name, allowed) == size);
}

bool
schema_path_is_setting(const char *path)
{
    char section[16];
    const size_t size = strcspn(path, ".");

    if (path[size] == '\0' || size >= sizeof section) {
        return false;
    }
    memcpy(section, path, size);
    section[size] = '\0';

    const struct schema_row *row = schema_get(section);

    return row != NULL && row->type == SCHEMA_SETTINGS;
}

bool
schema_type_is_single(enum schema_type type)
{
    return type >= SCHEMA_TEXT;
}

const char *
schema_type_text(enum schema_type type)
{
    switch (type) {
    case SCHEMA_SECTION:
    case SCHEMA_NAMES:
    case SCHEMA_SETTINGS:
    case SCHEMA_AXES:
        return "a mapping";
    case SCHEMA_LIST:
        return "a list of mappings";
    case SCHEMA_TEXTS:
        return "a list";
    case SCHEMA_BY_PHASE:
        return "a probability or a mapping";
    case SCHEMA_TEXT:
        return "a text";
    case SCHEMA_NAME:
        return "a name";
    case SCHEMA_FILE:
        return "a file name";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_CHOICE:
        return "a choice";
    case SCHEMA_INTEGER:
        return "a whole number";
    case SCHEMA_DATE:
        return "a date";
    case SCHEMA_DURATION:
        return "a duration";
    case SCHEMA_BYTES:
        return "a size";
    case SCHEMA_BIT_RATE:
        return "a rate";
    case SCHEMA_PROBABILITY:
        return "a probability";
    case SCHEMA_WEIGHT:
        return "a share";
    case SCHEMA_TIMES:
        return "a duration or distribution of durations";
    case SCHEMA_SIZES:
        return "a size or distribution of sizes";
    case SCHEMA_COUNTS:
        return "a whole number or distribution of such";
    case SCHEMA_ZIPF:
        return "zipf(s)";
    case SCHEMA_ARRIVALS:
        return "a way of arriving";
    case SCHEMA_PRIORITY:
        return "a priority";
    case SCHEMA_RETRY:
        return "drop or retry(TIME)";
    case SCHEMA_FAULT:
        return "a fault";
    }
    UNREACHABLE("every type has a text");
}

void
schema_help(FILE *out)
{
    for (size_t i = 1; i < ROWS_COUNT; i++) {
        const struct schema_row *row = &rows[i];

        fprintf(out, "%s\n    %s", row->pattern,
                row->choices != NULL ? row->choices
                                     : schema_type_text(row->type));
        if (row->standard == NULL) {
            fprintf(out, "; must be given");
        } else if (*row->standard != '\0') {
            fprintf(out, "; default %s", row->standard);
        }
        fprintf(out, "\n    %s\n", row->help);
    }
}
