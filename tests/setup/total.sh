#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: total.sh DIR NAME...
#
# Adds up the counts that run.sh left in DIR, names what failed, and ends with
# one line: "N passed, N failed, N skipped". Exits 1 if anything failed, if
# nothing passed, or if a NAME has no counts.
set -u
dir=$1
shift
passed=0 failed=0 skipped=0
bad=

for name in "$@"; do
  if ! read -r p f s 2>/dev/null <"$dir/$name.count"; then
    p=0 f=1 s=0
  fi
  passed=$((passed + p))
  failed=$((failed + f))
  skipped=$((skipped + s))
  [ "$f" -gt 0 ] && bad="$bad $name"
done
[ -n "$bad" ] && echo "failed:$bad"
if [ "$skipped" -gt 0 ]; then
  for name in "$@"; do
    sed -n 's/^.*# SKIP */skipped: /p' "$dir/$name.log" 2>/dev/null
  done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
