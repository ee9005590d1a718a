#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# renew.sh PROGRAM [PAGE] - puts the tables of `PROGRAM help --man` into the
# manual page, between its two marks. With PAGE "-" the whole goes to stdout.
set -eu

program=$1
page=$(dirname "$0")/mtasim.1
out=${2:-$page}

renewed=$(
    sed '/^\.\\" --- tables ---$/q' "$page"
    "$program" help --man
    sed -n '/^\.\\" --- end of tables ---$/,$p' "$page"
)
if [ "$out" = - ]; then
    printf '%s\n' "$renewed"
else
    printf '%s\n' "$renewed" >"$out"
fi
