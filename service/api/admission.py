"""Who may ask, and how much at once, as plain ASGI between the guard and the app.

Example: without a key `POST /v1/ask` is answered with 401 and `WWW-Authenticate: Bearer`, the 601st request of a minute
with 429 and `Retry-After`, and a question that would wait behind too many others with 503, at once.
On loopback nobody is asked for a key and requests are not counted; how many questions run at once is limited anywhere.
"""

from __future__ import annotations

import hmac
import math
import time
from collections import Counter
from typing import TYPE_CHECKING

from service.api.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from service.access import KeyRing
    from service.access import Scope as KeyScope

_OPEN = frozenset({"/", "/healthz", "/readyz"})  # the page asks for the key itself; probes have none
_OPEN_UNDER = "/page/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TIMELINE = "/v1/timeline"  # asked by GET
_QUESTIONS = frozenset({"/v1/ask", "/v1/search", "/v1/chat/completions", "/mcp"})
_OWN_UNDER = ("/v1/conversations", "/v1/feedback")  # a reader's own traces, no change of the library
_SHARE = 2  # of the questions at once, one in so many may be one caller's
_GUESSES_PER_MINUTE = 30  # wrong keys from one address


class Admission:
    """ASGI middleware that checks keys, counts requests, and refuses questions beyond what can be answered soon.

    Args:
        keys: Those that are accepted; `None` when nobody is asked for one.
        own_secret: Of the command lines of this machine, which find it in the library's lock.
        rate_per_minute: Requests of one caller; `None` for any number.
        most_at_once: Questions that run or wait for a thread.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: KeyRing | None,
        own_secret: str,
        rate_per_minute: int | None,
        most_at_once: int,
    ) -> None:
        self._app = app
        self._keys = keys
        self._own_secret = own_secret
        self._most_at_once = most_at_once
        self._rates = _Rates(rate_per_minute)
        self._asking: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _OPEN or scope["path"].startswith(_OPEN_UNDER):
            await self._app(scope, receive, send)
            return
        caller = self._caller(scope)
        refusal = caller if isinstance(caller, Problem) else self._rates.refusal(scope, caller)
        if refusal is not None or isinstance(caller, Problem):
            await (refusal or caller)(scope, receive, send)  # type: ignore[operator]  # one of them is a problem
        elif scope["path"] == _TIMELINE or (scope["path"] in _QUESTIONS and scope["method"] == "POST"):
            await self._ask(caller, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _ask(self, caller: str, scope: Scope, receive: Receive, send: Send) -> None:
        is_shared = self._keys is not None
        if self._asking.total() >= self._most_at_once or (
            is_shared and self._asking[caller] >= self._most_at_once / _SHARE
        ):
            detail = "Too many questions are being answered; ask again in a moment."
            await Problem(scope, 503, detail, name="overload", headers={"Retry-After": "1"})(scope, receive, send)
            return
        self._asking[caller] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._asking[caller] -= 1
            if not self._asking[caller]:
                del self._asking[caller]

    def _caller(self, scope: Scope) -> str | Problem:
        """Who asks: the id of the key, or the address where none is needed; a problem when the request may not be."""
        address = scope["client"][0] if scope.get("client") else ""
        if self._keys is None:
            return address
        secret = _bearer(scope)
        if secret and hmac.compare_digest(secret.encode(), self._own_secret.encode()):
            return ""
        key = self._keys.find(secret) if secret else None
        if key is None:
            return self._rates.guess_refusal(scope, address) or Problem(
                scope,
                401,
                "A key is needed, as the header `Authorization: Bearer KEY`; whoever runs this server makes keys.",
                name="key",
                headers={"WWW-Authenticate": "Bearer"},
            )
        needed = _needed(scope)
        if not key.allows(needed):
            return Problem(scope, 403, f"This key may not do that: it lacks the scope {needed!r}.", name="scope")
        return key.id


class _Rates:
    """Requests by caller within the last minute."""

    def __init__(self, per_minute: int | None) -> None:
        from limits import RateLimitItemPerMinute
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._guesses = RateLimitItemPerMinute(_GUESSES_PER_MINUTE)

    def refusal(self, scope: Scope, caller: str) -> Problem | None:
        """A problem when the caller has sent too many requests; the present one counts."""
        return self._count(scope, "caller", caller) if self._rate and caller else None

    def guess_refusal(self, scope: Scope, address: str) -> Problem | None:
        """A problem when an address has sent too many wrong keys; the present one counts."""
        return self._count(scope, "guess", address)

    def _count(self, scope: Scope, kind: str, who: str) -> Problem | None:
        rate = self._guesses if kind == "guess" or self._rate is None else self._rate
        if self._windows.hit(rate, kind, who):
            return None
        wait_s = max(1, math.ceil(self._windows.get_window_stats(rate, kind, who).reset_time - time.time()))
        detail = f"More than {rate.amount} requests in a minute; wait {wait_s} s."
        return Problem(scope, 429, detail, name="rate", headers={"Retry-After": str(wait_s)})


def _bearer(scope: Scope) -> str:
    """The secret of the one `Authorization` header; empty when there is none, or several."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _needed(scope: Scope) -> KeyScope:
    path = scope["path"]
    if scope["method"] in _SAFE or path in _QUESTIONS or path.startswith(_OWN_UNDER):
        return "read"
    return "write"
