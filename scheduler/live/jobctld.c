/* SPDX-License-Identifier: MIT */
/*
 * jobctld.c - the scheduler at work: real clock, real threads, real queue
 * directory; mail goes to a sink
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "live.h"

enum {
    EXIT_REFUSED = 1,
    EXIT_USER_ERROR = 2,
    EXIT_SCHEDULER = 3,
    EXIT_IO = 74
};

static const char usage[] =
    "Usage: jobctld --sink --scheduler FILE --config DIR --queue DIR\n"
    "               [OPTION]...\n"
    "       jobctld --tell COMMAND --queue DIR\n"
    "\n"
    "Runs a scheduler object on a real clock, with real threads and a real\n"
    "queue directory. Mail dropped into QUEUE/new is delivered to a sink.\n"
    "\n"
    "  --sink               deliver to the sink (the one way there is)\n"
    "  --scheduler FILE     the object, such as build/release/jobctl.so\n"
    "  --config DIR         imta.cnf, job_controller.cnf, *_option\n"
    "  --queue DIR          the queue directory; made if it is not there\n"
    "  --record FILE        writes what crosses the seam, for `mtasim replay`\n"
    "  --log FILE           appends what the sink takes\n"
    "  --duration TIME      ends after 30s, 5m ...\n"
    "  --until-done         ends when nothing is queued, or to come\n"
    "  --rate N             messages a second that are made for a test\n"
    "  --messages N         how many are made; 0\n"
    "  --hosts N            for how many hosts; 10\n"
    "  --sink-time A..B     what an attempt takes; 20ms..200ms\n"
    "  --start-time TIME    what a process start takes; 20ms\n"
    "  --fail LIST          temp=10%,perm=2%,timeout=1%,crash=1%,end=1%,\n"
    "                       start=1%; nothing fails\n"
    "  --refuse LIST        start-job=5%,deliver=5%,... though it could be "
    "done;\n"
    "                       also create reject start-thread rewrite hold "
    "return\n"
    "                       warn notify scan\n"
    "  --io-fail LIST       "
    "read=1%,write=1%,sync=1%,rename=1%,remove=1%,list=1%\n"
    "                       of the queue directory; nothing fails\n"
    "  --threads-max N      more are refused; 200\n"
    "  --seed N             of the sink's luck and of the mail made; 1\n"
    "  --strict             unknown keywords are errors\n"
    "  --tell COMMAND       to the jobctld that has the queue: set PATH "
    "VALUE,\n"
    "                       release all|CHANNEL|MESSAGE FILE, stress CHANNEL,\n"
    "                       explain MESSAGE FILE, state, counts, end\n"
    "  --help               prints this\n";

/* What the signal handler tells: all that may be written from there. */
static volatile sig_atomic_t is_told;

static void
on_signal(int number)
{
    (void)number;
    is_told = 1;
}

/* duration_read - "20ms", "30s", "5m"; NULL: it is none */
static const char *
duration_read(const char *text, int64_t *ns)
{
    char *end = NULL;
    const long long number = strtoll(text, &end, 10);
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", 1000000},
                 {"us", 1000},
                 {"s", LIVE_NS_PER_S},
                 {"m", 60 * LIVE_NS_PER_S},
                 {"h", 3600 * LIVE_NS_PER_S}};

    for (uint32_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const size_t length = strlen(units[i].unit);
        if (end != text && number >= 0 && number < 1000000 &&
            strncmp(end, units[i].unit, length) == 0) {
            *ns = number * units[i].ns;
            return end + length;
        }
    }
    return NULL;
}

static bool
whole_duration(const char *text, int64_t *ns)
{
    const char *end = duration_read(text, ns);

    return end != NULL && *end == '\0';
}

/* span_read - "20ms..200ms" or one for both */
static bool
span_read(const char *text, int64_t *min_ns, int64_t *max_ns)
{
    const char *end = duration_read(text, min_ns);

    if (end != NULL && *end == '\0') {
        *max_ns = *min_ns;
        return true;
    }
    return end != NULL && strncmp(end, "..", 2) == 0 &&
           whole_duration(end + 2, max_ns) && *min_ns <= *max_ns;
}

static bool
number_read(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
           *number >= min && *number <= max;
}

/* What the options say. */
struct wishes {
    const char *scheduler;
    const char *config;
    const char *queue;
    const char *record;
    const char *log;
    int64_t duration_ns;
    uint64_t rate;
    uint64_t messages;
    uint64_t hosts;
    uint64_t threads_max;
    uint64_t seed;
    int64_t start_ns;
    const char *tell;
    struct sink sink;
    struct refusals refusals;
    uint32_t faults_ppm[FAULTS_COUNT];
    bool is_sink;
    bool is_until_done;
    bool is_strict;
};

/* option_do - one option. False: its value is none. */
static bool
option_do(struct wishes *wishes, int letter, const char *value)
{
    switch (letter) {
    case 'k':
        wishes->is_sink = true;
        return true;
    case 's':
        wishes->scheduler = value;
        return true;
    case 'c':
        wishes->config = value;
        return true;
    case 'q':
        wishes->queue = value;
        return true;
    case 'r':
        wishes->record = value;
        return true;
    case 'l':
        wishes->log = value;
        return true;
    case 'd':
        return whole_duration(value, &wishes->duration_ns);
    case 'u':
        wishes->is_until_done = true;
        return true;
    case 'R':
        return number_read(value, 1, 1000000, &wishes->rate);
    case 'm':
        return number_read(value, 0, UINT64_MAX - 1, &wishes->messages);
    case 'h':
        return number_read(value, 1, 1000000, &wishes->hosts);
    case 't':
        return span_read(value, &wishes->sink.time_min_ns,
                         &wishes->sink.time_max_ns);
    case 'b':
        return whole_duration(value, &wishes->start_ns);
    case 'f':
        return sink_faults_read(&wishes->sink, value);
    case 'i':
        return faults_read(wishes->faults_ppm, value);
    case 'j':
        return refusals_read(&wishes->refusals, value);
    case 'K':
        wishes->tell = value;
        return true;
    case 'T':
        return number_read(value, 1, 100000, &wishes->threads_max);
    case 'S':
        return number_read(value, 0, UINT64_MAX - 1, &wishes->seed);
    case 'x':
        wishes->is_strict = true;
        return true;
    default:
        return false;
    }
}

/* options_read - False: it has been said what is wrong */
static bool
options_read(struct wishes *wishes, int count, char **words)
{
    static const struct option known[] = {
        {"sink", no_argument, NULL, 'k'},
        {"scheduler", required_argument, NULL, 's'},
        {"config", required_argument, NULL, 'c'},
        {"queue", required_argument, NULL, 'q'},
        {"record", required_argument, NULL, 'r'},
        {"log", required_argument, NULL, 'l'},
        {"duration", required_argument, NULL, 'd'},
        {"until-done", no_argument, NULL, 'u'},
        {"rate", required_argument, NULL, 'R'},
        {"messages", required_argument, NULL, 'm'},
        {"hosts", required_argument, NULL, 'h'},
        {"sink-time", required_argument, NULL, 't'},
        {"start-time", required_argument, NULL, 'b'},
        {"fail", required_argument, NULL, 'f'},
        {"io-fail", required_argument, NULL, 'i'},
        {"refuse", required_argument, NULL, 'j'},
        {"tell", required_argument, NULL, 'K'},
        {"threads-max", required_argument, NULL, 'T'},
        {"seed", required_argument, NULL, 'S'},
        {"strict", no_argument, NULL, 'x'},
        {NULL, 0, NULL, 0}};
    int letter = 0;
    int which = 0;

    while ((letter = getopt_long(count, words, "", known, &which)) != -1) {
        if (letter == '?') {
            return false;
        }
        if (!option_do(wishes, letter, optarg)) {
            live_say("--%s cannot be %s", known[which].name, optarg);
            return false;
        }
    }
    const bool has_all =
        wishes->queue != NULL &&
        (wishes->tell != NULL || (wishes->is_sink && wishes->config != NULL &&
                                  wishes->scheduler != NULL));
    if (optind < count || !has_all) {
        fputs(usage, stderr);
        return false;
    }
    return true;
}

static void
counts_print(const struct host *host)
{
    const struct host_counts *counts = &host->counts;
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"events", counts->events},
                {"actions", counts->actions},
                {"wakes", counts->wakes},
                {"submits", counts->submits},
                {"files", counts->files},
                {"scanned", counts->scanned},
                {"attempts", counts->attempts},
                {"rewrites", counts->rewrites},
                {"again", counts->again},
                {"commands", counts->commands},
                {"stresses", counts->stresses},
                {"io-failures", atomic_load(&host->spool.faults->hit_count)},
                {"returns", counts->returns},
                {"job-starts", counts->job_starts},
                {"thread-starts", counts->thread_starts},
                {"threads-peak", host->crew.threads_peak},
                {"refused-limit", counts->refused[SCHED_REFUSED_LIMIT]},
                {"refused-unknown", counts->refused[SCHED_REFUSED_UNKNOWN]},
                {"refused-illegal", counts->refused[SCHED_REFUSED_ILLEGAL]},
                {"refused-io", counts->refused[SCHED_REFUSED_IO]},
                {"queued", host->queued_count}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        printf("%-16s %" PRIu64 "\n", rows[i].name, rows[i].count);
    }
}

/* signals_set - to end in good order; nothing depends on it */
static void
signals_set(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* host_fill - what the options make of it */
static void
host_fill(struct host *host, const struct wishes *wishes)
{
    struct config *config = host->config;

    host->until_ns = wishes->duration_ns == 0
                         ? INT64_MAX
                         : live_now_ns() + wishes->duration_ns;
    host->is_until_done = wishes->is_until_done;
    host->is_told = &is_told;
    host->crew = (struct crew){.spool = &host->spool,
                               .sink = &host->sink,
                               .posts = &host->posts,
                               .start_ns = wishes->start_ns,
                               .threads_max = (uint32_t)wishes->threads_max};
    host->arrivals = (struct arrivals){
        .spool = &host->spool,
        .posts = &host->posts,
        .channels = config->channels,
        .channels_count = config->channels_count,
        .channel = config->channel,
        .hosts_count = (uint32_t)wishes->hosts,
        .seed = wishes->seed,
        .rate_ns = LIVE_NS_PER_S / (int64_t)wishes->rate,
        .made_max = wishes->messages,
    };
}

/* files_open - the queue, the log and the recording */
static bool
files_open(struct host *host, const struct wishes *wishes)
{
    const char *what = wishes->queue;
    bool is_good = spool_open(&host->spool, what, host->config->channels,
                              host->config->channels_count);

    if (is_good && wishes->log != NULL) {
        what = wishes->log;
        host->sink.log =
            open(what, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        is_good = host->sink.log >= 0;
    }
    if (is_good && wishes->record != NULL) {
        what = wishes->record;
        host->recording.out = fopen(what, "we");
        is_good = host->recording.out != NULL;
    }
    if (!is_good) {
        live_say("%s: %s", what, strerror(errno));
    }
    return is_good;
}

/* tell - a command to another jobctld */
static int
tell(const struct wishes *wishes)
{
    if (control_tell(wishes->queue, wishes->tell, stdout)) {
        return 0;
    }
    if (errno == 0) {
        return EXIT_REFUSED;
    }
    live_say("%s: no jobctld is there: %s", wishes->queue, strerror(errno));
    return EXIT_IO;
}

static int
work(struct host *host, const struct wishes *wishes, struct faults *faults)
{
    host->sink = wishes->sink;
    host->sink.seed = wishes->seed;
    host->refusals = wishes->refusals;
    host->refusals.seed = wishes->seed;
    if (!files_open(host, wishes)) {
        return EXIT_IO;
    }
    memcpy(faults->ppm, wishes->faults_ppm, sizeof faults->ppm);
    faults->seed = wishes->seed;
    host->spool.faults = faults;
    host->control =
        (struct control){.folder = wishes->queue, .posts = &host->posts};
    signals_set();
    host_fill(host, wishes);
    posts_init(&host->posts);
    crew_init(&host->crew);
    const bool is_good = host_run(host);
    posts_free(&host->posts);
    counts_print(host);
    return is_good ? 0 : EXIT_SCHEDULER;
}

int
main(int count, char **words)
{
    struct wishes wishes = {.rate = 10,
                            .hosts = 10,
                            .threads_max = 200,
                            .seed = 1,
                            .start_ns = LIVE_NS_PER_S / 50,
                            .sink = {.log = -1,
                                     .time_min_ns = LIVE_NS_PER_S / 50,
                                     .time_max_ns = LIVE_NS_PER_S / 5}};
    static struct config config;
    struct faults faults = {.seed = 0};
    struct host host = {.config = &config,
                        .spool = {.root = -1, .lock = -1},
                        .sink = {.log = -1}};
    int code = EXIT_USER_ERROR;

    if (count == 2 && strcmp(words[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (!options_read(&wishes, count, words)) {
        return EXIT_USER_ERROR;
    }
    if (wishes.tell != NULL) {
        return tell(&wishes);
    }
    config.is_strict = wishes.is_strict;
    if (config_object(&config, wishes.scheduler) &&
        config_texts(&config, wishes.config) && config_channels(&config)) {
        code = work(&host, &wishes, &faults);
        if (host.recording.out != NULL && fclose(host.recording.out) != 0) {
            code = EXIT_IO;
        }
        if (host.sink.log >= 0) {
            close(host.sink.log);
        }
        spool_close(&host.spool);
    }
    config_free(&config);
    return code;
}
