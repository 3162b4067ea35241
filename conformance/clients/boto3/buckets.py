"""Buckets by client and by resource."""

from checks import bucket, check, client, equal, raises, resource


@check("buckets: create, head, location, list, delete")
def lifecycle():
    s3 = client()
    name = bucket(s3, "life")
    equal(s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"], 200)
    equal(s3.get_bucket_location(Bucket=name)["LocationConstraint"], None)
    equal([b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] == name], [name])
    # In us-east-1 making it again is no error.
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k")
    raises("BucketNotEmpty", 409, s3.delete_bucket, Bucket=name)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    raises("404", 404, s3.head_bucket, Bucket=name)
    raises("NoSuchBucket", 404, s3.delete_bucket, Bucket=name)


@check("buckets: a region of one's own")
def regional():
    s3 = client(region_name="eu-central-1")
    name = "regional-%s" % bucket(client(), "x")
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    equal(s3.get_bucket_location(Bucket=name)["LocationConstraint"], "eu-central-1")
    head = s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    equal(head["x-amz-bucket-region"], "eu-central-1")
    error = raises("BucketAlreadyOwnedByYou", 409, s3.create_bucket, Bucket=name, CreateBucketConfiguration=where)
    equal(error["Error"]["BucketName"], name)


@check("buckets: waiters")
def waiters():
    s3 = client()
    name = bucket(s3, "wait")
    quick = {"Delay": 1, "MaxAttempts": 3}
    s3.get_waiter("bucket_exists").wait(Bucket=name, WaiterConfig=quick)
    s3.get_waiter("object_not_exists").wait(Bucket=name, Key="k", WaiterConfig=quick)
    s3.put_object(Bucket=name, Key="k")
    s3.get_waiter("object_exists").wait(Bucket=name, Key="k", WaiterConfig=quick)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    s3.get_waiter("bucket_not_exists").wait(Bucket=name, WaiterConfig=quick)


@check("resource API: buckets, objects, collections")
def by_resource():
    s3 = resource()
    box = s3.Bucket(bucket(s3.meta.client, "resource"))
    box.wait_until_exists()
    for n in range(12):
        box.put_object(Key="d%d/k%02d" % (n % 2, n), Body=b"body %d" % n, Metadata={"n": str(n)})
    equal([o.key for o in box.objects.filter(Prefix="d1/")], ["d1/k%02d" % n for n in range(1, 12, 2)])
    equal([o.key for o in box.objects.limit(3)], ["d0/k00", "d0/k02", "d0/k04"])
    one = s3.Object(box.name, "d1/k03")
    equal((one.get()["Body"].read(), one.content_length, one.metadata), (b"body 3", 6, {"n": "3"}))
    copy = s3.Object(box.name, "copy")
    copy.copy_from(CopySource={"Bucket": box.name, "Key": "d1/k03"})
    equal(copy.get()["Body"].read(), b"body 3")
    copy.delete()
    summary = next(iter(box.objects.page_size(5)))
    equal((summary.size, summary.storage_class), (6, "STANDARD"))
    box.objects.all().delete()
    equal(list(box.objects.all()), [])
    box.delete()
    equal([b.name for b in s3.buckets.all() if b.name == box.name], [])
