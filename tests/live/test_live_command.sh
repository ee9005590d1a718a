#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_live_command.sh - jobctld: what the postmaster says is done, answered and
# recorded; mail with a date waits for it
set -eu
. "$(dirname "$0")/../support/cmd.sh"
. "$root/tests/support/live.sh"

expect 0 "$jobctld" --help
says out 'Usage: jobctld --sink'
silent err
ok "--help is no error"

# Mail from tcp_intranet for more than two is held; dates are honoured.
{
    sed '/^tcp_intranet/s/$/ holdlimit 2/; /^tcp_local/s/$/ deferred/' \
        "$small/imta.cnf"
    printf '\nreprocess\nreprocess-daemon\n'
} >config/imta.cnf
{
    echo 'stress=1'
    cat "$small/job_controller.cnf"
    printf '[CHANNEL=reprocess]\nmaster_command=lib/reprocess\n'
} >config/job_controller.cnf

put() { # put NAME LINE... - a message into queue/new
    mkdir -p queue/new
    file=$1
    shift
    printf '%s\n' "$@" >queue/.m
    mv queue/.m "queue/new/$file"
}

tell() { # tell CODE COMMAND - and what it answers, in out
    expect "$1" "$jobctld" --tell "$2" --queue queue
}

await() { # await COMMAND... - ten seconds at most
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "it does not happen: $*"
        sleep 0.1
    done
}

settled_is() { # settled_is WHO - it is in the log
    settled queue | grep -qx "$1"
}

held_count() {
    find queue/reprocess -name '*.HELD' | wc -l
}

held_is() {
    [ "$(held_count)" -eq "$1" ]
}

tell 74 state
says err 'no jobctld is there'

(live queue --sink-time 1ms..5ms --record first.rec >first.out 2>first.err) &
pid=$!
await test -S queue/control
[ "$(stat -c %a queue/control)" = 600 ] || fail 'everybody may say something'

# --- Held mail -----------------------------------------------------------------

for n in 1 2 3; do
    put "held$n" 'source tcp_intranet' "to a$n@x.example" "to b$n@x.example" \
        "to c$n@x.example"
done
put plain 'to plain@x.example'
await held_is 3
await settled_is plain
[ "$(settled queue)" = plain ] || fail 'held mail was delivered'
first=$(find queue/reprocess -name '*.HELD' | sort | head -1)
message=$(printf '%d' "0x$(basename "$first" | cut -c3-18)")
who=$(sed -n 's/^to 0 waiting \(.*\)@.*/\1/p' "$first")
tell 0 "explain $message 1"
says out 'held (holdlimit) until a command releases it'
tell 1 'release 4711 1'
says out 'error: no such file is held'
tell 0 "release $message 1"
says out 'ok: 1 released'
await settled_is "$who"
held_is 2 || fail 'more were released'
tell 0 'release tcp_local'
says out 'ok: 0 released'
ok "a held file is released, and no other"

# --- Live changes ----------------------------------------------------------------

tell 0 state
says out 'channel tcp_local: 1 of 10 jobs'
tell 0 'set channel.tcp_local.maxjobs 3'
says out 'ok'
tell 0 state
says out 'channel tcp_local: 1 of 3 jobs'
tell 1 'set channel.tcp_local.maxjobs many'
says out 'wrong path or value'
tell 1 'set channel.nowhere.maxjobs 3'
says out 'wrong path or value'
ok "a setting is changed as it runs"

tell 0 'stress tcp_local'
tell 0 state
says out 'channel tcp_local: 1 of 1 jobs'
tell 1 'stress nowhere'
ok "a channel under stress has fewer jobs"

for line in '' 'release' 'set channel.tcp_local.maxjobs' 'hold tcp_local' \
    'explain 1'; do
    tell 1 "$line"
    says out 'error: expected'
done
tell 0 counts
says out 'queued 0'
ok "what is no command is answered with those that are"

# --- Dates -----------------------------------------------------------------------

# One in two seconds, one in an hour, one of yesterday.
now=$(date +%s)
put soon "deferred $((now + 2))" 'to soon@y.example'
put later "deferred $((now + 3600))" 'to later@y.example'
put past "deferred $((now - 86400))" 'to past@y.example'
put none 'deferred tomorrow' 'to none@y.example'
await settled_is past
await settled_is soon
[ -z "$(settled queue | grep -x -e later -e none)" ] || fail 'it was not awaited'
[ "$(find queue/rejected -type f | wc -l)" -eq 1 ] || fail 'a date that is none'
# No attempt before the date, on the scheduler's own clock.
awk '
    { split("", value)
      for (i = 1; i <= NF; i++) { at = index($i, "=")
          value[substr($i, 1, at - 1)] = substr($i, at + 1) } }
    $1 == "event" && $3 == "submit" { due[value["message"]] = value["deferred"] }
    $1 == "action" && $4 == "deliver" && due[value["message"]] > 0 {
        count++; if ($2 + 0 < due[value["message"]] + 0) early++ }
    END { exit early > 0 || count < 1 }' first.rec || fail 'tried too early'
ok "mail with a date waits for it"

# --- The end, and another life -----------------------------------------------------

tell 0 end
wait $pid || fail 'it does not end when told to'
[ ! -e queue/control ] || fail 'the socket is left'
for kind in 'command command=1 path="channel.tcp_local.maxjobs" value="3"' \
    'command command=2 path=- value=- message=' 'stress channel='; do
    grep -q "^event [0-9]* $kind" first.rec || fail "not recorded: $kind"
done
grep -q '^status -1$' first.rec || fail 'a refused command has no status'

# Killed: its socket is in the way of nobody. What it had not looked at yet is
# released all the same: a scan that is refused leaves it so for ten seconds.
(live queue --sink-time 1ms..5ms --refuse scan=100% --record second.rec \
    >second.out 2>second.err) &
pid=$!
await test -S queue/control
tell 0 counts
kill -9 $pid
wait $pid 2>/dev/null || :
[ -S queue/control ] || fail 'nothing is left of it'
(live queue --sink-time 1ms..5ms --refuse scan=100% --record third.rec \
    >third.out 2>third.err) &
pid=$!
await "$jobctld" --tell state --queue queue >/dev/null 2>&1
tell 1 "explain $((message + 1)) 1"
tell 0 'release all'
says out 'ok: 2 released'
held_is 0 || fail 'the directory has them held'
tell 0 end
wait $pid || fail 'it does not end when told to'
# Dates are forgotten by a restart.
(live queue --sink-time 1ms..5ms --until-done --record fourth.rec >out 2>err) ||
    fail 'it does not end'
for who in a1 b1 c1 a2 b2 c2 a3 b3 c3 later; do
    settled_is $who || fail "it did not get there: $who"
done
ok "held mail that the scheduler does not know yet is released too"

for recording in first.rec second.rec third.rec fourth.rec; do
    identical "$recording"
done
ok "what was said is decided again the same way"
