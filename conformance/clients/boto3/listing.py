"""Paginators over objects, prefixes, uploads and parts."""

from concurrent.futures import ThreadPoolExecutor

from checks import MIB, bucket, check, client, equal, raises


def filled(s3, hint, count):
    name = bucket(s3, hint)
    names = ["%s/k%04d" % ("abcde"[n % 5], n) for n in range(count)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=name, Key=key, Body=key.encode()), names))
    return name, sorted(names)


@check("paginators: list_objects_v2 and list_objects over 1,200 keys")
def pages():
    s3 = client(max_pool_connections=20)
    name, names = filled(s3, "pages", 1200)
    for operation in ("list_objects_v2", "list_objects"):
        found = list(s3.get_paginator(operation).paginate(Bucket=name))
        equal([len(page["Contents"]) for page in found], [1000, 200], operation)
        equal([o["Key"] for page in found for o in page["Contents"]], names, operation)
    config = {"PageSize": 7, "MaxItems": 20}
    first = s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig=config).build_full_result()
    equal([o["Key"] for o in first["Contents"]], names[:20])
    config["StartingToken"] = first["NextToken"]
    second = s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig=config).build_full_result()
    equal([o["Key"] for o in second["Contents"]], names[20:40])
    grouped = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Delimiter="/", PaginationConfig={"PageSize": 2})
    equal([p["Prefix"] for page in grouped for p in page.get("CommonPrefixes", [])], ["a/", "b/", "c/", "d/", "e/"])
    equal(list(grouped.search("Contents[].Key")).count(None), len(list(grouped)))
    after = s3.list_objects_v2(Bucket=name, Prefix="e/", StartAfter=names[-200])
    equal(([o["Key"] for o in after["Contents"]], after["StartAfter"]), (names[-199:], names[-200]))
    equal(s3.list_objects_v2(Bucket=name, MaxKeys=0)["KeyCount"], 0)
    raises("InvalidArgument", 400, s3.list_objects_v2, Bucket=name, ContinuationToken="nonsense")
    raises("InvalidArgument", 400, s3.list_objects_v2, Bucket=name, MaxKeys=-1)


@check("paginators: uploads and parts")
def uploads():
    s3 = client()
    name = bucket(s3, "uploads")
    ids = {key: s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"] for key in ("a", "b/1", "b/2", "c")}
    listed = s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, PaginationConfig={"PageSize": 1})
    equal([(u["Key"], u["UploadId"]) for page in listed for u in page["Uploads"]], sorted(ids.items()))
    upload = {"Bucket": name, "Key": "a", "UploadId": ids["a"]}
    for number in (1, 2, 7, 10000):
        s3.upload_part(PartNumber=number, Body=b"x" * number, **upload)
    parts = s3.get_paginator("list_parts").paginate(PaginationConfig={"PageSize": 1}, **upload)
    equal([(p["PartNumber"], p["Size"]) for page in parts for p in page["Parts"]], [(n, n) for n in (1, 2, 7, 10000)])


@check("multipart by hand: order, sizes, abort")
def multipart():
    s3 = client()
    name = bucket(s3, "parts")
    upload = {"Bucket": name, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(Metadata={"a": "1"}, **upload)["UploadId"]
    tags = {n: s3.upload_part(PartNumber=n, Body=body, **upload)["ETag"] for n, body in ((2, b"x" * 5 * MIB), (5, b"last"), (3, b"small"))}

    def parts(*numbers):
        return {"Parts": [{"PartNumber": n, "ETag": tags[n]} for n in numbers]}

    raises("EntityTooSmall", 400, s3.complete_multipart_upload, MultipartUpload=parts(3, 5), **upload)
    raises("InvalidPartOrder", 400, s3.complete_multipart_upload, MultipartUpload=parts(5, 2), **upload)
    raises("InvalidPart", 400, s3.complete_multipart_upload, MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": tags[2]}]}, **upload)
    done = s3.complete_multipart_upload(MultipartUpload=parts(2, 5), **upload)
    equal(done["ETag"].endswith('-2"'), True, done["ETag"])
    # Completing again with the same parts answers the same.
    equal(s3.complete_multipart_upload(MultipartUpload=parts(2, 5), **upload)["ETag"], done["ETag"])
    got = s3.get_object(Bucket=name, Key="k")
    equal((got["ContentLength"], got["Metadata"]), (5 * MIB + 4, {"a": "1"}))
    part = s3.get_object(Bucket=name, Key="k", PartNumber=2)
    equal((part["Body"].read(), part["PartsCount"], part["ContentRange"]), (b"last", 2, "bytes %d-%d/%d" % (5 * MIB, 5 * MIB + 3, 5 * MIB + 4)))
    other = s3.create_multipart_upload(Bucket=name, Key="other")["UploadId"]
    s3.abort_multipart_upload(Bucket=name, Key="other", UploadId=other)
    raises("NoSuchUpload", 404, s3.abort_multipart_upload, Bucket=name, Key="other", UploadId=other)
    raises("NoSuchUpload", 404, s3.upload_part, Bucket=name, Key="other", UploadId=other, PartNumber=1, Body=b"x")
