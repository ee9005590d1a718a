#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_keywords.sh - what each keyword does to a run, from the file to the mail
#
# Every case writes the mail host's own files with a few words in them, runs a
# scenario of a message or twenty, and expects figures that can be worked by
# hand: nothing takes time there but the four seconds that the one host needs
# for a message, and one message comes a second after eight. The rows are those
# of the table in scheduler/README.md.
set -eu
. "$(dirname "$0")/../support/cmd.sh"

scenario=$root/tests/fixtures/keywords/scenario.yaml
twenty='traffic.1.arrivals=even(20, at 0s, over 1s)' # at once, nearly
far=destinations.far.example

# What the next case's files say, beside what all say.
keywords='' # of tcp_local, the channel that delivers
incoming='' # of tcp_in, by which mail comes
section=''  # lines for tcp_local in job_controller.cnf
global=''   # lines at its head
client=''   # lines of tcp_local_option

# host - the files of the mail host
host() {
    rm -rf case
    mkdir case
    cp "$scenario" case/scenario.yaml
    cat >case/imta.cnf <<END
defaults immnonurgent notices 3 6 9 12

l
mail.example.org

tcp_in smtp $incoming
tcp-in-daemon

tcp_local smtp mx pool SMTP_POOL threaddepth 1000 $keywords
tcp-daemon

reprocess
reprocess-daemon

process after +10
process-daemon
END
    case $section in
    *master_command*) master= ;;
    *) master=master_command=lib/master ;;
    esac
    {
        printf '%b\n' "$global"
        printf '[POOL=DEFAULT]\njob_limit=1\n[POOL=SMTP_POOL]\njob_limit=10\n'
        printf '[CHANNEL=*]\nmaster_command=lib/master\n'
        printf '[CHANNEL=tcp_local]\n%s\n%b\n' "$master" "$section"
    } >case/job_controller.cnf
    if [ -n "$client" ]; then
        printf '%b\n' "$client" >case/tcp_local_option
    fi
}

# flat - "path=value" for each value of a run's JSON
flat() {
    awk '{
            match($0, /^ */)
            depth = RLENGTH / 2
            sub(/^ */, "")
        }
        /^"[^"]*": / {
            key = $0
            sub(/^"/, "", key)
            sub(/": .*/, "", key)
            of[depth] = key
            sub(/^"[^"]*": /, "")
            sub(/,$/, "")
            if ($0 == "{" || $0 == "[") next
            if ($0 ~ /^[0-9.e+-]+$/) $0 = sprintf("%.12g", $0 + 0)
            path = of[1]
            for (i = 2; i <= depth; i++) path = path "." of[i]
            print path "=" $0
        }' out
}

# gives CLAIM "PATH=VALUE..." [--set PATH=VALUE]... - a run has these figures
gives() {
    claim=$1
    figures=$2
    shift 2
    host
    expect 0 "$mtasim" run case --json "$@"
    flat >flat
    for figure in $figures; do
        grep -qxF "$figure" flat || {
            echo "not ok - $claim"
            echo "# expected $figure, found $(grep "^${figure%=*}=" flat)"
            cat case/imta.cnf case/job_controller.cnf err | sed 's/^/# /'
            exit 1
        }
    done
    ok "$claim"
    keywords='' incoming='' section='' global='' client=''
}
first=first_attempt_s.max # from the message's coming to its first attempt
at_once=$first=0
at_noon=$first=14399 # the periodic job runs at 0, 4, 8, 12 ... o'clock

# like CLAIM KEYWORD - it changes no event and no action
like() {
    host
    expect 0 "$mtasim" run case --set "$twenty"
    plain=$(digest)
    keywords=$2
    host
    expect 0 "$mtasim" run case --set "$twenty"
    [ "$(digest)" = "$plain" ] || fail "$1: the run is another"
    ok "$1"
    keywords=''
}

gives 'one message is tried at once' "$at_once latency_s.max=4"

# --- Direction, programs ----------------------------------------------------

keywords=slave
gives 'slave: nothing is tried' 'attempts=0 recipients.queued=1'
keywords=slave
gives 'slave: nor by the periodic job, if all waits for it' \
    'attempts=0 recipients.queued=1' --set channel.tcp_local.periodic=1
like 'master is bidirectional to a delivery' master
like 'and bidirectional is what there is without it' bidirectional
section=master_command=NULL
gives 'MASTER_COMMAND NULL: nothing is tried' 'attempts=0 recipients.queued=1'
says err 'expected a master_command for tcp_local'
section='master_command=lib/master\nslave_command=NULL'
gives 'SLAVE_COMMAND: nothing that deliveries need' "$at_once"

# --- Jobs and threads -------------------------------------------------------

gives 'a host has one thread, whatever waits, up to threaddepth' \
    'threads_peak=1 latency_s.mean=41.525' --set "$twenty"
keywords='threaddepth 5'
gives 'threaddepth 5: four more threads for twenty messages' \
    'threads_peak=5' --set "$twenty"
keywords='threaddepth 1'
client=MAX_CLIENT_THREADS=3
gives 'MAX_CLIENT_THREADS 3: seven processes for twenty threads' \
    'jobs_peak=7 threads_peak=20' --set "$twenty"
keywords='threaddepth 1 maxjobs 2'
client=MAX_CLIENT_THREADS=1
gives 'maxjobs 2: two processes' 'jobs_peak=2 threads_peak=2' --set "$twenty"
keywords='threaddepth 1 maxjobs 20'
client=MAX_CLIENT_THREADS=1
gives 'JOB_LIMIT 10: ten, though maxjobs is 20' 'jobs_peak=10' --set "$twenty"
keywords='threaddepth 1 pool DEFAULT'
client=MAX_CLIENT_THREADS=1
gives 'pool DEFAULT: one, for its JOB_LIMIT is 1' 'jobs_peak=1' --set "$twenty"
keywords='filesperjob 5'
client=MAX_CLIENT_THREADS=1
gives 'filesperjob 5: four processes for twenty files' 'jobs_peak=4' \
    --set "$twenty"
keywords='filesperjob 0'
client=MAX_CLIENT_THREADS=1
gives 'filesperjob 0: one' 'jobs_peak=1' --set "$twenty"
keywords=nosmtp
gives 'nosmtp says nothing against a channel named tcp_' 'threads_peak=4' \
    --set "$twenty" --set "$far.hosts=4"
gives 'four hosts: four threads' 'threads_peak=4' --set "$twenty" \
    --set "$far.hosts=4"
section=anon_host=1
gives 'ANON_HOST 1: one queue, one thread' 'threads_peak=1' --set "$twenty" \
    --set "$far.hosts=4"
keywords='daemon relay.example'
gives 'daemon: all to one host, by one thread, a second each' \
    'threads_peak=1 connections=1 latency_s.mean=10.025' --set "$twenty" \
    --set "$far.hosts=4"
client=ATTEMPT_TRANSACTIONS_PER_SESSION=5
gives 'ATTEMPT_TRANSACTIONS_PER_SESSION 5: four connections for twenty' \
    'connections=4 threads_peak=1' --set "$twenty"
section=max_life_conns=5
gives 'MAX_LIFE_CONNS 5: four processes for twenty messages' 'job_starts=4' \
    --set "$twenty"
# It asks at 0, 4, 8 and 12 s: the last time it is too old.
section=max_life_age=10
gives 'MAX_LIFE_AGE 10: a process takes three of four seconds' 'job_starts=7' \
    --set "$twenty"

# Two messages, at 0:50 and 2:30: 96 s without work.
apart='traffic.1.arrivals=even(2, at 0s, over 200s)'
gives 'job_idle, thread_idle: a minute, half a minute' \
    'job_starts=2 thread_starts=2' --set "$apart"
section=job_idle=120
gives 'job_idle 120: the process is still there, its thread is not' \
    'job_starts=1 thread_starts=2' --set "$apart"
section='job_idle=120\nthread_idle=120'
gives 'thread_idle 120: its thread is, too' 'job_starts=1 thread_starts=1' \
    --set "$apart"

# --- Delays -----------------------------------------------------------------

keywords='after +30'
gives 'after +30: half a minute until the process starts' "$first=30"
for word in urgentafter normalafter nonurgentafter; do
    keywords="after +30 $word +7"
    gives "$word +7: seven seconds, for mail of that class" "$first=7" \
        --set "traffic.1.priority=${word%after}"
done
keywords='after +30 normalafter +7'
gives 'normalafter +7: not for urgent mail' "$first=30" \
    --set traffic.1.priority=urgent
keywords='immediate nonurgentblocklimit 2 after +30 secondclassafter +7'
gives 'secondclassafter +7: for what its size made second class' "$first=7" \
    --set traffic.1.priority=nonurgent
keywords='after +30 thirdclassafter +7'
gives 'thirdclassafter: not for mail that comes by a channel' "$first=30" \
    --set traffic.1.priority=nonurgent

keywords=deferred
gives 'deferred: an hour' "$first=3600" --set traffic.1.deferred=1h
keywords=nodeferred
gives 'nodeferred: no date' "$at_once" --set traffic.1.deferred=1h
keywords='deferred 3600'
gives 'deferred 3600: an hour is not too far' "$first=3600" \
    --set traffic.1.deferred=1h
keywords='deferred 3599'
gives 'deferred 3599: an hour is' "$at_once" --set traffic.1.deferred=1h

# --- What waits for the periodic job ----------------------------------------

waits() { # waits KEYWORD CLASS FIGURE
    keywords=$1
    gives "$1: $2 mail, $3" "$3" --set "traffic.1.priority=$2"
}
waits immurgent urgent "$at_once"
waits immurgent normal "$at_noon"
waits immnormal normal "$at_once"
waits immnormal nonurgent "$at_noon"
waits immnonurgent nonurgent "$at_once"
waits 'immnonurgent nonurgentblocklimit 2' nonurgent "$at_noon"
waits 'immediate nonurgentblocklimit 2' nonurgent "$at_once"
waits periodic urgent "$at_noon"
waits 'periodic period 2' urgent "$first=28799" # at 0, 8, 16 o'clock
keywords=periodic
global=compat=product
gives 'compat product: nothing waits' "$at_once"
keywords=periodic
section='[PERIODIC_JOB=post]\ncommand=lib/post_job\ntime=00:00/01:00'
gives 'post_time: the periodic job runs each hour' "$first=3599"

# --- Size: 3000 bytes are three blocks --------------------------------------

waits 'immurgent urgentblocklimit 3' urgent "$at_once"
waits 'immurgent urgentblocklimit 2' urgent "$at_noon"
waits 'immnormal normalblocklimit 3' normal "$at_once"
waits 'immnormal normalblocklimit 2' normal "$at_noon"
waits 'nonurgentblocklimit 3' nonurgent "$at_once"
waits 'urgentblocklimit 2 normalblocklimit 2 nonurgentblocklimit 2' urgent \
    "$at_noon"
keywords='immurgent urgentblocklimit 2'
global=block_size=1500
gives 'BLOCK_SIZE 1500: two blocks, which is not more than two' "$at_once" \
    --set traffic.1.priority=urgent
keywords=immurgent
global=urgent_block_limit=2
gives 'URGENT_BLOCK_LIMIT: for a channel that says nothing' "$at_noon" \
    --set traffic.1.priority=urgent
keywords=immnormal
global=normal_block_limit=2
gives 'NORMAL_BLOCK_LIMIT: the same' "$at_noon"
global=non_urgent_block_limit=2
gives 'NON_URGENT_BLOCK_LIMIT: the same' "$at_noon" \
    --set traffic.1.priority=nonurgent

# --- Failures: far.example is away for an hour ------------------------------

tries() { # tries KEYWORDS CLASS DEFERRALS
    keywords=$1
    gives "$1: $2 mail fails $3 times in an hour" "deferrals=$3" \
        --set faults.1.at=0s --set "traffic.1.priority=$2"
}
tries 'backoff pt20m' normal 3 # after 0, 20, 40 minutes; then it is 60
tries 'backoff pt20m urgentbackoff pt10m' urgent 6
tries 'backoff pt20m urgentbackoff pt10m' normal 3
tries 'backoff pt20m normalbackoff pt15m' normal 4
tries 'nonurgentbackoff pt5m pt25m backoff pt20m' nonurgent 4 # 0, 5, 30, 55
tries '' urgent 2                                             # 30, 90 minutes
keywords='backoff pt9h'
gives 'a restart: what waits nine hours is tried at once' \
    'deferrals=1 latency_s.max=7204' --set faults.1.at=0s \
    --set events.2.at=7201s

ages() { # ages KEYWORDS CLASS WARNINGS RETURNED
    keywords="$1 backoff pt1h"
    global=return_units=1
    gives "$1: $2 mail, $3 warnings, $4 returned" \
        "warnings=$3 recipients.returned=$4" --set faults.1.at=0s \
        --set faults.1.for=12h --set "traffic.1.priority=$2"
}
ages 'notices 1 5' normal 1 1
ages 'notices 1 5 20' normal 2 0
ages 'notices 1 5 urgentnotices 1 2 4 20' urgent 3 0
ages 'notices 1 5 normalnotices 1 2 20' normal 2 0
ages 'notices 1 5 nonurgentnotices 20 21' nonurgent 0 0
keywords='notices 1 2 backoff pt1h'
gives 'return_units: days if nothing is said' 'warnings=0 recipients.returned=0' \
    --set faults.1.at=0s --set faults.1.for=12h
# At 9:30 it is 89 minutes old, at 11 it is 179.
keywords='notices 2 backoff pt10h'
global=return_units=1
section='[PERIODIC_JOB=return]\ncommand=lib/return_job\ntime=00:00/03:00'
gives 'return_time: the return job runs every three hours' \
    'recipients.returned=0' --set faults.1.at=0s --set horizon=3h
keywords='notices 2 backoff pt10h'
global=return_units=1
section='[PERIODIC_JOB=return]\ncommand=lib/return_job\ntime=00:00/03:00'
gives 'return_time: and at twelve it is old enough' 'recipients.returned=1' \
    --set faults.1.at=0s --set horizon=5h
gives 'a notice: whose recipient is refused hears of it' \
    'notices=1 recipients.returned=1' --set "$far.permanent=100%"
gives 'a notice: never to a null sender' 'notices=0 recipients.returned=1' \
    --set "$far.permanent=100%" --set traffic.1.null_sender=true

# --- Recipients -------------------------------------------------------------

splits() { # splits KEYWORDS FILES - twenty recipients at two hosts
    keywords=$1
    gives "$1: $2 files for twenty recipients at two hosts" "files=$2" \
        --set traffic.1.recipients=20 --set "$far.hosts=2"
}
splits multiple 1
splits single_sys 2
splits single 20
splits 'multiple addrsperfile 5' 4

keywords=single
incoming='expandlimit 2 expandchannel process'
gives 'expandlimit 2: two files, one for process, two made of that' \
    'files=5 recipients.delivered=4 first_attempt_s.mean=7' \
    --set traffic.1.recipients=4
keywords=single
incoming='expandlimit 4'
gives 'expandlimit 4: four are not too many' 'files=4' \
    --set traffic.1.recipients=4
incoming='expandlimit 0'
gives 'expandlimit 0: all; by reprocess, which does not wait, if none is said' \
    "files=2 recipients.delivered=4 $at_once" --set traffic.1.recipients=4
incoming='expandlimit 0 expandchannel process'
gives 'expandchannel process: by process, which waits' \
    "files=2 recipients.delivered=4 $first=10" --set traffic.1.recipients=4
incoming='holdlimit 3'
gives 'holdlimit 3: four are held' 'attempts=0 recipients.held=4' \
    --set traffic.1.recipients=4
incoming='holdlimit 4'
gives 'holdlimit 4: four are not' 'recipients.delivered=4' \
    --set traffic.1.recipients=4
incoming='holdlimit 3'
gives 'release: and go when they are let go' \
    'recipients.delivered=4 first_attempt_s.max=3599' \
    --set traffic.1.recipients=4 --set events.1.at=1h

# --- Sessions ---------------------------------------------------------------

for limit in transactionlimit disconnecttransactionlimit; do
    incoming="$limit 3"
    gives "$limit 3: two of five in each of four sessions are refused" \
        'recipients.rejected=8 recipients.delivered=12' --set "$twenty" \
        --set traffic.1.session=5
done

# --- The table, scans -------------------------------------------------------

# An urgent message comes half a second after the twenty. Of a table of ten five
# go, then five are loaded, and again; so it is loaded when fifteen have gone,
# and the sixteenth is under way.
urgent() { # urgent CLAIM LINES DESTINATION RAISED-AT LATENCY [--set ...]
    global=$2
    host
    awk -v to="$3" '{ print }
        /to: { far.example: 1 }/ {
            print "  - name: urgent"
            print "    arrivals: even(1, at 1s, over 1s)"
            print "    priority: urgent"
            print "    to: { " to ": 1 }"
        }' "$scenario" >case/scenario.yaml
    echo "  - { at: $4, set: { option.max_messages: 100 } }" \
        >>case/scenario.yaml
    claim=$1 figure=priorities.urgent.latency_s.max=$5
    shift 5
    [ $# -gt 0 ] || set -- --set "$twenty"
    expect 0 "$mtasim" run case --json "$@"
    flat >flat
    grep -qxF "$figure" flat ||
        fail "$claim: not $figure: $(grep "^${figure%=*}=" flat)"
    ok "$claim"
    keywords='' global='' client=''
}
urgent 'MAX_MESSAGES 100: what is seen goes second' max_messages=100 \
    far.example 13h 6.525
urgent 'MAX_MESSAGES 10: what is not, seventeenth' max_messages=10 \
    far.example 13h 66.525
urgent 'a live change of it lets all in' max_messages=10 far.example 15s 18.525

# Ten, of nine minutes each, fill the table, and the urgent one is beyond. It
# is seen when five are left, or when there is room at half past, and then waits
# for the one under way.
for time in '04:00 3778.55' '00:30 2698.55'; do
    urgent "SYNCH_TIME ${time% *}: what is unseen is seen then" \
        "max_messages=10\nsynch_time=${time% *}" far.example 13h "${time#* }" \
        --set 'traffic.1.arrivals=even(10, at 0s, over 1s)' \
        --set "$far.service=9m"
done

# For another host there is no second thread: it is served when the first host
# has nothing left, or next.
keywords='maxjobs 1'
client=MAX_CLIENT_THREADS=1
urgent 'affinity host: after all twenty' affinity=host relay.example 13h 79.525
keywords='maxjobs 1'
client=MAX_CLIENT_THREADS=1
urgent 'affinity priority: second' affinity=priority relay.example 13h 3.525

# Two channels have five thousand each. After a restart 2,500 of these are seen:
# a thousand at a time, of one directory after the other or by turns.
for turns in 1 12; do
    global="max_messages=2500\nrebuild_parallel_channel=$turns"
    host
    cat >case/scenario.yaml <<'END'
title: Which files does a scan bring?
start: 2006-03-12T08:00:00Z
horizon: 12s
mta: { channels: imta.cnf, jobs: job_controller.cnf }
traffic:
  - name: first
    arrivals: even(5000, at 0s, over 1s)
    to: { first.example: 1 }
  - { name: second, arrivals: "even(5000, at 1s, over 1s)", to: { second.example: 1 } }
machine: { scan_per_file: 0s }
destinations:
  first.example: { channel: tcp_in, service: 1h }
  second.example: { channel: tcp_local, service: 1h }
events:
  - { at: 4s, restart: 1s }
END
    expect 0 "$mtasim" run case --json
    flat >flat
    grep -qxF "jobs_peak=$((turns == 1 ? 1 : 2))" flat ||
        fail "rebuild_parallel_channel=$turns: $(grep jobs_peak flat) processes"
    ok "rebuild_parallel_channel $turns: mail of so many channels is tried"
done
global=''

# --- Stress, policies, a live change ----------------------------------------

keywords='threaddepth 2'
gives 'stress: nobody hears of it while it is off' 'threads_peak=11' \
    --set "$twenty" --set events.3.at=0s \
    --set channel.tcp_local.max_client_threads=100
keywords='threaddepth 2'
global='stress=1\nstressfactor=5'
gives 'stressfactor 5: threaddepth is ten' 'threads_peak=3' \
    --set "$twenty" --set events.3.at=0s \
    --set channel.tcp_local.max_client_threads=100
keywords='threaddepth 1 maxjobs 5'
client=MAX_CLIENT_THREADS=1
global='stressfactor=1\nstressjobs=3'
gives 'stressjobs 3: two processes of five, and it is on without a word' \
    'jobs_peak=2' --set "$twenty" --set events.3.at=0s --set horizon=100s
keywords='threaddepth 1 maxjobs 5'
client=MAX_CLIENT_THREADS=1
global='stressfactor=1\nstressjobs=3\nstresstime=5\nunstressjobs=1
start_policy=level'
gives 'stresstime 5, unstressjobs 1: all five after 15 s' \
    'jobs_peak=5' --set "$twenty" --set events.3.at=0s --set horizon=16s
keywords='threaddepth 1 maxjobs 5'
client=MAX_CLIENT_THREADS=1
global='stressfactor=1\nstressjobs=3\nstresstime=5\nunstressjobs=1
start_policy=level'
gives 'stresstime 5, unstressjobs 1: four before that' \
    'jobs_peak=4' --set "$twenty" --set events.3.at=0s --set horizon=14s

later='traffic.1.arrivals=even(20, at 20s, over 1s)'
wide=channel.tcp_local.max_client_threads=100
for blackout in 4,3 6,6; do
    keywords='threaddepth 2'
    global="stressfactor=2\nstresstime=1000\nstressblackout=${blackout%,*}"
    gives "stressblackout ${blackout%,*}: a report five seconds after one" \
        "threads_peak=${blackout#*,}" --set "$later" --set "$wide" \
        --set events.3.at=0s --set events.5.at=5s
done
keywords='threaddepth 1'
global='stressfactor=8\nstresstime=15\nunstressfactor=2'
gives 'unstressfactor 2: threaddepth is four after the first fifteen seconds' \
    'threads_peak=6' --set "$later" --set "$wide" --set events.3.at=0s
keywords='threaddepth 1'
global='stressfactor=8\nstresstime=15'
gives 'unstressfactor: stressfactor, if nothing is said' 'threads_peak=20' \
    --set "$later" --set "$wide" --set events.3.at=0s

gives 'a live change: threaddepth 5 from the start is threaddepth 5' \
    'threads_peak=5' --set "$twenty" --set events.4.at=0s
gives 'start_policy edge: what came before a change asks for nothing' \
    'threads_peak=1' --set "$twenty" --set events.4.at=2s
global=start_policy=edge-capped
gives 'start_policy edge-capped: nor then' 'threads_peak=1' --set "$twenty" \
    --set events.4.at=2s
global=start_policy=level
gives 'start_policy level: the backlog does, 1 + 20 / 5' 'threads_peak=5' \
    --set "$twenty" --set events.4.at=2s

# --- Words that change nothing ----------------------------------------------

for word in service noservice logging nologging nocache; do
    like "$word changes nothing" "$word"
done
for word in cacheeverything cachefailures cachesuccesses; do
    like "$word changes nothing, and that is said" "$word"
    says err "expected nocache, found $word"
done
