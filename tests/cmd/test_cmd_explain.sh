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
says out 'pool SMTP_POOL: 1 of 10 jobs'
awk '/minutes:/ { inside = 1; next }
     inside && NF == 14 { for (i = 5; i <= 14; i++) sum += $i
         if (sum != $2 + $3 + $4) bad = 1; sum = 0; hosts++; next }
     { inside = 0 } END { exit bad || hosts != 2 }' out ||
    fail 'the ages are not those of all mail'
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

# --- Waits of each kind -------------------------------------------------------

# The parts of every wait, exactly, and what it says of the wait itself.
waits_add_up() {
    awk '
        /"waited_s"/ { gsub(",", ""); seconds = $2
                       if (inside) sum += seconds; else whole = seconds }
        /"waits": \[\]/ { if (whole + 0 != 0) bad = 1 }
        /"waits": \[$/ { inside = 1; sum = 0 }
        inside && /^ *\],?$/ { inside = 0; count++
            if (sum - whole > 1e-6 || whole - sum > 1e-6) bad = 1 }
        END { exit bad || count == 0 }' out
}

# Two channels and one slot: message 3 comes at 2.5 s, the job before it exits
# at 33.396350 s in the trace.
expect 0 "$mtasim" explain "$root/tests/golden/pool-slot" --message 3
says out 'waited 30.9 s: no job slot: pool SMTP_POOL was at its JOB_LIMIT of 1'
expect 0 "$mtasim" explain "$root/tests/golden/pool-slot" --message 3 --json
says out '"for": "job-slot"'
says out '"rule": "JOB_LIMIT"'
waits_add_up || fail 'the parts are not the wait'
expect 0 "$mtasim" explain "$root/tests/golden/pool-slot" --message 4 \
    --set pool.SMTP_POOL.job_limit=9 --set channel.tcp_b.maxjobs=1 \
    --set channel.tcp_b.max_client_threads=1
says out 'every thread for it was at other mail'
ok "what has no job slot is told which limit keeps it"

# Enqueued half an hour before the run; a scan takes 500 us for one file; then
# 200 ms for the process and 5 ms for its thread.
life=$root/tests/fixtures/cmd/life
expect 0 "$mtasim" explain "$life" --message 1
says out 'is in tcp_local as the run begins, enqueued 30 min before, 2 recipients'
says out 'waited 30 min: in the queue, before the run began'
says out 'waited 500 us: no scan had shown it to the Job Controller yet'
expect 0 "$mtasim" explain "$life" --message 1 --json
says out '"waited_s": 1800.2055,'
waits_add_up || fail 'the parts are not the wait'
ok "a backlog's wait counts from when it was enqueued"

# Room for ten: the rest is loaded as half of them are done.
expect 0 "$mtasim" explain "$small" --set option.max_messages=10 --message 350
says out 'put into tcp_local, 1 recipient, priority normal, untracked (max_messages)'
says out 'is found by a scan, with 0 failed attempts'
says out ': untracked (max_messages), until a scan loaded it'
expect 0 "$mtasim" explain "$small" --set option.max_messages=10 --message 350 \
    --json
says out '"rule": "max_messages"'
waits_add_up || fail 'the parts are not the wait'
ok "untracked mail waits for a scan"

# For twelve hours, and until a restart at 6 h, five hours after it came.
deferred=$root/scenarios/deferred-delivery
expect 0 "$mtasim" explain "$deferred" --set horizon=14h --set events.1.at=20h \
    --message 7161
says out "waited 12 h: its sender's date (deferred)"
expect 0 "$mtasim" explain "$deferred" --set horizon=7h --message 7161
says out "waited 5 h: its sender's date (deferred)"
says out 'waited 30 s: the Job Controller was being restarted'
ok "deferred mail waits for its date, or until a restart"

# Held from 2 min to 5 min, then the process of the reprocess channel.
expect 0 "$mtasim" explain "$life" --message 2
says out 'put into reprocess, 3 recipients, priority normal, held (holdlimit)'
says out 'is released by the postmaster'
says out 'waited 3 min: held (holdlimit)'
says out 'made of message 2'
expect 0 "$mtasim" explain "$life" --message 2 --json
says out '"rule": "holdlimit"'
says out '"waited_s": 180.205,'
waits_add_up || fail 'the parts are not the wait'
expect 0 "$mtasim" explain "$life" --message 2 --set horizon=4m
says out 'the run ends; it is still held, and has waited 2 min'
ok "held mail waits for its release"

# The restart is from 20 min to 20 min 30 s. Message 3 has failed before and is
# in backoff, message 4 is under delivery, message 5 comes 5 s after its start.
expect 0 "$mtasim" explain "$life" --message 3
says out 'waited 5 min: normalbackoff, place 1 of "pt10m"'
says out 'waited 30 s: the Job Controller was being restarted'
says out 'is found by a scan, with 1 failed attempt'
expect 0 "$mtasim" explain "$life" --message 3 --json
waits_add_up || fail 'the parts are not the wait'
expect 0 "$mtasim" explain "$life" --message 4
says out 'the Job Controller is restarted; the attempt has no outcome'
says out 'waited 30 s: the Job Controller was being restarted'
expect 0 "$mtasim" explain "$life" --message 5
says out 'it had waited 25.2 s'
says out 'waited 25 s: the Job Controller was being restarted'
ok "a restart ends attempts, forgets retry times and keeps new mail waiting"

# The run ends at 28 min: message 3 failed again at 20 min 30.247 s, message 4
# has a thread since 20 min 30.205 s.
expect 0 "$mtasim" explain "$life" --message 3
says out 'the run ends; it is still queued, and has waited 7.5 min'
says out 'the scheduler: tcp_local, priority 1: failed 2 times; by its backoff'
expect 0 "$mtasim" explain "$life" --message 3 --json
says out '"waited_s": 449.753,'
expect 0 "$mtasim" explain "$life" --message 4
says out 'the run ends; it is being delivered since 7.5 min'
expect 0 "$mtasim" explain "$life" --message 5
! grep -q 'the run ends' out || fail 'delivered mail is left'
ok "what is left as the run ends is told with its wait"

# --- JSON ----------------------------------------------------------------------

# Text and JSON tell of the same: as many things at the same instants, and the
# digest of the run.
expect 0 "$mtasim" explain "$life" --message 2
awk '$2 == "s" { printf "%.6f\n", $1 }' out >wanted
expect 0 "$mtasim" explain "$life" --message 2 --json --at 4m
awk '/^  "story"/ { told = 1 } told && $1 == "\"at_s\":" {
         sub(",", ""); printf "%.6f\n", $2 }' out >found
cmp -s wanted found || fail 'other instants than in the text'
mv out told
expect 0 "$mtasim" run "$life"
grep -q "\"digest\": \"$(digest)\"" told || fail 'another digest'
mv told out
for key in '"pools": \[' '"channels": \[' '"jobs": \[\]' '"scheduler": "' \
    '"files": \['; do
    grep -q "^    $key" out || fail "no $key"
done
awk '$1 == "\"channel\":" { channel = $2 }
     $1 == "\"held\":" && channel ~ /reprocess/ { held += $2 }
     END { exit held != 1 }' out || fail 'the held file is not counted'
expect 0 "$mtasim" explain "$life" --at 4m --json
says out '"story": null'
expect 0 "$mtasim" explain "$life" --message 1 --json
says out '"state": null'
ok "JSON tells what the text does"

expect 2 "$mtasim" explain "$small"
says err '--message ID, --at TIME or both'
expect 2 "$mtasim" explain "$small" --message 999999
says err 'no message 999999 came in this run'
expect 2 "$mtasim" explain "$small" --message 999999 --json
silent out
expect 2 "$mtasim" explain "$small" --at 31m
says err '--at must be within the run'
ok "what cannot be told is said"
