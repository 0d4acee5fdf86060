#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Predictions held against real kernels: captures that differ in one thing, each put under what the other ran with.

usage: pairs.py [--program STORMGLASS] [--captures DIR] [--runs N] [--seed N] [--only TEXT] [--marks]

For each pair, in both directions, and each counter: the range that was observed for X and for Y (the capture and its repeats),
what X's capture run under its own policy gives, and what it gives under Y's.  Markdown on standard output, with the marks that
were set behind each: own runs inside X's range widened by 1.3 (stalls, and who reclaims: 1.5), predictions inside Y's widened by 1.5
(where both arms shared their setup: 1.3), and the direction right wherever the ranges of X and Y don't overlap.  Last the free
blocks by order at the end of own runs, within 20 per cent each, and how many marks are met.  --marks: only those.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# What turns X into Y, and back; None: not a capture, counters only.  The third: were both arms set up alike?
# In c1-late the setting changes when the window begins, which is where runs begin.
PAIRS = [
    ("c1-late-defrag0-6.18", "c1-late-defrag1-6.18", "own,defrag_mode=1", "own,defrag_mode=0", True),
    ("c1-late-defrag0-7.3.4", "c1-late-defrag1-7.3.4", "own,defrag_mode=1", "own,defrag_mode=0", True),
    ("w2-unmovable-6.18-defrag0", "w2-unmovable-6.18-defrag1", "own,defrag_mode=1", "own,defrag_mode=0", False),
    ("w2-unmovable-7.3-defrag0", "w2-unmovable-7.3-defrag1", "own,defrag_mode=1", "own,defrag_mode=0", False),
    ("w2-unmovable-6.18-defrag1", "w2-unmovable-7.3-defrag1", "linux-7.3-rc", "linux-6.18", False),
    ("w7-herd-7.3-defrag0", "w7-herd-7.3-defrag1", "own,defrag_mode=1", "own,defrag_mode=0", False),
    ("p1-boost-15000-7.3.4", "p1-boost-0-7.3.4", "own,watermark_boost_factor=0", None, False),
    ("p2-defrag-0-7.3.4", "p2-defrag-1-7.3.4", "own,defrag_mode=1", "own,defrag_mode=0", False),
    ("p3-wsf-10-7.3.4", "p3-wsf-300-7.3.4", "own,watermark_scale_factor=300", None, False),
    ("p4-lrugen-1-7.3.4", "p4-lrugen-0-7.3.4", "own,lru_gen=0", "own,lru_gen=1", False),
    ("p5-6.12", "p1-boost-15000-7.3.4", "linux-7.3", "linux-6.12", False),
    ("p5-6.12", "p5-6.1", "linux-6.1", None, False),
    ("p1-boost-15000-7.3.4", "p5-6.1", "linux-6.1", None, False),
]
# Which folio sizes are allowed isn't the kernel's policy but the demand's: own runs only.
OWN_ONLY = ["c2-faults-all-7.3.4", "c2-faults-16-64-7.3.4", "w4-mthp-64k-7.3", "w4-mthp-all-7.3"]

# figure, how far X's own run may lie outside (None: shown without a mark)
COUNTERS = [
    ("extfrag", 1.3), ("unmovable_blocks_end", 1.3), ("pgsteal", 1.3), ("compact_success", 1.3), ("pgmigrate_success", 1.3),
    ("direct_reclaims", 1.5), ("allocstall", 1.5), ("pgsteal_direct", 1.5), ("pgsteal_kswapd", 1.5),
    ("compact_stall", None), ("compact_daemon_wake", None), ("thp_fault_alloc", None), ("thp_fault_fallback", None),
    ("reclaimable_blocks_end", None), ("oom_kill", None),
]


def of_repeat(path):
    """The same figures out of a run that is kept as counters only.  Events are those of the whole recording."""
    d = json.load(open(path))
    v, e = d["vmstat_delta"], d["events"]
    ret = {k: v.get(k, 0) for k, _ in COUNTERS}
    ret["pgsteal"] = v.get("pgsteal_kswapd", 0) + v.get("pgsteal_direct", 0)
    ret["allocstall"] = sum(n for k, n in v.items() if k.startswith("allocstall_"))
    ret["extfrag"] = e.get("mm_page_alloc_extfrag", 0)
    ret["direct_reclaims"] = e.get("mm_vmscan_direct_reclaim_begin", 0)
    ret["unmovable_blocks_end"] = d["pageblocks_end"].get("Unmovable")
    ret["reclaimable_blocks_end"] = d["pageblocks_end"].get("Reclaimable")
    return ret


class Captures:
    def __init__(self, args):
        self.args = args
        self.json = {}
        self.policies = {}

    def want(self, name, policy):
        self.policies.setdefault(name, [])
        if policy and policy not in self.policies[name]:
            self.policies[name].append(policy)

    def compared(self, name):
        """What compare makes of a capture, under all policies that are wanted of it; None when there is no capture."""
        path = os.path.join(self.args.captures, name)
        if name in self.json or not os.path.exists(os.path.join(path, "meta.json")):
            return self.json.get(name)
        words = [self.args.program, "compare", path, "--json", "--runs", str(self.args.runs), "--seed", str(self.args.seed)]
        for p in self.policies.get(name) or ["own"]:
            words += ["--policy", p]
        p = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.stderr:
            sys.stderr.write("%s: %s" % (name, p.stderr.decode()))
        self.json[name] = json.loads(p.stdout) if p.stdout else None
        return self.json[name]

    def observed(self, name, figure):
        """All that was observed of a configuration: values."""
        folder = os.path.join(self.args.captures, "repeats")
        ret = [of_repeat(os.path.join(folder, f))[figure] for f in sorted(os.listdir(folder))
               if f.rsplit("-", 1)[0] == name and f.endswith(".json")]
        c = self.compared(name)
        if c:
            ret.append(c["figures"][figure]["observed"])
        return [v for v in ret if v is not None]


def inside(v, seen, factor):
    return min(seen) / factor <= v <= max(seen) * factor


def number(v):
    return "?" if v is None else "{:,}".format(v) if isinstance(v, int) else "%.2f" % v


def span(low, high):
    return number(low) if low == high else "%s to %s" % (number(low), number(high))


class Marks:
    def __init__(self):
        self.met, self.of, self.missed = {}, {}, []

    def mark(self, kind, ok, where):
        self.of[kind] = self.of.get(kind, 0) + 1
        self.met[kind] = self.met.get(kind, 0) + bool(ok)
        if not ok:
            self.missed.append("%s: %s" % (kind, where))
        return "yes" if ok else "**no**"


def off(v, seen):
    """How far outside a value lies: a factor, or how much where there is none."""
    if min(seen) <= v <= max(seen):
        return "inside"
    near = min(seen) if v < min(seen) else max(seen)
    if not near or not v:
        return "%+d" % (v - near)
    return "%s%.2f" % ("x " if v > near else "/ ", v / near if v > near else near / v)


def own_rows(cap, x, marks, out):
    c = cap.compared(x)
    out.append("| counter | observed | own run | own, against the observed | error of own | met |")
    out.append("| --- | --- | --- | --- | --- | --- |")
    for figure, factor in COUNTERS:
        seen, own = cap.observed(x, figure), c["figures"][figure]["own"]
        if not seen or own["mid"] is None or (max(seen) == 0 and own["high"] == 0):
            continue
        met = marks.mark("own", inside(own["mid"], seen, factor), "%s %s: %s, observed %s" % (
            x, figure, number(own["mid"]), span(min(seen), max(seen)))) if factor else ""
        out.append("| %s | %s | %s | %s | %+d | %s |" % (figure, span(min(seen), max(seen)), span(own["low"], own["high"]),
                                                         off(own["mid"], seen), c["figures"][figure]["error"], met))


def pair_rows(cap, x, y, policy, alike, marks, out):
    c = cap.compared(x)
    out.append("| counter | X observed | X, own run | Y observed | Y predicted | against the observed | met | direction |")
    out.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for figure, factor in COUNTERS:
        f = c["figures"][figure]
        sx, sy, own, pred = cap.observed(x, figure), cap.observed(y, figure), f["own"], f["policies"][policy]
        where = "%s to %s %s: %s" % (x, y, figure, number(pred["mid"]))
        if not sx or not sy or own["mid"] is None or pred["mid"] is None:
            continue
        if not max(sx) and not max(sy) and not own["high"] and not pred["high"]:
            continue
        met = direction = ""
        if factor:
            met = marks.mark("prediction, clean pairs" if alike else "prediction", inside(pred["mid"], sy, 1.3 if alike else 1.5),
                             "%s, observed %s" % (where, span(min(sy), max(sy))))
        if max(sx) < min(sy) or max(sy) < min(sx):
            up = min(sy) > max(sx)
            direction = marks.mark("direction", pred["mid"] > own["mid"] if up else pred["mid"] < own["mid"],
                                   "%s, own run %s, observed %s then %s" % (where, number(own["mid"]), span(min(sx), max(sx)), span(min(sy), max(sy))))
        out.append("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
            figure, span(min(sx), max(sx)), span(own["low"], own["high"]), span(min(sy), max(sy)), span(pred["low"], pred["high"]),
            off(pred["mid"], sy), met, direction))


def free_rows(cap, names, marks, out):
    out.append("| capture | order | observed | own run | error | met |")
    out.append("| --- | --- | --- | --- | --- | --- |")
    for name in names:
        c = cap.compared(name)
        for order in range(16):
            f = c["figures"].get("free_blocks_end_order_%d" % order)
            if not f or f["observed"] is None or f["own"]["mid"] is None:
                continue
            seen, mid = f["observed"], f["own"]["mid"]
            met = marks.mark("free blocks", abs(mid - seen) <= 0.2 * seen, "%s order %d: %d, observed %d" % (name, order, mid, seen))
            out.append("| %s | %d | %s | %s | %+d | %s |" % (name, order, number(seen), span(f["own"]["low"], f["own"]["high"]), mid - seen, met))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", default=os.path.join(HERE, "..", "build", "cli", "stormglass"))
    p.add_argument("--captures", default=os.path.join(HERE, "..", "..", "shared", "captures"))
    p.add_argument("--runs", type=int, default=8)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="", help="pairs with this in a name")
    p.add_argument("--marks", action="store_true")
    args = p.parse_args()
    if not os.path.isdir(os.path.join(args.captures, "repeats")):
        sys.exit("pairs.py: %s: there are no captures with repeats/ in it; --captures names another folder" % args.captures)
    cap, marks, out = Captures(args), Marks(), []
    ways = []
    for x, y, there, back, alike in PAIRS:
        if args.only not in x and args.only not in y:
            continue
        ways.append((x, y, there, alike))
        if back:
            ways.append((y, x, back, alike))
    names = []
    for name in [w[0] for w in ways] + [n for n in OWN_ONLY if args.only in n]:
        if name not in names:
            names.append(name)
    for x, _, policy, _ in ways:
        cap.want(x, policy)
    names = [n for n in names if cap.compared(n)]
    out.append("## Own runs\n")
    for name in names:
        out.append("### %s\n" % name)
        own_rows(cap, name, marks, out)
        out.append("")
    out.append("## Predictions\n")
    for x, y, policy, alike in ways:
        if x not in names:
            continue
        out.append("### X %s, Y %s: `%s`%s\n" % (x, y, policy, ", both set up alike" if alike else ""))
        pair_rows(cap, x, y, policy, alike, marks, out)
        out.append("")
    out.append("## Free blocks at the end of own runs\n")
    free_rows(cap, names, marks, out)
    if not args.marks:
        print("\n".join(out))
        print()
    print("## Marks\n\n| mark | met | of |\n| --- | --- | --- |")
    for kind in marks.of:
        print("| %s | %d | %d |" % (kind, marks.met[kind], marks.of[kind]))
    if marks.missed:
        print("\nMissed:\n")
        for m in marks.missed:
            print("- " + m)


main()
