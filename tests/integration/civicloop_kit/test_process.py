"""One process: it answers, refuses to start with a reason, and ends in time."""

import signal
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.civicloop_kit.processes import Process, started
from tests.integration.civicloop_kit.proxy import proxied
from tests.integration.civicloop_kit.world import World, count, sequences, until
from tests.unit.civicloop_kit.counting import attached

from civicloop_local.tokens import make_token

STOPS_WITHIN_S = 20.0
NOWHERE = "127.0.0.1:1"
CASE_ID = UUID(int=7)


async def call(world: World, process: Process, role: str = "channel") -> httpx.Response:
    """Send a command over HTTP."""
    async with httpx.AsyncClient(base_url=process.url) as client:
        return await client.post(
            f"/v1/cases/{CASE_ID}/count",
            headers=_token(world, role) | {"Idempotency-Key": "key"},
        )


def _token(world: World, role: str) -> dict[str, str]:
    token = make_token(world.backends.credentials, role=role, subject="tester", hours=1)
    return {"Authorization": f"Bearer {token}"}


async def test_a_service_answers_and_ends_when_told(world: World) -> None:
    """SIGTERM ends it with code 0, and what was answered before is sent."""
    async with started(world) as process:
        await process.ready()
        responses = [await call(world, process), await call(world, process)]
        forbidden = await call(world, process, "verifier")
        process.send(signal.SIGTERM)
        code = await process.ended(STOPS_WITHIN_S)
        output = process.output
    assert [r.json()["repeated"] for r in responses] == [False, True]
    assert forbidden.status_code == httpx.codes.FORBIDDEN
    assert (code, "stopping" in output) == (0, True)
    assert list(sequences(await world.sent()).values()) == [[1]]


async def test_it_ends_in_time_while_the_database_is_frozen(world: World) -> None:
    """A dependency that answers nothing does not hold the end up; nothing is lost by it."""
    case_id = uuid4()
    async with proxied(world.url) as proxy, started(world, DATABASE_URL=proxy.url) as process:
        await process.ready()
        proxy.freeze()
        await world.send((attached(case_id), 1))
        process.send(signal.SIGTERM)
        assert await process.ended(STOPS_WITHIN_S) == 0
    async with started(world) as process:
        assert sequences(await world.eventually_sent(1)) == {case_id: [1]}


@pytest.mark.parametrize(
    "variable", [{"KAFKA_BOOTSTRAP": NOWHERE}, {"DATABASE_URL": f"postgresql://me:pw@{NOWHERE}/x"}]
)
async def test_it_can_be_stopped_before_it_has_started(
    quiet: World, variable: dict[str, str]
) -> None:
    """A service that waits for its broker or database ends when told, at once."""
    async with started(quiet, **variable) as process:
        await until(lambda: "start_waits" in process.output)
        process.send(signal.SIGTERM)
        assert await process.ended(STOPS_WITHIN_S) == 0


async def test_it_answers_while_its_broker_is_away(quiet: World) -> None:
    """Alive, not ready; reading doors are open, and nothing is decided before the topics are seen.

    The database may be an older one than they are: numbers would be handed out twice.
    """
    async with started(quiet, KAFKA_BOOTSTRAP=NOWHERE) as process:
        await until(lambda: "start_waits" in process.output)
        async with httpx.AsyncClient(base_url=process.url) as client:
            alive, ready = await client.get("/livez"), await client.get("/readyz")
            held = await client.get("/v1/held", headers=_token(quiet, "operator"))
        decided = await call(quiet, process)
        process.send(signal.SIGTERM)
        assert await process.ended(STOPS_WITHIN_S) == 0
    assert (alive.status_code, ready.status_code, held.status_code) == (200, 503, 200)
    assert ready.json()["faults"]["start"] == "the topics are not checked yet"
    assert (decided.status_code, "retry-after" in decided.headers) == (503, True)
    assert decided.headers["content-type"] == "application/problem+json"
    assert await quiet.rows("SELECT FROM case_rows") == []


async def test_it_answers_while_its_database_is_away(quiet: World) -> None:
    """Alive, not ready, and no door is open."""
    away = f"postgresql://me:pw@{NOWHERE}/x"
    async with started(quiet, DATABASE_URL=away) as process:
        await until(lambda: "start_waits" in process.output)
        async with httpx.AsyncClient(base_url=process.url) as client:
            alive, ready = await client.get("/livez"), await client.get("/readyz")
            held = await client.get("/v1/held", headers=_token(quiet, "operator"))
    assert (alive.status_code, ready.status_code, held.status_code) == (200, 503, 503)
    assert ready.json()["faults"]["start"] == "the schema is not checked yet"


async def test_an_older_schema_is_refused(quiet: World) -> None:
    """Tables of an older release are said, with the way out."""
    await quiet.execute_as_owner("ALTER TABLE _yoyo_migration RENAME TO kept")
    try:
        async with started(quiet) as process:
            code = await process.ended()
    finally:
        await quiet.execute_as_owner("ALTER TABLE kept RENAME TO _yoyo_migration")
    assert code == 1
    assert "the database has an older schema: run `civicloop migrate`" in process.output


async def test_an_older_database_is_refused(world: World) -> None:
    """A topic that is ahead of the database means a restored one: numbers would be used twice."""
    async with world.running() as engine:
        await engine.commands.submit(count(uuid4()))
        await world.eventually_sent(1)
    await world.execute("DELETE FROM case_rows")
    async with started(world) as process:
        code = await process.ended()
    assert code == 1
    assert "is ahead of the database, which is an older one" in process.output


async def test_wrong_settings_are_named(quiet: World) -> None:
    """One line per wrong variable, and exit code 2, before anything else is tried."""
    async with started(quiet, DATABASE_URL=None, HTTP_PORT="many") as process:
        assert await process.ended() == 2
    lines = [line.split(":")[0] for line in process.output.splitlines()]
    assert sorted(lines) == ["CIVICLOOP_DATABASE_URL", "CIVICLOOP_HTTP_PORT"]


async def test_a_refusing_database_is_named(quiet: World) -> None:
    """A wrong password is not retried: it is said which setting to look at."""
    wrong = quiet.url.replace(":" + quiet.url.split(":")[2].split("@")[0], ":wrong", 1)
    async with started(quiet, DATABASE_URL=wrong) as process:
        assert await process.ended() == 1
    assert "check CIVICLOOP_DATABASE_URL" in process.output


async def test_a_part_that_ends_takes_the_process_along(world: World) -> None:
    """A dead part is no service: the process ends, to be started anew."""
    async with started(world) as one:
        await one.ready()
        async with started(world, REPLICA="1", HTTP_PORT=str(one.port)) as other:
            assert await other.ended() != 0
            assert "address already in use" in other.output
