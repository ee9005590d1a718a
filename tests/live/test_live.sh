#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_live.sh - jobctld: killed again and again it loses nobody; refused, racing
# and failing it goes on; what it recorded is decided again the same way
set -eu
. "$(dirname "$0")/../support/cmd.sh"
. "$root/tests/support/live.sh"

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
