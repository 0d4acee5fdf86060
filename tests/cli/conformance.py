#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds `stormglass check` of a capture against the marks that conformance has to meet.

usage: conformance.py STORMGLASS CAPTURE [--without-snapshots] [--update]
       conformance.py --table

Prints for each kind of decision how many are decidable and how many of these are equal.  It fails where the share of equal
ones is below the kind's mark, or with snapshots less than 85 % of the picks are decidable.  A figure that doesn't meet its mark
stands in conformance.json, with its value as the floor and the reason: it is no mark that is met.  The same file has
the decidable share of every capture, below which it may not fall: what is undecided is no way out.

--without-snapshots: the trace alone.  --update: takes the capture's decidable shares, and floors that are higher by now, into
conformance.json.  --table: that file as the table of doc/conformance.md.
"""
import json
import os
import subprocess
import sys
import tempfile

MARK = {"pick": 99.5, "fallback": 98, "refill": 95, "drain": 95, "merge": 99.9, "compact_check": 97, "scanner": 90,
        "kswapd": 95, "slow_path": 90}
PICKS_DECIDABLE = 85
SLACK = 0.5  # points by which a decidable share may fall before it is a failure
PINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conformance.json")
TRACES = ("trace.dat", "trace.dat.zst")


def percent(part, whole):
    return 100.0 * part / whole


def check(tool, capture, without):
    """The sums by kind."""
    if not without:
        run = subprocess.run([tool, "check", capture, "--json"], stdout=subprocess.PIPE)
        if run.returncode:
            sys.exit("%s: exit code %d" % (capture, run.returncode))
        return json.loads(run.stdout)["kinds"]
    trace = next(t for t in TRACES if os.path.exists(os.path.join(capture, t)))
    with tempfile.TemporaryDirectory() as alone:
        link = os.path.join(alone, trace)
        os.symlink(os.path.abspath(os.path.join(capture, trace)), link)
        return check(tool, link, False)


def save(pins):
    lines = ["{"]
    for i, name in enumerate(sorted(pins)):
        modes = ['  "%s": %s' % (m, json.dumps(pins[name][m], sort_keys=True, ensure_ascii=False)) for m in sorted(pins[name])]
        lines.append(' "%s": {\n%s\n }%s' % (name, ",\n".join(modes), "," if i + 1 < len(pins) else ""))
    with open(PINS, "w", encoding="utf-8") as f:
        f.write("\n".join(lines + ["}"]) + "\n")


def cell(shares, floors, kind):
    v = shares.get(kind)
    if v is None:
        return "–"
    if v[1] is None:
        return "0 %"
    return "%d %% / %s%.2f %%" % (int(v[0]), "**" if kind in floors else "", int(v[1] * 100) / 100) + \
        ("**" if kind in floors else "")


def table(pins):
    for mode in ("with", "without"):
        print("| capture | %s |\n| --- |%s" % (" | ".join(MARK), " --: |" * len(MARK)))
        for capture in sorted(pins):
            p = pins[capture].get(mode)
            if p:
                print("| %s | %s |" % (capture, " | ".join(cell(p["measured"], p.get("floors", {}), k) for k in MARK)))
        print()


def main():
    args = sys.argv[1:]
    with open(PINS, encoding="utf-8") as f:
        pins = json.load(f)
    if args == ["--table"]:
        table(pins)
        return 0
    options = [a for a in args if a.startswith("--")]
    args = [a for a in args if not a.startswith("--")]
    if len(args) != 2 or set(options) - {"--without-snapshots", "--update"}:
        sys.exit(__doc__)
    tool, capture = args
    name = os.path.basename(os.path.normpath(capture))
    without = "--without-snapshots" in options
    mode = "without" if without else "with"
    pin = pins.get(name, {}).get(mode, {})
    floors = pin.get("floors", {})
    kinds = check(tool, capture, without)
    measured, row, bad = {}, [], []
    for kind, mark in MARK.items():
        v = kinds.get(kind)
        if not v or not v["total"]:
            continue
        share = percent(v["decidable"], v["total"])
        equal = percent(v["equal"], v["decidable"]) if v["decidable"] else None
        measured[kind] = [round(share, 3), equal if equal is None else round(equal, 3)]
        row.append("%s %s%s" % (kind, "-" if equal is None else "%.2f" % equal, " of %.1f" % share))
        least = floors[kind]["equal"] if kind in floors else mark
        if equal is not None and equal < least - 0.0005:
            bad.append("%s: %.3f %% equal, %.3f %% %s (%d of %d)" % (kind, equal, least, "were once" if kind in floors else
                                                                    "is the mark", v["equal"], v["decidable"]))
        was = pin.get("measured", {}).get(kind)
        if was and share < was[0] - SLACK:
            bad.append("%s: %.1f %% decidable, %.1f %% were" % (kind, share, was[0]))
        decidable = floors["picks_decidable"]["equal"] if "picks_decidable" in floors else PICKS_DECIDABLE
        if kind == "pick" and not without and share < decidable - 0.0005:
            bad.append("pick: %.3f %% decidable, less than %.3f %%" % (share, decidable))
    print("%s, %s snapshots: %s" % (name, mode, ", ".join(row)))
    for kind, f in floors.items():
        print("    not met: %s: %s" % (kind, f["reason"]))
    if "--update" in options:
        pin["measured"] = measured
        for kind in list(floors):
            v = measured.get(kind if kind != "picks_decidable" else "pick", [None, None])[kind != "picks_decidable"]
            mark = PICKS_DECIDABLE if kind == "picks_decidable" else MARK[kind]
            if v is None or v >= mark:
                del floors[kind]
            else:
                floors[kind]["equal"] = max(v, floors[kind]["equal"])
        pins.setdefault(name, {})[mode] = pin
        save(pins)
    for b in bad:
        print("    BELOW: " + b)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
