"""The walk of STS: the operations that are here. Begins with walking.py."""

import base64
import time


def part(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


claims = {"iss": "https://issuer.example.com", "sub": "somebody", "aud": "sts.amazonaws.com", "exp": int(time.time()) + 600}
role = {"RoleArn": "arn:aws:iam::000000000000:role/walk", "RoleSessionName": "walk"}
policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
steps = [
    ("GetCallerIdentity", {}),
    ("AssumeRole", role),
    ("AssumeRole", {
        **role,
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        "Policy": policy,
        "DurationSeconds": 900,
        "Tags": [{"Key": "team", "Value": "ci"}, {"Key": "empty", "Value": ""}],
        "TransitiveTagKeys": ["team"],
        "ExternalId": "outside",
        "SourceIdentity": "somebody",
    }),
    ("AssumeRoleWithWebIdentity", {
        **role,
        "WebIdentityToken": f"{part({'alg': 'RS256'})}.{part(claims)}.{part('signature')}",
        "Policy": policy,
        "DurationSeconds": 3600,
    }),
]
for step in steps:
    done(step)
for step in steps:
    probe(step)
print(f"{len(walked)} operations: {valid} valid, {boundary} boundary and {invalid} invalid calls")
