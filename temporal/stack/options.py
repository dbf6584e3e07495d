"""What `python -m temporal.local` can be told on its command line, and the same as a value for tests."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.settings import Settings
from temporal.stack.ports import FREE, PortWish

API_PORT = 8000
TEMPORAL_PORT = 7233
UI_PORT = 8233
MOST_API_PROCESSES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """How to start a stack. A port of None is the usual one, of 0 a free one; `data_dir` None is the settings' one."""

    data_dir: Path | None = None
    port: int | None = None
    temporal_port: int | None = None
    ui_port: int | None = None
    api_processes: int = 1
    seed: bool = True
    bidders: bool = True
    fresh: bool = False
    once: bool = False
    installed_redis: bool = True

    def port_wishes(self, settings: Settings) -> tuple[PortWish, ...]:
        """The wishes for all ports of the stack; a flag wins over the settings, `once` wants free ones."""
        by_settings = settings.port if "port" in settings.model_fields_set else None
        api = self.port if self.port is not None else by_settings
        return (
            self._wish("api", "--port (or PORT)", API_PORT, FREE if self.once and self.port is None else api),
            self._wish("temporal", "--temporal-port", TEMPORAL_PORT, self.temporal_port),
            self._wish("ui", "--ui-port", UI_PORT, self.ui_port),
            # Nobody types these addresses, so any port will do.
            self._wish("redis", "REDIS_URL", FREE, FREE),
            self._wish("persona", "PERSONA_URL", FREE, FREE),
            self._wish("authorize_net", "AUTHORIZE_NET_URL", FREE, FREE),
            self._wish("sendgrid", "SENDGRID_URL", FREE, FREE),
            self._wish("clearvin", "CLEARVIN_URL", FREE, FREE),
            self._wish("vpic", "VPIC_URL", FREE, FREE),
            self._wish("s3", "S3_URL", FREE, FREE),
            self._wish("openai", "OPENAI_URL", FREE, FREE),
        )

    def _wish(self, name: str, flag: str, default: int, wished: int | None) -> PortWish:
        return PortWish(name=name, flag=flag, default=FREE if self.once else default, wished=wished)


def parse(arguments: Sequence[str]) -> StackOptions:
    """Read the command line; argparse ends the process with one line and exit code 2 for what it does not know."""
    parser = argparse.ArgumentParser(
        prog="python -m temporal.local", description="Start the whole product on this machine, on loopback only."
    )
    parser.add_argument("--once", action="store_true", help="run one auction from schedule to result, then stop")
    parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: DATA_DIR or .hammertime)")
    for name, default in (("port", API_PORT), ("temporal-port", TEMPORAL_PORT), ("ui-port", UI_PORT)):
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"default {default}; 0 takes a free one")
    parser.add_argument("--no-bidders", action="store_true", help="an empty room: nobody bids but you")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left in the data directory")
    parser.add_argument(
        "--api-processes", type=_api_processes, default=1, metavar="N", help="API processes side by side"
    )
    given = parser.parse_args(arguments)
    return StackOptions(
        data_dir=given.data_dir,
        port=given.port,
        temporal_port=given.temporal_port,
        ui_port=given.ui_port,
        api_processes=given.api_processes,
        bidders=not given.no_bidders and not given.once,
        fresh=given.fresh,
        once=given.once,
    )


def _api_processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_API_PROCESSES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_API_PROCESSES}")
    return int(text)
