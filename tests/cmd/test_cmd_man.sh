#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_cmd_man.sh - the manual page's tables are the program's, and it is good mdoc
set -eu
. "$(dirname "$0")/../support/cmd.sh"

"$root/doc/renew.sh" "$mtasim" - >renewed
diff "$root/doc/mtasim.1" renewed >out ||
    fail 'the tables differ: run doc/renew.sh PROGRAM'
ok "the tables are the program's"

# The page's ENVIRONMENT has every variable that the program asks for.
sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh FILES/p' "$root/doc/mtasim.1" >environment
sed -n '/engines\[\] = {/,/^};/p' "$root/sim/lab/shard.c" |
    grep -o '"[A-Z_]*"' | tr -d '"' | sort -u >asked
[ -s asked ] || fail 'no variables found in shard.c'
while read -r variable; do
    grep -q "[ ,]$variable\( \|\$\)" environment || fail "no $variable in the page"
done <asked
ok "the page names all of the environment"

if command -v mandoc >/dev/null; then
    # Other pages that are not in mandoc's index are no fault of this one.
    mandoc -T lint "$root/doc/mtasim.1" 2>&1 | grep -v 'mandoc.db' >out || :
    silent out
    ok "mandoc has nothing to complain of"
else
    ok "mandoc has nothing to complain of # SKIP it is not installed"
fi
