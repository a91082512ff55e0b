"""The read model on a real database: what is written is counted, listed and judged."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from civicloop_kit.postgres import Database
from civicloop_local.testing import Backends, fresh_prefix
from feedback.domain.indicators import Counts, ratios_of
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.ports import CountQuery, GroupBy
from feedback.store.postgres import PostgresReadModel, write_effects

FILED = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
DUE = FILED + timedelta(hours=8)
NOW = FILED + timedelta(days=10)
OPEN = CaseMeasure(
    case_id=UUID(int=0),
    state="open",
    round=1,
    filed_at=FILED,
    rejected_at=None,
    channel="hotline",
    standard_ref="gbt-47678.5-2026",
    kind="component",
    code="01001",
    district="410105",
    lead="water",
    source_clock=False,
    provisional=False,
    due_at=DUE,
    response_due_at=FILED + timedelta(hours=1),
    first_response_at=None,
    handled_at=None,
    overdue=None,
    verify_by=None,
    closed_at=None,
    outcome=None,
    solved=None,
    satisfied=None,
    reworks=0,
    reopenings=0,
    disputes=0,
    remarks=0,
    replay_run=None,
    as_of=None,
)
ON_TIME = replace(
    OPEN,
    state="closed",
    first_response_at=FILED + timedelta(minutes=30),
    handled_at=DUE,
    overdue=False,
    closed_at=DUE + timedelta(days=1),
    outcome="solved",
    solved=True,
    satisfied=True,
)
LATE = replace(
    ON_TIME,
    first_response_at=FILED + timedelta(hours=2),
    handled_at=DUE + timedelta(seconds=1),
    overdue=True,
    reworks=2,
    solved=False,
    satisfied=None,
)
WAITING = replace(
    OPEN, state="to_verify", handled_at=DUE, overdue=False, verify_by=DUE + timedelta(days=2)
)
AHEAD = replace(OPEN, due_at=NOW + timedelta(days=1), response_due_at=None)
NO_DEADLINE = replace(OPEN, due_at=None, response_due_at=None, overdue=False)
WITHDRAWN = replace(ON_TIME, outcome="withdrawn", solved=None, satisfied=None)
REJECTED = replace(
    OPEN,
    state="rejected",
    filed_at=None,
    rejected_at=FILED,
    channel="snap",
    district=None,
    lead=None,
    due_at=None,
    overdue=False,
)
CITY = (OPEN, ON_TIME, LATE, WAITING, AHEAD, NO_DEADLINE, WITHDRAWN, REJECTED)


@pytest.fixture(scope="module")
def address(backends: Backends) -> Iterator[str]:
    """The address of a database that no other test uses."""
    prefix = fresh_prefix()
    yield backends.create_databases(prefix)["feedback"]
    backends.drop_databases(prefix)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """An empty read model."""
    database = Database(address, application="test", size=2)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM measures")
        await connection.execute("DELETE FROM task_measures")
    yield database
    await database.close()


async def save(database: Database, *rows: CaseMeasure | TaskMeasure) -> None:
    """Write rows as one transaction of the room does."""
    async with database.transaction() as connection:
        await write_effects(connection, rows)


def numbered(*measures: CaseMeasure) -> list[CaseMeasure]:
    """Return the rows as cases of their own, in their order."""
    return [
        replace(measure, case_id=UUID(int=number)) for number, measure in enumerate(measures, 1)
    ]


async def count(database: Database, by: GroupBy, **query: object) -> Sequence[Counts]:
    """Count live cases, as of `NOW`."""
    given = {"run": None, "start": None, "end": None, "now": NOW, **query}
    return await PostgresReadModel(database).count_cases(CountQuery(by=by, **given))  # type: ignore[arg-type]


async def total(database: Database, **query: object) -> Counts:
    """Count all of them together."""
    return next(c for c in await count(database, GroupBy.CHANNEL, **query) if c.total)


async def test_a_city_is_counted(database: Database) -> None:
    """Every count of a small city, by hand."""
    await save(database, *numbered(*CITY))
    assert (await total(database)).values == {
        "received": 8,
        "filed": 7,
        "rejected": 1,
        "ended_otherwise": 1,
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
        "response_not_due": 0,
        "due_to_respond": 4,
        "responded_on_time": 1,
        "reworked": 1,
        "answered": 2,
        "solved": 1,
        "not_answered": 5,
        "satisfaction_said": 1,
        "satisfied": 1,
        "satisfaction_not_said": 1,
    }


async def test_denominators_and_exclusions_are_everything(database: Database) -> None:
    """No case is lost between a denominator and what it leaves out."""
    await save(database, *numbered(*CITY))
    counts = await total(database)
    filed = counts.values["filed"]
    for key, ratio in ratios_of(counts).items():
        assert ratio.numerator <= ratio.denominator
        if key != "filing_rate":
            assert ratio.denominator + sum(ratio.excluded.values()) == filed


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


async def test_judgements_are_made_when_the_source_was_read(database: Database) -> None:
    """Open at `as_of` and past its deadline: overdue; without a deadline never."""
    late = DUE + timedelta(seconds=1)
    rows = numbered(
        *(
            replace(measure, replay_run="boston-1", as_of=late)
            for measure in (ON_TIME, LATE, OPEN, NO_DEADLINE)
        ),
        replace(OPEN, replay_run="boston-1", as_of=DUE),
        OPEN,
    )
    await save(database, *rows)
    reads = PostgresReadModel(database)
    judged = [*await reads.list_judgements("boston-1", None, 2)]
    judged += await reads.list_judgements("boston-1", judged[-1].case_id, 10)
    assert [item.overdue for item in judged] == [False, True, True, False, False]
    assert [item.case_id for item in judged] == [row.case_id for row in rows[:5]]


async def test_the_work_list_names_who_was_at_it(database: Database) -> None:
    """Cases to verify by case id, with the departments that completed a task."""
    rows = numbered(OPEN, WAITING, WAITING)
    tasks = [
        TaskMeasure(
            task_id=uuid4(),
            case_id=rows[1].case_id,
            task_no=number,
            attempt=1,
            department=department,
            role="lead" if number == 1 else "assist",
            required=True,
            dispatched_at=FILED,
            delivered_at=None,
            acknowledged_at=None,
            completed_at=completed_at,
            response_due_at=None,
            due_at=DUE,
            parked=0,
            cancelled=completed_at is None,
        )
        for number, department, completed_at in (
            (1, "water", DUE),
            (2, "power", DUE),
            (3, "fire", None),
        )
    ]
    await save(database, *rows, *tasks)
    reads = PostgresReadModel(database)
    first, second = await reads.list_waiting(None, 10)
    assert (first.case_id, first.departments) == (rows[1].case_id, ("power", "water"))
    assert first.verify_by == WAITING.verify_by
    assert [case.case_id for case in await reads.list_waiting(first.case_id, 10)] == [
        second.case_id
    ]


async def test_the_last_state_of_a_transaction_counts(database: Database) -> None:
    """A case that moves twice in one batch is written once; a later one replaces it."""
    [first], [second], [third] = numbered(OPEN), numbered(WAITING), numbered(LATE)
    await save(database, first, second)
    assert len(await PostgresReadModel(database).list_waiting(None, 10)) == 1
    await save(database, third)
    assert (await total(database)).values["closed"] == 1


async def test_an_unknown_effect_is_refused(database: Database) -> None:
    """Nothing is dropped silently."""
    with pytest.raises(TypeError, match="no table takes str"):
        async with database.transaction() as connection:
            await write_effects(connection, ["x"])
