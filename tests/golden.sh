#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: golden.sh MTASIM [--update]
#
# Each folder of tests/golden/ is a small scenario and the trace it must give.
# It is run twice, and two questions are asked with two messages: do the two
# runs differ (then a run is not a function of its inputs), and does the trace
# differ from the stored one (then behaviour has changed). --update stores it.
set -eu
mtasim=$1
update=${2:-}
lines_max=300 # a longer trace is skipped in review, not read
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
seen=0

# trace FOLDER FILE - every event and action, a line each; last the digest
trace() {
  "$mtasim" run "$1" --trace "$2" --quiet >"$2.out" 2>"$2.err" || {
    echo "not ok - golden: $name: the run fails, exit status $?"
    sed 's/^/# /' "$2.err"
    bad=1
    return 1
  }
  sed -n 's/^digest  */digest /p' "$2.out" >>"$2"
}

fails() { # fails CLAIM FROM TO
  echo "not ok - $1"
  diff -u "$2" "$3" | sed '1,2d' | head -20 | sed 's/^/# /' || true
  bad=1
}

for folder in tests/golden/*/; do
  folder=${folder%/}
  name=${folder##*/}
  stored=$folder/$name.trace
  seen=$((seen + 1))
  if ! trace "$folder" "$tmp/1" || ! trace "$folder" "$tmp/2"; then
    continue
  fi

  if cmp -s "$tmp/1" "$tmp/2"; then
    echo "ok - golden: $name: two runs give one trace"
  else
    fails "golden: $name: NOT DETERMINISTIC, two runs differ" "$tmp/1" "$tmp/2"
    continue
  fi
  if [ "$update" = --update ]; then
    cmp -s "$stored" "$tmp/1" || {
      cp "$tmp/1" "$stored"
      echo "golden: $stored is new; say why in the commit"
    }
  elif [ ! -e "$stored" ]; then
    echo "not ok - golden: $name: has no trace yet: make golden-update"
    bad=1
  elif cmp -s "$stored" "$tmp/1"; then
    echo "ok - golden: $name: the trace is as ever"
  else
    fails "golden: $name: behaviour changed" "$stored" "$tmp/1"
    echo "# expected -, found +; if that is the point: make golden-update"
  fi
  if [ "$(wc -l <"$tmp/1")" -gt $lines_max ]; then
    echo "not ok - golden: $name: more than $lines_max lines to read"
    bad=1
  fi
done
[ $seen -gt 0 ] || {
  echo "not ok - golden: there are no scenarios"
  bad=1
}
exit $bad
