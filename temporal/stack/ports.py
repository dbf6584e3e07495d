"""Which ports the stack listens on: chosen, remembered or free ones, and who holds one that is taken."""

import errno
import json
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from temporal.stack.errors import USAGE, StackError

LOOPBACK = "127.0.0.1"
FREE = 0
LARGEST = 65_535
SOCKET_STATE_LISTEN = "0A"
REMEMBERED = "ports.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortWish:
    """How one port is chosen: `wished` None means the default, 0 a free one; `flag` is what changes it."""

    name: str
    flag: str
    default: int
    wished: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of a running stack, all on loopback."""

    api: int
    temporal: int
    ui: int
    redis: int
    persona: int
    authorize_net: int
    sendgrid: int
    clearvin: int
    vpic: int
    s3: int
    openai: int


def choose(data_dir: Path, wishes: tuple[PortWish, ...]) -> Ports:
    """Settle every port, remember the choice in `data_dir`, and raise a StackError for one that is taken."""
    remembered = _remembered(data_dir)
    chosen: dict[str, int] = {}
    for wish in wishes:
        chosen[wish.name] = _settle(wish, remembered.get(wish.name), set(chosen.values()))
    ports = Ports(**chosen)
    (data_dir / REMEMBERED).write_text(json.dumps(asdict(ports)), encoding="utf-8")
    return ports


def _settle(wish: PortWish, remembered: int | None, taken: set[int]) -> int:
    port = wish.default if wish.wished is None else wish.wished
    # A stack that is started again goes on where people's open pages and bookmarks expect it.
    usable = remembered is not None and remembered not in taken and is_free(remembered)
    if remembered is not None and usable and (wish.wished is None or port == FREE):
        return remembered
    if port == FREE:
        return free_port(taken)
    if not 0 < port <= LARGEST:
        raise StackError(
            f"{wish.flag} is {port}, but a port is between 1 and {LARGEST} (0: any free one)", exit_code=USAGE
        )
    if port in taken:
        raise StackError(f"{wish.flag} is {port}, which another part of the stack uses already", exit_code=USAGE)
    if not is_free(port):
        raise StackError(_busy(wish, port))
    return port


def free_port(taken: set[int] | frozenset[int] = frozenset()) -> int:
    """Find a port nobody listens on that is not among `taken`."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port now; connections that are dying off do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise StackError(f"port {port} needs rights this user does not have; choose one above 1023") from error
            return False
        return True


def holder(port: int) -> str | None:
    """Who listens on the port, as `name (pid 123)`; None where that cannot be seen."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(link.readlink()) in inodes for link in (entry / "fd").iterdir()):
                name = (entry / "comm").read_text(encoding="utf-8").strip()
                return f"{name} (pid {entry.name})"
    return None


def _busy(wish: PortWish, port: int) -> str:
    who = holder(port)
    by = f" by {who}" if who else ""
    return f"port {port} ({wish.name}) is in use{by}; end that process or choose another port with {wish.flag} N"


def _listening_inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == SOCKET_STATE_LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found


def _remembered(data_dir: Path) -> dict[str, int]:
    try:
        content = json.loads((data_dir / REMEMBERED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: port for name, port in content.items() if isinstance(port, int)} if isinstance(content, dict) else {}
