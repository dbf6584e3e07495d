"""The command behind `python -m temporal.local`: start, say where everything is, wait, stop on the first signal."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from activities.db.people import Role
from activities.settings import Settings, SettingsError, load_settings
from activities.vendor_settings import VendorSettings, load_vendor_settings
from temporal.demo.people import NEWCOMER, PASSWORDS, SELLERS, STAFF
from temporal.stack.data_dir import LOGS
from temporal.stack.environment import LOCAL_NAME
from temporal.stack.errors import INTERRUPTED, USAGE, StackError
from temporal.stack.options import StackOptions, parse
from temporal.stack.ports import LOOPBACK
from temporal.stack.programs import Programs
from temporal.stack.progress import Progress
from temporal.stack.sandboxes import SENDGRID
from temporal.stack.stack import Stack

SIGN_INS = {
    Role.BUYER: NEWCOMER,
    Role.SELLER: SELLERS[0].email,
    **{person.role: person.email for person in reversed(STAFF)},
}
NO_PEOPLE = "The demo's people come in by the vendors' sandboxes; with another vendor set, nobody is there."
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str], programs: type[Programs]) -> int:
    """Run the command and return its exit code; what goes wrong is one line on standard error."""
    options = parse(arguments)
    if not options.once or options.data_dir is not None:
        return _run(options, programs)
    folder = Path(tempfile.mkdtemp(prefix="hammertime-"))
    code = _run(replace(options, data_dir=folder), programs)
    # After a failure its logs are what one wants to read.
    if code in {0, INTERRUPTED}:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        Progress(sys.stdout).say(f"its data and logs are kept in {folder}")
    return code


class Interrupts:
    """The first signal asks for an orderly stop, every later one to hurry."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._note)

    def _note(self) -> None:
        (self.second if self.first.is_set() else self.first).set()


class Visit:
    """One run of the command, from the first process to the last."""

    def __init__(
        self,
        options: StackOptions,
        settings: Settings,
        vendors: VendorSettings,
        progress: Progress,
        programs: type[Programs],
    ) -> None:
        self._options = options
        self._settings = settings
        self._vendors = vendors
        self._progress = progress
        self._programs = programs
        self._is_open = False

    async def run(self) -> int:
        """Run until a signal, or with `once` until the auction is over; the exit code, StackError on failure."""
        interrupts = Interrupts()
        work = asyncio.create_task(self._live(interrupts.second))
        signalled = asyncio.create_task(interrupts.first.wait())
        await asyncio.wait({work, signalled}, return_when=asyncio.FIRST_COMPLETED)
        signalled.cancel()
        if not work.done():
            self._progress.note("stopping (once more to hurry)")
            # Only ever once: the stop runs inside, and a second cancellation would cut it short.
            work.cancel()
        try:
            return await work
        except asyncio.CancelledError:
            return 0 if self._is_open else INTERRUPTED

    async def _live(self, hurry: asyncio.Event) -> int:
        stack = await Stack.open(self._options, self._settings, self._vendors, self._progress, programs=self._programs)
        try:
            if self._options.once and not stack.is_seeded:
                raise StackError(NO_PEOPLE, exit_code=USAGE)
            await stack.unless_failing(stack.start())
            if self._options.once:
                return await stack.unless_failing(stack.supervisor.run(stack.programs.once()))
            self._is_open = True
            self._welcome(stack)
            raise await stack.supervisor.failure()
        finally:
            await stack.stop(hurry)
            self._progress.note("stopped; no process is left")

    def _welcome(self, stack: Stack) -> None:
        programs, others = stack.programs, stack.api_urls[1:]
        lines = [("Hammertime", f"{programs.public_url}/"), ("API docs", f"{programs.public_url}/docs")]
        if not self._settings.names_temporal_server:
            lines.append(("Temporal UI", f"http://{LOCAL_NAME}:{programs.ports.ui}/"))
        lines += [("also", f"{url.replace(LOOPBACK, LOCAL_NAME)}/") for url in others]
        sandboxes = programs.sandboxes
        for sandbox in sandboxes.started:
            address = sandboxes.addresses(sandbox)[sandbox.url_setting]
            lines.append((sandbox.title, f"{address}/" if sandbox is SENDGRID else f"{address}   (sandbox)"))
        lines.append(("logs", str(self._settings.data_dir / LOGS)))
        self._progress.say("")
        for name, value in lines:
            self._progress.say(f"  {name:<15}{value}")
        if stack.is_seeded:
            self._tell_sign_ins()
        elif self._options.seed:
            self._progress.say(f"\n  {NO_PEOPLE}")
        self._progress.say("\n  Ctrl-C stops everything; started again, it goes on where it stopped.\n")

    def _tell_sign_ins(self) -> None:
        self._progress.say("\n  Sign in as")
        for role, email in SIGN_INS.items():
            self._progress.say(f"  {role:<15}{email}   password {PASSWORDS[role]}")
        self._progress.say("  support and admin need a code as well: python -m temporal.demo.authenticators")


def _run(options: StackOptions, programs: type[Programs]) -> int:
    try:
        settings = _settings(options)
        vendors = load_vendor_settings(profile="embedded")
        return asyncio.run(Visit(options, settings, vendors, Progress(sys.stdout), programs).run())
    except SettingsError as error:
        return _complain(StackError(str(error), exit_code=USAGE))
    except StackError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _settings(options: StackOptions) -> Settings:
    # Absolute before anything is derived from it: the programs run in another folder than this process.
    data_dir = options.data_dir or load_settings().data_dir
    return load_settings(data_dir=data_dir.expanduser().absolute())


def _complain(error: StackError) -> int:
    sys.stderr.write(f"hammertime: {' '.join(str(error).split())}\n")
    return error.exit_code
