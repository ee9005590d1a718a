#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: validate.sh PROGRAM FOLDER AT-ONCE SETS SEED COUNT
#
# Measures the cells on this machine's kernel (FOLDER/kernel.csv), asks the
# model the same and writes what came of it (FOLDER/RESULTS.md). Where the
# kernel cannot be asked it says why and leaves both as they are. SETS recorded:
# nothing is measured, the model is asked what kernel.csv has.
set -eu
program=$1
folder=$2
shift 2
new=$folder/kernel.csv.new
trap 'rm -f "$new"' EXIT

if [ "$2" != recorded ]; then
  status=0
  "$program" measure "$@" >"$new" || status=$?
  if [ "$status" = 77 ]; then
    exit 0
  elif [ "$status" != 0 ]; then
    exit "$status"
  fi
  mv "$new" "$folder/kernel.csv"
fi
"$program" tables "$folder/kernel.csv" >"$folder/RESULTS.md"
cat "$folder/RESULTS.md"
"$program" check "$folder/kernel.csv"
