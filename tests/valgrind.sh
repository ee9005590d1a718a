#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: valgrind.sh MTASIM [NAME]
#
# Runs every scenario (or those with NAME in their name) to its end under
# memcheck, with the scheduler it comes with, and second-scheduler with the
# other one too. Errors, and memory that nothing leads to at the exit, are
# failures; not memory that something points into ("possibly lost"), as SQLite
# keeps its pages, which a worker of a sweep has when it exits. Then what a sweep
# writes, and reading it, of a scenario of a few minutes. One line each, with the
# seconds it took.
set -eu
case $1 in
/*) mtasim=$1 ;;
*) mtasim=$PWD/$1 ;;
esac
name=${2:-}
root=$(cd "$(dirname "$0")/.." && pwd)
small=$root/tests/fixtures/cmd/small
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
failed=0
count=0

# checked WHAT ARGUMENT... - one command of mtasim under memcheck
checked() {
    what=$1
    shift
    case $what in
    *"$name"*) ;;
    *) return 0 ;;
    esac
    count=$((count + 1))
    begin=$(date +%s)
    if nice -n 19 valgrind -q --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --num-callers=30 \
        "$mtasim" "$@" >"$work/out" 2>"$work/err" &&
        ! grep -q '^==' "$work/err"; then
        printf '  %-7s %s: %d s\n' ok "$what" $(($(date +%s) - begin))
    else
        failed=$((failed + 1))
        sed 's/^/    /' "$work/err"
        printf '  %-7s %s\n' FAILED "$what: mtasim $*"
    fi
}

for folder in "$root"/scenarios/*/; do
    folder=${folder%/}
    checked "${folder##*/}" run "$folder" -q
done
checked "second-scheduler with qmgr.so" run "$root/scenarios/second-scheduler" \
    -q --scheduler "${mtasim%/*}/qmgr.so"

results=$work/results.db
checked "small: sweep" sweep "$small" -q -j 1 -n 2 \
    -p channel.tcp_local.maxjobs=1,2 --out "$results"
checked "small: show" show "$results"
checked "small: plot" plot "$results" --script
checked "small: merge" merge "$work/merged.db" "$results" -q
checked "small: check" check "$small" -q -n 2 \
    --baseline "${mtasim%/*}/jobctl.so"
checked "small: explain" explain "$small" -q --message 1
checked "small: record" run "$small" -q --record "$work/recording"
checked "small: replay" replay "$work/recording"
for form in sun postfix; do
    checked "small: import, $form" import -q "$root/tests/fixtures/logs/$form.log" \
        --format "$form" --year 2005 --out "$work/$form.trace"
done

echo "$count commands under memcheck, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
