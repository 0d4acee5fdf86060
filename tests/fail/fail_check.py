#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lets one call after the other fail: requests for memory, open, read, write, mmap, fsync, rename, link.

usage: fail_check.py STORMGLASS SCREENS ENGINE FAIL.so SAMPLES_DIR [PART_OF_A_CASE_NAME]

A run in which one call fails must do one of these, and nothing else:
    give the same output as without;
    end with exit code 1 and one line on standard error;
    say on the screen that memory ran out, or that a file couldn't be read or written.
It must not crash, hang, leave a damaged file, or print other figures without a word.  Then the program is killed before
each call that writes, and given a disk that is full at some size.  Of cases with many calls a sample is taken, evenly;
FAIL_ALL=1 takes them all.  Prints TAP lines.
"""
import concurrent.futures
import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

TOOL, SCREENS, ENGINE, LIB, SAMPLES = [os.path.abspath(a) for a in sys.argv[1:6]]
ONLY = sys.argv[6] if len(sys.argv) > 6 else ""
STEADY, STORM = SAMPLES + "/steady-6.1", SAMPLES + "/w2-unmovable-7.3"
ALL = bool(os.environ.get("FAIL_ALL"))
SANITIZED = b"libasan" in subprocess.run(["ldd", TOOL], stdout=subprocess.PIPE).stdout
ERRNO = {"memory": 12, "mmap": 12, "open": 24, "read": 5, "short": 0, "write": 28, "fsync": 5, "rename": 5, "link": 5,
         "ftruncate": 28}
WORKERS = 2
TIMEOUT = 60


class Run:
    """One run of a command with one failing call, in a directory of its own."""

    def __init__(self, case, call, at, more=0, kill=False, size=None, cache=None):
        self.dir = tempfile.mkdtemp(prefix="sg-fail-")
        for name, data in case.files.items():
            with open(os.path.join(self.dir, name), "wb") as f:
                f.write(data)
        seen = os.path.join(self.dir, ".seen")
        env = dict(os.environ, LD_PRELOAD=LIB, FAIL_CALL=call, FAIL_AT=str(at), FAIL_MORE=str(more),
                   FAIL_ERRNO=str(ERRNO[call]), FAIL_SEEN=seen, XDG_CACHE_HOME=os.path.join(self.dir, ".cache"),
                   HOME=self.dir, TMPDIR=self.dir)
        if kill:
            env["FAIL_KILL"] = "1"
        if SANITIZED:
            env["ASAN_OPTIONS"] = "verify_asan_link_order=0:allocator_may_return_null=1:exitcode=99:detect_leaks=0"
            env["UBSAN_OPTIONS"] = "halt_on_error=1:exitcode=99"
        os.mkdir(os.path.join(self.dir, ".cache"))
        if cache or case.cache:
            shutil.copytree(cache or case.cache, os.path.join(self.dir, ".cache"), dirs_exist_ok=True)
        try:
            p = subprocess.run(case.argv, cwd=self.dir, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, timeout=TIMEOUT,
                               preexec_fn=lambda: size is not None and resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            self.code, self.out, self.err = p.returncode, p.stdout, p.stderr.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            self.code, self.out, self.err = "hang", b"", ""
        try:
            with open(seen) as f:
                self.seen = int(f.read())
        except (OSError, ValueError):
            self.seen = 0

    def files(self):
        return sorted(n for n in os.listdir(self.dir) if not n.startswith("."))

    def end(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Case:
    """A command; @written: the session that it writes; @said: what a screen may say instead."""

    def __init__(self, name, argv, calls, files=None, written=None, said=None, cache=None):
        self.name, self.argv, self.calls = name, argv, calls
        self.files, self.written, self.said, self.cache = files or {}, written, said, cache


def events_of(path):
    p = subprocess.run([TOOL, "session", "export", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return p.stdout if p.returncode == 0 else None


def judge_file(case, run, events):
    """What is wrong with the session that was written, None when nothing is."""
    path = os.path.join(run.dir, case.written)
    before = case.files.get(case.written)
    left = [n for n in run.files() if ".part-" in n]
    if run.code == 1:
        if any(n not in run.err for n in left):
            return "left %s, and doesn't say so" % left
        if before is None:
            return "left the file that it could not write" if os.path.exists(path) else None
        with open(path, "rb") as f:
            return None if f.read() == before else "the old file isn't what it was"
    if not os.path.exists(path):
        return "said nothing, and there is no file"
    return None if events_of(path) == events else "the file written has other events"


def judge(case, good, run, events):
    """What is wrong with a run, None when nothing is."""
    if run.code == "hang":
        return "does not end"
    if run.code not in (0, 1):
        return "exit code %s: %.300s" % (run.code, run.err)
    if run.code == 1:
        if not re.fullmatch(r"stormglass: [^\n]+\n", run.err):
            return "not one line: %.300r" % run.err
    elif run.out != good.out:
        text = run.out.decode("utf-8", "replace")
        if not case.said or not re.search(case.said, text):
            return "other output, and no word"
        return None
    return judge_file(case, run, events) if case.written else None


def tries(seen, most):
    if ALL or seen <= most:
        return list(range(1, seen + 1))
    return sorted({1 + i * (seen - 1) // (most - 1) for i in range(most)})


def check(case, call, most):
    """Counts of what came of it, and the failures."""
    good = Run(case, call, 0)
    assert good.code == 0, "%s: fails without a failing call: %s" % (case.name, good.err)
    events = events_of(os.path.join(good.dir, case.written)) if case.written else None
    count, wrong = {"same": 0, "error": 0, "said": 0}, []

    def one(at, more=0):
        run = Run(case, call, at, more)
        why = judge(case, good, run, events)
        kind = "error" if run.code == 1 else "same" if run.out == good.out else "said"
        run.end()
        return at, kind, why, more

    jobs = [(at, 0) for at in tries(good.seen, most)]
    if call == "memory":  # from there on none is had
        jobs += [(at, 1 << 30) for at in tries(good.seen, most // 4 + 1)]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for at, kind, why, more in pool.map(lambda j: one(*j), jobs):
            count[kind] += 1
            if why:
                wrong.append("call %d%s: %s" % (at, " and all after it" if more else "", why))
    good.end()
    return good.seen, count, wrong


def killed(case):
    """The program is killed before each call that writes: the old file, or the new one; what is left of it opens."""
    wrong, nr = [], 0
    good = Run(case, "write", 0)
    events = events_of(os.path.join(good.dir, case.written))
    good.end()
    for call in ("write", "fsync", "rename", "open"):
        seen = Run(case, call, 0)
        for at in tries(seen.seen, 20):
            run = Run(case, call, at, kill=True)
            nr += 1
            path, before = os.path.join(run.dir, case.written), case.files.get(case.written)
            data = open(path, "rb").read() if os.path.exists(path) else None
            if run.code != -9:
                wrong.append("%s %d: not killed, exit code %s" % (call, at, run.code))
            elif data != before and events_of(path) != events:
                wrong.append("%s %d: neither the old file nor the new one" % (call, at))
            for name in run.files():
                if ".part-" in name:
                    p = subprocess.run([TOOL, "session", "export", os.path.join(run.dir, name)], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
                    if p.returncode == 0 and not events.startswith(p.stdout[:p.stdout.rfind(b"\n") + 1]):
                        wrong.append("%s %d: what was written has other events" % (call, at))
                    if p.returncode not in (0, 1):
                        wrong.append("%s %d: what was written: exit code %d" % (call, at, p.returncode))
            run.end()
        seen.end()
    return nr, wrong


def killed_cache(case):
    """The program is killed before each call that writes the cache: the next one shows the same."""
    wrong, nr = [], 0
    good = Run(case, "write", 0)
    for call in ("write", "link", "rename", "mmap"):
        seen = Run(case, call, 0)
        for at in tries(seen.seen, 6):
            run = Run(case, call, at, kill=True)
            again = Run(case, "write", 0, cache=os.path.join(run.dir, ".cache"))
            nr += 1
            if run.code != -9:
                wrong.append("%s %d: not killed, exit code %s" % (call, at, run.code))
            if (again.code, again.out) != (0, good.out):
                wrong.append("%s %d: another screen afterwards, exit code %s" % (call, at, again.code))
            run.end()
            again.end()
        seen.end()
    good.end()
    return nr, wrong


def full(case):
    """No file may grow beyond a size: an error, and nothing is left; or the file, whole."""
    wrong, nr = [], 0
    good = Run(case, "write", 0)
    path = os.path.join(good.dir, case.written)
    events, size = events_of(path), os.path.getsize(path)
    for limit in sorted({0, 1, 100, 4096, size // 3, size // 2, size - 4096, size - 1, size, 8 * size}):
        run = Run(case, "write", 0, size=limit)
        nr += 1
        why = judge(case, good, run, events)
        if not why and run.code != (1 if limit < size else 0) and limit not in (size,):
            why = "exit code %s" % run.code
        if why:
            wrong.append("full at %d of %d bytes: %s" % (limit, size, why))
        run.end()
    good.end()
    return nr, wrong


def engine(case):
    """Each request of runs inside of the engine fails."""
    env = dict(os.environ, LD_PRELOAD=LIB)
    if SANITIZED:
        env["ASAN_OPTIONS"] = "verify_asan_link_order=0:allocator_may_return_null=1:detect_leaks=0"
    p = subprocess.run(case.argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    text = p.stdout.decode("utf-8", "replace")
    print("".join("# %s\n" % line for line in text.splitlines()[:20]), end="")
    return sum(int(n) for n in re.findall(r", (\d+) of them failed in turn", text)), [] if p.returncode == 0 else [text[-300:]]


def cases():
    with tempfile.TemporaryDirectory(prefix="sg-fail-") as d:
        path = os.path.join(d, "s.sgs")
        subprocess.run([TOOL, "session", "save", STEADY, "-o", path], check=True)
        with open(path, "rb") as f:
            session = f.read()
    said = r"out of memory|memory ran out|ran out of memory|[Nn]o memory|can't be read|cannot (be )?(read|write|written)|cannot put"
    reads = {"memory": 150, "read": 60, "short": 40, "open": 60}
    few = {"memory": 40, "read": 20}
    writes = {"memory": 60, "write": 40, "fsync": 9, "rename": 9, "open": 20, "read": 20}
    yield Case("check", [TOOL, "check", STEADY], reads)
    yield Case("check of a storm", [TOOL, "check", STORM], few)
    yield Case("check of a session", [TOOL, "check", "s.sgs"], reads, files={"s.sgs": session})
    yield Case("report", [TOOL, "report", "--json", STEADY], few)
    yield Case("state", [TOOL, "state", STEADY, "--at", "event:9000", "--format", "json"], few)
    yield Case("events", [TOOL, "events", STEADY, "--explain", "--to", "event:3000"], few)
    yield Case("decisions", [TOOL, "decisions", STEADY, "--to", "event:900"], few)
    yield Case("session info", [TOOL, "session", "info", "s.sgs"], few, files={"s.sgs": session})
    yield Case("session verify", [TOOL, "session", "verify", "s.sgs"], few, files={"s.sgs": session})
    yield Case("session export", [TOOL, "session", "export", "s.sgs"], few, files={"s.sgs": session})
    yield Case("session save", [TOOL, "session", "save", STEADY, "-o", "new.sgs"], writes, written="new.sgs")
    yield Case("session save over an older one", [TOOL, "session", "save", "s.sgs", "-o", "old.sgs"], writes,
               files={"s.sgs": session, "old.sgs": session}, written="old.sgs")
    with tempfile.TemporaryDirectory(prefix="sg-fail-") as d:
        subprocess.run([TOOL, "sweep", STEADY, "--tunable", "swappiness=10|60", "--runs", "1", "-o", d], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(d, "runs.jsonl"), "rb") as f:
            runs = f.read()
    show = [TOOL, "sweep", "show", "a.jsonl", "--cost", "pages_obtained"]
    yield Case("sweep show", show + ["--over", "swappiness"], {"memory": 30, "open": 9, "mmap": 9}, files={"a.jsonl": runs})
    yield Case("sweep show of the best", show + ["--json"], {"memory": 20}, files={"a.jsonl": runs})
    yield Case("sweep merge", [TOOL, "sweep", "merge", "a.jsonl", "-o", "to", "--json"],
               {"memory": 30, "open": 9, "mmap": 9, "fsync": 9, "rename": 9}, files={"a.jsonl": runs})
    yield Case("screens", [SCREENS, STEADY, "G50%hhhh4000Hn"], {"memory": 150, "read": 20, "open": 20}, said=said)
    yield Case("screens of a session", [SCREENS, "s.sgs", "G50%h"], {"memory": 60, "read": 20}, files={"s.sgs": session},
               said=said)
    yield Case("screens that save", [SCREENS, STEADY, "50%w<^U>x.sgs<Enter>"], writes, said=said)
    yield Case("screens that write the cache", [SCREENS, STORM, "G", "--cache"],
               {"memory": 40, "write": 40, "rename": 5, "link": 5, "mmap": 5, "open": 20, "ftruncate": 5}, said=said)
    with tempfile.TemporaryDirectory(prefix="sg-fail-") as d:
        subprocess.run([SCREENS, STORM, "G", "--cache"], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, XDG_CACHE_HOME=d, HOME=d))
        yield Case("screens from the cache", [SCREENS, STORM, "50%h", "--cache"],
                   {"memory": 40, "read": 20, "mmap": 5, "open": 20}, said=said, cache=d)
    save = [TOOL, "session", "save", STEADY, "-o", "new.sgs"]
    yield Case("killed while a session is saved", save, killed, written="new.sgs")
    yield Case("killed while a session is replaced", [TOOL, "session", "save", "s.sgs", "-o", "old.sgs"], killed,
               files={"s.sgs": session, "old.sgs": session}, written="old.sgs")
    yield Case("killed while the cache is written", [SCREENS, STORM, "G", "--cache"], killed_cache)
    yield Case("a full disk", save, full, written="new.sgs")
    yield Case("the engine", [ENGINE, STEADY, "495" if ALL else "10" if SANITIZED else "50"], engine)


def main():
    bad = nr = 0
    for case in cases():
        if callable(case.calls):
            if ONLY not in case.name:
                continue
            nr += 1
            runs, wrong = case.calls(case)
            print("%s %d - %s: %d runs" % ("not ok" if wrong else "ok", nr, case.name, runs), flush=True)
            for line in wrong[:10]:
                print("# " + line.replace("\n", " "))
            bad += bool(wrong)
            continue
        for call, most in case.calls.items():
            name = "%s, %s" % (case.name, call)
            if ONLY not in name:
                continue
            if SANITIZED:
                most = max(most // 6, 5)
            nr += 1
            seen, count, wrong = check(case, call, most)
            told = ", ".join("%d %s" % (n, k) for k, n in count.items() if n)
            print("%s %d - %s: %d calls; %s" % ("not ok" if wrong else "ok", nr, name, seen, told), flush=True)
            for line in wrong[:10]:
                print("# " + line.replace("\n", " "))
            bad += bool(wrong)
    print("1..%d" % nr)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
