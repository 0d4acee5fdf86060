#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What-if runs by the real program: the demand of a capture, and what can't be run.

usage: test_whatif.py STORMGLASS SAMPLES_DIR [PART_OF_A_TEST_NAME]

Prints TAP lines.  A test is a function whose name starts with test_.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"


def run(*args, code=0, **kw):
    """(standard output, standard error); a failure says one line and prints nothing"""
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=240, **kw)
    err = p.stderr.decode()
    assert p.returncode == code, (args, p.returncode, err)
    if code:
        assert not p.stdout, (args, p.stdout[:80])
        assert re.fullmatch(r"stormglass: [^\n]+\n", err), (args, err)
    return p.stdout, err


def refuses(code, *args, say):
    err = run(*args, code=code)[1]
    assert say in err, (args, err, say)


def strict(text):
    def pairs(items):
        keys = [k for k, _ in items]
        assert len(keys) == len(set(keys)), "a key stands twice: %s" % sorted(keys)
        return dict(items)
    return json.loads(text.decode("utf-8"), object_pairs_hook=pairs)


# ---- demand ---------------------------------------------------------------------

def test_demand_adds_up():
    for sample in (STEADY, STORM):
        d = strict(run("demand", sample, "--json", "--list")[0])
        kinds, wants = d["kinds"], d["wants"]
        assert sum(kinds.values()) == len(wants) > 20000
        for kind, n in kinds.items():
            assert sum(w["kind"] == kind for w in wants) == n, kind
        allocs = [w for w in wants if w["kind"] == "alloc"]
        r = d["requests"]
        assert sum(sum(v) for v in r["by_migratetype"].values()) == len(allocs)
        assert r["pages"] == sum(1 << w["order"] for w in allocs) == sum(t["pages"] for t in d["tasks"])
        assert r["failed"] == sum(r["failed_by_order"]) == sum("failed" in w["flags"] for w in allocs)
        assert d["pages_freed"] == sum(t["pages_freed"] for t in d["tasks"])
        assert [w["time"] for w in wants] == sorted(w["time"] for w in wants)
        # a block is freed by the handle of its request, and no page twice
        order, freed = {}, set()
        for w in wants:
            if w["kind"] == "alloc" and w["handle"]:
                assert w["handle"] not in order
                order[w["handle"]] = w["order"]
            elif w["kind"] == "free" and w["handle"]:
                for page in range(w["offset"], w["offset"] + (1 << w["order"])):
                    assert (w["handle"], page) not in freed, w
                    freed.add((w["handle"], page))
        # more than half of what was freed had been asked for in the capture where nothing but tasks frees
        assert sample == STORM or sum(h in order for h, _ in freed) > len(freed) / 2
        lines = run("demand", sample, "--list")[0].decode().splitlines()
        assert len(lines) == len(wants)


def test_demand_is_what_tasks_asked_for():
    d = strict(run("demand", STORM, "--json")[0])
    assert "wants" not in d
    report = strict(run("report", STORM, "--json")[0])
    # the storm's frees are reclaim's and compaction's, and its demand begins behind the snapshot
    assert d["from"] > 0 and d["left_out"]["own_frees"] > 10 * d["kinds"]["free"]
    assert d["left_out"]["migrated"] > 1000 and d["left_out"]["unpaired"] < d["left_out"]["migrated"] / 100
    assert d["kinds"]["alloc"] < report["events"]["mm_page_alloc"]
    names = {t["task"] for t in d["tasks"]}
    assert "storm" in names and not any(n.startswith(("kswapd", "kcompactd")) for n in names), names
    assert all(c["ns"] > 0 and c["seen"] > 0 for c in d["costs"].values()), d["costs"]
    steady = strict(run("demand", STEADY, "--json")[0])
    assert all(c["ns"] is None for c in steady["costs"].values()), "nothing was reclaimed or moved there"
    text = run("demand", STORM)[0].decode()
    assert "storm-" in text and "left out" in text and "%d" % d["requests"]["pages"] in text


def test_demand_of_too_little():
    with tempfile.TemporaryDirectory() as tmp:
        alone = tmp + "/alone.dat"
        shutil.copy(STEADY + "/trace.dat", alone)
        refuses(1, "demand", alone, say="--assume")
        d = strict(run("demand", alone, "--assume", "--json")[0])
        assert d["from"] == 0 or d["assumed"]
        assert any("snapshot" in s for s in d["assumed"]), d["assumed"]
        with open(tmp + "/text", "w") as f:
            f.write("nothing\n")
        refuses(1, "demand", tmp + "/text", say="text")
    refuses(2, "demand", say="FILE")
    refuses(2, "demand", STEADY, "--policy", "linux-6.18", say="--policy")


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_") and callable(f) and
             (len(sys.argv) < 4 or sys.argv[3] in n)]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d %s" % (i, name), flush=True)
        except Exception:
            failed += 1
            traceback.print_exc()
            print("not ok %d %s" % (i, name), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
