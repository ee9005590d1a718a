#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_replay.sh - mtasim replay: what was recorded is decided again; what
# was changed in the scheduler is found
set -eu
. "$(dirname "$0")/../support/cmd.sh"
tamper=$build/tests/support/schedulers/tamper.so

expect 0 "$mtasim" run "$small"
first=$(digest)
expect 0 "$mtasim" run "$small" --record small.rec
[ "$(digest)" = "$first" ] || fail 'recording changes the run'
expect 0 "$mtasim" replay small.rec
says out 'identical: '
ok "a recorded run is decided again, and recording changes nothing"

# Every scenario that is shipped; the long ones not to their end.
for scenario in "$root"/scenarios/*/ "$root"/tests/golden/*/; do
    horizon=
    case $scenario in
    */scenarios/replay-day/) horizon=12h ;;
    */scenarios/backoff-outage/) horizon=5h ;;
    */scenarios/*) horizon=20m ;;
    esac
    expect 0 "$mtasim" run "$scenario" --record it.rec --quiet \
        ${horizon:+--set horizon=$horizon}
    expect 0 "$mtasim" replay it.rec
    says out 'identical: '
done
ok "so is every scenario that is shipped"

# Held mail, a live change, a scheduler that is replaced, a backlog.
mkdir eventful
cp "$small"/* eventful
cat >>eventful/scenario.yaml <<'END'
events:
  - { at: 1m, set: { channel.tcp_local.threaddepth: 2 } }
  - { at: 2m, restart: 10s }
  - { at: 3m, stress: tcp_local }
  - { at: 4m, release: all }
END
expect 0 "$mtasim" run eventful --record eventful.rec
for line in '^event [0-9]* command' '^event [0-9]* scanned .*files=[1-9]' \
    '^event [0-9]* stress' '^end '; do
    grep -q "$line" eventful.rec || fail "no line $line"
done
[ "$(grep -c '^begin ' eventful.rec)" -eq 2 ] || fail 'not two instances'
expect 0 "$mtasim" replay eventful.rec
says out '2 instances'
ok "so are commands, scans, stress and a restart"

# A recording that was cut off is good up to there.
head -c 100000 small.rec >cut.rec
expect 0 "$mtasim" replay cut.rec
says out 'ends within a line'
ok "a recording that was cut off is good up to there"

# The forger in front of the scheduler changes nothing until it is told to.
expect 0 "$mtasim" replay small.rec --scheduler "$tamper"
for plant in priority deliver-host wrong-channel; do
    sed "s|^begin .*|override path=\"option.tamper\" value=\"$plant\" where=\"here\"\\
&|" small.rec >planted.rec
    expect 1 "$mtasim" replay planted.rec --scheduler "$tamper"
    says out 'an action differs'
    grep -q '^- action' out || fail 'not what was expected'
    grep -q '^+ action' out || fail 'not what came'
done
ok "a planted change is found where it begins"

# A recorded action that is altered is found at its line.
line=$(grep -n '^action [0-9]* [1-9][0-9]* deliver' small.rec | sed -n '20s/:.*//p')
sed "${line}s/ thread=\([0-9]*\)/ thread=9\1/" small.rec >altered.rec
expect 1 "$mtasim" replay altered.rec
says out "altered.rec:$line: an action differs"
expect 1 "$mtasim" replay altered.rec --json
says out '"identical": false'
ok "an action that is altered is found at its line"

# What is no recording is told by its place.
echo 'no recording' >none.rec
expect 2 "$mtasim" replay none.rec
says err 'none.rec:1:1: error:'
sed '0,/^event/s/^event \([0-9]*\) [a-z-]*/event \1 surprise/' small.rec >odd.rec
expect 2 "$mtasim" replay odd.rec
says err 'odd.rec:'
expect 2 "$mtasim" replay missing.rec
ok "what is no recording is told by its place"
