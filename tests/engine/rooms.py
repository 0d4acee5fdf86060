#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the rooms of engine/ against their order: a room uses nothing of a later one, no files of a room go in a circle, and
what one file gives to others is called mm_.

usage: rooms.py ENGINE_SOURCE ENGINE_BUILD ROOM...      (rooms in their order)

Reads the #include lines of the sources, and with nm which symbols each object defines and which it needs.
"""
import os
import re
import subprocess
import sys


def sources(root, rooms):
    for room in rooms:
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    yield room, os.path.relpath(path, root), open(path, encoding="utf-8").read()


def includes(root, rooms):
    """Faults of the #include lines."""
    for room, path, text in sources(root, rooms):
        for other in re.findall(r'#include "(\w+)/', text):
            if other in rooms and rooms.index(other) > rooms.index(room):
                yield "%s includes a header of %s/, which comes later" % (path, other)
        if path.endswith(".h") and not path.endswith("room.h") and '#include "%s/room.h"' % room not in text:
            yield "%s doesn't include %s/room.h, so anybody may include it" % (path, room)


def objects(build, rooms):
    """Of each object: what it defines, what it needs."""
    for room in rooms:
        folder = os.path.join(build, "libsg%s.a.p" % room)
        names = sorted(n for n in os.listdir(folder) if n.endswith(".o"))
        for name in names:
            defined, needed = set(), set()
            out = subprocess.run(["nm", "-P", os.path.join(folder, name)], stdout=subprocess.PIPE, check=True, text=True).stdout
            for line in out.splitlines():
                symbol, kind = line.split()[:2]
                if kind == "U":
                    needed.add(symbol)
                elif kind in "TDBRCVW":
                    defined.add(symbol)
            yield room, name[:-len(".c.o")], defined, needed


def circles(graph):
    """Sets of nodes that reach each other, after Tarjan; without recursion, as graphs may be deep."""
    number, low, stack, on, found = {}, {}, [], set(), []
    for start in sorted(graph):
        if start in number:
            continue
        work = [(start, iter(sorted(graph[start])))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on.add(start)
        while work:
            node, rest = work[-1]
            for to in rest:
                if to not in number:
                    number[to] = low[to] = len(number)
                    stack.append(to)
                    on.add(to)
                    work.append((to, iter(sorted(graph[to]))))
                    break
                if to in on:
                    low[node] = min(low[node], number[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    circle = []
                    while not circle or circle[-1] != node:
                        circle.append(stack.pop())
                        on.discard(circle[-1])
                    if len(circle) > 1:
                        found.append(sorted(circle))
    return found


def main():
    root, build, rooms = sys.argv[1], sys.argv[2], sys.argv[3:]
    faults = list(includes(root, rooms))
    found = list(objects(build, rooms))
    owner = {s: (room, name) for room, name, defined, _ in found for s in defined}
    graph = {(room, name): set() for room, name, _, _ in found}
    if len(graph) < 80:
        sys.exit("only %d objects in %s: is that the build of engine/?" % (len(graph), build))
    for room, name, defined, _ in found:
        faults += ["%s/%s: %s doesn't begin with mm_" % (room, name, s) for s in sorted(defined) if not s.startswith("mm_")]
    for room, name, _, needed in found:
        for symbol in sorted(needed & set(owner)):
            to = owner[symbol]
            if rooms.index(to[0]) > rooms.index(room):
                faults.append("%s/%s needs %s() of %s/%s, a later room" % (room, name, symbol, to[0], to[1]))
            elif to != (room, name):
                graph[(room, name)].add(to)
    for circle in circles(graph):
        room = circle[0][0]
        faults.append("%d files of %s/ go in a circle: %s" % (len(circle), room, ", ".join(n for _, n in circle)))
    for fault in faults:
        print(fault)
    print("%d objects, %d faults" % (len(graph), len(faults)))
    return 1 if faults else 0


sys.exit(main())
