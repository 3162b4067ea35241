"""Checksums: the defaults, all that the client offers, wrong ones, and those of uploads in parts."""

import base64
import hashlib
import zlib

from botocore import httpchecksum

from checks import CHECKSUMS_BY_DEFAULT, MIB, bucket, check, client, equal, noise, raises

# A version without the native library lacks some.
OFFERED = [name.upper() for name in httpchecksum._CHECKSUM_CLS]


def base64_of(number, size):
    return base64.b64encode(number.to_bytes(size, "big")).decode()


@check("checksums: the default is stored, shown when asked for, checked when read")
def default():
    s3 = client()
    name = bucket(s3, "default")
    put = s3.put_object(Bucket=name, Key="k", Body=b"body")
    head = s3.head_object(Bucket=name, Key="k", ChecksumMode="ENABLED")
    if CHECKSUMS_BY_DEFAULT:
        crc = base64_of(zlib.crc32(b"body"), 4)
        equal((put["ChecksumCRC32"], put["ChecksumType"]), (crc, "FULL_OBJECT"))
        equal((head["ChecksumCRC32"], head["ChecksumType"]), (crc, "FULL_OBJECT"))
    else:
        # The client sends none: S3 makes a CRC64NVME of its own.
        equal(put["ResponseMetadata"]["HTTPHeaders"]["x-amz-checksum-type"], "FULL_OBJECT")
        equal(head["ResponseMetadata"]["HTTPHeaders"]["x-amz-checksum-crc64nvme"] != "", True)
    equal("x-amz-checksum-type" in s3.head_object(Bucket=name, Key="k")["ResponseMetadata"]["HTTPHeaders"], False)
    equal(s3.get_object(Bucket=name, Key="k", ChecksumMode="ENABLED")["Body"].read(), b"body")


@check("checksums: " + ", ".join(OFFERED))
def every():
    s3 = client()
    name = bucket(s3, "every")
    for algorithm in OFFERED:
        field = "Checksum" + algorithm
        put = s3.put_object(Bucket=name, Key=algorithm, Body=b"123456789", ChecksumAlgorithm=algorithm)
        own = httpchecksum._CHECKSUM_CLS[algorithm.lower()]()
        own.update(b"123456789")
        equal(put[field], own.b64digest(), algorithm)
        got = s3.get_object(Bucket=name, Key=algorithm, ChecksumMode="ENABLED")
        equal((got["Body"].read(), got[field]), (b"123456789", own.b64digest()), algorithm)
        # Of a part of the object there is no checksum to check with.
        part = s3.get_object(Bucket=name, Key=algorithm, ChecksumMode="ENABLED", Range="bytes=0-3")
        equal((part["Body"].read(), field in part), (b"1234", False), algorithm)
        copy = s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": algorithm})
        equal(copy["CopyObjectResult"][field], own.b64digest(), algorithm)
    listed = s3.list_objects_v2(Bucket=name, Prefix="SHA")["Contents"]
    equal([o["ChecksumAlgorithm"] for o in listed], [[o["Key"]] for o in listed])


@check("checksums: wrong ones are refused and store nothing")
def wrong():
    s3 = client()
    name = bucket(s3, "wrong")
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    error = raises("BadDigest", 400, s3.put_object, Bucket=name, Key="k", Body=b"body", ChecksumSHA256=other)
    equal(error["Error"]["Message"], "The SHA256 you specified did not match the calculated checksum.")
    md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    error = raises("BadDigest", 400, s3.put_object, Bucket=name, Key="k", Body=b"body", ContentMD5=md5)
    # What was expected comes back in hex, what was calculated in base64, as AWS has it.
    own = base64.b64encode(hashlib.md5(b"body").digest()).decode()
    equal((error["Error"]["ExpectedDigest"], error["Error"]["CalculatedDigest"]), (hashlib.md5(b"other").hexdigest(), own))
    raises("InvalidDigest", 400, s3.put_object, Bucket=name, Key="k", Body=b"body", ContentMD5="nonsense")
    equal(s3.list_objects_v2(Bucket=name)["KeyCount"], 0)


@check("checksums: parts, composite")
def composite():
    s3 = client()
    name = bucket(s3, "composite")
    upload = {"Bucket": name, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(ChecksumAlgorithm="SHA256", **upload)["UploadId"]
    bodies = [noise(5 * MIB, 1), b"last"]
    parts = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm="SHA256", **upload)
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    digest = hashlib.sha256(b"".join(hashlib.sha256(body).digest() for body in bodies)).digest()
    equal(done["ChecksumSHA256"], base64.b64encode(digest).decode() + "-2")
    equal(s3.get_object(Bucket=name, Key="k", ChecksumMode="ENABLED")["Body"].read() == b"".join(bodies), True)


if CHECKSUMS_BY_DEFAULT:

    @check("checksums: parts, of the full object")
    def full_object():
        s3 = client()
        name = bucket(s3, "full")
        for algorithm in [a for a in ("CRC32", "CRC32C", "CRC64NVME") if a in OFFERED]:
            field = "Checksum" + algorithm
            upload = {"Bucket": name, "Key": algorithm}
            begun = s3.create_multipart_upload(ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT", **upload)
            upload["UploadId"] = begun["UploadId"]
            bodies = [noise(5 * MIB, 1), b"last"]
            parts = []
            for number, body in enumerate(bodies, 1):
                part = s3.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm=algorithm, **upload)
                parts.append({"PartNumber": number, "ETag": part["ETag"], field: part[field]})
            done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
            own = httpchecksum._CHECKSUM_CLS[algorithm.lower()]()
            own.update(b"".join(bodies))
            equal((done[field], done["ChecksumType"]), (own.b64digest(), "FULL_OBJECT"), algorithm)
            got = s3.get_object(Bucket=name, Key=algorithm, ChecksumMode="ENABLED")
            equal((got[field], got["Body"].read() == b"".join(bodies)), (own.b64digest(), True), algorithm)

    @check("checksums: only when required")
    def when_required():
        s3 = client(request_checksum_calculation="when_required", response_checksum_validation="when_required")
        name = bucket(s3, "required")
        s3.put_object(Bucket=name, Key="k", Body=b"body")
        equal(s3.get_object(Bucket=name, Key="k")["Body"].read(), b"body")
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k"}]})
