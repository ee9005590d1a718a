#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: same.sh EXPECTED PROGRAM
#
# The program prints, to the byte, what the file EXPECTED holds.
set -eu
if said=$("$2" | diff -u "$1" -); then
  echo "ok - $1: as ever"
else
  echo "not ok - $1: it has changed; expected -, found +"
  printf '%s\n' "$said" | sed -e '1,2d' -e 's/^/# /' | head -40
  exit 1
fi
