#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: lint.sh
#
# Rules about the text of the sources that no compiler knows: who may include
# whom, calls and types that would let a run depend on more than its scenario
# and its seed, a licence in each file, nothing unfinished, no file too long.
# Each rule is one awk program; planted.sh shows that each one still bites.
set -eu
bad=0

sources=$(find sim models plots scheduler tests -name '*.[ch]' | sort)
scripts=$(find tests -name '*.sh' | sort)
[ ! -e .ci/run ] || scripts="$scripts .ci/run"

rule() { # rule CLAIM AWK-PROGRAM FILE...
  claim=$1
  program=$2
  shift 2
  if said=$(awk "$program" "$@" </dev/null) && [ -z "$said" ]; then
    echo "ok - lint: $claim"
  else
    echo "not ok - lint: $claim"
    printf '%s\n' "$said" | sed 's/^/# /'
    bad=1
  fi
}

# layer() - the row of the table below that a file belongs to.
layer='
  function layer(file) {
    if (file ~ /^models\/mta\//) return "models/mta"
    if (file ~ /^models\/tcp\//) return "models/tcp"
    if (file ~ /^(models|plots|tests)\//) return substr(file, 1, index(file, "/") - 1)
    match(file, /^[a-z]+\/[a-z]+/)
    if (RSTART && file ~ /^[a-z]+\/[a-z]+\//) return substr(file, 1, RLENGTH)
    return "scheduler"
  }
'

# The layers, lowest first; nothing includes upward.
# shellcheck disable=SC2086,SC2016 # a list of files; awk programs
rule "nothing includes upward" "$layer"'
  BEGIN {
    own = "[a-z0-9_]+\\.h"
    quoted["scheduler"]      = "^$"
    quoted["scheduler/core"] = "^(" own "|\\.\\./sched_abi\\.h)$"
    quoted["scheduler/qmgr"] = quoted["scheduler/core"]
    quoted["scheduler/live"] = quoted["scheduler/core"]
    quoted["sim/kernel"]     = "^sim/kernel/" own "$"
    quoted["models"]         = "^(sim/kernel|models|models/tcp)/" own "$"
    quoted["models/tcp"]     = "^(sim/kernel|models/tcp)/" own "$"
    quoted["models/mta"]     = "^((sim/kernel|models|models/mta|models/tcp)/" own \
                               "|scheduler/sched_abi\\.h)$"
    quoted["sim/lab"]        = "^(sim/(kernel|lab)|models|models/mta|models/tcp)/" own "$"
    quoted["plots"]          = "^(sim/kernel/(base|civil|diag)\\.h|plots/" own ")$"
    quoted["sim/cmd"]        = "^(sim/(kernel|lab|cmd)|models|models/mta|models/tcp|plots)/" \
                               own "$|^program_sha256\\.h$"
    quoted["tests"]          = "."

    free  = "stdarg|stdbool|stddef|stdint|limits|stdalign|stdnoreturn|iso646"
    # The part of libc that depends on nothing but its arguments.
    libc  = free "|ctype|errno|inttypes|stdio|stdlib|string"
    posix = libc "|assert|locale|math|setjmp|signal|time|dirent|fcntl|getopt" \
            "|poll|pthread|regex|spawn|strings|unistd|termios|glob" \
            "|sys/(file|ioctl|mman|resource|select|stat|statvfs|time|types|utsname|wait)"
    angle["scheduler"]      = "stdint"
    angle["scheduler/core"] = free "|string"
    angle["scheduler/qmgr"] = angle["scheduler/core"]
    angle["scheduler/live"] = posix "|curl/curl|dlfcn|stdatomic|sys/socket|sys/un"
    angle["sim/kernel"]     = libc
    angle["models"]         = libc
    angle["models/mta"]     = libc "|dlfcn"
    angle["models/tcp"]     = libc
    angle["sim/lab"]        = posix "|gsl/gsl_[a-z_]+|sqlite3|yaml"
    angle["plots"]          = posix "|sqlite3"
    angle["sim/cmd"]        = posix
    angle["tests"]          = ".*"
    # Beyond the table, each with its reason.
    also["sim/lab/sweep_run.c"] = "sys/prctl" # a child ends with its parent
    also["sim/cmd/twice.c"] = "sys/personality" # a run at other addresses
  }
  /^[ \t]*#[ \t]*include/ {
    dir = layer(FILENAME)
    if (!(dir in quoted)) {
      printf "%s:%d: %s is no layer that is known\n", FILENAME, FNR, dir
      next
    }
    name = $0
    if (sub(/^[^"<]*"/, "", name)) {
      sub(/".*/, "", name)
      allowed = name ~ quoted[dir]
    } else {
      sub(/^[^<]*</, "", name)
      sub(/>.*/, "", name)
      allowed = name ~ ("^(" angle[dir] ")\\.h$") ||
                (FILENAME in also && name ~ ("^(" also[FILENAME] ")\\.h$"))
    }
    if (!allowed)
      printf "%s:%d: %s may not include %s\n", FILENAME, FNR, dir, name
  }' $sources

# code - the line without comments and strings, in `text`.
code='
  FNR == 1 { inside = 0 }
  {
    text = $0
    gsub(/\\./, "", text)
    gsub(/"[^"]*"/, "\"\"", text)
    gsub(/\/\*([^*]|\*[^\/])*\*\//, " ", text)
    if (inside) {
      if (!sub(/^.*\*\//, "", text)) text = ""
      else inside = 0
    }
    if (sub(/\/\*.*/, "", text)) inside = 1
    sub(/\/\/.*/, "", text)
  }
'
decides=$(printf '%s\n' "$sources" |
  grep -E '^(sim/kernel|models|scheduler)/' | grep -v '^scheduler/live/')

# shellcheck disable=SC2086,SC2016
rule "no clock, environment, locale or foreign chance where a run is decided" \
  "$code"'
  BEGIN {
    banned = "(^|[^A-Za-z0-9_>.])(time|localtime|gmtime|mktime|clock|" \
      "clock_gettime|gettimeofday|nanosleep|sleep|rand|rand_r|srand|random|" \
      "srandom|drand48|getenv|setenv|setlocale|localeconv|strtod|strtof|" \
      "strtold|atof|strtok|strtok_r|alloca|qsort|qsort_r|getpid|pthread_[a-z_]*)" \
      "[ \t]*\\("
  }
  text ~ banned { printf "%s:%d: banned call: %s\n", FILENAME, FNR, $0 }
  ' $decides

# shellcheck disable=SC2086,SC2016
rule "no floating point and no libm where a run is decided" "$code"'
  BEGIN {
    libm = "(^|[^A-Za-z0-9_>.])(sqrt|pow|exp|exp2|expm1|log|log2|log10|log1p|" \
      "sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|floor|ceil|round|lround|" \
      "llround|trunc|rint|fabs|fmod|fma|fmin|fmax|cbrt|hypot|erf|erfc|tgamma|" \
      "lgamma|ldexp|frexp|modf|scalbn|nearbyint|isnan|isinf)[fl]?[ \t]*\\("
  }
  text ~ libm { printf "%s:%d: libm call: %s\n", FILENAME, FNR, $0 }
  text ~ /(^|[^A-Za-z0-9_])(float|double|_Complex)([^A-Za-z0-9_]|$)/ {
    printf "%s:%d: floating point: %s\n", FILENAME, FNR, $0
  }' $decides

# shellcheck disable=SC2086,SC2016
rule "each file names its licence" '
  function finish() {
    if (file == "") return
    if (!named) printf "%s:1: no SPDX-License-Identifier\n", file
    else if (named != expected)
      printf "%s:1: licence %s, where %s holds\n", file, named, expected
  }
  FNR == 1 {
    finish()
    file = FILENAME
    named = ""
    expected = file ~ /^scheduler\// ? "MIT" : "GPL-3.0-or-later"
  }
  FNR <= 3 && /SPDX-License-Identifier: / {
    named = $0
    sub(/.*SPDX-License-Identifier: /, "", named)
    sub(/[ \t].*/, "", named)
  }
  END { finish() }' $sources $scripts

# The pattern is put together so that this file does not hold it.
# shellcheck disable=SC2086,SC2016
rule "nothing is left for later" '
  BEGIN { later = "(^|[^A-Za-z0-9_])(TO" "DO|FIX" "ME|X" "XX)([^A-Za-z0-9_]|$)" }
  $0 ~ later { printf "%s:%d: unfinished: %s\n", FILENAME, FNR, $0 }
  ' $sources $scripts

# shellcheck disable=SC2086,SC2016
rule "no file is too long to be one idea" '
  BEGIN {
    max = 700
    tests = 800 # a list of claims that know nothing of each other
  }
  FNR == 1 {
    limit = FILENAME ~ /_table\.[ch]$/ ? 100000 \
            : FILENAME ~ /^tests\// ? tests : max
  }
  FNR == limit + 1 {
    printf "%s:%d: longer than %d lines\n", FILENAME, FNR, limit
  }' $sources

# The table of keywords in scheduler/README.md. A keyword is a word in `code` in
# the first column. Its row has a rule, a source, tests that are functions of
# tests/unit (without test_ or test_jobctl_), and folders of scenarios/ of which
# one uses it: in what runs there, or in code in its README. And each has its
# case in the test that goes from the file to the mail.
keywords=scheduler/README.md
cases=tests/cmd/test_keywords.sh

# word_in WORD FILE... - it is there outside comments, or in code
word_in() {
  word=$1
  shift
  awk -v word="$word" '
    function has(text) {
      return tolower(text) ~ ("(^|[^a-z0-9_])" tolower(word) "([^a-z0-9_]|$)")
    }
    FNR == 1 || /^$/ { inside = 0 }
    /^$/ { next }
    FILENAME ~ /\.md$/ && /^    / { if (has($0)) found = 1; next }
    FILENAME ~ /\.md$/ {
      count = split($0, parts, "`") # code may go on in the next line
      for (i = 1; i <= count; i++)
        if ((i + inside) % 2 == 0 && has(parts[i])) found = 1
      inside = (inside + count - 1) % 2
      next
    }
    /^[ \t]*[!#]/ { next }
    has($0) { found = 1 }
    END { exit !found }' "$@"
}

# row - one row of the table: what is wrong with it
row() {
  at=$keywords:$1
  for cell in "$2" "$3" "$4" "$5" "$6"; do
    case $cell in *[!\ ]*) ;; *) echo "$at: a row without all five cells" ;; esac
  done
  words=$(printf '%s\n' "$2" | grep -o '`[^`]*`' | tr -d '`')
  [ -n "$words" ] || echo "$at: a row without a keyword in code"
  for source in $4; do
    case $source in
    [GWP-]) ;;
    *) echo "$at: $source is no source that is known" ;;
    esac
  done
  for test in $5; do
    grep -qE "^test_(jobctl_)?$test\\(" tests/unit/*.c ||
      echo "$at: no test is named $test"
  done
  files=
  for folder in $6; do
    if [ -e "scenarios/$folder/scenario.yaml" ]; then
      files="$files $(find "scenarios/$folder" -name imta.cnf -o -name '*.yaml' \
        -o -name job_controller.cnf -o -name '*_option' -o -name README.md)"
    else
      echo "$at: no scenario is named $folder"
    fi
  done
  for word in $words; do
    # shellcheck disable=SC2086 # files and words
    [ -z "$files" ] || word_in "$word" $files ||
      echo "$at: $word is used nowhere in scenarios/ $6"
    word_in "$word" "$cases" || echo "$at: $word has no case in $cases"
  done
}

said=$(awk '/^\| keyword \|/ { inside = 1; getline; next }
    inside && !/^\|/ { exit }
    inside { print FNR "|" $0 }' "$keywords" |
  while IFS='|' read -r line _ words rule source tests folders _; do
    row "$line" "$words" "$rule" "$source" "$tests" "$folders"
  done)
rows=$(grep -c '^| `' "$keywords" || true)
if [ -z "$said" ] && [ "$rows" -ge 40 ]; then
  echo "ok - lint: each keyword has rule, source, test and scenario"
else
  echo "not ok - lint: each keyword has rule, source, test and scenario"
  printf '%s\n' "${said:-$keywords: only $rows rows are left}" | sed 's/^/# /'
  bad=1
fi

exit $bad
