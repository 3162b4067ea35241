"""A pytest plugin that points LocalStack's S3 tests, whose snapshots were recorded from AWS, at another endpoint.

It takes the place of the suite's own conftest.py files, which would start LocalStack: the same fixtures by the same
names, for the endpoint, keys and accounts that the TEST_AWS_* variables name.
"""

import __future__
import importlib.abc
import importlib.machinery
import os
import re
import socket
import sys
import types

import pytest

_LOCAL = (".localhost", ".localstack.cloud", ".amazonaws.com")
_resolve = socket.getaddrinfo


def _to_this_machine(host, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and ("." + name.lower()).endswith(_LOCAL):
        host = "127.0.0.1"
    return _resolve(host, *args, **kwargs)


socket.getaddrinfo = _to_this_machine


class _WithoutTypeParameters(importlib.machinery.SourceFileLoader):
    """Reads `class A[T](B):` as `class A(B):`: the suite is written for a newer Python."""

    _header = re.compile(r"^([ \t]*(?:class|(?:async )?def) \w+)\[[^\]\n]+\]", re.MULTILINE)
    _subscript = re.compile(r"(?<=[(, ])([A-Z]\w+)\[T\w*\]")

    def source_to_code(self, data, path, *, _optimize=-1):
        text = data.decode()
        plain, found = self._header.subn(r"\1", text)
        if not found:
            return super().source_to_code(data, path, _optimize=_optimize)
        plain = re.sub(r"^class .*$", lambda line: self._subscript.sub(r"\1", line[0]), plain, flags=re.MULTILINE)
        flags = __future__.annotations.compiler_flag
        return compile(plain, path, "exec", flags, dont_inherit=True, optimize=_optimize)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if path is None or not name.startswith("localstack."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = _WithoutTypeParameters(spec.loader.name, spec.loader.path)
        return spec


if sys.version_info < (3, 12):
    sys.meta_path.insert(0, _Finder())

# A file that only a built package has.
sys.modules.setdefault("localstack.version", types.ModuleType("localstack.version"))
sys.modules["localstack.version"].__version__ = sys.modules["localstack.version"].version = "0"

from localstack import constants  # noqa: E402

constants.DEFAULT_PORT_EDGE = int(os.environ["LOCALSTACK_HOST"].rpartition(":")[2])

from localstack.testing.aws import util  # noqa: E402
from localstack_snapshot.pytest import snapshot as _recorded  # noqa: E402

# Its fixture of this name would hide the one below.
if hasattr(_recorded, "snapshot"):
    del _recorded.snapshot

pytest_plugins = [
    "localstack.testing.pytest.fixtures",
    "localstack.testing.pytest.marking",
    "localstack_snapshot.pytest.snapshot",
]

aws_session = pytest.fixture(scope="session", name="aws_session")(lambda: util.base_aws_session())
secondary_aws_session = pytest.fixture(scope="session", name="secondary_aws_session")(lambda: util.secondary_aws_session())


@pytest.fixture(scope="session")
def aws_client_factory(aws_session):
    return util.base_aws_client_factory(aws_session)


@pytest.fixture(scope="session")
def secondary_aws_client_factory(secondary_aws_session):
    return util.base_aws_client_factory(secondary_aws_session)


@pytest.fixture(scope="session")
def aws_client(aws_client_factory):
    return util.base_testing_aws_client(aws_client_factory)


@pytest.fixture(scope="session")
def secondary_aws_client(secondary_aws_client_factory):
    return util.base_testing_aws_client(secondary_aws_client_factory)


@pytest.fixture
def snapshot(_snapshot_session, account_id, region_name):
    from localstack.testing.snapshots.transformer_utility import SNAPSHOT_BASIC_TRANSFORMER, TransformerUtility
    from localstack_snapshot.snapshots.transformer import RegexTransformer

    session = _snapshot_session
    session.transform = TransformerUtility
    placeholders = {account_id: "1" * 12, region_name: "<region>", "arn:aws:": "arn:<partition>:"}
    for text, placeholder in placeholders.items():
        session.add_transformer(RegexTransformer(text, placeholder), priority=2)
    session.add_transformer(TransformerUtility.remove_key("x-localstack"))
    session.add_transformer(SNAPSHOT_BASIC_TRANSFORMER, priority=2)
    return session


def pytest_collection_modifyitems(items):
    """What LocalStack itself does not verify has to match as well: AWS gave these answers."""
    for item in items:
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name != "skip_snapshot_verify"]
