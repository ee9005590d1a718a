# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-3.0-or-later
# live.sh - what the tests of jobctld share; read by each of them after cmd.sh
#
# config/ is the small site, impatient. QUEUE.log is what a queue's sink took,
# QUEUE.wanted who was dropped into it.

jobctld=$build/jobctld
jobctl=$build/jobctl.so

# The channels of the small scenario, impatient.
mkdir config
cp "$small/job_controller.cnf" config
sed '/^tcp_local/s/$/ multiple backoff pt1s/; /^tcp_local/s/threaddepth 10/threaddepth 3/' \
    "$small/imta.cnf" >config/imta.cnf

live() { # live QUEUE OPTION...
    queue=$1
    shift
    : >>"$queue.log"
    exec "$jobctld" --sink --scheduler "$jobctl" --config config \
        --queue "$queue" --log "$queue.log" --duration 60s "$@"
}

# drop QUEUE COUNT - messages for three each, whose addresses come once
drop() {
    mkdir -p "$1/new"
    n=0
    while [ $n -lt "$2" ]; do
        n=$((n + 1))
        printf 'to a%d@h%d.example\nto b%d@h1.example\nto c%d@h2.example\n' \
            $n $((n % 7)) $n $n >"$1/.m"
        mv "$1/.m" "$1/new/m$n"
        echo "a$n
b$n
c$n"
    done | sort >"$1.wanted"
}

# settled QUEUE - who is in the log, each once
settled() {
    awk '$1 ~ /^(delivered|refused|returned)$/ {
             sub("@.*", "", $5); print $5 }' "$1.log" | sort -u
}

# all_settled QUEUE - everybody, and nothing is left in the directory
all_settled() {
    settled "$1" >"$1.settled"
    cmp -s "$1.wanted" "$1.settled" || {
        diff "$1.wanted" "$1.settled" >out || :
        fail 'not everybody is delivered'
    }
    find "$1" -type f ! -name lock ! -name next-message >out
    silent out
}

identical() { # identical RECORDING - here, too
    expect 0 "$mtasim" replay "$1" --scheduler "$jobctl"
    says out identical
}
