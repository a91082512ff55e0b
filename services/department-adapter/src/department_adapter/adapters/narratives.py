"""Narratives from intake, with a token of this service's own; every read is on record there.

The token is short-lived and somebody else's to renew: its file is read for every look-up.
"""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from department_adapter.ports import Narrative, NarrativeState, NarrativesUnavailableError

WHOLE_TIMEOUT_S: Final = 2.5
# One case that spoils the answer must not hold back all that were asked about with it.
PARTS: Final = 10
PART_TIMEOUT_S: Final = 2.0
PURPOSE: Final = "delivery"


class _Item(BaseModel):
    case_id: UUID
    state: NarrativeState
    text: Annotated[str | None, Field(repr=False)] = None


class _Answer(BaseModel):
    narratives: tuple[_Item, ...]


class _SpoiltAnswerError(NarrativesUnavailableError):
    """Intake is there, but one of these cases may be more than it can answer."""


class IntakeNarratives:
    """Asks intake."""

    def __init__(self, client: httpx.AsyncClient, url: str, token_file: Path) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/v1/narratives"
        self._token_file = token_file

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the narratives of up to 100 cases; a case without one is told so.

        Cases that are not answered are left out.

        Raises:
            NarrativesUnavailableError: None is answered.
        """
        try:
            found = await self._ask(case_ids, WHOLE_TIMEOUT_S)
        except _SpoiltAnswerError:
            if len(case_ids) == 1:
                raise
            found = await self._ask_in_parts(case_ids)
        if not found:
            raise NarrativesUnavailableError
        return found

    async def _ask_in_parts(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        size = math.ceil(len(case_ids) / PARTS)
        parts = (case_ids[first : first + size] for first in range(0, len(case_ids), size))
        answers = await asyncio.gather(*map(self._ask_part, parts))
        return {case_id: told for answer in answers for case_id, told in answer.items()}

    async def _ask_part(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        try:
            return await self._ask(case_ids, PART_TIMEOUT_S)
        except NarrativesUnavailableError:
            return {}

    async def _ask(self, case_ids: Iterable[UUID], timeout_s: float) -> Mapping[UUID, Narrative]:
        bearer = {"Authorization": f"Bearer {self._token()}"}
        body = {"purpose": PURPOSE, "case_ids": [str(case_id) for case_id in case_ids]}
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.post(self._url, json=body, headers=bearer)
            if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _SpoiltAnswerError
            response.raise_for_status()
            answer = _Answer.model_validate_json(response.content)
        except (httpx.ReadTimeout, TimeoutError) as error:
            raise _SpoiltAnswerError from error
        except httpx.HTTPError as error:
            raise NarrativesUnavailableError from error
        except ValidationError:
            # Without its cause: that holds the text that did not fit.
            raise _SpoiltAnswerError from None
        return {
            item.case_id: Narrative(state=item.state, text=item.text) for item in answer.narratives
        }

    def _token(self) -> str:
        try:
            return self._token_file.read_text().strip()
        except OSError as error:
            raise NarrativesUnavailableError("there is no token to ask intake with") from error
