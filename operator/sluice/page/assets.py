"""The page's own files, and the policy that lets no other script run.

The browser is told by an import map where the modules are. It has to stand in the page itself, so the policy names its
checksum. Text is never read as markup: Trusted Types forbid all that could.
"""

import base64
import json
from hashlib import sha256
from pathlib import Path

from sluice.core.base.errors import SluiceError

STATIC = Path(__file__).parent / "static"
MODULES = STATIC / "modules"

_IMPORTS = {
    "preact": "/static/modules/preact.js",
    "preact/hooks": "/static/modules/hooks.js",
    "@preact/signals-core": "/static/modules/signals-core.js",
    "@preact/signals": "/static/modules/signals.js",
    "htm": "/static/modules/htm.js",
}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class NoPage(SluiceError):
    """The program was built without the page."""

    def __init__(self) -> None:
        super().__init__(
            "this copy of sluice was built without its page; in a clone run `make page`, else install one that was "
            "built without SLUICE_PAGE=skip"
        )


def import_map() -> str:
    """As it stands in the page."""
    return json.dumps({"imports": _IMPORTS})


def policy() -> str:
    """The Content-Security-Policy."""
    digest = base64.b64encode(sha256(import_map().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def index() -> str:
    """The HTML. Raises NoPage."""
    if not all((MODULES / Path(path).name).exists() for path in _IMPORTS.values()):
        raise NoPage
    page = (STATIC / "index.html").read_text()
    return page.replace("IMPORT_MAP", import_map()).replace("MODULES", _preloads())


def _preloads() -> str:
    """All modules at once: else the browser learns of each from the one that imports it."""
    paths = sorted(path for path, (_, kind) in files().items() if kind == _TYPES[".js"])
    return "\n    ".join(f'<link rel="modulepreload" href="{path}">' for path in paths)


def files() -> dict[str, tuple[Path, str]]:
    """Each file by its path in an address, with its type: what is not among them is not served."""
    found = [file for file in STATIC.rglob("*") if file.suffix in _TYPES]
    return {f"/static/{file.relative_to(STATIC).as_posix()}": (file, _TYPES[file.suffix]) for file in found}
