"""The indicators on a real database: what is written is counted and grouped."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.integration.feedback.reading import count, save, total
from tests.integration.feedback.rows import (
    AHEAD,
    DUE,
    FILED,
    LATE,
    NO_DEADLINE,
    ON_TIME,
    OPEN,
    REJECTED,
    SUSPENDED,
    TASK,
    WAITING,
    WITHDRAWN,
    numbered,
)

from civicloop_kit.postgres import Database
from feedback.domain.indicators import COUNTS, ratios_of
from feedback.ports import GroupBy

CITY = (OPEN, ON_TIME, LATE, WAITING, AHEAD, NO_DEADLINE, SUSPENDED, WITHDRAWN, REJECTED)


async def test_a_city_is_counted(database: Database) -> None:
    """Every count of a small city, by hand."""
    await save(database, *numbered(*CITY))
    counted = {key: value for key, value in (await total(database)).values.items() if value}
    assert counted == {
        "received": 9,
        "filed": 8,
        "rejected": 1,
        "reports": 8,
        "ended_otherwise": 1,
        "suspended": 1,
        "not_due": 2,
        "due_to_handle": 4,
        "handled": 3,
        "handled_on_time": 2,
        "overdue": 2,
        "not_due_to_close": 2,
        "due_to_close": 4,
        "closed": 2,
        "closed_on_time": 1,
        "no_response_clock": 2,
        "due_to_respond": 5,
        "responded_on_time": 1,
        "reworked": 1,
        "valid_call_backs": 2,
        "not_answered": 6,
        "contacted": 1,
        "solved": 1,
        "satisfied": 1,
        "satisfaction_not_said": 1,
    }


async def test_denominators_and_exclusions_are_everything(database: Database) -> None:
    """No case is lost between a denominator and what it leaves out."""
    await save(database, *numbered(*CITY))
    counts = await total(database)
    whole = {
        "filing_rate": counts.values["received"],
        "buck_passing_rate": counts.values["dispatched"],
        "accurate_dispatch_rate": counts.values["dispatched"],
    }
    for key, ratio in ratios_of(counts).items():
        assert ratio.numerator <= ratio.denominator
        left_out = sum(ratio.excluded.values())
        assert ratio.denominator + left_out == whole.get(key, counts.values["filed"])


async def test_a_waiting_case_is_handled_but_not_closed(database: Database) -> None:
    """Before its deadline has passed nobody expects it to be closed."""
    [waiting] = numbered(WAITING)
    await save(database, waiting)
    early = await total(database, now=DUE - timedelta(hours=1))
    assert (early.values["handled"], early.values["due_to_close"]) == (1, 0)
    assert (await total(database)).values["due_to_close"] == 1


async def test_groups_add_up_to_the_total(database: Database) -> None:
    """Each case is in one group; one without lead in a group without name."""
    await save(database, *numbered(*CITY, replace(OPEN, lead="power")))
    counted = await count(database, GroupBy.DEPARTMENT)
    groups = [counts for counts in counted if not counts.total]
    assert [group.group for group in groups] == ["power", "water", None]
    everything = next(counts for counts in counted if counts.total)
    for key, value in everything.values.items():
        assert sum(group.values[key] for group in groups) == value


@pytest.mark.parametrize(
    ("by", "names"),
    [(GroupBy.DISTRICT, ["410105", None]), (GroupBy.CHANNEL, ["hotline", "snap"])],
)
async def test_cases_are_grouped(database: Database, by: GroupBy, names: list[str | None]) -> None:
    """By district, or by the channel that a report came in."""
    await save(database, *numbered(*CITY))
    counted = await count(database, by)
    assert [counts.group for counts in counted if not counts.total] == names


async def test_an_empty_city_is_all_zero(database: Database) -> None:
    """Nothing received is a total of nothing, and no group."""
    [counts] = await count(database, GroupBy.DEPARTMENT)
    assert counts.total
    assert set(counts.values.values()) == {0}


async def test_a_window_takes_its_start_and_leaves_its_end(database: Database) -> None:
    """By the time of filing, or of rejection."""
    await save(database, *numbered(OPEN, REJECTED))
    assert (await total(database, start=FILED)).values["received"] == 2
    assert (await total(database, end=FILED)).values["received"] == 0


async def test_a_replay_is_counted_alone(database: Database) -> None:
    """Live cases and each imported history do not mix, and each is judged at its own time."""
    early = DUE - timedelta(hours=1)
    run = replace(OPEN, replay_run="boston-1", as_of=early)
    await save(database, *numbered(OPEN, run, replace(run, replay_run="boston-2")))
    assert (await total(database)).values["overdue"] == 1
    replayed = await total(database, run="boston-1")
    assert (replayed.values["received"], replayed.values["overdue"]) == (1, 0)


async def test_cases_that_ended_otherwise_are_in_few_ratios(database: Database) -> None:
    """Merged reports count where they went; what was withdrawn is neither due nor overdue."""
    merged = replace(LATE, outcome="merged", solved=None, reports_attached=2)
    withdrawn = replace(LATE, outcome="withdrawn", solved=None, reports_withdrawn=1)
    rows = numbered(merged, withdrawn, replace(OPEN, reports_attached=3, reports_withdrawn=1))
    await save(database, *rows)
    values = (await total(database)).values
    assert (values["ended_otherwise"], values["due_to_handle"], values["overdue"]) == (2, 1, 1)
    assert (values["reports"], values["reports_withdrawn"]) == (3, 2)


async def test_a_suspended_case_is_due_neither_to_be_handled_nor_closed(
    database: Database,
) -> None:
    """Handled while the clock stood still, it is handled on time, and no longer suspended."""
    handled = replace(SUSPENDED, handled_at=DUE, state="to_verify")
    await save(database, *numbered(SUSPENDED, handled))
    values = (await total(database)).values
    assert (values["suspended"], values["not_due"]) == (1, 0)
    assert (values["due_to_handle"], values["handled_on_time"]) == (1, 1)
    assert (values["due_to_close"], values["not_due_to_close"]) == (0, 1)


async def test_an_overdue_case_stays_due_and_overdue(database: Database) -> None:
    """Whatever deadline it has now: ahead, standing still, none, or kept by the next handling."""
    cases = [replace(case, overdue=True) for case in (AHEAD, SUSPENDED, NO_DEADLINE, ON_TIME)]
    await save(database, *numbered(*cases))
    values = (await total(database)).values
    assert (values["overdue"], values["due_to_handle"], values["due_to_close"]) == (4, 4, 4)
    assert (values["handled"], values["handled_on_time"], values["closed_on_time"]) == (1, 0, 0)
    assert (values["suspended"], values["not_due"], values["not_due_to_close"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("minutes", "limit", "contacted"), [(60, 60, 1), (61, 60, 0), (61, None, 1), (None, None, 0)]
)
async def test_a_valid_call_back_tells_whether_the_lead_responded_in_time(
    database: Database, minutes: int | None, limit: int | None, contacted: int
) -> None:
    """At the limit is in time; without a limit any response is; without an answer none counts."""
    case = replace(
        ON_TIME,
        first_response_at=None if minutes is None else FILED + timedelta(minutes=minutes),
        response_due_at=None if limit is None else FILED + timedelta(minutes=limit),
    )
    await save(database, *numbered(case, replace(case, solved=None, satisfied=None)))
    counts = await total(database)
    assert ratios_of(counts)["response_rate"].numerator == contacted
    assert ratios_of(counts)["response_rate"].denominator == 1


async def test_the_three_rates_share_the_valid_call_backs(database: Database) -> None:
    """An answer without a rating is one of those who are not satisfied."""
    unrated = replace(ON_TIME, satisfied=None)
    await save(database, *numbered(ON_TIME, unrated, LATE, OPEN))
    ratios = ratios_of(await total(database))
    rates = [ratios[key] for key in ("response_rate", "solved_rate", "satisfaction_rate")]
    assert [(rate.numerator, rate.denominator) for rate in rates] == [(2, 3), (2, 3), (1, 3)]
    assert all(rate.excluded == {"not_answered": 1} for rate in rates)


async def test_returns_are_counted_where_they_were_made(database: Database) -> None:
    """The department that returned; the case is its lead's, and who assists has tasks alone."""
    [case] = numbered(replace(OPEN, lead="parks", disputes=1))
    of_case = replace(TASK, case_id=case.case_id)
    tasks = [
        replace(of_case, task_id=UUID(int=1), returned_at=FILED, unfounded=True, reminders=2),
        replace(of_case, task_id=UUID(int=2), returned_at=FILED, unfounded=False),
        replace(of_case, task_id=UUID(int=3), extensions=1, supervisions=1),
        replace(of_case, task_id=UUID(int=4), department="parks", suspensions=1),
        replace(
            of_case, task_id=UUID(int=5), dispatched_at=None, returned_at=FILED, unfounded=False
        ),
    ]
    await save(database, case, *tasks)
    counted = {c.group: c for c in await count(database, GroupBy.DEPARTMENT) if not c.total}
    water, parks = counted["water"].values, counted["parks"].values
    assert (water["dispatched"], water["returned"]) == (3, 2)
    assert (water["returned_unfounded"], water["returned_justified"]) == (1, 1)
    assert (water["reminders"], water["extensions"], water["supervisions"]) == (2, 1, 1)
    assert (water["received"], water["disputes"]) == (0, 0)
    assert (parks["received"], parks["disputes"], parks["dispatched"]) == (1, 1, 1)
    assert (parks["returned"], parks["suspensions"]) == (0, 1)
    ratios = ratios_of(counted["water"])
    assert ratios["buck_passing_rate"].value == pytest.approx(1 / 3)
    assert ratios["accurate_dispatch_rate"].value == pytest.approx(2 / 3)
    whole = await total(database)
    assert (whole.values["dispatched"], whole.values["returned"]) == (4, 2)
    assert set(whole.values) == set(COUNTS)


@pytest.mark.parametrize(
    ("by", "name"), [(GroupBy.DISTRICT, "410105"), (GroupBy.CHANNEL, "hotline")]
)
async def test_tasks_are_grouped_with_their_case(
    database: Database, by: GroupBy, name: str
) -> None:
    """By district and by channel the department plays no part."""
    [case] = numbered(OPEN)
    tasks = [
        replace(TASK, case_id=case.case_id, task_id=UUID(int=number), department=department)
        for number, department in enumerate(("water", "parks"), 1)
    ]
    await save(database, case, *tasks)
    [group] = [counts for counts in await count(database, by) if not counts.total]
    assert (group.group, group.values["dispatched"]) == (name, 2)


async def test_tasks_follow_the_window_and_the_run_of_their_case(database: Database) -> None:
    """What is not counted as a case is not counted as a task."""
    rows = numbered(
        OPEN, replace(OPEN, replay_run="boston-1", as_of=DUE), replace(OPEN, filed_at=None)
    )
    tasks = [replace(TASK, case_id=row.case_id, task_id=row.case_id) for row in rows]
    await save(database, *rows, *tasks)
    assert (await total(database)).values["dispatched"] == 1
    assert (await total(database, end=FILED)).values["dispatched"] == 0
    assert (await total(database, run="boston-1")).values["dispatched"] == 1
