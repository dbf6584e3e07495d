"""`python -m temporal.provision temporal|test-server|system`: make sure that a Temporal server, the time-skipping test
server or the system's packages are there. Silent when there is nothing to do; `--print` tells the path found."""

import argparse
import sys
from pathlib import Path

from activities.settings import Settings, SettingsError, load_settings
from temporal.cache import ProvisionError, say
from temporal.java_server import test_server_path
from temporal.packages import install_missing_packages, program
from temporal.server_binary import temporal_binary

__all__ = ["ProvisionError", "program", "provide_temporal", "temporal_binary", "test_server_path"]


def provide_temporal(settings: Settings) -> Path | None:
    """The `temporal` CLI to start a server with; None when the settings name the address of a running one. Raises
    `ProvisionError` with one clear line."""
    if settings.names_temporal_server:
        return None
    return temporal_binary(named=settings.temporal_binary, download=settings.temporal_download)


def _provide(what: str) -> Path | None:
    if what == "temporal":
        return provide_temporal(load_settings())
    if what == "test-server":
        return test_server_path()
    install_missing_packages()
    return None


def main(arguments: list[str] | None = None) -> int:
    """0 when it is there, 1 with one line on standard error when it is not."""
    parser = argparse.ArgumentParser(prog="python -m temporal.provision", description=__doc__)
    parser.add_argument("what", choices=["temporal", "test-server", "system"])
    parser.add_argument("--print", action="store_true", dest="print_path", help="print the path of what was found")
    options = parser.parse_args(arguments)
    try:
        path = _provide(options.what)
    except (ProvisionError, SettingsError) as error:
        say(f"provision: {error}")
        return 1
    except OSError as error:  # a full disk, a cache that cannot be written
        say(f"provision: {error.strerror}: {error.filename or 'cache directory'}")
        return 1
    except KeyboardInterrupt:
        say("provision: stopped")
        return 130
    if options.print_path and path is not None:
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
