#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The screens of a user whose locale isn't installed: lines where its name says UTF-8, ASCII where it doesn't.

usage: locale_check.py STORMGLASS FILE
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time


def screen(tool, file, **env):
    """What the program writes until it has drawn its frame, as bytes."""
    pid, fd = pty.fork()
    if pid == 0:
        for name in ("LC_ALL", "LC_CTYPE", "LANG"):
            os.environ.pop(name, None)
        os.environ.update(env, TERM="xterm-256color")
        os.execv(tool, [tool, "--no-cache", file])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    out, end = b"", time.monotonic() + 60
    while time.monotonic() < end and b"pageblocks" not in out:
        if select.select([fd], [], [], 1)[0]:
            try:
                out += os.read(fd, 65536)
            except OSError:
                break
    # what is left of this frame
    while select.select([fd], [], [], 0.5)[0]:
        try:
            out += os.read(fd, 65536)
        except OSError:
            break
    os.write(fd, b"q")
    os.close(fd)
    os.waitpid(pid, 0)
    assert b"pageblocks" in out, out
    return out


tool, file = sys.argv[1:]
LINE = "│".encode()
for env in ({"LC_ALL": "xx_YY.UTF-8"}, {"LANG": "xx_YY.utf8"}, {"LC_CTYPE": "C.UTF-8"}, {"LC_ALL": "", "LANG": "xx_YY.UTF-8"}):
    assert LINE in screen(tool, file, **env), env
for env in ({"LC_ALL": "xx_YY"}, {"LC_ALL": "C", "LANG": "C.UTF-8"}, {}):
    out = screen(tool, file, **env)
    assert LINE not in out and b"pageblocks" in out, env
