#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What figures rest on, by the real program: each kind of limit on recordings that have it, none on whole ones.

usage: test_limits.py STORMGLASS SAMPLES_DIR

The recordings lie in ../shared/inputs beside the source tree; without them only the samples are looked at.  Prints TAP lines.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
INPUTS = os.path.join(SAMPLES, "..", "..", "shared", "inputs")
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"
HIDING = {"one_task", "filtered", "cpus_missing", "lost_span", "no_pages", "not_readable", "several_nodes", "memory"}


class Skip(Exception):
    pass


def run(*args):
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=600)
    assert p.returncode == 0, (args, p.stderr)
    return p.stdout.decode("utf-8"), p.stderr.decode("utf-8")


def report(f):
    return json.loads(run("report", "--json", f)[0])


def keys(r):
    return {l["key"] for l in r["limits"]}


def at(name):
    d = os.path.join(INPUTS, name)
    if not os.path.isdir(d):
        raise Skip(d)
    return d


def shown(f, key):
    """Every command says it before its figures."""
    text = run("report", f)[0]
    assert text.index("  %s" % key) < re.search("\n(zones after|no zone)", text).start(), text
    text = run("check", f)[0]
    assert text.index("  %s" % key) < text.index("\nkind "), text
    assert "  %s" % key in run("decisions", f)[0]
    for command in ("check", "decisions"):
        assert key in keys(json.loads(run(command, "--json", f)[0])), (command, key)
    out, err = run("state", f, "--at", "end", "--format", "buddyinfo")
    assert "stormglass: limit %s" % key in err, err
    assert key in keys(json.loads(run("state", f, "--at", "end", "--format", "json")[0]))


def nothing_decided(f):
    kinds = json.loads(run("check", "--json", f)[0])["kinds"]
    assert all(k["decidable"] == k["equal"] == 0 for k in kinds.values()), kinds
    out = run("state", f, "--at", "end", "--format", "buddyinfo")[0]
    rows = [line.split()[4:] for line in out.splitlines()]
    assert all(set(row) == {"?"} for row in rows), out
    for z in report(f)["zones"]:
        assert set(z["free"]) == {None} and z["pages"]["free"] is None and z["free_known"] is False
        assert set(z["unusable_index"]) == {None} and len(z["free_seen"]) == len(z["free"])


def test_whole():
    """Whole recordings with a snapshot have none; without one, only that."""
    for sample in (STEADY, STORM):
        assert report(sample)["limits"] == []
        assert "limits:" not in run("report", sample)[0]
        k = keys(report(sample + "/trace.dat"))
        assert "no_snapshot" in k and not k & HIDING, k
        out, err = run("state", sample + "/trace.dat", "--at", "end", "--format", "buddyinfo")
        assert "?" in out and "limit no_snapshot" in err and "isn't known" in err
        z = report(sample + "/trace.dat")["zones"][0]
        assert z["managed"] is None and set(z["watermarks"].values()) == {None}


def test_hidden():
    for name, key in (("cpumask-M", "cpus_missing"), ("filter-f", "filtered"), ("zone-from-nothing", "no_pages"),
                      ("big-endian-zstd-3.3.1", "not_readable")):
        f = at(name)
        r = report(f)
        assert key in keys(r), (name, keys(r))
        for l in r["limits"]:
            assert set(l) == {"key", "text", "remedy", "from", "to"} and l["text"] and l["from"] >= 1
        shown(f, key)
        nothing_decided(f)


def test_filtered_counts():
    """A count of 0 of events that were filtered out isn't one; one of events that weren't recorded neither."""
    r = report(at("filter-f"))
    assert r["orders"][0] == {"order": 0, "allocations": None, "frees": 48, "failed": None}
    assert r["reclaim"]["kswapd_wakes"] is None and r["compaction"]["runs"] == 0
    assert {t["count"] for t in r["tracepoints"] if t["system"] == "vmscan"} == {None}
    assert "not recorded" in run("report", at("filter-f"))[0]


def test_lost_span():
    f = at("full-buffer-overwrite-0")
    spans = [l for l in report(f)["limits"] if l["key"] == "lost_span"]
    assert [(l["from"], l["to"]) for l in spans] == [(8716, None), (15560, None)], spans
    assert "CPU 1" in spans[0]["text"] and "190113" in spans[0]["text"]
    shown(f, "lost_span")
    assert "isn't touched" not in run("check", f)[0].split("lost events: ")[1].split("\n  gaps")[0]
    # before the span lists are as known as ever, behind its beginning they aren't
    decided = [d["event"] for d in json.loads(run("decisions", "--json", f)[0])["decisions"] if d["verdict"] != "undecided"]
    assert all(e < 8716 for e in decided)


def test_formats_of_all_events():
    """extract stores the formats of all events: what doesn't occur needn't have been switched on."""
    r = report(at("full-buffer-overwrite-0"))
    assert r["compaction"]["runs"] is None and r["reclaim"]["direct_reclaims"] is None
    assert [t["count"] for t in r["tracepoints"] if t["name"] == "mm_page_pcpu_drain"] == [0]  # others of kmem occur
    assert any("-e compaction" in l["remedy"] for l in r["limits"] if l["key"] == "not_recorded")


def test_unreadable():
    r = report(at("big-endian-zstd-3.3.1"))
    assert r["lost_events"] is None and "not_recorded" not in keys(r) and "no_pages" not in keys(r)
    assert "trace-cmd" in r["limits"][0]["remedy"]
    assert "lost events: none" not in run("check", at("big-endian-zstd-3.3.1"))[0]


def test_unmarked():
    f = at("in-start-without-markers")
    r = report(f)
    assert "snapshot_unmarked" in keys(r)
    shown(f, "snapshot_unmarked")
    z = [z for z in r["zones"] if z["name"] == "DMA32"][0]
    assert (z["managed"], z["watermarks"]["min"], z["watermarks"]["high"]) == (113353, 648, 972)
    assert set(z["free"]) == {None}


def test_guessed():
    with tempfile.TemporaryDirectory() as d:
        data = open(STEADY + "/trace.dat", "rb").read()
        release = report(STEADY)["kernel"].encode()
        if release not in data:
            raise Skip("the release is packed")
        other = (b"4.0.0" + b"x" * len(release))[:len(release)]
        open(d + "/trace.dat", "wb").write(data.replace(release, other))
        assert "rules_guessed" in keys(report(d))
        assert "limit rules_guessed" in run("state", d, "--at", "end", "--format", "buddyinfo")[1]


def test_session():
    """A session keeps what its capture rested on."""
    with tempfile.TemporaryDirectory() as d:
        for name in ("cpumask-M", "full-buffer-overwrite-0", "filter-f"):
            f = at(name)
            run("session", "save", f, "-o", "%s/%s.sgs" % (d, name))
            a, b = report(f), report("%s/%s.sgs" % (d, name))
            assert a["limits"] == b["limits"], name
            assert a["orders"] == b["orders"] and a["compaction"] == b["compaction"] and a["reclaim"] == b["reclaim"]


def main():
    tests = [(name, f) for name, f in globals().items() if name.startswith("test_")]
    failed = 0
    print("1..%d" % len(tests))
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, name))
        except Skip as s:
            print("ok %d - %s # SKIP %s isn't there" % (i, name, s))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name))
            print("# " + traceback.format_exc().replace("\n", "\n# "))
        sys.stdout.flush()
    sys.exit(failed > 0)


main()
