"""What the documentation says exists, works as named, and is up to date."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote

import pytest
import typer.main

from civicloop.main import build_app

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
GENERATOR: Final = DOCS / "generate.py"
PAGES: Final = sorted(
    page
    for folder in ("", "docs", "services", "shared", "deploy")
    for page in (ROOT / folder).glob("**/*.md" if folder else "*.md")
    if not {".venv", ".local", "node_modules"} & set(page.relative_to(ROOT).parts)
)
_FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
_MAKE: Final = re.compile(r"(?:^|[\s;&|(])make ([a-z][a-z-]*)")
_CIVICLOOP: Final = re.compile(r"(?:^|[\s;&|(\"])civicloop ([a-z][^\n|;)&#]*)")
_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def read(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def code_of(text: str) -> Iterator[str]:
    """Yield what is set as code; lines that end in a backslash go on."""
    for language, block in _FENCED.findall(text):
        if language in ("", "sh"):
            yield block.replace("\\\n", " ")
    yield from _INLINE.findall(_FENCED.sub("", text))


@cache
def whole_command() -> Any:
    """Return the command `civicloop`."""
    return typer.main.get_command(build_app())


def make_targets() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))


def unknown_commands(text: str) -> list[str]:
    """Return what the code in *text* calls although there is no such command or option."""
    code = list(code_of(text))
    targets = {target for part in code for target in _MAKE.findall(part)}
    called = {call for part in code for call in _CIVICLOOP.findall(part)}
    faults = {f"make {target}" for target in targets - make_targets()}
    return sorted(faults | {fault for call in called for fault in _faults(call)})


def _faults(call: str) -> Iterator[str]:
    """Yield what is wrong with one call of `civicloop`."""
    words, command = call.split(), whole_command()
    while words and (inner := getattr(command, "commands", None)) is not None:
        word = words.pop(0).strip("`.,:")
        if word not in inner:
            yield f"civicloop {call}: no command {word}"
            return
        command = inner[word]
    options = {option for parameter in _parameters(command) for option in parameter.opts}
    for option in _OPTION.findall(" ".join(words)):
        if option not in options | {"--help"}:
            yield f"civicloop {call}: no option {option}"


def _parameters(command: Any) -> list[Any]:
    return [] if hasattr(command, "commands") else list(command.params)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as hosts of repositories make them."""
    titles = re.findall(r"^#+ +(.+)$", _FENCED.sub("", read(page)), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in titles)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in plain}


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead nowhere in this repository."""
    broken = []
    for link in _LINK.findall(_FENCED.sub("", text)):
        path, _, anchor = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists() or (anchor and unquote(anchor) not in anchors(target)):
            broken.append(link)
    return broken


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator of reference pages."""
    return subprocess.run(
        [sys.executable, str(GENERATOR), *arguments], capture_output=True, text=True, check=False
    )


def test_reference_pages_are_as_the_code_says() -> None:
    """`make docs` would change nothing."""
    done = generate("--check")
    assert done.returncode == 0, done.stderr


def test_a_page_that_differs_from_the_code_is_named(tmp_path: Path) -> None:
    """A fact that is struck from its page is noticed, and writing mends it."""
    copy = tmp_path / "reference"
    shutil.copytree(DOCS / "reference", copy)
    facts = copy / "facts.md"
    facts.write_text(read(facts).replace("CaseFiled", "CaseFooled"), encoding="utf-8")
    found = generate("--check", "--folder", str(copy))
    assert found.returncode == 1
    assert "facts.md" in found.stderr
    assert "topics.md" not in found.stderr
    assert generate("--folder", str(copy)).returncode == 0
    assert read(facts) == read(DOCS / "reference" / "facts.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    """Every `make` target and every `civicloop` command and option that a page names is there."""
    assert unknown_commands(read(page)) == []


def test_a_command_that_is_not_there_is_found() -> None:
    """An unknown target, command, subcommand and option are each named; prose is left alone."""
    text = (
        "make noise, `make noise`, `make help`\n```sh\ncivicloop conquer\ncivicloop up --fast\n"
        "civicloop department bribe water\ncivicloop department add water \\\n  --gift 1\n```\n"
    )
    assert unknown_commands(text) == [
        "civicloop conquer: no command conquer",
        "civicloop department add water    --gift 1: no option --gift",
        "civicloop department bribe water: no command bribe",
        "civicloop up --fast: no option --fast",
        "make noise",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every link within the repository has a file, and a heading where it names one."""
    assert broken_links(page, read(page)) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    """A missing file and a missing heading are found; addresses elsewhere are not looked at."""
    text = "[a](nowhere.md) [b](README.md#nothing) [c](README.md) [d](https://example.org/x)"
    assert broken_links(DOCS / "README.md", text) == ["nowhere.md", "README.md#nothing"]


def test_the_map_of_the_documentation_is_complete() -> None:
    """Every page under docs is in docs/README.md, decisions as a folder."""
    linked = {
        (DOCS / link.partition("#")[0]).resolve()
        for link in _LINK.findall(read(DOCS / "README.md"))
    }
    pages = {page for page in DOCS.glob("**/*.md") if page.parent.name != "adr"}
    assert pages - linked - {DOCS / "README.md"} == set()
    assert DOCS / "adr" in linked


def test_glossary_names_what_is_in_the_code() -> None:
    """Every name in the glossary's last column is found in code or data."""
    sources = [
        path
        for folder in ("shared", "services")
        for path in (ROOT / folder).glob("*/src/**/*")
        if path.suffix in (".py", ".yaml", ".csv", ".sql")
    ]
    code = "\n".join([*(path.name for path in sources), *map(read, sources)])
    rows = [line.split("|") for line in read(DOCS / "glossary.md").splitlines() if "|" in line]
    names = {name for row in rows for name in _INLINE.findall(row[-2])}
    assert len(names) > 50
    assert {name for name in names if name not in code} == set()


@pytest.mark.parametrize("package", ["kit", "contracts"])
def test_a_package_page_names_every_module(package: str) -> None:
    """The page of a shared package leaves no module out."""
    page = read(ROOT / "shared" / package / "README.md")
    modules = (ROOT / "shared" / package / "src" / f"civicloop_{package}").glob("[a-z]*.py")
    assert [path.name for path in modules if not _names(page, path)] == []


def _names(page: str, module: Path) -> bool:
    return f"`{module.stem}`" in page or f"`{module.name}`" in page or f"`{module.stem}/`" in page


def test_the_example_of_reading_a_topic_works(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python block of the contracts' page prints what is in the example of a filed case."""
    page = read(ROOT / "shared" / "contracts" / "README.md")
    folder = ROOT / "shared" / "contracts" / "src" / "civicloop_contracts" / "examples"
    example = json.loads(read(folder / "civicloop.case.filed.v1.json"))
    record = SimpleNamespace(
        headers=[(name, value.encode()) for name, value in example["headers"].items()],
        value=json.dumps(example["value"]).encode(),
    )
    (block,) = (block for language, block in _FENCED.findall(page) if language == "python")
    exec(block, {"record": record})  # noqa: S102 - our own page
    assert capsys.readouterr().out == f"{example['key']} 01001 410105001\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_shell_examples_can_be_read_by_a_shell(page: Path) -> None:
    """A block marked `sh` is a script without a slip of quotes or brackets."""
    for language, block in _FENCED.findall(read(page)):
        if language == "sh":
            done = subprocess.run(
                ["bash", "-n"],  # noqa: S607 - whichever bash there is
                input=block,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
