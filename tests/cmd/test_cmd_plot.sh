#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_plot.sh - mtasim plot: pictures, scripts, and no gnuplot
set -eu
. "$(dirname "$0")/../support/cmd.sh"

expect 0 "$mtasim" sweep "$small" -q -o r.db

# Without gnuplot: what to install, and exit code 69.
expect 69 env PATH=/nonexistent "$mtasim" plot r.db
says err 'apt-get install gnuplot-nox'
ok "without gnuplot it says what to install"

# The scripts need none.
expect 0 env PATH=/nonexistent "$mtasim" plot r.db --script
says out 'set terminal'
ok "scripts need no gnuplot"

expect 2 "$mtasim" plot none.db
says err 'none.db'

if ! command -v gnuplot >/dev/null; then
    ok "pictures are drawn # SKIP gnuplot is not installed"
    exit 0
fi
expect 0 "$mtasim" plot r.db --picture throughput,cdf --format svg,ascii \
    --out pictures
for file in throughput.svg cdf.svg; do
    grep -q '</svg>' "pictures/$file" || fail "$file is no picture"
    says out "pictures/$file"
done
[ "$(wc -l <out)" -eq 4 ] || fail 'not the four paths'
expect 0 "$mtasim" plot r.db --json
says out '"r-plots/tail.svg"'
ok "pictures are drawn"
