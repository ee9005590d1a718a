#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: abi.sh PROGRAM HEADER EXPECTED
#
# The program (abi.c) prints the layout of the header's structs and the values
# of its constants; to the byte what EXPECTED holds. No constant of the header
# is missing there. (A missing field shows as a hole.)
set -eu
program=$1
header=$2
expected=$3
bad=0

if said=$("$program" | diff -u "$expected" -); then
  echo "ok - abi: $expected: as ever"
else
  echo "not ok - abi: $expected: it has changed; expected -, found +"
  printf '%s\n' "$said" | sed -e '1,2d' -e 's/^/# /' | head -40
  bad=1
fi

missing=$(awk -v expected="$expected" '
  BEGIN { while ((getline line < expected) > 0) { split(line, w); known[w[1]] = 1 } }
  /^#define SCHED_[A-Z_]+[ \t]/ { name = $2 }
  /^    SCHED_[A-Z_]+( =.*|,)$/ || /^    SCHED_[A-Z_]+ = / { name = $1 }
  name != "" { sub(/,$/, "", name); if (!(name in known)) print "# " name; seen++ }
  { name = "" }
  END { if (!seen) print "# no constant found" }' "$header")
if [ -z "$missing" ]; then
  echo "ok - abi: every constant of $header is in $expected"
else
  echo "not ok - abi: every constant of $header is in $expected: list these in tests/lint/abi.c"
  printf '%s\n' "$missing"
  bad=1
fi
exit $bad
