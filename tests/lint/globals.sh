#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: globals.sh ARCHIVE...
#
# Fails on any writable variable at file scope, static ones included, so that
# two runs in one process cannot meet. Those allowed are listed here with the
# reason.
set -eu
allowed="
crash_line
"
# crash_line: thread-local, written before an abort only; argued in
#             sim/kernel/base.h.
# objdump -t: address, flags, section, size, name. Names of the compiler start
# with __ or a dot. Tables of pointers (.data.rel.ro) become read-only.
offenders=$(objdump -t "$@" | awk -v allowed="$allowed" '
  BEGIN { n = split(allowed, word); for (i = 1; i <= n; i++) ok[word[i]] = 1 }
  { sub(/ \.(hidden|protected|internal) /, " ") } # before the name
  / file format / { sub(/:.*/, ""); object = $0; objects++ }
  NF >= 5 && $(NF - 2) ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
  $(NF - 2) !~ /^\.data\.rel\.ro/ && $NF !~ /^(__|\.)/ {
    name = $NF
    sub(/\.[0-9]+$/, "", name) # a static inside a function
    if (!(name in ok)) print "# " object ": writable variable: " name
  }
  END { if (!objects) print "# no object was looked at" }')
if [ -n "$offenders" ]; then
  echo "not ok - globals: nothing writable at file scope"
  printf '%s\n' "$offenders"
  exit 1
fi
echo "ok - globals: nothing writable at file scope"
