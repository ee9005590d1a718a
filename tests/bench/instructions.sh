#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: instructions.sh BENCH_JOBCTL [TURNS]
#
# What bench_jobctl times, counted: instructions an event, and misses of a cache
# of 1 MiB and of one of 32 MiB, by callgrind's model. The same on every
# machine of this kind, however busy; the misses say how much of a time that
# grows is memory.
set -eu
bench=$1
turns=${2:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

echo "an event: instructions, misses of the first level, of the last level"
echo " messages   hosts     instr.     first      last"
for load in 1000:1000 10000:1000 100000:1000 1000000:1000 10000000:1000 \
  100000:10 100000:10000 100000:100000 1000000:100000 10000:10000; do
  messages=${load%:*}
  hosts=${load#*:}
  events=$(nice -n 19 valgrind -q --tool=callgrind --cache-sim=yes \
    --D1=1048576,16,64 --LL=33554432,16,64 --toggle-collect=turns_make \
    --callgrind-out-file="$work/out" \
    "$bench" --once "$messages" "$hosts" "$turns" 2>"$work/err") || {
    cat "$work/err" >&2
    exit 1
  }
  # summary: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
  awk -v messages="$messages" -v hosts="$hosts" -v events="$events" '
    /^events:/ { for (i = 2; i <= NF; i++) at[$i] = i }
    /^(summary|totals):/ {
      printf "%9d %7d   %8.1f  %8.2f  %8.2f\n", messages, hosts,
        $at["Ir"] / events, ($at["D1mr"] + $at["D1mw"]) / events,
        ($at["DLmr"] + $at["DLmw"]) / events
      exit
    }' "$work/out"
done
