"""Managed transfers: upload_file, download_file and their relatives, in parts and threads."""

import io
import os
import tempfile

from boto3.s3.transfer import TransferConfig

from checks import MIB, bucket, check, client, equal, noise, resource


def roundtrip(s3, size, config=None):
    name = bucket(s3, "transfer")
    body = noise(size, size)
    with tempfile.TemporaryDirectory() as folder:
        up, down = os.path.join(folder, "up"), os.path.join(folder, "down")
        with open(up, "wb") as file:
            file.write(body)
        s3.upload_file(up, name, "k", Config=config, ExtraArgs={"Metadata": {"a": "1"}, "ContentType": "text/x-big"})
        s3.download_file(name, "k", down, Config=config)
        with open(down, "rb") as file:
            equal(file.read() == body, True, "content of %d bytes" % size)
    head = s3.head_object(Bucket=name, Key="k")
    equal((head["ContentLength"], head["Metadata"], head["ContentType"]), (size, {"a": "1"}, "text/x-big"))
    return name, head["ETag"]


@check("transfers: upload_file and download_file, small, 8 MiB, 30 MiB")
def files():
    s3 = client()
    for size, parts in ((0, 0), (1000, 0), (8 * MIB, 1), (30 * MIB + 1, 4)):
        _, tag = roundtrip(s3, size)
        equal(tag.endswith('-%d"' % parts) if parts else "-" not in tag, True, tag)


@check("transfers: 20 threads, parts of 5 MiB")
def threads():
    s3 = client(max_pool_connections=20)
    roundtrip(s3, 64 * MIB + 3, TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=20))


@check("transfers: file objects, and a stream that cannot seek")
def streams():
    s3 = client()
    name = bucket(s3, "streams")
    body = noise(17 * MIB, 17)

    class Unseekable(io.RawIOBase):
        def __init__(self):
            self.inner = io.BytesIO(body)

        def read(self, size=-1):
            return self.inner.read(size)

        def readable(self):
            return True

    for stream in (io.BytesIO(body), Unseekable()):
        s3.upload_fileobj(stream, name, "k")
        down = io.BytesIO()
        s3.download_fileobj(name, "k", down)
        equal(down.getvalue() == body, True, type(stream).__name__)


@check("transfers: managed copy, in one piece and in parts")
def copies():
    s3 = client()
    name, _ = roundtrip(s3, 12 * MIB)
    source = {"Bucket": name, "Key": "k"}
    s3.copy(source, name, "whole", Config=TransferConfig(multipart_threshold=64 * MIB))
    s3.copy(source, name, "parts", Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB))
    tags = [s3.head_object(Bucket=name, Key=key)["ETag"] for key in ("whole", "parts")]
    # In one piece the copy has an ETag of its own kind: that of a body sent whole.
    equal(["-" in tag for tag in tags], [False, True], str(tags))
    bodies = [s3.get_object(Bucket=name, Key=key)["Body"].read() for key in ("k", "whole", "parts")]
    equal(bodies[0] == bodies[1] == bodies[2], True, "content of the copies")


@check("transfers: by resource")
def by_resource():
    s3 = resource()
    box = s3.Bucket(bucket(s3.meta.client, "box"))
    body = noise(9 * MIB, 9)
    box.upload_fileobj(io.BytesIO(body), "k")
    down = io.BytesIO()
    s3.Object(box.name, "k").download_fileobj(down)
    equal(down.getvalue() == body, True)
