"""What we read and write: each resource's group, name and path."""

from dataclasses import dataclass
from urllib.parse import quote

from sluice.api import API_VERSION


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the API server. `api_version` is as in a manifest: `v1`, `apps/v1`."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def full_name(self) -> str:
        """As kubectl takes it without doubt: `workflowruns.sluice.dev`, `pods`."""
        group, slash, _ = self.api_version.rpartition("/")
        return f"{self.plural}.{group}" if slash else self.plural

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """Of the collection, or of one object. Without a namespace, of the objects of all namespaces."""
        root = "apis" if "/" in self.api_version else "api"
        scope = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        steps = "".join(f"/{quote(step, safe='')}" for step in (name, subresource) if step)
        return f"/{root}/{self.api_version}{scope}/{self.plural}{steps}"


WORKFLOWS = Resource(API_VERSION, "workflows", "Workflow")
RUNS = Resource(API_VERSION, "workflowruns", "WorkflowRun")
POOLS = Resource(API_VERSION, "pools", "Pool")
BACKFILLS = Resource(API_VERSION, "backfills", "Backfill")
PODS = Resource("v1", "pods", "Pod")
LOGS = Resource("v1", "pods/log", "Pod")
EVENTS = Resource("v1", "events", "Event")
CONFIG_MAPS = Resource("v1", "configmaps", "ConfigMap")
CLAIMS = Resource("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
QUOTAS = Resource("v1", "resourcequotas", "ResourceQuota")
NODES = Resource("v1", "nodes", "Node", namespaced=False)
NAMESPACES = Resource("v1", "namespaces", "Namespace", namespaced=False)
REVISIONS = Resource("apps/v1", "controllerrevisions", "ControllerRevision")
SELF_REVIEWS = Resource("authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)

OURS = (WORKFLOWS, RUNS, POOLS, BACKFILLS)
