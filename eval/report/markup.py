"""HTML that cannot be broken by what is put into it: every text is escaped on its way in.

Example: `element("td", "a < b", class_="name")` is `<td class="name">a &lt; b</td>`.
"""

from __future__ import annotations

import html

Attribute = str | int | float | bool | None


class Html(str):
    """Markup that `element` made; any other text is escaped."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: Attribute) -> Html:
    """An element with its children in order.

    Args:
        name: Of the element.
        children: Markup as it is; text is escaped.
        attributes: `class_` is `class`, `data_x` is `data-x`; `None` and `False` leave it out, `True` has no value.
    """
    return Html(f"<{name}{_attributes(attributes)}>{joined(*children)}</{name}>")


def empty(name: str, /, **attributes: Attribute) -> Html:
    """An element that closes itself, as in SVG."""
    return Html(f"<{name}{_attributes(attributes)}/>")


def joined(*parts: str) -> Html:
    """The parts one after the other, escaped where they are text."""
    return Html("".join(part if isinstance(part, Html) else html.escape(part) for part in parts))


def _attributes(attributes: dict[str, Attribute]) -> str:
    return "".join(_attribute(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    name = "viewBox" if name == "viewbox" else name  # SVG's only name here that minds its case
    return f' {name}="{html.escape(str(value))}"'
