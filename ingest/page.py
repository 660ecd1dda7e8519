"""The article in a web page and what the page states about itself; called by `clean` for HTML.

The text is trafilatura's. The dates are read here from the places where a page states them (meta elements, JSON-LD,
marked `time` elements), because htmldate and trafilatura also guess them from addresses and digits. Nothing is fetched.

Example:
    `read_page("<html lang=en>…<nav>Home</nav><article><p>Iraq …</p></article>", None)` is
    `Page(["Iraq …"], [(0, "Home")], {"language": "en", "published_on": "2020-01-10", "outlet": "The Daily"})`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.dates import read_date
from ingest.errors import ArticleError
from ingest.leftout import left_out
from ingest.newspages import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from configparser import ConfigParser

    from lxml.html import HtmlElement  # type: ignore[import-untyped]  # lxml ships no types

_MAX_DEPTH = 400  # elements within each other; parsers and extractors recurse, and no page that people read is deeper
_MAX_ELEMENTS = 200_000
_MAX_ATTRIBUTES = 5_000  # of one element
_MIN_PARAGRAPH = 25  # characters; a sentence in Chinese is that short
_HTML_TAG = re.compile(r"<html|<body|<head|<!doctype", re.IGNORECASE)
_ARTICLE_TYPE = re.compile(r"(?:Article|Posting|Report|WebPage)\Z", re.IGNORECASE)
_PLATFORMS = frozenset({"facebook", "twitter", "youtube", "wordpress", "google"})


class Page(NamedTuple):
    """What was read of a page.

    Args:
        paragraphs: Of the article.
        left_out: What else can be read on the page, each with the number of the paragraph that it stood above.
        stated: The fields that the page states, under the names of `RawArticle.given`.
    """

    paragraphs: list[str]
    left_out: list[tuple[int, str]]
    stated: dict[str, str]


def read_page(html: str, url: str | None) -> Page:
    """The article of a page, what else stands on it, and what it states of itself.

    Args:
        url: Where the page is from, if the source says so.

    Raises:
        ArticleError: There is no article in it, or it cannot be parsed.
    """
    _refuse_attributes(html)
    try:
        return _read(html, url)
    except (RecursionError, ValueError, TypeError, AttributeError, LookupError, MemoryError) as error:
        message = "the page cannot be parsed: save it anew, or ingest its text"
        raise ArticleError(message) from error


def _refuse_attributes(html: str) -> None:
    """Keeps an element with very many attributes from the parser, which compares each of them with each other.

    Raises:
        ArticleError: There is one.
    """
    for piece in html.split("<"):
        # A value may hold a ">", so the element may reach to the last one; what it holds is counted in words.
        if len(piece) > _MAX_ATTRIBUTES and len(piece[: piece.rfind(">") + 1].split()) > _MAX_ATTRIBUTES:
            message = f"an element of the page has more than {_MAX_ATTRIBUTES:,} attributes: ingest the page's text"
            raise ArticleError(message)


def _read(html: str, url: str | None) -> Page:
    from trafilatura import extract
    from trafilatura.utils import load_html

    tree = load_html(html if _HTML_TAG.search(html, 0, 5000) else f"<html><body>{html}</body></html>")
    if tree is None:
        message = "there is no page in it: save the page anew, or ingest its text"
        raise ArticleError(message)
    _check_shape(tree)
    fields = _stated(tree, url)
    text = extract(
        tree,
        url=url,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        deduplicate=False,
        with_metadata=False,
        config=_configuration(),
    )
    paragraphs = [line.strip() for line in (text or "").split("\n") if line.strip()]
    if not any(len(line) >= _MIN_PARAGRAPH for line in paragraphs):
        message = "no paragraph of an article in the page: check that it was saved whole, or ingest its text"
        raise ArticleError(message)
    return Page(paragraphs, left_out(tree, paragraphs), fields)


def _configuration() -> ConfigParser:
    """Trafilatura's settings without anything that guesses or reaches out."""
    from copy import deepcopy

    from trafilatura.settings import DEFAULT_CONFIG

    config = deepcopy(DEFAULT_CONFIG)
    config.set("DEFAULT", "EXTENSIVE_DATE_SEARCH", "off")
    config.set("DEFAULT", "INSECURE_SSL_FALLBACK", "off")
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")  # a signal-based timeout works in no thread but the main one
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "60")  # a news brief of one sentence is an article
    return config


def _check_shape(tree: HtmlElement) -> None:
    """Refuses a page that is too deep or too large for the extractor.

    Raises:
        ArticleError: It is.
    """
    depth, n_elements = [(tree, 0)], 0
    while depth:
        element, level = depth.pop()
        n_elements += 1
        if level > _MAX_DEPTH or n_elements > _MAX_ELEMENTS:
            message = "the page has too many or too deeply nested elements: ingest its text instead"
            raise ArticleError(message)
        depth.extend((child, level + 1) for child in element)


# --- what the page states ------------------------------------------------------------------------------------------


def _stated(tree: HtmlElement, url: str | None) -> dict[str, str]:
    """The fields that the page states, under the names of `RawArticle.given`."""
    from trafilatura.metadata import extract_metadata

    linked = _linked_data(tree)
    metadata = extract_metadata(tree, default_url=url, date_config={"extensive_search": False, "original_date": True})
    fields = {
        "title": metadata.title,
        "outlet": _site_name(tree) or _publisher(linked),
        "byline": (metadata.author or "").replace("; ", " and ") or None,
        "published_on": _date(tree, linked, words("published_keys"), "datePublished"),
        "updated_on": _date(tree, linked, words("updated_keys"), "dateModified"),
        "url": metadata.url,
        "language": (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip() or None,
    }
    if fields["updated_on"] == fields["published_on"]:
        fields["updated_on"] = None
    return {name: " ".join(str(value).split())[:1000] for name, value in fields.items() if value}


def _meta(tree: HtmlElement, names: frozenset[str]) -> Iterator[str]:
    """The contents of the meta elements with one of the names."""
    for element in tree.iter("meta"):
        keys = {(element.get(attribute) or "").lower() for attribute in ("property", "name", "itemprop", "http-equiv")}
        if keys & names and (content := (element.get("content") or "").strip()):
            yield content


def _site_name(tree: HtmlElement) -> str | None:
    """The outlet by the page's own name for its site; never its address."""
    names = (
        name for name in _meta(tree, frozenset({"og:site_name", "application-name"})) if name.lower() not in _PLATFORMS
    )
    return next(names, None)


def _linked_data(tree: HtmlElement) -> list[dict[str, Any]]:
    """The JSON-LD objects of the page that describe an article, nearest the top first."""
    found: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        items = data if isinstance(data, list) else [data]
        for item in items:
            graph = item.get("@graph") if isinstance(item, dict) else None
            found.extend(part for part in (graph if isinstance(graph, list) else [item]) if isinstance(part, dict))
    return sorted((item for item in found if _is_article(item)), key=lambda item: "WebPage" in str(item.get("@type")))


def _is_article(item: dict[str, Any]) -> bool:
    kinds = item.get("@type")
    return any(
        isinstance(kind, str) and _ARTICLE_TYPE.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _publisher(linked: list[dict[str, Any]]) -> str | None:
    for item in linked:
        publisher = item.get("publisher")
        name = publisher.get("name") if isinstance(publisher, dict) else publisher
        if isinstance(name, str) and name.strip():
            return name
    return None


def _date(tree: HtmlElement, linked: list[dict[str, Any]], names: frozenset[str], key: str) -> str | None:
    """A day that the page states in a place meant for it, as ISO text."""
    stated = [item[key] for item in linked if isinstance(item.get(key), str)]
    stated.extend(_meta(tree, names))
    stated.extend(
        element.get("datetime") or ""
        for element in tree.iter("time")
        if (element.get("itemprop") or "").lower() == key.lower()
        or (key == "datePublished" and "pubdate" in element.attrib)
    )
    return next((day.isoformat() for value in stated if (day := read_date(value))), None)
