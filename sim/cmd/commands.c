/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.c - the table of commands and their options; see commands.h
 */
#include "sim/cmd/commands.h"

#include <stdlib.h>
#include <string.h>

#include "sim/cmd/interrupt.h"
#include "sim/cmd/man.h"
#include "sim/cmd/program.h"

enum { COMMANDS_MAX = 32, NAME_COLUMN = 12, ANY = 1000000 };

static const struct src_loc command_line = {.file = "command line"};

/* --- Options, those that several commands share first -------------------- */

/* clang-format off */
#define ROW_HELP                                                               \
    {.id = OPTION_HELP, .letter = 'h', .name = "help",                         \
     .help = "Show this help and exit"}
#define ROW_JSON                                                               \
    {.id = OPTION_JSON, .name = "json",                                        \
     .help = "Print the results as one JSON value"}
#define ROW_QUIET                                                              \
    {.id = OPTION_QUIET, .letter = 'q', .name = "quiet",                       \
     .help = "Say nothing on standard error but errors"}
#define ROWS_COMMON ROW_JSON, ROW_QUIET, ROW_HELP, {.id = OPTION_NONE}

#define ROW_SET                                                                \
    {.id = OPTION_SET, .kind = OPTION_TEXTS, .name = "set",                    \
     .argument = "PATH=VALUE",                                                 \
     .help = "Set a parameter of the scenario or the scheduler; may be"        \
             " repeated"}
#define ROW_SEED                                                               \
    {.id = OPTION_SEED, .kind = OPTION_NUMBER, .name = "seed",                 \
     .argument = "N", .standard = "20060312", .most = UINT64_MAX,              \
     .help = "Seed of all chance"}
#define ROW_SCHEDULER                                                          \
    {.id = OPTION_SCHEDULER, .kind = OPTION_TEXT, .name = "scheduler",         \
     .argument = "PATH", .standard = "jobctl.so beside the program",           \
     .help = "Scheduler object to run"}
#define ROW_REPLICATION                                                        \
    {.id = OPTION_REPLICATION, .kind = OPTION_NUMBER, .name = "replication",   \
     .argument = "N", .standard = "0", .most = UINT32_MAX,                     \
     .help = "Which of the many lucks under this seed"}
#define ROWS_OF_A_RUN ROW_SET, ROW_SEED, ROW_REPLICATION, ROW_SCHEDULER

static const struct option_row rows_run[] = {
    ROWS_OF_A_RUN,
    {.id = OPTION_SETTINGS, .name = "settings",
     .help = "Print the scheduler's effective configuration; run nothing"},
    {.id = OPTION_TRACE, .kind = OPTION_TEXT, .name = "trace",
     .argument = "FILE",
     .help = "Write every event and action to FILE, a line each (-: standard"
             " output, and nothing else there)"},
    {.id = OPTION_RECORD, .kind = OPTION_TEXT, .name = "record",
     .argument = "FILE",
     .help = "Write all that crosses the seam to FILE, for mtasim replay"},
    {.id = OPTION_MARKS, .is_hidden = true, .name = "marks",
     .help = "Print the digest and its checkpoints, nothing else"},
    {.id = OPTION_LINES, .kind = OPTION_TEXT, .is_hidden = true,
     .name = "lines", .argument = "FROM,UNTIL",
     .help = "Trace these records only"},
    ROWS_COMMON,
};

static const struct option_row rows_sweep[] = {
    {.id = OPTION_PARAM, .kind = OPTION_TEXTS, .letter = 'p', .name = "param",
     .argument = "PATH=VALUES",
     .help = "Values of a parameter, as in threads=1,2,4..16:4; may be"
             " repeated"},
    {.id = OPTION_REPLICATIONS, .kind = OPTION_NUMBER, .letter = 'n',
     .name = "replications", .argument = "N", .least = 1, .most = 1000000,
     .standard = "the scenario's", .help = "Runs at each point"},
    {.id = OPTION_JOBS, .kind = OPTION_NUMBER, .letter = 'j', .name = "jobs",
     .argument = "N", .least = 1, .most = 1024, .standard = "one a core",
     .help = "Processes at once"},
    {.id = OPTION_OUT, .kind = OPTION_TEXT, .letter = 'o', .name = "out",
     .argument = "FILE", .standard = "NAME.db, NAME being the scenario's",
     .help = "Results file; runs that are in it are not made again"},
    {.id = OPTION_SHARD, .kind = OPTION_TEXT, .name = "shard",
     .argument = "I/N",
     .help = "Make only the I-th of N parts, from 0; auto asks Slurm, MPI or"
             " Kubernetes"},
    {.id = OPTION_DRY_RUN, .name = "dry-run",
     .help = "List the runs, and which are there; make none"},
    {.id = OPTION_METRIC, .kind = OPTION_TEXTS, .letter = 'm',
     .name = "metric", .argument = "NAME", .standard = "the scenario's measure",
     .help = "Show this metric; may be repeated"},
    ROW_SET, ROW_SEED, ROW_SCHEDULER, ROWS_COMMON,
};

static const struct option_row rows_plot[] = {
    {.id = OPTION_PICTURE, .kind = OPTION_TEXTS, .letter = 'p',
     .name = "picture", .argument = "LIST", .standard = "all",
     .help = "Which of throughput,latency,hosts,backlog,cdf,tail"},
    {.id = OPTION_OUT, .kind = OPTION_TEXT, .letter = 'o', .name = "out",
     .argument = "DIR", .standard = "DB without its ending, and -plots",
     .help = "Folder for the pictures"},
    {.id = OPTION_FORMAT, .kind = OPTION_TEXTS, .letter = 'f',
     .name = "format", .argument = "LIST", .standard = "svg",
     .help = "Which of svg,png,ascii"},
    {.id = OPTION_EXPERIMENT, .kind = OPTION_TEXT, .name = "experiment",
     .argument = "NAME", .standard = "the one with the most points",
     .help = "Which experiment of the file"},
    {.id = OPTION_TITLE, .kind = OPTION_TEXT, .name = "title",
     .argument = "TEXT", .help = "Title of the pictures"},
    {.id = OPTION_SCRIPT, .name = "script",
     .help = "Print the gnuplot scripts; draw nothing"},
    ROWS_COMMON,
};

static const struct option_row rows_check[] = {
    {.id = OPTION_BASELINE, .kind = OPTION_TEXT, .letter = 'b',
     .name = "baseline", .argument = "PATH",
     .help = "The scheduler object to compare with; must be said"},
    {.id = OPTION_CANDIDATE, .kind = OPTION_TEXT, .letter = 'c',
     .name = "candidate", .argument = "PATH",
     .standard = "jobctl.so beside the program",
     .help = "The scheduler object that is checked"},
    {.id = OPTION_REPLICATIONS, .kind = OPTION_NUMBER, .letter = 'n',
     .name = "replications", .argument = "N", .least = 1, .most = 10000,
     .standard = "5", .help = "Runs of each on every scenario"},
    {.id = OPTION_ALLOW_DECISIONS, .name = "allow-decisions",
     .help = "Other decisions are no failure; only worse metrics are"},
    {.id = OPTION_TOLERANCE, .kind = OPTION_TEXT, .name = "tolerance",
     .argument = "SHARE", .standard = "0.1%",
     .help = "A mean may be worse by this share of the baseline's"},
    {.id = OPTION_METRIC, .kind = OPTION_TEXTS, .letter = 'm',
     .name = "metric", .argument = "NAME",
     .standard = "throughput, latencies, the scenario's measure",
     .help = "Compare this metric; may be repeated"},
    ROW_SET, ROW_SEED, ROWS_COMMON,
};

static const struct option_row rows_verify[] = {ROWS_OF_A_RUN, ROWS_COMMON};

static const struct option_row rows_explain[] = {
    {.id = OPTION_MESSAGE, .kind = OPTION_NUMBER, .letter = 'm',
     .name = "message", .argument = "ID", .least = 1, .most = UINT64_MAX,
     .help = "Tell what happened to this message, by its number in the trace"},
    {.id = OPTION_AT, .kind = OPTION_TEXT, .name = "at", .argument = "TIME",
     .help = "Show queues, jobs and threads so long after the start, as in"
             " 90s or 2h"},
    ROWS_OF_A_RUN,
    ROWS_COMMON,
};

static const struct option_row rows_replay[] = {ROW_SCHEDULER, ROWS_COMMON};

static const struct option_row rows_import[] = {
    {.id = OPTION_FORMAT, .kind = OPTION_TEXT, .letter = 'f',
     .name = "format", .argument = "FORMAT",
     .help = "sun (mail.log) or postfix (syslog); must be said"},
    {.id = OPTION_OUT, .kind = OPTION_TEXT, .letter = 'o', .name = "out",
     .argument = "TRACE", .help = "The trace to write; must be said"},
    {.id = OPTION_START, .kind = OPTION_TEXT, .name = "start",
     .argument = "DATE", .standard = "the second of the first message",
     .help = "What the trace counts its times from"},
    {.id = OPTION_YEAR, .kind = OPTION_NUMBER, .name = "year",
     .argument = "YEAR", .least = 1970, .most = 2199,
     .help = "Postfix: year of the first line, where stamps have none"},
    {.id = OPTION_ZONE, .kind = OPTION_TEXT, .name = "zone",
     .argument = "NAME", .help = "Time zone of the log; recorded only"},
    {.id = OPTION_SOURCE_CHANNEL, .kind = OPTION_TEXT,
     .name = "source-channel", .argument = "NAME",
     .standard = "tcp_intranet", .help = "Postfix: channel the mail comes by"},
    {.id = OPTION_NODE, .name = "node",
     .help = "Sun: the log was written with LOG_NODE"},
    {.id = OPTION_KEEP_INTERNAL, .name = "keep-internal",
     .help = "Keep what the mail host sent to itself: notices, reprocessing"},
    {.id = OPTION_STRICT, .name = "strict",
     .help = "Refuse a log with any line that is not understood"},
    ROWS_COMMON,
};

static const struct option_row rows_export[] = {
    {.id = OPTION_FORMAT, .kind = OPTION_TEXT, .letter = 'f',
     .name = "format", .argument = "FORMAT",
     .help = "sun, postfix or postfix-rfc3339; must be said"},
    {.id = OPTION_OUT, .kind = OPTION_TEXT, .letter = 'o', .name = "out",
     .argument = "LOG", .help = "The log to write; must be said"},
    ROWS_OF_A_RUN, ROWS_COMMON,
};

static const struct option_row rows_show[] = {
    {.id = OPTION_COMMAND, .name = "command",
     .help = "Print only the lines that repeat the runs"},
    ROWS_COMMON,
};

static const struct option_row rows_merge[] = {ROWS_COMMON};

static const struct option_row rows_doctor[] = {
    ROW_SCHEDULER,
    {.id = OPTION_MTA, .kind = OPTION_TEXT, .name = "mta", .argument = "DIR",
     .standard = "a small site's, built in",
     .help = "Folder with imta.cnf and job_controller.cnf to configure it by"},
    {.id = OPTION_ONLY, .kind = OPTION_TEXTS, .name = "only",
     .argument = "CHECK",
     .help = "Make this check only, as in life.laws; may be repeated"},
    {.id = OPTION_LIMIT, .kind = OPTION_NUMBER, .name = "limit",
     .argument = "SECONDS", .least = 1, .most = 86400, .standard = "120",
     .help = "A check that takes longer has failed"},
    ROW_SET, ROWS_COMMON,
};

#define ROWS_OF_A_PATH                                                         \
    {.id = OPTION_RTT, .kind = OPTION_TEXT, .name = "rtt",                     \
     .argument = "DURATION", .standard = "20ms",                               \
     .help = "Round trip of the empty path"},                                  \
    {.id = OPTION_RATE, .kind = OPTION_TEXT, .name = "rate",                   \
     .argument = "RATE", .standard = "10Mbit/s",                               \
     .help = "Rate of the line, or unlimited"},                                \
    {.id = OPTION_QUEUE, .kind = OPTION_TEXT, .name = "queue",                 \
     .argument = "BYTES", .standard = "128KiB",                                \
     .help = "What the router's queue holds; 0: no limit"},                    \
    {.id = OPTION_LOSS, .kind = OPTION_TEXT, .name = "loss",                   \
     .argument = "SHARE", .standard = "0",                                     \
     .help = "Packets lost by chance, each way"}

static const struct option_row rows_link[] = {
    {.id = OPTION_LINK, .kind = OPTION_TEXT, .letter = 'l', .name = "link",
     .argument = "NAME", .standard = "the only one",
     .help = "Which link of the scenario"},
    {.id = OPTION_AT, .kind = OPTION_TEXT, .name = "at", .argument = "TIME",
     .standard = "0s", .help = "With the scenario's faults of that time"},
    ROW_SET,
    {.id = OPTION_FAULT, .kind = OPTION_TEXTS, .letter = 'f', .name = "fault",
     .argument = "FAULT",
     .help = "What the middlebox does, as in set-syn=0 or track; may be"
             " repeated"},
    ROWS_OF_A_PATH,
    {.id = OPTION_SIZE, .kind = OPTION_TEXT, .name = "size",
     .argument = "BYTES", .standard = "50kB", .help = "Size of the message"},
    {.id = OPTION_DIRECTION, .kind = OPTION_TEXT, .name = "direction",
     .argument = "up|down", .standard = "up",
     .help = "up: the client delivers a message; down: it fetches one"},
    {.id = OPTION_CLIENT, .kind = OPTION_TEXT, .name = "client",
     .argument = "STACK", .standard = "linux",
     .help = "TCP of the host that connects, as in windows-2008"},
    {.id = OPTION_SERVER, .kind = OPTION_TEXT, .name = "server",
     .argument = "STACK", .standard = "linux",
     .help = "TCP of the host that answers, as in bsd"},
    {.id = OPTION_SHIFT, .kind = OPTION_TEXT, .name = "shift",
     .argument = "N|none", .standard = "the stacks' own",
     .help = "Window scale that both offer; none: without the option"},
    {.id = OPTION_CLIENT_SHIFT, .kind = OPTION_TEXT, .name = "client-shift",
     .argument = "N|none", .help = "Window scale that the client offers"},
    {.id = OPTION_SERVER_SHIFT, .kind = OPTION_TEXT, .name = "server-shift",
     .argument = "N|none", .help = "Window scale that the server offers"},
    {.id = OPTION_CLIENT_WINDOW, .kind = OPTION_TEXT, .name = "client-window",
     .argument = "BYTES", .help = "The client's first window"},
    {.id = OPTION_SERVER_WINDOW, .kind = OPTION_TEXT, .name = "server-window",
     .argument = "BYTES", .help = "The server's first window"},
    {.id = OPTION_CLIENT_WINDOW_MAX, .kind = OPTION_TEXT,
     .name = "client-window-max", .argument = "BYTES",
     .help = "How far the client's window may grow"},
    {.id = OPTION_SERVER_WINDOW_MAX, .kind = OPTION_TEXT,
     .name = "server-window-max", .argument = "BYTES",
     .help = "How far the server's window may grow"},
    {.id = OPTION_CONGESTION, .kind = OPTION_TEXT, .name = "congestion",
     .argument = "reno|cubic", .standard = "the stacks' own",
     .help = "Congestion control of both ends"},
    {.id = OPTION_BANNER, .kind = OPTION_TEXT, .name = "banner",
     .argument = "BYTES", .standard = "96", .help = "Length of the greeting"},
    {.id = OPTION_TIMEOUT, .kind = OPTION_TEXT, .name = "timeout",
     .argument = "DURATION", .standard = "5m",
     .help = "How long the client waits for the greeting, and for each reply"},
    {.id = OPTION_LIMIT, .kind = OPTION_TEXT, .name = "limit",
     .argument = "DURATION",
     .standard = "the client's: 3 min a block, 10 min for the reply",
     .help = "How long the message may take, its reply included"},
    {.id = OPTION_TRACE, .name = "trace",
     .help = "Print every packet as tcpdump does, and what befell it"},
    {.id = OPTION_PCAP, .kind = OPTION_TEXT, .name = "pcap",
     .argument = "FILE",
     .help = "Write what both ends see as pcapng, for Wireshark"},
    {.id = OPTION_PLOT, .kind = OPTION_TEXT, .name = "plot",
     .argument = "FILE",
     .help = "Draw the time-sequence graph, .svg or .png"},
    ROW_SEED, ROW_REPLICATION, ROWS_COMMON,
};

static const struct option_row rows_diagnose[] = {
    {.id = OPTION_CONNECT, .kind = OPTION_TEXT, .name = "connect",
     .argument = "yes|no", .help = "Does a connection come about?"},
    {.id = OPTION_BANNER, .kind = OPTION_TEXT, .name = "banner",
     .argument = "yes|no|TIME",
     .help = "Does the server's greeting come, or after how long?"},
    {.id = OPTION_EHLO_HELPS, .kind = OPTION_TEXT, .name = "ehlo-helps",
     .argument = "yes|no",
     .help = "Does text appear when EHLO is typed into the blank screen?"},
    {.id = OPTION_SMALL_MAILS, .kind = OPTION_TEXT, .name = "small-mails",
     .argument = "pass|fail|slow", .help = "Of 2 kB or so"},
    {.id = OPTION_LARGE_MAILS, .kind = OPTION_TEXT, .name = "large-mails",
     .argument = "pass|fail|slow", .help = "Of 500 kB or so"},
    {.id = OPTION_STALLED_AFTER, .kind = OPTION_TEXT, .name = "stalled-after",
     .argument = "BYTES", .help = "How much of a mail had passed by then"},
    {.id = OPTION_OTHER_CLIENTS, .kind = OPTION_TEXT,
     .name = "other-clients-fine", .argument = "yes|no",
     .help = "Do clients that do not scale windows have no trouble?"},
    {.id = OPTION_OUR_STACK, .kind = OPTION_TEXT, .name = "our-stack",
     .argument = "STACK", .standard = "linux and windows-2008",
     .help = "TCP of our host"},
    {.id = OPTION_OUR_ROLE, .kind = OPTION_TEXT, .name = "our-role",
     .argument = "client|server|both", .standard = "client",
     .help = "Does our host connect, or is it the one that answers?"},
    ROWS_OF_A_PATH, ROW_SEED, ROWS_COMMON,
};

static const struct option_row rows_help[] = {
    {.id = OPTION_MAN, .is_hidden = true, .name = "man",
     .help = "The tables of the manual page, as mdoc"},
    ROW_HELP, {.id = OPTION_NONE},
};

/* --- Commands ------------------------------------------------------------ */

static const struct command table[] = {
    {.name = "run", .operands = "SCENARIO", .operands_least = 1,
     .operands_most = 1, .rows = rows_run, .run = cmd_run,
     .summary = "run a scenario once and say what came of it",
     .about =
         "SCENARIO is a folder with scenario.yaml, or such a file. The same"
         " scenario,\nscheduler, seed and replication give the same digest on"
         " every machine."},
    {.name = "sweep", .operands = "SCENARIO", .operands_least = 1,
     .operands_most = 1, .rows = rows_sweep, .run = cmd_sweep,
     .summary = "run it at every point of a grid of parameters, many times",
     .about =
         "Axes are the scenario's own and those of --param. Results go to one"
         " SQLite\nfile; a sweep that was interrupted goes on where it was."},
    {.name = "check", .operands = "SCENARIO...", .operands_least = 1,
     .operands_most = ANY, .rows = rows_check, .run = cmd_check,
     .summary = "compare a scheduler with a baseline: same decisions? worse?",
     .about =
         "Both meet the same traffic and luck. Exit code 1: decisions differ,"
         " or, with\n--allow-decisions, a metric is worse beyond chance."},
    {.name = "verify", .operands = "SCENARIO", .operands_least = 1,
     .operands_most = 1, .rows = rows_verify, .run = cmd_verify,
     .summary = "run a scenario twice in unlike processes: same digest?",
     .about =
         "The second process has another environment, stack limit, memory"
         " contents, locale\nand folder. Exit code 1: the digests differ; the"
         " first differing event is named."},
    {.name = "replay", .operands = "RECORDING", .operands_least = 1,
     .operands_most = 1, .rows = rows_replay, .run = cmd_replay,
     .summary = "feed recorded events to a scheduler: same decisions?",
     .about =
         "RECORDING is of `mtasim run --record` or of `jobctld --record`. Exit"
         " code 1: an\naction differs; the first one is shown with its"
         " neighbours."},
    {.name = "plot", .operands = "DB", .operands_least = 1,
     .operands_most = 1, .rows = rows_plot, .run = cmd_plot,
     .summary = "draw the results of a sweep",
     .about = "Prints the paths of the pictures. Needs gnuplot."},
    {.name = "show", .operands = "DB [RUN]", .operands_least = 1,
     .operands_most = 2, .rows = rows_show, .run = cmd_show,
     .summary = "list the runs of a results file, or show one",
     .about = "RUN is a run's key, or its first letters."},
    {.name = "merge", .operands = "DB SHARD...", .operands_least = 2,
     .operands_most = ANY, .rows = rows_merge, .run = cmd_merge,
     .summary = "join results files, in any order",
     .about = "A run that is there with another digest is an alarm: nothing of"
              " that file is\ntaken."},
    {.name = "explain", .operands = "SCENARIO", .operands_least = 1,
     .operands_most = 1, .rows = rows_explain, .run = cmd_explain,
     .summary = "tell one message's story, or the state at an instant",
     .about =
         "Each attempt with its job and thread, what it waited for and by"
         " which rule, how\nfar it came; in sum, how long the mail waited and"
         " was in delivery; what is still\nqueued as the run ends. The state is"
         " that of pools, channels, hosts, jobs. With\n--json one object:"
         " scenario, seed, replication, digest, message, story (a list of\nwhat"
         " happened: at_s, event, message, file, and more by event; an attempt"
         " has its\nwaits, each with for, rule, waited_s, text) and state"
         " (pools, channels with hosts,\njobs with threads, scheduler, files)."},
    {.name = "import", .operands = "LOG...", .operands_least = 1,
     .operands_most = ANY, .rows = rows_import, .run = cmd_import,
     .summary = "turn a mail host's log into a trace of its traffic",
     .about = "A scenario replays it: arrivals: replay(TRACE). No address"
              " reaches the trace."},
    {.name = "export", .operands = "SCENARIO", .operands_least = 1,
     .operands_most = 1, .rows = rows_export, .run = cmd_export,
     .summary = "run a scenario and write the log a mail host would have",
     .about = "Traffic is rounded to what the log can carry, so that the"
              " replay of the log has\nthe digest that is printed here."},
    {.name = "link", .operands = "[SCENARIO]", .operands_most = 1,
     .rows = rows_link, .run = cmd_link,
     .summary = "one delivery over one path, segment by segment",
     .about =
         "Who said what, when it was there and what it waited for; what both"
         " ends believe\nabout the window, and what happens where a router on"
         " the way breaks its scaling.\nSCENARIO gives path and hosts; other"
         " options change them.\nFaults: strip-syn, strip-synack, strip-both,"
         " set-syn=N, set-synack=N, set-both=N,\ndrop-syn, drop-synack, track,"
         " track-syn, track-start, clamp=BYTES, clear=OPTIONS.\nStacks: linux,"
         " bsd, windows-2003, windows-2008 and windows-2008-LEVEL,"
         " LEVEL\nbeing disabled, highlyrestricted, restricted, normal or"
         " experimental."},
    {.name = "diagnose", .operands = "", .rows = rows_diagnose,
     .run = cmd_diagnose,
     .summary = "which fault of window scaling makes this symptom, what cures"
                " it",
     .about =
         "Simulates every fault that is known between several kinds of hosts,"
         " ranks them by\nhow well what comes out agrees with what was told,"
         " and tries the remedies."},
    {.name = "doctor", .operands = "", .rows = rows_doctor, .run = cmd_doctor,
     .summary = "does a scheduler object keep the contract? is all here?",
     .about =
         "Examines the object's file, its configuration and small worlds of"
         " legal and\nillegal events, each check in a process of its own. Exit"
         " code 1: a claim does\nnot hold."},
    {.name = "help", .operands = "[TOPIC]", .operands_most = 1,
     .rows = rows_help, .run = cmd_help,
     .summary = "explain a command, or: scenario, metrics, exit-codes",
     .about = "Topics: scenario (everything it can say), metrics,"
              " exit-codes, and every\ncommand."},
};
/* clang-format on */

enum { TABLE_COUNT = sizeof table / sizeof table[0] };
_Static_assert((int)TABLE_COUNT <= (int)COMMANDS_MAX, "names fit");

static const struct {
    enum commands_exit code;
    const char *meaning;
} exits[] = {
    {EXIT_DONE, "done"},
    {EXIT_CHECK_FAILED, "a check failed, a rule was seen broken, or a"
                        " regression was found"},
    {EXIT_USER_ERROR, "the command line, the scenario or a file of it is"
                      " wrong; nothing was written"},
    {EXIT_RUNS_FAILED, "some runs failed; the others are in the results file"},
    {EXIT_UNDECIDED, "the runs do not decide the question"},
    {EXIT_HELPER_MISSING, "a helper program (gnuplot) is missing"},
    {EXIT_IO_ERROR, "the system refused: a file could not be read or written"},
    {EXIT_INTERRUPTED, "interrupted; what was finished is kept"},
};

enum { EXITS_COUNT = sizeof exits / sizeof exits[0] };

const struct command *
commands_at(uint32_t index)
{
    return index < TABLE_COUNT ? &table[index] : NULL;
}

const struct command *
commands_get(const char *name)
{
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

const char *
commands_nearest(const char *name)
{
    const char *names[COMMANDS_MAX];

    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        names[i] = table[i].name;
    }
    return diag_nearest(name, names, TABLE_COUNT);
}

void
commands_help(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: mtasim %s [OPTION]...%s%s\n\n", command->name,
            command->operands[0] == '\0' ? "" : " ", command->operands);
    fprintf(out, "mtasim %s: %s.\n%s\n\n", command->name, command->summary,
            command->about);
    options_help(command->rows, out);
}

void
commands_overview(FILE *out)
{
    fputs("Usage: mtasim COMMAND [OPTION]... [OPERAND]...\n\n"
          "A wind tunnel for mail delivery scheduling.\n\n",
          out);
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        fprintf(out, "  %-*s%s\n", NAME_COLUMN, table[i].name,
                table[i].summary);
    }
    fputs("\nmtasim COMMAND --help says what it takes.\n", out);
}

void
commands_exit_codes(FILE *out)
{
    for (uint32_t i = 0; i < EXITS_COUNT; i++) {
        fprintf(out, "%4d  %s\n", (int)exits[i].code, exits[i].meaning);
    }
}

void
commands_exits_man(FILE *out)
{
    for (uint32_t i = 0; i < EXITS_COUNT; i++) {
        fprintf(out, ".It %d\n", (int)exits[i].code);
        man_text(exits[i].meaning, out);
    }
}

/* operands_check - as many as the command wants; false: reported */
static bool
operands_check(const struct command *command, const struct options *options,
               struct diag *diag)
{
    if (options->operands_count >= command->operands_least &&
        options->operands_count <= command->operands_most) {
        return true;
    }
    if (options->operands_count < command->operands_least) {
        diag_error(diag, command_line, "mtasim %s wants %s", command->name,
                   command->operands);
    } else {
        diag_error(diag, command_line,
                   "mtasim %s wants %s and no more, found '%s'", command->name,
                   command->operands[0] != '\0' ? command->operands : "nothing",
                   options->operands[command->operands_most]);
    }
    return false;
}

/* command_do - reads its options and does it */
static int
command_do(const struct command *command, int argc, char **argv)
{
    struct options options;
    struct diag diag;
    int code = EXIT_USER_ERROR;
    bool is_quiet = false;

    diag_init(&diag);
    if (options_read(&options, command->rows, argc - 2, argv + 2, &diag)) {
        is_quiet = options_has(&options, OPTION_QUIET);
        if (!is_quiet) {
            interrupt_tell();
        }
        if (options_has(&options, OPTION_HELP)) {
            commands_help(command, stdout);
            code = EXIT_DONE;
        } else if (operands_check(command, &options, &diag)) {
            code = command->run(&(struct command_call){
                .command = command,
                .options = &options,
                .diag = &diag,
                .argc = argc - 1,
                .argv = argv + 1,
            });
        }
    }
    if (code == EXIT_USER_ERROR && diag.refused_count > 0) {
        code = EXIT_IO_ERROR; /* nothing was wrong with what the user said */
    }
    fflush(stdout);
    if (!is_quiet || diag.errors_count > 0) {
        diag_print(&diag, stderr);
    }
    options_free(&options);
    diag_free(&diag);
    return code;
}

static int
unknown_command(const char *name)
{
    const char *nearest = commands_nearest(name);

    fprintf(stderr, "command line: error: there is no command '%s'", name);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean %s?\n", nearest);
    } else {
        fputs("; mtasim help lists them\n", stderr);
    }
    return EXIT_USER_ERROR;
}

int
commands_main(int argc, char **argv)
{
    const struct command *command = NULL;

    if (argc < 2) {
        commands_overview(stderr);
        return EXIT_USER_ERROR;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("mtasim, sources %s\n", program_sha256());
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        commands_overview(stdout);
        return EXIT_DONE;
    }
    command = commands_get(argv[1]);
    return command != NULL ? command_do(command, argc, argv)
                           : unknown_command(argv[1]);
}
