"""Files and functions stay small, folders are the architecture, and importing a module creates nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import FOLDERS, OTHER_FOLDERS, ROOT, modules, source_files

FILE_LINES = 400
FUNCTION_LINES = 50
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "service", "misc"})
# Calls that open something, read the environment or configure the process.
MAKERS = frozenset(
    {
        "AsyncClient",
        "Client",
        "ConnectionPool",
        "FastAPI",
        "Fernet",
        "Redis",
        "Runtime",
        "Settings",
        "ThreadPoolExecutor",
        "Worker",
        "basicConfig",
        "configure",
        "configure_logs",
        "create_async_engine",
        "create_engine",
        "from_url",
        "getenv",
        "load_settings",
        "make_engine",
        "sessionmaker",
    }
)


def test_files_stop_at_400_lines() -> None:
    sizes = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in source_files()}
    assert {path: lines for path, lines in sizes.items() if lines > FILE_LINES} == {}


def test_functions_stop_at_50_lines() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": lines
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_the_top_level_folders_are_the_architecture() -> None:
    code = {path.parent.parts[0] for path in map(_relative, ROOT.glob("*/*.py")) if not path.parts[0].startswith(".")}
    assert code == set(FOLDERS)
    assert not code & OTHER_FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_top_level_init_is_empty(folder: str) -> None:
    assert (ROOT / folder / "__init__.py").read_text(encoding="utf-8") == ""


def test_files_are_named_for_nouns_of_the_business() -> None:
    assert [str(path) for path in source_files() if path.stem in FORBIDDEN_NAMES and path.suffix == ".py"] == []


def test_importing_a_module_creates_nothing() -> None:
    made = [
        f"{path}:{call.lineno} {_called(call)}"
        for path, tree in modules().items()
        for statement in _run_at_import(tree)
        for call in _calls(statement)
        if _called(call) in MAKERS
    ]
    assert made == []


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT)


def _run_at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of the module and its classes, without functions and the part for running it as a program."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test):
            continue
        yield from statement.body if isinstance(statement, ast.ClassDef) else (statement,)


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
