#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: demo.sh MTASIM DIR
#
# What the program is for, in one go: a question of a postmaster, swept, as a
# table and as pictures in DIR.
set -eu
mtasim=$1
dir=$2
scenario=scenarios/threaddepth-smarthost

rm -rf "$dir"
mkdir -p "$dir"
sed -n 's/^title: *//p' "$scenario/scenario.yaml"
echo
"$mtasim" sweep "$scenario" --out "$dir/demo.db"
echo
echo "Pictures:"
"$mtasim" plot "$dir/demo.db" --out "$dir"
