"""Words of articles and readers within Markdown.

Example: of `escaped("[here](http://x.example)")` a reader sees the brackets, and no link.
"""

from __future__ import annotations

import re

_MEANS = re.compile(r"([\\`*_\[\]<>|~#])")


def escaped(text: str) -> str:
    """The text with a backslash before every character that would mean something; lines are the caller's."""
    return _MEANS.sub(r"\\\1", text)
