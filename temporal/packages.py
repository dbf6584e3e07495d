"""What comes from the operating system: what papers, tests and benchmark need is installed with apt as root, and asked
for in one line otherwise."""

import contextlib
import ctypes
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
# What papers are rendered with. Debian package: the library that has to load; and the font, by its file's name.
LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
FONTS = {"fonts-dejavu-core": "DejaVuSans.ttf"}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
POLICY = Path("/usr/sbin/policy-rc.d")


def program(*names: str) -> Path | None:
    """The first of these programs that is installed, also when it is for administrators (`/usr/sbin`)."""
    searched = os.pathsep.join([os.environ.get("PATH", os.defpath), ADMIN_PATH])
    found = (shutil.which(name, path=searched) for name in names)
    return next((Path(path) for path in found if path), None)


def missing_for_papers() -> list[str]:
    """The packages without which no paper can be rendered as it was meant to look."""
    libraries = [package for package, library in LIBRARIES.items() if not _loads(library)]
    fonts = [package for package, file in FONTS.items() if not _has_font(file)]
    return [*libraries, *fonts]


def please_install(packages: list[str]) -> str:
    """The one line for who has to install them."""
    return f"please install: {' '.join(packages)} (Debian: sudo apt-get install {' '.join(packages)})"


def install_missing_packages() -> None:
    """Install what is missing; the daemons among it are not started, because the tests start their own. Raises
    `ProvisionError` naming what to install when we may not or cannot."""
    missing = [package for package, programs in PACKAGES.items() if program(*programs) is None]
    missing += missing_for_papers()
    if not missing:
        return
    apt = program("apt-get")
    if apt is None or os.geteuid() != 0:
        raise ProvisionError(please_install(missing))
    say(f"system packages: installing {', '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with tempfile.TemporaryDirectory() as folder, _services_stay_down():
        for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            log = Path(folder) / "apt.log"
            run_with_progress(f"system packages: apt-get {step[0]}", [apt, *step], log=log, cwd=Path(folder), env=env)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font(file: str) -> bool:
    return any(next(folder.rglob(file), None) for folder in FONT_FOLDERS if folder.is_dir())


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
