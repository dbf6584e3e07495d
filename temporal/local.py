"""`python -m temporal.local`: the embedded profile on this machine, ended by one Ctrl-C. The composition root."""

import sys

from temporal.stack.command import main
from temporal.stack.programs import Programs

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Programs))
