"""What lets a task or a run go on, by the first word of the reason in its status.

The reasons themselves are the operator's, and are shown as they stand in the status. A test draws all first words from
the code that writes them, so that none is without an entry here.
"""

from typing import NamedTuple


class Advice(NamedTuple):
    """In words, and as a command in which {run}, {task} and {pod} stand for names. Without one nobody need do
    anything, or no single command does it.
    """

    words: str
    command: tuple[str, ...] = ()
    effect: str = ""


_BY_ITSELF = "nothing need be done"
_TAKES_NO_PODS = "it goes on as soon as the API server takes the pod; nothing need be done here"
_QUOTA = ("kubectl", "get", "resourcequota")
_POD = ("kubectl", "describe", "pod", "{pod}")
_LOGS = ("sluice", "logs", "{run}/{task}")
_RETRY = ("sluice", "retry", "{run}")
_KEEPS = "keeps what succeeded and runs the rest"
_SHOWS_POD = "shows what the kubelet and the scheduler say"
_SHOWS_LOGS = "shows its log"
_FIX_FIRST = "mend it in the Workflow, then retry the run"
_RIGHTS = "an administrator must allow it; the message says what is refused"
_FAILED = Advice("its log says more", _LOGS, _SHOWS_LOGS)
_IMAGE = Advice("mend the image's name or the pull secret", _POD, _SHOWS_POD)

ADVICE: dict[str, Advice] = {
    # waits inside the run
    "WaitingFor": Advice("it starts when these have ended"),
    "Suspended": Advice("the run must be resumed", ("sluice", "resume", "{run}"), "lets the run go on"),
    "Parallelism": Advice("it starts when another pod of the run has ended, or with a higher parallelism"),
    "Backoff": Advice(f"it is tried again by itself; {_BY_ITSELF}", _LOGS, _SHOWS_LOGS),
    "Polling": Advice(f"it asks again by itself; {_BY_ITSELF}"),
    "Wait": Advice(f"it goes on at that time; {_BY_ITSELF}"),
    "Approval": Advice("a person must decide", ("sluice", "approve", "{run}/{task}"), "approves; --reject says no"),
    # waits for what others hold
    "Pool": Advice("it starts when slots of the Pool are free"),
    "PodLimit": Advice("it starts when other pods have ended; the administrator's chart sets the limit"),
    "Queued": Advice("it starts when those before it have ended"),
    "MaxRuns": Advice("it starts when another run has ended, or with a higher maxRuns"),
    "Concurrency": Advice("it starts when another run of the Workflow has ended"),
    # on its way
    "Starting": Advice(_BY_ITSELF),
    "Scheduling": Advice(_BY_ITSELF),
    "Terminating": Advice("it goes on when the pod or the run is gone"),
    "ReadingLog": Advice(_BY_ITSELF),
    "PodInitializing": Advice(_BY_ITSELF),
    "ContainerCreating": Advice(_BY_ITSELF),
    # the cluster does not run the pod
    "Gated": Advice("whoever set the pod's scheduling gates must remove them", _POD, _SHOWS_POD),
    "Unschedulable": Advice("ask for less, or make room on the nodes", _POD, _SHOWS_POD),
    "ErrImagePull": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "ImageInspectError": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "FailedMount": Advice("create what it names, or mend the volume", _POD, _SHOWS_POD),
    "CreateContainerConfigError": Advice("create the Secret or ConfigMap that it names", _POD, _SHOWS_POD),
    "CreateContainerError": Advice("the node cannot start the container", _POD, _SHOWS_POD),
    "RunContainerError": Advice("the node cannot start the container; check its command", _POD, _SHOWS_POD),
    # the API server does not take the pod
    "QuotaExceeded": Advice(
        "it starts when the ResourceQuota has room", ("kubectl", "get", "resourcequota"), "shows it"
    ),
    "QuotaTooSmall": Advice("ask for less, or have the quota raised", _QUOTA, "shows it"),
    "PodSecurity": Advice("the namespace's Pod Security level refuses the pod; ask for fewer privileges"),
    "Forbidden": Advice(_RIGHTS),
    "ServerBusy": Advice(_TAKES_NO_PODS),
    "NamespaceTerminating": Advice("the namespace is being deleted; no pod can start in it"),
    "TooLarge": Advice(_FIX_FIRST),
    "Invalid": Advice(_FIX_FIRST),
    "FilesGone": Advice("the ConfigMap of its files is gone; start a new run"),
    "RunNotCreated": Advice("it is made as soon as the API server lets it; the message says what stands in the way"),
    "NameTaken": Advice("delete or rename what has the name"),
    # how an attempt ended
    "Success": Advice(_BY_ITSELF),
    "Error": _FAILED,
    "OutOfMemory": Advice("give it more memory", _LOGS, _SHOWS_LOGS),
    "Timeout": Advice("give it more time, or make it faster", _LOGS, _SHOWS_LOGS),
    "Infrastructure": Advice("the cluster ended its pod; retry the run"),
    "Lost": Advice("its pod was deleted, or its node is gone; retry the run"),
    "Preempted": Advice("Kueue gave its place to others; it is admitted again"),
    "WhenFailed": Advice("mend its `when`, then retry the run"),
    "Rejected": Advice("a person said no; a retry asks again"),
    "GaveUp": Advice(_FIX_FIRST),
    "Stopped": Advice("a retry runs it again", _RETRY, _KEEPS),
    "UpstreamFailed": Advice("it runs once what it depends on has succeeded", _RETRY, _KEEPS),
    "Skipped": Advice("nothing is wrong: by its conditions it need not run"),
    "Kept": Advice("nothing is wrong: an earlier run had done it already"),
    # a run that was not let in
    "Forbid": Advice("start it again when the other run has ended"),
    "QueueFull": Advice("start it again when fewer runs wait"),
}


def first_word(reason: str) -> str:
    """By which a program knows the reason: `Pool` of `Pool: warehouse 1/1`."""
    return reason.partition(":")[0].partition(" ")[0]


def advice(reason: str) -> Advice:
    """Without words for a reason that is not ours: a kubelet's, or one from a newer operator."""
    return ADVICE.get(first_word(reason), Advice(""))
