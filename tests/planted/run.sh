#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: CC=... CFLAGS=... LIBS=... run.sh BUILD [PART-OF-NAME]...
#
# Would the tests notice? Each NN-name.patch here is a mistake in the scheduler
# that somebody could make; its first line says which. One after the other they
# are applied to a copy of scheduler/, and every check is run that knows nothing
# of them, the cheapest first:
#
#   oracle      mtasim run: what the simulator saw breaks a law or a rule
#   golden      a trace of tests/golden is another
#   reference   prop_reference: the naive second scheduler decides otherwise
#   worlds      prop_jobctl: in a random world something is lost or exceeded
#   doctor      mtasim doctor: not conformant
#   units       test_jobctl_*: only asked when nothing above finds anything, for
#               these are the rules one by one, and the question is what the
#               whole notices
#   check       mtasim check: other decisions than the unpatched object's. That
#               finds nearly anything, but a good object must be at hand
#
# The unpatched copy goes first: nothing may find anything in it. It is an error
# if a patch no longer applies: then rewrite it. FIRST=1 stops at the first
# check that finds something. BUILD is a debug build with mtasim, libmtasim.a
# and the objects of the tests. Exit status 1: something was missed.
set -eu
build=$1
shift
: "${CC:=cc}" "${CFLAGS:=}" "${LIBS:=-lcmocka -lgsl -lgslcblas -lsqlite3 -lyaml}"
here=tests/planted
core=scheduler/core
seconds_max=120 # of processor time; an object that hangs is caught as well
reference_events=500000
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mtasim-planted.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
case $build in /*) ;; *) build=$PWD/$build ;; esac
mtasim=$build/mtasim
good=$tmp/good/jobctl.so

die() {
  echo "planted: $*" >&2
  exit 2
}

# --- Building ----------------------------------------------------------------

# compile TREE FILE... - objects beside the sources
compile() {
  tree=$1
  shift
  for file; do
    # shellcheck disable=SC2086 # flags are words
    "$CC" -std=c11 -O1 -fPIC -fvisibility=hidden -ffp-contract=off \
      -fsigned-char -fno-common $CFLAGS -c -o "${file%.c}.o" "$file" ||
      die "$tree does not compile"
  done
}

# link TREE - its jobctl.so; a test is linked when it is its turn
link() {
  # shellcheck disable=SC2086
  "$CC" $CFLAGS -shared -nostartfiles -Wl,-z,relro,-z,now,--build-id=none \
    -o "$1/jobctl.so" "$1/$core"/*.o
}

link_test() { # link_test TREE FOLDER/NAME
  # shellcheck disable=SC2086
  "$CC" $CFLAGS -Wl,--wrap=base_assert_fail -o "$1/${2##*/}" \
    "$build/tests/$2.o" "$build"/tests/support/*.o \
    "$build"/tests/reference/*.o "$build/libmtasim.a" "$1/$core"/*.o \
    $LIBS -ldl -lm
}

# plant PATCH TREE - a copy of scheduler/ with the mistake in it, compiled
plant() {
  mkdir -p "$2"
  cp -Rp "$tmp/good/scheduler" "$2/"
  (cd "$2" && patch -p1 -s -F0 --no-backup-if-mismatch) <"$1" >"$2/patch.out" 2>&1 || {
    sed 's/^/# /' "$2/patch.out"
    die "$1 no longer applies"
  }
  case $(grep '^+++ ' "$1") in
  *.h*) compile "$2" "$2/$core"/*.c ;;
  *) # shellcheck disable=SC2046
    compile "$2" $(sed -n "s|^+++ b/|$2/|p" "$1") ;;
  esac
  link "$2"
}

# --- Checks: each answers 0 if it finds nothing ---------------------------------

limited() { # of its own time: a machine that is busy catches nothing
  (
    ulimit -t "$seconds_max"
    exec "$@"
  ) >"$tree/out" 2>&1
}

check_oracle() {
  for scenario in tests/fixtures/cmd/small tests/fixtures/outage \
    scenarios/shared-pool tests/golden/*/; do
    limited "$mtasim" run "$scenario" --scheduler "$tree/jobctl.so" --quiet ||
      return 1
  done
}

check_golden() {
  for folder in tests/golden/*/; do
    folder=${folder%/}
    limited "$mtasim" run "$folder" --scheduler "$tree/jobctl.so" --quiet \
      --trace "$tree/trace" || true
    sed -n 's/^digest  */digest /p' "$tree/out" >>"$tree/trace"
    cmp -s "$folder/${folder##*/}.trace" "$tree/trace" || return 1
  done
}

check_reference() {
  link_test "$tree" props/prop_reference
  PROP_SHRINK=0 SOAK_EVENTS=$reference_events limited "$tree/prop_reference"
}

check_worlds() {
  link_test "$tree" props/prop_jobctl
  PROP_SEED=1 limited "$tree/prop_jobctl"
}

check_doctor() {
  limited "$mtasim" doctor --scheduler "$tree/jobctl.so"
}

check_units() {
  for object in "$build"/tests/unit/test_jobctl_*.o; do
    name_of=${object##*/}
    name_of=${name_of%.o}
    link_test "$tree" "unit/$name_of"
    limited "$tree/$name_of" || return 1
  done
}

check_check() {
  limited "$mtasim" check tests/fixtures/cmd/small tests/golden/pool-slot \
    --baseline "$good" --candidate "$tree/jobctl.so" -n 2
}

# look TREE - sets `found` to the names of the checks that found something
look() {
  tree=$1
  found=
  for check in oracle golden reference worlds doctor units check; do
    [ "$check" != units ] || [ -z "$found" ] || continue
    "check_$check" || found="$found${found:+, }$check"
    if [ -n "$found" ] && [ -n "${FIRST:-}" ]; then
      return
    fi
  done
}

# --- All of them ---------------------------------------------------------------

is_asked() { # is_asked NAME PART...
  name=$1
  shift
  [ $# -gt 0 ] || return 0
  for part; do
    case $name in *"$part"*) return 0 ;; esac
  done
  return 1
}

for file in mtasim libmtasim.a tests/props/prop_reference.o \
  tests/props/prop_jobctl.o tests/unit/test_jobctl_life.o; do
  [ -e "$build/$file" ] || die "$build/$file is missing: make planted-bugs"
done
mkdir "$tmp/good"
mkdir "$tmp/good/scheduler"
cp -Rp scheduler/core scheduler/sched_abi.h "$tmp/good/scheduler/"
compile "$tmp/good" "$tmp/good/$core"/*.c
link "$tmp/good"
look "$tmp/good"
if [ -n "$found" ]; then
  echo "not ok - unpatched: found by $found"
  tail -20 "$tmp/good/out" | sed 's/^/# /'
  exit 1
fi
echo "ok - unpatched: nothing is found"

planted=0
missed=0
alone=0 # needs a good object
for patch in "$here"/*.patch; do
  name=${patch##*/}
  name=${name%.patch}
  is_asked "$name" "$@" || continue
  planted=$((planted + 1))
  tree=$tmp/$name
  plant "$patch" "$tree"
  look "$tree"
  title=$(echo "$name" | tr - ' ')
  if [ -n "$found" ]; then
    echo "ok - $title: caught by $found"
  else
    missed=$((missed + 1))
    echo "not ok - $title: nothing caught it"
    sed -n '1s/^/# /p' "$patch"
  fi
  if [ "$found" = check ]; then
    alone=$((alone + 1))
  fi
  rm -rf "$tree"
done
[ "$planted" -gt 0 ] || die "no patch has such a name"
echo "$planted planted, $missed missed, $alone caught only beside a good object"
[ "$missed" -eq 0 ]
