"""The messages are worded as the API server words them."""

import pytest

from sluice.core.refusal import Refusal, classify, delay

QUOTA = (
    'pods "etl-a-1" is forbidden: exceeded quota: two-pods, requested: pods=1, used: pods=2, limited: pods=2',
    'pods "etl-a-1" is forbidden: exceeded quota: compute, requested: requests.cpu=20,requests.memory=60Gi, '
    "used: requests.cpu=32575m,requests.memory=90368Mi, limited: requests.cpu=50,requests.memory=140Gi",
)
POD_SECURITY = (
    'pods "etl-a-1" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false '
    '(container "main" must set securityContext.allowPrivilegeEscalation=false)'
)
TERMINATING = (
    'pods "etl-a-1" is forbidden: unable to create new content in namespace team because it is being terminated'
)


@pytest.mark.parametrize(
    ("status", "message", "refusal"),
    [
        (403, QUOTA[0], Refusal.QUOTA),
        (403, QUOTA[1], Refusal.QUOTA),
        (403, POD_SECURITY, Refusal.POD_SECURITY),
        (403, TERMINATING, Refusal.NAMESPACE_GONE),
        (404, 'namespaces "team" not found', Refusal.NAMESPACE_GONE),
        (
            403,
            'pods "etl-a-1" is forbidden: error looking up service account team/loader: serviceaccount "loader" not found',
            Refusal.FORBIDDEN,
        ),
        (
            403,
            'pods "etl-a-1" is forbidden: failed quota: compute: must specify limits.cpu for: main',
            Refusal.FORBIDDEN,
        ),
        (
            403,
            'pods "etl-a-1" is forbidden: status unknown for quota: compute, resources: limits.cpu,pods',
            Refusal.FORBIDDEN,
        ),
        (
            403,
            'pods "etl-a-1" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]',
            Refusal.FORBIDDEN,
        ),
        (
            403,
            'pods is forbidden: User "system:serviceaccount:sluice:sluice" cannot create resource "pods" in API group "" '
            'in the namespace "team"',
            Refusal.FORBIDDEN,
        ),
        (
            409,
            'Operation cannot be fulfilled on resourcequotas "two-pods": the object has been modified; please apply your '
            "changes to the latest version and try again",
            Refusal.BUSY,
        ),
        (429, "the server has received too many requests and has asked us to try again later", Refusal.BUSY),
        (429, "storage is (re)initializing", Refusal.BUSY),
        (500, "etcdserver: request timed out", Refusal.BUSY),
        (500, 'Internal error occurred: failed calling webhook "x.y.z": connection refused', Refusal.BUSY),
        (503, "the server is currently unable to handle the request", Refusal.BUSY),
        (
            504,
            "Timeout: request did not complete within requested timeout - context deadline exceeded",
            Refusal.BUSY,
        ),
        (413, "Request entity too large: limit is 3145728", Refusal.TOO_LARGE),
        (500, "etcdserver: request is too large", Refusal.TOO_LARGE),
        (
            500,
            "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2179626 vs. 2097152)",
            Refusal.TOO_LARGE,
        ),
        (
            422,
            'Pod "etl-a-1" is invalid: spec.containers[0].image: Invalid value: " x": must not have leading or trailing '
            "whitespace",
            Refusal.INVALID,
        ),
        (
            400,
            'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression',
            Refusal.INVALID,
        ),
        (400, 'admission webhook "policy.example.com" denied the request: no latest tags', Refusal.INVALID),
    ],
)
def test_what_the_server_said_means(status, message, refusal):
    assert classify(status, message) is refusal


def test_expired_token_does_not_fail_the_task():
    assert classify(401, "Unauthorized") not in (Refusal.INVALID, Refusal.TOO_LARGE)


@pytest.mark.parametrize(("tries", "delay_s"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 5), (6, 5), (100_000, 5)])
def test_delay_doubles_up_to_five_seconds_however_long_the_cluster_is_full(tries, delay_s):
    assert delay(tries) == delay_s
