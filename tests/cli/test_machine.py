#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The same demand on another machine, by the real program: more and less memory, other CPUs, tasks several times.

usage: test_machine.py STORMGLASS SAMPLES_DIR

Prints TAP lines.  A test is a function whose name starts with test_.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"


def run(*args, code=0):
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=240)
    assert p.returncode == code, (args, p.returncode, p.stderr.decode())
    return p.stdout.decode(), p.stderr.decode()


def zones(path):
    state = json.loads(run("state", path, "--at", "end", "--format", "json")[0])
    return state["zones"]


def test_more_memory_is_there_and_free():
    run("simulate", STORM, "-o", "own.sgs")
    _, err = run("simulate", STORM, "--machine", "mem=+256M", "-o", "more.sgs")
    assert "extrapolated: 256 MiB of memory more than the 962 MiB captured (+26.6 %)" in err, err
    info = json.loads(run("session", "info", "more.sgs", "--json")[0])
    assert info["simulated"]["assumed"][0].startswith("extrapolated: 256 MiB"), info["simulated"]["assumed"]
    own, more = zones("own.sgs"), zones("more.sgs")
    assert [z["name"] for z in own] == [z["name"] for z in more]
    assert more[-1]["managed"] - own[-1]["managed"] == (256 << 20) // 4096
    assert [z["managed"] for z in own[:-1]] == [z["managed"] for z in more[:-1]]
    # what reclaim made room for on the captured machine needs none there
    assert run("events", "own.sgs", "--filter", "mm_vmscan_direct_reclaim_begin")[0].count("\n") > 10
    assert run("events", "more.sgs", "--filter", "mm_vmscan_direct_reclaim_begin")[0].count("\n") == 0
    # and the run is one that a kernel could have traced
    check = json.loads(run("check", "more.sgs", "--json")[0])
    kinds = [k for k in check["kinds"].values() if k["total"]]
    assert sum(k["equal"] for k in kinds) > 0.99 * sum(k["decidable"] for k in kinds) > 1000


def test_less_memory():
    j = json.loads(run("compare", STORM, "--machine", "mem=-128M", "--policy", "own,defrag_mode=0", "--runs", "1", "--json")[0])
    assert re.match(r"extrapolated: 12[78] MiB of memory less than the 962 MiB captured \(-13\.3 %\)", j["assumed"][0]), j["assumed"][0]
    # nobody has observed that machine
    f = j["figures"]["stalls"]
    assert f["observed"] is None and f["error"] is None and f["own"]["mid"] > 0, f
    assert f["policies"]["own,defrag_mode=0"]["verdict"] in ("can't be told", "no difference")
    err = run("compare", STORM, "--machine", "mem=-2000M", "--policy", "own", code=1)[1]
    assert re.search(r"no more than \d+ MiB can be taken away", err), err


def test_cpus():
    _, err = run("simulate", STEADY, "--machine", "cpus=4", "-o", "four.sgs")
    assert "extrapolated: 4 CPUs, where 2 were captured" in err, err
    info = json.loads(run("session", "info", "four.sgs", "--json")[0])
    assert info["cpus"] == 4 if "cpus" in info else "4 CPUs" in run("session", "info", "four.sgs")[0]
    cpus = set(re.findall(r"\[(\d+)\]", run("events", "four.sgs")[0]))
    assert {"000", "001", "002", "003"} <= cpus, cpus
    run("simulate", STEADY, "--machine", "cpus=1", "-o", "one.sgs")
    allocs = run("events", "one.sgs", "--filter", "mm_page_alloc")[0]
    assert set(re.findall(r"\[(\d+)\]", allocs)) == {"000"}


def test_tasks_several_times():
    demand = json.loads(run("demand", STEADY, "--json", "--list")[0])
    task = max((t for t in demand["tasks"]), key=lambda t: t["pages"])["task"].rsplit("-", 1)[0]
    requests = {}
    for times in ("1", "3"):
        _, err = run("simulate", STEADY, "--scale", "%s=%s" % (task, times), "-o", "t%s.sgs" % times)
        assert "extrapolated: %s wants everything %s times" % (task, times) in err, err
        requests[times] = run("events", "t%s.sgs" % times, "--filter", "mm_page_alloc")[0].count("\n")
    run("simulate", STEADY, "-o", "own.sgs")
    own = run("events", "own.sgs", "--filter", "mm_page_alloc")[0].count("\n")
    assert requests["1"] == own and requests["3"] > own + 1000, (requests, own)


def test_what_is_no_machine():
    for args in (["--machine", "mem=512M"], ["--machine", "mem=+0"], ["--machine", "cpus=0"], ["--machine", "cpus=x"], ["--machine", "disk=1"],
                 ["--machine", ""], ["--scale", "dd"], ["--scale", "=2"], ["--scale", "dd=0"], ["--scale", "dd=99"],
                 ["--scale", "dd=2", "--scale", "dd=3"]):
        err = run("simulate", STEADY, *args, "-o", "x.sgs", code=2)[1]
        assert args[0] in err, (args, err)
    assert "no task 'nobody'" in run("simulate", STEADY, "--scale", "nobody=2", "-o", "x.sgs", code=2)[1]
    assert not os.path.exists("x.sgs")


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, f) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as tmp:
            os.chdir(tmp)
            try:
                f()
                print("ok %d - %s" % (i, name), flush=True)
            except Exception:
                failed += 1
                print("not ok %d - %s" % (i, name), flush=True)
                traceback.print_exc()
            os.chdir("/")
    sys.exit(failed > 0)


main()
