"""The file itself: self-contained, the same for the same document, and nothing of the document in its markup."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html import unescape
from importlib.resources import files

import pytest

from qfl_chain.analysis.page.render import SCRIPTS, STYLES, render_page
from tests.analysis.page.documents import document

UPLOT = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
"""uplot 1.6.32 as npm has it, by sha256."""

ASSETS = files("qfl_chain.analysis.page") / "assets"


def _scripts(html: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def _policy(html: str) -> str:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert found
    return unescape(found[1])


def _source(text: str) -> str:
    return "'sha256-" + b64encode(sha256(text.encode()).digest()).decode() + "'"


def test_the_document_comes_back_from_the_page() -> None:
    html = render_page(document())
    packed = re.search(r'id="document">([^<]*)</script>', html)
    assert packed
    assert json.loads(gzip.decompress(b64decode(packed[1]))) == document()


def test_the_same_document_gives_the_same_bytes() -> None:
    assert render_page(document()) == render_page(document())


def test_the_policy_admits_exactly_the_inlined_scripts_and_styles() -> None:
    html = render_page(document())
    directives = dict(part.split(" ", 1) for part in _policy(html).split("; "))
    assert directives["default-src"] == directives["connect-src"] == "'none'"
    assert directives["script-src"].split() == [_source(script) for script in _scripts(html)]
    assert directives["style-src"].split() == [
        _source(style) for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    ]
    assert "unsafe" not in _policy(html)


def test_only_the_live_page_may_ask_its_server() -> None:
    assert "connect-src 'self'" in _policy(render_page(document(), live=2))
    assert '<meta name="qfl-live" content="2">' in render_page(document(), live=2.0)
    assert '<meta name="qfl-live"' not in render_page(document())


def test_nothing_is_loaded_from_elsewhere() -> None:
    markup = re.sub(r"<(script|style)\b[^>]*>.*?</\1>", "", render_page(document()), flags=re.DOTALL)
    assert re.findall(r"\b(?:src|href)=\"([^\"]*)\"", markup) == ["data:,", "#content"]


def test_no_asset_ends_its_own_element() -> None:
    for name in SCRIPTS:
        assert "</script" not in (ASSETS / name).read_text("utf-8").lower(), name
        assert "<!--" not in (ASSETS / name).read_text("utf-8"), name
    for name in STYLES:
        assert "</style" not in (ASSETS / name).read_text("utf-8").lower(), name


def test_a_hostile_title_is_escaped_and_everything_else_packed() -> None:
    hostile = '</title></script><img src=x onerror="alert(1)">@policy@'
    html = render_page({**document(names=[hostile]), "title": hostile, "sentences": [hostile]})
    assert "<img" not in html
    assert html.count("<script>") == len(SCRIPTS) + 1
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;@policy@</title>" in html


def test_a_lone_surrogate_does_not_stop_the_page() -> None:
    render_page({**document(names=["\ud800"]), "title": "\ud800 clinic"}).encode("utf-8")


def test_a_value_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_page({**document(), "block": float("nan")})


@pytest.mark.parametrize("name", sorted(UPLOT))
def test_the_vendored_library_is_what_npm_has(name: str) -> None:
    assert sha256((ASSETS / "uplot" / name).read_bytes()).hexdigest() == UPLOT[name]


def test_a_page_carries_the_librarys_licence() -> None:
    licence = (ASSETS / "uplot/LICENSE").read_text("utf-8")
    assert "*/" not in licence
    assert licence in render_page(document())


def test_the_vendored_library_says_its_version() -> None:
    assert "uPlot (v1.6.32)" in (ASSETS / "uplot/uPlot.iife.min.js").read_text("utf-8")[:100]
