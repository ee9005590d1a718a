#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: sh scenarios/figures.sh [MTASIM [DIR]]
#
# Makes again every figure and picture that the READMEs of this folder quote:
# tables as DIR/NAME.txt, pictures in the scenarios' folders. About ten minutes
# on two cores. Results that are in DIR already are not made again.
set -eu
mtasim=${1:-build/release/mtasim}
dir=${2:-build/figures}
mkdir -p "$dir"

# table NAME FOLDER [OPTION]... - a sweep, and its table by destination
table() {
  name=$1 folder=$2
  shift 2
  echo "$name" >&2
  "$mtasim" sweep "scenarios/$folder" --quiet --out "$dir/$name.db" "$@" \
    >"$dir/$name.txt"
  sqlite3 -box "$dir/$name.db" <scenarios/hosts.sql >>"$dir/$name.txt"
}

# picture NAME FOLDER LIST
picture() {
  "$mtasim" plot "$dir/$1.db" --picture "$3" --out "scenarios/$2" --quiet \
    >/dev/null
}

one=threaddepth-smarthost
table one $one
table one-conns-100 $one --set job.tcp_local.max_life_conns=100
table one-conns-3000 $one --set job.tcp_local.max_life_conns=3000
table one-age-10m $one --set job.tcp_local.max_life_age=pt10m
table one-age-3h $one --set job.tcp_local.max_life_age=pt3h
service=destinations.smarthost.example.net.service
table one-service-100ms $one --set "$service=lognormal(100ms, 0.75)"
table one-service-1s $one --set "$service=lognormal(1s, 0.75)"
table one-level $one --set option.start_policy=level
table one-threads-5 $one --set channel.tcp_local.max_client_threads=5
picture one $one latency

many=threaddepth-many-hosts
table many $many
table many-conns-100 $many --set job.tcp_local.max_life_conns=100
table many-conns-3000 $many --set job.tcp_local.max_life_conns=3000
table many-level $many --set option.start_policy=level
picture many $many hosts

outage=backoff-outage
table outage $outage
table outage-timeout $outage --set faults.1.outage=timeout
for name in outage outage-timeout; do
  sqlite3 -box "$dir/$name.db" <scenarios/$outage/drain.sql >>"$dir/$name.txt"
done
picture outage $outage backlog,tail

day=replay-day
"$mtasim" export scenarios/$day/generator.yaml --format postfix \
  --out scenarios/$day/maillog
"$mtasim" export scenarios/$day/generator.yaml --format sun \
  --out scenarios/$day/mail.log_current
"$mtasim" import scenarios/$day/mail.log_current --format sun \
  --start 2006-03-13T00:00:00Z --out scenarios/$day/day.trace
"$mtasim" run scenarios/$day >"$dir/day-run.txt"
table day $day
table day-130m $day --set faults.1.for=130m
picture day $day backlog

burst=burst-then-silence
trickle='traffic.2.arrivals=poisson(1/s, at 0s, over 6h)'
policy=option.start_policy
table burst $burst
table burst-capped $burst --set $policy=edge-capped
table burst-level $burst --set $policy=level
table burst-trickle $burst --set "$trickle"
table burst-trickle-capped $burst --set "$trickle" --set $policy=edge-capped
table burst-trickle-level $burst --set "$trickle" --set $policy=level
table burst-age-2m $burst --set job.tcp_local.max_life_age=pt2m
table burst-age-3h $burst --set job.tcp_local.max_life_age=pt3h
table burst-service-350ms $burst --set "$service=lognormal(350ms, 0.75)"
table burst-depth-2 $burst --set channel.tcp_local.threaddepth=2
for name in "$dir"/burst*.db; do
  sqlite3 -box "$name" <scenarios/$burst/drain.sql >>"${name%.db}.txt"
done
picture burst $burst backlog

slow=slow-remote
lives=job.tcp_local.max_life_conns=300,10000
slower=destinations.slow.example.service
table slow $slow
table slow-level $slow --set $policy=level --param $lives
table slow-service-30s $slow --set "$slower=lognormal(30s, 0.25)" --param $lives
table slow-age-3h $slow --set job.tcp_local.max_life_age=pt3h --param $lives
picture slow $slow hosts

urgent=urgent-overtakes
few=channel.tcp_local.max_client_threads=8
blocks=blocklimit=20
half='priority=mixed(urgent 50%, nonurgent 25%)'
table urgent $urgent
table urgent-blocks $urgent --param $few --set channel.tcp_local.urgent$blocks
table urgent-blocks-both $urgent --param $few \
  --set channel.tcp_local.urgent$blocks --set channel.tcp_local.normal$blocks
table urgent-conns-100 $urgent --param $few \
  --set job.tcp_local.max_life_conns=100
table urgent-conns-3000 $urgent --param $few \
  --set job.tcp_local.max_life_conns=3000
table urgent-level $urgent --param $few --set $policy=level
table urgent-half $urgent --param $few \
  --set "traffic.1.$half" --set "traffic.2.$half"
for name in "$dir"/urgent*.db; do
  sqlite3 -box "$name" <scenarios/priorities.sql >>"${name%.db}.txt"
done
picture urgent $urgent latency

# each KEY=VALUE - for every channel of shared-pool
each() {
  for name in busy b c d e f g h i j; do
    printf ' --set job.tcp_%s.%s' "$name" "$1"
  done
}
pool=shared-pool
shared=channel.tcp_busy.pool=SMTP_POOL
slots=pool.SMTP_POOL.job_limit=10,11
table pool $pool
# shellcheck disable=SC2046 # each is a list of words
{
  table pool-idle-10s $pool --param $slots --param $shared \
    $(each job_idle=pt10s)
  table pool-idle-10m $pool --param $slots --param $shared \
    $(each job_idle=pt10m)
  table pool-conns-100 $pool --param $slots --param $shared \
    $(each max_life_conns=100)
  table pool-conns-3000 $pool --param $slots --param $shared \
    $(each max_life_conns=3000)
}
table pool-level $pool --param $slots --param $shared --set $policy=level
for name in "$dir"/pool*.db; do
  sqlite3 -box "$name" <scenarios/$pool/quiet.sql >>"${name%.db}.txt"
done
picture pool $pool latency

proc=processes-or-threads
table proc $proc
table proc-conns-100 $proc --set job.tcp_local.max_life_conns=100
table proc-conns-3000 $proc --set job.tcp_local.max_life_conns=3000
table proc-conns-0 $proc --set job.tcp_local.max_life_conns=0
table proc-start-2s $proc --set machine.process_start=2s
table proc-level $proc --set $policy=level
for name in "$dir"/proc*.db; do
  sqlite3 -box "$name" <scenarios/$proc/burst.sql >>"${name%.db}.txt"
done
picture proc $proc latency

batch=batch-channel
table batch $batch
table batch-conns-100 $batch --set job.archive.max_life_conns=100
table batch-conns-0 $batch --set job.archive.max_life_conns=0
table batch-depth-100 $batch --set channel.archive.threaddepth=100
table batch-depth-10 $batch --set channel.archive.threaddepth=10
table batch-start-200ms $batch --set machine.process_start=200ms
table batch-start-10s $batch --set machine.process_start=10s
picture batch $batch latency

behind=one-behind-ten-thousand
class=traffic.2.priority=urgent
table behind $behind
table behind-urgent $behind --param $lives --set $class
table behind-affinity $behind --param $lives --set option.affinity=priority
table behind-affinity-urgent $behind --param $lives \
  --set option.affinity=priority --set $class
table behind-level $behind --param $lives --set $policy=level
table behind-level-urgent $behind --param $lives --set $policy=level \
  --set $class
picture behind $behind hosts

notices=notices
both='channel.tcp_local.notices=1 2 4,3 6 9 12'
table notices $notices
table notices-refuse $notices --param "$both" --set faults.1.outage=refuse \
  --set faults.2.outage=refuse --set faults.3.outage=refuse
table notices-backoff $notices --param "$both" \
  --set 'channel.tcp_local.normalbackoff=pt30m pt1h'
table notices-noon $notices --param "$both" \
  --set option.return_time=12:30/24:00
table notices-conns-3000 $notices --param "$both" \
  --set job.tcp_local.max_life_conns=3000
for name in "$dir"/notices*.db; do
  sqlite3 -box "$name" <scenarios/$notices/returns.sql >>"${name%.db}.txt"
done
picture notices $notices backlog

live=live-change
table live $live
table live-threads-5 $live --set channel.tcp_local.max_client_threads=5
table live-room-100 $live \
  --set destinations.smarthost.example.net.connections_max=100
table live-level $live --set $policy=level --param events.1.at=2h,6h
picture live $live backlog

herd=restart-herd
table herd $herd
table herd-timeout $herd --set faults.1.outage=timeout
table herd-queue $herd --set destinations.bigisp.example.at_limit=queue \
  --param channel.tcp_local.max_client_threads=10
picture herd $herd backlog

partial=partial-failure
table partial $partial
table partial-1 $partial --set destinations.club.example.temporary.rcpt=1%
table partial-hosts $partial --set destinations.club.example.hosts=10 \
  --param channel.tcp_local.addrsperfile=0 \
  --param channel.tcp_local.splitting=multiple,single_sys,single
picture partial $partial latency

most=max-messages
small=option.max_messages=100000
table most $most
table most-scan-0s $most --param $small --set machine.scan_per_file=0s
table most-scan-5ms $most --param $small --set machine.scan_per_file=5ms
table most-restart $most --param $small,500000 --set events.1.at=45m
table most-live $most --param $small --set events.2.at=45m
table most-slow-burst $most \
  --set 'traffic.2.arrivals=burst(300000, at 10m, over 1h)'
table most-after $most --param $small \
  --set 'traffic.1.arrivals=poisson(2/s, at 41m, over 2h)'
table most-level $most --set $policy=level
for name in "$dir"/most*.db; do
  sqlite3 -box "$name" <scenarios/priorities.sql >>"${name%.db}.txt"
done
picture most $most backlog

list=mailing-list
limit=channel.tcp_intranet.expandlimit
free=channel.tcp_intranet.holdlimit=unlimited
members=traffic.2.recipients
table list $list
table list-100 $list --param $limit=unlimited --param $free --set $members=100
table list-1000 $list --param $limit=unlimited --param $free --set $members=1000
table list-expand-1ms $list --param $free --set machine.expand_per_recipient=1ms
table list-expand-20ms $list --param $free \
  --set machine.expand_per_recipient=20ms
table list-depth-1 $list --param $free --set channel.reprocess.threaddepth=1
table list-jobs-10 $list --param $free --set channel.tcp_local.maxjobs=10
table list-channel $list --param $limit=100 --param $free \
  --param channel.tcp_intranet.expandchannel=reprocess,reprocess_lists
picture list $list backlog

date=deferred-delivery
dates=channel.tcp_local.deferred=1
table date $date
table date-once $date --param $dates \
  --set 'traffic.2.arrivals=burst(20000, at 1h, over 1s)'
table date-level $date --param $dates --set $policy=level
table date-late $date --param events.1.at=13h15m --param $dates
table date-expires $date --param events.1.at=70h --param $dates \
  --set traffic.2.deferred=30h --set horizon=3d \
  --set 'channel.tcp_local.notices=1'
picture date $date backlog

table date-limit $date --param $dates --param events.1.at=70h \
  --set channel.tcp_local.deferred_limit=pt6h

large=large-mail
normal=channel.tcp_local.normalblocklimit
lowest=channel.tcp_local.nonurgentblocklimit
table large $large
table large-urgent $large --param $normal=2048 --param $lowest=2048 \
  --set traffic.2.priority=urgent \
  --param channel.tcp_local.urgentblocklimit=unlimited,2048
table large-block $large --param $normal=2048 --param $lowest=2048 \
  --param option.block_size=1024,4096
table large-hourly $large --param $normal=2048 --param $lowest=2048 \
  --set option.post_time=00:00/01:00
table large-product $large --param $normal=2048 --param $lowest=2048 \
  --set option.compat=product
table large-imm $large --param $normal=2048 --param $lowest=2048 \
  --param channel.tcp_local.immediacy=immurgent,immnormal,immediate
table large-period $large --param $normal=2048 --param $lowest=2048 \
  --set channel.tcp_local.immediacy=periodic \
  --param channel.tcp_local.period=1,2
picture large $large backlog

three=three-classes
table three $three
table three-same $three --param option.return_units=1 \
  --set 'channel.tcp_local.urgentbackoff=pt30m pt1h' \
  --set 'channel.tcp_local.nonurgentbackoff=pt30m pt1h' \
  --set 'channel.tcp_local.urgentnotices=4 12' \
  --set 'channel.tcp_local.nonurgentnotices=4 12'
for name in "$dir"/large*.db "$dir"/three*.db; do
  sqlite3 -box "$name" <scenarios/priorities.sql >>"${name%.db}.txt"
done
picture three $three backlog

collect=collecting-jobs
after=channel.tcp_local
table collect $collect
table collect-second $collect --param $after.after=+300 \
  --param $after.secondclassafter=+0,+300,+3600
table collect-low $collect --param $after.after=+300 \
  --param $after.nonurgentafter=+0,+300,+3600
table collect-normal $collect --param $after.after=+300 \
  --param $after.normalafter=+0,+3600
table collect-urgent $collect --param $after.after=+300 \
  --param $after.urgentafter=+0,+300
table collect-idle $collect --set job.tcp_local.job_idle=pt10m
table collect-thread-idle $collect --set job.tcp_local.thread_idle=pt10m
for name in "$dir"/collect*.db; do
  sqlite3 -box "$name" <scenarios/priorities.sql >>"${name%.db}.txt"
done
picture collect $collect latency

session=one-session
table session $session
table session-disconnect $session --param traffic.3.channel=tcp_lists \
  --param channel.tcp_in.transactionlimit=unlimited \
  --param channel.tcp_in.disconnecttransactionlimit=20
table session-out $session --param traffic.3.channel=tcp_lists \
  --param channel.tcp_in.transactionlimit=20 \
  --param channel.tcp_local.attempt_transactions_per_session=1,20,0

polled=polled-partner
table polled $polled
table polled-service $polled --param channel.tcp_partner.direction=master \
  --param job.tcp_partner.master_command=lib/tcp_smtp_client \
  --param channel.tcp_partner.service=0,1
picture polled $polled backlog

store=stressed-store
stress=option.stress=1
table store $store
table store-jobs-4 $store --param $stress --set option.stressjobs=4
table store-factor-50 $store --param $stress --set option.stressfactor=50
table store-time-30s $store --param $stress --set option.stresstime=pt30s
table store-time-10m $store --param $stress --set option.stresstime=pt10m
table store-unjobs-3 $store --param $stress --set option.unstressjobs=3
table store-unfactor-2 $store --param $stress --set option.unstressfactor=2
table store-blackout-10m $store --param $stress \
  --set option.stressblackout=pt10m
picture store $store backlog

turns=scan-by-turns
table turns $turns
table turns-table $turns --set option.max_messages=100000
picture turns $turns backlog

# Both schedulers in one file: each is a line of the picture.
second=second-scheduler
qmgr=$(dirname "$mtasim")/qmgr.so
table second $second
table second-level $second --set $policy=level \
  --set channel.tcp_local.threaddepth=2
table second-qmgr-20 $second --scheduler "$qmgr" \
  --set option.deliveries_per_connection=20
table second-qmgr-50 $second --scheduler "$qmgr" \
  --set option.destination_concurrency_limit=50
"$mtasim" sweep scenarios/$second --quiet --out "$dir/second.db" \
  --scheduler "$qmgr" >"$dir/second-qmgr.txt"
picture second $second latency

blank=blank-banner
normal=mta.tcp.stack=windows-2008
far=destinations.home.example
table blank $blank
table blank-linux $blank --set links.home.server=linux
table blank-off $blank --param $normal --set $far.client_window_scaling=off
table blank-clamp $blank --param $normal --set $far.client_window_clamp=65535B
table blank-far $blank --param $normal --set links.home.server_shift=none
table blank-relay $blank --param $normal --set $far.channel=tcp_relay
picture blank $blank latency

broken=broken-router
fifteen=destinations.behind.example
aside=$fifteen.channel=tcp_local
table broken $broken
table broken-off $broken --param $aside \
  --set $fifteen.client_window_scaling=off
table broken-relay $broken --param $fifteen.channel=tcp_relay
table broken-one $broken --param $aside \
  --set channel.tcp_local.attempt_transactions_per_session=1
picture broken $broken hosts

off=scaling-off
table off $off
table off-depth-2 $off --set channel.tcp_local.threaddepth=2
picture off $off latency
