"""Runs every scenario; prints one JSON line each."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import python_checks  # noqa: E402
import buckets  # noqa: E402, F401
import errors  # noqa: E402, F401
import identities  # noqa: E402, F401
import integrity  # noqa: E402, F401
import listing  # noqa: E402, F401
import objects  # noqa: E402, F401
import presign  # noqa: E402, F401
import transfers  # noqa: E402, F401

python_checks.run_all()
