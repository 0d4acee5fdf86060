#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The documents have each key: limits.md a row for each limit, json.md each key that the commands print.

usage: limits_doc.py SOURCE_ROOT
"""
import glob
import os
import re
import sys

ROOT = sys.argv[1]


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def names(document):
    """All that stands between backquotes."""
    return {word for part in re.findall(r"`([^`\n]+)`", document) for word in re.findall(r"\w+", part)}


def main():
    faults = []
    keys = re.findall(r'^\s*X\(\w+, "(\w+)", "', text("base", "sg_limit.h"), re.M)
    rows = {k for row in re.findall(r"^\| (`[^|]*) \|", text("doc", "limits.md"), re.M) for k in names(row)}
    if len(keys) < 20:
        faults.append("base/sg_limit.h: only %d keys are found in SG_LIMIT_LIST" % len(keys))
    faults += ["doc/limits.md: no row for %s" % k for k in keys if k not in rows]
    faults += ["doc/limits.md: %s is no key of base/sg_limit.h" % k for k in sorted(rows - set(keys))]
    described, printed = names(text("doc", "json.md")), {}
    for file in sorted(glob.glob(os.path.join(ROOT, "cli", "*.c"))):
        with open(file, encoding="utf-8") as f:
            for key in re.findall(r'\bcmd_json_\w+\(\s*&?\w+(?:->\w+)?,\s*"(\w+)"', f.read()):
                printed.setdefault(key, os.path.basename(file))
    if len(printed) < 100:
        faults.append("cli/: only %d keys of JSON are found" % len(printed))
    faults += ["doc/json.md: nothing says what %s is (cli/%s)" % (k, f) for k, f in sorted(printed.items())
               if k not in described]
    for fault in faults:
        print(fault)
    return bool(faults)


sys.exit(main())
