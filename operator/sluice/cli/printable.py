"""Words from manifests and pods may be a stranger's: on a terminal they must stay in their line and command nothing."""


def printable(text: str) -> str:
    """`text` with line breaks, escape sequences and other invisible signs written out."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
