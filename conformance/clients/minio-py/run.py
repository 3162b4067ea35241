"""minio-py, MinIO's SDK for Python: what its documentation shows, one JSON line a scenario."""

import io
import os
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from minio import Minio  # noqa: E402
from minio.commonconfig import ENABLED, GOVERNANCE, ComposeSource, CopySource, Tags  # noqa: E402
from minio.datatypes import PostPolicy  # noqa: E402
from minio.deleteobjects import DeleteObject  # noqa: E402
from minio.error import S3Error  # noqa: E402
from minio.objectlockconfig import DAYS, ObjectLockConfig  # noqa: E402
from minio.retention import Retention  # noqa: E402
from minio.sse import SseS3  # noqa: E402
from minio.versioningconfig import VersioningConfig  # noqa: E402
from minio.sseconfig import Rule, SSEConfig  # noqa: E402
from python_checks import ENDPOINT, MIB, bucket_name, check, equal, noise, raises, run_all  # noqa: E402

HOST = ENDPOINT.split("://")[1]


def client(secret=None):
    return Minio(
        HOST,
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=secret or os.environ["AWS_SECRET_ACCESS_KEY"],
        secure=False,
    )


def made(hint, **options):
    name = bucket_name(hint)
    client().make_bucket(name, **options)
    return name


def put(bucket, key, body=b"body", **options):
    return client().put_object(bucket, key, io.BytesIO(body), len(body), **options)


def got(bucket, key, **options):
    answer = client().get_object(bucket, key, **options)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


@check("make_bucket, bucket_exists, list_buckets, remove_bucket")
def buckets():
    bucket = made("buckets")
    equal(client().bucket_exists(bucket), True)
    equal(bucket in [each.name for each in client().list_buckets()], True)
    put(bucket, "k")
    raises("BucketNotEmpty", client().remove_bucket, bucket)
    client().remove_object(bucket, "k")
    client().remove_bucket(bucket)
    equal(client().bucket_exists(bucket), False)


@check("put_object with metadata, tags and encryption; stat_object")
def objects():
    bucket = made("objects")
    tags = Tags.new_object_tags()
    tags["project"] = "north south"
    put(bucket, "dir/ü b+c", metadata={"Colour": "blue"}, tags=tags, sse=SseS3(), content_type="text/x-body")
    stat = client().stat_object(bucket, "dir/ü b+c")
    equal((stat.size, stat.content_type, stat.metadata["x-amz-meta-colour"]), (4, "text/x-body", "blue"))
    equal(dict(client().get_object_tags(bucket, "dir/ü b+c")), {"project": "north south"})
    equal(got(bucket, "dir/ü b+c", offset=1, length=2), b"od")
    equal([each.object_name for each in client().list_objects(bucket, prefix="dir/")], ["dir/ü b+c"])
    raises("NoSuchKey", got, bucket, "none")


@check("put_object of unknown length in parts, compose_object, copy_object")
def parts():
    bucket = made("parts")
    body = noise(12 * MIB + 1)
    client().put_object(bucket, "large", io.BytesIO(body), -1, part_size=5 * MIB)
    equal(got(bucket, "large") == body, True)
    client().compose_object(bucket, "composed", [ComposeSource(bucket, "large"), ComposeSource(bucket, "large")])
    equal(got(bucket, "composed") == body + body, True)
    client().copy_object(bucket, "copy", CopySource(bucket, "large", offset=1, length=5 * MIB))
    equal(got(bucket, "copy") == body[1 : 5 * MIB + 1], True)


@check("set_bucket_versioning, list_objects with versions, remove_objects")
def versions():
    bucket = made("versions")
    client().set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    equal(client().get_bucket_versioning(bucket).status, ENABLED)
    first = put(bucket, "k", b"1").version_id
    put(bucket, "k", b"2")
    equal(got(bucket, "k", version_id=first), b"1")
    found = list(client().list_objects(bucket, include_version=True))
    equal(len(found), 2)
    errors = client().remove_objects(bucket, [DeleteObject(each.object_name, each.version_id) for each in found])
    equal(list(errors), [])
    equal(list(client().list_objects(bucket, include_version=True)), [])


@check("set_bucket_policy, set_bucket_tags, set_bucket_encryption")
def settings():
    bucket = made("settings")
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",'
        '"Resource":"arn:aws:s3:::%s/secret/*"}]}' % bucket
    )
    client().set_bucket_policy(bucket, policy)
    equal("secret" in client().get_bucket_policy(bucket), True)
    put(bucket, "secret/k")
    raises("AccessDenied", got, bucket, "secret/k")
    client().delete_bucket_policy(bucket)
    equal(got(bucket, "secret/k"), b"body")
    tags = Tags.new_bucket_tags()
    tags["team"] = "blue"
    client().set_bucket_tags(bucket, tags)
    equal(dict(client().get_bucket_tags(bucket)), {"team": "blue"})
    client().set_bucket_encryption(bucket, SSEConfig(Rule.new_sse_s3_rule()))
    equal(client().get_bucket_encryption(bucket).rule.sse_algorithm, "AES256")


@check("object lock: default, retention, legal hold")
def locks():
    bucket = made("locks", object_lock=True)
    version = put(bucket, "k").version_id
    until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=3)
    client().set_object_retention(bucket, "k", Retention(GOVERNANCE, until))
    equal(client().get_object_retention(bucket, "k").retain_until_date, until)
    raises("AccessDenied", client().remove_object, bucket, "k", version_id=version)
    client().enable_object_legal_hold(bucket, "k")
    equal(client().is_object_legal_hold_enabled(bucket, "k"), True)
    client().disable_object_legal_hold(bucket, "k")
    client().set_object_lock_config(bucket, ObjectLockConfig(GOVERNANCE, 1, DAYS))
    equal(client().get_object_lock_config(bucket).mode, GOVERNANCE)
    # Without TLS minio-py sends a SHA-256 in place of an MD5, and AWS wants an MD5 or a checksum where a default is set.
    raises("InvalidRequest", put, bucket, "k")


@check("presigned_get_object, presigned_put_object, presigned_post_policy")
def presigned():
    bucket = made("presigned")
    url = client().presigned_put_object(bucket, "k", timedelta(hours=1))
    with urllib.request.urlopen(urllib.request.Request(url, b"by url", method="PUT")) as answer:
        equal(answer.status, 200)
    with urllib.request.urlopen(client().presigned_get_object(bucket, "k")) as answer:
        equal(answer.read(), b"by url")
    policy = PostPolicy(bucket, datetime.now(timezone.utc) + timedelta(hours=1))
    policy.add_equals_condition("key", "posted")
    policy.add_content_length_range_condition(1, 100)
    fields = {**client().presigned_post_policy(policy), "key": "posted"}
    lines = ["--edge\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % pair for pair in fields.items()]
    lines.append("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nby form\r\n--edge--\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    request = urllib.request.Request("%s/%s" % (ENDPOINT, bucket), "".join(lines).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        equal(answer.status, 204)
    equal(got(bucket, "posted"), b"by form")


@check("a wrong secret")
def wrong_secret():
    error = raises("SignatureDoesNotMatch", client("not-the-secret").list_buckets)
    equal(isinstance(error, S3Error), True)


run_all()
