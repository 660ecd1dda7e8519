"""Every article under the given files and folders, decoded but not yet cleaned; the first stage of ingest.

Nothing that a file contains makes this stage raise: what cannot be used comes out as a `Failure` in its place.

Example:
    `load([Path("seeds")], max_bytes=20_000_000)` yields `RawArticle(id="iraq.md", uri="seeds/iraq.md", body="…",
    given={"outlet": "The Daily"})` and `Failure(uri="seeds/clip.html", reason="binary: …")`.
"""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ingest.errors import ArticleError
from ingest.records import Failure, RawArticle

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

TEXT_SUFFIXES = (".txt", ".md")
HTML_SUFFIXES = (".html", ".htm")
LINES_SUFFIXES = (".jsonl", ".jsonl.gz")
SUPPORTED = TEXT_SUFFIXES + HTML_SUFFIXES + LINES_SUFFIXES

_FIELDS = ("title", "outlet", "byline", "agency", "published_on", "updated_on", "url", "language")
_FRONT_MATTER_NAMES = {"date": "published_on", "updated": "updated_on", "author": "byline"}
_MAX_FRONT_MATTER = 65_536  # characters; the YAML parser is slow, and no real front matter is longer
_MAX_ID = 512
_GZIP_FACTOR = 100  # a .gz may hold this many times the size limit of one article
_LISTED = 1_000  # failures of one file that are reported one by one
_HOPELESS = 100_000  # failures in a row after which the rest of a file is not read
_PIECE = 1 << 20
_DETECTION_BYTES = 65_536

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNPRINTABLE = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# CPython sorts a run of combining marks in quadratic time; Unicode's own "stream-safe" format ends runs at 30.
_MARK_RUN = re.compile(r"[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0e31-\u0e4e"
                       r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\ufe20-\ufe2f]{250}")  # fmt: skip


class _Place(NamedTuple):
    """A file to read: where it is, what it is called within what was given, and what was given."""

    path: Path
    name: str
    root: Path
    named: bool


class _Wrong(NamedTuple):
    """A path that cannot be read, and why."""

    path: Path
    reason: str


def load(paths: Sequence[Path], *, max_bytes: int) -> Iterator[RawArticle | Failure]:
    """Each article under `paths`, folders recursively and in sorted order; what cannot be used, as a `Failure`.

    Args:
        max_bytes: Largest file, or line of a JSONL file, that is read as one article; after decompression too.
    """
    seen: dict[str, tuple[str, str]] = {}
    for path in paths:
        for place in _places(Path(path)):
            if isinstance(place, _Wrong):
                yield Failure(shown(place.path), place.reason)
            else:
                yield from _listed(shown(place.path), _read_once(place, max_bytes, seen))


def n_articles(paths: Sequence[Path]) -> int | None:
    """About how many articles and failures `load` will yield, by names and line breaks.

    `None` where it cannot be told cheaply, because a file would have to be unpacked.
    """
    total = 0
    for path in paths:
        for place in _places(Path(path)):
            n_found = 1 if isinstance(place, _Wrong) else _n_in_file(place.path)
            if n_found is None:
                return None
            total += n_found
    return total


def shown(path: Path) -> str:
    """The path as text that can be printed and stored, whatever bytes the file name has."""
    return _CONTROL.sub("\ufffd", os.fsencode(path).decode("utf-8", "replace"))


def _absolute(path: Path) -> str:
    """The path from the root of the file system, links kept as they were given."""
    return os.path.normpath(shown(Path.cwd() / path))


def _listed(uri: str, found: Generator[RawArticle | Failure]) -> Iterator[RawArticle | Failure]:
    """What was found in one file, its failures one by one up to a limit and those beyond it as one that counts them.

    Else a few megabytes of lines that are no articles would fill the memory, and the report.
    """
    n_failed, in_a_row = 0, 0
    for item in found:
        if isinstance(item, RawArticle):
            in_a_row = 0
            yield item
            continue
        n_failed, in_a_row, last = n_failed + 1, in_a_row + 1, item.reason
        if n_failed <= _LISTED:
            yield item
        if in_a_row == _HOPELESS:
            found.close()
    if n_failed > _LISTED:
        reason = f"{n_failed - _LISTED:,} more lines of it cannot be used, the last one because: {last}"
        yield Failure(uri, f"{reason}; nothing after it was read" if in_a_row == _HOPELESS else reason)


def _read_once(place: _Place, max_bytes: int, seen: dict[str, tuple[str, str]]) -> Generator[RawArticle | Failure]:
    for item in _read(place, max_bytes):
        if isinstance(item, Failure):
            yield item
        else:
            yield from _once(item, seen)


def _once(article: RawArticle, seen: dict[str, tuple[str, str]]) -> Iterator[RawArticle | Failure]:
    """The article if its id is new; nothing if it is the same again; a failure if another one has its id."""
    digest = article.source_hash
    first = seen.setdefault(article.id, (digest, article.uri))
    if first == (digest, article.uri):
        yield article
    elif first[0] != digest:
        yield Failure(article.uri, f"its id {article.id!r} is taken by another article at {first[1]}: give it its own")


# --- which files ---------------------------------------------------------------------------------------------------


def _places(given: Path) -> Iterator[_Place | _Wrong]:
    """The files that `given` leads to."""
    try:
        mode = given.stat().st_mode
    except (OSError, ValueError) as error:
        yield _Wrong(given, _unreadable(error))
        return
    if stat.S_ISDIR(mode):
        yield from _walk(given)
    elif not stat.S_ISREG(mode):
        yield _Wrong(given, "neither a file nor a folder: name one of these")
    elif not given.name.lower().endswith(SUPPORTED):
        yield _Wrong(given, f"its extension is not supported: convert it to one of {', '.join(SUPPORTED)}")
    else:
        yield _Place(given, given.name, given, named=True)


def _walk(root: Path) -> Iterator[_Place | _Wrong]:
    """The files below a folder in sorted order, depth first; links to folders are not followed."""
    real_root = Path(os.path.realpath(root))
    waiting: list[Path] = [root]
    while waiting:
        path = waiting.pop()
        try:
            entry_mode = path.lstat().st_mode if path != root else path.stat().st_mode
            if stat.S_ISDIR(entry_mode):
                children = sorted(path.iterdir(), reverse=True)
                waiting.extend(child for child in children if not child.name.startswith("."))
                continue
            place = _in_folder(path, root, real_root, entry_mode)
        except (OSError, ValueError) as error:
            yield _Wrong(path, _unreadable(error))
        else:
            if place is not None:
                yield place


def _in_folder(path: Path, root: Path, real_root: Path, mode: int) -> _Place | _Wrong | None:
    """What a path in a folder is to us; `None` when it is passed over silently."""
    name = path.name.lower()
    is_wanted = name.endswith(SUPPORTED) and name != "readme.md" and not _belongs_to_an_evaluation(name)
    if stat.S_ISLNK(mode):
        is_folder = path.is_dir()
        if (is_folder or is_wanted) and not Path(os.path.realpath(path)).is_relative_to(real_root):
            return _Wrong(path, "link out of the folder: copy the article here, or name its place itself")
        if is_folder:  # its files are visited where they really are
            return None
        mode = path.stat().st_mode if is_wanted else mode
    if not is_wanted:
        return None
    if not stat.S_ISREG(mode):
        return _Wrong(path, "not a regular file: remove it from the folder")
    return _Place(path, path.relative_to(root).as_posix(), root, named=False)


def _belongs_to_an_evaluation(name: str) -> bool:
    return name in {"questions.jsonl", "questions.jsonl.gz"} or name.startswith("qrels")


def _n_in_file(path: Path) -> int | None:
    """How many articles a file seems to hold: one, or its lines; `None` where they would have to be unpacked."""
    name = path.name.lower()
    if not name.endswith(LINES_SUFFIXES):
        return 1
    if name.endswith(".gz"):
        return None
    n_lines, last = 0, b""
    try:
        with _opened(path) as file:
            while piece := file.read(_PIECE):
                n_lines, last = n_lines + piece.count(b"\n"), piece
    except (ArticleError, OSError):
        return 1  # the failure that reading it will be
    return n_lines + (not last.endswith(b"\n"))


def _unreadable(error: OSError | ValueError) -> str:
    """Why a path cannot be read, and what to do about it."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file: check the path"
    if isinstance(error, PermissionError):
        return "no permission to read it: change its permissions"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or 'input/output error'}): check the disk and the path"
    return "not a valid path: rename it"


# --- one file ------------------------------------------------------------------------------------------------------


def _read(place: _Place, max_bytes: int) -> Iterator[RawArticle | Failure]:
    """The articles of one file; its first failure ends it, except in JSONL, where the other lines go on."""
    try:
        with _opened(place.path) as file:
            if place.path.name.lower().endswith(LINES_SUFFIXES):
                yield from _read_lines(place, file, max_bytes)
            else:
                yield _read_whole(place, file, max_bytes)
    except ArticleError as error:
        yield Failure(shown(place.path), str(error))
    except OSError as error:
        yield Failure(shown(place.path), _unreadable(error))


def _opened(path: Path) -> BinaryIO:
    """The file, opened so that a pipe or a device put in its place meanwhile can neither block nor be read."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        message = "not a regular file: remove it from the folder"
        raise ArticleError(message)
    return os.fdopen(number, "rb")


def _read_whole(place: _Place, file: BinaryIO, max_bytes: int) -> RawArticle:
    """The one article of a text or HTML file.

    Raises:
        ArticleError: It cannot be used; the message says why and what to do.
    """
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ArticleError(_too_large("the file", max_bytes))
    is_html = place.path.name.lower().endswith(HTML_SUFFIXES)
    body = decode(data, is_html=is_html)
    fields: dict[str, str] = {}
    if not is_html:
        fields, body = _front_matter(body, required=place.path.name.lower().endswith(".md"))
    if not body.strip():
        message = "empty: there is no text in it"
        raise ArticleError(message)
    own_id = fields.pop("id", "")
    return RawArticle(
        id=_checked_id(own_id or place.name),
        uri=shown(place.path),
        body=body,
        is_html=is_html,
        given=fields,
        source=_absolute(place.path),
        root=_absolute(place.root),
    )


def _too_large(what: str, max_bytes: int) -> str:
    return f"{what} is larger than {max_bytes:,} bytes: split it, or raise ONRECORD_MAX_ARTICLE_MB"


def _checked_id(text: str) -> str:
    """The id, if it is one that can be stored and printed.

    Raises:
        ArticleError: It is empty, too long, or has characters that cannot be printed.
    """
    problem = ""
    if not text.strip():
        problem = "its id is empty: give it one"
    elif len(text) > _MAX_ID:
        problem = f"its id is longer than {_MAX_ID} characters: shorten it"
    elif _CONTROL.search(text) or not _is_encodable(text):
        problem = "its id has control or undecodable characters: rename it"
    if problem:
        raise ArticleError(problem)
    return unicodedata.normalize("NFC", text)


# --- characters ----------------------------------------------------------------------------------------------------


def decode(data: bytes, *, is_html: bool) -> str:
    """The characters of a file, normalised: by its byte order mark, as UTF-8, as declared, or as detected.

    Raises:
        ArticleError: The file is binary, or its encoding cannot be told.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return normalise(_strictly(data, encoding))
    if b"\x00" in data:
        raise ArticleError(_BINARY)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decode_legacy(data, is_html=is_html)
    if len(_UNPRINTABLE.findall(text, 0, _DETECTION_BYTES)) > min(len(text), _DETECTION_BYTES) // 100:
        raise ArticleError(_BINARY)
    return normalise(text)


_BINARY = "binary: it holds no readable text; convert it to UTF-8 text or HTML"


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise ArticleError(_BINARY) from error


def _decode_legacy(data: bytes, *, is_html: bool) -> str:
    """Text in an encoding other than UTF-8: the one that the page declares, else the most likely one."""
    declared = _META_CHARSET.search(data, 0, 4096) if is_html else None
    if declared is not None:
        name = declared[1].decode("ascii").lower()
        # Browsers read these three names as windows-1252 (WHATWG Encoding Standard, section 4.2).
        name = "cp1252" if name in {"iso-8859-1", "latin1", "ascii"} else name
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            pass  # pages often declare UTF-8 and are not
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_DETECTION_BYTES], cp_exclusion=["utf_7"]).best()
    if best is None:
        raise ArticleError(_BINARY)
    return _strictly(data, best.encoding)


def normalise(text: str) -> str:
    """The same text in NFC with Unix line breaks, without byte order marks at its start and without NULs.

    Raises:
        ArticleError: It holds half a character, or hostile runs of combining marks.
    """
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    if not _is_encodable(text):
        message = "it holds half a character (a lone surrogate): write the file anew as UTF-8"
        raise ArticleError(message)
    if _MARK_RUN.search(text):
        message = "it holds hundreds of combining marks in a row: remove them"
        raise ArticleError(message)
    return unicodedata.normalize("NFC", text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# --- front matter --------------------------------------------------------------------------------------------------


def _front_matter(text: str, *, required: bool) -> tuple[dict[str, str], str]:
    """The fields between two `---` lines at the top of a text, and the text below them.

    Args:
        required: An opening `---` that is never closed is an error, not a line of the text.

    Raises:
        ArticleError: The front matter cannot be read.
    """
    if not text.startswith("---\n"):
        return {}, text
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE).search(text, 4, _MAX_FRONT_MATTER)
    if closing is None:
        if not required:
            return {}, text
        message = "its front matter is not closed: end it with a line `---`"
        raise ArticleError(message)
    return _fields_of(_parsed_yaml(text[4 : closing.start()])), text[closing.end() :].lstrip("\n")


def _parsed_yaml(text: str) -> object:
    """Front matter as strings, lists and mappings.

    Raises:
        ArticleError: It is not YAML.
    """
    import yaml

    # Safe like `safe_load` (it builds nothing but str, list and dict), and keeps `2020-13-45` and `007` as printed.
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  (the loader that builds the least)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" at line {line + 2}"
        message = f"its front matter is not YAML{where}: write `key: value` lines, and quote values that hold a colon"
        raise ArticleError(message) from error


def _fields_of(parsed: object) -> dict[str, str]:
    """The fields that Onrecord knows, under their own names."""
    if parsed in (None, ""):
        return {}
    if not isinstance(parsed, Mapping):
        message = "its front matter is not a list of fields: write `key: value` lines"
        raise ArticleError(message)
    fields: dict[str, str] = {}
    for key, value in parsed.items():
        name = _FRONT_MATTER_NAMES.get(str(key).lower(), str(key).lower())
        if name not in _FIELDS and name != "id":
            continue
        if isinstance(value, list):
            value = " and ".join(item for item in value if isinstance(item, str))
        if isinstance(value, str) and value.strip() and value.strip().lower() not in {"null", "~"}:
            fields.setdefault(name, normalise(value).strip())
    return fields


# --- JSON lines ----------------------------------------------------------------------------------------------------


def _read_lines(place: _Place, file: BinaryIO, max_bytes: int) -> Iterator[RawArticle | Failure]:
    """The articles of a JSONL file, one line in memory at a time."""
    uri = shown(place.path)
    source, root = _absolute(place.path), _absolute(place.root)
    empty = True
    for number, line in _numbered_lines(place, file, max_bytes):
        empty = False
        if line is None:
            yield Failure(f"{uri}:{number}", f"line {number}: {_too_large('the line', max_bytes)}")
        else:
            yield _from_line(line, number, (f"{uri}:{number}", source, root))
    if empty:
        yield Failure(uri, "empty: there is no line in it")


def _numbered_lines(place: _Place, file: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Line numbers from 1 and their bytes, blank lines left out; `None` for a line that is too large.

    Raises:
        ArticleError: The compressed file is damaged, or far larger than it looks.
    """
    if not place.path.name.lower().endswith(".gz"):
        yield from _bounded_lines(file, max_bytes, limit=None)
        return
    import gzip
    import zlib

    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield from _bounded_lines(cast("BinaryIO", unpacked), max_bytes, limit=_GZIP_FACTOR * max_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = "the compressed file is damaged: compress it anew (what came before the damage was read)"
        raise ArticleError(message) from error


def _bounded_lines(file: BinaryIO, max_bytes: int, limit: int | None) -> Iterator[tuple[int, bytes | None]]:
    number, total = 0, 0
    while line := file.readline(max_bytes + 1):
        number += 1
        total += len(line)
        is_whole = len(line) <= max_bytes or line.endswith(b"\n")
        rest = b"" if is_whole else line
        while rest and not rest.endswith(b"\n") and (limit is None or total <= limit):
            rest = file.readline(_PIECE)
            total += len(rest)
        if limit is not None and total > limit:
            message = f"it unpacks to more than {limit:,} bytes: split it, or raise ONRECORD_MAX_ARTICLE_MB"
            raise ArticleError(message)
        if not line.isspace():
            yield number, line if is_whole else None


def _from_line(line: bytes, number: int, place: tuple[str, str, str]) -> RawArticle | Failure:
    """The article of one JSONL line.

    Args:
        place: Its uri, its file and its root.
    """
    try:
        record = _parsed_json(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        return _from_record(record, place)
    except ArticleError as error:
        return Failure(place[0], f"line {number}: {error}")


def _from_record(record: Mapping[str, object], place: tuple[str, str, str]) -> RawArticle:
    """The article of one JSON object.

    Raises:
        ArticleError: A field is missing or of the wrong type.
    """
    text = _string(record, "text")
    html = _string(record, "html") if text is None else None
    body = text if text is not None else html
    if body is None:
        message = "no text: give it a `text` or an `html`"
        raise ArticleError(message)
    if not body.strip():
        message = "empty: there is nothing in its `text` or `html`"
        raise ArticleError(message)
    given = {name: value.strip() for name in _FIELDS if (value := _string(record, name)) and value.strip()}
    uri, source, root = place
    return RawArticle(_json_id(record), uri, body, text is None, given, source, root)


def _parsed_json(line: bytes) -> Mapping[str, object]:
    """The JSON object of a line.

    Raises:
        ArticleError: There is none.
    """
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = "it is not UTF-8: write the file anew as UTF-8"
        raise ArticleError(message) from error
    except (ValueError, RecursionError) as error:
        message = "it is not JSON: write one object on each line"
        raise ArticleError(message) from error
    if not isinstance(record, dict):
        message = "it is not a JSON object: write one object on each line"
        raise ArticleError(message)
    return record


def _string(record: Mapping[str, object], name: str) -> str | None:
    """A text field of a line, normalised; `None` when it is not there.

    Raises:
        ArticleError: It is not a string.
    """
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        message = f"its `{name}` is not a string: write it in quotes"
        raise ArticleError(message)
    return normalise(value)


def _json_id(record: Mapping[str, object]) -> str:
    value = record.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int):
        message = "it has no `id`: give it a string or a whole number"
        raise ArticleError(message)
    return _checked_id(_text_of(value))


def _text_of(value: str | int) -> str:
    try:
        return str(value)
    except ValueError as error:  # a whole number of more than 4,300 digits
        message = f"its id is longer than {_MAX_ID} characters: shorten it"
        raise ArticleError(message) from error
