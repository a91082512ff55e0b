"""A line per hop: ids and names of ours, whatever anybody says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import BUG, Count, attached, counting_room, without_effect
from tests.unit.civicloop_kit.memory import Memory

from civicloop_kit.auth import principal_ref
from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.commands import Commands
from civicloop_kit.hops import APPLIED, DECIDED, FIRED, Hop, hop_writer, no_hops
from civicloop_kit.rows import Work
from civicloop_kit.testing import FakeClock, RoomBench
from civicloop_kit.testing.bench import record_of

INTAKE = "/intake/cases"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
CASE = UUID(int=7)
KEY = b"k" * 32
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"
WORDS = "张三 says that the pump is broken, call 13977312244"


class Out(StringIO):
    """Counts how often it is written."""

    writes = 0

    def write(self, text: str, /) -> int:
        """Write."""
        self.writes += 1
        return super().write(text)


def lines(*hops: Hop, log_format: str = "json") -> list[str]:
    """Return what is written about hops."""
    out = Out()
    # Another object than ours, as settings read it.
    hop_writer("router", log_format.encode().decode(), out)(hops, START)
    assert out.writes == 1
    return out.getvalue().splitlines()


def on_bench() -> RoomBench[Any]:
    """Return the small room on a bench."""
    return RoomBench(counting_room(), FakeClock(START))


def command(**body: Any) -> CaseCommand:
    """Return a command of somebody who has much to say."""
    request = KeyedRequest(key=WORDS, target=WORDS, digest=WORDS.encode())
    return CaseCommand(
        case_id=CASE, body=Count(**body), principal=WORDS, request=request, traceparent=WORDS
    )


def test_a_record_that_is_applied_is_one_line() -> None:
    """Case, fact, number, source, cause and trace."""
    bench, fact = on_bench(), attached(CASE)
    bench.deliver(record_of(fact, INTAKE, 1, TRACE))
    (line,) = lines(*bench._work.hops)
    assert json.loads(line) == {
        "event": "record_applied",
        "case_id": str(CASE),
        "fact": "ReportAttached",
        "source": INTAKE,
        "sequence": 1,
        "cause": fact.cause,
        "trace_id": "a" * 32,
        "service": "router",
        "level": "info",
        "timestamp": "2026-03-02T01:00:00Z",
    }


def test_a_record_without_effect_is_a_line_too() -> None:
    """It advanced its source; of a type that nobody knows there is no name."""
    bench = on_bench()
    bench.tell(without_effect(CASE), INTAKE)
    bench.deliver(changed(record_of(attached(CASE), INTAKE, 2), fact=None))
    shown = [json.loads(line) for line in lines(*bench._work.hops)]
    assert [line["fact"] for line in shown] == ["WithdrawalRequested", "unknown"]
    assert shown[1]["cause"] is None


def test_a_command_names_the_last_fact_of_the_room() -> None:
    """Two were written: the line has the number of the second."""
    bench = on_bench()
    for asked in (command(), (second := command())):
        bench.command(asked)
    line = json.loads(lines(*bench._work.hops)[1])
    assert (line["event"], line["command"], line["sequence"]) == (DECIDED, "Count", 2)
    assert (line["source"], line["cause"]) == ("/router/tasks", second.cause)


async def test_a_command_names_who_gave_it_unreadably() -> None:
    """As facts name people: equal for the same one."""
    written: list[Hop] = []
    transactions = Memory().transactions()
    transactions._write_hops = lambda hops, _at: written.extend(hops)
    commands = Commands(transactions, KEY)
    for name in ("desk-1", "desk-2"):
        await commands.submit(replace(command(), principal=name, request=None))
    shown = [json.loads(line) for line in lines(*written)]
    assert [line["principal"] for line in shown] == ["b7d500dc3696f391", "17b38fbf05a10212"]
    assert shown[0]["principal"] == principal_ref("desk-1", KEY)


def test_what_fired_before_a_decision_is_nobodys_doing() -> None:
    """A command to an imported history fires what was due before it."""
    fired, decided = (
        Hop(event, CASE, None, INTAKE, 1, None, None, "b7d500dc3696f391")
        for event in (FIRED, DECIDED)
    )
    assert "principal" not in json.loads(lines(fired)[0])
    (line,) = lines(decided)
    assert json.loads(line)["principal"] == "b7d500dc3696f391"


def test_a_timer_that_fires_is_a_line() -> None:
    """One that was not due is none."""
    bench = on_bench()
    bench.command(command(due_at=START - timedelta(hours=1)))
    bench.fire_timers(CASE)
    bench.fire_timers(CASE)
    assert [hop.event for hop in bench._work.hops] == [DECIDED, FIRED]
    line = json.loads(lines(bench._work.hops[1])[0])
    assert (line["cause"], line["sequence"]) == ("timer:due", 2)
    assert not {"fact", "command"} & set(line)


def test_what_is_held_or_repeated_is_no_hop() -> None:
    """It was not applied."""
    bench, record = on_bench(), record_of(attached(CASE), INTAKE, 1)
    for item in (record, record, record_of(attached(CASE), INTAKE, 3)):
        bench.deliver(item)
    bench.deliver(record_of(attached(CASE, BUG), INTAKE, 2))
    assert len(bench._work.hops) == 1


@given(st.text(), st.text(), st.sampled_from([APPLIED, DECIDED, FIRED]))
def test_no_words_get_in(cause: str, trace: str, event: str) -> None:
    """A cause or a trace that is not of our pattern is left out."""
    hop = Hop(event, CASE, None, INTAKE, 1, f"{WORDS}{cause}", f"{WORDS}{trace}")
    for log_format in ("json", "text"):
        (line,) = lines(hop, log_format=log_format)
        assert "张三" not in line
        assert "13977312244" not in line
    assert json.loads(lines(hop)[0])["cause"] is None
    assert json.loads(lines(hop)[0])["trace_id"] is None


def test_nothing_of_a_caller_gets_in() -> None:
    """Neither his name nor his key, nor what he calls his trace."""
    bench = on_bench()
    bench.command(command(how="data"))
    assert WORDS not in lines(*bench._work.hops)[0]
    assert json.loads(lines(*bench._work.hops)[0])["trace_id"] is None


def test_all_hops_of_a_transaction_are_one_write() -> None:
    """However many: one line each."""
    bench = on_bench()
    for number in range(1, 6):
        bench.deliver(record_of(attached(CASE), INTAKE, number))
    assert len(lines(*bench._work.hops)) == 5


def test_text_has_the_same_fields() -> None:
    """For somebody who reads along."""
    bench = on_bench()
    bench.deliver(record_of(attached(CASE), INTAKE, 1, TRACE))
    (line,) = lines(*bench._work.hops, log_format="text")
    assert line.startswith(
        "2026-03-02T01:00:00Z [info     ] record_applied service=router case_id="
    )
    assert f"source={INTAKE} sequence=1 cause=command:" in line
    assert line.endswith(f"trace_id={'a' * 32} fact=ReportAttached")


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (3, 1)])
def test_hops_are_written_once_they_are_saved(count: int, calls: int) -> None:
    """Per transaction, and not at all when there are none."""
    written: list[int] = []
    transactions = Memory().transactions()
    transactions._write_hops = lambda hops, _at: written.append(len(hops))
    hop = Hop(APPLIED, CASE, None, INTAKE, 1, None, None)
    transactions.committed(Work(rows={}, hops=[hop] * count))
    assert written == [count] * calls


def test_a_log_that_cannot_be_written_undoes_nothing() -> None:
    """What is saved is saved: nobody redoes it for a full disk."""

    def full(_hops: Any, _at: Any) -> None:
        raise OSError

    transactions = Memory().transactions()
    transactions._write_hops = full
    hop = Hop(APPLIED, CASE, None, INTAKE, 1, None, None)
    transactions.committed(Work(rows={}, hops=[hop]))


def test_hops_can_be_left_out() -> None:
    """The setting `CIVICLOOP_LOG_HOPS`."""
    no_hops([Hop(APPLIED, CASE, None, INTAKE, 1, None, None)], START)
