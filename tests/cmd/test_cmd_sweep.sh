#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_sweep.sh - mtasim sweep, show, merge: runs are made once; shards join to
# the same results; a run of the file can be repeated
set -eu
. "$(dirname "$0")/../support/cmd.sh"

depths='channel.tcp_local.threaddepth=1,5,20'

# A dry run makes no file.
expect 0 "$mtasim" sweep "$small" --param "$depths" --dry-run
[ "$(grep -c '^missing' out)" -eq 6 ] || fail 'a dry run does not list 6 runs'
[ ! -e small.db ] || fail 'a dry run makes a file'
ok "a dry run makes nothing"

# 3 points, 2 replications, into the scenario's name.
expect 0 "$mtasim" sweep "$small" --param "$depths"
says out 'small.db: 6 runs made, 0 were there'
says err '6/6 runs'
grep -q '^ *threaddepth  n ' out || fail 'no table'
expect 0 "$mtasim" sweep "$small" --param "$depths" --quiet
says out 'small.db: 0 runs made, 6 were there'
silent err

# One replication more: only these are made.
expect 0 "$mtasim" sweep "$small" --param "$depths" -n 3 -q -j 1
says out 'small.db: 3 runs made, 6 were there'
ok "a run that is there is not made again"

# Shards, one by the environment, are parts of the same sweep.
expect 0 "$mtasim" sweep "$small" -p "$depths" -n 3 -q --shard 0/3 -o a.db
expect 0 "$mtasim" sweep "$small" -p "$depths" -n 3 -q --shard 1/3 -o b.db
expect 0 env SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=10 \
    SLURM_ARRAY_TASK_COUNT=3 "$mtasim" sweep "$small" -p "$depths" -n 3 -q \
    --shard auto -o c.db
expect 0 "$mtasim" merge all.db c.db a.db b.db
says out 'all.db: 9 runs, 9 of them new'
expect 0 "$mtasim" merge all.db a.db
says out 'all.db: 9 runs, 0 of them new'
"$mtasim" show small.db >whole
"$mtasim" show all.db >merged
cmp -s whole merged || fail 'shards do not join to the whole'
[ "$(wc -l <whole)" -eq 10 ] || fail 'show does not list 9 runs'
# 1, 5, 20: in the order of numbers, not of letters.
sed -n '2,$s/.*threaddepth=//p' whole | sort -n -c ||
    fail 'show is not in the order of the axis'
expect 2 "$mtasim" merge new.db a.db none.db
says err 'none.db'
[ ! -e new.db ] || fail 'a merge that cannot be makes a file'
expect 2 env -u SLURM_ARRAY_TASK_ID -u OMPI_COMM_WORLD_RANK -u PMI_RANK \
    -u SLURM_PROCID -u JOB_COMPLETION_INDEX -u PARALLEL_SEQ \
    "$mtasim" sweep "$small" --shard auto -o d.db
says err 'neither Slurm, MPI, Kubernetes'
ok "shards join to the whole"

# The table for programs.
expect 0 "$mtasim" sweep "$small" --param "$depths" --json -q
says out '"channel.tcp_local.threaddepth": "20"'
says out '"ci95_half_width":'

# A run of the file, and the line that repeats it.
key=$(sed -n '5s/ .*//p' whole)
expect 0 "$mtasim" show small.db "$key"
wanted=$(digest)
silent err
expect 0 "$mtasim" show small.db "$key" --command
again=$(sed 's/^mtasim //' out)
eval "expect 0 '$mtasim' $again"
[ "$(digest)" = "$wanted" ] || fail 'the line does not repeat the run'
expect 0 "$mtasim" show small.db "$key" --json
says out "\"digest\": \"$wanted\""
expect 2 "$mtasim" show small.db xyz
expect 2 "$mtasim" show none.db
says err 'none.db'
echo 'no database' >text.db
expect 2 "$mtasim" show text.db
ok "a run of the file can be repeated"

# What the scheduler does not take is told before any run.
expect 2 "$mtasim" sweep "$small" -o g.db \
    --param channel.tcp_local.threaddepth=1,0
says err threaddepth
[ ! -e g.db ] || fail 'a sweep that cannot be makes a file'
ok "what the scheduler refuses is told before any run"

# A setting that an axis moves anyway is told of.
expect 0 "$mtasim" sweep "$small" -o h.db --param "$depths" --dry-run \
    --set channel.tcp_local.threaddepth=3 --set links.wan.rtt=50ms
says err 'channel.tcp_local.threaddepth is an axis of the sweep, which wins'
[ "$(grep -c 'has no effect' err)" -eq 1 ] || fail 'more than one is told of'
ok "a setting that an axis moves is told of"

# A sweep whose runs fail says so, and keeps the others.
expect 3 "$mtasim" sweep "$small" --param messages_max=1,1000 -n 1 -o f.db
says err 'messages_max'
says out 'f.db: 2 runs made, 0 were there, 2 failed'
ok "runs that fail are told, the others kept"

# A metric of one population, and of a host that a trace might have had.
expect 0 "$mtasim" sweep "$small" -q -n 2 -o p.db --param "$depths" \
    --metric priority.normal.latency.p95 --metric channel.tcp_local.delivered
grep -q '^ *5  2 .* ± .* s ' out || fail 'no latency by priority'
expect 0 "$mtasim" sweep "$root/scenarios/replay-day" -q -n 1 -o q.db \
    --metric host.nobody.example.latency.p50
says out 'host.nobody.example.latency.p50: no run has mail of a host'
ok "metrics of one host, channel or priority can be asked for"

# A metric of what is nowhere is told before any run.
expect 2 "$mtasim" sweep "$small" -o h.db -m host.smarthost.exmple.net.delivered
says err 'did you mean smarthost.example.net?'
expect 2 "$mtasim" sweep "$small" -o h.db -m channel.UNKNOWN.delivered
says err 'no channel is called UNKNOWN'
expect 2 "$mtasim" sweep "$small" -o h.db -m priority.high.latency.p50
says err 'there are: urgent, normal, nonurgent'
expect 2 "$mtasim" check "$small" --baseline "$build/jobctl.so" \
    -m host.UNKNOWN.delivered
says err 'no host is called UNKNOWN'
[ ! -e h.db ] || fail 'a sweep that cannot be makes a file'
expect 0 "$mtasim" sweep "$small" -o h.db -n 1 -q \
    -m host.smarthost.example.net.delivered -m channel.tcp_local.latency.p50
ok "a metric of a host, channel or priority that is nowhere is refused"

# What is wrong with a value is said by the option that gave it.
expect 2 "$mtasim" sweep "$small" -o i.db -p traffic.no.size=1,2
says err '--param traffic.no.size=1: error: '
expect 2 "$mtasim" sweep "$small" -o i.db -p channel.no.maxjobs=1,2
says err '--param: error: '
expect 2 "$mtasim" sweep "$small" -o i.db --set traffic.no.size=1
says err '--set traffic.no.size=1: error: '
ok "an error of --param says so"

# Values that come to the very same are not called the best.
cp -r "$small" one
sed 's/threaddepth: \[1, 5\]/maxjobs: [1, 2, 3]/' "$small/scenario.yaml" \
    >one/scenario.yaml
expect 0 "$mtasim" sweep one -q -o j.db -n 2 -m throughput
says out 'Others share the best mean with maxjobs 2 for throughput.'
sed 's/threaddepth: \[1, 5\]/maxjobs: [2, 3]/' "$small/scenario.yaml" \
    >one/scenario.yaml
expect 0 "$mtasim" sweep one -q -o k.db -n 2 -m throughput -m latency.p50
says out 'The mean is the same at every maxjobs for throughput and latency.p50.'
if grep -q 'best mean' out; then
    fail 'one of equals is called the best'
fi
ok "a tie is told as one"
