"""The application over fakes, and tokens for its callers."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping

import httpx
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_kit.auth import ISSUER
from civicloop_kit.tracing import configure_tracing
from intake.testing import NEAR, City

Headers = Callable[..., Mapping[str, str]]


@pytest.fixture(scope="session")
def signing_key() -> OKPKey:
    """Return a key that signs tokens."""
    return OKPKey.generate_key("Ed25519")


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # The default renderer draws every traceback with all that it sees: seconds each.
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )


@pytest.fixture(scope="session", autouse=True)
def _tracing() -> None:
    """Trace as the process does, without an exporter."""
    configure_tracing("intake", 0.0, None)


@pytest.fixture
def city(signing_key: OKPKey) -> City:
    """Return intake over fakes."""
    return City(json.dumps(signing_key.as_dict(private=False)))


@pytest.fixture
def near_city(signing_key: OKPKey) -> City:
    """Return intake over fakes where near reports are the same."""
    return City(json.dumps(signing_key.as_dict(private=False)), NEAR)


@pytest.fixture
def headers(signing_key: OKPKey) -> Headers:
    """Return a function that makes the headers of a caller with a role."""

    def make(role: str, key: str | None = None, name: str = "desk-1") -> Mapping[str, str]:
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": name, "roles": [role], "iat": now, "exp": now + 600}
        token = jwt.encode({"alg": "Ed25519"}, claims, signing_key, algorithms=["Ed25519"])
        known = {"Authorization": f"Bearer {token}"}
        return {**known, "Idempotency-Key": key} if key else known

    return make


@pytest.fixture
async def client(city: City) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the application."""
    async with _client_of(city) as client:
        yield client


@pytest.fixture
async def near_client(near_city: City) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client where near reports are the same."""
    async with _client_of(near_city) as client:
        yield client


def _client_of(city: City) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=city.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://intake")
