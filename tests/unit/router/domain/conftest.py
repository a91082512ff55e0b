"""A small city and its rules: every test says in words what it needs of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.unit.router.domain.story import FileCase, Router

from router.domain.calendar import Limit, LimitUnit, ServiceCalendar
from router.domain.catalog import Catalog, CatalogEntry, FilingCondition, PlaceClass
from router.domain.duties import Assist, Department, Duties, Duty, order_duties
from router.domain.facts import CaseFiled
from router.domain.parts import Matter, MatterKey, MatterKind, Place, Precision
from router.domain.rulebook import Rulebook
from router.domain.territory import Division, DivisionKind, Territory, Tier

CASE_ID = UUID("01980000-0000-7000-8000-000000000001")
# A Monday, 10:00 in Zhengzhou.
MONDAY_10 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def case_id() -> UUID:
    """The case that most tests are about."""
    return CASE_ID


@pytest.fixture
def now() -> datetime:
    """A Monday morning within the service hours."""
    return MONDAY_10


@pytest.fixture
def calendar() -> ServiceCalendar:
    """2025 and 2026 are published, with one day off and one make-up Saturday each."""
    return ServiceCalendar(
        version="test",
        zone=ZoneInfo("Asia/Shanghai"),
        hours=((time(8), time(12)), (time(14), time(18))),
        published=frozenset({2025, 2026}),
        days_off=frozenset({date(2025, 10, 1), date(2026, 5, 1)}),
        make_up_days=frozenset({date(2025, 9, 27), date(2026, 5, 9)}),
    )


@pytest.fixture
def territory() -> Territory:
    """A city of two districts and one subdistrict."""
    rows = (
        ("410100", None, Tier.CITY),
        ("410105", "410100", Tier.DISTRICT),
        ("410173", "410100", Tier.DISTRICT),
        ("410105001", "410105", Tier.SUBDISTRICT),
    )
    divisions = {
        code: Division(
            code=code,
            parent=parent,
            tier=tier,
            kind=DivisionKind.ADMINISTRATIVE,
            name_zh=code,
            longitude=None,
            latitude=None,
        )
        for code, parent, tier in rows
    }
    return Territory(version="test", city="410100", divisions=divisions)


def _entry(code: str, place: PlaceClass, *conditions: FilingCondition) -> CatalogEntry:
    """Return an entry whose last condition is its default."""
    return CatalogEntry(
        key=MatterKey(standard_ref="test", kind=MatterKind.MATTER, code=code),
        name_zh=code,
        name_en=code,
        place=place,
        source="test",
        conditions=conditions,
        default=conditions[-1],
    )


@pytest.fixture
def catalog() -> Catalog:
    """A manhole cover (01001), premises (06001), and an entry without a duty (09001)."""
    missing = FilingCondition(
        code="missing",
        name_zh="缺失",
        name_en="Missing",
        response=Limit(value=1, unit=LimitUnit.URGENT_HOUR),
        resolution=Limit(value=2, unit=LimitUnit.URGENT_HOUR),
    )
    loose = FilingCondition(
        code="loose",
        name_zh="松动",
        name_en="Loose",
        response=Limit(value=4, unit=LimitUnit.WORKING_HOUR),
        resolution=Limit(value=2, unit=LimitUnit.WORKING_DAY),
    )
    entries = (
        _entry("01001", PlaceClass.PUBLIC_SPACE, missing, loose),
        _entry("06001", PlaceClass.PREMISES, loose),
        _entry("09001", PlaceClass.PUBLIC_SPACE, loose),
    )
    return Catalog(
        version="c1",
        entries={e.key: e for e in entries},
        return_window=Limit(value=4, unit=LimitUnit.WORKING_HOUR),
        dispute_limit=Limit(value=2, unit=LimitUnit.URGENT_DAY),
        unlisted=replace(loose, code="unlisted"),
        default_lead=dict.fromkeys(Tier, "@subdistrict")
        | {Tier.DISTRICT: "@district", Tier.CITY: "@city"},
        reminder_share=0.25,
        major_reporters=3,
    )


@pytest.fixture
def duties() -> Duties:
    """Water leads the covers with two assistants, the subdistrict leads class 06."""
    water = Duty(
        standard_ref="test",
        kind=MatterKind.MATTER,
        class_code=None,
        code="01001",
        territory=None,
        lead="water",
        tier=Tier.CITY,
        assists=(
            Assist(owner="traffic-police", required=True),
            Assist(owner="@subdistrict", required=False),
        ),
    )
    nearby = replace(
        water, code=None, class_code="06", lead="@subdistrict", tier=Tier.SUBDISTRICT, assists=()
    )
    departments = {
        name: Department(code=name, name_zh=name, name_en=name, tier=Tier.CITY)
        for name in ("water", "traffic-police")
    }
    return Duties(version="d1", departments=departments, by_standard=order_duties((water, nearby)))


@pytest.fixture
def rules(
    catalog: Catalog, duties: Duties, territory: Territory, calendar: ServiceCalendar
) -> Rulebook:
    """All of the above."""
    return Rulebook(catalog=catalog, duties=duties, territory=territory, calendar=calendar)


@pytest.fixture
def file_case() -> FileCase:
    """File a missing manhole cover in the subdistrict, or what the arguments say."""

    def filed(
        code: str = "01001",
        condition: str | None = "missing",
        division: str = "410105001",
        **more: Any,
    ) -> CaseFiled:
        base = CaseFiled(
            occurred_at=MONDAY_10,
            channel="snap",
            matter=Matter(
                standard_ref="test", kind=MatterKind.MATTER, code=code, condition=condition
            ),
            place=Place(
                division=division, precision=Precision.EXACT, latitude=34.75, longitude=113.6
            ),
        )
        return replace(base, **more)

    return filed


@pytest.fixture
def router(rules: Rulebook) -> Router:
    """A router that knows nothing of the case."""
    return Router(rules)


@pytest.fixture
def busy(router: Router, file_case: FileCase) -> Router:
    """A router that has given out the three tasks of a missing manhole cover."""
    router.read(file_case())
    return router


@pytest.fixture
def alone(router: Router, file_case: FileCase) -> Router:
    """A router that has given out one task: the subdistrict's, with a loose cover's limits."""
    router.read(file_case(code="06001", condition="loose"))
    return router


@pytest.fixture
def unowned(router: Router, file_case: FileCase) -> Router:
    """A router with a case that nobody is responsible for."""
    router.read(file_case(code="09001"))
    return router
