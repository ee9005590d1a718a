#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sweep_kill.sh - a sweep that is killed again and again ends where one that
# was left alone does
#
#     tests/sweep_kill.sh build/debug/mtasim scenarios/threaddepth-smarthost
#
# Every table of the two results files is compared but `execution`, which has
# the wall time. The first sweep is killed after 0.2, 0.4, ... seconds with
# other numbers of processes; after each kill the file must be whole.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 MTASIM SCENARIO" >&2
    exit 2
fi
mtasim=$1
scenario=$2
for tool in sqlite3 timeout; do
    if ! command -v "$tool" >/dev/null; then
        echo "sweep_kill: skipped, $tool is not installed"
        exit 0
    fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

sweep() {
    "$mtasim" sweep "$scenario" --set horizon=30m --replications 4 \
        --quiet "$@" >"$folder/table" 2>"$folder/messages"
}

content() {
    sqlite3 "$1" .dump | grep -v -e 'INSERT INTO execution' -e sqlite_stat |
        sort
}

fail() {
    echo "sweep_kill: $1" >&2
    cat "$folder/messages" >&2
    exit 1
}

for i in 1 2 3 4 5; do
    timeout -s KILL "0.$((2 * i - 1))" "$mtasim" sweep "$scenario" \
        --set horizon=30m --replications 4 --quiet --jobs "$i" \
        --out "$folder/killed.db" >/dev/null 2>&1 || true
    if [ -s "$folder/killed.db" ]; then
        whole=$(sqlite3 "$folder/killed.db" 'PRAGMA integrity_check')
        [ "$whole" = ok ] || fail "after kill $i: $whole"
    fi
done
sweep --out "$folder/killed.db" || fail "the killed sweep does not go on"
cp "$folder/table" "$folder/table.killed"
sweep --jobs 1 --out "$folder/whole.db" || fail "the whole sweep failed"

content "$folder/killed.db" >"$folder/killed.sql"
content "$folder/whole.db" >"$folder/whole.sql"
cmp "$folder/killed.sql" "$folder/whole.sql" || fail "the contents differ"
cmp "$folder/table.killed" "$folder/table" || fail "the tables differ"
runs=$(sqlite3 "$folder/whole.db" 'SELECT count(*) FROM run')
echo "sweep_kill: $runs runs, the same killed and whole"
