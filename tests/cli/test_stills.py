#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Text that people post, and directories of snapshots: what report and state make of them.

usage: test_stills.py STORMGLASS

Each expected number is worked out beside the text that it comes from.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

TOOL = os.path.abspath(sys.argv[1])

SIZES = [4 << k for k in range(11)]


def run(*args, stdin=None):
    p = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                       input=stdin if stdin is not None else b"")
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def write(text, name="post.txt"):
    d = tempfile.mkdtemp(dir=TMP)
    path = os.path.join(d, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def report(text, *more):
    code, out, err = run("report", write(text), "--json", *more)
    assert code == 0 and err == "", (code, err)
    return json.loads(out)


def free_list(node, zone, counts, letters, kb=4):
    """counts: blocks by order; letters: by order, "" for none"""
    items = ["%d*%dkB%s" % (n, kb << k, " (%s)" % letters[k] if n else "") for k, n in enumerate(counts)]
    total = sum(n * (kb << k) for k, n in enumerate(counts))
    return "Node %d %s: %s = %dkB\n" % (node, zone, " ".join(items), total)


def zone(node, name, free, low=(100, 125, 150), boost=0, highatomic=0, free_highatomic=None, cma=0, managed=100000, kb=4,
         reserve=(0, 0, 0, 0, 0)):
    """Numbers in pages."""
    return ("Node %d %s free:%dkB boost:%dkB min:%dkB low:%dkB high:%dkB reserved_highatomic:%dKB %sactive_anon:0kB "
            "inactive_anon:0kB present:%dkB managed:%dkB mlocked:0kB bounce:0kB free_pcp:0kB local_pcp:0kB free_cma:%dkB\n"
            "lowmem_reserve[]: %s\n"
            % (node, name, free * kb, boost * kb, low[0] * kb, low[1] * kb, low[2] * kb, highatomic * kb,
               "" if free_highatomic is None else "free_highatomic:%dKB " % (free_highatomic * kb), managed * kb, managed * kb,
               cma * kb, " ".join(map(str, reserve))))


def failure(order, mode, nodemask="(null)", mems="0"):
    return ("cat: page allocation failure: order:%d, mode:%s, nodemask=%s,cpuset=/,mems_allowed=%s\n"
            "CPU: 0 PID: 7 Comm: cat Not tainted 6.12.1 #1\nMem-Info:\n" % (order, mode, nodemask, mems))


KERNEL, ATOMIC, NOWAIT = "0xcc0(GFP_KERNEL)", "0x820(GFP_ATOMIC)", "0x800(GFP_NOWAIT)"
MOVABLE = "0x100cca(GFP_HIGHUSER_MOVABLE)"


def only(text):
    r = report(text)
    assert r["still"] is True and r["dumps_total"] == 1 and len(r["dumps"]) == 1
    return r["dumps"][0]


def refusal(order, mode, counts, letters, node=0, name="Normal", nodemask="(null)", mems="0", **kw):
    free = sum(n << k for k, n in enumerate(counts))
    d = only(failure(order, mode, nodemask, mems) + zone(node, name, kw.pop("free", free), **kw) +
             free_list(node, name, counts, letters))
    return d, d["zones"][0]["refusal"]


def test_watermark_parts():
    # 200 pages; min 100 with 20 of boost; an order-2 request counts 3 less; 60 free highatomic, 30 CMA: 107 usable.
    # lowmem_reserve[Normal] = 40: it needs more than 140.
    d, f = refusal(2, KERNEL, [0, 0, 50], ["", "", "U"], name="DMA32", boost=20, highatomic=80, free_highatomic=60, cma=30,
                   reserve=(0, 0, 40, 50, 50))
    assert f["reason"] == "watermark" and d["request"]["reason"] == "watermark"
    assert (f["usable"], f["needed_above"]) == (107, 140)
    assert (f["less_order"], f["less_highatomic"], f["less_cma"]) == (3, 60, 30)
    assert (f["mark"], f["lowered"], f["lowmem_reserve"]) == (100, 0, 40)
    assert d["zones"][0]["boost"] == 20 and d["zones"][0]["min"] == 100
    assert "34 short" in f["text"] and "20 of it boost" in f["text"], f["text"]


def test_reserve_before_6_13():
    # without free_highatomic the whole reserve of 80 counts less: 200 - 3 - 80
    d, f = refusal(2, KERNEL, [0, 0, 50], ["", "", "U"], highatomic=80)
    assert f["less_highatomic"] == 80 and f["usable"] == 117 and f["reason"] == "passes"
    assert d["zones"][0]["free_highatomic"] is None


def test_atomic_lowers_the_mark():
    # GFP_ATOMIC: half of min, and a quarter of what is left: 100 - 50 - 12 = 38; the highatomic reserve counts
    d, f = refusal(0, ATOMIC, [38], ["U"], highatomic=10)
    assert (f["usable"], f["needed_above"], f["lowered"], f["less_highatomic"]) == (38, 38, 62, 0)
    assert f["reason"] == "watermark" and d["request"]["may_wait"] is False
    assert refusal(0, ATOMIC, [39], ["U"])[1]["reason"] == "passes"
    # GFP_NOWAIT has no part of the reserve
    assert refusal(0, NOWAIT, [100], ["U"])[1]["needed_above"] == 100
    # __GFP_HIGH alone halves it
    assert refusal(0, "0xce0(GFP_KERNEL|__GFP_HIGH)", [60], ["U"])[1]["needed_above"] == 50
    # __GFP_NOMEMALLOC: not the further quarter
    assert refusal(0, "0x80820(GFP_ATOMIC|__GFP_NOMEMALLOC)", [60], ["U"])[1]["needed_above"] == 50


def test_memalloc_has_no_watermark():
    d, f = refusal(0, "0x20cc0(GFP_KERNEL|__GFP_MEMALLOC)", [1], ["U"])
    assert f["reason"] == "passes" and "usable" not in f and "watermarks don't hold" in f["text"]


def test_fragmentation():
    d, f = refusal(4, KERNEL, [1000, 500, 100, 10, 0, 0], ["UME", "UM", "M", "U", "", ""])
    assert f["reason"] == "fragmentation" and f["blocks_large_enough"] == 0 and f["largest_usable_order"] == 3
    # 1000 - (1000 + 2480 * 1000 / 16) / 1610 blocks
    free, blocks = 1000 + 1000 + 400 + 80, 1610
    index = (1000 - (1000 + free * 1000 // 16) // blocks) / 1000
    assert d["zones"][0]["fragmentation_index"][4] == index and d["zones"][0]["fragmentation_index"][3] == -1
    assert "0.%03d" % (index * 1000) in f["text"]
    # order 2: all in orders 0 and 1 is unusable
    assert d["zones"][0]["unusable_index"][2] == (2000 * 1000 // free) / 1000


def test_lists():
    # the order-5 blocks are CMA's: an unmovable request may not use them, a movable one may
    counts, letters = [400, 0, 0, 0, 0, 10], ["UM", "", "", "", "", "C"]
    d, f = refusal(5, "0x40cc0(GFP_KERNEL|__GFP_COMP)", counts, letters, cma=320)
    assert f["reason"] == "lists" and f["on_lists"] == ["CMA"] and f["largest_usable_order"] == 0
    assert refusal(5, MOVABLE, counts, letters, cma=320)[1]["reason"] == "passes"
    # highatomic blocks serve GFP_ATOMIC of a higher order only; isolated ones nobody
    letters[5] = "H"
    assert refusal(5, KERNEL, counts, letters)[1]["reason"] == "lists"
    assert refusal(5, ATOMIC, counts, letters)[1]["reason"] == "passes"
    letters[5] = "I"
    assert refusal(5, ATOMIC, counts, letters)[1]["reason"] == "lists"
    letters[5] = "IM"
    assert refusal(5, KERNEL, counts, letters)[1]["reason"] == "passes"


def test_nodes_and_zone_types():
    text = (failure(0, "0xcc4(GFP_KERNEL|GFP_DMA32)", "1", "0-1") + zone(0, "DMA32", 5000) + zone(0, "Normal", 9000) +
            zone(1, "DMA32", 50) + free_list(0, "DMA32", [5000], ["U"]) + free_list(0, "Normal", [9000], ["U"]) +
            free_list(1, "DMA32", [50], ["U"]))
    d = only(text)
    assert [z["refusal"]["reason"] for z in d["zones"]] == ["node", "zone_type", "watermark"]
    assert d["request"]["nodemask"] == [1] and d["request"]["mems_allowed"] == [0, 1]
    assert d["request"]["highest_zone"] == "DMA32" and d["request"]["reason"] == "watermark"
    d = only(failure(0, KERNEL, "(null)", "1") + zone(0, "Normal", 9000) + free_list(0, "Normal", [9000], ["U"]))
    assert d["zones"][0]["refusal"]["reason"] == "node" and "cpuset" in d["zones"][0]["refusal"]["text"]


def test_mode_is_a_number():
    # what the bits mean isn't known: only what holds for every mode is said
    # (an OOM victim that is atomic: 100 / 2 * 3 / 4 / 2 = 19)
    d, f = refusal(0, "0x201da", [19], ["U"])
    assert d["request"]["migratetype"] is None and d["request"]["mode_bits"] == 0x201da
    assert f["reason"] == "watermark"
    assert refusal(0, "0x201da", [20], ["U"])[1]["reason"] == "unknown"
    assert refusal(0, "0x201da", [70], ["U"])[1]["reason"] == "unknown"
    assert refusal(3, "0x201da", [900], ["U"])[1]["reason"] == "fragmentation"


def test_page_sizes():
    for kb in (4, 8, 16, 64):
        counts = [300, 20, 0, 0, 0, 0, 0, 0, 0]
        d = only(failure(2, KERNEL) + zone(0, "Normal", 340, kb=kb) + free_list(0, "Normal", counts, ["U"] * 9, kb=kb))
        z = d["zones"][0]
        assert d["page_size"] == kb * 1024 and z["free_pages"] == 340 and z["min"] == 100
        assert z["free"] == counts and z["refusal"]["reason"] == "fragmentation"
        assert "%d KiB" % (4 * kb) in d["request"]["text"]


def test_several():
    one = failure(3, KERNEL) + zone(0, "Normal", 500) + free_list(0, "Normal", [500], ["U"])
    text = "noise\n" + one + "more noise\n" + one.replace("order:3", "order:0") + "cat /proc/buddyinfo\n" + \
        "Node 0, zone   Normal     11     22     33 \n"
    r = report(text)
    assert r["dumps_total"] == 3 and [d["number"] for d in r["dumps"]] == [1, 2, 3]
    assert [d["origin"] for d in r["dumps"]] == ["allocation_failure", "allocation_failure", "proc"]
    assert [d["request"] and d["request"]["reason"] for d in r["dumps"]] == ["fragmentation", "passes", None]
    z = r["dumps"][2]["zones"][0]
    assert z["free"] == [11, 22, 33] and z["free_pages"] == 11 + 44 + 132
    for key in ("present", "managed", "min", "low", "high", "boost", "free_cma", "lowmem_reserve", "lists", "start_pfn"):
        assert z[key] is None, key
    assert "not_recorded" in [x["key"] for x in r["dumps"][2]["limits"]]
    assert [d["number"] for d in report(text, "--dump", "2")["dumps"]] == [2]
    path = write(text)
    code, out, err = run("report", path)
    assert code == 0 and out.count("\ndump ") == 3 and "dump 2 of 3" in out
    code, out, err = run("state", path, "--dump", "3", "--at", "end", "--format", "buddyinfo")
    assert code == 0 and out.split()[:7] == ["Node", "0,", "zone", "Normal", "11", "22", "33"], out
    code, out, err = run("state", path, "--at", "event:0", "--format", "json")
    o = json.loads(out)["zones"][0]
    assert code == 0 and o["free"][0] == 500 and o["start_pfn"] is None and o["end_pfn"] is None
    for args, code, say in ((["report", path, "--dump", "4"], 2, "holds 3"), (["report", path, "--dump", "x"], 2, "--dump"),
                            (["report", path, "--dump", "0"], 2, "--dump")):
        got, out, err = run(*args)
        assert got == code and say in err and not out, (args, got, err)


def test_without_events():
    path = write(failure(3, KERNEL) + zone(0, "Normal", 500) + free_list(0, "Normal", [500], ["U"]))
    for args in (["events", path], ["check", path], ["decisions", path], ["session", "save", path, "-o", path + ".sgs"]):
        code, out, err = run(*args)
        assert code == 1 and "no events" in err and err.count("\n") == 1, (args, code, err)
    assert not os.path.exists(path + ".sgs")


def test_memcg():
    d = only("pod invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n"
             "memory: usage 102400kB, limit 102400kB, failcnt 123\n")
    assert d["origin"] == "oom_killer_memcg" and d["request"]["reason"] == "memcg" and d["zones"] == []
    assert "limit of a memory cgroup" in d["request"]["reason_text"]


def test_no_mem_info():
    d = only("cat: page allocation failure: order:3, mode:%s, nodemask=(null)\n" % KERNEL)
    assert d["zones"] == [] and d["request"]["reason"] == "unknown" and "text_lossy" in [x["key"] for x in d["limits"]]


ZONEINFO = """Node 0, zone   Normal
  pages free     384
        boost    0
        min      10
        low      12
        high     15
        spanned  4096
        present  4096
        managed  4000
        protection: (0, 0, 0)
  pagesets
    cpu: 0
              count:    5
  start_pfn:           4096
"""


def test_what_the_text_lacks_is_null():
    """buddyinfo alone: 3 blocks of order 0 and 1 of order 2 are 7 free pages; all else isn't told, and so isn't 0"""
    path = write("Node 0, zone   Normal      3      0      1      0      0      0      0      0      0      0      0 \n")
    code, out, err = run("state", path, "--at", "end", "--format", "json")
    assert code == 0, (code, err)
    z = json.loads(out)["zones"][0]
    assert z["pages"] == {"free": 7, "pcp": None, "allocated": None, "isolated": None, "unknown": 0}, z["pages"]
    assert z["managed"] is None and z["present"] is None
    assert set(z["watermarks"].values()) == {None}, z["watermarks"]
    assert z["types"]["Movable"] == {"blocks": None, "free": [None] * 11}, z["types"]
    assert z["free"] == [3, 0, 1] + [0] * 8


def test_directory():
    d = tempfile.mkdtemp(dir=TMP)
    for sub, n in (("before", 1), ("in-start", 2), ("after", 3), ("zz", 4)):
        os.mkdir(os.path.join(d, sub))
        with open(os.path.join(d, sub, "zoneinfo"), "w") as f:
            f.write(ZONEINFO)
        with open(os.path.join(d, sub, "buddyinfo"), "w") as f:
            f.write("Node 0, zone   Normal %d 0 0 0\n" % n)
    code, out, err = run("report", d, "--json")
    assert code == 0, err
    r = json.loads(out)
    assert [x["directory"] for x in r["dumps"]] == ["before", "in-start", "zz", "after"]
    assert [x["zones"][0]["free"][0] for x in r["dumps"]] == [1, 2, 4, 3]
    z = r["dumps"][0]["zones"][0]
    assert (z["start_pfn"], z["end_pfn"], z["managed"], z["min"], z["pcp_pages"]) == (4096, 8192, 4000, 10, 5)
    code, out, err = run("report", os.path.join(d, "before"), "--json")
    assert code == 0 and json.loads(out)["dumps"][0]["directory"] == "."
    empty = tempfile.mkdtemp(dir=TMP)
    code, out, err = run("report", empty)
    assert code == 1 and "no trace.dat" in err and "snapshot" in err


def test_directory_with_pages():
    # 16 pages from 4096 on: 8 free, 8 used; pages are followed, not counted
    d = tempfile.mkdtemp(dir=TMP)
    with open(os.path.join(d, "zoneinfo"), "w") as f:
        f.write(ZONEINFO.replace("4096\n        present  4096", "16\n        present  16").replace("managed  4000", "managed  16"))
    with open(os.path.join(d, "kpageflags"), "wb") as f:
        f.write(b"\0" * 4096 * 8 + (1 << 10).to_bytes(8, sys.byteorder) * 8 + (1 << 5).to_bytes(8, sys.byteorder) * 8)
    code, out, err = run("state", d, "--at", "end", "--format", "pages")
    assert code == 0 and out[4096:4112] == "f" * 8 + "a" * 8, (code, err, out[4096:])


def test_nothing_in_it():
    code, out, err = run("report", write("Dear all,\nmy machine is slow.\n"))
    assert code == 1 and err.count("\n") == 1 and "post.txt" in err


def main():
    tests = [(name, f) for name, f in globals().items() if name.startswith("test_")]
    failed = 0
    print("1..%d" % len(tests))
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, name))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name))
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as TMP:
        sys.exit(main())
