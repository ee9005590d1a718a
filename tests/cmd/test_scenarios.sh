#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_scenarios.sh - what scenarios/ says of its runs is still so
#
# A README there quotes figures; the digest it names is that of one such run.
# Where it is another now, sh scenarios/figures.sh makes the figures again.
set -eu
. "$(dirname "$0")/../support/cmd.sh"

for folder in "$root"/scenarios/*/; do
    folder=${folder%/}
    expect 0 "$mtasim" run "$folder" -q
    grep -q "$(digest)" "$folder/README.md" ||
        fail "README.md of ${folder##*/} knows no digest $(digest)"
    ok "the figures of ${folder##*/} are of this scheduler"
done

# The log of the replayed day, and its trace, are what their makers make.
day=$root/scenarios/replay-day
expect 0 "$mtasim" export "$day/generator.yaml" --format sun --out mail.log
cmp -s mail.log "$day/mail.log_current" || fail 'mail.log_current is another'
expect 0 "$mtasim" import "$day/mail.log_current" --format sun \
    --start 2006-03-13T00:00:00Z --out day.trace
cmp -s day.trace "$day/day.trace" || fail 'day.trace is another'
expect 0 "$mtasim" export "$day/generator.yaml" --format postfix --out maillog
cmp -s maillog "$day/maillog" || fail 'maillog is another'
ok "the replayed day is what its generator makes"
