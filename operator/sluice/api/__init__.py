"""The kinds of `sluice.dev/v1alpha1`: their shape as pydantic models, and the CRDs made from them.

Only what one field can say about itself is checked here (type, length, pattern). What needs a second field, such as
an unknown dependency, is `sluice.core.validation`'s.
"""

from typing import Any

GROUP = "sluice.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

Json = dict[str, Any]
"""What YAML and JSON are read as. It stands here as this module loads nothing: pydantic takes its time."""
