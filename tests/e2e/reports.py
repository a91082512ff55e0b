"""Reports to send, and what becomes of them."""

from typing import Any, Final
from uuid import uuid4

import httpx

from .city import City, NeverError, eventually

# A lamp in public space (路灯): one lead, in the city's own catalog.
LAMP: Final = {"standard_ref": "gbt-47678.5-2026", "kind": "component", "code": "01001"}
PLACE: Final = {"division": "410105001", "latitude": 34.7759, "longitude": 113.6799}
LEAD: Final = "water-supply"


def report(**changes: Any) -> dict[str, Any]:
    """Return a report that is filed and dispatched to `LEAD`."""
    return {"channel": "snap", "matter": LAMP, "place": PLACE, "narrative": "井盖破损"} | changes


def submit(client: httpx.Client, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    """Send a report."""
    return client.post("/v1/reports", json=body, headers={"Idempotency-Key": key or str(uuid4())})


def submit_many(client: httpx.Client, count: int) -> list[str]:
    """Send *count* reports by the batch door, again with the same keys until it answers."""
    lines = [{"idempotency_key": str(uuid4()), "report": report()} for _ in range(count)]

    def answered() -> list[str] | None:
        try:
            answer = client.post("/v1/reports:batch", json={"lines": lines})
        except httpx.HTTPError:
            return None
        if answer.status_code in (429, 503):
            return None
        answer.raise_for_status()
        return [line["case_id"] for line in answer.json()["results"]]

    return list(eventually(answered))


def verify_all(city: City) -> int:
    """Verify every case that waits for it; returns how many that were."""
    with city.client("feedback", "verifier", "inspector") as verifier:
        try:
            waiting = verifier.get("/v1/verifications", params={"limit": 500}).json()
            cases = [item["case_id"] for item in waiting["cases"]]
            for case_id in cases:
                verifier.post(f"/v1/cases/{case_id}/verification", json={"passed": True})
        except (httpx.HTTPError, KeyError):
            return 0
    return len(cases)


def all_closed(city: City, case_ids: list[str], within_s: float = 60) -> None:
    """Wait until the public status of every case is closed, verifying on the way."""
    open_cases = set(case_ids)

    def closed() -> bool:
        verify_all(city)
        with city.client("intake", "channel") as client:
            for case_id in sorted(open_cases)[:50]:
                answer = client.get(f"/v1/cases/{case_id}")
                if answer.status_code == 200 and answer.json()["status"] == "closed":
                    open_cases.discard(case_id)
        return not open_cases

    try:
        eventually(closed, within_s)
    except NeverError as error:
        case_id = min(open_cases)
        seen = [type(fact).__name__ for fact in city.facts_of(case_id)]
        logs = {name: city.log(name)[-700:] for name in (*city.ports, "simulator")}
        message = f"{len(open_cases)} open; {case_id} has {seen}; {logs}"
        raise NeverError(message) from error
