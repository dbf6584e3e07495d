"""What signatures and receipts prove about an export, and how the platform's key opens its sealed parts."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from activities.keys import KEY_BYTES, Sealer, Signer, head_message, is_signed, receipt_message
from api.exports import Export, UnreadableError, entry_of
from domain.audit import Finding
from domain.audit_chain import opens
from domain.audit_lot import Opened, PublicEntry

# The facts of a receipt or answer that its entry has too, by their names in both.
SAME_FACTS = {
    **{name: name for name in ("auction_id", "bid_id", "outcome", "code", "price_cents", "minimum_next_cents")},
    **{name: name for name in ("reserve", "ends_at", "received_at", "version", "kind", "seq")},
    "decided_at": "at",
}


def platform_key(name: str) -> bytes:
    """The platform's secret from its file (32 bytes in base64). Raises UnreadableError."""
    try:
        key = base64.b64decode(Path(name).read_bytes().strip(), validate=True)
    except OSError as error:
        raise UnreadableError(f"{name}: {error.strerror or error}") from error
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise UnreadableError(f"{name}: must be {KEY_BYTES} bytes in base64")
    return key


def check_head(export: Export) -> Iterator[Finding]:
    """The signed head is that of the last entry, and the export's key has signed it."""
    head, last = export.head, export.entries[-1] if export.entries else None
    if last is None or (head.get("seq"), head.get("hash")) != (last.seq, last.hash):
        yield Finding("head", last.seq if last else 0, "the signed head is not the last entry")
    if head.get("auction_id") != export.auction_id or head.get("public_key") != export.public_key:
        yield Finding("head", 0, "the signed head is of another auction or key")
    message = head_message(export.auction_id, _number(head.get("seq")), str(head.get("hash")))
    if not is_signed(export.public_key, message, str(head.get("signature"))):
        yield Finding("head", 0, "the head's signature does not verify")


def check_key(export: Export, pinned: str | None, secret: bytes | None) -> Iterator[Finding]:
    """The export's key is the one that is known from elsewhere, and that of the platform's secret."""
    if pinned is not None and pinned.lower() != export.public_key:
        yield Finding("public key", 0, f"the export is signed by {export.public_key}, not by the key you gave")
    if secret is not None and Signer(secret).public_key != export.public_key:
        yield Finding("public key", 0, "the export's key is not that of the platform's key")


def check_receipt(export: Export, name: str, receipt: Any) -> Iterator[Finding]:
    """A receipt's entry is in the ledger, signed, with the same facts, and its private part opens it.

    `receipt` is the JSON of `GET /api/bids/{bid_id}`, or the answer to the bid. Raises UnreadableError for neither.
    """
    if not isinstance(receipt, dict) or not {"seq", "hash", "signature"} <= receipt.keys():
        raise UnreadableError(f"{name}: is no receipt: it has no seq, hash and signature")
    check, seq, digest = f"receipt {name}", _number(receipt["seq"]), str(receipt["hash"])
    entry = next((entry for entry in export.entries if entry.seq == seq), None)
    if entry is None or entry.hash != digest:
        yield Finding(check, seq, "its hash is not in the ledger at its seq")
        return
    if not is_signed(export.public_key, receipt_message(export.auction_id, seq, digest), str(receipt["signature"])):
        yield Finding(check, seq, "its signature does not verify")
    for fact in _other_facts(receipt, entry.public):
        yield Finding(check, seq, f"its {fact} is not that of the ledger")
    yield from (Finding(check, seq, sentence) for sentence in _own_part(receipt, entry))


def unseal(export: Export, secret: bytes) -> tuple[dict[int, Opened], list[Finding]]:
    """The private parts of an audit export, and what does not open. Raises UnreadableError for a public export."""
    if export.sealed is None:
        raise UnreadableError("the export has no sealed parts: the platform's key opens GET /api/auctions/{id}/audit")
    sealer, opened, findings = Sealer(secret), dict[int, Opened](), list[Finding]()
    for entry in export.entries:
        found = _open(sealer, export.sealed.get(entry.seq, ""), f"{export.auction_id}:{entry.seq}")
        if found is None:
            findings.append(Finding("seals", entry.seq, "its seal does not open under this platform's key"))
        else:
            opened[entry.seq] = found
    return opened, findings


def _open(sealer: Sealer, sealed: str, place: str) -> Opened | None:
    try:
        plain = json.loads(sealer.open(sealed, place))
    except (InvalidTag, ValueError):
        return None
    return _opened(plain)


def _opened(value: Any) -> Opened | None:
    if not isinstance(value, dict) or not isinstance(value.get("nonce"), str):
        return None
    private = value.get("private")
    return Opened(private, value["nonce"]) if private is None or isinstance(private, dict) else None


def _other_facts(receipt: Mapping[str, Any], public: Mapping[str, Any]) -> Iterator[str]:
    for name, own in SAME_FACTS.items():
        if name in receipt and receipt[name] != public.get(own):
            yield name
    leader = public["bidder"] if receipt.get("leader") == "you" else receipt.get("leader")
    if "leader" in receipt and leader != public.get("leader"):
        yield "leader"


def _own_part(receipt: Mapping[str, Any], entry: PublicEntry) -> Iterator[str]:
    if "entry" in receipt and entry_of(receipt["entry"]) != entry:
        yield "the entry in it is not that of the ledger"
    if "nonce" not in receipt:
        return
    opened = _opened(receipt)
    if opened is None or not opens(entry, opened):
        yield "its private part and nonce do not open the entry's commitment"
    elif "cents" in receipt and receipt["cents"] != (opened.private or {}).get("cents"):
        yield "its cents are not those of its private part"


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
