#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_explain.sh - mtasim explain: a message's waits add up and are named by
# their rules; an instant is told as the host and the scheduler see it
set -eu
. "$(dirname "$0")/../support/cmd.sh"

# The first message waits for a process (200 ms) and its thread
# (5 ms); 10.156510 s to 10.361510 s to 10.844734 s in the trace.
expect 0 "$mtasim" explain "$small" --message 1
says out 'message 1: submitted, 6032 bytes, 3 recipients'
says out 'message 1, file 1: attempt 1, job 1, thread 0; it had waited 205 ms'
says out 'waited 200 ms: the process was starting'
says out 'waited 5 ms: the thread was starting'
says out 'the attempt ends; in delivery 483 ms'
says out 'submit to delivery 688 ms = waited 205 ms + in delivery 483 ms'
says out '2006-03-12 08:00:10'
ok "a message's waits are taken apart and add up to its latency"

expect 0 "$mtasim" explain "$root/tests/golden/backoff" --message 1
says out 'urgentbackoff, place 1 of "'
says out 'urgentbackoff, place 2 of "'
says out 'waited 10 min: '
says out 'deferred (4xx, or no answer) by far.example, phase connect'
ok "a retry is named by its place in the backoff list"

expect 0 "$mtasim" explain "$root/tests/golden/returns" --message 2
says out 'its sender is warned (notices); notices 1 2'
says out 'is returned to its sender (notices, last value)'
ok "notices tell of a warning and of the return"

expect 0 "$mtasim" explain "$root/tests/golden/partial" --message 2
says out 'message 2, file 1: what is left of it is rewritten as file 2'
says out 'message 2, file 2: attempt 2,'
ok "what is left of a file goes on as the same story"

# The host's own count of a queue is the scheduler's, said by it afterwards.
expect 0 "$mtasim" explain "$small" --at 2m
grep -q '^channel tcp_local: 13 queued, ' out || fail 'no summary of the queue'
[ "$(awk '$1 == "other.example" { print $2, $3; exit }' out)" = '1 5' ] ||
    fail 'the host counts other.example otherwise'
says out 'other.example | 1 | 5'
says out 'job 2, channel tcp_local: running, 5 threads'
expect 0 "$mtasim" explain "$small" --at 0s
says out 'the state 0s after the start'
ok "at an instant, host and scheduler tell the same queues"

# A channel without host queues has one, for all hosts.
expect 0 "$mtasim" explain "$root/scenarios/batch-channel" --at 30m
queued=$(sed -n 's/^channel archive: \([0-9]*\) queued, .*/\1/p' out)
[ -n "$queued" ] || fail 'no mail is queued'
[ "$(awk '$1 == "*" { print $2; exit }' out)" = "$queued" ] ||
    fail 'the one queue is not all of the channel'
says out "* | $queued | 0"
ok "a channel without host queues has one queue"

# Every attempt of the message ends, by the story, when the trace says.
expect 0 "$mtasim" run "$small" --trace -
awk '$4 == "outcome" && / message=3 / { printf "%.6f\n", $1 / 1e9 }' out >wanted
[ -s wanted ] || fail 'message 3 has no outcome in the trace'
expect 0 "$mtasim" explain "$small" --message 3
awk '/the attempt ends/ { print $1 }' out >found
cmp -s wanted found || fail 'the attempts end otherwise than in the trace'
ok "the story is that of the trace"

expect 2 "$mtasim" explain "$small"
says err '--message ID, --at TIME or both'
expect 2 "$mtasim" explain "$small" --message 999999
says err 'no message 999999 came in this run'
expect 2 "$mtasim" explain "$small" --at 31m
says err '--at must be within the run'
ok "what cannot be told is said"
