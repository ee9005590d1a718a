#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_damage.sh - files that are not there, not ours or not whole: what is
# said, that the code is 2, that a refusal of the system is 74, and that nothing
# which was there is lost
set -eu
. "$(dirname "$0")/../support/cmd.sh"

expect 0 "$mtasim" sweep "$small" -q -n 1 -p channel.tcp_local.maxjobs=1,2 \
    -p channel.tcp_local.threaddepth=1 --out good.db
cp good.db kept.db
: >empty.db
echo hello >text.db
head -c 30000 good.db >cut.db
mkdir folder.db
ln -s good.db link.db

# refused TEXT COMMAND... - with code 2, for this reason, without a word of SQL
refused() {
    reason=$1
    shift
    expect 2 "$@"
    says err "$reason"
    if grep -iq 'no such table\|select\|sqlite' err; then
        fail "SQL is shown to the user: $*"
    fi
}

for command in 'show' 'plot --script'; do
    # shellcheck disable=SC2086 # a command and its option
    {
        refused 'empty.db: error: is empty: it holds no results' \
            "$mtasim" $command empty.db
        silent out
        refused 'file is not a database' "$mtasim" $command text.db
        refused 'cut.db: error: ' "$mtasim" $command cut.db
        says err 'the file is damaged'
        refused 'No such file or directory' "$mtasim" $command none.db
        refused 'Is a directory' "$mtasim" $command folder.db
    }
done
ok "show and plot say what is wrong with a file, and exit 2"

expect 0 "$mtasim" merge good.db empty.db
refused 'is the file that the others are merged into' \
    "$mtasim" merge good.db good.db
refused 'is the file that the others are merged into' \
    "$mtasim" merge link.db good.db
refused 'the file is damaged' "$mtasim" merge good.db kept.db cut.db
refused 'the file is damaged' "$mtasim" merge cut.db good.db
refused 'file is not a database' "$mtasim" merge good.db text.db
refused 'file is not a database' "$mtasim" merge text.db good.db
[ "$(cat text.db)" = hello ] || fail 'a file that is not ours was written to'
head -c 30000 kept.db | cmp -s - cut.db || fail 'a damaged file was written to'
"$mtasim" show good.db >now
"$mtasim" show kept.db | cmp -s - now || fail 'merge lost something'
ok "merge refuses itself and what is damaged, and nothing is lost"

refused 'file is not a database' "$mtasim" sweep "$small" -q -n 1 --out text.db
refused 'No such file' "$mtasim" sweep "$small" -q -n 1 --out none/a.db
refused 'No such file' "$mtasim" export "$small" --format sun --out none/x
refused 'No such file' "$mtasim" run "$small" -q --trace none/x
refused 'No such file' "$mtasim" replay none
refused 'Is a directory' "$mtasim" replay folder.db
refused 'Is a directory' "$mtasim" import folder.db --format sun --out x
ok "a name that leads nowhere is the user's mistake: 2"

# A file may be no larger than some blocks of 512 bytes: the disk is full.
full() {
    (
        trap '' XFSZ
        ulimit -f 16
        exec "$@"
    )
}
awk 'BEGIN { for (i = 0; i < 2000; i++)
    printf "12-Mar-2006 09:%02d:%02d.00 a tcp_local E 4 a@b rfc822;x%d@c x%d@c\n",
        i / 60, i % 60, i, i }' >long.log
for command in "run $small -q --trace x" "export $small --format sun --out x" \
    "import long.log --format sun --out x" "sweep $small -q -n 1 --out x" \
    "merge x good.db"; do
    # shellcheck disable=SC2086 # words
    expect 74 full "$mtasim" $command
    says err 'x: error: '
    case $command in
    run* | export* | import*) [ ! -e x ] || fail "$command leaves a file" ;;
    esac
    rm -f x x-*
done
for file in x.tmp.*; do
    [ ! -e "$file" ] || fail "$file is left"
done
if [ -c /dev/full ]; then
    for command in 'show good.db' 'plot --script good.db' 'merge x good.db'; do
        code=0
        # shellcheck disable=SC2086 # words
        "$mtasim" $command >/dev/full 2>err || code=$?
        [ "$code" -eq 74 ] || fail "$command >/dev/full: $code"
    done
    rm -f x
fi
ok "a disk that is full is not: 74, and no half file is left"

# Interrupted in the midst of it, which is sooner or later.
if ! command -v timeout >/dev/null; then
    ok "an interrupted command says what is left # SKIP no timeout"
    exit 0
fi

# interrupted SIGNAL ARGUMENT... - mtasim, until the signal has met its work
interrupted() {
    signal=$1
    shift
    for delay in 0.1 0.2 0.3 0.5 0.8 1.3 2 4 8; do
        rm -f x y
        code=0
        timeout --preserve-status -s "$signal" "$delay" "$mtasim" "$@" \
            >out 2>err || code=$?
        [ "$code" -ne 0 ] || continue # it was done before
        for file in x* y*; do
            [ ! -e "$file" ] || fail "$* leaves $file"
        done
        if grep -q 'interrupted: no unfinished file is left' err; then
            [ "$code" -eq 130 ] || fail "$*: $code"
            return
        fi
    done
    fail "$* was never interrupted"
}

month=$root/scenarios/notices
for signal in INT TERM; do
    interrupted "$signal" run "$month" --trace x --record y
    interrupted "$signal" verify "$month"
    interrupted "$signal" check "$month" --baseline "$build/jobctl.so"
    interrupted "$signal" export "$month" --format sun --out x
done
ok "an interrupted command says what is left, and that is nothing"
