"""`python -m api.verify FILE_OR_URL`: checks an auction's exported ledger without trusting whoever served it."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.exports import Export, UnreadableError, load, read_json
from api.proofs import check_head, check_key, check_receipt, platform_key, unseal
from domain.audit import Finding, audit, checks, skipped
from domain.audit_lot import Lot, Opened
from domain.money import dollars

FAILED, UNREADABLE = 1, 2


@dataclass(frozen=True, slots=True)
class Report:
    """The checks in order, what they found, and which of them could not be made."""

    checks: Sequence[str]
    findings: Sequence[Finding]
    skipped: Sequence[str]

    def lines(self) -> Iterator[str]:
        """One line for each check, with a line for each place where it failed."""
        for name in self.checks:
            found = [finding for finding in self.findings if finding.check == name]
            if not found:
                yield f"{'skipped' if name in self.skipped else 'ok     '} {name}"
            for finding in found:
                where = f"seq {finding.seq}: " if finding.seq else ""
                yield f"FAILED  {name}: {where}{finding.sentence}"


def verify(export: Export, *, pinned: str | None, receipts: Sequence[str], secret: bytes | None) -> Report:
    """Make every check that the given keys and receipts allow. Raises UnreadableError."""
    made, found = ["public key", "head"], [*check_key(export, pinned, secret), *check_head(export)]
    opened: dict[int, Opened] | None = None
    if secret is not None:
        opened, closed = unseal(export, secret)
        made.append("seals")
        found += closed
    # Only an audit export may be taken before the end; the public one comes after it.
    running = export.sealed is not None and bool(export.entries) and not _is_over(export)
    lot = Lot(export.auction_id, export.entries, opened, running)
    made += checks(lot)
    rules = audit(lot)
    found += rules
    for name in receipts:
        made.append(f"receipt {name}")
        found += check_receipt(export, name, read_json(name))
    return Report(made, found, skipped(lot, rules))


def main(arguments: Sequence[str]) -> int:
    """Print one line for each check. 0 when all is well, 1 when something failed, 2 when the input cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m api.verify", description=__doc__)
    parser.add_argument("source", metavar="FILE_OR_URL", help="an exported ledger, or the address of an auction")
    parser.add_argument("--public-key", metavar="HEX", help="the platform's public key, known from elsewhere")
    parser.add_argument("--receipt", metavar="FILE", action="append", default=[], help="a receipt that must be in it")
    parser.add_argument("--platform-key", metavar="FILE", help="the platform's secret, to open an audit export")
    options = parser.parse_args(arguments)
    try:
        secret = None if options.platform_key is None else platform_key(options.platform_key)
        export = load(options.source)
        report = verify(export, pinned=options.public_key, receipts=options.receipt, secret=secret)
    except UnreadableError as error:
        print(f"verify: {error}".replace("\n", " "), file=sys.stderr)
        return UNREADABLE
    print(_headline(export))
    for line in report.lines():
        print(line)
    if options.public_key is None:
        print(f"note    the key was taken from the export itself: {export.public_key}; --public-key pins it")
    return FAILED if report.findings else 0


def _is_over(export: Export) -> bool:
    return bool(export.entries[-1].public.get("status") == "ended")


def _headline(export: Export) -> str:
    last = export.entries[-1].public if export.entries else {}
    price = last.get("price_cents")
    standing = "no price" if not isinstance(price, int) else f"{dollars(price)} by {last.get('leader')}"
    return f"auction {export.auction_id}: {len(export.entries)} entries, {last.get('status')}, {standing}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
