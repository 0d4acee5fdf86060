#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The outputs that the documents show are those of the program.

usage: doc_check.py STORMGLASS SOURCE_ROOT [DOCUMENT]...

Runs each `$ stormglass COMMAND ...` of the documents' indented blocks and compares what stands below it, blanks and
the places where lines are broken aside; a command without output must end well.  The README's picture is compared
with the screen of a terminal (tmux) of the same size at the same event.  UPDATE_DOC=1 puts what is now printed into
the documents; look at the difference.  The sessions that a reader makes on the way aren't there, and commands on them
are left out.
"""
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

TOOL, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
DOCUMENTS = sys.argv[3:] or ["doc/tutorial.md", "doc/what-if.md", "README.md"]
UPDATE = bool(os.environ.get("UPDATE_DOC"))
INDENT, WIDTH, TABLE = "    ", 122, 150
PICTURE, PICTURE_END = "<!-- picture -->\n```\n", "```\n<!-- end of picture -->\n"
PATIENCE = 200  # seconds, of which a program with sanitizers on a busy machine may need many


def blocks(lines):
    """(first line of the output, line behind it, command) of each command in an indented block"""
    at = 0
    while at < len(lines):
        if not lines[at].startswith(INDENT + "$ "):
            at += 1
            continue
        command = lines[at][len(INDENT) + 2:].rstrip("\n")
        at += 1
        while command.endswith("\\") and at < len(lines):
            command = command[:-1] + lines[at].strip()
            at += 1
        end = begin = at
        while at < len(lines) and not lines[at].startswith(INDENT + "$ ") and (lines[at].startswith(INDENT) or
                                                                              not lines[at].strip()):
            at += 1
            if lines[at - 1].strip():
                end = at  # an empty line belongs to the output only when more of it follows
        yield begin, end, command


def arguments(command):
    """What the program is given, None when the command can't be run here: another program, a screen, a file that it writes, a
    reader's file"""
    args = shlex.split(command)
    if "|" in args:
        args = args[:args.index("|")]
    files = [a for a in args[1:] if os.path.exists(os.path.join(ROOT, a))]
    if args[0] != "stormglass" or not files or files[0] == args[1] or args[1] == "play" or "-o" in args:
        return None
    return args[1:]


def narrow(lines):
    """Tables (rows with three blanks and more, one below the other) that are too wide, with no more than two blanks
    between their columns"""
    out, at = [], 0
    while at < len(lines):
        end = at
        while end < len(lines) and "   " in lines[end].strip():
            end += 1
        rows = lines[at:end]
        if rows and max(map(len, rows)) > WIDTH - len(INDENT):
            width = max(map(len, rows))
            rows = [row.ljust(width) for row in rows]
            blank = [all(row[c] == " " for row in rows) for c in range(width)]
            keep = [c for c in range(width) if c < 2 or not all(blank[c - 2:c + 1])]
            rows = ["".join(row[c] for c in keep).rstrip() for row in rows]
        out += rows or [lines[at]]
        at = max(end, at + 1)
    return out


def broken(line):
    """The line with the block's indent, broken where it is too long: the rest below the text that it continues; rows of
    tables stay whole where they aren't much longer"""
    line = INDENT + line.rstrip()
    if "   " in line.strip() and len(line) <= TABLE:
        return [line]
    blank = re.match(r"( *[a-z]+: +| *)", line)[0]
    hang = " " * max(len(blank), len(INDENT) + 10)
    return textwrap.wrap(line, WIDTH, subsequent_indent=hang, drop_whitespace=True, break_long_words=False,
                         break_on_hyphens=False) or [""]


def run(args):
    p = subprocess.run([TOOL, *args], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=PATIENCE)
    return p.returncode, p.stdout.decode("utf-8"), p.stderr.decode("utf-8")


def difference(have, want, name):
    return "".join(difflib.unified_diff(have, want, name, "now"))


def commands(name, text):
    """The text with the outputs of now, and what is wrong with it."""
    lines, faults, shown = text.splitlines(True), [], 0
    for begin, end, command in reversed(list(blocks(lines))):
        args, have = arguments(command), lines[begin:end]
        if args is None:
            if have and command.startswith("stormglass "):
                faults.append("%s: '%s' shows an output that can't be compared" % (name, command))
            continue
        code, out, err = run(args)
        if code:
            faults.append("%s: '%s': exit %d: %s" % (name, command, code, err))
        elif have:
            shown += 1
            if "".join(have).split() != out.split():
                want = [part + "\n" if part.strip() else "\n" for line in narrow(out.splitlines()) for part in broken(line)]
                faults.append("%s: '%s' prints something else:\n%s" % (name, command, difference(have, want, name)))
                lines[begin:end] = want
    return "".join(lines), faults, shown


def screen(sample, event, width, height, home):
    """The terminal's text with the program at @event, once the decisions are checked and nothing moves any more"""
    # a server of its own: one that runs already has another environment
    server = ["tmux", "-f", "/dev/null", "-S", home + "/tmux"]
    env = dict(os.environ, HOME=home, XDG_CACHE_HOME=home, LC_ALL="C.UTF-8", TERM="xterm-256color")
    env.pop("TMUX", None)

    def tmux(*args):
        return subprocess.run([*server, *args], env=env, check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()

    start = "cd %s && exec %s" % (shlex.quote(ROOT), shlex.join([TOOL, sample, "--no-cache", "--at", "event:%d" % event]))
    tmux("new-session", "-d", "-x", str(width), "-y", str(height), start)
    try:
        before, since, sent = "", time.monotonic(), False
        while time.monotonic() - since < PATIENCE:
            time.sleep(0.5)
            now = tmux("capture-pane", "-p")
            done = re.search(r"── decision [\d,]+ of [\d,]+, [\d,]+ differ ─|── [\d,]+ decisions, [\d,]+ differ ─", now)
            if done and not sent:
                tmux("send-keys", "n")  # to a decision and back: the panel shows the one at the position
                tmux("send-keys", "N")
                sent = True
            elif done and now == before:
                return [line.rstrip() + "\n" for line in now.rstrip("\n").split("\n")]
            before = now
        raise RuntimeError("the screen isn't ready after %d s:\n%s" % (PATIENCE, before))
    finally:
        subprocess.run([*server, "kill-server"], env=env, stderr=subprocess.DEVNULL, check=False)


def picture(name, text):
    """The text with the screen of now in place of the picture, and what is wrong with it."""
    if PICTURE not in text:
        return text, [], 0
    begin = text.index(PICTURE) + len(PICTURE)
    end = text.index(PICTURE_END, begin)
    have = text[begin:end].splitlines(True)
    title = re.match(r"stormglass +(\S+) .* event ([\d,]+)/", have[0])
    assert title, "%s: the picture's first line names no sample and event: %s" % (name, have[0])
    if not shutil.which("tmux"):
        print("# no tmux here: the picture isn't compared")
        return text, [], 0
    with tempfile.TemporaryDirectory() as home:
        want = screen("samples/" + title[1], int(title[2].replace(",", "")), max(len(line) for line in have) - 1,
                      len(have), home)
    if want == have:
        return text, [], 1
    return text[:begin] + "".join(want) + text[end:], ["%s: the picture is now\n%s" % (
        name, difference(have, want, name))], 1


def main():
    failed = shown = 0
    for name in DOCUMENTS:
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            old = f.read()
        text, faults, n = commands(name, old)
        text, more, m = picture(name, text)
        shown += n + m
        if UPDATE and text != old:
            with open(os.path.join(ROOT, name), "w", encoding="utf-8") as f:
                f.write(text)
            print("%s: renewed; look at the difference" % name)
            faults, more = commands(name, text)[1], []
        failed += len(faults) + len(more)
        for fault in faults + more:
            print(fault)
    if not shown:
        print("no output was compared: the documents are not as this test expects them")
        failed += 1
    print("%d outputs compared, %d wrong%s" % (shown, failed, "; UPDATE_DOC=1 renews them" if failed and not UPDATE else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
