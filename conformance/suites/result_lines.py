"""A pytest plugin: one JSON line a test in the file that RESULT_LINES names, and a time limit for each test.

    {"test": "path::Class::name[parameter]", "outcome": "passed" | "failed" | "skipped", "why": "first line"}

A test that fails in its set-up has failed; a failure of its tear-down alone leaves its outcome as it is.
"""

import json
import os
import signal

import pytest

_LIMIT = int(os.environ.get("RESULT_SECONDS", "120"))
_results = {}


def _late(_signal, _frame):
    pytest.fail("not done after %d s" % _LIMIT, pytrace=False)


def _first_line(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return text.strip().split("\n")[0][:400]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(_LIMIT)
    try:
        return (yield)
    finally:
        signal.alarm(0)


def pytest_runtest_logreport(report):
    if report.when == "teardown" or (report.when == "setup" and report.passed):
        return
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        # Marked by the suite itself as known to fail: no news when it does.
        outcome = "passed" if report.passed else "skipped"
    _results[report.nodeid] = {"test": report.nodeid, "outcome": outcome}
    if outcome == "failed":
        _results[report.nodeid]["why"] = _first_line(report)


def pytest_sessionfinish(session):
    with open(os.environ["RESULT_LINES"], "w", encoding="utf-8") as file:
        for result in _results.values():
            file.write(json.dumps(result) + "\n")
