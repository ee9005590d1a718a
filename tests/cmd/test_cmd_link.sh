#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_link.sh - mtasim link: what a broken path does to one delivery, on the
# screen, as JSON, as packets, as a capture, as a picture
set -eu
. "$(dirname "$0")/../support/cmd.sh"

# value KEY - the number or word of the object in out
value() {
    sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$work/out"
}

# is KEY VALUE - the object in out has it
is() {
    [ "$(value "$1")" = "$2" ] || fail "$1 is '$(value "$1")', not '$2'"
}

expect 0 "$mtasim" link
says out 'middlebox: none'
says out 'delivered in '
silent err
ok "a path in order delivers"

expect 0 "$mtasim" link --json
is outcome delivered
is slow false
is body_bytes 50000
[ "$(grep -c '"shift_arrived"' out)" -eq 2 ] || fail 'not two sides'
cp out first
expect 0 "$mtasim" link --json
cmp -s out first || fail 'the same command says something else'
ok "the same command gives the same object"

# Each fault's class of outcome is the real kernel's, shift 8.
for row in 'strip-syn up delivered' 'strip-synack up stalled-data' \
    'set-syn=0 up delivered' 'set-syn=0 down stalled-data' \
    'set-synack=0 up stalled-data' 'drop-syn up no-connection' \
    'drop-synack up no-connection' 'track down stalled-data' \
    'track-syn up stalled-data' 'clamp=8192 up delivered'; do
    # shellcheck disable=SC2086 # three words
    set -- $row
    expect 0 "$mtasim" link --json --fault "$1" --direction "$2" --shift 8 \
        --size 1MB --limit 20s
    is outcome "$3"
done
ok "outcomes are those of the Linux kernel between such routers"

# The blank screen: the filter takes 29 for 29 bytes, the banner has 96.
expect 0 "$mtasim" link --fault track --client windows-2008 --client-window 7300
says out 'no banner: connected, and then a blank screen for 5 min'
expect 0 "$mtasim" link --fault track --client windows-2008 --client-window 7300 --json
is outcome no-banner
says out 'window field 29 means 7,424 bytes (shift 8); the middlebox takes it for 29 bytes'
expect 0 "$mtasim" link --fault track --client windows-2008-disabled
says out 'delivered in '
ok "the blank screen and its cure"

expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008
says out 'arrives with scale 0'
says out '>> 8, << 0 (!)'
expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008 --json
says out 'The SYN left with scale 8 and arrived with scale 0.'
says out 'divides its windows by 256 before it writes them; the server takes them as they stand'
ok "it is told where the two beliefs part"

expect 0 "$mtasim" link --fault drop-syn --client windows-2008 --json
is outcome delivered
says out 'the client then left the option out'
expect 0 "$mtasim" link --fault drop-syn
says out 'none reached the server'
ok "a client that leaves the option out gets through"

expect 0 "$mtasim" link --fault track --client windows-2008 --client-window 7300 --trace
says out 'IP client.49152 > server.25: Flags [S], seq 0, win 7300, options [mss 1460,'
says out 'nop,wscale 8], length 0'
says out 'IP server.25 > client.49152: Flags [P.], seq 1:97, ack 1, win '
says out '| dropped by the middlebox'
says out '| sent again, dropped by the middlebox'
ok "the packets are printed as tcpdump does, with what befell them"

expect 0 "$mtasim" link --loss 2% --size 500kB --trace
says out '| lost on the line'
expect 0 "$mtasim" link --queue 8kB --size 500kB --trace
says out '| dropped by the full queue'
ok "loss and overflow are told apart"

expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008 --pcap x.pcapng
[ "$(od -An -tx1 -N4 x.pcapng | tr -d ' ')" = 0a0d0d0a ] || fail 'no pcapng'
if command -v tshark >/dev/null; then
    fields() { # fields FILTER FIELD...
        filter=$1
        shift
        # shellcheck disable=SC2046 # words
        tshark -r x.pcapng -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
            -Y "$filter" -T fields $(printf ' -e %s' "$@") 2>/dev/null
    }
    [ -z "$(fields '_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0' frame.number)" ] ||
        fail 'tshark finds a malformed packet or a wrong checksum'
    [ "$(fields 'tcp' tcp.stream | sort -u | tr '\n' ' ')" = '0 1 ' ] ||
        fail 'tshark does not see two streams'
    [ "$(fields 'tcp.stream == 0 && tcp.flags.syn == 1 && tcp.flags.ack == 0' tcp.options.wscale.shift)" = 8 ] ||
        fail 'the client does not offer 8'
    [ "$(fields 'tcp.stream == 1 && tcp.flags.syn == 1 && tcp.flags.ack == 0' tcp.options.wscale.shift)" = 0 ] ||
        fail 'the server does not see 0'
    # On the client's side Wireshark computes what the client means, on the
    # server's what the server believes: the last window of each.
    meant=$(fields 'tcp.stream == 0 && tcp.srcport == 49152' tcp.window_size | tail -1)
    read=$(fields 'tcp.stream == 1 && tcp.srcport == 49152' tcp.window_size | tail -1)
    expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008 --json
    believed=$(sed -n '/^  "server": {/,/}/s/^    "window_believed_bytes": \([0-9]*\),*$/\1/p' out)
    [ "$read" -eq "$believed" ] || fail "tshark has $read, the server believes $believed"
    [ "$meant" -eq $((read * 256)) ] || fail "the client means $meant, not 256 * $read"
    ok "tshark reads the capture, and its windows are what each side believes"
    [ -n "$(fields 'smtp.rsp.parameter' frame.number)" ] || fail 'no SMTP in it'
    ok "tshark sees SMTP in it"
else
    ok "tshark reads the capture # SKIP tshark is not installed"
fi

# Two runs of one command write the same file.
expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008 --pcap x.pcapng
cp x.pcapng y.pcapng
expect 0 "$mtasim" link --fault set-syn=0 --client windows-2008 --pcap x.pcapng
cmp -s x.pcapng y.pcapng || fail 'the captures differ'
ok "the same command writes the same capture"

if command -v gnuplot >/dev/null; then
    expect 0 "$mtasim" link --fault strip-synack --shift 8 --plot hang.svg
    grep -q 'may send: believed' hang.svg || fail 'no line for the belief'
    grep -q '</svg>' hang.svg || fail 'the picture is not whole'
    expect 0 "$mtasim" link --fault track --client windows-2008 --plot hang.png
    grep -q PNG hang.png || fail 'no PNG'
    expect 0 "$mtasim" link --fault drop-syn --plot none.svg
    ok "the time-sequence graph is drawn"
else
    ok "the time-sequence graph is drawn # SKIP gnuplot is not installed"
fi

# 14,600 bytes of 1,460 are ten; the field of a side that does not scale has 16
# bits, so that no more than 65,535 bytes can be offered.
expect 0 "$mtasim" link --client-window-max 14600
says out 'client  linux, window scale 10, first window 14,600 bytes'
expect 0 "$mtasim" link --shift none --size 1MB --rtt 200ms --json
grep -q '"window_offered_bytes": 65535' out || fail 'more is offered than can be'
expect 0 "$mtasim" link --rate 1Gbit/s --fault clear=mss+timestamp
says out 'round trip 20 ms, 1 Gbit/s'
says out 'middlebox: clear=mss+timestamp'
ok "a limit of the window holds from the first, and for what can be written"

# All that is wrong is told at once, and nothing is written.
expect 2 "$mtasim" link --rtt 20 --rate fast --loss 200% --fault sad --shift 15 \
    --client windws-2008 --size 1B --plot a.gif --pcap a.pcapng --direction in
for wrong in '--rtt' '--rate' '--loss' '--fault wants none, strip-syn' '--shift must be none or 0 to 14' \
    'did you mean windows-2008' '--size must be 8B to 1GB' '--plot must end in .svg or .png' \
    "'in' is none of: up, down"; do
    says err "$wrong"
done
silent out
[ ! -e a.pcapng ] || fail 'a capture was written'
expect 2 "$mtasim" link --json --trace
says err 'say one'
expect 2 "$mtasim" link --fault clamp
says err '--fault wants a window from 0 to 65535 bytes'
expect 2 "$mtasim" link --pcap -
says err "--pcap wants the name of a file"
[ ! -e ./- ] || fail 'a file of the name - was written'
ok "everything wrong is told at once, and nothing is written"

mkdir folder
expect 2 "$mtasim" link --pcap folder --plot none/a.svg
says err 'folder: error: is there and is no plain file'
says err 'none/a.svg: error: cannot be written: No such file or directory'
silent out
[ -d folder ] || fail 'the folder is gone'
expect 2 "$mtasim" link "$small" --link wna
says err 'there is no link wna'
expect 2 "$mtasim" link --at 1h
says err '--at is of a scenario'
ok "a place that leads nowhere is told before the work"

router=$root/tests/fixtures/router
expect 0 "$mtasim" link "$router" --link wan --at 15m
says out 'round trip 40 ms, 10 Mbit/s'
says out 'middlebox: track'
expect 0 "$mtasim" link "$router" --link two
says out 'middlebox: clamp=8192'
says out 'server  bsd'
expect 2 "$mtasim" link "$router"
says err 'the scenario has 3 links: say which one'
ok "a scenario gives the path, its ends, and the faults of a time"
