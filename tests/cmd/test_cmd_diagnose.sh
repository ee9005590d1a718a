#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_diagnose.sh - mtasim diagnose: symptoms lead to the faults that make them
set -eu
. "$(dirname "$0")/../support/cmd.sh"

# best N - the N best faults of the table in out, blanks between
best() {
    awk '/^agrees/ { on = 1; next } on && NF == 0 { exit } on { print $NF }' \
        "$work/out" | head -n "$1" | tr '\n' ' '
}

# The blank screen that EHLO fills: the client's window is read too small by a
# sender that waits for more; nothing is dropped.
expect 0 "$mtasim" diagnose --banner no --ehlo-helps yes \
    --other-clients-fine yes --our-stack windows-2008
case $(best 1) in
'set-syn=0 ' | 'set-both=0 ') ;;
*) fail "'$(best 1)' is blamed" ;;
esac
says out 'cures it       no window scaling at our end'
says out 'greylisting'
ok "a blank screen that EHLO fills is a shift made 0"

# The blank screen that nothing fills: a filter drops the banner.
expect 0 "$mtasim" diagnose --connect yes --banner no --ehlo-helps no \
    --other-clients-fine yes --our-stack windows-2008
[ "$(best 1)" = 'track ' ] || fail "'$(best 1)' is blamed"
ok "a blank screen that nothing fills is a filter that tracks windows"

expect 0 "$mtasim" diagnose --connect no --other-clients-fine yes
case $(best 2) in
'drop-syn drop-synack ' | 'drop-synack drop-syn ') ;;
*) fail "'$(best 2)' are blamed" ;;
esac
says out 'a blocked port 25'
ok "no connection is a dropped handshake"

# 64 kB pass and then nothing for ever.
expect 0 "$mtasim" diagnose --banner yes --small-mails pass --large-mails fail \
    --stalled-after 64kB --our-stack linux
case $(best 2) in
*track*) ;;
*) fail "'$(best 2)' are blamed" ;;
esac
says out 'path MTU black hole'
ok "a stall after 64 kB is a filter that tracks windows"

# In order: what was told fits a path without fault.
expect 0 "$mtasim" diagnose --banner yes --small-mails pass --large-mails pass
says out '100%'
case $(best 16) in
*none*) ;;
*) fail 'a path in order is not among them' ;;
esac
ok "mail that flows fits a path in order"

expect 0 "$mtasim" diagnose --banner no --json
grep -q '"agreement_percent": ' out || fail 'no agreement'
grep -q '"effect": "cures"' out || fail 'no cure'
cp out first
expect 0 "$mtasim" diagnose --banner no --json
cmp -s out first || fail 'it says something else the second time'
ok "the object is the same each time"

expect 2 "$mtasim" diagnose
says err 'say what is seen'
expect 2 "$mtasim" diagnose --banner perhaps --small-mails some --our-stack os2 \
    --stalled-after lots
says err '--banner must be yes, no or the time'
says err "'some' is none of: pass, fail, slow"
says err '--our-stack knows no stack'
says err '--stalled-after'
silent out
expect 2 "$mtasim" diagnose --connect no --small-mails pass
says err '--connect no: then no banner comes'
ok "everything wrong is told at once"

expect 0 "$mtasim" diagnose --connect no --banner no --json
[ "$(grep -m1 '"fault"' out)" = "$(grep -m1 '"fault": "drop-syn"' out)" ] ||
    fail 'who has no connection is told of banners'
ok "no banner without a connection is no other symptom"
