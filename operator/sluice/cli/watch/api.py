"""A minimal HTTP client for the API server: raw JSON, with credentials and TLS from the kubernetes package."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import yaml
from kubernetes import config
from kubernetes.client import ApiClient, ApiException, Configuration
from urllib3 import HTTPResponse, disable_warnings
from urllib3.exceptions import HTTPError, InsecureRequestWarning
from urllib3.exceptions import TimeoutError as TimeoutException

from sluice import __version__
from sluice.api import API_VERSION
from sluice.core import Json
from sluice.core.base.errors import SluiceError, Unanswered

JSON = "application/json"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json"

_NO_ANSWER = (HTTPError, ApiException, OSError, ValueError)  # the kubernetes package raises TLS errors as ApiException
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_CONNECT_S = 10.0
_ANSWER_S = 30.0
_WATCH_S = 60
"""Length of one watch, which then resumes at its last version. Short, so that a dead connection is noticed soon."""


class Refused(SluiceError):
    """An error response. `status` is the HTTP code, `reason` the Status object's, `about` the name of the object."""

    def __init__(self, status: int, reason: str, message: str, about: str = "") -> None:
        self.status, self.reason, self.about = status, reason, about
        super().__init__(message)


class NoCluster(SluiceError):
    """There is no usable kubeconfig."""


class Api:
    """A client of the API server for one namespace."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self.server = client.configuration.host
        self._client = client

    @classmethod
    def connect(cls, kubeconfig: str | None, context: str | None, namespace: str | None) -> "Api":
        """From the kubeconfig or, in a pod without one, the ServiceAccount. Sends nothing yet. Raises NoCluster."""
        configuration = Configuration()
        configuration.retries = False
        try:
            config.load_kube_config(kubeconfig, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]  # the package has no annotations here
            default = _namespace(kubeconfig, context)
        except (config.ConfigException, yaml.YAMLError, OSError) as error:
            if kubeconfig or context or not _NAMESPACE_FILE.exists():
                raise NoCluster(f"no usable kubeconfig: {' '.join(str(error).split())}") from error
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            default = _NAMESPACE_FILE.read_text().strip()
        disable_warnings(InsecureRequestWarning)  # the kubeconfig says insecure-skip-tls-verify
        client = ApiClient(configuration)
        client.user_agent = f"sluice/{__version__}"
        return cls(client, namespace or default)

    def ours(self, plural: str, name: str = "") -> str:
        """The path of a collection of our kinds, or of one object in it."""
        return f"/apis/{API_VERSION}/namespaces/{self.namespace}/{plural}" + (f"/{quote(name)}" if name else "")

    def revision(self, name: str) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/controllerrevisions/{name}"

    def get(self, path: str, accept: str = JSON) -> Json:
        """An object or a list. Raises Refused for an error response, and Unanswered without a valid response."""
        try:
            response = self._open(path, {}, accept, _ANSWER_S)
            body: Json = json.loads(response.data)
        except _NO_ANSWER as error:
            raise Unanswered(_reason(error)) from error
        return body

    def watch(self, path: str, query: Mapping[str, str]) -> Iterator[Json]:
        """Watch events, until the server ends the stream. Raises as `get` does, and Refused for an ERROR event."""
        query = {**query, "watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(_WATCH_S)}
        try:
            response = self._open(path, query, JSON, _WATCH_S + _ANSWER_S)
            try:
                for line in _lines(response):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _refusal(event["object"], 0)
                    yield event
            finally:
                response.close()
        except _NO_ANSWER as error:
            raise Unanswered(_reason(error)) from error

    def _open(self, path: str, query: Mapping[str, str], accept: str, read_timeout_s: float) -> HTTPResponse:
        request = self._client.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params={"Accept": accept},
            auth_settings=["BearerToken"],
        )
        answer = self._client.call_api(*request, _request_timeout=(_CONNECT_S, read_timeout_s))
        response: HTTPResponse = answer.response
        if response.status >= 300:  # noqa: PLR2004  # anything but success
            raise _refusal(_status(response.data), response.status)
        return response


def _namespace(kubeconfig: str | None, context: str | None) -> str:
    contexts, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
    chosen = next((each for each in contexts if each["name"] == context), current) if context else current
    return str(chosen["context"].get("namespace") or "default")


def _lines(response: HTTPResponse) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(amt=None, decode_content=True):
        *complete, rest = (rest + chunk).split(b"\n")
        yield from filter(None, complete)


def _status(content: bytes) -> Json:
    try:
        status = json.loads(content)
    except ValueError:
        status = None
    return status if isinstance(status, dict) else {"message": content.decode(errors="replace")[:200].strip()}


def _refusal(status: Json, code: int) -> Refused:
    message = status.get("message") or status.get("reason") or f"HTTP status {code}"
    about = (status.get("details") or {}).get("name", "")
    return Refused(status.get("code") or code, status.get("reason", ""), message, about)


def _reason(error: Exception) -> str:
    """The operating system's message if there is one in the exception chain; the libraries' are for programmers."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError | TimeoutException):
        return "it took too long"
    return "its answer makes no sense" if isinstance(error, ValueError) else "the connection broke"
