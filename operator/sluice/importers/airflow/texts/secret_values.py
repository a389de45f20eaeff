"""Values of the installation that are secret, as their names say: pods take them from a Secret, never from a parameter.

`Variable.get("db_password")` is the key `db_password` of the Secret `airflow-variables`, and of a connection `db` it is
the key `db` of `airflow-connections`.
"""

import re

from sluice.core import Json

_WORDS = {"password", "passwd", "pass", "passphrase", "secret", "secrets", "token", "tokens", "key", "keys", "apikey"}


def is_secret(name: str) -> bool:
    return not _WORDS.isdisjoint(word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+", name))


def source_of(origin: str) -> Json | None:
    """A `valueFrom` for `Variable db_password` and the like; None if it is no secret."""
    kind, _, name = origin.partition(" ")
    if kind not in ("Variable", "Connection") or not is_secret(name):
        return None
    key = re.sub(r"[^A-Za-z0-9._-]+", ".", name.strip())
    return {"secretKeyRef": {"name": f"airflow-{kind.lower()}s", "key": key}}
