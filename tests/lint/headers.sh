#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: CC=... FLAGS=... headers.sh HEADER...
#
# Every header compiles on its own, so that nobody has to know what to include
# before it. scheduler/ is tried without -I., as it is built.
set -eu
bad=0
[ $# -gt 0 ] || {
  echo "not ok - headers: none given"
  exit 1
}
for header in "$@"; do
  root=-I.
  case $header in
  scheduler/*) root= ;;
  esac
  # shellcheck disable=SC2086 # lists of words
  if ! said=$(echo "#include \"./$header\"" |
    $CC $root $FLAGS -Werror -fsyntax-only -x c - 2>&1); then
    echo "not ok - headers: $header compiles on its own"
    printf '%s\n' "$said" | sed 's/^/# /'
    bad=1
  fi
done
[ $bad -eq 0 ] && echo "ok - headers: each of $# compiles on its own"
exit $bad
