"""Runs every scenario; prints one JSON line each."""

import json
import os
import signal
import sys
import traceback

import checks
import buckets  # noqa: F401
import errors  # noqa: F401
import identities  # noqa: F401
import integrity  # noqa: F401
import listing  # noqa: F401
import objects  # noqa: F401
import presign  # noqa: F401
import transfers  # noqa: F401



def late(_signal, _frame):
    raise TimeoutError("not done after 90 s")


signal.signal(signal.SIGALRM, late)
only = os.environ.get("CONFORMANCE_ONLY", "")
for title, function in checks.registered:
    if only not in title:
        continue
    try:
        signal.alarm(90)
        function()
        signal.alarm(0)
        error = None
    except Exception as cause:
        frames = traceback.extract_tb(sys.exc_info()[2])
        own = [f for f in frames if os.path.dirname(f.filename) == os.path.dirname(os.path.abspath(__file__))]
        where = " < ".join("%s:%d" % (os.path.basename(f.filename), f.lineno) for f in reversed(own[1:]))
        error = "%s: %s (%s)" % (type(cause).__name__, cause, where)
    print(json.dumps({"check": title, "error": error}, separators=(",", ":")), flush=True)
