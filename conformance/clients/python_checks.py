"""Scenarios written in Python: how they are registered and run, one JSON line each."""

import itertools
import json
import os
import random
import signal
import sys
import traceback

MIB = 1024 * 1024
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
STYLE = os.environ["CONFORMANCE_STYLE"]

registered = []
_count = itertools.count(1)


def check(title):
    """Registers a scenario: a function that fails by raising."""

    def add(function):
        registered.append((title, function))
        return function

    return add


def bucket_name(hint):
    """A bucket name that no other scenario uses."""
    return "%s-%d-%d" % (hint, os.getpid(), next(_count))


def noise(length, seed=1):
    """Bytes that look random and are the same for the same seed."""
    return random.Random(seed).randbytes(length)


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError("%s expected %.500r, got %.500r" % (what, expected, actual))


def raises(text, function, *args, **kwargs):
    """Calls what must be refused; the exception's text must contain `text`."""
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        if text not in "%s %s" % (type(error).__name__, error):
            raise AssertionError("expected %r, got %r" % (text, error)) from error
        return error
    raise AssertionError("expected %r, got %.500r" % (text, result))


def run_all(seconds=90):
    """Runs every registered scenario and prints `{"check": title, "error": text or null}` for each."""

    def late(_signal, _frame):
        raise TimeoutError("not done after %d s" % seconds)

    signal.signal(signal.SIGALRM, late)
    only = os.environ.get("CONFORMANCE_ONLY", "")
    for title, function in registered:
        if only not in title:
            continue
        try:
            signal.alarm(seconds)
            function()
            error = None
        except Exception as cause:
            error = "%s: %s (%s)" % (type(cause).__name__, cause, _where())
        finally:
            signal.alarm(0)
        print(json.dumps({"check": title, "error": error}, separators=(",", ":")), flush=True)


def _where():
    """The lines of the scenarios that led to the exception, the innermost first."""
    clients = os.path.dirname(os.path.abspath(__file__))
    frames = traceback.extract_tb(sys.exc_info()[2])
    own = [f for f in frames if os.path.abspath(f.filename).startswith(clients)]
    return " < ".join("%s:%d" % (os.path.basename(f.filename), f.lineno) for f in reversed(own[1:]))
