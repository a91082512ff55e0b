"""What is measured of HTTP, and what is not."""

import json

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey

from civicloop_kit.auth import TokenVerifier, public
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from civicloop_kit.metrics import METRICS


@pytest.fixture
def client() -> TestClient:
    """Give a service with one door."""
    router = APIRouter(dependencies=[Depends(public)])

    @router.get("/things/{name}")
    async def get_thing(name: str) -> str:
        return name

    tokens = TokenVerifier(json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)))
    app = make_app("test", [router], {}, tokens=tokens, health=Health(), max_body_bytes=1024)
    return TestClient(app)


def _counted() -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for metric in METRICS.requests.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def test_a_request_counts_under_the_name_of_its_route(client: TestClient) -> None:
    """Not under its path, which may hold anything."""
    before = _counted().get(("/things/{name}", "200"), 0)
    client.get("/things/somebody")
    after = _counted()
    assert after["/things/{name}", "200"] == before + 1
    assert not any("somebody" in label for labels in after for label in labels)


def test_probes_are_not_measured(client: TestClient) -> None:
    """They would outnumber everything else."""
    before = _counted()
    for path in ("/livez", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    assert _counted() == before
