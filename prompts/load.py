"""Prompts are the Markdown files beside this one; `$name` stands for what is filled in.

Example: `read("judge").fill(question="…", claims="…")`; a field too many or too few is an error.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent
_VERSION = 12  # hex digits


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it stands in its file, and its version: the first digits of the file's SHA-256."""

    name: str
    text: str
    version: str

    def fill(self, **fields: str) -> str:
        """The text with every field in its place.

        Raises:
            ValueError: The file asks for other fields than these.
        """
        template = Template(self.text)
        wanted = set(template.get_identifiers())
        if wanted != fields.keys():
            message = f"the prompt {self.name!r} has the fields {sorted(wanted)}, and was given {sorted(fields)}"
            raise ValueError(message)
        return template.substitute(fields)


def read(name: str) -> Prompt:
    """The prompt of that name."""
    content = (_FOLDER / f"{name}.md").read_bytes()
    return Prompt(name, content.decode(), hashlib.sha256(content).hexdigest()[:_VERSION])
