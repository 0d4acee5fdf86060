#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""doc/kernels.md holds the table of facts as the program prints it, and some rule asks for each of them.

usage: kernels_doc.py STORMGLASS ROOT [--write]

--write: puts the table into the document.
"""
import glob
import json
import re
import subprocess
import sys

BEGIN = "| fact | since | what it says | in |\n| --- | --- | --- | --- |\n"


def table(program):
    facts = json.loads(subprocess.run([program, "policies", "--json"], check=True, capture_output=True).stdout)["facts"]
    out = BEGIN
    for f in facts:
        since = f["since"]
        if f["until"]:
            since += ", not from " + f["until"] + " on"
        if f["stable"]:
            since += "; " + ", ".join(f["stable"])
        out += "| `%s` | %s | %s | `%s` |\n" % (f["key"], since, f["text"], f["function"])
    return out


def not_asked(root):
    """Facts that no rule asks for."""
    with open(root + "/engine/policy/facts.h", encoding="utf-8") as f:
        ids = re.findall(r"^\tX\((\w+), \"", f.read(), re.M)
    asked = set()
    for path in glob.glob(root + "/engine/*/**/*.[ch]", recursive=True):
        with open(path, encoding="utf-8") as f:
            asked.update(re.findall(r"mm_has\([^;]*?, (\w+)\)", f.read()))
    return [i for i in ids if i not in asked], len(ids)


def main():
    program, root = sys.argv[1:3]
    lost, nr = not_asked(root)
    if lost or nr < 60:
        sys.exit("of %d facts no rule asks for %s" % (nr, ", ".join(lost) or "any"))
    path = root + "/doc/kernels.md"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(BEGIN) != 1:
        sys.exit("doc/kernels.md: the table's head must be there once")
    at = text.index(BEGIN)
    end = text.find("\n\n", at)
    end = len(text) if end < 0 else end + 1
    want = table(program)
    if sys.argv[3:] == ["--write"]:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text[:at] + want + text[end:])
        return
    have = text[at:end]
    for a, b in zip(have.splitlines(), want.splitlines()):
        if a != b:
            sys.exit("doc/kernels.md has\n  %s\nthe program\n  %s\nkernels_doc.py --write makes the table anew" % (a, b))
    if have != want:
        sys.exit("doc/kernels.md has %d rows, the program %d" % (have.count("\n") - 2, want.count("\n") - 2))
    print("%d passed, 0 failed" % (want.count("\n") - 2))


main()
