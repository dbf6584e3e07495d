"""Finds or makes the Temporal Java SDK's test server, which skips time: a week-long auction runs in milliseconds."""

import shutil
import stat
from pathlib import Path

from temporal.cache import ProvisionError, cache_dir, locked, run_with_progress, say

POM = Path(__file__).parent.parent / "tests" / "java" / "pom.xml"
MAIN_CLASS = "io.temporal.testserver.TestServer"
# Every test session starts one and stops it soon: a small heap and the quick compiler start fastest.
JAVA_FLAGS = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m"


def test_server_path() -> Path:
    """A program that takes a port as its argument: `test_server_existing_path` of `start_time_skipping`. Raises
    `ProvisionError` when Java is missing, or Maven when it has yet to be fetched."""
    if shutil.which("java") is None:
        raise ProvisionError("the time-skipping tests need Java: install a JRE, 11 or later (default-jre-headless)")
    folder = cache_dir("test-server", POM, Path(__file__))
    script = folder / "temporal-test-server"
    if not script.exists():
        with locked(folder):
            if not script.exists():
                _make(script)
    return script


def _make(script: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ProvisionError("the time-skipping tests need Maven to fetch their test server: install maven")
    say("test server: fetching it with Maven, once on this machine")
    jars, draft = script.with_name("jars"), script.with_name("jars.draft")
    for left_over in (jars, draft):
        shutil.rmtree(left_over, ignore_errors=True)
    run_with_progress(
        "test server: fetching",
        [maven, "-B", "-q", "-C", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={draft}"],
        log=script.with_name("fetch.log"),
        cwd=script.parent,
    )
    draft.replace(jars)
    wrapper = script.with_name("wrapper.draft")
    wrapper.write_text(f"#!/bin/sh\nexec java {JAVA_FLAGS} -cp '{jars}/*' {MAIN_CLASS} \"$@\"\n", encoding="utf-8")
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    wrapper.replace(script)
    say(f"test server: ready, kept in {script.parent}")
