"""`python -m api.rehearse FILE` (`-` for standard input): plays worked bidding sequences, one JSON line for each."""

import json
import sys
from pathlib import Path

from domain.rehearsal import RehearsalError, play

BAD_FILE = 2


def main(arguments: list[str]) -> int:
    """Print `{"name", "results"}` for each sequence. 0 when all were played, 2 with one line on stderr if not."""
    if len(arguments) != 1:
        print("usage: python -m api.rehearse FILE   (- for standard input)", file=sys.stderr)
        return BAD_FILE
    name = arguments[0]
    try:
        text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        played = play(json.loads(text.decode("utf-8-sig")))
    except OSError as error:
        return _bad(name, error.strerror or str(error))
    except RecursionError:
        return _bad(name, "is nested too deeply")
    except UnicodeDecodeError:
        return _bad(name, "is not UTF-8 text")
    except json.JSONDecodeError as error:
        return _bad(name, f"is not JSON: {error}")
    except (RehearsalError, ValueError) as error:
        return _bad(name, str(error))
    for sequence in played:
        print(json.dumps(sequence))
    return 0


def _bad(name: str, why: str) -> int:
    print(f"rehearse: {name}: {why}".replace("\n", " "), file=sys.stderr)
    return BAD_FILE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
