"""Articles as they arrive over HTTP, made into what ingest takes, under the same rules as files on disk.

Example: an upload of `iraq.md` becomes `RawArticle(id="iraq.md", uri="iraq.md", body="…", …)`; a JSON article with
`"id": "a1"` becomes `RawArticle(id="a1", uri=its url or "a1", …)`. An upload has no `source`: `--prune` leaves it.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from ingest.load import SUPPORTED, load
from ingest.records import Failure, RawArticle
from service.api.loopback import is_loopback
from service.api.schemas import ArticleRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from starlette.types import Scope

BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": ArticleRequest.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
            }
        },
    },
}
_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one request brought: an article, or files."""

    scope: Scope
    article: ArticleRequest | None
    files: Sequence[UploadFile]

    @contextmanager
    def articles(self, max_bytes: int) -> Iterator[Iterator[RawArticle | Failure]]:
        """The articles, read one by one while the context is open.

        Args:
            max_bytes: Largest file, or line of a JSONL file, that is read as one article.
        """
        with TemporaryDirectory(prefix="onrecord-") as folder:
            if self.article is not None:
                yield _from_json(self.article, self.scope, Path(folder), max_bytes)
            else:
                yield _from_files(self.files, Path(folder), max_bytes)


async def _arrival(request: Request) -> AsyncIterator[Arrival]:
    """What the request brought, with its form checked and nothing of it read as an article yet.

    Its files are kept until the response is made.

    Raises:
        HTTPException: 415, it is neither JSON nor an upload.
        RequestValidationError: It has another form than the documented one.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        yield Arrival(request.scope, _article(await request.body()), ())
        return
    if kind != "multipart/form-data":
        raise HTTPException(415, "Send one article as application/json, or files as multipart/form-data.")
    async with request.form() as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files or len(files) < len(form.multi_items()):
            message = "send files, and nothing else, as `files`"
            raise RequestValidationError([{"loc": ("body", "files"), "msg": message}])
        yield Arrival(request.scope, None, files)


ArrivalGiven = Annotated[Arrival, Depends(_arrival)]


def _article(body: bytes) -> ArticleRequest:
    try:
        return ArticleRequest.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error


def _from_json(article: ArticleRequest, scope: Scope, folder: Path, max_bytes: int) -> Iterator[RawArticle | Failure]:
    path = folder / "article.jsonl"
    line = article.model_dump_json(exclude_none=True, exclude={"source", "root"})
    path.write_bytes(line.encode("utf-8", "surrogatepass"))
    source, root = _place(article, scope)
    for raw in load([path], max_bytes=max_bytes):
        if isinstance(raw, Failure):
            yield Failure(str(article.id)[:_LONGEST_NAME], raw.reason.removeprefix("line 1: "))
        else:
            yield replace(raw, uri=raw.given.get("url", raw.id), source=source, root=root)


def _place(article: ArticleRequest, scope: Scope) -> tuple[str, str]:
    """The file and the root that the article is from, if both ends mean the same file by it; else empty.

    From elsewhere it is not heeded: what becomes of an article would tell whether a file of that name is here.
    """
    client = scope.get("client")
    if not (article.source and article.root and client and is_loopback(client[0])):
        return "", ""
    try:
        is_here = Path(article.source).is_absolute() and Path(article.source).is_file()
        article.root.encode()
    except (OSError, UnicodeEncodeError):
        return "", ""
    return (article.source, article.root) if is_here else ("", "")


def _from_files(files: Sequence[UploadFile], folder: Path, max_bytes: int) -> Iterator[RawArticle | Failure]:
    names: dict[str, str] = {}
    for number, file in enumerate(files):
        name = unicodedata.normalize("NFC", PurePosixPath((file.filename or "").replace("\\", "/")).name)
        suffix = next((suffix for suffix in reversed(SUPPORTED) if name.lower().endswith(suffix)), None)
        if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
            yield Failure(f"file {number + 1}", "its name is empty, too long or not printable: rename it")
        elif suffix is None:
            yield Failure(name, f"its extension is not supported: convert it to one of {', '.join(SUPPORTED)}")
        elif name in names.values():
            yield Failure(name, "another file of this upload has the same name: rename one of them")
        else:
            path = folder / f"upload-{number}{suffix}"  # never derived from what its sender called it
            names[str(path)] = name
            with path.open("wb") as copy:
                shutil.copyfileobj(file.file, copy)
    yield from _from_copies(names, folder, max_bytes)


def _from_copies(names: Mapping[str, str], folder: Path, max_bytes: int) -> Iterator[RawArticle | Failure]:
    """The articles of all uploads, under the names that their sender gave them instead of our own.

    They are loaded together, so that of two articles with one id the second is a failure, as it is on disk.

    Args:
        names: Name by path of the copy.
    """
    ours = re.compile(re.escape(str(folder)) + r"/upload-[0-9]+[.a-z]+")
    ids = {Path(path).name: name for path, name in names.items()}
    taken: dict[str, str] = {}
    for raw in load([Path(path) for path in names], max_bytes=max_bytes):
        uri = ours.sub(lambda found: names.get(found[0], found[0]), raw.uri)
        if isinstance(raw, Failure):
            yield Failure(uri, ours.sub(lambda found: names.get(found[0], found[0]), raw.reason))
            continue
        own_id = ids.get(raw.id, raw.id)
        first = taken.setdefault(own_id, uri)
        if first == uri:
            yield replace(raw, id=own_id, uri=uri, source="", root="")
        else:
            yield Failure(uri, f"its id {own_id!r} is taken by another article at {first}: give it its own")
