"""Errors as programs catch them: classes, codes, fields, request ids."""

from botocore import UNSIGNED

from checks import bucket, check, client, equal, raises


@check("errors: exception classes of the client")
def classes():
    s3 = client()
    name = bucket(s3, "classes")
    for function, kind in (
        (lambda: s3.get_object(Bucket=name, Key="missing"), s3.exceptions.NoSuchKey),
        (lambda: s3.list_objects_v2(Bucket=name + "-missing"), s3.exceptions.NoSuchBucket),
        (lambda: s3.list_parts(Bucket=name, Key="k", UploadId="missing"), s3.exceptions.ClientError),
        (lambda: s3.abort_multipart_upload(Bucket=name, Key="k", UploadId="missing"), s3.exceptions.NoSuchUpload),
    ):
        try:
            function()
        except kind as error:
            meta = error.response["ResponseMetadata"]
            equal(meta["HTTPStatusCode"], 404)
            equal(len(meta["RequestId"]), 16, "x-amz-request-id")
            equal(len(meta["HostId"]) > 40, True, "x-amz-id-2")
        else:
            raise AssertionError("expected %s" % kind.__name__)


@check("errors: fields of NoSuchKey and NoSuchBucket")
def fields():
    s3 = client()
    name = bucket(s3, "fields")
    error = raises("NoSuchKey", 404, s3.get_object, Bucket=name, Key="a b/ü")["Error"]
    equal((error["Message"], error["Key"]), ("The specified key does not exist.", "a b/ü"))
    error = raises("NoSuchBucket", 404, s3.list_objects_v2, Bucket=name + "-missing")["Error"]
    equal((error["Message"], error["BucketName"]), ("The specified bucket does not exist", name + "-missing"))
    raises("404", 404, s3.head_object, Bucket=name, Key="missing")


@check("errors: who one is")
def identity():
    name = bucket(client(), "identity")
    wrong = client(aws_access_key_id=client()._request_signer._credentials.access_key, aws_secret_access_key="wrong")
    error = raises("SignatureDoesNotMatch", 403, wrong.list_objects_v2, Bucket=name)["Error"]
    equal(error["StringToSign"].startswith("AWS4-HMAC-SHA256\n"), True)
    equal(error["CanonicalRequest"].startswith("GET\n"), True)
    unknown = client(aws_access_key_id="AKIAUNKNOWNUNKNOWN00", aws_secret_access_key="x")
    error = raises("InvalidAccessKeyId", 403, unknown.list_buckets)["Error"]
    equal(error["AWSAccessKeyId"], "AKIAUNKNOWNUNKNOWN00")
    raises("403", 403, wrong.head_bucket, Bucket=name)
    anonymous = client(signature_version=UNSIGNED)
    raises("AccessDenied", 403, anonymous.list_objects_v2, Bucket=name)
    raises("AccessDenied", 403, anonymous.put_object, Bucket=name, Key="k", Body=b"body")
    # Who may not list is not told whether a key exists.
    raises("AccessDenied", 403, anonymous.get_object, Bucket=name, Key="missing")
    raises("403", 403, anonymous.head_object, Bucket=name, Key="missing")


@check("errors: ACLs are off in a bucket of today")
def acl():
    s3 = client()
    name = bucket(s3, "acl")
    raises("AccessControlListNotSupported", 400, s3.put_object, Bucket=name, Key="k", ACL="public-read")
    s3.put_object(Bucket=name, Key="k", ACL="bucket-owner-full-control")


@check("errors: names that AWS refuses")
def names():
    s3 = client()
    for name in ("UpperCase", "under_score", "ab", "192.168.1.1", "xn--name", "name-s3alias", "dash-.dot"):
        raises("InvalidBucketName", 400, s3.create_bucket, Bucket=name)
