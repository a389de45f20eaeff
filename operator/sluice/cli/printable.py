"""Text from manifests and pods is untrusted: it must not break a line or send escape sequences to the terminal."""


def printable(text: str) -> str:
    """`text` with line breaks, escape sequences and other non-printable characters escaped."""
    return text if text.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
