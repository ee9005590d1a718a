#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: setup.sh OUT.mk yes|no NEED...
#
# Finds what the build needs, by pkg-config module and by command, and writes
# what it found to OUT.mk for the Makefile to include. What is missing among
# NEED is named, one line each, with the command that installs it; with "yes"
# that command is run. Without a terminal nothing is ever asked.
#
# OUT.mk names the files it was made from (gsl.pc, the compiler, ...) as its
# prerequisites, so make runs this again when one of them changes or goes.
# CC, FUZZ_CC, PKG_CONFIG and CLANG_FORMAT come from the environment.
set -u
out=$1
install=$2
shift 2
: "${CC:=cc}" "${FUZZ_CC:=clang}" "${PKG_CONFIG:=pkg-config}"

# What, least version, then its package for apt, dnf and brew ("-": none).
table="
cc           -      gcc+libc6-dev     gcc+glibc-devel      gcc
pkg-config   -      pkg-config        pkgconf-pkg-config   pkgconf
gsl          2.7    libgsl-dev        gsl-devel            gsl
sqlite3      3.37   libsqlite3-dev    sqlite-devel         sqlite
yaml-0.1     0.2    libyaml-dev       libyaml-devel        libyaml
cmocka       1.1.5  libcmocka-dev     libcmocka-devel      cmocka
gnuplot      -      gnuplot-nox       gnuplot-minimal      gnuplot
clang-format -      clang-format      clang-tools-extra    clang-format
clang-tidy   -      clang-tidy        clang-tools-extra    llvm
valgrind     -      valgrind          valgrind             valgrind
libfuzzer    -      clang+libclang-rt-14-dev clang+compiler-rt llvm
"

row() {
  printf '%s\n' "$table" | awk -v what="$1" -v col="$2" '
    $1 == what { gsub(/\+/, " ", $col); if ($col != "-") print $col }'
}

# has WHAT - true if it is there; says in $file what was looked at
has() {
  file=
  case $1 in
  cc)
    file=$(command -v "${CC%% *}") || return 1
    echo '#include <stdlib.h>' | $CC -E - >/dev/null 2>&1
    ;;
  pkg-config)
    file=$(command -v "$PKG_CONFIG")
    ;;
  gsl | sqlite3 | yaml-0.1 | cmocka)
    $PKG_CONFIG --exists "$1 >= $(row "$1" 2)" 2>/dev/null || return 1
    file=$($PKG_CONFIG --variable=pcfiledir "$1")/$1.pc
    ;;
  libfuzzer)
    file=$(command -v "$FUZZ_CC") || return 1
    echo 'int LLVMFuzzerTestOneInput(const char *b, long n) { return *b * !n; }' |
      $FUZZ_CC -x c -fsanitize=fuzzer,address,undefined -o /dev/null - 2>/dev/null
    ;;
  *)
    file=$(command -v "$1")
    ;;
  esac
}

# The tools are looked for only when a goal asks for them.
search() {
  have=
  files=
  for what in cc pkg-config gsl sqlite3 yaml-0.1 cmocka gnuplot "$@"; do
    case " $have " in *" $what "*) continue ;; esac
    if has "$what"; then
      have="$have $what"
      if [ -e "$file" ]; then
        files="$files $file"
      fi
    fi
  done
  missing=
  for what in "$@"; do
    case " $have " in
    *" $what "*) ;;
    *) missing="$missing $what" ;;
    esac
  done
}

flags() { # flags --cflags|--libs MODULE...
  case " $have " in *" pkg-config "*) ;; *) return ;; esac
  $PKG_CONFIG "$@" 2>/dev/null
}

write() {
  mkdir -p "$(dirname "$out")"
  {
    echo "# Written by tests/setup/setup.sh; remade when these files change."
    echo "SETUP_HAVE :=$have"
    echo "SETUP_FOR := $CC|$PKG_CONFIG|${PKG_CONFIG_PATH:-}"
    echo "SETUP_JOBS := $(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
    echo "LIBS_CFLAGS := $(flags --cflags gsl sqlite3 yaml-0.1)"
    echo "LIBS := $(flags --libs gsl sqlite3 yaml-0.1)"
    echo "CMOCKA_CFLAGS := $(flags --cflags cmocka)"
    echo "CMOCKA_LIBS := $(flags --libs cmocka)"
    echo "$out:$files"
    for file in $files; do
      echo "$file:"
    done
  } >"$out.$$" && mv "$out.$$" "$out"
}

# plan - the package manager, its command, and the command's words for us
plan() {
  as_root=
  can_install=yes
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1; then
      as_root="sudo "
      [ -t 0 ] || as_root="sudo -n "
    else
      can_install=no
    fi
  fi
  update=
  if command -v apt-get >/dev/null 2>&1; then
    column=3
    brief="${as_root}apt-get install"
    update="${as_root}apt-get update -qq"
    command="${as_root}env DEBIAN_FRONTEND=noninteractive apt-get install \
-y -qq --no-install-recommends -o DPkg::Lock::Timeout=120"
  elif command -v dnf >/dev/null 2>&1; then
    column=4
    brief="${as_root}dnf install"
    command="$brief -y"
  elif command -v brew >/dev/null 2>&1; then
    column=5
    can_install=yes
    brief="brew install"
    command=$brief
  else
    column=3
    brief=
    command=
  fi
}

packages_of() {
  for what in "$@"; do
    case $what:$CC in
    cc:cc | cc:gcc) row cc "$column" ;;
    cc:*) echo "${CC%% *} $(row cc "$column")" ;;
    *) row "$what" "$column" ;;
    esac
  done | tr '\n' ' ' | sed 's/ *$//'
}

say_missing() {
  for what in $missing; do
    least=$(row "$what" 2)
    name=$what
    [ "$what" = cc ] && name="a C compiler ($CC) with its headers"
    echo "setup: missing: $name${least:+ >= $least}:" \
      "${brief:+$brief }$(packages_of "$what")"
  done
  if [ -z "$command" ]; then
    echo "setup: no apt-get, dnf or brew here: install these by hand" \
      "(the names are Debian's)"
    return
  fi
  echo "setup: all at once:"
  [ -n "$update" ] && echo "    $update"
  # shellcheck disable=SC2086 # a list of words
  echo "    $command $(packages_of $missing)"
}

run_install() {
  log=$(mktemp)
  if [ -n "$update" ] && ! $update >"$log" 2>&1 </dev/null; then
    # One broken source of many need not be the one that is wanted.
    echo "setup: '$update' failed; going on with the lists that are there"
  fi
  # shellcheck disable=SC2046,SC2086 # lists of words
  if $command $(packages_of $missing) >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    echo "setup: installed"
    return 0
  fi
  cat "$log"
  rm -f "$log"
  echo "setup: the installation failed (above); install by hand, then make"
  return 1
}

search "$@"
if [ -n "$missing" ]; then
  plan
  say_missing >&2
  if [ "$install" = yes ] && [ -n "$command" ]; then
    if [ $can_install = no ]; then
      echo "setup: neither root nor sudo: run the commands above as root" >&2
    else
      echo "setup: running them now (NO_INSTALL=1 only prints)" >&2
      run_install >&2
      hash -r
      search "$@"
      if [ -n "$missing" ]; then
        echo "setup: still missing:$missing" >&2
      fi
    fi
  fi
fi
write
