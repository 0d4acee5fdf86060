#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a judge, `JUDGE STORMGLASS CAPTURE --json`, which prints pages_wrong, free_err and blocks_err; fails above the marks.

usage: marks.py JUDGE STORMGLASS CAPTURE

free_err and blocks_err compare the state at the marker snapshot-end with a file that the kernel read some milliseconds
later; where they are over, the moment in between counts, as in state_check.py, and the line says so.
"""
import json
import subprocess
import sys

from state_check import window_check

MARK = {"pages_wrong": 0.01, "free_err": 0.05, "blocks_err": 0.10}

judge, tool, capture = sys.argv[1:]
run = subprocess.run([sys.executable, judge, tool, capture, "--json"], stdout=subprocess.PIPE)
if run.returncode:
    sys.exit("%s: exit code %d" % (judge, run.returncode))
got = json.loads(run.stdout)
met, words = window_check(tool, capture, (got["free_err"], got["blocks_err"]), (MARK["free_err"], MARK["blocks_err"]))
over = [k for k in MARK if got[k] > MARK[k]]
failed = got["pages_wrong"] > MARK["pages_wrong"] or not met
print("%-36s %s%s%s" % (got["capture"], "  ".join("%s %.4f" % (k, got[k]) for k in got if k != "capture"),
                        "  OVER " + ", ".join("%s > %.2f" % (k, MARK[k]) for k in over) if over else "", words))
sys.exit(1 if failed else 0)
