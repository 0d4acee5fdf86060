#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where two runs part, by the real program.

usage: test_partings.py STORMGLASS SAMPLES
"""
import json
import os
import subprocess
import sys
import tempfile

TOOL, SAMPLES = sys.argv[1], sys.argv[2]
STORM = os.path.join(SAMPLES, "w2-unmovable-7.3")


def run(*args, code=0):
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.returncode == code, (args, p.returncode, p.stderr)
    return p.stdout.decode(), p.stderr.decode()


def partings(a, b, *more):
    return json.loads(run("partings", a, b, "--json", *more)[0])


def test_wrong_usage():
    for args, say in ((("partings",), "two files"), (("partings", STORM), "two files"),
                      (("partings", STORM, STORM, STORM), "two files"), (("partings", STORM, ""), "empty"),
                      (("partings", "--most", "0", STORM, STORM), "--most")):
        assert say in run(*args, code=2)[1], args
    assert "nowhere.dat" in run("partings", STORM, "nowhere.dat", code=1)[1]


def test_a_run_and_itself_part_nowhere():
    d = partings(STORM, STORM)
    assert d["count"] == 0 and d["partings"] == [] and sum(d["kinds"].values()) == 0
    assert d["pairs"] == d["runs"][0]["requests"] == d["runs"][1]["requests"] > 30000
    assert "0 partings" in run("partings", STORM, STORM)[0]


def test_a_run_and_the_capture(where):
    out = os.path.join(where, "run.sgs")
    run("simulate", STORM, "--policy", "own,storm=none", "-o", out)
    d = partings(STORM, out, "--all")
    demand = json.loads(run("demand", STORM, "--json")[0])
    requests = sum(sum(v) for v in demand["requests"]["by_migratetype"].values())
    a, b = d["runs"]
    assert not a["simulated"] and a["seed"] is None and b["simulated"] and b["seed"] == 1 and "storm=none" in b["policy"]
    # nearly all of the demand has its counterpart
    assert requests * 0.98 < d["pairs"] <= min(a["requests"], b["requests"])
    assert d["count"] == len(d["partings"]) > 0
    for k, n in d["kinds"].items():
        assert n == sum(k in x["kinds"] for x in d["partings"]), k
    assert [x["no"] for x in d["partings"]] == list(range(1, d["count"] + 1))
    assert [x["at"][0] for x in d["partings"]] == sorted(x["at"][0] for x in d["partings"])
    for x in d["partings"]:
        assert ("alone" in x["kinds"]) == (x["a"] is None or x["b"] is None)
        for side in ("a", "b"):
            if x[side]:
                assert x[side]["tells"] <= x[side]["event"] == x["at"][side == "b"]
        if x["a"] and x["b"]:
            assert x["a"]["pid"] == x["b"]["pid"] and x["a"]["migratetype"] == x["b"]["migratetype"]
            assert ("outcome" in x["kinds"]) == (x["a"]["got"] != x["b"]["got"])
    # the events are what they are said to be
    most = partings(STORM, out, "--most", "3")["partings"]
    assert [x["weight"] for x in most] == sorted((x["weight"] for x in d["partings"]), reverse=True)[:3]
    for f, side in ((STORM, "a"), (out, "b")):
        n = str(most[0][side]["event"])
        ev = json.loads(run("events", f, "--from", n, "--to", n, "--json")[0])["events"][0]
        assert ev["event"] == "mm_page_alloc" and ev["pid"] == most[0][side]["pid"], ev
    text = run("partings", STORM, out, "--most", "3")[0]
    assert "observed" in text and "simulated  own,storm=none  seed 1" in text and "%d partings" % d["count"] in text


def main():
    test_wrong_usage()
    test_a_run_and_itself_part_nowhere()
    with tempfile.TemporaryDirectory() as where:
        test_a_run_and_the_capture(where)


main()
