#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: seam.sh OBJECT.so SYMBOLS
#
# What "the scheduler runs unmodified" rests on: the release object exports
# sched_entry() alone, asks for no symbol that SYMBOLS does not list, needs no
# library but the C library, runs nothing when it is loaded, and has no
# writable byte. Tables of pointers (.data.rel.ro) are fine, since full RELRO
# makes them read-only.
set -eu
object=$1
symbols=$2
bad=0

# rule CLAIM AWK-PROGRAM COMMAND... - the program prints offenders in what the
# command says; a command that fails or says nothing is no proof.
rule() {
  claim=$1
  program=$2
  shift 2
  if ! told=$("$@" "$object") || [ -z "$told" ]; then
    said="$* says nothing"
  elif said=$(printf '%s\n' "$told" | awk -v symbols="$symbols" "$program") &&
    [ -z "$said" ]; then
    echo "ok - seam: $claim"
    return
  fi
  echo "not ok - seam: $claim"
  printf '%s\n' "$said" | sed "s|^|# $object: |"
  bad=1
}

rule "it asks only for the symbols that $symbols lists" '
  BEGIN { while ((getline line < symbols) > 0) ok[line] = 1 }
  NF == 2 {
    sub(/@.*/, "", $2)
    if (!($2 in ok)) print "outside symbol: " $2
  }' nm -D

rule "it exports sched_entry and nothing else" '
  NF == 3 && $3 == "sched_entry" { found = 1 }
  NF == 3 && $3 != "sched_entry" { print "exported symbol: " $3 }
  END { if (!found) print "no sched_entry" }' nm -D

# Columns of objdump -h: index, name, size.
rule "it has no writable section and none that runs at load" '
  $1 ~ /^[0-9]+$/ && $3 !~ /^0+$/ && $2 !~ /^\.data\.rel\.ro/ &&
  $2 ~ /^\.(s?data|s?bss|tdata|tbss|(pre)?init|(pre)?init_array|fini|fini_array|[cd]tors)(\.|$)/ {
    print "section " $2 ", 0x" $3 " bytes"
  }' objdump -h

# Columns of objdump -t: address, flags, section, size, name.
rule "it has no writable variable" '
  { sub(/ \.(hidden|protected|internal) /, " ") } # before the name
  NF >= 5 && $(NF - 2) ~ /^(\.s?data|\.s?bss|\.tdata|\.tbss|\*COM\*)/ &&
  $(NF - 2) !~ /^\.data\.rel\.ro/ && $NF !~ /^\./ {
    print "writable variable: " $NF
  }' objdump -t

rule "its tables of pointers are read-only before it runs" '
  $1 == "RELRO" { relro = 1 }
  $1 == "FLAGS" && $2 ~ /[89a-f]$/ { now = 1 } # DF_BIND_NOW is 8
  END {
    if (!relro) print "no RELRO segment"
    if (!now) print "not bound when it is loaded"
  }' objdump -p

rule "it needs no library but the C library" '
  $1 == "NEEDED" && $2 !~ /^libc\./ { print "needs " $2 }
  $1 ~ /^(INIT|FINI)(_ARRAY)?$/ { print "runs code when loaded: " $1 }
  ' objdump -p

exit $bad
