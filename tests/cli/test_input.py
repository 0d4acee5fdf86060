#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the real program on packed files, on standard input and on traces as text.

usage: test_input.py STORMGLASS SAMPLES_DIR [PART_OF_A_TEST_NAME]

Prints TAP lines.  A test is a function whose name starts with test_.
"""
import gzip
import json
import lzma
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parser", "data")


class Skip(Exception):
    pass


def run(*args, data=None, env=None, **kw):
    """(exit code, standard output, standard error); @data goes to standard input through a pipe"""
    if data is None:
        kw.setdefault("stdin", subprocess.DEVNULL)
    p = subprocess.run([TOOL, *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240,
                       env=dict(os.environ, **(env or {})), **kw)
    return p.returncode, p.stdout, p.stderr.decode("utf-8")


def good(*args, **kw):
    code, out, err = run(*args, **kw)
    assert code == 0, "%s: exit %d: %s" % (args, code, err)
    assert err == "", "%s: said %r" % (args, err)
    return out


def limited(*args):
    """What the recording rests on may be said, and nothing else."""
    code, out, err = run(*args)
    assert code == 0 and all(line.startswith("stormglass: limit ") for line in err.splitlines()), (args, code, err)
    return out


def bad(*args, say="", **kw):
    code, out, err = run(*args, **kw)
    assert code == 1, "%s: exit %d: %s" % (args, code, err)
    assert not out, "%s: printed %r" % (args, out[:80])
    assert re.fullmatch(r"stormglass: [^\n]+\n", err), "%s: not one line: %r" % (args, err)
    assert say in err, "%s: %r does not say %r" % (args, err, say)


def trace():
    with open(STEADY + "/trace.dat", "rb") as f:
        return f.read()


def zstd(data, *options):
    if not shutil.which("zstd"):
        raise Skip("there is no zstd here")
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def skippable(nibble, payload):
    return struct.pack("<II", 0x184d2a50 + nibble, len(payload)) + payload


def packed(data):
    """name, bytes: each way of packing that people have"""
    cut = len(data) // 3
    yield "x.gz", gzip.compress(data)
    yield "two-members.gz", gzip.compress(data[:cut]) + gzip.compress(data[cut:], 1)
    yield "padded.gz", gzip.compress(data) + bytes(512)
    yield "x.xz", lzma.compress(data, preset=1)
    yield "two-streams.xz", lzma.compress(data[:cut], preset=1) + bytes(8) + lzma.compress(data[cut:], preset=0)
    yield "x.zst", zstd(data)
    yield "long.zst", zstd(data, "--long=31")
    yield "frames.zst", zstd(data[:cut]) + zstd(data[cut:])
    # pzstd: a skippable frame with the next frame's size before each
    a, b = zstd(data[:cut]), zstd(data[cut:])
    yield "pzstd.zst", (skippable(0, struct.pack("<I", len(a))) + a + skippable(0, struct.pack("<I", len(b))) + b +
                        skippable(15, b""))
    # the name doesn't matter
    yield "named-otherwise", gzip.compress(data)


def without_name(report):
    r = json.loads(report)
    for key in ("path", "name", "file_name", "capture"):
        r.pop(key, None)
    return r


def test_packed_files():
    data = trace()
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/plain", "wb") as f:
            f.write(data)
        want = good("report", "--json", d + "/plain")
        for name, content in packed(data):
            path = d + "/" + name
            with open(path, "wb") as f:
                f.write(content)
            assert without_name(good("report", "--json", path)) == without_name(want), name
            assert without_name(good("report", "--json", "-", data=content)) == without_name(want), "pipe: " + name
            with open(path, "rb") as f:
                assert without_name(good("report", "--json", "-", stdin=f)) == without_name(want), "file: " + name
            os.unlink(path)


def test_every_command_reads_standard_input():
    data = trace()
    with tempfile.TemporaryDirectory() as d:
        for args in (["check"], ["events", "--to", "event:20"], ["decisions", "--to", "event:2000"],
                     ["state", "--at", "end", "--format", "buddyinfo"], ["state", "--at", "event:500", "--format", "json"]):
            with open(d + "/plain", "wb") as f:
                f.write(data)
            command, rest = args[0], args[1:]
            want = run(command, *rest, d + "/plain")
            got = run(command, *rest, "-", data=gzip.compress(data))
            assert got[0] == want[0] == 0, (args, got[2])
            name = lambda t: t.replace(b"standard input", b"").replace((d + "/plain").encode(), b"").replace(
                b"plain", b"").replace(b'"-"', b'""')
            assert name(got[1]) == name(want[1]), args


def test_sessions_packed_and_from_standard_input():
    with tempfile.TemporaryDirectory() as d:
        good("session", "save", STEADY, "-o", d + "/s.sgs")
        with open(d + "/s.sgs", "rb") as f:
            session = f.read()
        want = good("events", "--json", d + "/s.sgs", "--to", "event:300")
        for name, content in (("raw", session), ("gz", gzip.compress(session)), ("xz", lzma.compress(session)),
                              ("zst", zstd(session))):
            with open(d + "/p." + name, "wb") as f:
                f.write(content)
            for path, feed in ((d + "/p." + name, None), ("-", content)):
                assert good("events", "--json", path, "--to", "event:300", data=feed) == want, name
                assert b"whole" in good("session", "verify", path, data=feed), name
        # from standard input into a session
        good("session", "save", "-", "-o", d + "/t.sgs", data=gzip.compress(trace()))
        assert b"whole" in good("session", "verify", d + "/t.sgs")


def test_cut_and_damaged_packed_files():
    data = trace()[:300000]
    for name, content in list(packed(data)):
        for at in (len(content) // 2, len(content) - 600 if name == "padded.gz" else len(content) - 3):
            if name == "pzstd.zst" and at > len(content) - 8:
                at -= 8  # cut inside the last frame that holds something
            for args in (["-"],):
                bad("report", *args, data=content[:at], say="ends too early")
        broken = bytearray(content)
        for i in range(len(broken) // 2, len(broken) // 2 + 64):
            broken[i] ^= 0x5a
        bad("report", "-", data=bytes(broken), say="")
    bad("report", "-", data=gzip.compress(data) + b"and something else", say="something else follows")
    bad("report", "-", data=gzip.compress(gzip.compress(data)), say="one packer inside another")
    bad("report", "-", data=gzip.compress(b""), say="the packed file is empty")
    bad("report", "-", data=b"", say="there is nothing in it")


def test_bombs():
    """What unpacks to more than the disk takes ends with a line, and takes no more than half of what is free."""
    if not os.path.isdir("/dev/shm") or os.getuid() != 0:
        raise Skip("only root can make a small file system")
    bomb = zstd(bytes(64 << 20))
    with tempfile.TemporaryDirectory() as d:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", d], stderr=subprocess.DEVNULL).returncode:
            raise Skip("no file system can be mounted here")
        try:
            for content in (bomb, gzip.compress(bytes(64 << 20)), lzma.compress(bytes(64 << 20), preset=0), bytes(64 << 20)):
                bad("report", "-", data=content, env={"TMPDIR": d}, say="set TMPDIR to a larger disk")
        finally:
            subprocess.run(["umount", d], check=True)


def test_packed_snapshots():
    """Snapshot files packed by gzip, xz, pzstd give the state that they give unpacked."""
    want = good("state", STEADY, "--at", "end", "--format", "json")
    flags = {}
    for folder in ("before", "in-start"):
        with open("%s/%s/kpageflags.zst" % (STEADY, folder), "rb") as f:
            flags[folder] = subprocess.run(["zstd", "-q", "-d", "-c"], input=f.read(), stdout=subprocess.PIPE,
                                           check=True).stdout if shutil.which("zstd") else b""
    if not flags["before"]:
        raise Skip("there is no zstd here")
    ways = {"gz": gzip.compress, "xz": lambda b: lzma.compress(b, preset=0),
            "zst": lambda b: skippable(0, b"four") + zstd(b[:4096]) + zstd(b[4096:]), "": lambda b: b}
    for ending, pack in ways.items():
        with tempfile.TemporaryDirectory() as d:
            os.symlink(STEADY + "/meta.json", d + "/meta.json")
            with open(d + "/trace.dat" + ("." + ending if ending else ""), "wb") as f:
                f.write(pack(trace()))
            for folder, words in flags.items():
                os.mkdir(d + "/" + folder)
                for name in os.listdir(STEADY + "/" + folder):
                    if name.startswith("kpageflags"):
                        continue
                    with open("%s/%s/%s" % (STEADY, folder, name), "rb") as f:
                        content = f.read()
                    plain = not ending or name.startswith("thp.")
                    with open("%s/%s/%s%s" % (d, folder, name, "" if plain else "." + ending), "wb") as f:
                        f.write(content if plain else pack(content))
                with open("%s/%s/kpageflags%s" % (d, folder, "." + ending if ending else ""), "wb") as f:
                    f.write(pack(words))
            got = good("state", d, "--at", "end", "--format", "json")
            assert without_name(got) == without_name(want), ending


def test_keys_come_from_the_terminal():
    """stormglass - in a pipe draws on the terminal and takes its keys from there; nothing is kept in the cache."""
    cache = tempfile.mkdtemp()
    r, w = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.dup2(r, 0)
        os.close(w)
        os.environ.update(TERM="xterm-256color", XDG_CACHE_HOME=cache)
        os.execv(TOOL, [TOOL, "-"])
    os.close(r)
    seen, status, until = b"", None, time.time() + 60
    data, at = trace(), 0
    os.set_blocking(w, False)
    while time.time() < until:
        readable, writable, _ = select.select([master], [w] if at < len(data) else [], [], 0.2)
        if writable:
            at += os.write(w, data[at:at + 65536])
            if at == len(data):
                os.close(w)
        if readable:
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
        if b"standard input" in seen or b"6.1" in seen:
            os.write(master, b"q")
        got, status = os.waitpid(pid, os.WNOHANG)
        if got:
            pid = 0
            break
    if pid:
        try:
            _, status = os.waitpid(pid, os.WNOHANG if time.time() >= until else 0)
        except ChildProcessError:
            pass
    os.close(master)
    assert time.time() < until, "no end after q: %r" % seen[-300:]
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, (status, seen[-300:])
    assert b"6.1" in seen, seen[-300:]
    kept = [f for _, _, files in os.walk(cache) for f in files]
    shutil.rmtree(cache)
    assert not kept, kept


# ---- traces as text ---------------------------------------------------------------

def text_of(name):
    with gzip.open(DATA + "/" + name) as f:
        return f.read()


def test_text_of_trace_cmd():
    """The stretch of a trace that trace-cmd printed has the events of that stretch of the trace.dat."""
    text = text_of("w2-unmovable-7.3-from-82501.report.gz")
    lines = text.decode().splitlines()[1:]
    want = {}
    for line in lines:
        name = re.search(r"\d: (\w+):", line).group(1)
        want[name] = want.get(name, 0) + 1
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/t.txt", "wb") as f:
            f.write(text)
        for path, feed in ((d + "/t.txt", None), ("-", text), ("-", gzip.compress(text)), ("-", zstd(text))):
            r = json.loads(good("report", path, "--json", data=feed))
            assert r["events_total"] == len(lines) == 1000, r["events_total"]
            assert {k.split(":")[-1]: n for k, n in r["events"].items() if n} == want, (r["events"], want)
            assert r["kernel"] == "unknown" and r["machine"]["cpus"] == 2
        out = good("report", d + "/t.txt").decode()
        assert "a trace as text" in out, out[:600]
        ours = json.loads(good("events", d + "/t.txt", "--json"))["events"]
        theirs = json.loads(good("events", STORM + "/trace.dat", "--json", "--from", "event:82500", "--to",
                                 "event:83500"))["events"][-1000:]
        assert len(ours) == len(theirs) == 1000
        for a, b in zip(ours, theirs):
            assert a["event"] == b["event"] and a["pid"] == b["pid"] and a["cpu"] == b["cpu"], (a, b)
            assert abs(float(a["time"]) - float(b["time"])) < 1.1e-6, (a, b)
        for args in (["check"], ["decisions"], ["state", "--at", "end", "--format", "pages"],
                     ["session", "save", "-o", d + "/t.sgs"]):
            good(*args, d + "/t.txt")
        # a session made of it has the same events
        assert json.loads(good("events", d + "/t.sgs", "--json"))["events"] == ours


def test_text_of_tracefs():
    """The head, the flags and the markers of tracefs' trace file; lost events; a line that is cut is no failed request."""
    text = b"""# tracer: nop
#
# entries-in-buffer/entries-written: 5/5   #P:4
#
#                                _-----=> irqs-off/BH-disabled
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
            bash-12      [000] ..... 10.000001: mm_page_alloc: page=0000000012345678 pfn=0x10 order=0 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_ZERO
            bash-12      [000] ..... 10.000001: tracing_mark_write: phase one
CPU:2 [LOST 7 EVENTS]
          <idle>-0       [002] d.s1. 10.000002: mm_page_free: page=0000000012345678 pfn=0x10 order=0
            bash-12      [000] ..... 10.000003: mm_page_alloc: page=0000000012345678 pf
            bash-12      [000] ..... 10.000004: mm_page_alloc: page=0000000012345678 pfn=0x11 order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE
"""
    r = json.loads(good("report", "-", "--json", data=text))
    assert r["events_total"] == 5 and r["machine"]["cpus"] == 4, r
    assert r["lost_events"] == 7, r["lost_events"]
    ev = json.loads(good("events", "-", "--json", data=text))["events"]
    assert [e["event"] for e in ev] == ["mm_page_alloc", "print", "mm_page_free", "(unreadable)", "mm_page_alloc"], ev
    pages = good("state", "-", "--at", "mark:phase one", "--format", "pages", data=text)
    assert pages[0x10:0x11] == b"a", pages[:32]


def test_text_gives_the_same_machine():
    """A whole sample, printed by trace-cmd with its column of flags, beside the sample's snapshots."""
    if not shutil.which("trace-cmd"):
        raise Skip("there is no trace-cmd here")
    for sample in (STEADY, STORM):
        with tempfile.TemporaryDirectory() as d:
            for name in ("before", "in-start", "meta.json"):
                os.symlink(sample + "/" + name, d + "/" + name)
            text = subprocess.run(["trace-cmd", "report", "-l", "-i", sample + "/trace.dat"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=True).stdout
            with gzip.open(d + "/trace.txt.gz", "wb", 1) as f:
                f.write(text)
            for at in ("mark:snapshot-begin-done", "end"):
                for form in ("pages", "buddyinfo"):
                    assert limited("state", d, "--at", at, "--format", form) == good(
                        "state", sample, "--at", at, "--format", form), (sample, at, form)
            ours, theirs = (json.loads(good("check", p, "--json"))["kinds"] for p in (d, sample))
            for kind in theirs:
                if kind == "kswapd":  # the text of its events doesn't have the zone: less is decided
                    assert ours[kind]["decidable"] <= theirs[kind]["decidable"]
                    assert (ours[kind]["decidable"] - ours[kind]["equal"] <=
                            theirs[kind]["decidable"] - theirs[kind]["equal"]), (ours[kind], theirs[kind])
                else:
                    assert ours[kind] == theirs[kind], (sample, kind, ours[kind], theirs[kind])


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
