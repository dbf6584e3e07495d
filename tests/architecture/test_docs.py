"""What the documentation names exists: settings, make targets, programs, files, and the paths of the routes."""

import importlib.util
import re
from pathlib import Path

import pytest

from activities.settings import Settings, load_settings
from activities.vendor_settings import VendorSettings
from api.app import create_app
from api.routes import audiences
from tests.architecture.tree import FOLDERS, OTHER_FOLDERS, ROOT

CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# Variables of make, the shell and the tests that are no settings.
OTHER_VARIABLES = frozenset({"ONCE", "PYTHON", "XDG_CACHE_HOME"})
PATH_IN_CODE = re.compile(rf"(?<![\w/.-])((?:{'|'.join((*FOLDERS, *OTHER_FOLDERS))})/[\w./@-]*\w/?)(?![\w*{{<])")
ROUTE_IN_CODE = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*)")


def pages() -> list[Path]:
    """README and everything below docs."""
    return sorted([*ROOT.glob("README.md"), *(ROOT / "docs").rglob("*.md")])


def code_of(page: Path) -> str:
    """The code spans and blocks of a page: there, names are meant literally."""
    return "\n".join(CODE.findall(page.read_text(encoding="utf-8")))


@pytest.fixture(params=pages(), ids=lambda page: str(page.relative_to(ROOT)))
def page(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_make_targets_in_docs_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code_of(page))) - targets == set()


def test_programs_in_docs_exist(page: Path) -> None:
    named = {name.rstrip(".") for name in re.findall(r"python -m ([\w.]+)", code_of(page))}
    ours = {name for name in named if name.split(".")[0] in FOLDERS}
    assert {name for name in ours if not _is_program(name)} == set()


def test_settings_in_docs_exist(page: Path) -> None:
    fields = {*Settings.model_fields, *VendorSettings.model_fields}
    settings = {name.upper() for name in fields} | OTHER_VARIABLES
    assert set(re.findall(r"(?<![\w$-])([A-Z][A-Z0-9_]{3,})=", code_of(page))) - settings == set()


def test_files_in_docs_exist(page: Path) -> None:
    assert [name for name in PATH_IN_CODE.findall(code_of(page)) if not (ROOT / name).exists()] == []


def test_links_in_docs_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", CODE.sub("", page.read_text(encoding="utf-8")))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_routes_in_docs_exist(page: Path) -> None:
    known = {_shape(path) for path in _paths_in_the_edge()}
    assert {path for path in ROUTE_IN_CODE.findall(code_of(page)) if _shape(path) not in known} == set()


def _is_program(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return False
    origin = Path(spec.origin)
    entry = origin.with_name("__main__.py") if origin.name == "__init__.py" else origin
    return entry.exists() and "__main__" in (entry.stem, *re.findall("__main__", entry.read_text(encoding="utf-8")))


def _paths_in_the_edge() -> set[str]:
    """Every path that the application serves; it needs no services to say so."""
    return {path for _, path, _ in audiences(create_app(load_settings()))}


def _shape(path: str) -> str:
    """The path with its parameters alike, so that `{id}` in docs is `{auction_id:int}` in code."""
    return re.sub(r"\{[^}]*\}|(?<=/)\d+", "{}", path).rstrip("/")
