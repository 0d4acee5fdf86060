#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts test cases in meson's testlog.json: prints "PASSED FAILED", details on standard error.

A cmocka program counts each of its cases, a script with TAP lines ("ok", "not ok") each of those, anything
else counts as one. A program that ended badly counts as at least one failure.
"""
import json
import re
import sys

passed = failed = 0
with open(sys.argv[1]) as log:
    for line in log:
        test = json.loads(line)
        out = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
        p = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", out, re.M))
        f = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", out, re.M))
        p += len(re.findall(r"^ok\b(?!.*# SKIP)", out, re.M))
        f += len(re.findall(r"^not ok\b", out, re.M))
        for reason in re.findall(r"^ok\b.*# SKIP.*", out, re.M):
            print("  %s: %s: %s" % (sys.argv[2], test["name"], reason), file=sys.stderr)
        result = test["result"]
        if result in ("OK", "EXPECTEDFAIL"):
            p = p or 1
        elif result == "SKIP":
            print("  %s: %s skipped" % (sys.argv[2], test["name"]), file=sys.stderr)
        else:
            f = f or 1
            print("  %s: FAILED %s (%s)" % (sys.argv[2], test["name"], result), file=sys.stderr)
        passed += p
        failed += f
print(passed, failed)
