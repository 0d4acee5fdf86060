#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Takes a snapshot of this machine's memory beside a running trace.
#
# usage: snapshot.sh [FOLDER]     as root, while trace-cmd records; FOLDER: in-start (the default) or in-end
#
# The markers around it go into the trace, so that stormglass knows between which events it was taken.
set -u
folder=${1:-in-start}
case $folder in
in-start) mark=snapshot-begin ;;
in-end) mark=snapshot-end ;;
*) echo "snapshot.sh: the folder is in-start or in-end, not '$folder'" >&2; exit 2 ;;
esac
tracing=/sys/kernel/tracing
[ -w $tracing/trace_marker ] || tracing=/sys/kernel/debug/tracing
[ -w $tracing/trace_marker ] || { echo "snapshot.sh: no trace_marker can be written: run it as root, with tracefs mounted" >&2; exit 1; }
[ "$(cat $tracing/tracing_on)" = 1 ] || { echo "snapshot.sh: nothing is being traced: start trace-cmd first" >&2; exit 1; }
mkdir -p "$folder" || exit 1
tmp=$(mktemp -d "${TMPDIR:-/dev/shm}/snapshot.XXXXXX" 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# page flags first and into memory: what is written or packed meanwhile changes the pages that are looked at
echo $mark >$tracing/trace_marker
cat /proc/kpageflags >"$tmp/kpageflags" || { echo "snapshot.sh: /proc/kpageflags can't be read: run it as root" >&2; exit 1; }
for f in buddyinfo pagetypeinfo zoneinfo vmstat meminfo; do
	cat /proc/$f >"$tmp/$f" 2>/dev/null
done
echo $mark-done >$tracing/trace_marker

cp /proc/swaps /proc/iomem "$tmp/" 2>/dev/null
(cd /proc/sys/vm && for f in *; do
	[ -f "$f" ] && [ -r "$f" ] && v=$(cat "$f" 2>/dev/null) && echo "vm.$f = $v"
done) >"$tmp/sysctl-vm"
[ -r /sys/kernel/mm/lru_gen/enabled ] && cat /sys/kernel/mm/lru_gen/enabled >"$tmp/lru_gen.enabled"
[ -r /sys/kernel/mm/numa/demotion_enabled ] && cat /sys/kernel/mm/numa/demotion_enabled >"$tmp/numa.demotion_enabled"
zstd -q -f "$tmp/kpageflags" -o "$folder/kpageflags.zst" 2>/dev/null || cp "$tmp/kpageflags" "$folder/kpageflags"
rm -f "$tmp/kpageflags"
cp "$tmp"/* "$folder/"
