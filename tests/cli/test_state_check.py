#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The pass over kpageflags of state_check.py, on made-up machines of four pieces.  Prints TAP lines."""
import sys

from state_check import BUDDY, NOPAGE, PIECE, Pass

FREE, TAKEN = [BUDDY] * PIECE, [0] * PIECE


def pieces(text):
    return "".join(c * PIECE for c in text).encode()


def compared(flags, *moments):
    p = Pass(flags)
    for i, pages in enumerate(moments):
        p.add(i, pages)
    return p


def test_read_behind():
    """All four pieces are taken one after the other, and the last two were read after that."""
    p = compared(FREE + FREE + TAKEN + TAKEN, pieces("ffff"), pieces("ffaa"), pieces("aaaa"))
    assert (p.off(), p.unchanged_off()) == (0, 0)
    p = compared(FREE + FREE + TAKEN + TAKEN, pieces("ffff"), pieces("aaaa"))
    assert (p.off(), p.unchanged_off()) == (0, 0)


def test_never_back():
    """Taken before the first piece was read, and free when the last was: nothing gave them back, so half is wrong."""
    p = compared(TAKEN + TAKEN + FREE + FREE, pieces("ffff"), pieces("aaaa"))
    assert (p.off(), p.unchanged_off()) == (0.5, 0)
    p = compared(TAKEN + FREE + FREE + FREE, pieces("ffff"), pieces("aaaa"))
    assert (p.off(), p.unchanged_off()) == (0.25, 0)


def test_order_of_moments():
    """Moments are sorted, in whatever order they were tried."""
    p = Pass(FREE + FREE + TAKEN + TAKEN)
    p.add(9, pieces("aaaa"))
    p.add(3, pieces("ffff"))
    assert p.off() == 0


def test_wrong_at_all_times():
    """What no event touched can't be excused by the time of the reading."""
    p = compared(FREE + TAKEN + TAKEN + TAKEN, pieces("pfff"), pieces("paaa"))
    assert (p.off(), p.unchanged_off()) == (0.25, PIECE)


def test_single_page():
    """A page given back and taken again meanwhile, in a piece that was right at neither moment as a whole."""
    first, second = bytearray(pieces("aaaa")), bytearray(pieces("aaaa"))
    first[5], second[6] = ord("f"), ord("f")
    flags = TAKEN * 4
    flags[5] = flags[6] = BUDDY
    p = compared(flags, bytes(first), bytes(second))
    assert (p.off(), p.unchanged_off()) == (1 / (4 * PIECE), 0)


def test_not_counted():
    """Frames without a page, and pages that the model doesn't know or has none of: not counted as wrong."""
    p = compared([NOPAGE | BUDDY] * PIECE + FREE + FREE, pieces("a?"), pieces("a?"))
    assert (p.total, p.off(), p.unchanged_off()) == (2 * PIECE, 0, 0)
    assert compared([]).off() == 0


def main():
    tests = [f for name, f in sorted(globals().items()) if name.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for i, test in enumerate(tests, 1):
        try:
            test()
            print("ok %d %s" % (i, test.__name__))
        except AssertionError as e:
            failed += 1
            print("not ok %d %s %s" % (i, test.__name__, e))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
