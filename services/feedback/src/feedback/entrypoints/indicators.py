"""Doors to the read model: indicators, and the judgements of a replay."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from civicloop_contracts.fact import RunId
from civicloop_kit.auth import Principal, requires
from civicloop_kit.clock import Clock
from feedback.domain.indicators import COUNTS, INDICATORS, Counts, Words, ratios_of
from feedback.ports import CountQuery, GroupBy, Judgement, ReadModel

MAX_JUDGEMENTS: Final = 5_000

Staff = Annotated[Principal, Depends(requires("verifier", "superior", "operator"))]
Operator = Annotated[Principal, Depends(requires("operator"))]


class BothWords(BaseModel):
    """A name in English and Chinese."""

    en: str
    zh: str


class Definition(BaseModel):
    """An indicator: numerator / denominator, without the excluded, each a key of ``counts``."""

    key: str
    name: BothWords
    numerator: str
    denominator: str
    excluded: tuple[str, ...]


class RatioReply(BaseModel):
    """A ratio; ``value`` is null where nothing is due."""

    numerator: int
    denominator: int
    value: float | None
    excluded: Mapping[str, int]


class Group(BaseModel):
    """Counts and ratios of one group; ``group`` null: not known, such as no lead yet."""

    group: str | None
    counts: Mapping[str, int]
    ratios: Mapping[str, RatioReply]


class IndicatorsReply(BaseModel):
    """The indicators, with what each word in them means."""

    by: GroupBy
    run: str | None
    start: datetime | None
    end: datetime | None
    judged_at: datetime
    counts: Mapping[str, BothWords]
    definitions: list[Definition]
    total: Group
    groups: list[Group]


class JudgementReply(BaseModel):
    """One case of a replay; without a deadline it is never overdue."""

    case_id: UUID
    due_at: datetime | None
    handled_at: datetime | None
    overdue: bool


class JudgementPage(BaseModel):
    """Judgements by case id; ``next`` is the ``cursor`` of the next page."""

    judgements: list[JudgementReply]
    next: UUID | None


def indicator_router(reads: ReadModel, clock: Clock) -> APIRouter:
    """Return the endpoints that only read."""
    router = APIRouter(prefix="/v1", tags=["indicators"])

    @router.get("/indicators", summary="Indicators (指标)", operation_id="getIndicators")
    async def get_indicators(
        _principal: Staff,
        by: GroupBy = GroupBy.DEPARTMENT,
        run: RunId | None = None,
        start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
        end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    ) -> IndicatorsReply:
        """Live cases, or those of one replay run, received in [from, to).

        A deadline is judged by the time of handling; open cases are judged now, replayed ones at
        the time their source was read.
        """
        query = CountQuery(by=by, run=run, start=start, end=end, now=clock.now())
        return _indicators(query, await reads.count_cases(query))

    @router.get("/judgements", summary="Judgements of a replay", operation_id="listJudgements")
    async def get_judgements(
        _principal: Operator,
        run: RunId,
        cursor: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_JUDGEMENTS)] = MAX_JUDGEMENTS,
    ) -> JudgementPage:
        """For a comparison with what the source system itself had judged."""
        found = await reads.list_judgements(run, cursor, limit)
        last = found[-1].case_id if len(found) == limit else None
        return JudgementPage(judgements=[_judgement(item) for item in found], next=last)

    return router


def _indicators(query: CountQuery, counted: Sequence[Counts]) -> IndicatorsReply:
    total = next(counts for counts in counted if counts.total)
    return IndicatorsReply(
        by=query.by,
        run=query.run,
        start=query.start,
        end=query.end,
        judged_at=query.now,
        counts={key: _both(words) for key, words in COUNTS.items()},
        definitions=_definitions(),
        total=_group(total),
        groups=[_group(counts) for counts in counted if not counts.total],
    )


def _definitions() -> list[Definition]:
    return [
        Definition(
            key=indicator.key,
            name=_both(indicator.name),
            numerator=indicator.numerator,
            denominator=indicator.denominator,
            excluded=indicator.excluded,
        )
        for indicator in INDICATORS
    ]


def _group(counts: Counts) -> Group:
    ratios = {
        key: RatioReply(
            numerator=ratio.numerator,
            denominator=ratio.denominator,
            value=ratio.value,
            excluded=ratio.excluded,
        )
        for key, ratio in ratios_of(counts).items()
    }
    return Group(group=counts.group, counts=counts.values, ratios=ratios)


def _both(words: Words) -> BothWords:
    return BothWords(en=words.en, zh=words.zh)


def _judgement(item: Judgement) -> JudgementReply:
    return JudgementReply(
        case_id=item.case_id,
        due_at=item.due_at,
        handled_at=item.handled_at,
        overdue=item.overdue,
    )
