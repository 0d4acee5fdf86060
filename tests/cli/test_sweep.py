#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""stormglass sweep: the grid, what survives kill -9 and half lines, lists of jobs on two hosts of which one dies, merging.

usage: test_sweep.py STORMGLASS SAMPLES_DIR          (prints TAP lines)
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree
import zlib

TOOL, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEADY, STORM = os.path.join(SAMPLES, "steady-6.1"), os.path.join(SAMPLES, "w2-unmovable-7.3")
GRID = ("--policy", "own", "--tunable", "watermark_scale_factor=10..110:50")  # own, and own with 10, 60 and 110
SPECS = ["own"] + ["own,watermark_scale_factor=%d" % n for n in (10, 60, 110)]


class Skip(Exception):
    pass


def run(*args, code=0, cwd=None):
    p = subprocess.run([TOOL, "sweep", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=cwd, timeout=600)
    assert code is None or p.returncode == code, (args, p.returncode, p.stdout, p.stderr)
    return p.stdout.decode("utf-8"), p.stderr.decode("utf-8")


def wait_for(what, seconds=120):
    end = time.time() + seconds
    while not what():
        assert time.time() < end, "nothing came"
        time.sleep(0.02)


def is_whole(line):
    """A line's sum is the CRC-32 of what stands before it."""
    at = line.rfind(',"sum":"')
    return line.endswith('"}') and at > 0 and "%08x" % zlib.crc32(line[:at].encode()) == line[at + 8:-2]


def with_sum(obj):
    text = json.dumps(obj, separators=(",", ":"))[:-1]
    return '%s,"sum":"%08x"}' % (text, zlib.crc32(text.encode()))


def lines(where):
    """The whole lines of all runs in a directory, or of a file."""
    files = [where]
    if os.path.isdir(where):
        files = [os.path.join(where, n) for n in sorted(os.listdir(where)) if n.startswith("runs") and n.endswith(".jsonl")]
    return [json.loads(t) for f in files for t in open(f, encoding="utf-8").read().split("\n") if is_whole(t)]


def runs(where):
    """(policy, seed) -> figures; the same run twice must say the same."""
    ret = {}
    for o in lines(where):
        if o["end"] == "observed":
            continue
        assert o["end"] == "whole", o
        k = (o["capture"], o["spec"], o["seed"])
        assert ret.setdefault(k, o["figures"]) == o["figures"], k
    return ret


def wanted(specs=SPECS, seeds=(1, 2), capture="steady-6.1"):
    return {(capture, s, n) for s in specs for n in seeds}


# ---- one machine -----------------------------------------------------------------------------------


def test_grid():
    with tempfile.TemporaryDirectory() as d:
        out, _ = run(STEADY, *GRID, "--runs", "2", "-o", d)
        assert "4 policies on 1 capture, 2 runs of each: 8 runs" in out and "8 done now; 0 left" in out, out
        assert set(runs(d)) == wanted()
        seen = [o for o in lines(d) if o["end"] == "observed"]
        assert len(seen) == 1 and seen[0]["figures"]["pages_obtained"] == 25629, seen
        for o in lines(d):
            if o["end"] == "whole":
                want = 10 if "60" not in o["spec"] and "110" not in o["spec"] else int(o["spec"].split("=")[1])
                assert o["settings"]["watermark_scale_factor"] == want and o["policy"].startswith("linux-6.1"), o
                assert set(o["sure"]) >= {"limits", "costs_guessed", "start"} and o["version"] and o["capture_id"], o
        # the figures are those of compare
        p = subprocess.run([TOOL, "compare", STEADY, "--json", "--policy", SPECS[2], "--runs", "2"], stdout=subprocess.PIPE, check=True)
        c = json.loads(p.stdout)["figures"]
        for key in ("free_pages_end", "kswapd_wakes", "pages_obtained", "window_ns"):
            mine = sorted(runs(d)["steady-6.1", SPECS[2], n][key] for n in (1, 2))
            assert [c[key]["policies"][SPECS[2]]["low"], c[key]["policies"][SPECS[2]]["high"]] == mine, key
        # a second time nothing is left to do, and the file stays
        before = open(os.path.join(d, "runs.jsonl")).read()
        out, _ = run(STEADY, *GRID, "--runs", "2", "-o", d)
        assert "8 were there, 0 done now; 0 left" in out and open(os.path.join(d, "runs.jsonl")).read() == before, out
        # a larger grid only does what is new
        out, _ = run(STEADY, *GRID, "--runs", "3", "-o", d)
        assert "8 were there, 4 done now; 0 left" in out, out


def test_lists():
    """Lists, ranges and all values of a choice, in the order in which they are typed, each once."""
    with tempfile.TemporaryDirectory() as d:
        run(STEADY, "--policy", "own|linux-6.12,swappiness=60|1..3:2,extfrag_threshold=0500", "--policy", "linux-7.3,storm=p1|p2+p4", "--policy",
            "linux-7.3,compact-gap=*", "--runs", "1", "--jobs", "-o", d)
        plan = [json.loads(t)["spec"] for t in open(os.path.join(d, "plan.jsonl"))]
        both = [b + ",extfrag_threshold=500,swappiness=%d" % n for b in ("own", "linux-6.12") for n in (60, 1, 3)]
        assert plan == ["own"] + both + ["linux-7.3,storm=p1", "linux-7.3,storm=p2+p4", "linux-7.3,compact-gap=uncapped",
                                         "linux-7.3,compact-gap=capped"], plan


def test_refused():
    """A setting that a capture's kernel doesn't have is told, and isn't tried again."""
    with tempfile.TemporaryDirectory() as d:
        out, _ = run(STEADY, "--policy", "own,defrag_mode=0..1", "--runs", "1", "-o", d)
        assert "1 can't be had" in out, out
        bad = [o for o in lines(d) if o["end"] == "refused"]
        assert len(bad) == 1 and bad[0]["spec"] == "own,defrag_mode=1" and "6.15" in bad[0]["why"], bad
        assert "0 left" in run(STEADY, "--policy", "own,defrag_mode=0..1", "--runs", "1", "-o", d)[0]


def test_bounds():
    """A run that is cut is kept as such, and made again when asked."""
    with tempfile.TemporaryDirectory() as d:
        run(STEADY, "--policy", "own", "--runs", "1", "--time", "0.0001", "-o", d)
        assert [o["end"] for o in lines(d) if "seed" in o] == ["cut"] and "--time" in lines(d)[1]["why"]
        assert "1 were there, 0 done" in run(STEADY, "--policy", "own", "--runs", "1", "-o", d)[0]
        run(STEADY, "--policy", "own", "--runs", "1", "--again", "-o", d)
        with tempfile.TemporaryDirectory() as to:
            run("merge", d, "-o", to)
            assert [o["end"] for o in lines(to) if "seed" in o] == ["whole"]


def test_half_line():
    """A line that isn't whole counts as not there, and what follows it isn't touched by it."""
    with tempfile.TemporaryDirectory() as d:
        run(STEADY, *GRID, "--runs", "1", "-o", d)
        whole, path = runs(d), os.path.join(d, "runs.jsonl")
        text = open(path).read()
        open(path, "w").write(text[:-len(text.split("\n")[-2]) // 2 - 1])
        assert len(runs(d)) == 3
        out, err = run(STEADY, *GRID, "--runs", "1", "-o", d)
        assert "1 line is not whole" in err and "runs.jsonl:5" in err and "3 were there, 1 done" in out, (out, err)
        assert runs(d) == whole


def killed(d, how):
    """A sweep of 60 runs that is ended once some are there."""
    args = (STEADY, *GRID, "--runs", "15", "-o", d)
    p = subprocess.Popen([TOOL, "sweep", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: os.path.exists(os.path.join(d, "runs.jsonl")) and len(lines(d)) > 3)
    p.send_signal(how)
    out, err = p.communicate(timeout=120)
    n = len(runs(d))
    assert 2 < n < 60, n
    return args, n, p.returncode, err.decode()


def test_kill():
    with tempfile.TemporaryDirectory() as d:
        args, n, code, _ = killed(d, signal.SIGKILL)
        before = runs(d)
        assert code == -signal.SIGKILL
        out, _ = run(*args)
        assert "%d were there, %d done now; 0 left" % (n, 60 - n) in out, out
        after = runs(d)
        assert set(after) == wanted(seeds=range(1, 16)) and all(after[k] == v for k, v in before.items())


def test_interrupt():
    with tempfile.TemporaryDirectory() as d:
        args, n, code, err = killed(d, signal.SIGINT)
        assert code == 1 and "interrupted" in err, (code, err)
        assert "%d were there" % n in run(*args)[0]
        assert set(runs(d)) == wanted(seeds=range(1, 16))


POLICY_IN_C = """#include <stormglass/policy.h>
static void refill(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, int32_t *blocks)
{
	%s
}
const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD("mine"), .refill = refill };
"""


def test_own_policy():
    """A policy out of a file is known by what is in it; where it failed stands on the run's line."""
    with tempfile.TemporaryDirectory() as d:
        def grid(body):
            with open(os.path.join(d, "mine.c"), "w") as f:
                f.write(POLICY_IN_C % body)
            return run(STEADY, "--policy", "./mine.c,base=own", "--tunable", "swappiness=10|60", "--runs", "1", "-o", "out", cwd=d)[0]

        def of_file():
            return [o for o in lines(os.path.join(d, "out")) if "mine.c" in o.get("spec", "")]

        assert "3 done now" in grid("*blocks = 1;")
        assert "3 were there, 0 done now" in grid("*blocks = 1;")
        assert [o["spec"] for o in of_file()] == ["./mine.c,base=own,swappiness=%d" % n for n in (10, 60)] and not of_file()[0]["sure"]["policy_failed"]
        assert "1 were there, 2 done now" in grid("*(volatile int *)0 = 1;")
        bad = of_file()[2:]
        assert len(bad) == 2 and all("refill" in o["sure"]["policy_failed"][0] and o["end"] == "whole" for o in bad), bad
        assert bad[0]["key"] not in [o["key"] for o in of_file()[:2]]
        _, err = run("show", os.path.join(d, "out"), "--figure", "pages_obtained", "--over", "swappiness")
        assert "in 2 runs a policy failed" in err, err


def test_lost():
    """A run whose process somebody ends says nothing of its policy: it is named, isn't kept, and is made by the same command."""
    with tempfile.TemporaryDirectory() as d:
        args = (STEADY, *GRID, "--runs", "3", "-o", d)
        # the leak sanitizer works in a child of its own, which must not be ended
        env = dict(os.environ, ASAN_OPTIONS=":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"))))
        p = subprocess.Popen([TOOL, "sweep", *args, "--at-once", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        while p.poll() is None:
            for pid in children(p.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        out, err = (t.decode() for t in p.communicate())
        lost = err.count("was lost: signal 9")
        assert p.returncode == 1 and lost > 0 and "%d left" % lost in out and len(runs(d)) == 12 - lost, (out, err)
        assert "%d were there, %d done now; 0 left" % (12 - lost, lost) in run(*args)[0]


# ---- many machines ------------------------------------------------------------------------------------


def list_of_jobs(d, *more):
    out, _ = run("steady-6.1", *GRID, "--runs", "2", "--jobs", "-o", "out", *more, cwd=d)
    jobs = open(os.path.join(d, "out", "jobs.txt")).read().splitlines()
    assert "%d jobs in out/jobs.txt" % len(jobs) in out, out
    return jobs


def host(parent, name):
    """A directory as another host would have it: the capture, and the program in its path."""
    d = os.path.join(parent, name)
    os.makedirs(os.path.join(d, "bin"))
    os.symlink(STEADY, os.path.join(d, "steady-6.1"))
    os.symlink(TOOL, os.path.join(d, "bin", "stormglass"))
    return d


def do(d, job, **more):
    env = dict(os.environ, PATH=os.path.join(d, "bin") + ":" + os.environ["PATH"], **more)
    return subprocess.run(["sh", "-c", job], cwd=d, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)


def test_jobs_and_merge():
    with tempfile.TemporaryDirectory() as top:
        a, b, c = (host(top, n) for n in "abc")
        jobs = list_of_jobs(a)
        assert len(jobs) == 4 and len(set(jobs)) == 4, jobs
        for job in jobs[:3]:
            p = do(b, job)
            assert p.returncode == 0 and len([t for t in p.stdout.decode().splitlines() if is_whole(t)]) >= 2, p
        # a job that is done twice says the same lines, and does nothing anew
        again = do(b, jobs[0])
        assert sorted(again.stdout.decode().splitlines()) == sorted(do(b, jobs[0]).stdout.decode().splitlines())
        p = do(c, jobs[2])
        assert p.returncode == 0, p
        merged = os.path.join(top, "merged")
        out, _ = run("merge", os.path.join(a, "out"), os.path.join(b, "out"), os.path.join(c, "out"), "-o", merged, code=1)
        assert "missing: steady-6.1  own,watermark_scale_factor=110, seeds 1, 2" in out and "2 runs are missing" in out, out
        told = json.loads(run("merge", merged, "--json", "-o", merged, code=1)[0])
        assert told["planned"] == 8 and len(told["missing"]) == 2 and told["duplicates"] == 7 and not told["conflicts"], told
        # the list of what is left is one job; its lines may come by standard output as well
        jobs = list_of_jobs(a)
        assert len(jobs) == 4  # nothing was done in this directory
        with open(os.path.join(top, "lines"), "wb") as f:
            f.write(do(c, jobs[3]).stdout)
        out, _ = run("merge", os.path.join(top, "lines"), "-o", merged)
        assert "nothing is missing" in out, out
        here = os.path.join(top, "here")
        run(STEADY, *GRID, "--runs", "2", "-o", here)
        assert runs(merged) == runs(here) and set(runs(merged)) == wanted()
        # what is merged is a sweep like any other
        assert "8 were there, 0 done" in run(STEADY, *GRID, "--runs", "2", "-o", merged)[0]


def test_conflict():
    """Two hosts that say otherwise of one run are named, and neither is believed."""
    with tempfile.TemporaryDirectory() as top:
        a, b, to = (os.path.join(top, n) for n in ("a", "b", "to"))
        run(STEADY, "--policy", "own", "--runs", "2", "-o", a)
        shutil.copytree(a, b)
        path = os.path.join(b, "runs.jsonl")
        objs = lines(path)
        other = [o for o in objs if o.get("seed") == 2][0]
        other["figures"]["extfrag"] += 1
        for o in objs:
            o.pop("sum")
        with open(path, "w") as f:
            f.write("".join(with_sum(o) + "\n" for o in objs))
        out, _ = run("merge", a, b, "-o", to, code=1)
        assert "conflict: steady-6.1, own, seed 2: " in out and "differ in extfrag" in out and "1 runs are missing" in out, out
        assert set(runs(to)) == {("steady-6.1", "own", 1)}
        run(STEADY, "--policy", "own", "--runs", "2", "-o", to)
        assert runs(to) == runs(a)


def test_other_capture():
    """A job that finds another capture than the one that it was made for does nothing."""
    with tempfile.TemporaryDirectory() as top:
        a = host(top, "a")
        job = list_of_jobs(a)[0]
        os.unlink(os.path.join(a, "steady-6.1"))
        os.symlink(STORM, os.path.join(a, "steady-6.1"))
        p = do(a, job)
        assert p.returncode == 2 and b"--shard" not in p.stdout and b"isn't the one" in p.stderr, p


def test_slurm():
    """The array script does all jobs, whatever the number of tasks that a job's number is spread over."""
    with tempfile.TemporaryDirectory() as top:
        a = host(top, "a")
        jobs = list_of_jobs(a)
        script = os.path.join(a, "out", "slurm.sh")
        assert "#SBATCH --array=1-4\n" in open(script).read()
        for i in range(1, len(jobs) + 1):
            p = do(a, "sh out/slurm.sh", SLURM_ARRAY_TASK_ID=str(i), SLURM_SUBMIT_DIR=a)
            assert p.returncode == 0, p
            assert len(runs(os.path.join(a, "out"))) == 2 * i
        assert set(runs(os.path.join(a, "out"))) == wanted()


def children(pid):
    ret = []
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:  # it has ended
        return ret
    for task in tasks:
        try:
            ret += [int(n) for n in open("/proc/%d/task/%s/children" % (pid, task)).read().split()]
        except OSError:
            pass
    return ret + [g for c in ret for g in children(c)]


class Shell:
    """Stands in for ssh where there is no sshd: a host is a directory, and dead once the file 'dead' is in it."""
    def __init__(self, top):
        self.top, self.command = top, os.path.join(top, "login")
        with open(self.command, "w") as f:
            f.write('#!/bin/sh\n'
                    'while [ $# -gt 0 ]; do case $1 in -l) shift 2 ;; --) shift ;; -*) shift ;; *) break ;; esac; done\n'
                    'cd "%s/$1" && [ ! -e dead ] || exit 255\n'
                    'echo $$ >> pids; shift; [ "$1" = -- ] && shift\n'
                    'PATH=$PWD/bin:$PATH; export PATH; sh -c "$*" & wait $!\n' % top)
        os.chmod(self.command, 0o755)

    def login(self, name):
        return "1/%s %s" % (self.command, name)

    def die(self, name):
        open(os.path.join(self.top, name, "dead"), "w").close()
        for pid in map(int, open(os.path.join(self.top, name, "pids")).read().split()):
            for p in children(pid) + [pid]:
                if os.path.exists("/proc/%d" % p) and self.top in open("/proc/%d/environ" % p).read():
                    os.kill(p, signal.SIGKILL)

    def end(self):
        pass


class Sshd:
    """Each host an sshd of its own on the loopback interface, with its directory as the only place that it knows."""
    def __init__(self, top):
        self.top, self.daemon = top, {}
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", top + "/key"], check=True)
        shutil.copy(top + "/key.pub", top + "/authorized")
        with open(top + "/config", "w") as f:
            f.write("Host *\nUser %s\nIdentityFile %s/key\nIdentitiesOnly yes\nStrictHostKeyChecking no\n"
                    "UserKnownHostsFile /dev/null\nLogLevel ERROR\nConnectTimeout 5\nServerAliveInterval 1\nServerAliveCountMax 3\n"
                    % (subprocess.getoutput("id -un"), top))

    def address(self, name):
        """Where it listens, and what its sshd is started by."""
        return "127.0.0.1", free_ports(1)[0], []

    def start(self, name):
        d = os.path.join(self.top, name)
        addr, port, by = self.address(name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d + "/hostkey"], check=True)
        with open(d + "/login", "w") as f:
            f.write('#!/bin/sh\ncd %s || exit 255\nPATH=$PWD/bin:$PATH; export PATH\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n' % d)
        os.chmod(d + "/login", 0o755)
        with open(d + "/sshd", "w") as f:
            f.write("Port %d\nListenAddress %s\nHostKey %s/hostkey\nAuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\n"
                    "PasswordAuthentication no\nPidFile none\nForceCommand %s/login\nMaxStartups 50\n" % (port, addr, d, self.top, d))
        with open(self.top + "/config", "a") as f:
            f.write("Host %s\nHostName %s\nPort %d\n" % (name, addr, port))
        self.daemon[name] = subprocess.Popen(by + ["/usr/sbin/sshd", "-D", "-e", "-f", d + "/sshd"], stdout=subprocess.DEVNULL,
                                             stderr=open(d + "/sshd.log", "w"))

    def works(self, name):
        for _ in range(50):
            p = subprocess.run(["ssh", "-F", self.top + "/config", name, "pwd"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if p.returncode == 0:
                return p.stdout.decode().strip() == os.path.realpath(os.path.join(self.top, name))
            if self.daemon[name].poll() is not None:
                return False
            time.sleep(0.1)
        return False

    def login(self, name):
        return "1/ssh -F %s/config %s" % (self.top, name)

    def die(self, name):
        p = self.daemon[name]
        p.send_signal(signal.SIGSTOP)  # so that nobody logs in meanwhile
        for pid in children(p.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        p.kill()
        p.wait()

    def end(self):
        for name, p in self.daemon.items():
            if p.poll() is None:
                self.die(name)


class Namespaces(Sshd):
    """Each host in a network namespace of its own.  One that dies goes off the network first, and says nothing more."""
    def ip(self, *args):
        subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def address(self, name):
        n = len(self.daemon)
        ns, link, net = "sg%d-%d" % (os.getpid(), n), "sg%dv%d" % (os.getpid() % 1000000, n), "198.18.%d" % (os.getpid() % 120 * 2 + n)
        self.names = getattr(self, "names", {})
        self.ip("netns", "add", ns)
        self.names[name] = (ns, link)
        self.ip("link", "add", link, "type", "veth", "peer", "name", "up0", "netns", ns)
        self.ip("addr", "add", net + ".1/30", "dev", link)
        self.ip("link", "set", link, "up")
        self.ip("-n", ns, "addr", "add", net + ".2/30", "dev", "up0")
        self.ip("-n", ns, "link", "set", "up0", "up")
        return net + ".2", 22, ["ip", "netns", "exec", ns]

    def die(self, name):
        if name in self.names:
            ns, link = self.names.pop(name)
            subprocess.run(["ip", "link", "del", link], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL)
        super().die(name)

    def end(self):
        super().end()
        for ns, link in getattr(self, "names", {}).values():
            subprocess.run(["ip", "link", "del", link], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL)
        self.names = {}


def free_ports(n):
    import socket
    s = [socket.socket() for _ in range(n)]
    for x in s:
        x.bind(("127.0.0.1", 0))
    ports = [x.getsockname()[1] for x in s]
    for x in s:
        x.close()
    return ports


def two_hosts(top):
    """By ssh into two network namespaces, where this user may make some; else by two sshds, where they are; else without."""
    if os.path.exists("/usr/sbin/sshd") and shutil.which("ssh-keygen"):
        for kind in (Namespaces, Sshd) if os.geteuid() == 0 and shutil.which("ip") else (Sshd,):
            hosts = None
            try:
                for name in ("key", "key.pub", "alpha/hostkey", "alpha/hostkey.pub", "beta/hostkey", "beta/hostkey.pub"):
                    if os.path.exists(os.path.join(top, name)):
                        os.unlink(os.path.join(top, name))
                hosts = kind(top)
                for name in ("alpha", "beta"):
                    hosts.start(name)
                if all(hosts.works(n) for n in ("alpha", "beta")):
                    return hosts
            except (OSError, subprocess.CalledProcessError) as e:
                print("# no %s: %s" % (kind.__name__, e))
            if hosts:
                hosts.end()
    return Shell(top)


def test_two_hosts():
    """GNU parallel over two hosts, of which one dies while it works: the other does the rest, and nothing is missing."""
    if not shutil.which("parallel") or "GNU" not in subprocess.getoutput("parallel --version 2>/dev/null"):
        raise Skip("GNU parallel isn't installed")
    with tempfile.TemporaryDirectory(prefix="sweep") as top:
        for name in ("alpha", "beta", "control"):
            host(top, name)
        control = os.path.join(top, "control")
        run("steady-6.1", *GRID, "--runs", "12", "--jobs", "-o", "out", cwd=control)
        hosts = two_hosts(top)
        print("# hosts by %s" % type(hosts).__name__)
        try:
            out = open(os.path.join(top, "lines"), "wb")
            env = dict(os.environ, PARALLEL_HOME=top + "/parallel", HOME=top)
            os.makedirs(top + "/parallel")
            open(top + "/parallel/will-cite", "w").close()
            p = subprocess.Popen(["parallel", "-S", hosts.login("alpha") + "," + hosts.login("beta"), "--retries", "6", "--joblog", top + "/log"],
                                 stdin=open(os.path.join(control, "out", "jobs.txt")), stdout=out, stderr=subprocess.PIPE, env=env)
            mine = os.path.join(top, "alpha", "out")
            wait_for(lambda: os.path.isdir(mine) and len(lines(mine)) > 2)
            hosts.die("alpha")
            assert p.poll() is None, "all was done before the host died"
            err = p.communicate(timeout=300)[1].decode()
            assert p.returncode == 0, err
        finally:
            hosts.end()
        done = {n: len(runs(os.path.join(top, n, "out"))) for n in ("alpha", "beta")}
        assert done["alpha"] < 48 and done["beta"] > 12, done
        # what the living host gave is all of it; what is left on the dead one's disk does no harm
        merged = os.path.join(top, "merged")
        told = run("merge", os.path.join(control, "out"), os.path.join(top, "lines"), "-o", merged)[0]
        assert "nothing is missing" in told and "conflict" not in told, told
        told = run("merge", mine, "-o", merged)[0]
        assert "nothing is missing" in told and "conflict" not in told, told
        assert set(runs(merged)) == wanted(seeds=range(1, 13))
        here = os.path.join(top, "here")
        run(STEADY, *GRID, "--runs", "1", "-o", here)
        assert all(runs(merged)[k] == v for k, v in runs(here).items())


# ---- what it came to ----------------------------------------------------------------------------------


def made(d, captures):
    """A sweep with these figures: {capture: {None: observed, policy: [of each seed]}}."""
    with open(os.path.join(d, "runs.jsonl"), "w") as f:
        for cap, policies in captures.items():
            for spec, values in policies.items():
                for seed, v in enumerate([values] if spec is None else values, 1):
                    o = {"key": hashlib.md5(repr((cap, spec, seed)).encode()).hexdigest(), "capture": cap, "capture_id": cap, "program": "p",
                         "end": "observed" if spec is None else "whole", "figures": v if isinstance(v, dict) else {"allocstall": v}}
                    if spec is not None:
                        o.update(spec=spec, seed=seed, settings={"policy": "own", "swappiness": 60})
                    f.write(with_sum(o) + "\n")


CAPTURES = {
    # the model is right within its own runs
    "one": {None: 100, "own": [90, 110], "own,swappiness=1": [10, 20], "own,swappiness=20": [105, 200], "own,swappiness=100": [300, 310, 999]},
    # its own runs miss what was observed by 50
    "two": {None: 150, "own": [90, 100], "own,swappiness=1": [110, 120], "own,swappiness=20": [60], "own,swappiness=100": [30, 32]},
}


def test_show():
    with tempfile.TemporaryDirectory() as d:
        made(d, CAPTURES)
        out, _ = run("show", d)
        assert "one: 4 policies, 9 whole runs" in out and "swappiness: 1, 20, 100" in out, out
        out, _ = run("show", d, "--figure", "allocstall", "--over", "swappiness", "--no-plot")
        rows = [" ".join(t.split()) for t in out.split("\n")]
        at = rows.index("one: observed 100; the captured kernel's own runs 90 .. 110")
        # 60 is what the captured machine had
        assert rows[at + 1:at + 7] == ["a: own", "swappiness a", "1 10 .. 20 +", "20 105 .. 200 ?", "60 90 .. 110", "100 300 .. 999 -"], out
        at = rows.index("two: observed 150; the captured kernel's own runs 90 .. 100")
        assert rows[at + 1:at + 7] == ["a: own", "swappiness a", "1 110 .. 120 ?", "20 60 ?", "60 90 .. 100", "100 30 .. 32 +"], out
        told = json.loads(run("show", d, "--figure", "allocstall", "--over", "swappiness", "--json")[0])
        said = {(c["capture"], p["value"]): p["verdict"] for c in told["captures"] for p in c["points"]}
        assert said == {("one", 1): "better", ("one", 20): "can't be told: the runs overlap", ("one", 60): "no difference", ("one", 100): "worse",
                        ("two", 1): "can't be told: the model misses what was observed by more", ("two", 20): "can't be told: one run each",
                        ("two", 60): "no difference", ("two", 100): "better"}, said
        assert told["captures"][0]["points"][3]["mid"] == 310, told
        out, _ = run("show", d, "--figure", "allocstall", "--over", "swappiness", "--where", "capture=two", "--where", "swappiness=1", "--no-plot")
        assert "one:" not in out and "110 .. 120" in out and "30 .. 32" not in out and "90 .. 100" in out, out


def test_plot():
    """The same plot in dots and in ASCII, and as SVG, which is XML with a mark for each point."""
    with tempfile.TemporaryDirectory() as d:
        made(d, {"one": CAPTURES["one"]})
        args = (TOOL, "sweep", "show", d, "--figure", "allocstall", "--over", "swappiness")
        plots = {}
        for name in ("C", "C.UTF-8"):
            p = subprocess.run(args, stdout=subprocess.PIPE, check=True, env=dict(os.environ, LC_ALL=name, COLUMNS="60"))
            plots[name] = p.stdout.decode("utf-8").split("over swappiness\n")[2].split("\n")
        ascii, dots = plots["C"], plots["C.UTF-8"]
        assert all(ord(c) < 128 for row in ascii for c in row) and any("\u2800" < c < "\u2900" for row in dots for c in row), dots
        assert [[i for i, c in enumerate(row) if c == "a"] for row in ascii] == [[i for i, c in enumerate(row) if c == "a"] for row in dots]
        # low and high values of the setting stand at the edges, and the median of 100 as far up as 310 of 999 is
        at = {i: n for n, row in enumerate(ascii[:14]) for i, c in enumerate(row) if c == "a"}
        assert len(at) == 4 and at[max(at)] == round((1 - 310 / 999) * 13) and at[min(at)] == 13, (at, ascii)
        assert ascii[15].split() == ["1", "20", "60", "100"] and max(len(row) for row in ascii) <= 60, ascii
        svg = os.path.join(d, "plot.svg")
        run("show", d, "--figure", "allocstall", "--over", "swappiness", "--svg", svg)
        tree = xml.etree.ElementTree.parse(svg).getroot()
        ns = "{http://www.w3.org/2000/svg}"
        assert len(tree.findall(".//%scircle" % ns)) == 4, svg
        words = [t.text for t in tree.iter(ns + "text")]
        assert "swappiness" in words and "allocstall over swappiness, one" in words and {"1", "20", "60", "100", "500"} <= set(words), words
        _, err = run("show", d, "--figure", "allocstall", "--over", "swappiness", "--svg", svg, code=2)
        assert "plot.svg" in err
        run("show", d, "--figure", "allocstall", "--over", "swappiness", "--svg", svg, "--force")


def test_cost():
    both = {c: {k: [{"allocstall": x, "polluted_blocks_end": 5} for x in v] if k else {"allocstall": v, "polluted_blocks_end": 5} for k, v in p.items()}
            for c, p in CAPTURES.items()}
    both["two"]["own,swappiness=7"] = [{"allocstall": None, "polluted_blocks_end": 0}] * 2
    with tempfile.TemporaryDirectory() as d:
        made(d, both)
        told = json.loads(run("show", d, "--cost", "allocstall + 10*polluted_blocks_end", "--json")[0])
        one, two = told["captures"]
        assert [(p["spec"], p["mid"]) for p in one["points"]] == [("own,swappiness=1", 65), ("own", 150), ("own,swappiness=20", 202.5),
                                                                 ("own,swappiness=100", 360)], one
        assert one["observed"] == 150 and one["points"][0]["against_own"] == "better" and one["points"][1]["against_best"] == "worse", one
        # what isn't known isn't cheap
        assert [p["spec"] for p in two["points"]] == ["own,swappiness=100", "own,swappiness=20", "own", "own,swappiness=1"], two
        assert two["points"][1]["against_best"] == "can't be told: one run each", two
        lost = {w["spec"]: [c["loses"] for c in w["captures"]] for w in told["winners"]}
        assert lost == {"own,swappiness=1": [0, 84], "own,swappiness=100": [295, 0]}, lost
        assert told["over_all"]["spec"] == "own,swappiness=1", told["over_all"]
        out, _ = run("show", d, "--cost", "allocstall + 10*polluted_blocks_end")
        assert "own,swappiness=1; against own: better" in out and "two: 160 .. 170, 84 above the least (104 %); " in out, out
        out, _ = run("show", d, "--cost", "max(allocstall, 100)/2", "--over", "swappiness", "--no-plot")
        assert "50 " in out and "150 .. 499.5" in out, out
        for text, word in (("alocstall", "near it: allocstall"), ("polluted", "near it: polluted_blocks_end"), ("allocstall +", "column 13"),
                           ("(" * 5000, "levels"), ("1+" * 5000 + "1", "letters"), ("system(1)", "no function"), ("\x1b[2J", "column 1"), ("", "column 1")):
            out, err = run("show", d, "--cost", text, code=2)
            assert word in err and not out and "\x1b" not in err, (text, err)


def test_damaged():
    """Lines of nonsense, of another sum and of great length are passed over and told."""
    with tempfile.TemporaryDirectory() as d:
        made(d, {"one": CAPTURES["one"]})
        good = open(os.path.join(d, "runs.jsonl")).read().split("\n")[1]
        with open(os.path.join(d, "runs-other.jsonl"), "wb") as f:
            f.write(b"\0\xff\n" + good.replace("90", "91").encode() + b"\n[1]\n" + with_sum({"key": 7, "figures": 3}).encode() + b"\n"
                    + b"x" * 3000000 + b"\n" + with_sum({"spec": ["own"], "capture_id": {}, "end": 1}).encode() + b"\n")
        out, err = run("show", d, "--figure", "allocstall", "--over", "swappiness", "--no-plot")
        assert "4 lines aren't whole" in err and "own runs 90 .. 110" in out, (out, err)
        out, err = run("merge", d, "-o", d + "/to")
        assert "10 runs in" in out and "4 not whole" in out, out


def test_bad_input():
    with tempfile.TemporaryDirectory() as d:
        for args, word in (
            ((), "which captures"), ((STEADY,), "over what"), ((STEADY, "--policy", "own"), "-o DIR"), ((STEADY, "--policy", "linux-9", "-o", d), "linux-9"),
            ((STEADY, "--policy", "own,swappiness=9..1", "-o", d), "upwards"), ((STEADY, "--policy", "own,swappiness=1..9:0", "-o", d), "steps"),
            ((STEADY, "--policy", "own,swappiness=1||2", "-o", d), "empty"), ((STEADY, "--policy", "own,swappiness=*", "-o", d), "choice"),
            ((STEADY, "--policy", "own,swappiness=1..201", "-o", d), "swappiness=201"), ((STEADY, "--policy", "own,min_free_kbytes=1..99999999", "-o", d), "more than"),
            ((STEADY, "--policy", "own,swappiness=1", "--tunable", "swappiness=2", "-o", d), "twice"), ((STEADY, "--tunable", "swappiness", "-o", d), "swappiness"),
            ((STEADY, "--policy", "own,min_free_kbytes=1..90000,swappiness=1..9", "-o", d), "more than"), ((STEADY, "--policy", "own", "--runs", "0", "-o", d), "--runs"),
            ((STEADY, "--policy", "own", "--seed", "-1", "-o", d), "--seed"), ((STEADY, "--policy", "own", "--shard", "00", "-o", d), "isn't the one"),
            (("-", "--policy", "own", "-o", d), "standard input"), (("merge", d), "-o DIR"), (("merge", "-o", d), "merge of what"),
            (("show",), "which sweep"), (("show", d, "--figure", "a"), "over what"), (("show", d, "--over", "a"), "of what"), (("show", d, "--where", "a"), "--where"),
            (("show", d, "--figure", "a", "--cost", "a"), "not both"),
        ):
            out, err = run(*args, code=2)
            assert word in err and err.count("\n") == 1 and not out, (args, out, err)
        for args in ((d + "/none", "--policy", "own", "-o", d), ("merge", d + "/none", "-o", d), ("show", d + "/none")):
            out, err = run(*args, code=1)
            assert "none" in err and err.count("\n") == 1, (args, out, err)


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_")]
    if len(sys.argv) > 3:
        tests = [(n, f) for n, f in tests if n in sys.argv[3:]]
    print("1..%d" % len(tests))
    bad = False
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d %s" % (i, name))
        except Skip as e:
            print("ok %d %s # SKIP %s" % (i, name, e))
        except Exception:
            bad = True
            print("not ok %d %s" % (i, name))
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
        sys.stdout.flush()
    sys.exit(bad)


main()
