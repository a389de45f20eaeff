"""The cluster's certificate authority and certificates, made with openssl.

A certificate's common name is the user, its organisation the group.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.commands import run

from .plan import API_SERVICE, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MASTERS = "system:masters"


def make(plan: Plan) -> None:
    """Write all keys and certificates of a new cluster to its state directory."""
    directory = pki(plan)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    run(
        "openssl", "req", "-x509", *_NEW_KEY, "-days", "3650", "-subj", f"/CN={plan.id}",
        "-addext", "keyUsage=critical,keyCertSign,digitalSignature",
        "-keyout", directory / "ca.key", "-out", directory / "ca.crt",
    )  # fmt: skip
    cluster_names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ]
    _sign(
        plan,
        "apiserver",
        "kube-apiserver",
        names=["localhost", *cluster_names],
        addresses=["127.0.0.1", API_SERVICE, plan.gateway],
    )
    _sign(plan, "admin", "sluice-admin", group=MASTERS)
    _sign(plan, "apiserver-to-kubelet", "kube-apiserver", group=MASTERS)
    _sign(plan, "controller-manager", "system:kube-controller-manager")
    _sign(plan, "scheduler", "system:kube-scheduler")
    _sign(
        plan,
        "kubelet",
        f"system:node:{plan.node_name}",
        group="system:nodes",
        names=[plan.node_name],
        addresses=[plan.gateway],
    )
    run("openssl", "genrsa", "-out", directory / "service-accounts.key", "2048")
    run(
        "openssl",
        "rsa",
        "-in",
        directory / "service-accounts.key",
        "-pubout",
        "-out",
        directory / "service-accounts.pub",
    )


def pki(plan: Plan) -> Path:
    """The directory of keys and certificates."""
    return plan.state / "pki"


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


def _sign(
    plan: Plan,
    file: str,
    user: str,
    *,
    group: str = "",
    names: Sequence[str] = (),
    addresses: Sequence[str] = (),
) -> None:
    directory = pki(plan)
    alternatives = [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses]
    run(
        "openssl", "req", "-x509", *_NEW_KEY, "-days", "3650",
        "-CA", directory / "ca.crt", "-CAkey", directory / "ca.key",
        "-subj", (f"/O={group}" if group else "") + f"/CN={user}",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-addext", "keyUsage=critical,digitalSignature",
        "-addext", "extendedKeyUsage=serverAuth,clientAuth",
        *(["-addext", "subjectAltName=" + ",".join(alternatives)] if alternatives else []),
        "-keyout", directory / f"{file}.key", "-out", directory / f"{file}.crt",
    )  # fmt: skip
