#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_live_trouble.sh - jobctld: a host that refuses and a queue directory that
# fails lose nobody, and what was decided then is decided again the same way
set -eu
. "$(dirname "$0")/../support/cmd.sh"
. "$root/tests/support/live.sh"

count() { # count NAME - of the numbers that it ends with, in out
    sed -n "s/^$1 *//p" out
}

twice() { # twice QUEUE - who was delivered to more than once
    awk '$1 == "delivered" { print $5 }' "$1.log" | sort | uniq -d
}

# --- Refused -----------------------------------------------------------------

# What is refused is tried again after ten seconds, so that another life ends it.
drop refused 100
(live refused --sink-time 5ms..30ms --duration 4s --fail temp=5% \
    --refuse create=10%,start-thread=70%,deliver=5%,rewrite=30% \
    --record refused.rec >refused.out 2>refused.err) &
refused=$!

# Nothing starts, and nothing is even looked for.
drop barred 20
(live barred --duration 3s --refuse start-job=100%,scan=100% \
    --record barred.rec >barred.out 2>barred.err) &
barred=$!

# --- Failing -----------------------------------------------------------------

drop failing 150
(live failing --sink-time 5ms..30ms --duration 6s --fail temp=10% \
    --io-fail read=3%,write=5%,sync=3%,rename=5%,remove=5%,list=30% \
    --record failing.rec >failing.out 2>failing.err) &
failing=$!

# Without an end there is no excuse: what the directory would not have is put
# down in the end, by the same life.
drop once 30
(live once --sink-time 1ms..5ms --until-done --fail temp=20%,perm=5% \
    --io-fail read=5%,write=15%,sync=15%,rename=10%,remove=40% \
    --record once.rec >once.out 2>once.err) &
once=$!

# Killed while it fails; the directory has a file that is none, too.
drop both 60
mkdir -p both/tcp_local
echo 'no envelope' >both/tcp_local/ZZ00000000000F0000-00000001.00
for life in 1 2 3; do
    (live both --sink-time 5ms..30ms \
        --io-fail read=3%,write=5%,sync=3%,rename=5%,remove=5%,list=30% \
        --refuse create=5%,deliver=2% --record "both$life.rec" \
        >/dev/null 2>both.err) &
    pid=$!
    sleep 0.6
    kill -9 $pid
    wait $pid 2>/dev/null || :
done

wait $refused || fail 'it does not end'
cp refused.out out
[ "$(count refused-io)" -gt 0 ] || fail 'no file was refused'
[ "$(count refused-limit)" -gt 0 ] || fail 'no start was refused'
[ "$(count again)" -gt 0 ] || fail 'no message came again'
(live refused --sink-time 1ms..5ms --until-done --record refused2.rec \
    >out 2>err) || fail 'it does not end'
all_settled refused
twice refused >out
silent out
ok "refused actions lose nobody, and nobody gets it twice"

wait $barred || fail 'it does not end'
cp barred.out out
[ "$(count attempts)" -eq 0 ] || fail 'mail was delivered without a process'
files=$(count files)
[ "$files" -gt 0 ] || fail 'nothing was queued'
(live barred --sink-time 1ms..5ms --until-done --io-fail list=60%,read=20% \
    --record barred2.rec >out 2>err) || fail 'it does not end'
[ "$(count scanned)" -eq "$files" ] || fail 'the scans did not find all'
all_settled barred
says err 'the queue directory cannot be read'
ok "a host that refuses all starts and scans keeps all mail, and finds it later"

wait $failing || fail 'it does not end'
cp failing.out out
[ "$(count io-failures)" -gt 20 ] || fail 'the directory did not fail'
[ "$(count refused-io)" -gt 0 ] || fail 'nothing was refused for it'
for said in 'No space left' 'cannot be changed' 'could not be queued' \
    'cannot be read'; do
    grep -q "$said" failing.err || fail "it is not said: $said"
done
(live failing --sink-time 1ms..5ms --until-done --record failing2.rec \
    >out 2>err) || fail 'it does not end'
all_settled failing
# Only what could not be put down until the end can come twice.
[ "$(twice failing | wc -l)" -le 20 ] || fail 'many got it twice'
ok "a queue directory that fails loses nobody, and says so"

wait $once || fail 'it does not end'
cp once.out out
[ "$(count io-failures)" -gt 20 ] || fail 'the directory did not fail'
[ "$(count rewrites)" -gt 0 ] || fail 'no file was rewritten'
all_settled once
twice once >out
silent out
ok "what it would not put down is put down later: nobody gets it twice"

rm -f both/tcp_local/.Z*
(live both --sink-time 1ms..5ms --duration 10s --record both4.rec \
    >both.out 2>both.err) &
pid=$!
until settled both | cmp -s both.wanted -; do
    kill -0 $pid 2>/dev/null || fail 'not everybody was delivered to'
    sleep 0.1
done
expect 0 "$jobctld" --tell end --queue both
wait $pid || fail 'it does not end'
[ -f both/tcp_local/ZZ00000000000F0000-00000001.00 ] ||
    fail 'what is no envelope was not left alone'
grep -q "cannot be read: Invalid argument" both.err ||
    fail "a file that is no envelope is not said"
ok "killed while it fails, it loses nobody"

for recording in refused.rec refused2.rec barred.rec barred2.rec failing.rec \
    failing2.rec once.rec both?.rec; do
    identical "$recording"
done
grep -q 'event [0-9]* refused ' refused.rec || fail 'no refusal is recorded'
ok "all of it is decided again the same way"

# --- No directory at all -------------------------------------------------------

mkdir nowhere
: >nowhere/tcp_local
expect 74 "$jobctld" --sink --scheduler "$jobctl" --config config --queue nowhere
says err 'Not a directory'
expect 74 "$jobctld" --sink --scheduler "$jobctl" --config config \
    --queue missing/queue
says err 'No such file'
ok "a queue that cannot be made is said"
