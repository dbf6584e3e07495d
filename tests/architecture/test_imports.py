"""Imports point one way, stand at the top of their module, and domain needs nothing but Python."""

import ast
import sys
from pathlib import Path

from importlinter.cli import lint_imports

from tests.architecture.tree import ROOT, imports_of, modules

EXIT_OK = 0
# What a contract is made of: plain values and the names Temporal knows them by.
CONTRACT_NEEDS = frozenset({"domain", "msgspec", "temporalio"})


def test_the_import_contracts_are_kept() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_OK


def test_domain_imports_the_standard_library_only() -> None:
    assert _foreign(Path("domain"), {"domain"}) == []


def test_activity_contracts_know_only_the_domain() -> None:
    assert _foreign(Path("activities/contracts.py"), CONTRACT_NEEDS) == []


def test_imports_stand_at_the_top_of_the_module() -> None:
    inner = [
        f"{path}:{line} {name}"
        for path, tree in modules().items()
        for scope in ast.walk(tree)
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
        for line, name in imports_of(scope)
    ]
    assert inner == []


def test_imports_are_absolute() -> None:
    relative = [
        f"{path}:{line}" for path, tree in modules().items() for line, name in imports_of(tree) if name.startswith(".")
    ]
    assert relative == []


def _foreign(below: Path, allowed: set[str] | frozenset[str]) -> list[str]:
    known = sys.stdlib_module_names | allowed
    return [
        f"{path}:{line} {name}"
        for path, tree in modules().items()
        if path.is_relative_to(below)
        for line, name in imports_of(tree)
        if name.split(".")[0] not in known
    ]
