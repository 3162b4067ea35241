"""pyarrow's S3 file system and Delta Lake: tables on a bucket, one JSON line a scenario."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import deltalake  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.dataset as ds  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from pyarrow.fs import FileSelector, FileType, S3FileSystem  # noqa: E402
from python_checks import ENDPOINT, MIB, bucket_name, check, equal, noise, raises, run_all  # noqa: E402

SCHEME, HOST = ENDPOINT.split("://")


def file_system(**options):
    return S3FileSystem(endpoint_override=HOST, scheme=SCHEME, region="us-east-1", allow_bucket_creation=True, **options)


def made(hint):
    name = bucket_name(hint)
    file_system().create_dir(name)
    return name


def table(rows=1000):
    return pa.table({"id": list(range(rows)), "name": ["name %d" % n for n in range(rows)]})


@check("pyarrow: files, folders, copies, moves")
def files():
    bucket, s3 = made("files"), file_system()
    with s3.open_output_stream("%s/dir/ü b" % bucket, metadata={"Content-Type": "text/plain"}) as out:
        out.write(b"hello")
    with s3.open_input_file("%s/dir/ü b" % bucket) as file:
        file.seek(1)
        equal(file.read(3), b"ell")
    s3.copy_file("%s/dir/ü b" % bucket, "%s/copy" % bucket)
    s3.move("%s/copy" % bucket, "%s/moved" % bucket)
    found = {info.path: info.type for info in s3.get_file_info(FileSelector(bucket, recursive=True))}
    equal(found["%s/moved" % bucket], FileType.File)
    equal(found["%s/dir" % bucket], FileType.Directory)
    s3.delete_dir("%s/dir" % bucket)
    equal(s3.get_file_info("%s/dir/ü b" % bucket).type, FileType.NotFound)


@check("pyarrow: a stream of 20 MiB in parts")
def large():
    bucket, s3, body = made("large"), file_system(), noise(20 * MIB + 1)
    with s3.open_output_stream("%s/large" % bucket) as out:
        for at in range(0, len(body), MIB):
            out.write(body[at : at + MIB])
    with s3.open_input_stream("%s/large" % bucket) as file:
        equal(file.read() == body, True)


@check("pyarrow: a partitioned Parquet dataset, read with a filter")
def dataset():
    bucket, s3 = made("dataset"), file_system()
    data = table().append_column("part", pa.array([n % 3 for n in range(1000)]))
    pq.write_to_dataset(data, "%s/set" % bucket, partition_cols=["part"], filesystem=s3)
    read = ds.dataset("%s/set" % bucket, filesystem=s3, partitioning="hive")
    equal(read.to_table(filter=ds.field("part") == 1).num_rows, 333)
    equal(read.count_rows(), 1000)


@check("pyarrow: a wrong secret")
def wrong_secret():
    wrong = file_system(access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key="not-the-secret")
    raises("ACCESS_DENIED", wrong.get_file_info, "%s/k" % made("wrong"))


def storage():
    return {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        # Commits are made by a conditional PUT (If-None-Match), as AWS has had since August 2024.
        "aws_conditional_put": "etag",
    }


@check("deltalake: write, append, time travel, merge, vacuum")
def delta():
    uri = "s3://%s/table" % made("delta")
    deltalake.write_deltalake(uri, table(), storage_options=storage())
    deltalake.write_deltalake(uri, table(10), mode="append", storage_options=storage())
    opened = deltalake.DeltaTable(uri, storage_options=storage())
    equal((opened.version(), opened.to_pyarrow_table().num_rows), (1, 1010))
    old = deltalake.DeltaTable(uri, version=0, storage_options=storage())
    equal(old.to_pyarrow_table().num_rows, 1000)
    opened.delete("id >= 500")
    equal(opened.to_pyarrow_table().num_rows, 510)
    opened.optimize.compact()
    removed = opened.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    equal(len(removed) > 0, True)
    equal(deltalake.DeltaTable(uri, storage_options=storage()).to_pyarrow_table().num_rows, 510)


@check("deltalake: of two writers of one version one is told of the conflict")
def conflict():
    uri = "s3://%s/table" % made("conflict")
    deltalake.write_deltalake(uri, table(), storage_options=storage())
    first = deltalake.DeltaTable(uri, storage_options=storage())
    second = deltalake.DeltaTable(uri, storage_options=storage())
    first.delete("id < 10")
    raises("", second.delete, "id < 20")


run_all()
