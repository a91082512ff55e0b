"""The list of matters: complete, in step with the router's catalog, and refused when broken."""

import csv
import os
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from intake.domain.model import Matter, MatterKind, PlaceClass
from intake.matter_files import MatterFileError, load_matters, read_matters
from intake.settings import DEFAULT_MATTERS_VERSION

HEADER = "standard_ref,kind,code,place_class,within"
NATIONAL = "gbt-47678.5-2026"
KINDS = {"管理部件": MatterKind.COMPONENT, "管理事项": MatterKind.MATTER}


def test_the_shipped_list_has_all_codes_of_the_standard() -> None:
    """153 components and 250 matters of GB/T 47678.5-2026."""
    entries = load_matters(DEFAULT_MATTERS_VERSION).entries
    national = [kind for standard, kind, _ in entries if standard == NATIONAL]
    assert national.count(MatterKind.COMPONENT) == 153
    assert national.count(MatterKind.MATTER) == 250


def test_the_shipped_list_agrees_with_the_transcription() -> None:
    """The same codes as in the reference data, where that is at hand."""
    folder = os.environ.get("CIVICLOOP_DATA")
    if not folder:
        pytest.skip("CIVICLOOP_DATA names no folder with reference data")
    with (Path(folder) / "gbt47678_5_2026_codes.csv").open(encoding="utf-8") as file:
        codes = {(KINDS[row["matter_kind"]], row["code"]) for row in csv.DictReader(file)}
    entries = load_matters(DEFAULT_MATTERS_VERSION).entries
    assert {(kind, code) for standard, kind, code in entries if standard == NATIONAL} == codes


def test_whatever_the_router_knows_may_be_filed() -> None:
    """Each entry of the router's catalog is listed, with the same class of place."""
    [catalog] = (f for f in (files("router") / "data").iterdir() if f.name.startswith("catalog-"))
    registry = load_matters(DEFAULT_MATTERS_VERSION)
    for section in yaml.safe_load(catalog.read_text(encoding="utf-8"))["sections"]:
        for item in section["entries"]:
            matter = Matter(
                standard_ref=section["standard_ref"],
                kind=MatterKind(section["kind"]),
                code=item["code"],
            )
            entry = registry.find(matter)
            assert entry is not None, matter
            assert (entry.place_class is PlaceClass.PREMISES) == (item.get("place") == "premises")


def test_an_imported_city_is_filed_within_its_own_division() -> None:
    """Boston's sample has any code, and its homes and kitchens are premises."""
    registry = load_matters(DEFAULT_MATTERS_VERSION)
    found = {
        code: registry.find(Matter(standard_ref="boston-311", kind=MatterKind.MATTER, code=code))
        for code in ("00000", "25001", "18001")
    }
    assert [entry and entry.within for entry in found.values()] == ["25025"] * 3
    assert [entry and entry.place_class for entry in found.values()] == [
        PlaceClass.PUBLIC,
        PlaceClass.PUBLIC,
        PlaceClass.PREMISES,
    ]


def test_an_unknown_version_names_the_variable() -> None:
    """The message says which file is missing and what to set."""
    with pytest.raises(MatterFileError, match=r"matters-1999\.1\.csv.*CIVICLOOP_MATTERS_VERSION"):
        load_matters("1999.1")


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["code,kind"], "first line"),
        ([HEADER, "demo,matter,00001,public"], "line 2"),
        ([HEADER, "demo,matter,00001,public,,,"], "line 2"),
        ([HEADER, "demo,matter,1,public,"], "line 2: code"),
        ([HEADER, "Demo,matter,00001,public,"], "line 2: standard_ref"),
        ([HEADER, "demo,thing,00001,public,"], "line 2: 'thing'"),
        ([HEADER, "demo,matter,00001,secret,"], "line 2: 'secret'"),
        ([HEADER, "demo,matter,00001,public,henan"], "line 2: within"),
        ([HEADER, "demo,matter,*,public,", "demo,matter,*,public,"], "line 3"),
    ],
)
def test_a_broken_line_is_named(lines: list[str], place: str) -> None:
    """Nothing is read from a broken file; the message has the line."""
    with pytest.raises(MatterFileError, match=rf"^test\.csv.*{place}"):
        read_matters("test.csv", lines)
