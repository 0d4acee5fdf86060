#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the real program: exit codes, messages, JSON, positions, broken input and output.

usage: test_cli.py STORMGLASS SAMPLES_DIR [PART_OF_A_TEST_NAME]

Prints TAP lines.  A test is a function whose name starts with test_.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"
COMMANDS = ["report", "state", "events", "check", "decisions"]


class Skip(Exception):
    pass


def run(*args, tool=TOOL, **kw):
    """(exit code, standard output, standard error)"""
    kw.setdefault("stdout", subprocess.PIPE)
    p = subprocess.run([tool, *args], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=240, **kw)
    return p.returncode, p.stdout, p.stderr.decode("utf-8")


def good(*args, **kw):
    code, out, err = run(*args, **kw)
    assert code == 0, "%s: exit %d: %s" % (args, code, err)
    assert err == "", "%s: said %r" % (args, err)
    return out


def strict(text):
    """JSON that has no key twice"""
    def pairs(items):
        keys = [k for k, v in items]
        assert len(keys) == len(set(keys)), "a key stands twice: %s" % sorted(keys)
        return dict(items)
    return json.loads(text.decode("utf-8"), object_pairs_hook=pairs)


def bad(code, *args, say="", **kw):
    """Fails with this code, one line, and nothing on standard output."""
    got, out, err = run(*args, **kw)
    assert got == code, "%s: exit %d, wanted %d: %s" % (args, got, code, err)
    assert not out, "%s: printed %r" % (args, out[:80])
    assert re.fullmatch(r"stormglass: [^\n]+\n", err), "%s: not one line: %r" % (args, err)
    assert say in err, "%s: %r does not say %r" % (args, err, say)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", err), "control characters: %r" % err
    return err


def state(form, at="end", sample=STEADY):
    return good("state", sample, "--at", at, "--format", form)


# ---- usage -------------------------------------------------------------------

def test_help_and_version():
    for args in [["--help"], ["-h"], ["help"]] + [[c, "--help"] for c in COMMANDS] + [["help", c] for c in COMMANDS]:
        out = good(*args).decode()
        assert "stormglass" in out and "FILE" in out and "--help" in out, out
        assert max(len(line) for line in out.splitlines()) <= 110
    for args in [["--version"], ["-V"]] + [[c, "--version"] for c in COMMANDS]:
        assert re.fullmatch(r"stormglass \d+\.\d+\.\d+\n", good(*args).decode())
    assert good("--keys")
    assert b"mark:TEXT" in good("state", "--help")


def test_wrong_usage():
    for args, say in [
            ([], "FILE"), (["--bogus"], "--bogus"), ([STEADY, STORM], "one FILE"), (["--at"], "--at"),
            ([STEADY, "--color", "pink"], "pink"), (["report"], "FILE"), (["report", STEADY, STORM], "one FILE"),
            (["report", "--jason", STEADY], "--jason"), (["report", "--json=1", STEADY], "--json"), (["report", ""], "empty"),
            (["state", STEADY], "--at"), (["state", STEADY, "--at", "end"], "--format"),
            (["state", STEADY, "--format", "json"], "--at"), (["state", STEADY, "--at", "end", "--format", "xml"], "xml"),
            (["state", STEADY, "--at", "middle", "--format", "json"], "middle"),
            (["state", STEADY, "--at", "event:x", "--format", "json"], "event:x"),
            (["state", STEADY, "--at", "time:soon", "--format", "json"], "time:soon"),
            (["state", STEADY, "--at", "mark:", "--format", "json"], "mark:"), (["events"], "FILE"),
            (["events", STEADY, "--from", "1%%"], "--from"), (["events", STEADY, "--to", "x:1"], "--to"),
            (["events", STEADY, "--filter"], "--filter"), (["events", STEADY, "--filter", "order =="], "column 9"),
            (["events", STEADY, "--filter", ""], "column 1"), (["events", STEADY, "-x"], "-x"),
            (["help", "me"], "me"), (["state", "no-such-file", "--at", "2x", "--format", "json"], "position"),
            (["reprot", STEADY], "did you mean report?"), (["stat"], "did you mean state?"), (["help", "chekc"], "did you mean check?"),
            (["nothing-like-it", STEADY], "no command 'nothing-like-it', and no file"), (["se\x1bssion", "info"], "did you mean session?")]:
        bad(2, *args, say=say)


def test_not_a_terminal():
    bad(1, STEADY)


# ---- report -------------------------------------------------------------------

def test_report_json():
    for sample in (STEADY, STORM):
        r = strict(good("report", sample, "--json"))
        with open(sample + "/meta.json") as f:
            meta = json.load(f)
        assert r["kernel"] == meta["kernel"]
        assert r["events_total"] == meta["events"] == sum(r["events"].values())
        for name, n in meta["events_by_type"].items():
            assert r["events"].get(name, 0) == n, (name, r["events"].get(name), n)
        assert r["lost_events"] == 0 and r["lost_unknown"] is False
        assert r["machine"]["cpus"] == meta["cpus"] and r["machine"]["nodes"] == meta["nodes"]
        assert r["file"]["version"] == meta["file_version"] and r["file"]["compression"] == meta["compression"]
        assert abs(r["first_time"] - meta["first_timestamp"]) < 1e-6
        assert abs(r["last_time"] - meta["last_timestamp"]) < 1e-6
        assert r["zones"] and all(isinstance(n, int) and n >= 0 for n in r["contradictions"].values())
        assert {"tasks", "orders", "migratetypes", "extfrag", "reclaim", "compaction", "notes", "tracepoints"} <= set(r)
        assert sum(o["allocations"] + o["failed"] for o in r["orders"]) == r["events"]["mm_page_alloc"]
        assert sum(x["count"] for x in r["extfrag"]) == r["events"].get("mm_page_alloc_extfrag", 0)
        assert sum(t["direct_reclaims"] for t in r["tasks"]) == r["reclaim"]["direct_reclaims"]
        for z in r["zones"]:
            assert z["start_pfn"] < z["end_pfn"] and len(z["free"]) == 11
            assert sum(n << k for k, n in enumerate(z["free"])) == z["pages"]["free"]


def test_report_text():
    out = good("report", STORM).decode()
    for part in ("7.3-cloud-amd64", "292,508", "kmem:mm_page_alloc ", "DMA32", "compaction", "kswapd0-", "claimed"):
        assert part in out, part


# ---- state --------------------------------------------------------------------

def test_state_forms_agree():
    for sample, at in ((STEADY, "end"), (STORM, "mark:phase hold"), (STORM, "event:0"), (STORM, "event:200000")):
        o = strict(state("json", at, sample))
        pages = state("pages", at, sample)
        assert len(pages) == o["end_pfn"]
        assert set(pages) <= set(b"-?fpai"), set(pages)
        for name, letter in (("free", b"f"), ("pcp", b"p"), ("allocated", b"a"), ("isolated", b"i"), ("unknown", b"?")):
            assert sum(z["pages"][name] for z in o["zones"]) == pages.count(letter), (at, name)
        rows = re.findall(r"^Node (\d+), zone +(\S+) ((?: *\d+ ){11})$", state("buddyinfo", at, sample).decode(), re.M)
        assert [(int(n), z, [int(x) for x in row.split()]) for n, z, row in rows] == \
            [(z["node"], z["name"], z["free"]) for z in o["zones"]]
        for z in o["zones"]:
            assert [sum(t["free"][k] for t in z["types"].values()) for k in range(11)] == z["free"]
        blocks = {b["pfn"]: b for b in o["pageblocks"]}
        for pfn, b in blocks.items():
            part = pages[pfn:pfn + (1 << o["pageblock_order"])]
            assert (b["free"], b["pcp"], b["allocated"], b["isolated"], b["unknown"]) == \
                tuple(part.count(c) for c in (b"f", b"p", b"a", b"i", b"?")), (at, pfn)
        for fl in o["free_lists"]:
            assert len(fl["head"]) <= fl["blocks"]
            for pfn in fl["head"]:
                assert pages[pfn:pfn + (1 << fl["order"])] == b"f" * (1 << fl["order"]), (at, fl["order"], pfn)


def test_pagetypeinfo_layout():
    """Line by line as the kernel prints it; the numbers are another test's."""
    def shape(text):
        return [re.sub(r"\d+", "#", re.sub(r" +(?=\d)", " ", line)) for line in text.splitlines()]
    for sample in (STEADY, STORM):
        for form in ("buddyinfo", "pagetypeinfo"):
            with open(sample + "/in-end/" + form) as f:
                want = f.read()
            got = state(form, "mark:snapshot-end", sample).decode()
            got = "".join(line for line in got.splitlines(True) if "type      Unknown" not in line)
            assert shape(got) == shape(want), form
            assert [len(a) for a in got.splitlines()[:5]] == [len(a) for a in want.splitlines()[:5]]


def test_positions():
    n = {}
    for line in good("events", STORM, "--filter", "event == print").decode().splitlines():
        m = re.match(r" *(\d+)  (\d+\.\d{9}) .*buf=\"(.*)\"$", line)
        n[m[3]] = (m[1], m[2])
    number, when = n["phase hold"]
    want = state("json", "event:" + number, STORM)
    assert state("json", "mark:phase h", STORM) == want
    assert state("json", "time:" + when, STORM) == want
    o = strict(want)
    assert o["position"] == int(number) and abs(o["time"] - float(when)) < 1e-9
    start = strict(state("json", "event:0", STORM))
    assert start["position"] == 0 and start["time"] is None
    assert strict(state("json", "time:0", STORM))["position"] == 0
    end = strict(state("json", "end", STORM))["position"]
    assert end == 292508
    assert state("json", "event:%d" % end, STORM) == state("json", "end", STORM) == state("json", "time:99999", STORM)
    bad(1, "state", STORM, "--at", "event:%d" % (end + 1), "--format", "json", say="292508")
    bad(1, "state", STORM, "--at", "event:18446744073709551615", "--format", "pages", say="292508")
    bad(1, "state", STORM, "--at", "99999999999999999999", "--format", "pages", say="there are only 292508 events")
    bad(1, "state", STORM, "--at", "mark:no such thing", "--format", "json", say="'phase unmovable', 'phase hold'")
    bad(1, "events", STEADY, "--from", "mark:no such thing", say="no such thing")
    # what g takes
    assert state("json", "50%", STORM) == state("json", "146,254", STORM) == state("json", "+146254", STORM) == \
        state("json", "event:146254", STORM)
    assert state("json", "start", STORM) == state("json", "0%", STORM) == state("json", "0", STORM)
    for how in (["events", "--json"], ["decisions"]):
        assert good(how[0], STORM, *how[1:], "--from", "99.99%", "--to", "100%") == \
            good(how[0], STORM, *how[1:], "--from", "event:292478", "--to", "end")


# ---- events -------------------------------------------------------------------

def test_events_json():
    o = strict(good("events", STEADY, "--json", "--from", "event:1000", "--to", "event:3000"))
    assert o["count"] == len(o["events"]) == 2001
    assert [e["number"] for e in o["events"]] == list(range(1000, 3001))
    assert all(a["time"] <= b["time"] for a, b in zip(o["events"], o["events"][1:]))
    for e in o["events"]:
        assert {"time", "cpu", "pid", "task", "system", "event", "fields"} <= set(e)
        if e["event"] == "mm_page_alloc":
            assert isinstance(e["fields"]["pfn"], int) and e["fields"]["migratetype"] in ("Unmovable", "Movable", "Reclaimable")
            assert re.search("GFP", e["fields"]["gfp_flags"]), e
    only = strict(good("events", STEADY, "--json", "--filter", "pid == 0 && pid == 1"))
    assert only["count"] == 0 and only["events"] == []


def test_events_limits():
    def numbers(*args):
        return [int(line.split()[0]) for line in good("events", STEADY, *args).decode().splitlines()]
    assert numbers("--from", "event:10", "--to", "event:12") == [10, 11, 12]
    assert numbers("--to", "event:2") == [1, 2]
    assert numbers("--to", "event:0") == []
    for args in (("events",), ("decisions",), ("events", "--json")):
        bad(2, *args, STEADY, "--from", "event:12", "--to", "event:10", say="--from is event 12, behind --to, event 10")
    assert numbers("--from", "end") == [91436]
    assert numbers("--from", "event:91436") == [91436]
    assert len(numbers()) == 91436
    begin = numbers("--from", "mark:snapshot-begin", "--to", "mark:snapshot-begin-done")
    marks = numbers("--filter", "print")
    assert (begin[0], begin[-1]) == (marks[0], marks[1]) and len(begin) == marks[1] - marks[0] + 1
    line = good("events", STEADY, "--from", "event:500", "--to", "event:500").decode().split()
    assert numbers("--from", "time:" + line[1], "--to", "time:" + line[1])[0] == 500
    assert numbers("--to", "time:1") == []
    code, out, err = run("events", STEADY, "--to", "event:91437")
    assert code == 1 and out.count(b"\n") == 91436 and "91436" in err
    bad(1, "events", STEADY, "--from", "event:91437", say="91436")


def test_filter_equals_ours():
    """What passes is what a reader of the JSON would pick."""
    every = strict(good("events", STEADY, "--json"))["events"]
    for text, pick in [
            ("mm_page_alloc && order >= 2", lambda e, f: e["event"] == "mm_page_alloc" and f["order"] >= 2),
            ("migratetype == Unmovable", lambda e, f: f.get("migratetype") == "Unmovable"),
            ("task =~ ^s && cpu == 1", lambda e, f: e["task"].startswith("s") and e["cpu"] == 1),
            ("pfn < 20000 || !(event =~ page)", lambda e, f: (f.get("pfn") is not None and f["pfn"] < 20000) or
             "page" not in e["system"] + ":" + e["event"]),
            ("number > 400 and number <= 410", lambda e, f: 400 < e["number"] <= 410),
            ("buf =~ begin", lambda e, f: "begin" in f.get("buf", "")),
            ("gfp has __GFP_COMP && gfp & __GFP_ZERO", lambda e, f: "__GFP_COMP" in f.get("gfp_flags", "") and
             "__GFP_ZERO" in f.get("gfp_flags", ""))]:
        got = strict(good("events", STEADY, "--json", "--filter", text))["events"]
        want = [e for e in every if pick(e, e["fields"])]
        assert got == want, "%s: %d events, wanted %d" % (text, len(got), len(want))
        assert want, text


def test_explain():
    out = good("events", STORM, "--filter", "mm_page_alloc_extfrag", "--explain").decode().splitlines()
    assert len(out) == 2 * 39
    assert all(line.startswith("          ") and line.strip() for line in out[1::2])
    o = strict(good("events", STORM, "--filter", "mm_page_alloc_extfrag", "--explain", "--json"))
    assert [e["explanation"] for e in o["events"]] == [line.strip() for line in out[1::2]]


# ---- sources -------------------------------------------------------------------

def test_file_and_directory():
    """The same events from the directory, the file in it, a packed file, and a directory with a packed file."""
    want = good("events", STEADY)
    assert good("events", STEADY + "/trace.dat") == want
    assert good("events", STEADY + "/") == want
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["zstd", "-q", STEADY + "/trace.dat", "-o", d + "/trace.dat.zst"], check=True)
        assert good("events", d + "/trace.dat.zst") == want
        assert good("events", d) == want
        alone = strict(good("report", d, "--json"))
        assert alone["zones"] and all(z["deduced"] for z in alone["zones"])
        assert state("pages", "event:0", d).count(b"f") == 0


def test_judge_is_not_read():
    """in-end/ and after/ are never an input."""
    with tempfile.TemporaryDirectory() as d:
        for name in ("trace.dat", "meta.json", "before", "in-start"):
            os.symlink(STEADY + "/" + name, d + "/" + name)
        want = state("pages", "end", STEADY)
        assert state("pages", "end", d) == want
        os.mkdir(d + "/in-end")
        with open(d + "/in-end/buddyinfo", "w") as f:
            f.write("nonsense")
        assert state("pages", "end", d) == want


def test_same_twice():
    for args in (["report", STORM], ["report", STORM, "--json"], ["state", STORM, "--at", "end", "--format", "json"],
                 ["state", STORM, "--at", "mark:phase", "--format", "pages"], ["events", STEADY, "--json"],
                 ["events", STEADY, "--explain"]):
        assert good(*args) == good(*args), args


def every_command(path):
    return [["report", path], ["report", path, "--json"], ["state", path, "--at", "end", "--format", "pages"],
            ["state", path, "--at", "event:5", "--format", "json"], ["events", path], ["check", path],
            ["decisions", path], [path]]


def test_bad_files():
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/text", "w") as f:
            f.write("This is no trace.\n" * 100)
        open(d + "/empty", "w").close()
        os.mkdir(d + "/dir")
        os.mkdir(d + "/dir2")
        os.mkdir(d + "/dir2/trace.dat")
        with open(d + "/zeros", "wb") as f:
            f.write(bytes(10000))
        with open(d + "/magic", "wb") as f:
            f.write(b"\x17\x08\x44tracing")
        os.symlink("loop", d + "/loop")
        os.mkfifo(d + "/fifo")
        for name in ("text", "empty", "dir", "dir2", "zeros", "magic", "loop", "absent", "absent/deep", "fifo"):
            for args in every_command(d + "/" + name):
                bad(1, *args, say=name)
        for packer, start in (("lz4", b"\x04\x22\x4d\x18"), ("zip", b"PK\x03\x04"), ("bzip2", b"BZh91AY")):
            with open(d + "/packed", "wb") as f:
                f.write(start + bytes(100))
            bad(1, "report", d + "/packed", say="packed with %s: unpack it first" % packer)
        for packer, start in (("gzip", b"\x1f\x8b\x08"), ("xz", b"\xfd7zXZ\x00"), ("zstd", b"\x28\xb5\x2f\xfd")):
            with open(d + "/packed", "wb") as f:
                f.write(start + b"\xff" * 100)
            bad(1, "report", d + "/packed", say="the %s data is damaged near byte" % packer)
        with open(d + "/cut", "wb") as f:
            f.write(open(STEADY + "/trace.dat", "rb").read(5000))
        bad(1, "check", d + "/cut", say="the file is cut; copy it again, whole")
        bad(1, "report", "/dev/null", say="/dev/null")
        bad(1, "report", d + "/" + "x" * 5000)
        with open(d + "/esc\x1b]0;owned\x07\n\u202e", "w") as f:
            f.write("no trace")
        bad(1, "report", d + "/esc\x1b]0;owned\x07\n\u202e", say="esc?]0;owned??")
        bad(1, "report", (d + "/absent").encode() + b"\xff\xfe", say="absent??")


def test_no_permission():
    with tempfile.TemporaryDirectory() as d:
        shutil.copy(STEADY + "/trace.dat", d + "/trace.dat")
        os.chmod(d, 0o755)
        os.chmod(d + "/trace.dat", 0)
        tool, kw = TOOL, {}
        if os.geteuid() == 0: # as somebody who may not read everything, who may not see our build either
            tool = shutil.copy(TOOL, d + "/stormglass")
            kw = {"user": 65534, "group": 65534, "extra_groups": []}
            try:
                if run("--version", tool=tool, **kw)[0] != 0:
                    raise Skip("the program can't be run by another user here")
            except PermissionError:
                raise Skip("the program can't be run by another user here")
        bad(1, "report", d + "/trace.dat", say="ermission", tool=tool, **kw)
        bad(1, "report", d, say="ermission", tool=tool, **kw)


def test_truncated():
    """Opens what is whole or says why not; never a crash, never a hang."""
    data = open(STEADY + "/trace.dat", "rb").read()
    cuts = list(range(0, 60)) + list(range(60, 2000, 97)) + [len(data) * i // 23 for i in range(1, 23)] + [len(data) - 1]
    opened = 0
    with tempfile.TemporaryDirectory() as d:
        path = d + "/cut.dat"
        for cut in cuts:
            with open(path, "wb") as f:
                f.write(data[:cut])
            code, out, err = run("report", path, "--json")
            assert code in (0, 1), (cut, code, err)
            if code == 1:
                assert re.fullmatch(r"stormglass: [^\n]+\n", err) and "cut.dat" in err and not out, (cut, err)
            else:
                opened += 1
                r = strict(out)
                assert err == "" and (r["notes"] or r["events_total"] == 91436), (cut, err)
    assert opened > 0, "no cut file could be opened in part"


def test_damaged():
    """Bytes overwritten here and there."""
    data = open(STEADY + "/trace.dat", "rb").read()
    with tempfile.TemporaryDirectory() as d:
        path = d + "/damaged.dat"
        for i in range(40):
            broken = bytearray(data)
            at = (i * 7919 * 613) % len(data) if i > 20 else i * 41
            broken[at:at + 8] = bytes([(0xff, 0x00, 0x80, 0x41)[i % 4]]) * 8
            with open(path, "wb") as f:
                f.write(broken)
            code, out, err = run("report", path, "--json")
            assert code in (0, 1), (i, at, code, err)
            if code == 0:
                strict(out)
                assert err == "", (i, err)
            else:
                assert re.fullmatch(r"stormglass: [^\n]+\n", err), (i, err)


def test_odd_names():
    """JSON stays valid UTF-8 whatever the directory is called."""
    with tempfile.TemporaryDirectory() as d:
        name = d.encode() + b"/\xff\xc3(\x1b[1m\"\\\xe2\x82"
        os.symlink(STEADY.encode(), name)
        r = strict(good("report", name, "--json"))
        assert "\x1b" not in r["capture"] and '"\\' in r["capture"], r["capture"]


def test_broken_snapshots():
    """Snapshots that are not what they should be cost knowledge, not the program."""
    with tempfile.TemporaryDirectory() as d:
        os.symlink(STEADY + "/trace.dat", d + "/trace.dat")
        for sub in ("before", "in-start"):
            os.mkdir(d + "/" + sub)
            for name in ("kpageflags.zst", "buddyinfo", "pagetypeinfo", "zoneinfo", "vmstat"):
                with open(d + "/" + sub + "/" + name, "wb") as f:
                    f.write(b"Node 0, zone -1 99999999999999999999 \x1b[2J\n" * 50)
        with open(d + "/meta.json", "w") as f:
            f.write('{"kernel": ' * 1000)
        code, out, err = run("report", d, "--json")
        assert code in (0, 1) and (code == 1 or strict(out)["events_total"] == 91436), (code, err)
        assert err.count("\n") == code


# ---- output --------------------------------------------------------------------

def test_closed_pipe():
    for args in (["events", STORM], ["events", STORM, "--json"], ["state", STORM, "--at", "end", "--format", "pages"],
                 ["report", STORM], ["--help"]):
        r, w = os.pipe()
        os.close(r)
        code, out, err = run(*args, stdout=w)
        os.close(w)
        assert (code, err) == (0, ""), (args, code, err)
    # the reader leaves in the middle: the program stops early
    p = subprocess.Popen([TOOL, "events", STORM], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.stdout.readline()
    p.stdout.close()
    since = time.monotonic()
    assert p.wait(60) == 0 and p.stderr.read() == b""
    p.stderr.close()
    assert time.monotonic() - since < 30


def test_full_disk():
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full here")
    for args in (["events", STEADY], ["events", STEADY, "--json", "--to", "event:1"], ["report", STEADY],
                 ["report", STEADY, "--json"], ["state", STEADY, "--at", "end", "--format", "pages"],
                 ["state", STEADY, "--at", "end", "--format", "buddyinfo"], ["--help"], ["--version"], ["--keys"]):
        with open("/dev/full", "wb") as full:
            code, out, err = run(*args, stdout=full)
        assert code == 1 and re.fullmatch("stormglass: [^\n]*No space left[^\n]*\n", err), (args, code, err)


def test_closed_output():
    for args in (["report", STEADY], ["--version"]):
        p = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', TOOL, *args], stderr=subprocess.PIPE)
        assert p.returncode == 1 and p.stderr.count(b"\n") == 1, (p.returncode, p.stderr)


# ---- check and decisions ---------------------------------------------------------

KINDS = ["pick", "fallback", "refill", "drain", "merge", "compact_check", "scanner", "kswapd", "slow_path",
         "failure"]


def test_check():
    """The rules decide as the kernel did, as often as they must on the samples; nothing undecided counts as equal."""
    least = {"pick": 0.995, "fallback": 0.98, "refill": 0.95, "drain": 0.95, "merge": 0.999, "compact_check": 0.97,
             "scanner": 0.90, "kswapd": 0.95, "slow_path": 0.90, "failure": 0.95}
    below = {("linux-7.3-rc", "refill"): 0.89}  # not at the mark: doc/conformance.md says why; no worse than it is
    for sample, rules in ((STEADY, "linux-6.1"), (STORM, "linux-7.3-rc")):
        o = strict(good("check", "--json", "--list", sample))
        assert o["rules"] == rules and o["rules_guessed"] is False
        assert list(o["kinds"]) == KINDS
        for kind, k in o["kinds"].items():
            assert k["equal"] <= k["decidable"] <= k["total"], kind
            assert k["decidable"] + sum(k["undecided"].values()) == k["total"], kind
            differ = [d for d in o["disagreements"] if d["kind"] == kind]
            assert len(differ) == k["decidable"] - k["equal"], kind
            assert all(d["verdict"] == "differs" for d in differ)
            if k["decidable"]:
                assert k["equal"] >= below.get((rules, kind), least[kind]) * k["decidable"], (rules, kind, k)
        assert o["kinds"]["pick"]["decidable"] >= 0.85 * o["kinds"]["pick"]["total"]
    assert b"slow_path" in good("check", STORM)
    for args in (("check",), ("check", "--kind", "nonsense", STORM), ("decisions", "--from", "later", STORM)):
        assert run(*args)[0] == 2, args


def test_check_and_its_lists():
    """The sums in JSON and as text, the list of disagreements and `decisions` tell of the same decisions, kind by kind."""
    for sample in (STEADY, STORM):
        kinds = strict(good("check", "--json", sample))["kinds"]
        text = good("check", "--list", sample).decode()
        every = strict(good("decisions", "--json", sample))["decisions"]
        assert len(every) == sum(k["total"] for k in kinds.values())
        for kind, k in kinds.items():
            of = [d for d in every if d["kind"] == kind]
            missing = {}
            for d in of:
                assert ("missing" in d) == (d["verdict"] == "undecided"), d
                if d["verdict"] == "undecided":
                    missing[d["missing"]] = missing.get(d["missing"], 0) + 1
            verdicts = [d["verdict"] for d in of]
            assert (len(of), verdicts.count("equal")) == (k["total"], k["equal"]), kind
            assert verdicts.count("differs") == k["decidable"] - k["equal"], kind
            assert missing == k["undecided"], kind
            assert len(re.findall(r"^\d+  .*  %s  differs$" % kind, text, re.M)) == verdicts.count("differs"), kind
            row = re.search(r"^%s +(\d+) +(\d+) +\S+ +(\d+) " % kind, text, re.M)
            assert [int(n) for n in row.groups()] == [k["total"], k["decidable"], k["equal"]], kind
        one = good("check", "--list", "--kind", "refill", sample).decode()
        n = kinds["refill"]["decidable"] - kinds["refill"]["equal"]
        assert len(re.findall(r"^\d+  .*  refill  differs$", one, re.M)) == len(re.findall(r"  differs$", one, re.M)) == n


def test_check_trust():
    """What the figures rest on: contradictions, lost events and what they cost, notes; missing facts in words."""
    o = strict(good("check", "--json", STORM))
    r = strict(good("report", "--json", STORM))
    assert o["contradictions"] == r["contradictions"] and o["notes"] == r["notes"] == []
    assert (o["lost_events"], o["lost_unknown"], o["gaps"], o["first_gap"]) == (0, False, 0, None)
    out = good("check", STORM).decode()
    race = r["contradictions"]["snapshot_race"]
    n = sum(r["contradictions"].values()) - race
    assert "contradictions between model and trace: %d, each counted and repaired; %d more while" % (n, race) in out, out
    assert "\nlost events: none\n" in out and "no_snapshot" not in out
    for why in {why for k in o["kinds"].values() for why in k["undecided"]}:
        assert len(re.findall(r"^  %s +[a-z]" % why, out, re.M)) == 1, why
    assert "a fact that isn't in the trace" not in out  # each missing fact has its words
    assert "\n  no_snapshot: " in good("check", STEADY + "/trace.dat").decode()
    with tempfile.TemporaryDirectory() as d:
        good("session", "save", STORM, "-o", d + "/s.sgs")
        data = bytearray(open(d + "/s.sgs", "rb").read())
        data[len(data) * 4 // 10] ^= 0xff  # inside of one frame of events
        open(d + "/s.sgs", "wb").write(data)
        code, out, err = run("check", "--json", d + "/s.sgs")
        lost = strict(out)
        said = re.fullmatch(r"stormglass: [^\n]*: events (\d+) to (\d+) can't be read: [^\n]*\n", err)
        assert code == 0 and said, err
        code, out, err = run("report", "--json", d + "/s.sgs")
        assert said.group() == err
        events = strict(out)["events_total"]
        assert lost["lost_events"] == r["events_total"] - events > 0 and lost["gaps"] == 1
        gap = lost["first_gap"]
        # numbers stay those of the capture
        assert gap["event"] == int(said.group(2)) + 1 and gap["event"] - int(said.group(1)) == lost["lost_events"]
        assert {l["key"]: l["from"] for l in lost["limits"]} == {"lost_events": int(said.group(1))}
        whole = {n: strict(run("events", "--json", "--from", "event:%d" % gap["event"], "--to", "event:%d" % (gap["event"] + 9), f)[1])
                 ["events"] for n, f in (("a", STORM), ("b", d + "/s.sgs"))}
        assert whole["b"][0].pop("lost_before") == lost["lost_events"] and whole["a"] == whole["b"]
        after = strict(run("decisions", "--json", "--from", "event:%d" % gap["event"], "--to", "event:%d" % (gap["event"] + 2000),
                           d + "/s.sgs")[1])["decisions"]
        assert after and all(gap["event"] <= x["event"] <= gap["event"] + 2000 for x in after)
        assert strict(run("state", d + "/s.sgs", "--at", "event:%d" % (gap["event"] + 5), "--format", "json")[1])["position"] == \
            gap["event"] + 5
        assert gap["total_before"] + gap["total_after"] == sum(k["total"] for k in lost["kinds"].values())
        assert gap["decidable_before"] + gap["decidable_after"] == sum(k["decidable"] for k in lost["kinds"].values())
        # all before it is as without the loss; after it less is known
        assert gap["decidable_before"] > 0.9 * gap["total_before"] > 0
        assert gap["decidable_after"] < 0.9 * gap["total_after"]
        assert len(lost["notes"]) == 1 and "damaged" in lost["notes"][0]
        out = run("check", d + "/s.sgs")[1].decode()
        assert "lost events: %d\n  gaps: 1, the first before event %d;" % (lost["lost_events"], gap["event"]) in out, out
        assert "decisions before the first gap: %d, " % gap["total_before"] in out and lost["notes"][0] in out


def test_decisions():
    o = strict(good("decisions", "--json", "--from", "event:100000", "--to", "event:101000", STORM))["decisions"]
    assert o and all(100000 <= d["event"] <= 101000 for d in o)
    assert all(d["verdict"] in ("equal", "differs", "undecided") and d["rule"] and d["kind"] in KINDS for d in o)
    assert all(("missing" in d) == (d["verdict"] == "undecided") for d in o)
    picks = strict(good("decisions", "--json", "--kind", "pick", "--to", "event:101000", STORM))["decisions"]
    assert picks and {d["kind"] for d in picks} == {"pick"} and picks[-1]["event"] <= 101000


def test_decisions_whole():
    """All of them, whatever part is asked for: what begins in the part and is settled behind it is the same."""
    whole = strict(good("decisions", "--json", STORM))
    sums = strict(good("check", "--json", STORM))
    assert (whole["rules"], whole["rules_guessed"]) == ("linux-7.3-rc", False)
    for kind in KINDS:
        mine = [d for d in whole["decisions"] if d["kind"] == kind]
        assert len(mine) == sums["kinds"][kind]["total"], kind
        assert sum(d["verdict"] == "equal" for d in mine) == sums["kinds"][kind]["equal"], kind
    part = strict(good("decisions", "--json", "--from", "event:60000", "--to", "event:61000", STORM))["decisions"]
    assert part == [d for d in whole["decisions"] if 60000 <= d["event"] <= 61000]
    for d in whole["decisions"]:
        assert d["reason"] and d["kernel"], d  # nothing is left without words
        assert d["rules"] or d["verdict"] == "undecided", d
        assert "(null)" not in d["reason"] + d["rules"] + d["kernel"], d
    # a pick out of a claimed pageblock is another function's; that count of frees came after 6.1
    picks = [d for d in whole["decisions"] if d["kind"] == "pick" and d["verdict"] == "equal"]
    claims = [d for d in picks if "its pageblock becomes" in d["reason"]]
    assert claims and all(("__rmqueue_claim()" in d["rule"]) == (d in claims) for d in claims + picks[:100])
    old = strict(good("decisions", "--json", "--kind", "drain", "--policy", "linux-6.1", STORM))
    for kernel, drains in ((7.3, whole), (6.1, old)):
        drains = [d for d in drains["decisions"] if d["kind"] == "drain"]
        assert drains and all(("free_count" in d["numbers"]) == (kernel > 6.1) for d in drains), kernel


def test_decisions_text():
    """As text: both answers, what is missing in words, the numbers with their names' values."""
    out = good("decisions", "--to", "event:60000", STORM).decode("utf-8")
    assert out.startswith("rules of linux-7.3-rc\n")
    for part in ("kernel:", "rules:", "missing:", "why:", "rule:", "numbers:", "(Movable)", "(list_order_unknown)"):
        assert part in out, part
    assert "a fact that isn't in the trace" not in out  # each missing fact has its words
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out)
    # a zone's name that would steer the terminal
    with tempfile.TemporaryDirectory() as d:
        shutil.copytree(STEADY, d + "/c")
        for snap in ("before", "in-start"):
            name = d + "/c/" + snap + "/zoneinfo"
            os.chmod(os.path.dirname(name), 0o755)
            data = open(name, "rb").read()
            os.chmod(name, 0o644)
            open(name, "wb").write(data.replace(b"DMA32", b"D\x1b[2J"))
        for args in (("decisions",), ("check", "--list"), ("decisions", "--json")):
            out = good(*args, d + "/c").decode("utf-8")
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), args


def with_kernel(d, release):
    """A copy of the 6.1 sample that says it is of another kernel."""
    to = d + "/" + release.decode()
    os.mkdir(to)
    data = open(STEADY + "/trace.dat", "rb").read()
    assert data.count(b" 6.1.0-50-cloud") == 1 and len(release) == 5
    open(to + "/trace.dat", "wb").write(data.replace(b" 6.1.0-50-cloud", b" " + release + b"-50-cloud"))
    for name in os.listdir(STEADY):
        if name not in ("trace.dat", "meta.json"):
            os.symlink(STEADY + "/" + name, to + "/" + name)
    return to


def test_policies():
    text = good("policies").decode()
    j = strict(good("policies", "--json"))
    assert j["policies"][0] == "linux-5.10" and j["policies"][-2:] == ["linux-7.3-rc", "linux-7.3"]
    assert {"linux-6.1", "linux-6.16", "linux-7.0"} < set(j["policies"]) and len(j["policies"]) == len(set(j["policies"]))
    assert len(j["facts"]) > 60
    for f in j["facts"]:
        until = ", not from %s on" % f["until"] if f["until"] else ""
        stable = "; stable: " + ", ".join(f["stable"]) if f["stable"] else ""
        assert "\n  %-24s %s%s%s\n      %s\n      %s\n" % (f["key"], f["since"], until, stable, f["text"], f["function"]) in text, f
    keys = {f["key"] for f in j["facts"]}
    assert [(c["document"], c["key"]) for c in j["choices"]] == [
        ("000", "defrag_mode"), ("000", "kswapd-handover"), ("000", "compact-gap"), ("000", "direct-reclaim"), ("000", "kcompactd-mark"),
        ("001", "hopeless"), ("002", "storm"), ("002", "memalloc-fallback"), ("003", "freelist"), ("003", "reporting"),
        ("004", "anon-order"), ("004", "compact-large"), ("004", "swap-split")]
    for c in j["choices"]:
        assert "\n  %s (document %s): %s\n" % (c["key"], c["document"], c["text"]) in text, c
        assert "\n      %s\n      to be seen in %s\n" % (c["function"], c["captures"]) in text, c
        for v in c["values"]:
            assert re.search(r"^      %s +%s$" % (re.escape(c["key"] + "=" + v["key"] + ("=N" if v["number"] else "")), re.escape(v["text"])), text, re.M), v
            assert set(v["facts"]) <= keys and set(v["facts"].values()) <= {0, 1}, v
        assert c["own"][0]["since"] == "5.10"
        assert {o["value"] for o in c["own"]} <= {v["key"] for v in c["values"] if not v["hooks"]} | {None}, c
    numbers = [(v["key"], v["number"]) for c in j["choices"] for v in c["values"] if v["number"]]
    assert numbers == [("best-effort", {"of": "remembered blocks", "least": 1, "most": 65536})]
    assert "N: remembered blocks, 1 to 65536\n" in text
    storm = {c["key"]: c for c in j["choices"]}["storm"]
    assert storm["own"] == [{"since": "5.10", "value": "none"}, {"since": "7.2", "value": "7.3-rc"}, {"since": "7.3", "value": "7.3"}]
    assert [v["key"] for v in storm["values"] if v["part"]] == ["p1", "p2", "p3", "p4"]
    for s in j["settings"]:
        assert s["least"] <= s["default"] <= s["most"] and s["text"], s
        assert re.search(r"^  %s +%d  %d to %d$" % (re.escape(s["key"]), s["default"], s["least"], s["most"]), text, re.M), s
    assert "defrag_mode" in [s["key"] for s in j["settings"]]
    bad(2, "policies", "x", say="one argument too many")
    bad(2, "policies", "--list", say="no option")


def test_check_policy():
    """Another policy than the capture's: the figures are those of its rules, and it is named."""
    own = strict(good("check", "--json", STORM))
    same = strict(good("check", "--json", "--policy", "linux-7.3,defrag_mode=1", STORM))
    assert (same["rules"], same["rules_guessed"]) == ("linux-7.3,defrag_mode=1", False)
    # the sample ran with defrag_mode and else with defaults; how fruitless rounds count is new since its kernel
    assert {k: v for k, v in same["kinds"].items() if k != "slow_path"} == \
        {k: v for k, v in own["kinds"].items() if k != "slow_path"}
    # with defrag_mode a stalled request of order 0 is promoted to a pageblock, without it none is: no answer fits
    off = strict(good("check", "--json", "--policy", "linux-7.3", STORM))
    assert off["rules"] == "linux-7.3"
    slow = off["kinds"]["slow_path"]
    assert own["kinds"]["slow_path"]["equal"] > 0 and slow["decidable"] > 0 and slow["equal"] == 0, slow
    # 6.1 refills and drains per-cpu lists by other numbers
    old = strict(good("check", "--json", "--policy", "linux-6.1", STORM))
    assert old["rules"] == "linux-6.1"
    for kind in ("refill", "drain"):
        o, n = old["kinds"][kind], own["kinds"][kind]
        assert o["equal"] * n["decidable"] < n["equal"] * o["decidable"], (kind, o, n)
    assert good("check", "--kind", "pick", "--policy", "linux-7.2,swap=1,defrag_mode=1", STORM).decode().startswith(
        "rules of linux-7.2,defrag_mode=1,swap=1: asked for, whatever the capture's kernel 7.3-cloud-amd64 follows\n\n")
    # each decision is the other kernel's: its words say so, too
    d = strict(good("decisions", "--json", "--kind", "slow_path", "--policy", "linux-7.3", STORM))
    assert d["rules"] == "linux-7.3" and all(x["verdict"] != "equal" for x in d["decisions"])
    assert good("decisions", "--policy", "linux-6.1", "--to", "event:10", STORM).startswith(b"rules of linux-6.1: asked for")
    # 7.3 without one fact is a kernel of its own
    less = strict(good("check", "--json", "--policy", "linux-7.3-rc,promote=0,defrag_mode=1", STORM))
    assert less["rules"] == "linux-7.3-rc,promote=0,defrag_mode=1"
    assert less["kinds"]["slow_path"]["equal"] < same["kinds"]["slow_path"]["decidable"]
    # the patches of a series, alone and together, are kernels too: as the facts that they set
    for spec, facts in (("storm=none", "source-without-cma=0,source-whole-blocks=0,capture-order=0,promote=0,promote-counts=0"),
                        ("storm=p2+p4", "promote-counts=0")):
        a = strict(good("check", "--json", "--policy", "linux-7.3,%s,defrag_mode=1" % spec, STORM))
        b = strict(good("check", "--json", "--policy", "linux-7.3,%s,defrag_mode=1" % facts, STORM))
        assert a["rules"] == "linux-7.3,%s,defrag_mode=1" % spec and a["kinds"] == b["kinds"]
        assert a["kinds"]["slow_path"] != same["kinds"]["slow_path"]
    # what makes no difference is said, and done all the same
    code, out, err = run("check", "--json", "--policy", "linux-7.3,storm=p1+p4,compact-gap=capped", STORM)
    assert code == 0 and strict(out)["rules"] == "linux-7.3,compact-gap=capped,storm=p1+p4"
    assert err == ("stormglass: compact-gap=capped changes nothing: linux-7.3 does so by itself\n"
                   "stormglass: storm=p4 does nothing while defrag_mode=0\n"
                   "stormglass: patch 1 of storm annotates locks: there is nothing to model\n")
    for spec, say in (("linux-2.4", "'linux-2.4' is no known policy: linux-5.10 to linux-7.3"), ("", "no known policy"),
                      ("linux-7.3,storm=p9", "p2, p3, p4"), ("linux-7.3,hopeless=7.x,hopeless=6.12", "hopeless is there already"),
                      ("linux-7.3,storm=p2,promote=1", "promote=1 contradicts storm=p2"),
                      ("linux-7.3,speed=2", "'speed' is no choice, no fact and no setting"), ("linux-7.3,swap", "swap=0"),
                      ("linux-7.3,defrag_mode=2", "from 0 to 1"), ("linux-6.1,defrag_mode=1", "6.15"),
                      ("linux-7.3,", "no setting of a policy"), ("linux-7.3,promote=2", "from 0 to 1"),
                      ("linux-6.1,promote", "promote=1"), ("linux\x1b[2J", "no known policy")):
        for command in ("check", "decisions"):
            bad(2, command, "--policy", spec, STORM, say=say)
    bad(2, "check", STORM, "--policy", say="--policy")


def test_check_other_kernels():
    """Each release has its own rules; older ones have what is known of them, newer ones the newest, and it is said."""
    with tempfile.TemporaryDirectory() as d:
        for release, rules, guess in ((b"6.1.0", "linux-6.1", False), (b"5.9.0", "linux-5.10", True),
                                      (b"6.0.9", "linux-6.0", True), (b"6.5.0", "linux-6.5", False),
                                      (b"6.13x", "linux-6.13", False), (b"6.18.", "linux-6.18", False),
                                      (b"7.0.1", "linux-7.0", False), (b"7.2.9", "linux-7.2", False),
                                      (b"7.4.0", "linux-7.3", True), (b"9.0.0", "linux-7.3", True),
                                      (b"what?", "linux-7.3", True)):
            f = with_kernel(d, release)
            o = strict(good("check", "--json", f))
            assert (o["rules"], o["rules_guessed"]) == (rules, guess), (release, o["rules"], o["rules_guessed"])
            # the trace is another kernel's than it says, and contradicts these rules here and there: it goes on
            assert o["kinds"]["pick"]["total"] > 1000, release
            assert sum(k["total"] for k in o["kinds"].values()) == sum(
                k["decidable"] + sum(k["undecided"].values()) for k in o["kinds"].values())
            for args in (("check", f), ("decisions", "--to", "event:10", f)):
                first = good(*args).decode("utf-8").splitlines()[0]
                assert first.startswith("rules of " + rules), first
                assert ("a guess" in first and release.decode() in first) == guess, first
            assert strict(good("decisions", "--json", "--to", "event:10", f))["rules_guessed"] is guess


def main():
    part = sys.argv[3] if len(sys.argv) > 3 else ""
    tests = [(name, f) for name, f in globals().items() if name.startswith("test_") and part in name]
    failed = 0
    print("1..%d" % len(tests))
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, name))
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (i, name, why))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name))
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
