"""The report as one HTML file: styles, scripts and the document inlined, so that it works from disk without network."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

STYLES = ("uplot/uPlot.min.css", "page.css")

SCRIPTS = (
    "uplot/uPlot.iife.min.js",
    "columns.js",
    "elements.js",
    "marks.js",
    "picks.js",
    "plots.js",
    "drawing.js",
    "charts.js",
    "tables.js",
    "live.js",
    "page.js",
)
"""In the order in which they are needed: each is a classic script, and they share their top-level names."""


def render_page(document: Mapping[str, Any], live: float | None = None) -> str:
    """The whole page.

    Nothing of the document is markup: it lies gzip'd in the page, and the script shows its texts as texts. The content
    security policy admits the page's own scripts and styles by hash and, in the live form only, requests to its server.

    Args:
        document: format 1, as :mod:`qfl_chain.analysis.page.document` builds it; JSON values without NaN.
        live: seconds between requests for the server's state; None for a file.

    Returns:
        HTML, the same for the same arguments.
    """
    styles, scripts = [_asset(name) for name in STYLES], [_licence(), *(_asset(name) for name in SCRIPTS)]
    parts = {
        "policy": _policy(styles, scripts, live=live is not None),
        "live": "" if live is None else f'\n<meta name="qfl-live" content="{live:g}">',
        "title": escape(_encodable(str(document["title"]))),
        "styles": "\n".join(f"<style>{text}</style>" for text in styles),
        "document": pack(document).decode("ascii"),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }
    return re.sub(r"@(\w+)@", lambda match: parts[match[1]], _asset("page.html"))


def pack(document: Mapping[str, Any]) -> bytes:
    """The document as the page holds it: base64 of gzip of JSON, without the time of packing."""
    return b64encode(compress(document))


def compress(document: Mapping[str, Any]) -> bytes:
    """The document as the dashboard serves it: gzip of JSON, without the time of packing."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)


def _asset(name: str) -> str:
    return files("qfl_chain.analysis.page").joinpath(f"assets/{name}").read_text("utf-8")


def _licence() -> str:
    """uPlot's licence, which every copy of it must carry."""
    return f"/* uPlot\n\n{_asset('uplot/LICENSE')}*/"


def _policy(styles: list[str], scripts: list[str], *, live: bool) -> str:
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(map(_source, scripts)),
        "style-src": " ".join(map(_source, styles)),
        "img-src": "data:",
        "connect-src": "'self'" if live else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _encodable(text: str) -> str:
    """Without lone surrogates, which a name may hold and a file cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
