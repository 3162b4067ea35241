"""A pytest plugin that points LocalStack's S3, IAM and STS tests, whose snapshots were recorded from AWS, at another endpoint.

It takes the place of the suite's own conftest.py files, which would start LocalStack: the same fixtures by the same
names, for the endpoint, keys and accounts that the TEST_AWS_* variables name.
"""

import __future__
import datetime
import importlib.abc
import importlib.machinery
import json
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

_HOST = "s3." + os.environ["LOCALSTACK_HOST"]
constants.DEFAULT_PORT_EDGE = int(os.environ["LOCALSTACK_HOST"].rpartition(":")[2])

from botocore.config import Config  # noqa: E402
from localstack.testing.aws import util  # noqa: E402
from localstack.testing.pytest import fixtures as _fixtures  # noqa: E402
from localstack_snapshot.pytest import snapshot as _recorded  # noqa: E402

# Fixtures of these names would hide those below.
for _module, _name in ((_recorded, "snapshot"), (_fixtures, "kms_create_key")):
    if hasattr(_module, _name):
        delattr(_module, _name)

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
def snapshot(request, _snapshot_session, account_id, region_name):
    from localstack.testing.snapshots import transformer_utility
    from localstack.testing.snapshots.transformer_utility import TransformerUtility
    from localstack_snapshot.snapshots.transformer import RegexTransformer

    session = _snapshot_session
    session.transform = TransformerUtility
    placeholders = {account_id: "1" * 12, region_name: "<region>", "arn:aws:": "arn:<partition>:"}
    placeholders[re.escape(_HOST)] = "<host>"
    for text, placeholder in placeholders.items():
        session.add_transformer(RegexTransformer(text, placeholder), priority=2)
    session.add_transformer(TransformerUtility.remove_key("x-localstack"))
    # Records of S3 show times in an older way.
    is_s3 = "/services/s3" in request.path.as_posix()
    basic = "SNAPSHOT_BASIC_TRANSFORMER" if is_s3 else "SNAPSHOT_BASIC_TRANSFORMER_NEW"
    session.add_transformer(getattr(transformer_utility, basic), priority=2)
    return session


@pytest.fixture(scope="session")
def kms_create_key(account_id, region_name):
    """There is no KMS: a key is one of those that the server has been started with."""
    ids = json.loads(os.environ["RECORDED_KMS_KEYS"])

    def create_key(region_name=region_name, **kwargs):
        key_id = ids[region_name]
        return {
            "AWSAccountId": account_id,
            "Arn": f"arn:aws:kms:{region_name}:{account_id}:key/{key_id}",
            "CreationDate": datetime.datetime.now(datetime.timezone.utc),
            "CurrentKeyMaterialId": "0" * 64,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "of the configuration",
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyId": key_id,
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": False,
            "Origin": "AWS_KMS",
        }

    return create_key


# What no server can repeat, by test: entity tags that are random under keys of KMS and of customers; the order in which
# AWS happened to work on several things at once; what else was in the account.
_UNREPEATABLE = {
    "test_s3_sse_default_kms_key": ["$..ETag"],
    "test_s3_copy_object_in_place_with_encryption": ["$..ETag"],
    "test_s3_multipart_upload_sse": ["$..ETag"],
    "test_s3_sse_bucket_key_default": ["$..ETag"],
    "test_s3_bucket_encryption_sse_kms": ["$..ETag"],
    "test_put_object_lifecycle_with_sse_c": ["$..ETag"],
    "test_object_retrieval_sse_c": ["$..ETag"],
    "test_copy_object_with_sse_c": ["$..ETag"],
    "test_multipart_upload_sse_c": ["$..ETag"],
    "test_sse_c_with_versioning": ["$..ETag"],
    "test_put_object_default_checksum_with_sse_c": ["$..ETag"],
    "test_complete_multipart_parts_checksum_composite": ["$..Error.PartNumber", "$..Error.ETag"],
    "test_complete_multipart_parts_checksum_full_object": ["$..Error.PartNumber", "$..Error.ETag"],
    "test_delete_keys_in_versioned_bucket": ["$.delete-object-version.Deleted"],
    "test_delete_bucket_with_content": ["$.list-buckets.Buckets"],
    "test_service_role_lifecycle": ["$.describe-response.Role.RoleLastUsed"],
}

# Tests that say themselves what is otherwise on AWS: they are told that this is AWS.
_AS_ON_AWS = {
    "test_set_external_hostname",
    "test_presigned_url_with_session_token",
    "test_s3_sse_validate_kms_key",
    "test_put_url_metadata_with_sig_s3v4[False]",
    "test_put_url_metadata_with_sig_s3[False]",
    "test_put_object_with_md5_and_chunk_signature_bad_headers[s3-False]",
    "test_put_object_with_md5_and_chunk_signature_bad_headers[s3v4-False]",
}

# Tests that expect addresses of virtual hosts. With an endpoint of its own boto3 makes none unless told to.
_VIRTUAL_HOST = {"test_s3_presigned_post_success_action_status_201_response"}


def pytest_collection_modifyitems(items):
    """What LocalStack itself does not verify has to match as well: AWS gave these answers."""
    for item in items:
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name != "skip_snapshot_verify"]
        paths = _UNREPEATABLE.get(item.originalname)
        if paths:
            item.add_marker(pytest.mark.skip_snapshot_verify(paths=paths))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    if item.name in _VIRTUAL_HOST:
        factory = item.funcargs["aws_client_factory"]
        item.funcargs["aws_client"] = factory(config=Config(s3={"addressing_style": "virtual"}))
    if item.name not in _AS_ON_AWS:
        return (yield)
    # Only the test itself is told so: helpers would choose addresses of AWS.
    ask = item.module.is_aws_cloud
    item.module.is_aws_cloud = lambda: sys._getframe(1).f_code.co_name == item.originalname or ask()
    try:
        return (yield)
    finally:
        item.module.is_aws_cloud = ask
