#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What-if runs by the real program: the demand of a capture, simulated runs as sessions and trace.dat, and what can't be run.

usage: test_whatif.py STORMGLASS SAMPLES_DIR [PART_OF_A_TEST_NAME]

Prints TAP lines.  A test is a function whose name starts with test_.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"


def words(err):
    """What the program said: the address sanitizer speaks up once about fibers, of which it is told all the same."""
    return re.sub(r"(?m)^==\d+==WARNING: ASan doesn't fully support makecontext[^\n]*\n", "", err.decode())


def run(*args, code=0, **kw):
    """(standard output, standard error); a failure says one line and prints nothing"""
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=240, **kw)
    err = words(p.stderr)
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
    assert d["costs"].pop("demote_page") == {"ns": None, "seen": 0} == d["costs"].pop("swap_page")
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


# ---- simulate -----------------------------------------------------------------------

def content(path):
    with open(path, "rb") as f:
        return f.read()


def simulated(path):
    return strict(run("session", "info", path, "--json")[0])


def equal_share(path):
    """Shares of all decisions that are decidable, and of these that are equal; by kind, and of all"""
    kinds = {k: v for k, v in strict(run("check", path, "--json")[0])["kinds"].items() if v["total"]}
    total, decidable, equal = (sum(v[x] for v in kinds.values()) for x in ("total", "decidable", "equal"))
    assert total > 1000, kinds
    return decidable / total, equal / decidable, kinds


def test_a_simulated_run_is_a_capture():
    """The closed loop through files: what a kernel under the policy would have decided is what the check finds."""
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        for policy, rules in [(None, "linux-7.3-rc"), ("linux-6.18,defrag_mode=1", "linux-6.18"), ("own,defrag_mode=0", "linux-7.3-rc")]:
            run("simulate", STORM, *(["--policy", policy] if policy else []), "--seed", "7", "-o", "a.sgs")
            info = simulated("a.sgs")
            s = info["simulated"]
            assert s["capture"] == info["capture"] == "w2-unmovable-7.3" and s["asked"] == (policy or "")
            assert s["policy"].startswith(rules + ",") and s["seed"] == 7 and s["run"] == s["runs"] == 1
            assert s["from"] > 0 and s["ended"] is None and len(s["assumed"]) >= 3
            assert ("defrag_mode=1" in s["policy"]) == (policy != "own,defrag_mode=0")
            assert info["whole"] and info["snapshots"] == ["before"] and info["kernel"] == rules[6:]
            decidable, equal, kinds = equal_share("a.sgs")
            assert decidable > 0.97 and equal > 0.995, (policy, decidable, equal, kinds)
            for kind in ("pick", "fallback", "drain", "merge", "compact_check", "slow_path"):
                k = kinds[kind]
                assert k["equal"] >= 0.999 * k["decidable"], (policy, kind, k)
            report = strict(run("report", "a.sgs", "--json")[0])
            assert sum(report["contradictions"].values()) < report["events_total"] / 1000
            # the start is that of the capture there: as many free pages as its state at that position has
            def free(file, at):
                zones = strict(run("state", file, "--at", at, "--format", "json")[0])["zones"]
                return {z["name"]: z["pages"]["free"] for z in zones}
            assert free("a.sgs", "start") == free(STORM, "event:%d" % s["from"])
        # saved again it is still what it was
        run("session", "save", "a.sgs", "-o", "b.sgs")
        again = simulated("b.sgs")
        assert again["simulated"] == info["simulated"] and equal_share("b.sgs") == (decidable, equal, kinds)
        assert content("a.sgs") != b"" and not [f for f in os.listdir(".") if "part" in f]
        text = run("session", "info", "a.sgs")[0].decode()
        assert "simulated  w2-unmovable-7.3 from event:" in text and "seed 7" in text and "assumed" in text


def test_the_same_again():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        for end in (".sgs", ".dat"):
            run("simulate", STEADY, "--policy", "linux-6.12", "-o", "a" + end)
            run("simulate", STEADY, "--policy", "linux-6.12", "-o", "b" + end)
            assert content("a" + end) == content("b" + end)
        out = run("simulate", STORM, "--seed", "3", "--runs", "3", "-o", "r.sgs")[0].decode().splitlines()
        assert len(out) == 3 and sorted(f for f in os.listdir(".") if f[0] == "r") == ["r-1.sgs", "r-2.sgs", "r-3.sgs"]
        runs = [simulated("r-%d.sgs" % i)["simulated"] for i in (1, 2, 3)]
        assert [(r["seed"], r["run"], r["runs"]) for r in runs] == [(3, 1, 3), (4, 2, 3), (5, 3, 3)]
        assert len({content("r-%d.sgs" % i) for i in (1, 2, 3)}) == 3
        run("simulate", STORM, "--seed", "4", "-o", "four.sgs")
        events = [run("events", f)[0] for f in ("r-2.sgs", "four.sgs")]
        assert events[0] == events[1] and len(events[0]) > 1000000


def test_trace_dat():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        # a kernel that has other events and fields than the capture's
        run("simulate", STORM, "--policy", "linux-6.1", "-o", "a.dat")
        run("simulate", STORM, "--policy", "linux-6.1", "-o", "a.sgs")
        events = run("events", "a.sgs")[0]
        assert run("events", "a.dat")[0] == events
        r = strict(run("report", "a.dat", "--json")[0])
        assert r["kernel"] == "6.1" and r["file"]["version"] == 6 and r["lost_events"] == 0
        assert r["machine"]["page_size"] == 4096 and r["machine"]["cpus"] == 2
        # from a session nobody has the capture's formats: they are made
        run("session", "save", STORM, "-o", "s.sgs")
        run("simulate", "s.sgs", "--policy", "linux-6.1", "-o", "b.dat")
        assert run("events", "b.dat")[0] == events
        if not shutil.which("trace-cmd"):
            return
        for name in ("a.dat", "b.dat"):
            p = subprocess.run(["trace-cmd", "report", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240)
            lines = p.stdout.decode(errors="replace").splitlines()
            assert p.returncode == 0 and "cpus=2" in lines[0], p.stderr[:300]
            lines = [x for x in lines if re.search(r"\[\d+\]", x)]
            assert len(lines) == len(events.splitlines()) == r["events_total"]
            shown = "\n".join(lines)
            assert not re.search(r"\[FAILED TO PARSE\]|UNKNOWN", shown)
            for word in ("mm_page_alloc:", "GFP_KERNEL", "order=0", "mm_vmscan_kswapd_wake", "print:", "storm-"):
                assert word in shown, word


def test_ends_early():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        p = subprocess.run([TOOL, "simulate", STORM, "--time", "0.02", "-o", "t.sgs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=240)
        err = words(p.stderr)
        assert p.returncode == 0 and re.fullmatch(r"stormglass: t.sgs: the run ended early: [^\n]+\n", err), err
        info = simulated("t.sgs")
        assert info["whole"] and info["simulated"]["ended"] in err and "time" in info["simulated"]["ended"]
        run("check", "t.sgs")
        # ^C keeps what is done
        p = subprocess.Popen([TOOL, "simulate", STORM, "--runs", "1000", "-o", "c.sgs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             stdin=subprocess.DEVNULL)
        end = time.time() + 120
        while not os.path.exists("c-2.sgs") and time.time() < end:
            time.sleep(0.02)
        time.sleep(0.1)
        p.send_signal(signal.SIGINT)
        _, err = p.communicate(timeout=120)
        done = sorted((f for f in os.listdir(".") if f[0] == "c"), key=lambda f: int(f[2:-4]))
        assert 2 <= len(done) < 1000 and p.returncode in (0, 1), (done, p.returncode, err)
        infos = [simulated(f) for f in done]
        assert all(i["whole"] for i in infos) and all(i["simulated"]["ended"] is None for i in infos[:-1])
        if infos[-1]["simulated"]["ended"]:
            assert "user" in infos[-1]["simulated"]["ended"] and b"c-%d.sgs" % len(done) in err
        assert not [f for f in os.listdir(".") if "part" in f]


def test_bad_runs():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        for args, say in [
                (["--policy", "linux-9.9"], "linux-9.9"), (["--policy", ""], "policy"), (["--policy", "own,nothing=1"], "nothing"),
                (["--policy", "linux-6.1,defrag_mode=1"], "defrag_mode"), (["--policy", "linux-6.18,swappiness=1000"], "swappiness"),
                (["--seed", "x"], "--seed"), (["--seed", "-1"], "--seed"), (["--seed", "18446744073709551616"], "--seed"),
                (["--seed", "1.5"], "--seed"), (["--runs", "0"], "--runs"), (["--runs", "1001"], "--runs"), (["--time", "0"], "--time"),
                (["--memory", "some"], "--memory"), (["--bogus"], "--bogus")]:
            refuses(2, "simulate", STORM, "-o", "x.sgs", *args, say=say)
        refuses(2, "simulate", STORM, say="-o")
        refuses(2, "simulate", STORM, "-o", "x.txt", say=".dat")
        refuses(2, "simulate", STORM, "-o", ".sgs", say=".dat")
        refuses(2, "simulate", "-o", "x.sgs", say="FILE")
        refuses(1, "simulate", STORM, "-o", "nowhere/x.sgs", say="nowhere")
        refuses(1, "simulate", STORM, "-o", "nowhere/x.dat", say="nowhere")
        assert os.listdir(".") == []

        # nothing that is read, and nothing but a session, is written over
        shutil.copytree(STEADY, "cap")
        with open("hello.dat", "w") as f:
            f.write("hello\n")
        with open("hello.sgs", "w") as f:
            f.write("hello\n")
        for to in ("hello.dat", "hello.sgs"):
            refuses(2, "simulate", "cap", "-o", to, say="--force")
            assert content(to) == b"hello\n"
        with open("r-2.sgs", "w") as f:
            f.write("hello\n")
        refuses(2, "simulate", "cap", "--runs", "3", "-o", "r.sgs", say="r-2.sgs")
        assert not os.path.exists("r-1.sgs")
        for force in ([], ["--force"]):
            refuses(2, "simulate", "cap", "-o", "cap/trace.dat", *force, say="never written over")
        assert content("cap/trace.dat") == content(STEADY + "/trace.dat")
        run("simulate", "cap", "--force", "-o", "hello.dat")
        run("simulate", "cap", "--force", "-o", "hello.sgs")
        run("simulate", "cap", "--seed", "2", "-o", "hello.sgs")
        assert simulated("hello.sgs")["simulated"]["seed"] == 2
        refuses(2, "simulate", "hello.sgs", "--force", "-o", "hello.sgs", say="never written over")

        # what a run would have to assume is said before it starts
        shutil.copy(STEADY + "/trace.dat", "alone.dat")
        refuses(1, "simulate", "alone.dat", "-o", "x.sgs", say="--assume")
        assert not os.path.exists("x.sgs")


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
