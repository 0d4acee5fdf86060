#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a judge, `COMMAND... CAPTURE --json`, which prints pages_wrong, free_err and blocks_err; fails above the marks.

What the kernel's own files differ by among themselves is added to the marks: see state_check.py.
"""
import json
import subprocess
import sys

from state_check import own_differences, page_flags

run = subprocess.run(sys.argv[1:] + ["--json"], stdout=subprocess.PIPE)
if run.returncode:
    sys.exit("%s: exit code %d" % (" ".join(sys.argv[1:]), run.returncode))
got = json.loads(run.stdout)
amount, blocks = own_differences(sys.argv[-1], page_flags(sys.argv[-1]))
marks = {"pages_wrong": 0.01, "free_err": 0.05 + amount, "blocks_err": 0.10 + blocks}
over = {k: v for k, v in marks.items() if got[k] > v}
print("%-36s %s%s" % (got["capture"], "  ".join("%s %.4f" % (k, got[k]) for k in got if k != "capture"),
                      "  OVER " + ", ".join("%s > %.4f" % kv for kv in over.items()) if over else ""))
sys.exit(1 if over else 0)
