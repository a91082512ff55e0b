"""Narratives from intake, with a token of this service's own; every read is on record there.

The token is short-lived and somebody else's to renew: its file is read for every look-up.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from department_adapter.ports import Narrative, NarrativeState, NarrativesUnavailableError

TIMEOUT_S: Final = 3.0
PURPOSE: Final = "delivery"


class _Item(BaseModel):
    case_id: UUID
    state: NarrativeState
    text: Annotated[str | None, Field(repr=False)] = None


class _Answer(BaseModel):
    narratives: tuple[_Item, ...]


class IntakeNarratives:
    """Asks intake."""

    def __init__(self, client: httpx.AsyncClient, url: str, token_file: Path) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/v1/narratives"
        self._token_file = token_file

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the narratives of up to 100 cases; a case without one is told so.

        Raises:
            NarrativesUnavailableError: No answer, or one that makes no sense.
        """
        answer = await self._ask(case_ids)
        found = {
            item.case_id: Narrative(state=item.state, text=item.text) for item in answer.narratives
        }
        if missing := set(case_ids) - found.keys():
            raise NarrativesUnavailableError(f"intake left out {_ids(missing)}")
        return found

    async def _ask(self, case_ids: Iterable[UUID]) -> _Answer:
        bearer = {"Authorization": f"Bearer {self._token()}"}
        body = {"purpose": PURPOSE, "case_ids": [str(case_id) for case_id in case_ids]}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                response = await self._client.post(self._url, json=body, headers=bearer)
            response.raise_for_status()
            return _Answer.model_validate_json(response.content)
        except (httpx.HTTPError, TimeoutError) as error:
            raise NarrativesUnavailableError from error
        except ValidationError:
            # Without its cause: that holds the text that did not fit.
            raise NarrativesUnavailableError("intake's answer makes no sense") from None

    def _token(self) -> str:
        try:
            return self._token_file.read_text().strip()
        except OSError as error:
            raise NarrativesUnavailableError("there is no token to ask intake with") from error


def _ids(case_ids: Iterable[UUID]) -> str:
    return ", ".join(sorted(str(case_id) for case_id in case_ids))
