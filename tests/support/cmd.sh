# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-3.0-or-later
# cmd.sh - what the tests of the program share; read by each of them
#
# MTASIM_BUILD is the folder of the build (build/debug if not set). Each test
# works in a folder of its own, $work, which goes when it ends. $small is a
# scenario of some minutes of mail, all of it delivered in the end. What is said
# is TAP: ok CLAIM for what holds, and the first that does not ends the test.

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${MTASIM_BUILD:-$root/build/debug}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
mtasim=$build/mtasim
small=$root/tests/fixtures/cmd/small
name=$(basename "$0" .sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

ok() {
    echo "ok - $1"
}

fail() {
    echo "not ok - $1"
    for file in out err; do
        if [ -s "$work/$file" ]; then
            echo "--- std$file"
            cat "$work/$file"
        fi
    done
    exit 1
}

# expect CODE COMMAND... - runs it, keeps out and err, wants this exit code
expect() {
    exit_wanted=$1
    shift
    code=0
    "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" -eq "$exit_wanted" ] ||
        fail "exit code $code, not $exit_wanted: $*"
}

# says FILE TEXT - out or err has this text
says() {
    grep -qF -- "$2" "$work/$1" || fail "std$1 does not say '$2'"
}

# silent FILE - out or err is empty
silent() {
    [ ! -s "$work/$1" ] || fail "std$1 is not empty"
}

# digest - the digest in out
digest() {
    sed -n 's/^digest *\([0-9a-f]\{32\}\)$/\1/p' "$work/out"
}
