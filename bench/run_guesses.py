#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the guesses of simulated runs do: runs with each as it is, at half and twice its value, and switched off.

usage: run_guesses.py BENCH_RUN CAPTURES [--runs N] [--only GUESS]... [--capture NAME]... [--write]

BENCH_RUN: bench-run of a build with -Dguesses=true (meson setup build-guesses -Dguesses=true -Dtests=false).
CAPTURES: a folder of captures; of these some are run that differ in kernel and load, under their own policies.
Prints a table of what is counted in the window; --write puts it into doc/guesses.md, between the marks there.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys

from guesses import OF_RUNS, PAGE, guesses

BEGIN, END = "<!-- made by bench/run_guesses.py -->", "<!-- end of runs -->"
NAMES = ["c1-late-defrag0-6.18", "c1-late-defrag1-7.3.4", "w2-unmovable-6.18-defrag1", "w7-herd-7.3-defrag0", "p1-boost-15000-7.3.4"]
COUNTS = ["direct reclaims", "pages direct", "pages by kswapd", "extfrag", "pages moved"]
ROW = re.compile(r"^(observed|seed) .*? ?reclaims +(\d+) +direct +(\d+) +kswapd +(\d+)/\d+ +extfrag +(\d+) .*? moved +(\d+) of", re.M)


def run(a, name, setting):
    """(observed, runs): counts each"""
    p = subprocess.run([a.program, "--runs", str(a.runs), os.path.join(a.captures, name)], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=dict(os.environ, **setting), check=False)
    rows = [(m[0], [int(n) for n in m[1:]]) for m in ROW.findall(p.stdout.decode())]
    if p.returncode or len(rows) != a.runs + 1:
        sys.exit("%s with %s: %s" % (name, setting or "all as it is", p.stderr.decode().strip() or "not what was expected"))
    return [r for kind, r in rows if kind == "observed"][0], [r for kind, r in rows if kind == "seed"]


def cells(runs):
    """The median of each count, and its range"""
    ret = []
    for v in zip(*runs):
        mid = "{:,.0f}".format(statistics.median(v))
        ret.append(mid if min(v) == max(v) else "%s (%s to %s)" % (mid, "{:,}".format(min(v)), "{:,}".format(max(v))))
    return ret


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("captures")
    p.add_argument("--runs", type=int, default=8)
    p.add_argument("--only", action="append")
    p.add_argument("--capture", action="append")
    p.add_argument("--write", action="store_true")
    a = p.parse_args()
    tried, lines = [], ["| guess | value | assumed |", "| --- | --- | --- |"]
    for name, value, off, text in guesses():
        if name in OF_RUNS and (not a.only or name in a.only):
            lines.append("| %s | %d | %s |" % (name, value, text))
            for v in dict.fromkeys((off, value // 2, value * 2)):
                tried.append(("%s %s" % (name, "off" if v == off else v), {"MM_GUESS_" + name: str(v)}))
    lines += ["", "%d runs of each; the median, and the lowest and the highest." % a.runs, "",
              "| capture | guess | %s |" % " | ".join(COUNTS), "| --- | --- |" + " --- |" * len(COUNTS)]
    shown = 0
    for name in a.capture or NAMES:
        observed, usual = run(a, name, {})
        lines.append("| %s | observed | %s |" % (name, " | ".join("{:,}".format(n) for n in observed)))
        lines.append("| | as they are | %s |" % " | ".join(cells(usual)))
        same = []
        for words, setting in tried:
            runs = run(a, name, setting)[1]
            if runs == usual:
                same.append(words)
            else:
                lines.append("| | %s | %s |" % (words, " | ".join(cells(runs))))
        if same:
            lines.append("| | nothing changes: %s |%s" % (", ".join(same), " |" * len(COUNTS)))
        print("\n".join(lines[shown:]), flush=True)
        shown = len(lines)
    if a.write:
        page = open(PAGE, encoding="utf-8").read()
        before, rest = page.split(BEGIN)
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])


main()
