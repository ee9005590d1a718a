#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_usage.sh - what a wrong command line is answered: exit code 2, the
# nearest right word, nothing on stdout, nothing written; and help
set -eu
. "$(dirname "$0")/../support/cmd.sh"

wrong() { # SAYS ARGUMENT...
    said=$1
    shift
    expect 2 "$mtasim" "$@"
    says err "$said"
    silent out
}

wrong 'Usage: mtasim COMMAND'
wrong 'did you mean sweep?' swep "$small"
wrong 'there is no command' frobnicate
wrong 'did you mean --replications?' sweep "$small" --replicatons 3
wrong 'there is no option --repl' sweep "$small" --repl 3
wrong 'there is no option -Z' run "$small" -Z
wrong '--seed wants N' run "$small" --seed
wrong '--json takes no value' run "$small" --json=yes
wrong '--seed must be a whole number' run "$small" --seed=-1
wrong '--seed must be a whole number' run "$small" --seed 18446744073709551616
wrong 'mtasim run wants SCENARIO' run
wrong "found 'more'" run "$small" more
wrong 'no scheduler object can be read' run "$small" --scheduler ./none.so
wrong 'none: error: the scenario cannot be read' run none
wrong "did you mean $root/scenarios/replay-day?" run "$root/scenarios/replayday"
wrong "there are: $root/scenarios/backoff-outage, " run "$root/scenarios/mine"
wrong 'horizon' run "$small" --set horizon=minus
wrong 'did you mean' run "$small" --set horizn=1h
wrong 'threaddepth' run "$small" --set channel.tcp_local.threaddepth=0
wrong "'smoke' is none of: throughput, latency, hosts, backlog, cdf, tail" \
    plot none.db --picture smoke
wrong "did you mean 'latency.p90'?" sweep "$small" --metric latency.p98
wrong '--shard must be I/N' sweep "$small" --shard 3
wrong '--shard must be I/N' sweep "$small" --shard 3/3
wrong 'must be PATH=VALUE' sweep "$small" --param threaddepth
wrong 'say --baseline' check "$small"
wrong 'say --format' import none.log --out t
wrong 'say --format' export "$small"
wrong 'is none of: sun, postfix' import none.log --format exim --out t
wrong '--fault wants a shift from 0 to 14' link --fault set-syn=15
wrong 'say what is seen' diagnose
wrong 'did you mean scenario?' help scenaro
ok "a wrong command line is answered with exit code 2 and the nearest word"

# Two mistakes are both told.
expect 2 "$mtasim" sweep "$small" --replicatons 3 --metrc x
says err 'did you mean --replications?'
says err 'did you mean --metric?'
ok "two mistakes are both told"

# Nothing was written by any of them.
for file in *; do
    case $file in
    out | err) ;;
    *) fail "a file was written: $file" ;;
    esac
done
ok "nothing was written"

# Help goes to stdout, and every command has it.
expect 0 "$mtasim" --help
silent err
for command in run sweep check verify plot show merge import export link diagnose help; do
    expect 0 "$mtasim" "$command" --help
    says out "Usage: mtasim $command"
    silent err
    cp out first
    expect 0 "$mtasim" help "$command"
    cmp -s out first || fail "help $command is not $command --help"
done
expect 0 "$mtasim" help scenario
says out 'destinations.*.connections_max'
expect 0 "$mtasim" help metrics
says out 'latency.p99.9'
expect 0 "$mtasim" help exit-codes
says out '  69  a helper program'
expect 0 "$mtasim" --version
ok "every command has help"
