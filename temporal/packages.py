"""Programs that come from the operating system: what tests and benchmark need is installed with apt as root, and asked
for in one line otherwise."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from temporal.cache import ProvisionError, run_with_progress, say

ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
# Debian package: the programs of which one must be there.
PACKAGES = {
    "redis-server": ("redis-server",),
    "mariadb-server": ("mariadbd", "mysqld"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "wrk": ("wrk",),
    "default-jre-headless": ("java",),
    "maven": ("mvn",),
}
POLICY = Path("/usr/sbin/policy-rc.d")


def program(*names: str) -> Path | None:
    """The first of these programs that is installed, also when it is for administrators (`/usr/sbin`)."""
    searched = os.pathsep.join([os.environ.get("PATH", os.defpath), ADMIN_PATH])
    found = (shutil.which(name, path=searched) for name in names)
    return next((Path(path) for path in found if path), None)


def install_missing_packages() -> None:
    """Install what is missing; the daemons among it are not started, because the tests start their own. Raises
    `ProvisionError` naming what to install when we may not or cannot."""
    missing = [package for package, programs in PACKAGES.items() if program(*programs) is None]
    if not missing:
        return
    apt = program("apt-get")
    if apt is None or os.geteuid() != 0:
        raise ProvisionError(f"please install: {' '.join(missing)} (Debian: sudo apt-get install {' '.join(missing)})")
    say(f"system packages: installing {', '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with tempfile.TemporaryDirectory() as folder, _services_stay_down():
        for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            log = Path(folder) / "apt.log"
            run_with_progress(f"system packages: apt-get {step[0]}", [apt, *step], log=log, cwd=Path(folder), env=env)


@contextlib.contextmanager
def _services_stay_down() -> Iterator[None]:
    """Debian asks this file before it starts a service; 101 means no. A machine's own policy is left as it is."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
