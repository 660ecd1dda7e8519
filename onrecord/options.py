"""What several commands have in common: their options, the settings these become, and JSON on stdout."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ingest.settings import Settings
    from onrecord.door import Json

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Folder of the library.",
        show_default="./library, or ONRECORD_LIBRARY",
        readable=False,  # if it is not, `exits` says so in one line
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def whole(value: str | list[str] | None) -> str | list[str] | None:
    """The option as it was given, if it is text: an argument that is not UTF-8 comes with half characters in it."""
    for text in [value] if isinstance(value, str) else value or []:
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "it is not UTF-8 text"
            raise typer.BadParameter(message) from None
    return value


OutletOption = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be given again.", callback=whole)
]

# What a terminal acts on and JSON would let through, and half characters, which cannot be written.
_UNSAFE = re.compile("[\x7f-\x9f\ud800-\udfff]")


def read_settings(library: Path | None, *, host: str | None = None, port: int | None = None) -> Settings:
    """The settings, with what the options say in place of the environment.

    Raises:
        SettingsError: A setting has no valid value.
    """
    from pydantic import ValidationError

    from ingest.settings import Settings
    from service.errors import SettingsError

    given: dict[str, Any] = {"library": library, "host": host, "port": port}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except UnicodeDecodeError as error:
        message = "the file .env is not UTF-8: save it as UTF-8"
        raise SettingsError(message) from error
    except ValidationError as error:
        wrong = "; ".join(f"ONRECORD_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise SettingsError(wrong) from error


def print_json(value: Json) -> None:
    """Writes one JSON document; indented on a terminal."""
    only_ascii = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=only_ascii, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
