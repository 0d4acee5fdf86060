#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a judge, `JUDGE STORMGLASS CAPTURE --json`, which prints the figures of state_check.py; fails above its marks.

usage: marks.py JUDGE STORMGLASS CAPTURE

The judge compares the state at the marker snapshot-end with files that the kernel read some milliseconds later; where they
are over, the moment in between counts, as in state_check.py, and the line says so.
"""
import json
import subprocess
import sys

from state_check import MARK, window_check

KEYS = {"pages": "pages_wrong", "amount": "free_err", "blocks": "blocks_err", "types": "type_err"}

judge, tool, capture = sys.argv[1:]
run = subprocess.run([sys.executable, judge, tool, capture, "--json"], stdout=subprocess.PIPE)
if run.returncode:
    sys.exit("%s: exit code %d" % (judge, run.returncode))
got = json.loads(run.stdout)
met, words = window_check(tool, capture, {k: got[name] for k, name in KEYS.items()})
over = ["%s > %.3f" % (name, MARK[k]) for k, name in KEYS.items() if got[name] > MARK[k]]
print("%-36s %s%s%s" % (got["capture"], "  ".join("%s %.4f" % (k, got[k]) for k in got if k != "capture"),
                        "  OVER " + ", ".join(over) if over else "", words))
sys.exit(0 if met else 1)
