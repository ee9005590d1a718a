#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cmd_logs.sh - mtasim export and import: the replay of a run's log is the run
#
# export(replay(import(export(run)))) is export(run), byte by byte, and the
# replay has the digest that the export printed.
set -eu
. "$(dirname "$0")/../support/cmd.sh"

mkdir replay
cp "$small"/*.cnf replay
for format in sun postfix postfix-rfc3339; do
    expect 0 "$mtasim" export "$small" --format "$format" --out first.log
    wanted=$(digest)
    importing=$(sed -n 's/^import *mtasim //p' out)
    eval "expect 0 '$mtasim' $importing"
    silent err

    # The same world, but the traffic is the trace.
    awk -v "trace=$work/first.log.trace" '
        /^traffic:/ {
            print "traffic:\n  - { name: log, arrivals: replay(" trace ") }"
            skip = 1
            next
        }
        /^[a-z]/ { skip = 0 }
        !skip { print }' "$small/scenario.yaml" >replay/scenario.yaml
    expect 0 "$mtasim" run replay
    [ "$(digest)" = "$wanted" ] || fail "$format: the replay is another run"
    expect 0 "$mtasim" export replay --format "$format" --out second.log
    [ "$(digest)" = "$wanted" ] || fail "$format: the second export differs"
    cmp first.log second.log || fail "$format: the second log differs"
    lines=$(wc -l <first.log)
    [ "$lines" -gt 2000 ] || fail "$format: only $lines lines"
    ok "$format: the replay of a log is its run, and gives the same log"
done

# A log that makes no sense leaves nothing behind.
printf 'this is\nno log\n' >bad.log
expect 2 "$mtasim" import bad.log --format sun --out bad.trace
says err 'bad.log:1'
[ ! -e bad.trace ] || fail 'a refused log leaves a trace'
expect 2 "$mtasim" import none.log --format sun --out bad.trace
says err 'none.log'
ok "a log that makes no sense leaves nothing behind"
