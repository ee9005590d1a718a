#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Usage: bench.sh DIR OUT.json [NAME...]
#
# Runs every bench of DIR (or those named) one after the other, shows their
# tables, and puts what they measured into one object: {"bench_x": {...}, ...}.
set -eu
dir=$1
out=$2
shift 2
if [ $# -eq 0 ]; then
  for bench in "$dir"/bench_*; do
    case ${bench##*/} in
    *.*) ;; # objects and their dependencies
    *) set -- "$@" "${bench##*/}" ;;
    esac
  done
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for name; do
  shift
  "$dir/$name" --json "$tmp/$name"
  if [ -s "$tmp/$name" ]; then
    set -- "$@" "$name"
  else
    echo "bench: $name measures for the eye alone: it wrote no JSON" >&2
  fi
done
{
  separator="{"
  for name in "$@"; do
    printf '%s"%s":\n' "$separator" "$name"
    cat "$tmp/$name"
    separator=","
  done
  [ $# -gt 0 ] || echo "{"
  echo "}"
} >"$tmp/all"
mv "$tmp/all" "$out"
echo "$out"
