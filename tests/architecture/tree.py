"""The source tree as the architecture tests see it: its folders, its files and their syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("activities", "api", "domain", "migrations", "temporal", "tests", "web", "workflows")
# `docs` and the data directory hold no code; a checkout may lack them.
OTHER_FOLDERS = frozenset({"docs"})
SOURCE_SUFFIXES = frozenset({".py", ".js", ".css", ".html", ".jinja", ".sh"})


def is_ours(path: Path) -> bool:
    """Neither vendored nor generated."""
    return not {"vendor", "node_modules", "__pycache__", "target"} & set(path.parts)


def source_files() -> list[Path]:
    """Every source file we wrote, relative to the root."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SOURCE_SUFFIXES)
    return sorted(path.relative_to(ROOT) for path in found if is_ours(path.relative_to(ROOT)))


def modules() -> dict[Path, ast.Module]:
    """Every Python file with its syntax tree."""
    return {
        path: ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))
        for path in source_files()
        if path.suffix == ".py"
    }


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full module name of each import below this node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
