#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The keys in the manual are those of the program.

usage: man_keys.py STORMGLASS PAGE [--write]

Compares the part of PAGE between two comment lines with what `STORMGLASS --keys` says; --write puts it there.
"""
import re
import subprocess
import sys

BEGIN, END = '.\\" keys: made by tests/cli/man_keys.py\n', '.\\" end of keys\n'


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + text if text[:1] in ".'" or re.match(r"[A-Z][a-z]$", text) else text


def section(keys):
    out = []
    for line in keys.splitlines():
        entry = re.match(r"  (.{13,}?)  +(\S.*)$", line) or re.match(r"  (\S.*?)  +(\S.*)$", line)
        if entry:
            words = " ".join('Ic "%s"' % escape(w).replace('"', '\\(dq') for w in entry[1].split())
            out.append(".It %s\n%s\n" % (words, escape(entry[2])))
        elif line.strip():
            if out:
                out.append(".El\n")
            out.append(".Ss %s\n.Bl -tag -width 14n -compact\n" % line.strip())
    return "".join(out) + ".El\n"


def main(tool, page, write):
    want = section(subprocess.run([tool, "--keys"], check=True, stdout=subprocess.PIPE).stdout.decode())
    with open(page) as f:
        text = f.read()
    head, rest = text.split(BEGIN)
    have, tail = rest.split(END)
    if have == want:
        return
    if not write:
        sys.exit("%s: the keys differ from the program's; run %s with --write" % (page, sys.argv[0]))
    with open(page, "w") as f:
        f.write(head + BEGIN + want + END + tail)


main(sys.argv[1], sys.argv[2], "--write" in sys.argv)
