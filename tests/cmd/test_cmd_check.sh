#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_check.sh - mtasim check and verify: the same scheduler passes, one with a
# planted change is caught, where it first decides otherwise
set -eu
. "$(dirname "$0")/../support/cmd.sh"

expect 0 "$mtasim" verify "$small"
says out 'the same run twice'
wanted=$(digest)
expect 0 "$mtasim" run "$small"
[ "$(digest)" = "$wanted" ] || fail 'verify has another digest than run'
expect 0 "$mtasim" verify "$small" --json
says out '"passed": true'
ok "verify finds the same run twice"

cp "$build/jobctl.so" before.so
expect 0 "$mtasim" check "$small" --baseline before.so -n 2
says out 'same decisions in 2 replications'
says out "$wanted"
expect 0 "$mtasim" check "$small" --baseline before.so -n 2 --json
says out '"same_decisions": true'
ok "the same scheduler makes the same decisions"

# A scheduler that starts a thread too late: threaddepth counted one too high.
if ! command -v "${CC:-cc}" >/dev/null; then
    ok "a planted change is caught # SKIP no compiler"
    exit 0
fi
mkdir scheduler
cp -r "$root/scheduler/core" "$root/scheduler/sched_abi.h" scheduler
sed -i.kept 's/= queue_depth(host_channel(engine, host));/= 1 + queue_depth(host_channel(engine, host));/' \
    scheduler/core/start.c
! cmp -s scheduler/core/start.c scheduler/core/start.c.kept ||
    fail 'the change could not be planted: start.c reads otherwise now'
"${CC:-cc}" -std=c11 -O1 -fPIC -fvisibility=hidden -shared -nostartfiles \
    -Wl,-z,relro,-z,now -o after.so scheduler/core/*.c ||
    fail 'the planted change does not compile'

expect 1 "$mtasim" check "$small" --baseline before.so --candidate after.so
says out 'small: FAILED'
says out 'other decisions in 5 of 5 replications'
says out 'first in replication 0,'
grep -q '^    baseline   [0-9]* [0-9]* sched start-' out ||
    fail 'it does not part where a thread is started'
expect 1 "$mtasim" check "$small" --baseline before.so --candidate after.so \
    --json
says out '"same_decisions": false'
ok "a planted change is caught where it first decides otherwise"

# Other decisions are allowed; what is measured of them is the same or not. With
# a depth of 1 the change doubles it.
expect 0 "$mtasim" check "$small" --baseline before.so --candidate after.so \
    --allow-decisions --metric delivered
says out 'passed'
expect 1 "$mtasim" check "$small" --baseline before.so --candidate after.so \
    --allow-decisions --metric latency.p50 \
    --set channel.tcp_local.threaddepth=1
grep -q '^  latency.p50 .* worse$' out || fail 'latency is not found worse'
expect 0 "$mtasim" check "$small" --baseline before.so --candidate after.so \
    --allow-decisions --metric latency.p50 \
    --set channel.tcp_local.threaddepth=1 --tolerance 100%
says out 'within tolerance'
expect 0 "$mtasim" check "$small" --baseline after.so --candidate before.so \
    --allow-decisions --metric latency.p50 \
    --set channel.tcp_local.threaddepth=1
says out 'better'
ok "what it does to latency is found"

# A scheduler that looks at its environment is no function of its inputs.
sed -i.kept 's/= 1 + queue_depth/= (getenv("MTASIM_VERIFY_PADDING") != 0) + queue_depth/
    1i extern char *getenv(const char *name);' scheduler/core/start.c
"${CC:-cc}" -std=c11 -O1 -w -fPIC -fvisibility=hidden -shared -nostartfiles \
    -Wl,-z,relro,-z,now -o looks.so scheduler/core/*.c
expect 1 "$mtasim" verify "$small" --scheduler ./looks.so
says out 'FAILED, the same run twice is not the same'
grep -q '^  first   [0-9]* [0-9]* sched start-' out ||
    fail 'it does not part where a thread is started'
ok "verify finds what an object took from its environment"

# An object that dies takes no other run with it, and is named.
sed -i.kept 's/= (getenv[^+]*+ queue_depth/= *(volatile uint32_t *)0 + queue_depth/' \
    scheduler/core/start.c
"${CC:-cc}" -std=c11 -O1 -w -fPIC -fvisibility=hidden -shared -nostartfiles \
    -Wl,-z,relro,-z,now -o dies.so scheduler/core/*.c
expect 3 "$mtasim" check "$small" --baseline before.so --candidate dies.so -n 1
says err 'signal'
ok "an object that dies is named"
