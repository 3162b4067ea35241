"""IAM and STS as programs use them: users and their policies, sessions of roles, credentials found without keys."""

import json
import os
import urllib.request

import boto3

from checks import bucket, check, client, equal, raises

URL = os.environ["AWS_ENDPOINT_URL"]
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [dict({"Effect": "Allow"}, **statement)]})


def service(name, key=None):
    arguments = {"endpoint_url": URL}
    if key:
        arguments.update(arguments_of(key))
    return boto3.session.Session().client(name, **arguments)


def arguments_of(key):
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "aws_session_token": key.get("SessionToken"),
    }


def make_user(iam, name, **policy):
    user = iam.create_user(UserName=name)["User"]
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(**policy))
    return user["Arn"], iam.create_access_key(UserName=name)["AccessKey"]


def post(path, body):
    request = urllib.request.Request(URL + path, data=json.dumps(body).encode(), method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def get(path):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(URL + path, timeout=30) as answer:
        return answer.read().decode()


@check("identities: a user sees what its policies allow, and their change at once")
def users():
    name = bucket(client(), "users")
    iam = service("iam")
    arn, key = make_user(iam, "ann-" + name)
    ann = client(**arguments_of(key))
    error = raises("AccessDenied", 403, ann.list_objects_v2, Bucket=name)["Error"]
    equal(error["Message"].startswith("User: %s is not authorized to perform: s3:ListBucket" % arn), True)
    allowed = document(Action="s3:*", Resource=["arn:aws:s3:::" + name, "arn:aws:s3:::%s/${aws:username}/*" % name])
    iam.put_user_policy(UserName="ann-" + name, PolicyName="own", PolicyDocument=allowed)
    ann.put_object(Bucket=name, Key="ann-%s/k" % name, Body=b"x")
    raises("AccessDenied", 403, ann.put_object, Bucket=name, Key="k", Body=b"x")
    equal(ann.list_objects_v2(Bucket=name)["KeyCount"], 1)
    iam.delete_access_key(UserName="ann-" + name, AccessKeyId=key["AccessKeyId"])
    raises("InvalidAccessKeyId", 403, ann.list_objects_v2, Bucket=name)


@check("identities: documents come back as objects, lists in pages, errors as classes")
def shapes():
    iam = service("iam")
    trust = document(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    for number in range(5):
        iam.create_role(RoleName="paged-%d" % number, Path="/paged/", AssumeRolePolicyDocument=trust)
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2})
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    equal(names, ["paged-%d" % number for number in range(5)])
    role = iam.get_role(RoleName="paged-0")["Role"]
    equal(role["AssumeRolePolicyDocument"], json.loads(trust))
    try:
        iam.create_role(RoleName="Paged-0", AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException as error:
        equal(error.response["Error"]["Message"], "Role with name Paged-0 already exists.")
    else:
        raise AssertionError("made twice")


@check("identities: sessions of a role by its trust, by a token, by a SAML response")
def sessions():
    iam, sts = service("iam"), service("sts")
    arn, key = make_user(iam, "sessions")
    role = iam.create_role(RoleName="by-user", AssumeRolePolicyDocument=document(Principal={"AWS": arn}, Action="sts:AssumeRole"))
    asked = {"RoleArn": role["Role"]["Arn"], "RoleSessionName": "boto3"}
    made = service("sts", key).assume_role(**asked)
    session = service("sts", made["Credentials"])
    equal(session.get_caller_identity()["Arn"].endswith(":assumed-role/by-user/boto3"), True)
    raises("AccessDenied", 403, client(**arguments_of(made["Credentials"])).list_buckets)

    issuer = "https://idp.sandbucket.localhost"
    # Old versions insist on a thumbprint.
    provider = {"Url": issuer, "ClientIDList": ["app"], "ThumbprintList": ["0" * 40]}
    oidc = iam.create_open_id_connect_provider(**provider)["OpenIDConnectProviderArn"]
    condition = {"StringEquals": {issuer[8:] + ":sub": "job"}}
    trust = document(Principal={"Federated": oidc}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition)
    role = iam.create_role(RoleName="by-token", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for subject, works in (("job", True), ("other", False)):
        token = post("/_sandbucket/idp/token", {"sub": subject, "aud": "app"})["token"]
        asked = {"RoleArn": role, "RoleSessionName": "boto3", "WebIdentityToken": token}
        if works:
            equal(sts.assume_role_with_web_identity(**asked)["SubjectFromWebIdentityToken"], subject)
        else:
            raises("AccessDenied", 403, sts.assume_role_with_web_identity, **asked)

    metadata = get("/_sandbucket/idp/saml/metadata")
    saml = iam.create_saml_provider(Name="corp", SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    trust = document(Principal={"Federated": saml}, Action="sts:AssumeRoleWithSAML")
    role = iam.create_role(RoleName="by-saml", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assertion = post("/_sandbucket/idp/saml/response", {"role": role, "provider": saml, "sub": "ann"})["assertion"]
    made = sts.assume_role_with_saml(RoleArn=role, PrincipalArn=saml, SAMLAssertion=assertion)
    equal((made["Subject"], made["SubjectType"]), ("ann", "persistent"))


def without_keys(**environment):
    """Who a program is that has no key, in this environment."""
    before = dict(os.environ)
    try:
        for name in KEYS + ("AWS_EC2_METADATA_DISABLED",):
            os.environ.pop(name, None)
        os.environ.update(environment)
        return service("sts").get_caller_identity()["Arn"]
    finally:
        os.environ.clear()
        os.environ.update(before)


@check("identities: roles without keys, as in a container and as on an instance")
def roles_without_keys():
    iam = service("iam")
    for name, principal in (("worker", "ecs-tasks.amazonaws.com"), ("web", "ec2.amazonaws.com")):
        trust = document(Principal={"Service": principal}, Action="sts:AssumeRole")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    port = URL.rpartition(":")[2].rstrip("/")
    local = "http://127.0.0.1:%s/_sandbucket" % port
    arn = without_keys(AWS_CONTAINER_CREDENTIALS_FULL_URI=local + "/credentials/worker")
    equal(":assumed-role/worker/" in arn, True, arn)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    arn = without_keys(AWS_EC2_METADATA_SERVICE_ENDPOINT=local + "/imds/")
    equal(":assumed-role/web/i-" in arn, True, arn)
