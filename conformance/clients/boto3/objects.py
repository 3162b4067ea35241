"""Objects: bodies, headers, ranges, conditions, copies, deletes."""

import datetime
import io
from concurrent.futures import ThreadPoolExecutor

from checks import bucket, check, client, equal, etag, raises, with_headers

KEYS = [
    "a b c", "plus+sign", "per%cent %20", "ünïcödé/日本語/😀", "a&b=c?d#e;f:g@h", "quote'\"`back\\slash", "a//b",
    "folder/", "/leading", "./dot/../dots/..", "<xml>&amp;", "ends ", "tab\there", "line\nbreak", "\x01control", "x" * 1024,
]


@check("objects: put and get with metadata and headers")
def headers():
    s3 = client()
    name = bucket(s3, "headers")
    sent = {
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="x y"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de, en",
        "ContentType": "text/x-thing; charset=utf-8",
        "Metadata": {"one": "1", "two": "a  b"},
        "StorageClass": "STANDARD_IA",
    }
    put = s3.put_object(Bucket=name, Key="k", Body=b"body", Expires=datetime.datetime(2035, 1, 2), **sent)
    equal((put["ETag"], put["ServerSideEncryption"]), (etag(b"body"), "AES256"))
    for answer in (s3.head_object(Bucket=name, Key="k"), s3.get_object(Bucket=name, Key="k")):
        equal({field: answer[field] for field in sent}, sent)
        equal((answer["ContentLength"], answer["ETag"], answer["AcceptRanges"]), (4, etag(b"body"), "bytes"))
        equal(answer["ResponseMetadata"]["HTTPHeaders"]["expires"], "Tue, 02 Jan 2035 00:00:00 GMT")
        age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
        equal(abs(age.total_seconds()) < 60, True, "LastModified")


@check("objects: bodies of every kind")
def bodies():
    s3 = client()
    name = bucket(s3, "bodies")
    for body in (b"", b"bytes", io.BytesIO(b"stream"), bytearray(b"array"), "text", b"\r\n0\r\n\r\n"):
        expected = body.getvalue() if isinstance(body, io.BytesIO) else body
        expected = expected.encode() if isinstance(expected, str) else bytes(expected)
        s3.put_object(Bucket=name, Key="k", Body=body)
        equal(s3.get_object(Bucket=name, Key="k")["Body"].read(), expected)
    s3.put_object(Bucket=name, Key="none")
    head = s3.head_object(Bucket=name, Key="none")
    equal((head["ContentLength"], head["ContentType"]), (0, "binary/octet-stream"))


@check("objects: payload signed, and not")
def payloads():
    name = bucket(client(), "payload")
    for signed in (True, False):
        s3 = client(s3={"payload_signing_enabled": signed})
        s3.put_object(Bucket=name, Key="k", Body=b"body")
        equal(s3.get_object(Bucket=name, Key="k")["Body"].read(), b"body")


@check("objects: keys of every kind")
def keys():
    s3 = client()
    name = bucket(s3, "keys")
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
        equal(s3.get_object(Bucket=name, Key=key)["Body"].read().decode(), key)
    listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"PageSize": 3}) for o in page["Contents"]]
    equal(listed, sorted(KEYS, key=lambda key: key.encode()))
    for key in KEYS[:6]:
        s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": key})
        equal(s3.get_object(Bucket=name, Key="copy")["Body"].read().decode(), key)
    # XML cannot carry these two in a request; the others go in one.
    listable = [key for key in KEYS if key.isprintable() or key == "tab\there"]
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in listable + ["copy"]]})
    rest = [o["Key"] for o in s3.list_objects_v2(Bucket=name)["Contents"]]
    equal(rest, sorted(set(KEYS) - set(listable)))
    raises("KeyTooLongError", 400, s3.put_object, Bucket=name, Key="ü" * 513)


@check("objects: ranges and parts")
def ranges():
    s3 = client()
    name = bucket(s3, "ranges")
    s3.put_object(Bucket=name, Key="k", Body=b"0123456789")
    for asked, answer, body in (
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=-20", "bytes 0-9/10", b"0123456789"),
        ("bytes=8-100", "bytes 8-9/10", b"89"),
    ):
        got = s3.get_object(Bucket=name, Key="k", Range=asked)
        equal((got["ContentRange"], got["Body"].read()), (answer, body))
        equal(got["ResponseMetadata"]["HTTPStatusCode"], 206)
    for whole in ("bytes=0-1,3-4", "bytes=4-2", "lines=1-2"):
        got = s3.get_object(Bucket=name, Key="k", Range=whole)
        equal((got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()), (200, b"0123456789"), whole)
    error = raises("InvalidRange", 416, s3.get_object, Bucket=name, Key="k", Range="bytes=10-")
    equal((error["Error"]["RangeRequested"], error["Error"]["ActualObjectSize"]), ("bytes=10-", "10"))
    raises("InvalidRange", 416, s3.get_object, Bucket=name, Key="k", Range="bytes=-0")


@check("objects: conditional reads")
def conditions():
    s3 = client()
    name = bucket(s3, "conditions")
    tag = s3.put_object(Bucket=name, Key="k", Body=b"body")["ETag"]
    past, future = datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1)
    key = {"Bucket": name, "Key": "k"}
    s3.get_object(IfMatch=tag, **key)
    s3.get_object(IfMatch=tag, IfUnmodifiedSince=past, **key)
    s3.get_object(IfModifiedSince=past, **key)
    s3.get_object(IfUnmodifiedSince=future, **key)
    error = raises("PreconditionFailed", 412, s3.get_object, IfMatch='"other"', **key)
    equal(error["Error"]["Condition"], "If-Match")
    raises("PreconditionFailed", 412, s3.get_object, IfUnmodifiedSince=past, **key)
    raises("304", 304, s3.get_object, IfNoneMatch=tag, **key)
    raises("304", 304, s3.head_object, IfNoneMatch=tag, **key)
    raises("412", 412, s3.head_object, IfMatch='"other"', **key)


@check("objects: conditional writes, of which one wins")
def conditional_writes():
    s3 = client(retries={"max_attempts": 1})
    name = bucket(s3, "writes")
    plain = client()
    with_headers(s3, "PutObject", {"If-None-Match": "*"})

    def put(n):
        try:
            s3.put_object(Bucket=name, Key="k", Body=b"%d" % n)
            return n
        except s3.exceptions.ClientError as error:
            # 409 while another write is under way, 412 after it.
            equal(error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"), True, str(error))
            return None

    with ThreadPoolExecutor(20) as pool:
        won = [n for n in pool.map(put, range(20)) if n is not None]
    equal(len(won), 1, "writers that won")
    equal(plain.get_object(Bucket=name, Key="k")["Body"].read(), b"%d" % won[0])
    matching = client()
    with_headers(matching, "PutObject", {"If-Match": etag(b"%d" % won[0])})
    matching.put_object(Bucket=name, Key="k", Body=b"new")
    raises("PreconditionFailed", 412, matching.put_object, Bucket=name, Key="k", Body=b"newer")
    raises("NoSuchKey", 404, matching.put_object, Bucket=name, Key="missing", Body=b"x")


@check("objects: copy with directives and conditions")
def copies():
    s3 = client()
    name = bucket(s3, "copies")
    s3.put_object(Bucket=name, Key="k", Body=b"body", Metadata={"a": "1"}, ContentType="text/x-one")
    source = {"Bucket": name, "Key": "k"}
    copied = s3.copy_object(Bucket=name, Key="copy", CopySource=source)
    equal(copied["CopyObjectResult"]["ETag"], etag(b"body"))
    head = s3.head_object(Bucket=name, Key="copy")
    equal((head["Metadata"], head["ContentType"]), ({"a": "1"}, "text/x-one"))
    s3.copy_object(Bucket=name, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    head = s3.head_object(Bucket=name, Key="copy")
    equal((head["Metadata"], head["ContentType"]), ({"b": "2"}, "binary/octet-stream"))
    raises("InvalidRequest", 400, s3.copy_object, Bucket=name, Key="k", CopySource=source)
    raises("PreconditionFailed", 412, s3.copy_object, Bucket=name, Key="x", CopySource=source, CopySourceIfMatch='"other"')
    raises("NoSuchKey", 404, s3.copy_object, Bucket=name, Key="x", CopySource={"Bucket": name, "Key": "missing"})
    raises("NoSuchBucket", 404, s3.copy_object, Bucket=name, Key="x", CopySource={"Bucket": name + "-missing", "Key": "k"})


@check("objects: delete, delete_objects of 1,000")
def deletes():
    s3 = client(max_pool_connections=20)
    name = bucket(s3, "deletes")
    equal(s3.delete_object(Bucket=name, Key="missing")["ResponseMetadata"]["HTTPStatusCode"], 204)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=name, Key="k%04d" % n), range(200)))
    gone = [{"Key": "k%04d" % n} for n in range(1000)]
    deleted = s3.delete_objects(Bucket=name, Delete={"Objects": gone})
    equal(sorted(d["Key"] for d in deleted["Deleted"]), [g["Key"] for g in gone])
    equal("Errors" in deleted, False)
    equal(s3.list_objects_v2(Bucket=name)["KeyCount"], 0)
    quiet = s3.delete_objects(Bucket=name, Delete={"Objects": gone[:3], "Quiet": True})
    equal("Deleted" in quiet, False)
    raises("MalformedXML", 400, s3.delete_objects, Bucket=name, Delete={"Objects": gone + [{"Key": "one more"}]})


@check("objects: 20 threads put, get, list and delete")
def threads():
    s3 = client(max_pool_connections=20)
    name = bucket(s3, "threads")

    def work(n):
        body = b"%d " % n * (n * 97 % 5000)
        for key in ("own/%d" % n, "shared/%d" % (n % 7)):
            s3.put_object(Bucket=name, Key=key, Body=body)
            s3.list_objects_v2(Bucket=name, Prefix="own/")
        equal(s3.get_object(Bucket=name, Key="own/%d" % n)["Body"].read(), body)
        shared = s3.get_object(Bucket=name, Key="shared/%d" % (n % 7))
        # Whoever wrote last: the whole body of one writer.
        equal(etag(shared["Body"].read()), shared["ETag"])
        if n % 2:
            s3.delete_object(Bucket=name, Key="own/%d" % n)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(200)))
    equal(s3.list_objects_v2(Bucket=name)["KeyCount"], 107)
