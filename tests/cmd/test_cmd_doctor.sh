#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_doctor.sh - the health check passes here; an object that crashes or
# hangs is a finding, and the end of its own process only
set -eu
. "$(dirname "$0")/../support/cmd.sh"

wrong=$build/tests/support/schedulers

expect 0 "$mtasim" doctor
says out 'conformant: '
says out ', 0 not ok, '
says out 'SQLite     3.'
says out ', as on every machine'
silent err
ok "the default scheduler keeps the contract, and this machine is like others"

expect 0 "$mtasim" doctor --scheduler "$build/qmgr.so"
says out ', 0 not ok, '
ok "the second scheduler, of another school, keeps the contract too"

expect 0 "$mtasim" doctor --json --only life.laws
says out '"verdict": "ok"'
says out '"passed": true'
ok "--json says the same"

expect 0 "$mtasim" doctor --mta "$root/tests/fixtures/cmd/small" \
    --only create.describe --only life.laws
says out 'conformant: 2 ok'
ok "--mta configures it by a folder"

for object in no_entry no_magic old_abi; do
    expect 1 "$mtasim" doctor --scheduler "$wrong/$object.so"
    says out 'not ok       file.loads'
    says out 'NOT CONFORMANT: 0 ok, 1 not ok, 0 not claimed, 0 not checked'
done
ok "what is no scheduler is told once"

expect 1 "$mtasim" doctor --scheduler "$wrong/tamper.so" \
    --set option.tamper=lose --only life.laws
says out 'was put into no file'
says out 'to do: '
ok "a law that is broken is told, with what to do"

expect 1 "$mtasim" doctor --scheduler "$wrong/sloppy.so" \
    --set option.sloppy=crash --only life.laws --only same.actions
says out 'it crashed the process: signal 6'
says out '0 ok, 1 not ok, 0 not claimed, 1 not checked'
expect 1 "$mtasim" doctor --scheduler "$wrong/sloppy.so" \
    --set option.sloppy=exit --only life.laws
says out 'it ended the process with exit code 0'
expect 1 "$mtasim" doctor --scheduler "$wrong/sloppy.so" --limit 1 \
    --set option.sloppy=hang --only life.laws --only slices
says out 'it did not come to an end in 1 s'
says out '0 ok, 1 not ok, 0 not claimed, 1 not checked'
ok "an object that crashes, exits or hangs is a finding"

expect 2 "$mtasim" doctor --only life.lows
says err "did you mean life.laws"
expect 2 "$mtasim" doctor --mta none
says err 'expected a folder'
expect 2 "$mtasim" doctor --scheduler ./none.so
says err 'no scheduler object can be read'
expect 2 "$mtasim" doctor --set threads
says err 'must be PATH=VALUE'
ok "a wrong command line is answered with exit code 2"
