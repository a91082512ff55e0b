"""How a simulated department answers deliveries: well, or in one of the ways seen in real life."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

SLOW_S: Final = 8.0


class Mode(StrEnum):
    """How deliveries are answered.

    ``ok``: 200. ``refuse``: 400. ``error``: 500. ``flap``: 503 and 200 in turn. ``lost``: applied,
    but the first answer is 503. ``slow``: 200 after eight seconds. ``redirect``: 302. ``html``: 200
    with a page. ``gone``: 410.
    """

    OK = "ok"
    REFUSE = "refuse"
    ERROR = "error"
    FLAP = "flap"
    LOST = "lost"
    SLOW = "slow"
    REDIRECT = "redirect"
    HTML = "html"
    GONE = "gone"


_STATUS: Final = {Mode.REFUSE: 400, Mode.ERROR: 500, Mode.GONE: 410}


class Manners:
    """Answers in one mode; a department in *down* answers nothing well for so many seconds.

    They begin with its first delivery. *seconds* is a clock that only goes forward.
    """

    def __init__(
        self,
        mode: Mode,
        down: Mapping[str, float] | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mode = mode
        self._down = down or {}
        self._seconds = seconds
        self._down_since: dict[str, float] = {}
        self._asked: Counter[str] = Counter()
        self._turns = 0

    def instead_of_applying(self, code: str) -> Response | None:
        """Return the answer to a delivery that is not taken, or None when it is."""
        if self._is_down(code):
            return JSONResponse({"error": "down"}, 503)
        if self._mode in _STATUS:
            return JSONResponse({"error": self._mode.value}, _STATUS[self._mode])
        if self._mode is Mode.REDIRECT:
            return RedirectResponse("/elsewhere", 302)
        if self._mode is Mode.FLAP:
            self._turns += 1
            if self._turns % 2:
                return JSONResponse({"error": "busy"}, 503)
        return None

    def _is_down(self, code: str) -> bool:
        if code not in self._down:
            return False
        since = self._down_since.setdefault(code, self._seconds())
        return self._seconds() - since < self._down[code]

    async def after_applying(self, delivery_id: str) -> Response:
        """Return the answer to a delivery that was taken."""
        if self._mode is Mode.SLOW:
            await asyncio.sleep(SLOW_S)
        if self._mode is Mode.HTML:
            return HTMLResponse("<html><body>OK</body></html>")
        if self._mode is Mode.LOST:
            self._asked[delivery_id] += 1
            if self._asked[delivery_id] == 1:
                return JSONResponse({"error": "lost"}, 503)
        return JSONResponse({"status": "received"})
