"""A library that a server owns, worked on over HTTP with the same results as one opened here.

Example: `ServedLibrary("http://127.0.0.1:8000").search("airport", 3, {})` posts to `/v1/search`; a problem that comes
back is raised as the error that the server met, so that the command ends with the same message and exit code.
"""

from __future__ import annotations

import errno
import json
import os
import time
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from ingest.errors import LibraryBusyError, LibraryError
from ingest.records import Failure
from service.api.problem_types import PREFIX, error_from, problem_type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from http.client import HTTPResponse

    from ingest.records import RawArticle
    from onrecord.door import Hear, Json, PartProgress, Progress

_PATIENCE_S = 600  # a large article takes a while to embed
_PAUSE_S = 1  # between attempts while others write; the server itself waits some seconds in each
_BUSY = f"{PREFIX}{problem_type_of(LibraryBusyError('')).name}"
_COUNTS = ("added", "updated", "unchanged", "passages")


class ServedLibrary:
    """The library of the server at an address.

    Args:
        address: Its base URL, as it wrote it into the library's lock.
        secret: What it lets its own command lines in by, as it stands there too.
    """

    def __init__(self, address: str, secret: str | None = None) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._place = urlsplit(address)

    def ask(self, question: str, filters: Json, mode: str, hear: Hear | None = None) -> Json:
        """An answer or an abstention; `hear` is told its events as they come, by name and data."""
        return self._ask({"question": question, "filters": filters, "mode": mode}, hear)

    def talk(self, question: str, conversation_id: str | None, mode: str, hear: Hear | None = None) -> Json:
        """The next turn of a conversation, or the first of a new one; it is kept."""
        turn = {"question": question, "conversation_id": conversation_id, "remember": True, "mode": mode}
        return self._ask(turn, hear)

    def conversations(self, limit: int, offset: int) -> Json:
        """Conversations, the one continued last first."""
        return self._call("GET", f"/v1/conversations?{urlencode({'limit': limit, 'offset': offset})}")

    def conversation(self, conversation_id: str) -> Json:
        """A conversation with its turns; raises `ConversationNotFoundError` when there is none with that id."""
        return self._call("GET", f"/v1/conversations/{quote(conversation_id, safe='')}")

    def forget(self, conversation_id: str) -> None:
        """Deletes a conversation; raises `ConversationNotFoundError` when there is none with that id."""
        self._call("DELETE", f"/v1/conversations/{quote(conversation_id, safe='')}")

    def search(self, query: str, k: int, filters: Json) -> Json:
        """Passages, best first."""
        return self._call("POST", "/v1/search", {"query": query, "k": k, "filters": filters})

    def disagreements(self, query: str, limit: int, offset: int) -> Json:
        """What outlets differ on."""
        return self._call("GET", f"/v1/disagreements?{urlencode({'query': query, 'limit': limit, 'offset': offset})}")

    def speakers(self, limit: int, offset: int, name: str) -> Json:
        """Who makes statements, most statements first."""
        return self._call("GET", f"/v1/speakers?{urlencode({'limit': limit, 'offset': offset, 'name': name})}")

    def statements(self, speaker_id: str, limit: int, offset: int) -> Json:
        """What somebody is reported to have said, latest first."""
        page = urlencode({"limit": limit, "offset": offset})
        return self._call("GET", f"/v1/speakers/{quote(speaker_id, safe='')}/statements?{page}")

    def timeline(self, wanted: Json) -> Json:
        """Dated events, oldest first."""
        return self._call("GET", f"/v1/timeline?{urlencode(wanted, doseq=True)}")

    def ingest(
        self, articles: Iterable[RawArticle | Failure], prune_roots: Sequence[str], on_progress: Progress
    ) -> Json:
        """The report on what became of the articles, which are sent one by one.

        Args:
            articles: As `ingest.load` yields them.
            prune_roots: Paths under which what is gone is then removed.
            on_progress: Called with how many were sent, and where the last one is from.
        """
        started = time.perf_counter()
        totals: Json = dict.fromkeys((*_COUNTS, "removed"), 0)
        failed: list[Json] = []
        seen: list[str] = []
        for number, article in enumerate(articles, start=1):
            if isinstance(article, Failure):
                failed.append({"uri": article.uri, "reason": article.reason})
            else:
                seen.append(article.id)
                report = self._call("POST", "/v1/documents", _as_line(article))
                totals |= {name: totals[name] + report.get(name, 0) for name in _COUNTS}
                failed += [{"uri": article.uri, "reason": one["reason"]} for one in report["failed"]]
            on_progress(number, article.uri)
        if prune_roots:
            gone = {"roots": list(prune_roots), "seen": seen, "failed": [_absolute(one["uri"]) for one in failed]}
            totals["removed"] = self._call("POST", "/v1/library/prune", gone)["removed"]
        passages = totals.pop("passages")
        return {**totals, "failed": failed, "passages": passages, "seconds": round(time.perf_counter() - started, 3)}

    def status(self) -> Json:
        """What the library holds."""
        return self._call("GET", "/v1/library")

    def documents(self, *, limit: int, offset: int, outlet: str | None) -> Json:
        """Documents, newest first, and how many there are."""
        wanted = {"limit": limit, "offset": offset} | ({} if outlet is None else {"outlet": outlet})
        return self._call("GET", f"/v1/documents?{urlencode(wanted)}")

    def document(self, document_id: str) -> Json:
        """The document with its text; raises `DocumentNotFoundError` when there is none with that id."""
        return self._call("GET", f"/v1/documents/{quote(document_id, safe='')}")

    def remove(self, document_id: str) -> None:
        """Removes a document; raises `DocumentNotFoundError` when there is none with that id."""
        self._call("DELETE", f"/v1/documents/{quote(document_id, safe='')}")

    def check(self, *, full: bool) -> Json:
        """Whether the library is whole, and what is wrong with it."""
        return self._call("POST", "/v1/library/check", {"full": full})

    def rebuild(self, *, everything: bool, on_progress: PartProgress) -> list[str]:
        """Has the server make anew what is not whole, and waits for it; the parts that were made.

        Raises:
            LibraryError: The server could not.
        """
        reached = self._call("POST", "/v1/library/rebuild", {"everything": everything})
        while reached["state"] == "running":
            time.sleep(_PAUSE_S / 4)
            reached = self._call("GET", "/v1/library/rebuild")
            if reached["part"]:
                on_progress(reached["part"], reached["done"], reached["total"])
        if reached["state"] == "failed":
            raise LibraryError(reached["detail"])
        return list(reached["rebuilt"])

    def back_up(self, folder: Path) -> Json:
        """Has the server write a backup into a new folder."""
        return self._call("POST", "/v1/library/backup", {"folder": str(folder)})

    def _ask(self, body: Json, hear: Hear | None) -> Json:
        return self._call("POST", "/v1/ask", body if hear is None else {**body, "stream": True}, hear)

    def _call(self, method: str, path: str, payload: Json | None = None, hear: Hear | None = None) -> Json:
        """What the server answers; of a report on articles none of which could be used, the part that lists them.

        Raises:
            LibraryBusyError: The server owns the library and does not answer, or others write to it for too long.
            OnrecordError: The server met an error; of the same class as there.
        """
        body = None if payload is None else json.dumps(payload)
        until = time.monotonic() + _PATIENCE_S
        status, answer = self._exchange(method, path, body, hear)
        while answer.get("type") == _BUSY and time.monotonic() < until:
            time.sleep(_PAUSE_S)
            status, answer = self._exchange(method, path, body, hear)
        if status < 400:
            return answer
        if answer.get("type") == f"{PREFIX}articles":
            return {"failed": answer["failed"]}
        if answer.get("type") == f"{PREFIX}storage":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._address)
        where = f" (the server at {self._address})" if status >= 500 else ""
        raise error_from(answer.get("type", ""), f"{answer.get('detail', status)}{where}")

    def _exchange(self, method: str, path: str, body: str | None, hear: Hear | None = None) -> tuple[int, Json]:
        connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=_PATIENCE_S)
        try:
            headers = self._headers | ({"Content-Type": "application/json"} if body else {})
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            if hear is not None and (response.getheader("Content-Type") or "").startswith("text/event-stream"):
                return _heard(response, hear)
            content = response.read()
            answer: Any = json.loads(content) if content else {}
        except (OSError, HTTPException, ValueError) as error:
            message = f"the server at {self._address} owns the library and does not answer; stop it, or try again"
            raise LibraryBusyError(message, self._address) from error
        finally:
            connection.close()
        return response.status, answer if isinstance(answer, dict) else {}


def _heard(response: HTTPResponse, hear: Hear) -> tuple[int, Json]:
    """The last of server-sent events, with the status that a plain request would have got; `hear` is told the others.

    Raises:
        IncompleteRead: The server broke off.
        OnrecordError: It met an error after a claim had been heard, so that asking again would tell claims twice.
    """
    name, has_claims = "", False
    for line in response:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data: Json = json.loads(value)
            if name == "error" and has_claims:
                raise error_from(data["type"], data["detail"])
            if name in {"done", "error"}:
                return (200 if name == "done" else data["status"]), data
            hear(name, data)
            has_claims |= name == "claim"
    cut = b""
    raise IncompleteRead(cut)


def _absolute(uri: str) -> str:
    """Where a failure is from, as the server can tell it: its working folder is another one."""
    return os.path.normpath(Path.cwd() / uri)


def _as_line(article: RawArticle) -> Json:
    """The article as the API takes it: as a line of a JSONL file would have it, and which file it is from."""
    where = {name: path for name, path in (("source", article.source), ("root", article.root)) if path}
    return {"id": article.id, "html" if article.is_html else "text": article.body, **article.given, **where}
