"""Runs as a script: ties the process to its parent's life, then becomes the program it was given.

The tie is made here and not in a `preexec_fn`, because Python code between fork and exec can deadlock in a parent that
has threads. Called as `python -I -S tether.py PARENT_PID COMMAND...`.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
COMMAND_NOT_FOUND = 127


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's death, make sure that it still lives, and exec."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the kernel was asked; nobody would ever end this process.
        sys.exit(1)
    # Python ignores these, and what is ignored stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - to become that program is its whole purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(COMMAND_NOT_FOUND)


if __name__ == "__main__":
    main()
