"""The shipped catalog, and what is wrong with others."""

import csv
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from router.catalog_files import DATA_FOLDER, load_catalog, load_rulebook
from router.data_files import DataFileError
from router.domain.calendar import Limit, LimitUnit
from router.domain.catalog import Catalog, PlaceClass, choose_condition, find_entry
from router.domain.codes import Gate
from router.domain.duties import Assist, choose_assists, choose_lead, list_leads
from router.domain.errors import CalendarOutdatedError, NoDutyError
from router.domain.parts import MatterKey, MatterKind
from router.domain.rulebook import Rulebook
from router.domain.territory import Tier, locate

STANDARD = "gbt-47678.5-2026"
FILE = DATA_FOLDER / "catalog-2026.1.yaml"
REFERENCE = os.environ.get("CIVICLOOP_DATA")
with_reference = pytest.mark.skipif(
    REFERENCE is None, reason="CIVICLOOP_DATA does not name the folder of reference data"
)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    """All shipped data."""
    return load_rulebook(DATA_FOLDER, 2026)


@pytest.fixture(scope="module")
def catalog(rules: Rulebook) -> Catalog:
    """The shipped catalog."""
    return rules.catalog


def key(code: str, kind: str = "matter", standard_ref: str = STANDARD) -> MatterKey:
    """Return a key, shortly."""
    return MatterKey(standard_ref=standard_ref, kind=MatterKind(kind), code=code)


def test_all_codes_of_the_standard_are_there(catalog: Catalog) -> None:
    """153 components and 250 matters, beside the local lists."""
    counts = Counter((entry.standard_ref, entry.kind) for entry in catalog.entries)
    assert counts[STANDARD, MatterKind.COMPONENT] == 153
    assert counts[STANDARD, MatterKind.MATTER] == 250
    assert counts["local-emergency", MatterKind.MATTER] >= 6
    assert counts["local-food-safety", MatterKind.MATTER] >= 1


@with_reference
def test_codes_and_names_are_those_of_the_transcription(catalog: Catalog) -> None:
    """Nothing is lost or misspelt on the way."""
    kinds = {"管理部件": "component", "管理事项": "matter"}
    path = Path(str(REFERENCE)) / "gbt47678_5_2026_codes.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {
            key(row["code"], kinds[row["matter_kind"]]): row["name"] for row in csv.DictReader(file)
        }
    ours = {k: e.name_zh for k, e in catalog.entries.items() if k.standard_ref == STANDARD}
    assert ours == rows


@with_reference
def test_calibrated_limits_occur_in_the_published_table(catalog: Catalog) -> None:
    """Each limit marked as calibrated is one that a real city set for the same component."""
    units = {
        "work_hour": LimitUnit.WORKING_HOUR,
        "work_day": LimitUnit.WORKING_DAY,
        "urgent_hour": LimitUnit.URGENT_HOUR,
        "urgent_day": LimitUnit.URGENT_DAY,
    }
    published: dict[str, set[Limit]] = {}
    path = Path(str(REFERENCE)) / "yuncheng_case_standards.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "component" and row["gbt47678_code_by_number"]:
                limit = Limit(value=int(row["limit_value"]), unit=units[row["limit_type"]])
                published.setdefault(row["gbt47678_code_by_number"], set()).add(limit)
    checked = 0
    for code, limits in published.items():
        entry = catalog.entries.get(key(code, "component"))
        if entry and entry.source.endswith("calibrated"):
            assert {c.resolution for c in entry.conditions} <= limits, code
            checked += 1
    assert checked >= 50


def test_many_entries_have_conditions_of_their_own(catalog: Catalog) -> None:
    """The rest has the limit of its class and says so."""
    curated = [entry for entry in catalog.entries.values() if entry.conditions]
    assert len(curated) >= 60
    rest = [entry for entry in catalog.entries.values() if not entry.conditions]
    assert {entry.default.code for entry in rest} == {"unspecified"}
    assert all(entry.source.endswith("class limit") for entry in rest)


def test_a_limit_belongs_to_the_condition(catalog: Catalog) -> None:
    """A missing cover has two urgent hours, a rattling one two working days."""
    cover = find_entry(key("01001"), catalog)
    missing = choose_condition(cover, "missing").resolution
    loose = choose_condition(cover, "loose").resolution
    assert missing == Limit(value=2, unit=LimitUnit.URGENT_HOUR)
    assert loose == Limit(value=2, unit=LimitUnit.WORKING_DAY)


def test_names_are_in_both_languages(catalog: Catalog) -> None:
    """Where nobody translated, the class and the code stand in."""
    assert all(entry.name_zh and entry.name_en for entry in catalog.entries.values())
    assert find_entry(key("01037", "component"), catalog).name_en == "Street light"
    assert find_entry(key("01063", "component"), catalog).name_en == "Municipal facility 01063"


def test_premises_are_marked(catalog: Catalog) -> None:
    """Kitchens and homes are told coarsely, streets exactly."""
    kitchen = key("01001", standard_ref="local-food-safety")
    assert find_entry(kitchen, catalog).place is PlaceClass.PREMISES
    assert find_entry(key("06013"), catalog).place is PlaceClass.PUBLIC_SPACE


def test_the_second_hand_source_is_marked(catalog: Catalog) -> None:
    """An integrator sees what has to be verified."""
    assert "second-hand" in find_entry(key("01001"), catalog).source


def test_nearly_everything_has_a_lead_everywhere(rules: Rulebook) -> None:
    """The gaps are there on purpose: somebody has to settle such a case."""
    gaps: set[str] = set()
    for code in ("410105001", "410173", "410100"):
        location = locate(code, rules.territory)
        for entry in rules.catalog.entries:
            try:
                choose_lead(entry, location, Tier.GRID, rules.duties)
            except NoDutyError:
                gaps.add(str(entry))
    assert gaps == {"local-emergency/matter/01013", "demo/matter/00003"}


def test_demonstrations_need_not_wait(catalog: Catalog) -> None:
    """Answered within four seconds and done within eight; the others within hours."""
    quick = find_entry(key("00001", standard_ref="demo"), catalog).default
    assert quick.response == Limit(value=4, unit=LimitUnit.URGENT_SECOND)
    assert quick.resolution == Limit(value=8, unit=LimitUnit.URGENT_SECOND)
    for code in ("00002", "00003", "00004"):
        calm = find_entry(key(code, standard_ref="demo"), catalog)
        assert calm.default.resolution == Limit(value=4, unit=LimitUnit.URGENT_HOUR)
        assert calm.place is PlaceClass.PUBLIC_SPACE


def test_demonstrations_have_their_duties(rules: Rulebook) -> None:
    """One may be returned to somebody else, one has help that waits for its lead."""
    jinshui = locate("410105001", rules.territory)
    returnable, gated = (key(code, standard_ref="demo") for code in ("00002", "00004"))
    assert list_leads(returnable, jinshui, rules.duties) == ("landscaping", "urban-management")
    assert choose_assists(gated, jinshui, Tier.GRID, rules.duties, "urban-management") == (
        Assist(owner="traffic-police", required=True, after=Gate.LEAD_ACKNOWLEDGED),
        Assist(owner="landscaping", required=True, after=Gate.LEAD_COMPLETED),
        Assist(owner="subdistrict-410105001", required=False),
    )


def test_the_policy_says_when_to_remind_and_what_is_major(catalog: Catalog) -> None:
    """As the file says."""
    assert (catalog.reminder_share, catalog.major_reporters) == (0.2, 10)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reminder_share: 0.2", "reminder_share: 0"),
        ("reminder_share: 0.2", "reminder_share: 1"),
        ("major_reporters: 10", "major_reporters: 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(old: str, new: str, tmp_path: Path) -> None:
    """Nobody is reminded at the start or the end of a limit, and nobody alone is many."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / FILE.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError, match=new.split(":", maxsplit=1)[0]):
        load_catalog(path)


def test_a_calendar_of_the_past_is_refused() -> None:
    """A service does not start without the present year."""
    with pytest.raises(CalendarOutdatedError, match=r"calendar-2031\.csv"):
        load_rulebook(DATA_FOLDER, 2031)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('  city: "@city"\n', "", "default_lead: the tier city has no lead"),
        ('  city: "@city"\n', '  city: "@galaxy"\n', "the file: "),
        (
            'dispute_limit: "2 urgent_day"',
            'dispute_limit: "2 working_day"',
            "policy: dispute_limit must be in urgent hours or days",
        ),
        (
            '    urgent_day: "2 urgent_hour"\n',
            "",
            "policy: response_limits lacks urgent_day",
        ),
        (
            '{code: missing, limit: "2 urgent_hour"',
            '{code: missing, limit: "2 weeks"',
            "condition set manhole-cover-prompt: ",
        ),
        (
            "  manhole-cover-prompt:\n    source: calibrated\n    default: broken",
            "  manhole-cover-prompt:\n    source: calibrated\n    default: stolen",
            "condition set manhole-cover-prompt: its default stolen is none of its conditions",
        ),
        (
            '{code: missing, limit: "2 urgent_hour", name_zh',
            '{code: loose, limit: "2 urgent_hour", name_zh',
            "condition set manhole-cover-prompt: has the condition loose twice",
        ),
        (
            '{code: missing, limit: "2 urgent_hour", name_zh',
            '{code: missing, limit: "2 urgent_hour", response: "3 urgent_hour", name_zh',
            "condition set manhole-cover-prompt: missing may be answered later than resolved",
        ),
        (
            '{code: "01002", name_zh: "污水井盖"',
            '{code: "01001", name_zh: "污水井盖"',
            f"entry {STANDARD}/component/01001: listed twice",
        ),
        (
            '{code: "01002", name_zh: "污水井盖"',
            '{code: "88002", name_zh: "污水井盖"',
            f"{STANDARD}/component, entry 88002: its class 88 is not listed",
        ),
        (
            "conditions: storm-grate}",
            "conditions: storm-grates}",
            f"{STANDARD}/component, entry 01004: no such condition set: storm-grates",
        ),
        (
            "conditions: storm-grate}",
            "condition: storm-grate}",
            f"{STANDARD}/component, entry 01004: Object contains unknown field `condition`",
        ),
    ],
)
def test_a_wrong_catalog_is_refused_in_one_line(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    """File and entry are named."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / FILE.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_catalog(path)
    assert str(caught.value).startswith(f"{FILE.name}: {problem}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (
            "catalog-2026.1.yaml",
            '  city: "@city"\n',
            "  city: nobody\n",
            "default_lead: no such department at city: nobody",
        ),
        (
            "duties-2026.1.yaml",
            'codes: ["01013"], lead: fire',
            'codes: ["01099"], lead: fire',
            f"duty of fire for {STANDARD}/component: the catalog has no 01099",
        ),
        (
            "duties-2026.1.yaml",
            'territory: "410173"',
            'territory: "410199"',
            f"duty of @district for {STANDARD}/matter: no such division: 410199",
        ),
    ],
)
def test_files_that_contradict_each_other_are_refused(
    name: str, old: str, new: str, problem: str, tmp_path: Path
) -> None:
    """A duty or lead for something that does not exist would never be seen otherwise."""
    folder = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_rulebook(folder, 2026)
    assert str(caught.value) == f"{name}: {problem}"
