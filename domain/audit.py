"""Checks a ledger: what anybody can check of a public export, and what the platform can with the private parts opened.

Source: auction-rules.md section 5. Nothing here trusts the export: what cannot be read is a finding, never an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from domain import (
    audit_chain,
    audit_clock,
    audit_people,
    audit_price,
    audit_purchases,
    audit_refusals,
    audit_result,
)
from domain.audit_form import form
from domain.audit_lot import Inspection, Lot
from domain.audit_replay import replay

# By the name under which they are reported, in this order. The first ones can read anything at all.
INTEGRITY: Mapping[str, Inspection] = MappingProxyType(
    {
        "sequence": audit_chain.sequence,
        "chain": audit_chain.chain,
        "commitments": audit_chain.commitments,
        "form": form,
    }
)
RULES: Mapping[str, Inspection] = MappingProxyType(
    {
        "order": audit_clock.order,
        "status": audit_clock.status,
        "bid times": audit_clock.bid_times,
        "end": audit_clock.end,
        "holds": audit_clock.holds,
        "sundays": audit_clock.sundays,
        "outages": audit_clock.outages,
        "version": audit_price.versions,
        "refused change nothing": audit_price.refused_change_nothing,
        "price": audit_price.prices,
        "next minimum": audit_price.minimums,
        "bids": audit_price.bids,
        "reserve": audit_price.reserve,
        "reserve step": audit_price.reserve_step,
        "aliases": audit_people.aliases,
        "leader": audit_people.leaders,
        "counts": audit_people.counts,
        "bid ids": audit_people.bid_ids,
        "retractions": audit_people.retractions,
        "withdrawals": audit_people.withdrawals,
        "refusals": audit_refusals.refusals,
        "commands": audit_refusals.commands,
        "purchases": audit_purchases.purchases,
        "result": audit_result.results,
        "nothing after the result": audit_result.aftermath,
    }
)
PRIVATE: Mapping[str, Inspection] = MappingProxyType({"openings": audit_chain.openings, "replay": replay})
ALL: Mapping[str, Inspection] = MappingProxyType({**INTEGRITY, **RULES, **PRIVATE})
FOUNDATIONS = frozenset({"sequence", "form"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: the check that found it, the place in the ledger (0 for the whole of it), and a sentence."""

    check: str
    seq: int
    sentence: str


def checks(lot: Lot) -> tuple[str, ...]:
    """The names of all checks that belong to this lot; those on private parts only where there are some."""
    return (*INTEGRITY, *RULES, *(PRIVATE if lot.opened is not None else ()))


def skipped(lot: Lot, findings: Sequence[Finding]) -> tuple[str, ...]:
    """The checks that `audit` could not make after what it found: without form no facts, without openings no replay."""
    found = {finding.check for finding in findings}
    if found & FOUNDATIONS:
        return tuple(name for name in checks(lot) if name not in INTEGRITY)
    return ("replay",) if "openings" in found else ()


def audit(lot: Lot) -> list[Finding]:
    """Everything that is wrong with a ledger, in the order of `checks`; an empty list for a good one.

    The rules are looked at only in a ledger of the right form, because they read its facts, and it is replayed only
    from private parts that open their commitments.
    """
    found = list[Finding]()
    for name in checks(lot):
        if name not in skipped(lot, found):
            found += (Finding(name, seq, sentence) for seq, sentence in ALL[name](lot))
    return found
