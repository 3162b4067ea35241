"""A pytest plugin: requests of ceph/s3-tests leave with AWS's names, and answers come back with the names it compares.

Ceph's ARNs have no account id, call sessions `iam` and name a tenant; the suite's identity provider is a Keycloak of
http://localhost:8080, and others are http too, where AWS wants https, tells the URL without it, and wants a list of audiences;
what AWS calls `aud` in conditions is `app_id`; a region may be empty; owners and grantees have display names, which AWS no
longer tells. Nothing else is changed but the order of grants, which the suite does not mean to compare: those of groups come
first, as it lists them.
Requests are signed by botocore itself, as the suite expects, also where awscrt is there for checksums: it refuses to sign what
the suite wants to see refused by the server.
CEPH_NAMES_ACCOUNT: the account of the [iam] section; CEPH_NAMES_TENANT: that of [s3 tenant]; CEPH_NAMES_DISPLAY: display
names by canonical user id, as JSON; CEPH_NAMES_AUDIENCE: the audience of the tokens.
"""

import json
import os
import re

import boto3
from botocore import auth

_ACCOUNT = os.environ["CEPH_NAMES_ACCOUNT"]
_TENANT = os.environ["CEPH_NAMES_TENANT"]
_DISPLAY = json.loads(os.environ["CEPH_NAMES_DISPLAY"])
_AUDIENCE = os.environ.get("CEPH_NAMES_AUDIENCE")
_ISSUER = "idp.sandbucket.localhost"
_REALM = r"localhost:8080/auth/realms/\w+"


def _to_aws(text):
    text = text.replace("arn:aws:iam:::assumed-role/", "arn:aws:sts:::assumed-role/")
    text = text.replace("arn:aws:iam::s3tenant1:", "arn:aws:iam::%s:" % _TENANT)
    text = re.sub(r"arn:aws:(iam|sts):::", r"arn:aws:\1::%s:" % _ACCOUNT, text)
    text = re.sub(_REALM + ":app_id", _ISSUER + ":aud", text)
    text = re.sub("http://" + _REALM, "https://" + _ISSUER, text)
    return re.sub(_REALM, _ISSUER, text)


def _from_aws(text):
    return re.sub(r"arn:aws:(iam|sts)::%s:" % _ACCOUNT, r"arn:aws:\1:::", text)


def _each_text(value, change):
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _each_text(one, change) for key, one in value.items()}
    return value


def _leaving(params, model, **_):
    # A policy of another spelling is the same policy: only texts of the request are looked at, never uploads.
    params = {key: value if key == "Body" else _each_text(value, _to_aws) for key, value in params.items()}
    if model.name == "CreateOpenIDConnectProvider":
        params["Url"] = re.sub("^http:", "https:", params["Url"])
        params["ClientIDList"] = params.get("ClientIDList") or [_AUDIENCE]
    return params


def _arriving(parsed, model, **_):
    if model.name == "GetOpenIDConnectProvider" and "Url" in parsed:
        parsed["Url"] = "http://" + parsed["Url"]
    for key, value in parsed.items():
        if key != "ResponseMetadata":
            parsed[key] = _each_text(value, _from_aws)


def _as_ceph_tells(value):
    if isinstance(value, list):
        for one in value:
            _as_ceph_tells(one)
    elif isinstance(value, dict):
        if value.get("ID") in _DISPLAY:
            value.setdefault("DisplayName", _DISPLAY[value["ID"]])
        if isinstance(value.get("Grants"), list):
            value["Grants"].sort(key=lambda grant: grant["Grantee"]["Type"] != "Group")
        for one in value.values():
            _as_ceph_tells(one)


def _arriving_from_s3(parsed, **_):
    _as_ceph_tells(parsed)


def pytest_configure(config):
    auth.AUTH_TYPE_MAPS.update(
        {
            "v4": auth.SigV4Auth,
            "v4-query": auth.SigV4QueryAuth,
            "s3v4": auth.S3SigV4Auth,
            "s3v4-query": auth.S3SigV4QueryAuth,
        }
    )
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    client = session.client
    session.client = lambda *args, region_name=None, **more: client(*args, region_name=region_name or None, **more)
    events = session.events
    for service in ("iam", "sts", "s3"):
        events.register("provide-client-params.%s" % service, _leaving)
    for service in ("iam", "sts"):
        events.register("after-call.%s" % service, _arriving)
    events.register("after-call.s3", _arriving_from_s3)
