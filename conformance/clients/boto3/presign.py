"""Presigned URLs, version 2 (which boto3 still makes by default) and version 4, and requests signed with version 2."""

import time

from checks import SIGNS_QUERIES_WITH_V2, bucket, check, client, equal, http

VERSIONS = ("s3", "s3v4")


def text(answer):
    return answer[2].decode()


@check("presigned URLs: the default")
def default():
    s3 = client()
    name = bucket(s3, "default")
    s3.put_object(Bucket=name, Key="a b+c/ü", Body=b"body")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a b+c/ü"})
    answer = http(url)
    equal((answer[0], answer[2]), (200, b"body"), url)


@check("presigned URLs: GET, HEAD, PUT, DELETE, list; versions 2 and 4")
def methods():
    plain = client()
    for version in VERSIONS:
        s3 = client(signature_version=version)
        name = bucket(plain, "methods")
        key = {"Bucket": name, "Key": "a b+c/ü"}
        put = s3.generate_presigned_url("put_object", Params={**key, "ContentType": "text/x-signed"})
        # urllib would add a type of its own.
        answer = http(put, "PUT", b"body", {"Content-Type": "text/x-signed"})
        equal((answer[0], text(answer)), (200, ""), version)
        equal(plain.head_object(**key)["ContentType"], "text/x-signed", version)
        get = s3.generate_presigned_url("get_object", Params={**key, "ResponseContentType": "text/x-other"})
        equal("X-Amz-Signature=" in get, version == "s3v4", get)
        answer = http(get)
        equal((answer[0], answer[2], answer[1]["Content-Type"]), (200, b"body", "text/x-other"), version)
        answer = http(get, headers={"Range": "bytes=1-2"})
        equal((answer[0], answer[2]), (206, b"od"), version)
        equal(http(s3.generate_presigned_url("head_object", Params=key), "HEAD")[0], 200, version)
        if version == "s3v4" or SIGNS_QUERIES_WITH_V2:
            listed = http(s3.generate_presigned_url("list_objects_v2", Params={"Bucket": name, "Prefix": "a "}))
            equal((listed[0], "<KeyCount>1</KeyCount>" in text(listed)), (200, True), text(listed))
        equal(http(s3.generate_presigned_url("delete_object", Params=key), "DELETE")[0], 204, version)
        missing = http(get)
        equal((missing[0], "<Code>NoSuchKey</Code>" in text(missing)), (404, True), text(missing))


@check("presigned URLs: altered, of another method, late")
def refused():
    for version in VERSIONS:
        s3 = client(signature_version=version)
        name = bucket(client(), "refused")
        s3.put_object(Bucket=name, Key="k", Body=b"body")
        params = {"Bucket": name, "Key": "k"}
        url = s3.generate_presigned_url("get_object", Params=params)
        for answer in (http(url.replace("/k?", "/K?")), http(url, "DELETE")):
            equal((answer[0], "<Code>SignatureDoesNotMatch</Code>" in text(answer)), (403, True), text(answer))
        url = s3.generate_presigned_url("get_object", Params=params, ExpiresIn=1)
        time.sleep(2.1)
        answer = http(url)
        equal((answer[0], "<Message>Request has expired</Message>" in text(answer)), (403, True), text(answer))
        stranger = client(signature_version=version, aws_access_key_id="AKIAUNKNOWNUNKNOWN00", aws_secret_access_key="x")
        answer = http(stranger.generate_presigned_url("get_object", Params=params))
        equal((answer[0], "<Code>InvalidAccessKeyId</Code>" in text(answer)), (403, True), text(answer))


@check("signature version 2 in the header")
def version_2():
    s3 = client(signature_version="s3")
    name = bucket(s3 if SIGNS_QUERIES_WITH_V2 else client(), "two")
    s3.put_object(Bucket=name, Key="a b+ü", Body=b"body", Metadata={"x": "1", "a": "2"}, ContentType="text/x-two")
    got = s3.get_object(Bucket=name, Key="a b+ü", ResponseContentLanguage="fr")
    equal((got["Body"].read(), got["Metadata"], got["ContentLanguage"]), (b"body", {"x": "1", "a": "2"}, "fr"))
    equal(name in [b["Name"] for b in s3.list_buckets()["Buckets"]], True)
    if not SIGNS_QUERIES_WITH_V2:
        s3.delete_object(Bucket=name, Key="a b+ü")
        return
    upload = s3.create_multipart_upload(Bucket=name, Key="m")["UploadId"]
    s3.abort_multipart_upload(Bucket=name, Key="m", UploadId=upload)
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a b+ü"}]})
    equal(s3.list_objects_v2(Bucket=name)["KeyCount"], 0)
