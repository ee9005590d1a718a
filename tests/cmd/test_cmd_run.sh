#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_run.sh - mtasim run: the screen, the object, the trace, the settings;
# the line it prints repeats it
set -eu
. "$(dirname "$0")/../support/cmd.sh"

expect 0 "$mtasim" run "$small"
silent err
first=$(digest)
[ ${#first} -eq 32 ] || fail 'no digest'
says out 'recipients'
says out 'seed         20060312, replication 0'

# The same again, by the line it prints; the program is not on PATH here.
again=$(sed -n 's/^again *mtasim //p' out)
eval "expect 0 '$mtasim' $again"
[ "$(digest)" = "$first" ] || fail 'the line does not repeat the run'
ok "the line it prints repeats the run"

# Another seed, another replication, another setting: other runs.
for other in '--seed 7' '--replication 1' \
    '--set channel.tcp_local.threaddepth=1' '--set links.wan.rtt=80ms'; do
    expect 0 "$mtasim" run "$small" $other
    [ "$(digest)" != "$first" ] || fail "the same digest with $other"
done
ok "another seed, replication or setting is another run"

# A setting with a blank and quotes is repeated, too.
expect 0 "$mtasim" run "$small" --set "title=it's 5 o'clock"
again=$(sed -n 's/^again *mtasim //p' out)
eval "expect 0 '$mtasim' $again"
[ "$(digest)" = "$first" ] || fail 'quotes do not survive'
says out "it's 5 o'clock"
ok "quotes survive"

# JSON: one object with the agreed keys.
expect 0 "$mtasim" run "$small" --json
says out "\"digest\": \"$first\""
for key in scenario seed replication digest scheduler path sha256 name version \
    simulated_s wall_s events events_per_s recipients submitted delivered \
    returned held rejected queued duplicates submissions files attempts \
    deferrals connections job_starts thread_starts jobs_peak threads_peak \
    throughput_msg_per_s throughput_peak_msg_per_s latency_s mean p50 p95 p99 \
    max first_attempt_s channels hosts priorities violations warnings \
    connections_refused connections_peak peak_rss_bytes; do
    says out "\"$key\":"
done
says out '"submitted": 1022,'
says out '"queued": 0,'

# What the line did to attempts: in words, and by host and link.
blank=$root/tests/fixtures/blank
expect 0 "$mtasim" run "$blank" --set links.home.window_scaling=track
says out '100 % segment by segment'
says out 'far.example: 1 no banner; 0 in time'
expect 0 "$mtasim" run "$blank" --set links.home.window_scaling=track --json
[ "$(grep -c '"no_banner": 1,' out)" -eq 3 ] ||
    fail 'not in the whole, its host and its link'
expect 0 "$mtasim" explain "$blank" --message 1 \
    --set links.home.window_scaling=track
says out 'on the line: no banner'
expect 2 "$mtasim" run "$blank" --set links.home.window_scaling=strip
says err 'strip-synack'
ok "what the line did is told by run, --json and explain"

# Who is left in the queue takes the mean away, and a percentile on them.
expect 0 "$mtasim" run "$small" --json --set horizon=2m
says out '"max": null'
says out '"mean": null'
ok "the object has the agreed keys; what is not delivered is null"

# The trace: a line a record, numbered from 0 without a gap.
expect 0 "$mtasim" run "$small" --trace -
awk '$2 != NR - 1 { exit 1 }' out || fail 'records are not in order'
lines=$(wc -l <out)
cp out trace-stdout
expect 0 "$mtasim" run "$small" --trace trace.txt
[ "$(digest)" = "$first" ] || fail 'watching changes the run'
cmp -s trace.txt trace-stdout || fail 'two traces differ'
expect 0 "$mtasim" run "$small" --marks
[ "$(cat out)" = "$first $lines" ] || fail 'records are not the lines'
ok "a trace has a line a record and changes nothing"

# The effective configuration, and where it comes from.
expect 0 "$mtasim" run "$small" --settings \
    --set channel.tcp_local.threaddepth=7
grep -q '^channel.tcp_local.maxjobs  *10  *imta.cnf:10:' out ||
    fail 'no origin of maxjobs'
grep -q '^channel.tcp_local.threaddepth  *7 ' out || fail 'no threaddepth'
expect 0 "$mtasim" run "$small" --settings --json
says out '"path": "channel.tcp_local.threaddepth"'
ok "settings are shown with their origin"

# Bad scenarios: every problem, with its place, and nothing on stdout.
mkdir bad
cp "$small"/* bad
cat >>bad/scenario.yaml <<'END'
horizn: 3h
machine: { process_start: often }
END
expect 2 "$mtasim" run bad
silent out
says err 'bad/scenario.yaml:30:1: error:'
says err 'bad/scenario.yaml:31:27: error:'
# What the scheduler finds in its own files comes in the same go.
sed -i.kept 's/maxjobs 10/maxjobs ten/' bad/imta.cnf
! cmp -s bad/imta.cnf bad/imta.cnf.kept || fail 'imta.cnf has no maxjobs 10'
for command in run sweep; do
    expect 2 "$mtasim" "$command" bad
    silent out
    says err 'bad/scenario.yaml:30:1: error:'
    says err 'imta.cnf:10:'
    [ ! -e bad.db ] || fail 'a results file is left'
done
ok "all that is wrong in a scenario is told with its place"

# A full device is told of.
if [ -c /dev/full ]; then
    code=0
    "$mtasim" run "$small" >/dev/full 2>err || code=$?
    [ "$code" -eq 74 ] || fail "exit code $code on a full device, not 74"
    ok "a full device is told of"
fi
