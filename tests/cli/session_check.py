#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A session says what its capture says.

usage: session_check.py STORMGLASS CAPTURE...

Makes a session of each capture in a temporary directory and holds what the commands print of it against what
they print of the capture, byte by byte; checks session info, verify and export, and a damaged file.
"""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

TOOL = sys.argv[1]


def run(*args, code=0):
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert p.returncode == code, (args, p.returncode, p.stderr)
    return p.stderr.decode() if code else p.stdout


def same(capture, session):
    for args in (["report"], ["report", "--json"], ["events", "--json"], ["check", "--list", "--json"],
                 ["decisions", "--to", "event:5000", "--json"],
                 *[["state", "--at", at, "--format", form] for at in ("event:20000", "end")
                   for form in ("json", "buddyinfo", "pagetypeinfo", "pages")]):
        name = os.path.basename(capture)
        a, b = (run(args[0], f, *args[1:]) for f in (capture, session))
        assert a.replace(name.encode(), b"") == b.replace(name.encode(), b""), args


def export(session):
    events = json.loads(run("events", session, "--from", "event:100", "--to", "event:300", "--json"))["events"]
    lines = run("session", "export", session, "--from", "event:100", "--to", "event:300").decode().splitlines()
    assert [json.loads(line) for line in lines] == events
    rows = list(csv.DictReader(io.StringIO(run("session", "export", session, "--to", "event:300", "--format",
                                               "csv").decode())))
    assert len(rows) == 300
    for row, event in zip(rows[99:], events):
        assert int(row["number"]) == event["number"] and row["event"] == event["event"]
        for key in ("pfn", "order", "migratetype"):
            assert row[key] == str(event["fields"].get(key, "")), (row, event)
    assert run("session", "export", session, "--to", "end") == run("session", "export", session)
    run("session", "export", session, "--from", "event:999999999", code=1)


def damaged(session):
    info = json.loads(run("session", "info", session, "--json"))
    assert info["whole"] and info["events"] == info["last_event"] and not info["bookmarks"]
    assert sum(s["bytes"] for s in info["sections"]) < info["bytes"]
    assert info["keyframes"] <= 16 and info["keyframes_unusable"] == 0
    assert sum(s["bytes"] for s in info["sections"] if s["tag"] == "KEYF") * 10 <= info["event_bytes"]
    # a release without a third number is a candidate of it: "7.3-cloud-amd64" was 7.3-rc7
    release, third = re.match(r"(\d+\.\d+)(\.\d+)?", info["kernel"]).groups()
    assert [(r["name"], r["policy"].split(",")[0]) for r in info["runs"]] == \
        [("observed", "linux-" + release + ("" if third else "-rc"))], info["runs"]
    assert b"run        observed: linux-" in run("session", "info", session)
    assert b"whole" in run("session", "info", session)
    checked = json.loads(run("session", "verify", session, "--json"))
    assert checked == {"damaged": [], "frames": info["frames"], "events": info["events"], "whole": True}
    with open(session, "rb") as f:
        data = f.read()
    # zstd knows the file too, and what it unpacks is what the sections add up to
    raw = subprocess.run(["zstd", "-dcq", session], stdout=subprocess.PIPE, check=True).stdout
    assert len(raw) == sum(s["unpacked"] for s in info["sections"])
    half = session + ".half"
    with open(half, "wb") as f:
        f.write(data[:len(data) * 4 // 5])
    assert "cut off" in run("session", "verify", half, code=1)
    assert not json.loads(run("session", "info", half, "--json"))["whole"]
    assert run("events", half, "--to", "event:10") == run("events", session, "--to", "event:10")
    flipped = bytearray(data)
    flipped[len(data) * 2 // 3] ^= 4
    with open(half, "wb") as f:
        f.write(flipped)
    assert "frame" in run("session", "verify", half, code=1)


def main():
    for capture in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as tmp:
            session = os.path.join(tmp, os.path.basename(capture.rstrip("/")) + ".sgs")
            run("session", "save", capture, "-o", session)
            assert os.listdir(tmp) == [os.path.basename(session)]
            same(capture, session)
            export(session)
            damaged(session)
            # what is saved again is the same, and a failure leaves it alone
            again = session + ".again"
            run("session", "save", session, "-o", again)
            with open(session, "rb") as a, open(again, "rb") as b:
                assert a.read() == b.read()
            run("session", "save", "no-such-capture", "-o", session, code=1)
            run("session", "verify", session)
    run("session", "info", sys.argv[2], code=1)
    for wrong in (["session"], ["session", "look"], ["session", "info"], ["session", "save", "x"],
                  ["session", "info", "x", "-o", "y"], ["session", "export", "x", "--format", "xml"],
                  ["session", "save", "x", "-o", "y", "--json"], ["session", "verify", "x", "--from", "end"]):
        run(*wrong, code=2)


main()
