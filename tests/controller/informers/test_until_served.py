"""kopf looks for our kinds once, so it is not started before they are there."""

from typing import Any, cast

import pytest

from sluice.controller.informers import kopf_informers
from sluice.controller.informers.kopf_informers import until_served
from sluice.controller.kube.client import ApiError, KubeClient

KINDS = ("workflows", "workflowruns")


class Server:
    """Answers in turn: with the groups, with the kinds of ours, or with an error."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def get(self, path: str) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"groups" if path == "/apis" else "resources": [{"name": name} for name in answer]}


async def test_a_group_a_kind_and_an_answer_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kopf_informers, "_LOOK_S", 0.0)
    ours = "sluice.dev"
    answers = (["apps"], ApiError(503, "", "starting"), ["apps", ours], ["workflows"], [ours], ApiError(404, "", ""))
    server = Server(*answers, [ours], [*KINDS, "workflows/status"], "not asked")
    await until_served(cast("KubeClient", server), KINDS)
    assert server.answers == ["not asked"]
