#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A session made of a capture replays as the capture itself.

usage: replay_check.py STORMGLASS REPLAY_CHECK CAPTURE
"""
import os
import subprocess
import sys
import tempfile

tool, check, capture = sys.argv[1:]
with tempfile.TemporaryDirectory(prefix="stormglass-test-") as folder:
    session = os.path.join(folder, "s.sgs")
    subprocess.run([tool, "session", "save", capture, "-o", session], check=True)
    subprocess.run([check, capture, session, "100"], check=True)
    # and it is no accident: one event less is seen
    listed = subprocess.run([tool, "session", "export", session, "--format", "csv"], check=True, stdout=subprocess.PIPE)
    if len(listed.stdout.splitlines()) < 1000:
        sys.exit("the capture is too short to tell anything")
    other = os.path.join(folder, "cut.sgs")
    with open(session, "rb") as whole, open(other, "wb") as cut:
        cut.write(whole.read()[:-os.path.getsize(session) // 3])
    if subprocess.run([check, capture, other], stderr=subprocess.DEVNULL).returncode == 0:
        sys.exit("a session that was cut off was taken for the capture")
