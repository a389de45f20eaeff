"""Kubeconfigs with embedded credentials, so that they can be copied. Written as JSON, which is valid YAML."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from .certificates import pki

if TYPE_CHECKING:
    from pathlib import Path

    from .plan import Plan


def write(plan: Plan, user: str, path: Path) -> Path:
    """Write a kubeconfig for `user`, the name of a certificate, to `path`, which is returned."""
    directory = pki(plan)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": plan.name,
        "contexts": [{"name": plan.name, "context": {"cluster": plan.name, "user": user}}],
        "clusters": [
            {
                "name": plan.name,
                "cluster": {"server": plan.server, "certificate-authority-data": _base64(directory / "ca.crt")},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _base64(directory / f"{user}.crt"),
                    "client-key-data": _base64(directory / f"{user}.key"),
                },
            }
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
    return path


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
