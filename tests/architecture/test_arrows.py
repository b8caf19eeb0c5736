"""Arrows that import-linter's layers do not say."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"{folder} is empty: the test looks at nothing"
    return found


@pytest.mark.parametrize("file", modules("cartera/rules"), ids=lambda file: file.stem)
def test_rules_know_only_the_standard_library(file: Path) -> None:
    for name in imports(file):
        top = name.partition(".")[0]
        assert name.startswith("cartera.rules") or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("file", modules("jobs"), ids=lambda file: file.stem)
def test_jobs_never_import_api(file: Path) -> None:
    assert not [name for name in imports(file) if name.partition(".")[0] == "api"]


def test_the_business_knows_no_web_and_no_queue() -> None:
    """``cartera.cli`` alone, with its commands, starts the doors."""
    doors = {"api", "jobs", "starlette", "strawberry", "graphql", "arq", "uvicorn"}
    for file in modules("cartera"):
        inside = file.relative_to(ROOT).as_posix()
        if inside == "cartera/cli.py" or inside.startswith("cartera/commands/"):
            continue
        assert not doors & {name.partition(".")[0] for name in imports(file)}, inside


def test_two_files_at_most_import_arq() -> None:
    users = [
        file
        for folder in ("cartera", "api", "jobs")
        for file in modules(folder)
        if "arq" in set(imports(file)) or any(name.startswith("arq.") for name in imports(file))
    ]
    assert len(users) <= 2, users


def test_arq_is_known_to_two_files() -> None:
    files = [file for folder in ("cartera", "api", "jobs") for file in modules(folder)]
    users = [file.name for file in files if any(name.partition(".")[0] == "arq" for name in imports(file))]
    assert users == ["relay.py", "worker.py"]
