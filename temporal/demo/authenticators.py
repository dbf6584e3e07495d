"""The authenticator apps of the demo's staff; `python -m temporal.demo.authenticators` prints what they show now."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from activities.one_time_codes import STEP_S, code_at
from activities.settings import SettingsError, load_settings
from temporal.demo.private_file import write_private

FILE_NAME = "demo-authenticators.json"
USAGE = 2
STEP = timedelta(seconds=STEP_S)


class Apps:
    """Secrets by e-mail address, in a file of the data directory that is read anew for every question."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> Mapping[str, str]:
        """Every app; none where there is no file, or something else under its name."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}

    def keep(self, email: str, secret: str) -> None:
        """Set up an app, in the place of the one that there was."""
        write_private(self._path, msgspec.json.encode({**self.all(), email: secret}))

    def codes(self, email: str, at: datetime) -> tuple[str, ...]:
        """What the app showed half a minute ago, shows now and shows next: all are good, each once, in this order."""
        secret = self.all().get(email)
        return () if secret is None else tuple(code_at(secret, at + step * STEP) for step in (-1, 0, 1))


def main() -> int:
    """Print the codes; each is good once, for about half a minute. 2, with one line, where there are none."""
    try:
        path = load_settings().data_dir / FILE_NAME
    except SettingsError as error:
        return _complain(str(error))
    apps, now = Apps(path).all(), datetime.now(UTC)
    for email in sorted(apps):
        sys.stdout.write(f"{email}  {code_at(apps[email], now)}\n")
    return 0 if apps else _complain(f"{path} holds no authenticator; the demo's staff make it when they come in")


def _complain(message: str) -> int:
    sys.stderr.write(f"authenticators: {message}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
