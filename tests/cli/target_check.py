#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Nothing that is read is written over, and what is no session isn't replaced unasked.

usage: target_check.py STORMGLASS CAPTURE_DIR
"""
import os
import shutil
import subprocess
import sys
import tempfile

tool, capture = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def run(*args, code=0, **kw):
    r = subprocess.run([tool, *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, stdout=kw.pop("stdout", subprocess.PIPE), **kw)
    err = r.stderr.decode()
    assert r.returncode == code, (args, r.returncode, err)
    if code:
        assert err.startswith("stormglass: ") and err.count("\n") == 1, err
    return err


def content(path):
    with open(path, "rb") as f:
        return f.read()


def contents(top):
    return {os.path.join(d, f): content(os.path.join(d, f)) for d, _, files in os.walk(top) for f in files}


def refuses(file, to, word, *more):
    """save FILE -o TO fails, with a sentence that has @word, and no file changes or is left behind."""
    before = contents(".")
    err = run("session", "save", file, "-o", to, *more, code=2)
    assert word in err and to in err, err
    assert contents(".") == before, (file, to)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        shutil.copytree(capture, "cap")
        shutil.copy("cap/trace.dat", "t.dat")
        os.symlink("t.dat", "soft.dat")
        os.link("t.dat", "hard.dat")
        os.symlink("cap", "way")
        for more in ([], ["--force"]):
            for to in ("t.dat", "./t.dat", os.path.abspath("t.dat"), "cap/../t.dat", "soft.dat", "hard.dat"):
                refuses("t.dat", to, "never written over", *more)
            refuses("hard.dat", "t.dat", "never written over", *more)
            for to in ("cap/trace.dat", "way/trace.dat", "cap/meta.json", "cap/before/zoneinfo", "cap/in-start/kpageflags.zst"):
                refuses("cap", to, "never written over", *more)
                refuses("cap/trace.dat", to, "never written over", *more)
                refuses("way/", to, "never written over", *more)
            refuses("t.dat", "cap", "directory", *more)

        # what is no session stays, unless told
        with open("hello.txt", "w") as f:
            f.write("hello\n")
        refuses("t.dat", "hello.txt", "--force")
        run("session", "save", "t.dat", "-o", "hello.txt", "--force")
        run("session", "verify", "hello.txt")
        # a session is replaced, but not the one that is read
        whole = content("hello.txt")
        refuses("hello.txt", "hello.txt", "never written over")
        refuses("hello.txt", "./hello.txt", "never written over", "--force")
        run("session", "save", "hello.txt", "-o", "new.sgs")
        run("session", "save", "t.dat", "-o", "new.sgs")
        assert content("hello.txt") == whole
        open("empty", "w").close()
        run("session", "save", "hello.txt", "-o", "empty")
        assert content("empty") == whole
        run("session", "save", "hello.txt", "-o", "/dev/null")
        run("session", "info", "hello.txt", "--force", code=2)

        # --record begins a new file only
        for to in ("t.dat", "soft.dat", "hello.txt", "new.sgs"):
            before = contents(".")
            assert to in run("t.dat", "--record", to, code=2, env=dict(os.environ, TERM="xterm"))
            assert contents(".") == before, to

        # output that is sent back into what is read
        for args in (["events"], ["report"], ["check"], ["state", "--at", "end"]):
            with open("hard.dat", "ab") as out:
                assert "standard output" in run(*args, "t.dat", code=2, stdout=out)
        with open("new.sgs", "ab") as out:
            run("session", "export", "new.sgs", code=2, stdout=out)
        # a file beside the trace is no part of it
        with open("cap/report.txt", "wb") as out:
            run("report", "cap", stdout=out)
        assert content("cap/report.txt")
        assert content("t.dat") == content("cap/trace.dat")


main()
