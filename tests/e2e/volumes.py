"""Volumes for claims in a cluster that makes none by itself: directories of its node."""

from __future__ import annotations

from tests.e2e.kubernetes import Kubectl


class Disks:
    """PersistentVolumes without a class: where the cluster has a default class, claims pass them over."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._label = {"sluice.dev/test": kubectl.namespace}

    def make(self, count: int) -> None:
        for number in range(count):
            name = f"{self._kubectl.namespace}-{number}"
            spec = {
                "capacity": {"storage": "1Mi"},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Delete",  # which removes the directory, below /tmp
                "hostPath": {"path": f"/tmp/sluice-{name}", "type": "DirectoryOrCreate"},  # noqa: S108
            }
            metadata = {"name": name, "labels": self._label}
            self._kubectl.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})

    def remove(self) -> None:
        """Those that no claim has used; the others go with their claims."""
        ((key, value),) = self._label.items()
        for volume in self._kubectl.list("pv", f"{key}={value}"):
            if volume["status"].get("phase") == "Available":
                self._kubectl("delete", "pv", volume["metadata"]["name"], "--wait=false")
