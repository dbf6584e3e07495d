"""Finding the last commit before the accounts, and its files."""

import subprocess
from pathlib import Path

from tests.load.earlier import FIRST_OF_ACCOUNTS, before_accounts, tree_of

AUTHOR = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")


def test_the_last_commit_without_the_accounts_tables_is_found_whatever_came_after(tmp_path: Path) -> None:
    commits = _repository(tmp_path, "README.md", "activities/db/tables.py", FIRST_OF_ACCOUNTS, "later.py")
    assert before_accounts(tmp_path) == commits[1]


def test_its_files_stand_in_a_folder_of_their_own(tmp_path: Path) -> None:
    commits = _repository(tmp_path, "README.md", FIRST_OF_ACCOUNTS)
    with tree_of(commits[0], tmp_path) as tree:
        assert [path.name for path in tree.iterdir()] == ["README.md"]
    assert not tree.exists()
    assert (tmp_path / FIRST_OF_ACCOUNTS).exists()


def test_without_git_or_with_a_history_that_begins_later_there_is_none(tmp_path: Path) -> None:
    assert before_accounts(tmp_path) is None
    _repository(tmp_path, FIRST_OF_ACCOUNTS, "later.py")
    assert before_accounts(tmp_path) is None


def _repository(folder: Path, *files: str) -> list[str]:
    """One commit for each file; their names."""
    _git(folder, "init", "--quiet")
    commits = []
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        _git(folder, "add", name)
        _git(folder, *AUTHOR, "commit", "--quiet", "--no-verify", "--message", name)
        commits.append(_git(folder, "rev-parse", "HEAD").strip())
    return commits


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout
