#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: run.sh DIR NAME COMMAND [ARGUMENT]...
#
# Runs one test program or script, keeps what it says in DIR/NAME.log and its
# counts in DIR/NAME.count ("passed failed skipped"), and prints one line; the
# whole output if it failed. What is counted are the lines "ok ...",
# "not ok ..." and "... # SKIP ...", which cmocka prints too when asked for
# TAP. A plan ("1..N") that is not fulfilled, an exit status without a "not ok"
# and a program that says nothing are failures as well.
#
# Always exits 0, so that make goes on: total.sh has the last word.
set -u
dir=$1
name=$2
shift 2
mkdir -p "$dir"
log=$dir/$name.log
rm -f "$dir/$name.count" # of another time
limit=
command -v timeout >/dev/null 2>&1 && limit="timeout -k 5 900"

# LC_ALL: what is compared must not depend on who runs it.
LC_ALL=C CMOCKA_MESSAGE_OUTPUT=tap $limit "$@" >"$log" 2>&1 </dev/null
status=$?

counts=$(awk -v status="$status" '
  /^1\.\.[0-9]+$/ { planned += substr($0, 4) }
  /^(not )?ok([ \t]|$)/ {
    if (/# SKIP/) skipped++
    else if (/^not/) failed++
    else passed++
  }
  END {
    seen = passed + failed + skipped
    if (planned > seen) failed += planned - seen
    else if ((status != 0 || seen == 0) && failed == 0) failed = 1
    print passed + 0, failed + 0, skipped + 0
  }' "$log")
echo "$counts" >"$dir/$name.count"
# shellcheck disable=SC2086 # three numbers
set -- $counts

if [ "$2" -eq 0 ]; then
  skipped=
  [ "$3" -gt 0 ] && skipped=", $3 skipped"
  printf '  %-7s %s\n' ok "$name: $1$skipped"
else
  why=
  [ "$status" -ne 0 ] && why=", exit status $status"
  [ "$status" -eq 124 ] && why=", stopped after 900 s"
  [ "$(($1 + $2 + $3))" -eq "$2" ] && ! grep -q '^not ok' "$log" &&
    why="$why, it reported no test"
  {
    sed 's/^/    /' "$log"
    printf '  %-7s %s\n' FAILED \
      "$name: $2 failed, $1 passed$why; again: make BUILD=${BUILD:-debug} check T=$name"
  } >"$dir/$name.said"
  cat "$dir/$name.said"
fi
exit 0
