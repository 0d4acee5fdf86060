#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What each guess earns: the check of every capture with the guess as it is, at half and twice its value, and switched off.

usage: guesses.py PROGRAM CAPTURES [--jobs N] [--only NAME]... [--write]

PROGRAM: stormglass of a build with -Dguesses=true (meson setup build-guesses -Dguesses=true -Dtests=false).
CAPTURES: a folder of captures; each is checked with its snapshots and without.
Prints a table; --write puts it into doc/guesses.md, between the marks there.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER = os.path.join(ROOT, "engine", "machine", "guesses.h")
PAGE = os.path.join(ROOT, "doc", "guesses.md")
BEGIN, END = "<!-- made by bench/guesses.py -->", "<!-- end -->"
TRACES = ("trace.dat", "trace.dat.zst")
# They change nothing in a check; bench/run_guesses.py measures what they do.
OF_RUNS = ("IDLE_US", "WAITED_US", "SLICE_US", "CROWD_MS", "ALONE_US", "PACE_PAGES", "BOUND_GRANTS", "LIVELOCK_ROUNDS", "REPORT_HELPS_MS")


def guesses():
    """(name, value, off, text) of each, as the header has them."""
    text = open(HEADER, encoding="utf-8").read()
    found = re.findall(r'X\((\w+), ([^,]+), ([^,]+),\s*\\?\s*\n?\s*"([^"]*)"\)', text.replace("\\\n", "\n"))
    return [(n, eval(v), eval(o), t) for n, v, o, t in found]  # values such as 1 << 20, of our own header


def captures(folder, alone):
    """Paths to check: each capture, and its trace without what lies beside it."""
    paths = []
    for name in sorted(os.listdir(folder)):
        for trace in TRACES:
            whole = os.path.join(folder, name, trace)
            if os.path.exists(whole):
                paths.append(os.path.join(folder, name))
                os.makedirs(os.path.join(alone, name))
                os.symlink(os.path.abspath(whole), os.path.join(alone, name, trace))
                paths.append(os.path.join(alone, name, trace))
                break
    return paths


def check(program, path, setting):
    run = subprocess.run([program, "check", path, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         env=dict(os.environ, **setting))
    if run.returncode:
        sys.exit("%s: exit code %d with %s" % (path, run.returncode, setting))
    kinds = json.loads(run.stdout)["kinds"]
    return {k: (v["decidable"], v["decidable"] - v["equal"]) for k, v in kinds.items()}


def add(total, kinds):
    for kind, (decided, differ) in kinds.items():
        have = total.setdefault(kind, [0, 0])
        have[0] += decided
        have[1] += differ


def change(base, now):
    """'pick +3 differ, -12 decided; ...' of the kinds that change."""
    words = []
    for kind in base:
        decided, differ = now[kind][0] - base[kind][0], now[kind][1] - base[kind][1]
        if decided or differ:
            words.append("%s %+d/%+d" % (kind, differ, decided))
    return ", ".join(words) or "nothing"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("captures")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--only", action="append")
    p.add_argument("--write", action="store_true")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as alone, concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        paths = captures(a.captures, alone)
        if not paths:
            sys.exit("%s: no captures there" % a.captures)

        def run(setting):
            total = {}
            for kinds in pool.map(lambda path: check(a.program, path, setting), paths):
                add(total, kinds)
            return total

        base = run({})
        rows = []
        for name, value, off, text in guesses():
            if name not in a.only if a.only else name in OF_RUNS:
                continue
            tried = []
            for v in (off, value // 2, value * 2):
                if v not in tried and v != value:
                    tried.append(v)
            cells = ["%s: %s" % ("off" if v == off else v, change(base, run({"MM_GUESS_" + name: str(v)}))) for v in tried]
            rows.append("| %s | %d | %s | %s |" % (name, value, text, "<br>".join(cells)))
            print(rows[-1], flush=True)
    sums = ", ".join("%s %d of %d" % (k, d, n) for k, (n, d) in base.items())
    table = "\n".join(["%d checks of %d captures; as they are, these differ of the decided: %s." % (len(paths), len(paths) // 2, sums), "",
                       "| guess | value | assumed | differ/decided, more or fewer than as it is |", "| --- | --- | --- | --- |"] + rows)
    if a.write:
        page = open(PAGE, encoding="utf-8").read()
        before, rest = page.split(BEGIN)
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(before + BEGIN + "\n" + table + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
