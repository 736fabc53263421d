"""What every page of ours is made of: files of this package, and a policy that lets nothing else run or be fetched."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from string import Template


def asset(name: str) -> str:
    """The text of a file in `assets`."""
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


def document(title: str, *, body: str, style: str, scripts: Sequence[str]) -> str:
    """A whole page; nothing but its own scripts can run in it, and nothing can be fetched.

    Args:
        title: Its title, as HTML.
        body: What it shows, as HTML; texts from data are escaped.
        style: Its CSS.
        scripts: Its scripts, which come last.
    """
    harmless = [_inert(script) for script in scripts]
    return Template(asset("document.html")).substitute(
        policy=_policy(harmless),
        title=title,
        style=style,
        body=body.rstrip("\n"),
        scripts="\n".join(f"<script>{script}</script>" for script in harmless),
    )


def _inert(script: str) -> str:
    """The script as the browser will hash it, unable to end its own element."""
    return (
        script.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )


def _policy(scripts: Sequence[str]) -> str:
    """The Content-Security-Policy of a page: each script is named by its hash, so nothing that the data holds can run."""
    return (
        "default-src 'none'; connect-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        "style-src 'unsafe-inline'; script-src " + " ".join(_hash(script) for script in scripts)
    )


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"
