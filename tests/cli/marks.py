#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command that prints one JSON object with pages_wrong, free_err and blocks_err; fails above the marks."""
import json
import subprocess
import sys

MARKS = {"pages_wrong": 0.01, "free_err": 0.05, "blocks_err": 0.10}

run = subprocess.run(sys.argv[1:] + ["--json"], stdout=subprocess.PIPE)
if run.returncode:
    sys.exit("%s: exit code %d" % (" ".join(sys.argv[1:]), run.returncode))
got = json.loads(run.stdout)
over = {k: v for k, v in MARKS.items() if got[k] > v}
print("%-36s %s%s" % (got["capture"], "  ".join("%s %.4f" % (k, got[k]) for k in got if k != "capture"),
                      "  OVER " + ", ".join("%s > %g" % kv for kv in over.items()) if over else ""))
sys.exit(1 if over else 0)
