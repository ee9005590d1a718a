#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: fuzz.sh PROGRAM SECONDS OUT
#
# Runs a libFuzzer program fuzz_X for that long, from the inputs in
# tests/fuzz/corpus/X and those it found before, which it keeps in OUT/X. What
# breaks it is left as OUT/X-crash-*, X-timeout-*, ...; exits 1 then. Its last
# line says how much was run and covered, and the processor time that it took.
set -eu
program=$1
seconds=$2
out=$3
target=${program##*/fuzz_}

mkdir -p "$out/$target"
TMPDIR=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/fuzz.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM

# A reader that needs seconds for a small text is a finding, too.
code=0
nice -n 15 "$program" -max_total_time="$seconds" -max_len=8192 -timeout=20 \
  -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$out/$target-" \
  "$out/$target" "tests/fuzz/corpus/$target" >"$out/$target.log" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then
  tail -n 60 "$out/$target.log"
  exit 1
fi
# The second line is of the children: user time and the system's, "0m1.5s".
times >"$TMPDIR/times"
awk -v target="$target" -v spent_file="$TMPDIR/times" '
  function seconds(text, at) {
    at = index(text, "m")
    return 60 * substr(text, 1, at - 1) + substr(text, at + 1)
  }
  FILENAME == spent_file && FNR == 2 { spent = seconds($1) + seconds($2) }
  $2 ~ /^(INITED|NEW|REDUCE|pulse|DONE)$/ { covered = $4; inputs = $8 }
  /number_of_executed_units/ { executed = $2 }
  END {
    printf "  %-7s %s: %d executions, %d edges, %s inputs, %d s\n", "ok",
      target, executed, covered, inputs, spent
  }' "$TMPDIR/times" "$out/$target.log"
