"""The list of scenarios and what they share: clients made from the environment alone, buckets, expectations."""

import hashlib
import os
import urllib.error
import urllib.request

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError
from python_checks import MIB, STYLE, bucket_name, check, equal, noise  # noqa: F401

VERSION = tuple(int(n) for n in botocore.__version__.split(".")[:2])
# From here on botocore adds a CRC32 by itself and checks what it reads.
CHECKSUMS_BY_DEFAULT = VERSION >= (1, 36)
# Before, botocore signs "?uploads?uploads" and the like with version 2: AWS refuses that, and so do we.
SIGNS_QUERIES_WITH_V2 = VERSION >= (1, 36)

def _config(**options):
    s3 = dict(options.pop("s3", {}))
    if STYLE == "virtual":
        s3["addressing_style"] = "virtual"
    return Config(s3=s3, **options)


def _arguments(options):
    keys = {name: options.pop(name) for name in list(options) if name.startswith("aws_") or name == "region_name"}
    # Versions before 1.28 do not read AWS_ENDPOINT_URL.
    return {"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "config": _config(**options), **keys}


def client(**options):
    """A client as a program would make it; `options` go to its Config (or are keys and region)."""
    return boto3.session.Session().client("s3", **_arguments(options))


def resource(**options):
    return boto3.session.Session().resource("s3", **_arguments(options))


def bucket(s3, hint):
    """Makes a bucket whose name no other scenario uses."""
    name = bucket_name(hint)
    s3.create_bucket(Bucket=name)
    return name


def etag(body):
    return '"%s"' % hashlib.md5(body).hexdigest()


def raises(code, status, function, *args, **kwargs):
    """Calls what must be refused with this error code and HTTP status. Returns the parsed response."""
    try:
        result = function(*args, **kwargs)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        equal(got, (code, status), error.response["Error"].get("Message", ""))
        return error.response
    raise AssertionError("expected %s, got %.500r" % (code, result))


def with_headers(s3, operation, headers):
    """Adds headers that an older model does not know."""

    def add(request, **_):
        for name, value in headers.items():
            request.headers[name] = value

    s3.meta.events.register("before-sign.s3.%s" % operation, add)


def http(url, method="GET", body=None, headers=None):
    """A request without credentials. Returns status, headers and body."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
