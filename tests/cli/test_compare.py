#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""stormglass compare: what it prints, that the same seeds give the same figures, and what it says to bad input.

usage: test_compare.py STORMGLASS SAMPLES_DIR          (prints TAP lines)
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STORM = os.path.join(SAMPLES, "w2-unmovable-7.3")
POLICY = "own,defrag_mode=0"


def run(*args):
    p = subprocess.run([TOOL, "compare", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=600)
    return p.returncode, p.stdout.decode("utf-8"), p.stderr.decode("utf-8")


def figures(*args):
    code, out, err = run(STORM, "--json", *args)
    assert code == 0, err
    return json.loads(out)


def test_json():
    r = figures("--policy", POLICY, "--policy", "linux-6.18", "--runs", "2")
    assert r["runs"] == 2 and r["between_snapshots"], r
    for key in ("allocstall", "pgsteal_kswapd", "pgsteal_direct", "compact_stall", "compact_success", "pgmigrate_success",
                "thp_fault_alloc", "thp_fault_fallback", "pgdemote_kswapd", "direct_reclaims", "extfrag", "unmovable_blocks_end",
                "polluted_blocks_end", "alloc_failed"):
        f = r["figures"][key]
        assert f["own"]["low"] <= f["own"]["mid"] <= f["own"]["high"], (key, f)
        assert f["error"] == f["own"]["mid"] - f["observed"] and f["error_absolute"] == abs(f["error"]), (key, f)
        assert set(f["policies"]) == {POLICY, "linux-6.18"}, (key, f)
        for p in f["policies"].values():
            assert p["low"] <= p["mid"] <= p["high"], (key, f)
            assert p["verdict"] in ("better", "worse", "more", "less", "no difference", "can't be told"), (key, f)
    assert r["assumed"] and all(isinstance(a, str) and a for a in r["assumed"])
    for e in r["ensembles"].values():
        assert e["whole"] == 2 and not e["died"] and not e["failed"], e


def test_observed_as_meta():
    """The observed counters are those of meta.json, where the sample has them."""
    meta = json.load(open(os.path.join(STORM, "meta.json")))
    delta = meta["vmstat_delta_in_window"]
    r = figures("--policy", POLICY, "--runs", "1")["figures"]
    for key in ("pgsteal_kswapd", "pgsteal_direct", "compact_stall", "compact_success", "compact_fail", "pgmigrate_success"):
        assert r[key]["observed"] == delta.get(key, 0), key
    assert r["allocstall"]["observed"] == sum(v for k, v in delta.items() if k.startswith("allocstall"))
    # of all of the recording
    assert 0 < r["extfrag"]["observed"] <= meta["events_by_type"]["mm_page_alloc_extfrag"]


def test_same_seeds_same_figures():
    args = ("--policy", POLICY, "--runs", "2", "--seed", "7")
    assert run(STORM, "--json", *args)[1] == run(STORM, "--json", *args)[1]


def test_text_and_page():
    code, out, err = run(STORM, "--policy", POLICY, "--runs", "1")
    assert code == 0, err
    assert "observed" in out and "verdict" in out and "\nassumed\n" in out and "extfrag" in out, out
    with tempfile.TemporaryDirectory() as d:
        page = os.path.join(d, "page.html")
        code, out, err = run(STORM, "--policy", POLICY, "--runs", "1", "--html", page)
        assert code == 0 and out == "", err
        text = open(page, encoding="utf-8").read()
        assert text.startswith("<!doctype html>") and text.rstrip().endswith("</html>") and "extfrag" in text
        assert "http" not in text and "<script" not in text
        code, out, err = run(STORM, "--policy", POLICY, "--runs", "1", "--html", page)
        assert code != 0 and err.count("\n") == 1 and "page.html" in err, err
        assert run(STORM, "--policy", POLICY, "--runs", "1", "--html", page, "--force")[0] == 0
        code, out, err = run(STORM, "--policy", POLICY, "--html", os.path.join(STORM, "meta.json"), "--force")
        assert code != 0 and json.load(open(os.path.join(STORM, "meta.json"))), err


def test_page():
    """Timelines and maps of what was observed and of every run; what a map counts is what the figures say."""
    with tempfile.TemporaryDirectory() as d:
        page = os.path.join(d, "page.html")
        args = ("--policy", POLICY, "--runs", "2", "--map-at", "3.5", "--map-at", "1")
        code, out, err = run(STORM, *args, "--html", page)
        assert code == 0 and out == "", err
        text = open(page, encoding="utf-8").read()
        r = figures("--policy", POLICY, "--runs", "2")["figures"]
    assert not re.search(r"https?:|<script|<link|<img|url\(", text)
    # free pages, whole blocks, stalls, reclaim, compaction and extfrag, each with a range and a line for both, and a line of what was observed
    for svg in re.findall(r"<svg class=time.*?</svg>", text, re.S):
        assert svg.count("class=\"band ") == 2 and svg.count("class=\"line ") == 3 and "nan" not in svg and "inf" not in svg, svg
    assert text.count("<svg class=time") == 6
    # start, two moments and the end of the first run of each, the end of the second one
    assert text.count("<svg class=map") == 4 + 2 * (4 + 1)
    observed, own, other = text.split("<h3>")[1:]
    for part in (observed, own, other):
        assert re.findall(r"<figcaption>after (\d+\.\d)", part) == ["1.0", "3.5"], part[:3000]
    for part, key in ((own, "own"), (other, POLICY)):
        ends = [m for m in re.findall(r"<small>([^<]*); free as a whole (\d+)</small>", part)][3:]
        assert len(ends) == 2, ends
        for name, figure in (("Unmovable", "unmovable_blocks_end"), ("Reclaimable", "reclaimable_blocks_end"),
                             ("Movable with others' pages", "polluted_blocks_end")):
            counts = [int((re.search(r"(?:^|, )%s (\d+)" % name, e[0]) or [0, 0])[1]) for e in ends]
            range_ = r[figure]["own"] if key == "own" else r[figure]["policies"][POLICY]
            assert sorted(counts) == [range_["low"], range_["high"]], (key, name, counts, range_)
        range_ = r["whole_free_blocks_end"]["own"] if key == "own" else r["whole_free_blocks_end"]["policies"][POLICY]
        assert sorted(int(e[1]) for e in ends) == [range_["low"], range_["high"]], (key, ends, range_)
    # every cell of a map is drawn once
    for svg in re.findall(r"<svg class=map.*?</svg>", text, re.S):
        w, h = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
        cells = [(int(x) + i, int(y)) for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg) for i in range(int(n))]
        assert len(cells) == len(set(cells)) == 512 and max(x for x, _ in cells) < w and max(y for _, y in cells) < h, (w, h, len(cells))


def test_bad_input():
    for args, word in (
        (("--policy", "linux-9.9"), "linux-9.9"), (("--policy", "own,nonsense=1"), "nonsense"), (("--policy", "own,defrag_mode=7"), "defrag_mode"),
        (("--policy", POLICY, "--seed", "x"), "--seed"), (("--policy", POLICY, "--seed", "-1"), "--seed"), (("--policy", POLICY, "--runs", "0"), "--runs"),
        (("--policy", POLICY, "--runs", "2x"), "--runs"), (("--policy", POLICY, "--runs", ""), "--runs"), (("--policy", POLICY, "--time", "0"), "--time"),
        (("--policy", POLICY, "--memory", "much"), "--memory"), ((), "--policy"), (("--policy", POLICY, "--policy", POLICY), "twice"),
        (("--policy", POLICY, "--map-at", "1"), "--html"), (("--policy", POLICY, "--map-at", "x", "--html", "/nonexistent/x"), "--map-at"),
    ):
        code, out, err = run(STORM, *args)
        assert code == 2 and out == "" and word in err and len(err.strip().split("\n")) <= 2, (args, code, err)


def test_lacking():
    """Without a snapshot there is a run only when somebody agrees to what it assumes."""
    with tempfile.TemporaryDirectory() as d:
        name = [n for n in os.listdir(STORM) if n.startswith("trace.")][0]
        os.symlink(os.path.join(STORM, name), os.path.join(d, name))
        code, out, err = run(os.path.join(d, name), "--policy", POLICY, "--runs", "1")
        assert code == 1 and out == "" and err.count("\n") == 1 and "--assume" in err, err


def test_faults_not_told():
    """Other order rules of page faults need the faults' addresses; where they make no difference they may be chosen."""
    code, out, err = run(STORM, "--policy", "own,anon-order=v2", "--runs", "1")
    assert code == 1 and not out and "anon-order=v2 can't be replayed" in err and "page_fault_user" in err, (code, out, err)
    f = figures("--policy", "own,anon-order=0", "--policy", "own,anon-order=mthp-mainline", "--runs", "1")["figures"]
    assert f["anon_faults"]["observed"] is None and f["anon_until_lacking"]["own"]["mid"] is None, f
    for key in ("pgsteal", "obtained_order_0"):
        assert all(p["mid"] == f[key]["own"]["mid"] for p in f[key]["policies"].values()), key


def test_bounds():
    code, out, err = run(STORM, "--json", "--policy", POLICY, "--runs", "1", "--time", "0.001")
    r = json.loads(out)
    assert r["ensembles"]["own"]["ended_early"] == 1 and any("--time" in m for m in r["missing"]), r["missing"]


def test_interrupt():
    p = subprocess.Popen([TOOL, "compare", STORM, "--json", "--policy", POLICY, "--runs", "200"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # once its runs are under way
    end = time.time() + 240
    while not open("/proc/%d/task/%d/children" % (p.pid, p.pid)).read().strip() and time.time() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=240)
    r = json.loads(out)
    assert p.returncode == 1 and r["interrupted"], (p.returncode, err)
    assert all(e["not_run"] > 0 for e in r["ensembles"].values()), r["ensembles"]


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    print("1..%d" % len(tests))
    bad = False
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d %s" % (i, name))
        except Exception:
            bad = True
            print("not ok %d %s" % (i, name))
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
    sys.exit(bad)


main()
