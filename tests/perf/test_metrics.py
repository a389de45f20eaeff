"""Counting writes from the API server's metrics."""

import pytest

from tests.perf.metrics import samples, writes

TEXT = """\
# TYPE apiserver_request_total counter
apiserver_request_total{code="201",group="",resource="pods",subresource="",verb="POST"} 40
apiserver_request_total{code="409",group="",resource="pods",subresource="",verb="POST"} 2
apiserver_request_total{code="201",group="",resource="pods",subresource="binding",verb="POST"} 40
apiserver_request_total{code="200",group="",resource="pods",subresource="status",verb="PATCH"} 80
apiserver_request_total{code="200",group="",resource="pods",subresource="",verb="DELETE"} 7
apiserver_request_total{code="200",group="",resource="pods",subresource="",verb="LIST"} 3
apiserver_request_total{code="201",group="",resource="events",subresource="",verb="POST"} 4
apiserver_request_total{code="201",group="events.k8s.io",resource="events",subresource="",verb="POST"} 40
apiserver_request_total{code="200",group="sluice.dev",resource="workflowruns",subresource="status",verb="PATCH"} 5
apiserver_request_total{code="201",group="apps",resource="controllerrevisions",subresource="",verb="POST"} 1
apiserver_request_total{code="200",group="coordination.k8s.io",resource="leases",subresource="",verb="PUT"} 1e+06
apiserver_request_terminations_total{code="201",group="",resource="pods",subresource="",verb="POST"} 9
"""


@pytest.mark.parametrize(("events", "count"), [(False, 48), (True, 52)])
def test_writes_are_those_that_only_the_operator_makes(events, count):
    assert writes(TEXT, events=events) == count


def test_a_sample_has_labels_and_a_value():
    text = 'up{path="a\\"b,c",x=""} 1.5e+03\nother{path="d"} 2\n'
    assert list(samples(text, "up")) == [({"path": 'a\\"b,c', "x": ""}, 1500)]
