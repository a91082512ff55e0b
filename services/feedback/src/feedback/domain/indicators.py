"""The indicators (指标): counts in, ratios out, every exclusion named.

A case is *due* when it is handled (or closed), or when its deadline has passed at the time of the
judgement: now, or in a replay the time at which its source was read. On time is judged by when it
was handled: verification and call-back are not the department's time. What was overdue once stays
so, whatever time it gets later. A case is counted where its lead is; tasks and returns are counted
where they were given and made. The three rates (三率) share one denominator, the valid call-backs
(有效回访): every filed case whose reporter answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same in English and Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A ratio of two counts. ``excluded`` are the counts that its denominator leaves out."""

    key: str
    name: Words
    numerator: str
    denominator: str
    excluded: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One indicator of one group; ``value`` is None where nothing is due."""

    numerator: int
    denominator: int
    value: float | None
    excluded: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many cases of one group; ``group`` None: not known (yet), or the total."""

    group: str | None
    total: bool
    values: Mapping[str, int]


_NOT_DUE: Final = ("ended_otherwise", "suspended", "not_due")
_NOT_DUE_TO_CLOSE: Final = ("ended_otherwise", "suspended", "not_due_to_close")

# What is counted. Each key is a column of the query `count_cases`.
COUNTS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "received": Words(en="Received: filed or rejected", zh="受理数"),
        "filed": Words(en="Filed", zh="立案数"),
        "rejected": Words(en="Rejected", zh="不予立案数"),
        "reports": Words(en="Reports of filed cases, merged ones where they went", zh="有效上报数"),
        "reports_withdrawn": Words(en="Reports that left their case", zh="撤回上报数"),
        "ended_otherwise": Words(en="Ended as withdrawn or merged", zh="撤销或并案数"),
        "suspended": Words(
            en="Neither handled nor overdue, and the clock stands still", zh="挂起数"
        ),
        "not_due": Words(
            en="Neither handled nor overdue, and deadline ahead or none", zh="未到期未处置数"
        ),
        "due_to_handle": Words(en="Due to be handled", zh="应处置数"),
        "handled": Words(en="Handled", zh="处置数"),
        "handled_on_time": Words(en="Handled on time", zh="按期处置数"),
        "overdue": Words(en="Overdue at any time, handled or not", zh="超期数"),
        "not_due_to_close": Words(
            en="Neither closed nor overdue, and deadline ahead or none", zh="未到期未结案数"
        ),
        "due_to_close": Words(en="Due to be closed", zh="应结案数"),
        "closed": Words(en="Closed as solved", zh="结案数"),
        "closed_on_time": Words(en="Closed, and handled on time", zh="按期结案数"),
        "no_response_clock": Words(en="Without a response deadline", zh="无响应时限数"),
        "response_not_due": Words(en="No response, and its deadline ahead", zh="未到期未响应数"),
        "due_to_respond": Words(en="Due to be responded to", zh="应响应数"),
        "responded_on_time": Words(en="Responded to on time", zh="按期响应数"),
        "reworked": Words(en="Reworked at least once", zh="返工数"),
        "reopened": Words(en="Reopened at least once", zh="重新立案数"),
        "valid_call_backs": Words(en="Valid call-backs: reporters who answered", zh="有效回访数"),
        "not_answered": Words(en="Filed, and no answer", zh="无回访答复数"),
        "contacted": Words(en="Answered, and the lead had responded in time", zh="回访响应数"),
        "solved": Words(en="Reporters who said: solved", zh="回访解决数"),
        "satisfied": Words(en="Reporters who said: satisfied", zh="回访满意数"),
        "satisfaction_not_said": Words(en="Answered without a rating", zh="未评价数"),
        "dispatched": Words(en="Tasks given out, every attempt", zh="派遣数"),
        "returned": Words(en="Returned", zh="退单数"),
        "returned_unfounded": Words(
            en="Returned, and given back by a conference or a superior", zh="推诿数"
        ),
        "returned_justified": Words(en="Returned for good", zh="合理退单数"),
        "dispatched_accurately": Words(en="Given out and not returned for good", zh="准确派遣数"),
        "parked": Words(en="Deliveries that waited for a person", zh="投递挂起数"),
        "reminders": Words(en="Reminders", zh="催办数"),
        "supervisions": Words(en="Supervisions", zh="督办数"),
        "escalations": Words(en="Climbs of a tier", zh="升级数"),
        "disputes": Words(en="Disputes opened", zh="争议数"),
        "disputes_settled": Words(en="Disputes ended", zh="争议办结数"),
        "extensions_requested": Words(en="Extensions asked for", zh="延期申请数"),
        "extensions": Words(en="Extensions granted", zh="延期数"),
        "extensions_refused": Words(en="Extensions refused", zh="延期驳回数"),
        "suspensions_requested": Words(en="Suspensions asked for", zh="挂起申请数"),
        "suspensions": Words(en="Suspensions granted", zh="挂起批准数"),
        "suspensions_refused": Words(en="Suspensions refused", zh="挂起驳回数"),
        "withdrawals_refused": Words(en="Withdrawals refused", zh="撤回驳回数"),
        "merges_refused": Words(en="Merges refused", zh="并案驳回数"),
    }
)

INDICATORS: Final = (
    Indicator(
        key="filing_rate",
        name=Words(en="Filing rate", zh="立案率"),
        numerator="filed",
        denominator="received",
        excluded=(),
    ),
    Indicator(
        key="closing_rate",
        name=Words(en="Closing rate", zh="结案率"),
        numerator="closed",
        denominator="due_to_close",
        excluded=_NOT_DUE_TO_CLOSE,
    ),
    Indicator(
        key="on_time_closing_rate",
        name=Words(en="On-time closing rate", zh="按期结案率"),
        numerator="closed_on_time",
        denominator="due_to_close",
        excluded=_NOT_DUE_TO_CLOSE,
    ),
    Indicator(
        key="handling_rate",
        name=Words(en="Handling rate", zh="处置率"),
        numerator="handled",
        denominator="due_to_handle",
        excluded=_NOT_DUE,
    ),
    Indicator(
        key="on_time_handling_rate",
        name=Words(en="On-time handling rate", zh="按期处置率"),
        numerator="handled_on_time",
        denominator="due_to_handle",
        excluded=_NOT_DUE,
    ),
    Indicator(
        key="on_time_response_rate",
        name=Words(en="On-time response rate", zh="按期响应率"),
        numerator="responded_on_time",
        denominator="due_to_respond",
        excluded=("ended_otherwise", "no_response_clock", "response_not_due"),
    ),
    Indicator(
        key="rework_rate",
        name=Words(en="Rework rate", zh="返工率"),
        numerator="reworked",
        denominator="due_to_handle",
        excluded=_NOT_DUE,
    ),
    # Nothing that was given out is left out of the next two.
    Indicator(
        key="buck_passing_rate",
        name=Words(en="Buck-passing rate", zh="推诿率"),
        numerator="returned_unfounded",
        denominator="dispatched",
        excluded=(),
    ),
    Indicator(
        key="accurate_dispatch_rate",
        name=Words(en="Accurate dispatch rate", zh="准确派遣率"),
        numerator="dispatched_accurately",
        denominator="dispatched",
        excluded=(),
    ),
    Indicator(
        key="response_rate",
        name=Words(en="Response rate", zh="响应率"),
        numerator="contacted",
        denominator="valid_call_backs",
        excluded=("not_answered",),
    ),
    Indicator(
        key="solved_rate",
        name=Words(en="Solved rate", zh="解决率"),
        numerator="solved",
        denominator="valid_call_backs",
        excluded=("not_answered",),
    ),
    Indicator(
        key="satisfaction_rate",
        name=Words(en="Satisfaction rate", zh="满意率"),
        numerator="satisfied",
        denominator="valid_call_backs",
        excluded=("not_answered",),
    ),
)


def ratios_of(counts: Counts) -> Mapping[str, Ratio]:
    """Return every indicator of one group, by key."""
    return {indicator.key: _ratio(indicator, counts.values) for indicator in INDICATORS}


def _ratio(indicator: Indicator, values: Mapping[str, int]) -> Ratio:
    numerator, denominator = values[indicator.numerator], values[indicator.denominator]
    return Ratio(
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator if denominator else None,
        excluded={key: values[key] for key in indicator.excluded},
    )
