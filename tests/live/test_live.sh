#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_live.sh - jobctld: killed again and again it loses nobody; refused, racing
# and failing it goes on; what it recorded is decided again the same way
set -eu
. "$(dirname "$0")/../support/cmd.sh"
jobctld=$build/jobctld
jobctl=$build/jobctl.so

# The channels of the small scenario, impatient.
mkdir config
cp "$small/job_controller.cnf" config
sed '/^tcp_local/s/$/ multiple backoff pt1s/; /^tcp_local/s/threaddepth 10/threaddepth 3/' \
    "$small/imta.cnf" >config/imta.cnf

live() { # live QUEUE OPTION...
    queue=$1
    shift
    : >>"$queue.log"
    exec "$jobctld" --sink --scheduler "$jobctl" --config config \
        --queue "$queue" --log "$queue.log" --duration 60s "$@"
}

# drop QUEUE COUNT - messages for three each, whose addresses come once
drop() {
    mkdir -p "$1/new"
    n=0
    while [ $n -lt "$2" ]; do
        n=$((n + 1))
        printf 'to a%d@h%d.example\nto b%d@h1.example\nto c%d@h2.example\n' \
            $n $((n % 7)) $n $n >"$1/.m"
        mv "$1/.m" "$1/new/m$n"
        echo "a$n
b$n
c$n"
    done | sort >"$1.wanted"
}

# settled QUEUE - who is in the log, each once
settled() {
    awk '$1 ~ /^(delivered|refused|returned)$/ {
             sub("@.*", "", $5); print $5 }' "$1.log" | sort -u
}

# all_settled QUEUE - everybody, and nothing is left in the directory
all_settled() {
    settled "$1" >"$1.settled"
    cmp -s "$1.wanted" "$1.settled" || {
        diff "$1.wanted" "$1.settled" >out || :
        fail 'not everybody is delivered'
    }
    find "$1" -type f ! -name lock ! -name next-message >out
    silent out
}

identical() { # identical RECORDING - here, too
    expect 0 "$mtasim" replay "$1" --scheduler "$jobctl"
    says out identical
}

# --- troubled ----------------------------------------------------------------

# Threads that end by themselves, crashes, and no room for more threads. What
# is refused waits for ten seconds, so another life without troubles follows.
drop troubled 80
(live troubled --sink-time 5ms..30ms --threads-max 5 --duration 3s \
    --fail temp=10%,perm=2%,timeout=1%,crash=2%,end=10% \
    --record troubled.rec >troubled.out 2>troubled.err) &
troubled=$!

# --- killed ------------------------------------------------------------------

drop killed 300
before=0
for kill in 1 2 3 4 5 6; do
    (live killed --sink-time 50ms..500ms --fail temp=10% \
        --record "killed$kill.rec" >out 2>err) &
    pid=$!
    while [ "$(settled killed | wc -l)" -lt $((before + 60)) ]; do
        kill -0 $pid || fail 'it ended by itself'
        sleep 0.05
    done
    kill -9 $pid
    wait $pid 2>/dev/null || :
    before=$(settled killed | wc -l)
done
[ "$before" -lt 900 ] || fail 'everybody was delivered to before it was killed'
(live killed --sink-time 1ms..5ms --until-done --record last.rec >out 2>err) ||
    fail 'it does not end'
all_settled killed
ok "killed with -9 six times, it delivers to everybody"

# Who gets it twice was in flight at a kill.
twice=$(awk '$1 == "delivered" { print $5 }' killed.log | sort | uniq -d | wc -l)
[ "$twice" -lt $((before / 2)) ] || fail "$twice of $before got it twice"
ok "who gets it twice was in flight"

for recording in killed?.rec last.rec; do
    identical "$recording"
done
ok "what it recorded until then is decided the same way"

wait $troubled || fail 'it does not end'
cp troubled.out out
for reason in limit unknown; do
    [ "$(sed -n "s/^refused-$reason *//p" out)" -gt 0 ] || fail "none: $reason"
done
[ "$(sed -n 's/^refused-illegal *//p' out)" -eq 0 ] || fail 'an illegal action'
(live troubled --sink-time 1ms..5ms --until-done --record after.rec \
    >out 2>err) || fail 'it does not end'
all_settled troubled
ok "crashes, refusals and failures lose nobody"
identical troubled.rec
identical after.rec
ok "and are decided the same way again"

# --- one at a time -----------------------------------------------------------

(live busy --messages 1000 --rate 100 --fail start=100% --record busy.rec \
    >out 2>err) &
pid=$!
until grep -q job-failed busy.rec 2>/dev/null; do sleep 0.05; done
code=0
(live busy --until-done >out2 2>err2) || code=$?
[ $code -eq 74 ] || fail "a second one ends with $code, not 74"
kill $pid
wait $pid || fail 'it does not end when told to'
[ ! -s busy.log ] || fail 'mail was delivered without a process'
identical busy.rec
ok "a queue has one jobctld at a time, which ends when told to"
