#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: MAKE=... digest.sh [SCENARIO...]
#
# A run is a function of its inputs: not of the compiler, not of how hard it
# optimises, not of the processor's instructions. Builds the program several
# ways, side by side under build/, runs the same scenarios with each and with
# fused and wide instructions hidden from the C library, and compares digests.
set -eu
: "${MAKE:=make}"
[ $# -gt 0 ] || set -- scenarios/threaddepth-smarthost scenarios/backoff-outage \
  scenarios/broken-router
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS 2>/dev/null || true
passed=0 failed=0 skipped=0

digest() { # digest PROGRAM SCENARIO
  "$1" run "$2" --json --quiet |
    sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p' | head -1
}

compare() { # compare HOW PROGRAM SCENARIO
  found=$(digest "$2" "$3") || found=
  name=${3##*/}
  if [ -z "$found" ]; then
    echo "not ok - digest: $name: $1: the run failed"
    failed=$((failed + 1))
  elif [ "$found" = "$want" ]; then
    echo "ok - digest: $name: $1: $found"
    passed=$((passed + 1))
  else
    echo "not ok - digest: $name: $1: $found, but $first gives $want"
    failed=$((failed + 1))
  fi
}

build() { # build VARIABLE=VALUE... - quiet unless it fails
  if ! said=$($MAKE --no-print-directory "$@" all 2>&1); then
    printf '%s\n' "$said"
    echo "not ok - digest: make $* fails"
    exit 1
  fi
}

built=
for way in gcc-O0 gcc-O3 clang-O0; do
  cc=${way%-*}
  if ! command -v "$cc" >/dev/null 2>&1; then
    echo "ok - digest: $way # SKIP $cc is not installed"
    skipped=$((skipped + 1))
    continue
  fi
  build BUILD=release CC="$cc" CFLAGS="-g0 -${way#*-}" OUT="build/digest-$way"
  built="$built $way"
done
build BUILD=debug

first="a debug build"
for scenario; do
  want=$(digest build/debug/mtasim "$scenario")
  for way in $built; do
    compare "$way" "build/digest-$way/mtasim" "$scenario"
  done
  # Debian's gcc builds for any x86-64; what glibc picks at run time is hidden.
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4
  export GLIBC_TUNABLES
  for way in $built; do
    compare "$way without AVX2 and FMA" "build/digest-$way/mtasim" "$scenario"
  done
  unset GLIBC_TUNABLES
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
