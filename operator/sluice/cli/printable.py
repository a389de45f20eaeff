"""Text from manifests and pods is untrusted: it must not break a line or send escape sequences to the terminal."""

import json
from typing import Any


def printable(text: str) -> str:
    """`text` with line breaks, escape sequences and other non-printable characters escaped."""
    return text if text.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def json_text(value: Any) -> str:
    """JSON in printable ASCII and line breaks."""
    return json.dumps(value, indent=4).replace("\x7f", "\\u007f")
