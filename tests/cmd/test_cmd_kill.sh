#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# test_cmd_kill.sh - a sweep that is killed again and again ends where one that
# was left alone does
#
# Every table of the two results files is compared but `execution`, which has
# the wall time. The first sweep is killed after 0.1, 0.3, ... seconds with
# other numbers of processes; after each kill the file must be whole.
set -eu
. "$(dirname "$0")/../support/cmd.sh"

for tool in sqlite3 timeout; do
    if ! command -v "$tool" >/dev/null; then
        ok "a killed sweep ends where one left alone does # SKIP no $tool"
        exit 0
    fi
done

sweep() {
    "$mtasim" sweep "$root/scenarios/threaddepth-smarthost" \
        --set horizon=30m --replications 4 --quiet "$@"
}

content() {
    sqlite3 "$1" .dump | grep -v -e 'INSERT INTO execution' -e sqlite_stat |
        sort
}

# table FILE - what was printed, but the lines that name the results file
table() {
    sed '/\.db:/,$d' "$1"
}

for i in 1 2 3 4 5; do
    timeout -s KILL "0.$((2 * i - 1))" "$mtasim" sweep \
        "$root/scenarios/threaddepth-smarthost" --set horizon=30m \
        --replications 4 --quiet --jobs "$i" --out killed.db \
        >/dev/null 2>&1 || true
    if [ -s killed.db ]; then
        whole=$(sqlite3 killed.db 'PRAGMA integrity_check')
        [ "$whole" = ok ] || fail "after kill $i: $whole"
    fi
done
sweep --out killed.db >killed.out 2>err || fail 'the killed sweep does not go on'
sweep --jobs 1 --out whole.db >whole.out 2>err || fail 'the whole sweep failed'
content killed.db >killed.sql
content whole.db >whole.sql
cmp killed.sql whole.sql >out 2>&1 || fail 'the contents differ'
table killed.out >killed.table
table whole.out >whole.table
[ -s whole.table ] || fail 'no table was printed'
cmp killed.table whole.table >out 2>&1 || fail 'the tables differ'
ok "a killed sweep ends where one left alone does"
