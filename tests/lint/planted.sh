#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: MAKE=... CC=... CFLAGS=... WERROR=... OBJECTS=dir RELEASE=dir planted.sh
#
# A check that has silently stopped checking looks like one that passes. So:
# copy the tree, plant one violation after the other, and see each rule fail
# and name it. OBJECTS and RELEASE are build folders whose objects are copied
# along, so that only what was planted is compiled.
set -eu
: "${MAKE:=make}" "${CC:=cc}" "${OBJECTS:=build/debug}" "${RELEASE:=build/release}"
tree=$(mktemp -d "${TMPDIR:-/tmp}/mtasim-planted.XXXXXX")
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM
bad=0

for dir in sim models plots scheduler tests scenarios .ci Makefile; do
  if [ -e "$dir" ]; then
    cp -a "$dir" "$tree/"
  fi
done
objects() { # objects FROM TO - other jobs may be writing what is not needed
  mkdir -p "$2"
  for name in sim models plots scheduler flags list libmtasim.a libjobctl.a \
    jobctl.so qmgr.so; do
    if [ -e "$1/$name" ]; then
      cp -a "$1/$name" "$2/"
    fi
  done
}
objects "$OBJECTS" "$tree/build/debug"
objects "$RELEASE" "$tree/build/release"
# Whoever calls us hands make's flags down; here it is a make of its own.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS 2>/dev/null || true

check() { # check GOAL [VARIABLE=VALUE]
  (cd "$tree" && $MAKE --no-print-directory -j1 NO_INSTALL=1 CC="$CC" \
    CFLAGS="${CFLAGS:-}" WERROR="${WERROR:-}" "$@" 2>&1)
}

# clean GOAL - before anything is planted the rule must hold: otherwise its
# failing later would prove nothing.
clean() {
  if said=$(check "$@"); then
    return 0
  fi
  echo "not ok - planted: $1 passes before anything is planted"
  printf '%s\n' "$said" | sed 's/^/# /'
  bad=1
}

# finds WHAT NAMED GOAL... - what is planted now makes GOAL fail, and NAMED (a
# pattern) is in what it says.
finds() {
  what=$1
  named=$2
  shift 2
  if said=$(check "$@"); then
    echo "not ok - planted: $1 finds $what: it passed"
    bad=1
  elif ! printf '%s\n' "$said" | grep -q "$named"; then
    echo "not ok - planted: $1 finds $what: it failed without naming $named"
    printf '%s\n' "$said" | sed 's/^/# /'
    bad=1
  else
    echo "ok - planted: $1 finds $what"
  fi
}

# plant FILE - standard input becomes a new file, with a licence.
plant() {
  licence=GPL-3.0-or-later
  case $1 in
  scheduler/*) licence=MIT ;;
  esac
  {
    echo "/* SPDX-License-Identifier: $licence */"
    cat
  } >"$tree/$1"
}
uproot() {
  rm "$tree/$1"
}

# --- lint -------------------------------------------------------------------

clean lint

lint_finds() { # lint_finds WHAT NAMED FILE TEXT
  printf '%s\n' "$4" | plant "$3"
  finds "$1" "$2" lint
  uproot "$3"
}

lint_finds "an upward include in the kernel" \
  'planted.c:2: sim/kernel may not include models/mail.h' \
  sim/kernel/planted.c '#include "models/mail.h"'
lint_finds "an upward include in the models" \
  'planted.c:2: models may not include sim/lab/stat.h' \
  models/planted.c '#  include "sim/lab/stat.h"'
lint_finds "a model that knows the seam" \
  'planted.c:2: models may not include scheduler/sched_abi.h' \
  models/planted.c '#include "scheduler/sched_abi.h"'
lint_finds "a command that knows the seam" \
  'planted.c:2: sim/cmd may not include scheduler/sched_abi.h' \
  sim/cmd/planted.c '#include "scheduler/sched_abi.h"'
lint_finds "plots that know a model" \
  'planted.c:2: plots may not include models/mail.h' \
  plots/planted.c '#include "models/mail.h"'
lint_finds "a scheduler that knows the simulator" \
  'planted.c:2: scheduler/core may not include ../../sim/kernel/evq.h' \
  scheduler/core/planted.c '#include "../../sim/kernel/evq.h"'
lint_finds "stdio in the scheduler" \
  'planted.c:2: scheduler/core may not include stdio.h' \
  scheduler/core/planted.c '#include <stdio.h>'
lint_finds "libm's header in a model" \
  'planted.c:2: models may not include math.h' \
  models/planted.c '#include <math.h>'
lint_finds "mail in TCP" \
  'planted.c:2: models/tcp may not include models/mail.h' \
  models/tcp/planted.c '#include "models/mail.h"'
lint_finds "a database in the models" \
  'planted.c:2: models may not include sqlite3.h' \
  models/planted.c '#include <sqlite3.h>'
lint_finds "a clock in the kernel" 'planted.c:2: banned call' \
  sim/kernel/planted.c 'long now(void) { return time (0); }'
lint_finds "a sort without a total order" 'planted.c:2: banned call' \
  models/planted.c 'void f(void) { qsort(a, 1, 1, c); }'
lint_finds "the environment read in the scheduler" 'planted.c:2: banned call' \
  scheduler/core/planted.c 'char *f(void) { return getenv("X"); }'
lint_finds "a call of libm" 'planted.c:2: libm call' \
  models/planted.c 'int f(int x) { return (int)sqrt(x); }'
lint_finds "floating point in the kernel" 'planted.c:2: floating point' \
  sim/kernel/planted.c 'static const double half = 1 / 2;'
lint_finds "floating point in the scheduler" 'planted.c:2: floating point' \
  scheduler/core/planted.c 'float f(void);'
lint_finds "what is left for later" 'planted.c:2: unfinished' \
  sim/lab/planted.c '/* TO''DO */'
lint_finds "a file that is too long" 'planted.c:701: longer than 700' \
  models/planted.c "$(awk 'BEGIN { for (i = 0; i < 705; i++) print "" ; print "int x;" }')"

echo '/* SPDX-License-Identifier: GPL-3.0-or-later */' \
  >"$tree/scheduler/planted.h"
finds "a scheduler that could not be carried away" \
  'planted.h:1: licence GPL-3.0-or-later, where MIT' lint
uproot scheduler/planted.h
echo 'int planted_x;' >"$tree/sim/kernel/planted.c"
finds "a file without a licence" 'planted.c:1: no SPDX' lint
uproot sim/kernel/planted.c

# The table of keywords.
keyword_finds() { # keyword_finds WHAT NAMED SED-EXPRESSION
  cp -p "$tree/scheduler/README.md" "$tree/saved"
  sed "$3" "$tree/saved" >"$tree/scheduler/README.md"
  finds "$1" "$2" lint
  cp -p "$tree/saved" "$tree/scheduler/README.md"
}

keyword_finds "a keyword whose test is gone" \
  'no test is named slave_channel_starts_jobs' \
  's/slave_channel_never_starts_jobs/slave_channel_starts_jobs/'
keyword_finds "a keyword whose scenario is gone" \
  'no scenario is named polled-partners' 's/| polled-partner |/| polled-partners |/'
keyword_finds "a keyword that its scenario does not use" \
  'holdlimit is used nowhere in scenarios/' \
  '/^| `holdlimit`/s/| mailing-list |/| slow-remote |/'
keyword_finds "a keyword without a case" 'noservices has no case' \
  's/`noservice`/`noservices`/'
keyword_finds "a keyword without a source" 'a row without all five cells' \
  '/^| `MAX_MESSAGES`/s/| G |/| |/'
keyword_finds "a keyword of an unknown source" 'X is no source' \
  '/^| `MAX_MESSAGES`/s/| G |/| X |/'
keyword_finds "a table that is gone" 'rows are left' '/^| `/d'

# --- globals, headers, layout -----------------------------------------------

clean check-globals
plant sim/kernel/planted.c <<'END'
int planted_next(void);
int
planted_next(void)
{
    static int calls;
    return ++calls;
}
END
finds "a writable static in the library" 'writable variable: calls' \
  check-globals
uproot sim/kernel/planted.c
plant scheduler/core/planted.c <<'END'
int planted_table[2] = {1, 2};
END
finds "a writable global in the scheduler" 'writable variable: planted_table' \
  check-globals
uproot scheduler/core/planted.c

clean check-headers ALL_HDR=sim/kernel/evq.h
plant models/planted.h <<'END'
int planted_f(uint32_t x);
END
finds "a header that needs another first" 'models/planted.h compiles' \
  check-headers "ALL_HDR=sim/kernel/evq.h models/planted.h"
uproot models/planted.h

clean check-abi
cp -p "$tree/scheduler/sched_abi.h" "$tree/saved"
awk '/^struct sched_job_event/ { inside = 1 }
  inside && /uint32_t job;/ { print "    uint32_t zero;"; next }
  inside && /uint32_t zero;/ { print "    uint32_t job;"; inside = 0; next }
  { print }' "$tree/saved" >"$tree/scheduler/sched_abi.h"
finds "two fields that changed places" 'sched_abi.txt: it has changed' check-abi
awk '/uint32_t channel; \/\* destination channel/ { print "    uint32_t more;" }
  { print }' "$tree/saved" >"$tree/scheduler/sched_abi.h"
finds "a field put in between" 'sched_abi.txt: it has changed' check-abi
awk '/SCHED_RESULT_MISSING = 3/ { print "    SCHED_RESULT_LATE = 4," }
  { print }' "$tree/saved" >"$tree/scheduler/sched_abi.h"
finds "a constant that is new" '# SCHED_RESULT_LATE' check-abi
cp -p "$tree/saved" "$tree/scheduler/sched_abi.h" # with its old date

# --- the seam ---------------------------------------------------------------

clean check-seam

seam_finds() { # seam_finds WHAT NAMED TEXT
  printf '%s\n' "$3" | plant scheduler/core/planted.c
  finds "$1" "$2" check-seam
  uproot scheduler/core/planted.c
}

seam_finds "a call of the C library" 'outside symbol: puts' \
  'int puts(const char *s); int planted(void);
   int planted(void) { return puts("x"); }'
seam_finds "a call of libm" 'outside symbol: sqrt' \
  'double sqrt(double x); double planted(double x);
   double planted(double x) { return sqrt(x); }'
seam_finds "a writable table" 'section .data' \
  'int planted[2] = {1, 2};'
seam_finds "a counter" 'section .bss' \
  'int planted(void); static int calls;
   int planted(void) { return ++calls; }'
seam_finds "a thread-local" 'section .tbss' \
  'int planted(void); static _Thread_local int calls;
   int planted(void) { return ++calls; }'
seam_finds "code that runs at load" 'section .init_array' \
  '__attribute__((constructor)) static void
   planted(void) { __asm__ volatile(""); }'
seam_finds "a second exported symbol" 'exported symbol: planted' \
  '__attribute__((visibility("default"))) int planted(void);
   int planted(void) { return 1; }'

# --- golden traces ----------------------------------------------------------

# A program that gives a trace of its own for every scenario.
pretend() { # pretend TRACE-COMMAND
  printf '#!/bin/sh\n{ %s; } >"$4"\necho "digest 0"\n' "$1" >"$tree/pretend"
  chmod +x "$tree/pretend"
}
golden_finds() { # golden_finds WHAT NAMED TRACE-COMMAND
  pretend "$3"
  if said=$(sh tests/golden.sh "$tree/pretend" 2>&1); then
    echo "not ok - planted: golden finds $1: it passed"
    bad=1
  elif ! printf '%s\n' "$said" | grep -q "$2"; then
    echo "not ok - planted: golden finds $1: it failed without naming $2"
    printf '%s\n' "$said" | head -20 | sed 's/^/# /'
    bad=1
  else
    echo "ok - planted: golden finds $1"
  fi
}
golden_finds "another trace" 'not ok - golden: backoff: behaviour changed' \
  'echo 1 host wake'
# shellcheck disable=SC2016 # $$ is for the program
golden_finds "two runs that differ" 'not ok - golden: backoff: NOT DETERM' \
  'echo $$ host wake'
golden_finds "a run that fails" 'exit status 70' 'exit 70'

# --- the counting itself ----------------------------------------------------

counts() { # counts WHAT "PASSED FAILED SKIPPED" COMMAND
  sh tests/setup/run.sh "$tree/count" it sh -c "$3" >"$tree/said"
  read -r found <"$tree/count/it.count"
  total=0
  sh tests/setup/total.sh "$tree/count" it >"$tree/said" || total=1
  expected=0
  case $2 in "0 "* | *" 1 "*) expected=1 ;; esac
  if [ "$found" = "$2" ] && [ $total -eq $expected ]; then
    echo "ok - planted: the count of $1 is $2"
  else
    echo "not ok - planted: the count of $1 is $2: it was $found, exit $total"
    bad=1
  fi
}
counts "two that pass" "2 0 0" 'echo 1..2; echo ok 1; echo ok 2 - b'
counts "one of each kind" "1 1 1" \
  'echo ok - a; echo not ok - b; echo "not ok 3 # SKIP c"; exit 1'
counts "a test that ends in the middle" "1 1 0" 'echo 1..2; echo ok 1'
counts "a crash after the last test" "1 1 0" 'echo 1..1; echo ok 1; exit 139'
counts "a program that says nothing" "0 1 0" 'exit 0'
counts "a program that is not there" "0 1 0" 'exec ./no-such-program'
counts "tests that are all skipped" "0 0 1" 'echo "ok 1 # SKIP no gnuplot"'
if sh tests/setup/total.sh "$tree/count" it never-run >"$tree/said"; then
  echo "not ok - planted: a test that left no count is a failure"
  bad=1
else
  echo "ok - planted: a test that left no count is a failure"
fi

exit $bad
