/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.c - from a scenario to the simulated host's parameters, and back
 */
#include "sim/lab/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "models/mta/host.h"

/* clock_ns - this computer's clock, for wall_s alone */
static int64_t
clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* peak_rss_bytes - the most memory this process has had */
static int64_t
peak_rss_bytes(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return (int64_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}

/* The texts and overrides of a scenario, in the host's terms. */
struct inputs {
    struct mta_text *texts;
    struct mta_override *overrides;
};

static struct inputs
inputs_of(const struct scenario *scenario)
{
    struct inputs inputs = {
        base_alloc(scenario->files_count * sizeof(struct mta_text)),
        base_alloc(scenario->overrides_count * sizeof(struct mta_override))};

    for (uint32_t i = 0; i < scenario->files_count; i++) {
        const struct scenario_file *file = &scenario->files[i];
        inputs.texts[i] = (struct mta_text){file->name, file->bytes,
                                            file->bytes_size, file->role};
    }
    for (uint32_t i = 0; i < scenario->overrides_count; i++) {
        const struct scenario_override *override = &scenario->overrides[i];
        inputs.overrides[i] = (struct mta_override){
            override->path, override->value, override->where};
    }
    return inputs;
}

static struct mta_params
params_of(const struct run_request *request, const struct inputs *inputs)
{
    const struct scenario *scenario = request->scenario;

    return (struct mta_params){
        .scheduler_path = request->scheduler_path,
        .texts = inputs->texts,
        .overrides = inputs->overrides,
        .destinations = scenario->destinations,
        .links = scenario->links,
        .links_count = scenario->links_count,
        .traffic = scenario->traffic,
        .machine = &scenario->machine,
        .dialogue = &scenario->dialogue,
        .default_channel = scenario->default_channel,
        .changes = scenario->changes,
        .changes_count = scenario->changes_count,
        .backlog_path = scenario->backlog_path,
        .notices_to = scenario->notices_to,
        .notice_bytes = scenario->notice_bytes,
        .observer = request->observer,
        .seed = request->seed,
        .start_wall_ns = scenario->start_wall_ns,
        .horizon_ns = scenario->horizon_ns,
        .step_ns = scenario->step_ns,
        .replication = request->replication,
        .texts_count = scenario->files_count,
        .overrides_count = scenario->overrides_count,
        .destinations_count = scenario->destinations_count,
        .traffic_count = scenario->traffic_count,
        .messages_max = scenario->messages_max,
        .is_strict = scenario->is_strict,
    };
}

bool
run_once(const struct run_request *request, struct result *result,
         struct mta_about *scheduler, struct diag *diag)
{
    const int64_t begun_ns = clock_ns();
    const struct inputs inputs = inputs_of(request->scenario);
    const struct mta_params params = params_of(request, &inputs);
    bool is_good = host_run(&params, result, scheduler, diag);

    free(inputs.texts);
    free(inputs.overrides);
    result->wall_ns = clock_ns() - begun_ns;
    result->peak_rss_bytes = peak_rss_bytes();
    return is_good;
}

bool
run_describe(const struct run_request *request, struct mta_about *scheduler,
             struct diag *diag)
{
    const struct inputs inputs = inputs_of(request->scenario);
    const struct mta_params params = params_of(request, &inputs);
    bool is_good = host_describe(&params, scheduler, diag);

    free(inputs.texts);
    free(inputs.overrides);
    return is_good;
}
