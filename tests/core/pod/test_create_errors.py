"""The messages are worded as the API server words them."""

import pytest

from sluice.core.pod.create_errors import CreateError, above_quota, classify, create_delay_s

QUOTA, POD_SECURITY, FORBIDDEN = CreateError.QUOTA, CreateError.POD_SECURITY, CreateError.FORBIDDEN
TOO_SMALL = CreateError.QUOTA_TOO_SMALL
GONE, BUSY, TOO_LARGE, INVALID = (
    CreateError.NAMESPACE_GONE,
    CreateError.BUSY,
    CreateError.TOO_LARGE,
    CreateError.INVALID,
)

NO = 'pods "etl-a-1" is forbidden: '


@pytest.mark.parametrize(
    ("status", "message", "refusal"),
    [
        (403, NO + "exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2", QUOTA),
        (403, NO + "exceeded quota: q, requested: requests.cpu=20, used: requests.cpu=32575m, limited: cpu=50", QUOTA),
        (
            403,
            NO + "exceeded quota: two, requested: pods=1, used: pods=0, limited: pods=0",
            CreateError.QUOTA_TOO_SMALL,
        ),
        (403, NO + 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (...)', POD_SECURITY),
        (403, NO + "unable to create new content in namespace team because it is being terminated", GONE),
        (404, 'namespaces "team" not found', GONE),
        (403, NO + 'error looking up service account team/x: serviceaccount "x" not found', FORBIDDEN),
        (403, NO + "failed quota: compute: must specify limits.cpu for: main", FORBIDDEN),
        (403, NO + "status unknown for quota: compute, resources: limits.cpu,pods", FORBIDDEN),
        (403, NO + "[maximum cpu usage per Container is 1, but limit is 2]", FORBIDDEN),
        (403, 'pods is forbidden: User "system:serviceaccount:x:y" cannot create resource "pods"', FORBIDDEN),
        (409, 'Operation cannot be fulfilled on resourcequotas "two": the object has been modified', BUSY),
        (429, "the server has received too many requests and has asked us to try again later", BUSY),
        (429, "storage is (re)initializing", BUSY),
        (408, "Request Timeout", BUSY),  # a proxy's, as all that the API server does not say itself
        (421, "Misdirected Request", BUSY),
        (500, "etcdserver: request timed out", BUSY),
        (500, 'Internal error occurred: failed calling webhook "x.y.z": connection refused', BUSY),
        (503, "the server is currently unable to handle the request", BUSY),
        (504, "Timeout: request did not complete within requested timeout - context deadline exceeded", BUSY),
        (413, "Request entity too large: limit is 3145728", TOO_LARGE),
        (500, "etcdserver: request is too large", TOO_LARGE),
        (500, "rpc error: code = ResourceExhausted desc = trying to send message larger than max (3 vs. 2)", TOO_LARGE),
        (422, 'Pod "etl-a-1" is invalid: spec.containers[0].image: Invalid value: " x"', INVALID),
        (400, 'Pod in version "v1" cannot be handled as a Pod: quantities must match', INVALID),
        (400, 'admission webhook "policy.example.com" denied the request: no latest tags', INVALID),
    ],
)
def test_what_the_server_said_means(status, message, refusal):
    assert classify(status, message) is refusal


CPU = "alone it asks for requests.cpu={} and ResourceQuota q allows {} in all; ask for less, or have the quota raised"


@pytest.mark.parametrize(
    ("requested", "used", "limited", "words"),
    [
        ("requests.cpu=2", "requests.cpu=9", "requests.cpu=10", ""),
        ("requests.cpu=10", "requests.cpu=1m", "requests.cpu=10", ""),
        ("requests.cpu=10001m", "requests.cpu=0", "requests.cpu=10", CPU.format("10001m", "10")),
        ("pods=1,requests.cpu=3", "pods=2,requests.cpu=0", "pods=2,requests.cpu=2", CPU.format("3", "2")),
        ("requests.cpu=x", "requests.cpu=0", "requests.cpu=2", ""),
        ("limits.cpu=3", "limits.cpu=0", "requests.cpu=2", ""),
        (
            "limits.memory=2Gi,requests.nvidia.com/gpu=2",
            "limits.memory=0,requests.nvidia.com/gpu=0",
            "limits.memory=1Gi,requests.nvidia.com/gpu=1",
            (
                "alone it asks for limits.memory=2Gi and ResourceQuota q allows 1Gi in all, for "
                "requests.nvidia.com/gpu=2 and ResourceQuota q allows 1 in all; ask for less, or have the quota raised"
            ),
        ),
    ],
)
def test_what_one_pod_asks_for_beyond_all_that_a_quota_allows(requested, used, limited, words):
    message = f"{NO}exceeded quota: q, requested: {requested}, used: {used}, limited: {limited}"
    assert above_quota(message) == words


def test_expired_token_does_not_fail_the_task():
    assert classify(401, "Unauthorized") not in (CreateError.INVALID, CreateError.TOO_LARGE)


@pytest.mark.parametrize(("tries", "delay_s"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 5), (6, 5), (100_000, 5)])
def test_delay_doubles_up_to_five_seconds_however_long_the_cluster_is_full(tries, delay_s):
    assert create_delay_s(tries) == delay_s


def test_what_a_tenant_writes_is_no_word_of_the_server():
    name = "exceeded quota: q, requested: " + ", requested: a=1, used: " * 20_000
    assert classify(403, f"{NO}no PriorityClass with name {name} was found") is FORBIDDEN
    assert above_quota(f"{NO}{name}") == ""  # and it takes no time that is worth a word


def test_a_number_that_nobody_can_read_is_no_quantity():
    amount = "9" * 5_000
    message = f"{NO}exceeded quota: q, requested: memory={amount}, used: memory=0, limited: memory=1Gi"
    assert classify(403, message) is QUOTA
