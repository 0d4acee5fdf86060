#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Policies out of files by the real program: compiled, loaded, refused, left out when they fail; the samples; an installed header.

usage: test_plugins.py STORMGLASS SOURCE_DIR BUILD_DIR MESON [PART_OF_A_TEST_NAME]

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

TOOL, SOURCE, BUILD = (os.path.abspath(a) for a in sys.argv[1:4])
MESON = sys.argv[4]
STEADY, POLICIES = SOURCE + "/samples/steady-6.1", SOURCE + "/samples/policies"
HEAD = "#include <stormglass/policy.h>\n#include <stdlib.h>\nstruct s { unsigned n; };\n"
FLAGS = """static void flags(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	struct s *s = state;

	if (++s->n == 3000) {
		%s
	}
}
"""
POLICY = 'const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD("%s"), .state_size = sizeof(struct s), .flags = flags%s };\n'


def words(err):
    """What the program said: the address sanitizer speaks up about fibers, and about what ends a run's process."""
    return re.sub(r"(?m)^==\d+==WARNING: ASan doesn't fully support makecontext[^\n]*\n", "", err.decode())


def run(*args, code=0, tool=None, **kw):
    p = subprocess.run([tool or TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=240, **kw)
    err = words(p.stderr)
    assert p.returncode == code, (args, p.returncode, err, p.stdout[-500:])
    return p.stdout.decode(), err


def write(name, text):
    with open(name, "w") as f:
        f.write(text)


def info(path):
    return json.loads(run("session", "info", path, "--json")[0])


def tried(spec, *args, code=0):
    """What 'policy test' says: {machine: {"hooks": {hook: (asked, changed, wrong)}, "figures": {...}, "said": [...]}}, last line"""
    out, err = run("policy", "test", spec, "--runs", "1", *args, code=code)
    ret, at = {}, None
    lines = out.splitlines()
    for line in lines[:-1]:
        if not line.startswith(" "):
            at = ret[line.split(":")[0]] = {"hooks": {}, "figures": {}, "said": []}
            continue
        hook = re.fullmatch(r"  (\w+) +(\d+) +(\d+) +(\d+)", line)
        figure = re.fullmatch(r"  (\w+) {2,}(\S.*?) {2,}(\S.*)", line)
        if hook:
            at["hooks"][hook[1]] = tuple(int(hook[i]) for i in (2, 3, 4))
        elif figure and figure[1] not in ("hook", "figure"):
            at["figures"][figure[1]] = (figure[2], figure[3])
        else:
            at["said"].append(line.strip())
    return ret, lines[-1], err


# ---- loaded, combined, refused ----------------------------------------------------------

def test_files_combine_with_kernels_and_settings():
    write("idle.c", HEAD + FLAGS % ";" + POLICY % ("idle", ""))
    write("a,b.c", HEAD + FLAGS % ";" + POLICY % ("comma", ""))
    run("simulate", STEADY, "-o", "own.sgs")
    own = run("events", "own.sgs")[0]
    run("simulate", STEADY, "--policy", "./idle.c", "-o", "idle.sgs")
    s = info("idle.sgs")["simulated"]
    # one that changes nothing: the same run, under another name
    assert run("events", "idle.sgs")[0] == own
    assert s["policy"].endswith(",plugin=idle") and s["asked"] == "./idle.c", s
    for spec, has in [("./idle.c,base=linux-7.3,defrag_mode=1", ("linux-7.3,", "defrag_mode=1", "plugin=idle")),
                      ("linux-6.18,./idle.c", ("linux-6.18,", "plugin=idle")), ("./a,b.c,swappiness=7", ("linux-6.1,", "swappiness=7", "plugin=comma")),
                      ("./a,b.c,./idle.c,base=own", ("linux-6.1,", "plugin=comma+idle"))]:
        run("simulate", STEADY, "--policy", spec, "-o", "x.sgs", "--force")
        policy = info("x.sgs")["simulated"]["policy"]
        assert all(h in policy for h in has), (spec, policy)
    # the file alone brings the hooks: a session says that they aren't there
    assert json.loads(run("check", "idle.sgs", "--json")[0])
    run("compare", STEADY, "--policy", "./idle.c,base=linux-6.18", "--runs", "1", "--json")


def test_what_is_no_policy():
    write("abi.c", HEAD + FLAGS % ";" + (POLICY % ("abi", "")).replace('MM_HOOKS_HEAD("abi")', '.abi = 7, .size = sizeof(struct mm_hooks), .name = "abi"'))
    write("newer.c", HEAD + FLAGS % ";" + (POLICY % ("newer", "")).replace('MM_HOOKS_HEAD("newer")', '.abi = MM_HOOKS_ABI, .revision = 99, '
                                           '.size = sizeof(struct mm_hooks), .name = "newer"'))
    write("nothing.c", HEAD)
    write("lacks.c", HEAD + "void somebody_else(void);\n" + FLAGS % "somebody_else();" + POLICY % ("lacks", ""))
    write("broken.c", HEAD + "int 3x;\n")
    write("ctor.c", HEAD + "static __attribute__((constructor)) void boom(void) { abort(); }\n" + FLAGS % ";" + POLICY % ("ctor", ""))
    write("text.so", "no shared object\n")
    os.makedirs("dir.c", exist_ok=True)
    for spec, say in [("./abi.c", "version 7 of the hooks, this program has version"), ("./newer.c", "revision 99 of the hooks, this program knows them up to"),
                      ("./nothing.c", "stormglass_policy"), ("./lacks.c", "somebody_else"), ("./broken.c", "broken.c:4"), ("./ctor.c", "abort()"),
                      ("./text.so", "can't be loaded"), ("./gone.c", "No such file"), ("./dir.c", "ends in .c or .so"), ("./dir.c/x", "ends in .c or .so"),
                      ("./idle.c,linux-6.1,base=linux-7.3", "lies beneath already"), ("./idle.c,bogus=1", "bogus")]:
        write("idle.c", HEAD + FLAGS % ";" + POLICY % ("idle", ""))
        out, err = run("simulate", STEADY, "--policy", spec, "-o", "refused.sgs", code=2)
        assert say in err and not out and not os.path.exists("refused.sgs"), (spec, err)
    # the compiler's own words, with a clear line on top
    err = run("simulate", STEADY, "--policy", "./broken.c", "-o", "refused.sgs", code=2)[1]
    assert err.startswith("stormglass: ./broken.c can't be compiled:\n") and "int 3x;" in err, err
    err = run("simulate", STEADY, "--policy", "./idle.c", "-o", "refused.sgs", code=2, env={**os.environ, "CC": "no-such-compiler"})[1]
    assert "no compiler 'no-such-compiler'" in err, err
    write("warns.c", HEAD + "static int unused;\n" + FLAGS % ";" + POLICY % ("warns", ""))
    err = run("simulate", STEADY, "--policy", "./warns.c", "-o", "warns.sgs")[1]
    assert err.startswith("stormglass: ./warns.c has warnings:\n") and "unused" in err, err


def test_an_older_revision_goes_on_working():
    """Its struct ends before the newest hook, as one does that was built against the header of revision 0."""
    write("older.c", HEAD + FLAGS % ";" + """
struct older { uint32_t abi, size, revision, state_size; const char *name; void (*init)(void *, const struct mm_eye *);
	void (*flags)(void *, const struct mm_eye *, const struct mm_ask_flags *, uint32_t *);
	void *rest[(offsetof(struct mm_hooks, reclaim) - offsetof(struct mm_hooks, pick)) / sizeof(void *)]; };
const struct older stormglass_policy = { .abi = MM_HOOKS_ABI, .size = sizeof(struct older), .revision = 0, .state_size = sizeof(struct s),
	.name = "older", .flags = flags };
""")
    ret, last, _ = tried("./older.c")
    assert ret["mixed"]["hooks"]["flags"][0] > 1000 and "never answered otherwise" in last, (ret, last)


# ---- one that fails ------------------------------------------------------------------------

def without_marker(text):
    return "".join(line[line.index("  "):] if not line.startswith(" ") else re.sub(r"^ *\d+", "", line)
                   for line in text.splitlines(True) if "stormglass: policy" not in line)


def test_a_policy_that_fails_is_left_out_from_there_on():
    run("simulate", STEADY, "-o", "own.sgs", "--force")
    own = without_marker(run("events", "own.sgs")[0])
    for name, what, say in [("crash", "*(volatile int *)8 = 1;", "a bad memory access"), ("leave", "exit(5);", "code 5"),
                            ("loop", "for (;;) ;", "doesn't answer")]:
        write(name + ".c", HEAD + FLAGS % what + POLICY % (name, ""))
        _, err = run("simulate", STEADY, "--policy", "./%s.c" % name, "-o", name + ".sgs")
        line = [l for l in err.splitlines() if "policy %s failed" % name in l]
        assert len(line) == 1 and "hook flags, question 3000" in line[0], err
        told = [t for t in info(name + ".sgs")["simulated"]["assumed"] if "policy %s failed" % name in t]
        assert len(told) == 1 and (say in told[0] or name == "crash"), told
        events = run("events", name + ".sgs")[0]
        mark = [l for l in events.splitlines() if "stormglass: policy %s isn't asked from here on" % name in l]
        assert len(mark) == 1, mark
        # where it says
        assert re.search(r"at position %s," % mark[0].split()[0], told[0]), (mark, told)
        # and it had changed nothing: all else is the run without it
        assert without_marker(events) == own, name


def test_init_that_fails():
    write("init.c", HEAD + "static void init(void *state, const struct mm_eye *eye) { abort(); }\n" + FLAGS % ";" + POLICY % ("init", ", .init = init"))
    _, err = run("simulate", STEADY, "--policy", "./init.c", "-o", "init.sgs")
    assert "policy init failed at position 1," in err and "init: " in err, err


def test_wrong_answers_are_shown():
    write("wrong.c", HEAD + FLAGS.replace("++s->n == 3000", "++s->n >= 100") % "*flags = 1u << 30;" + POLICY % ("wrong", ""))
    _, err = run("simulate", STEADY, "--policy", "./wrong.c", "-o", "wrong.sgs")
    assert re.search(r"policy 'wrong', hook flags: \d+ wrong answers, the first at position \d+: there are no such flags", err), err
    assert any("wrong answers" in t for t in info("wrong.sgs")["simulated"]["assumed"])
    write("crash2.c", HEAD + FLAGS % "abort();" + POLICY % ("crash2", ""))
    j = json.loads(run("compare", STEADY, "--policy", "./wrong.c", "--policy", "./crash2.c,base=linux-6.12", "--runs", "2", "--json")[0])
    e = j["ensembles"]
    assert (e["own"]["policy_failed"], e["own"]["policy_wrong"]) == (0, 0)
    assert (e["./wrong.c"]["policy_failed"], e["./wrong.c"]["policy_wrong"]) == (0, 2)
    assert (e["./crash2.c,base=linux-6.12"]["policy_failed"], e["./crash2.c,base=linux-6.12"]["whole"]) == (2, 2)
    assert any("policy crash2 failed" in m for m in j["missing"]) and any("answered wrongly" in m for m in j["missing"])
    ret, last, _ = tried("./wrong.c", code=1)
    assert ret["mixed"]["hooks"]["flags"][2] > 100


# ---- policy new, policy test, the samples -------------------------------------------------------

def test_new_writes_a_policy_that_runs():
    out = run("policy", "new", "mine-1")[0]
    assert out.startswith("mine-1.c: ")
    ret, last, err = tried("./mine-1.c")
    asked, changed, wrong = ret["mixed"]["hooks"]["claim"]
    assert asked > changed > 0 and wrong == 0 and "warnings" not in err, (ret["mixed"], err)
    before = open("mine-1.c").read()
    write("mine-1.c", before + "// mine\n")
    assert "mine-1.c" in run("policy", "new", "mine-1", code=2)[1]
    assert open("mine-1.c").read() == before + "// mine\n"
    for args in (["new"], ["new", "a/b"], ["new", ".x"], ["new", "a", "b"], ["test"], ["test", "linux-7.3"], ["bogus"], []):
        run("policy", *args, code=2)


def test_sample_hold_claims():
    ret, _, _ = tried(POLICIES + "/hold-claims.c")
    asked, changed, wrong = ret["mixed"]["hooks"]["claim"]
    assert asked > changed > 0 and wrong == 0, ret["mixed"]
    # what isn't claimed is stolen page by page, again and again
    was, now = ret["mixed"]["figures"]["extfrag_unmovable_from_movable"]
    assert int(now) > int(was), (was, now)


def test_sample_anon_order():
    ret, _, _ = tried(POLICIES + "/anon-order.c")
    asked, changed, wrong = ret["faults"]["hooks"]["folio_order"]
    assert asked > changed > 0 and wrong == 0, ret["faults"]
    assert not ret["mixed"]["hooks"]
    # no fault asks for what isn't there any more
    was, now = ret["faults"]["figures"]["alloc_failed"]
    assert int(was) > 0 and int(now) == 0


def test_sample_patient_kswapd():
    ret, _, _ = tried(POLICIES + "/patient-kswapd.c")
    asked, changed, wrong = ret["hopeless"]["hooks"]["kswapd_dead"]
    assert changed > 0 and wrong == 0, ret["hopeless"]
    # the kernel gives up after 16 rounds, this rule after 64
    was, now = ret["hopeless"]["figures"]["kswapd_wakes"]
    assert int(was) < 30 and int(now) == 64, (was, now)
    for machine in ("mixed", "pressure", "faults"):
        assert all(c == 0 for _, c, _ in ret[machine]["hooks"].values()), machine


def test_captures_beside_the_small_machines():
    ret, last, _ = tried(POLICIES + "/hold-claims.c,base=linux-7.3", STEADY)
    assert STEADY in ret and len(ret) == 5, list(ret)


# ---- installed -----------------------------------------------------------------------------------

def test_out_of_tree_against_installed_files():
    dest = os.path.abspath("dest")
    subprocess.run([MESON, "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", dest], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pc = [os.path.join(d, f) for d, _, files in os.walk(dest) for f in files if f == "stormglass-policy.pc"]
    tool = [os.path.join(d, f) for d, _, files in os.walk(dest) for f in files if f == "stormglass" and os.access(os.path.join(d, f), os.X_OK)]
    assert len(pc) == len(tool) == 1, (pc, tool)
    env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(pc[0]), "PKG_CONFIG_SYSROOT_DIR": dest}

    def pkg(*args):
        return subprocess.run(["pkg-config", *args, "stormglass-policy"], check=True, stdout=subprocess.PIPE, env=env).stdout.decode().split()
    flags = pkg("--cflags")
    # it compiles alone, without a warning, also as an older C and beside the strictest flags
    for std in ("c99", "c17"):
        write("alone.c", "#include <stormglass/policy.h>\nextern const struct mm_hooks stormglass_policy;\n")
        subprocess.run(["cc", "-std=" + std, "-Wall", "-Wextra", "-Wpedantic", "-Werror", *flags, "-c", "alone.c", "-o", "alone.o"], check=True)
    header = open([f[2:] for f in flags if f.startswith("-I")][0] + "/stormglass/policy.h").read()
    assert pkg("--variable=abi") == [re.search(r"#define MM_HOOKS_ABI (\d+)u", header)[1]]
    assert pkg("--variable=revision") == [re.search(r"#define MM_HOOKS_REVISION (\d+)u", header)[1]]
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", *flags, POLICIES + "/hold-claims.c", "-o", "hold.so"], check=True)
    shutil.copy(POLICIES + "/hold-claims.c", "hold.c")
    clean = {k: v for k, v in os.environ.items() if k != "STORMGLASS_INCLUDE"}
    a = run("policy", "test", "./hold.so", "--runs", "1", tool=tool[0], env=clean)[0]
    b = run("policy", "test", "./hold.c", "--runs", "1", tool=tool[0], env=clean)[0]
    assert a == b and "claim" in a


def test_every_hook_has_its_place_in_the_document():
    header = open(SOURCE + "/engine/policy/hooks.h").read()
    struct = header[header.index("struct mm_hooks {"):]
    hooks = re.findall(r"void \(\*(\w+)\)\(void \*state", struct)
    doc = open(SOURCE + "/doc/plugins.md").read()
    assert len(hooks) > 25
    missing = [h for h in hooks if "`%s`" % h not in doc]
    assert not missing, missing
    # and its example compiles, is of the right type, and runs: all of them are one policy
    examples = re.findall(r"```c\n(static void .*?)```", doc, re.S)
    names = [re.match(r"static void (\w+)", e)[1] for e in examples]
    assert sorted(names + ["claim"]) == sorted(set(hooks) - {"init"}), set(hooks) ^ set(names)
    write("all.c", "#include <stormglass/policy.h>\n" + "\n".join(examples) + "const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD(\"all\"), .state_size = 8, %s };\n"
          % ", ".join(".%s = %s" % (n, n) for n in names))
    ret, _, err = tried("./all.c")
    assert "warnings" not in err, err
    asked = {h for m in ret.values() for h in m["hooks"]}
    assert len(asked) > 20, asked
    wrong = {h: w for m in ret.values() for h, (_, _, w) in m["hooks"].items() if w}
    assert not wrong, wrong


def main():
    part = sys.argv[5] if len(sys.argv) > 5 else ""
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith("test_") and part in n]
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
