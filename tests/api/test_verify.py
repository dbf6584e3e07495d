"""The verifier as a stranger runs it: on files and addresses, with receipts and keys, and on what is broken."""

import base64
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from activities.db.history import LedgerRow
from activities.keys import Sealer, Signer
from api.audits import seal
from api.bid_views import entry_view
from api.verify import main
from tests.domain.audit_ledgers import AUCTION_ID, Sale, eventful

SECRET = b"s" * 32
SIGNER = Signer(SECRET)


def page(sale: Sale, *, audit: bool = False) -> dict[str, Any]:
    """What the routes answer for a sale, in one page."""
    entries = sale.auction.tail.entries
    rows = [LedgerRow(AUCTION_ID, e.seq, e.prev_hash, e.hash, e.public, e.private, e.nonce) for e in entries]
    items = [{**entry_view(row), **({"sealed": seal(Sealer(SECRET), row)} if audit else {})} for row in rows]
    seq, digest = entries[-1].seq, entries[-1].hash
    head = {"auction_id": AUCTION_ID, "seq": seq, "hash": digest, "public_key": SIGNER.public_key}
    head["signature"] = SIGNER.head(AUCTION_ID, seq, digest)
    return {
        "auction_id": AUCTION_ID,
        "public_key": SIGNER.public_key,
        "items": items,
        "next_cursor": None,
        "total": seq,
        "head": head,
    }


def receipt(sale: Sale, seq: int, /, **changes: Any) -> dict[str, Any]:
    """A receipt as GET /api/bids/{bid_id} answers it."""
    entry = sale.auction.tail.entries[seq - 1]
    public, private = entry.public, entry.private or {}
    return {
        "bid_id": public["bid_id"],
        "auction_id": AUCTION_ID,
        "seq": seq,
        "cents": private["cents"],
        "leader": "you" if public["leader"] == public["bidder"] else public["leader"],
        **{name: public[name] for name in ("kind", "outcome", "code", "price_cents", "reserve", "ends_at")},
        "decided_at": public["at"],
        "hash": entry.hash,
        "signature": SIGNER.receipt(AUCTION_ID, seq, entry.hash),
        "entry": page(sale)["items"][seq - 1],
        "private": entry.private,
        "nonce": entry.nonce,
        **changes,
    }


@pytest.fixture
def keep(tmp_path: Path) -> Any:
    def write(value: object, name: str = "export.json") -> str:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "platform.key"
    path.write_bytes(base64.b64encode(SECRET) + b"\n")
    return str(path)


def failed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.removeprefix("FAILED  ") for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED")]


def test_a_true_export_passes_every_check(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([keep(page(eventful()))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "auction 7: 43 entries, ended, $9,100 by Bidder 1"
    assert {line.split()[0] for line in lines[1:-1]} == {"ok"}
    assert lines[-1].startswith(f"note    the key was taken from the export itself: {SIGNER.public_key}")


def test_a_list_of_pages_is_an_export_too(keep: Any) -> None:
    whole = page(eventful())
    pages = [
        {**whole, "items": whole["items"][:20], "next_cursor": "20"},
        {**whole, "items": whole["items"][20:]},
    ]
    assert main([keep(pages)]) == 0


def test_a_pinned_key_is_compared(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    export = keep(page(eventful()))
    assert main([export, "--public-key", SIGNER.public_key.upper()]) == 0
    assert "note" not in capsys.readouterr().out
    assert main([export, "--public-key", Signer(b"x" * 32).public_key]) == 1
    assert failed(capsys)[0].startswith("public key: the export is signed by")


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"hash": "0" * 64}, "head: seq 43: the signed head is not the last entry"),
        ({"signature": "00" * 64}, "head: the head's signature does not verify"),
        ({"signature": "no hex"}, "head: the head's signature does not verify"),
        ({"auction_id": 8}, "head: the signed head is of another auction or key"),
    ],
)
def test_a_head_that_is_not_signed_is_found(
    keep: Any, capsys: pytest.CaptureFixture[str], change: dict[str, Any], check: str
) -> None:
    export = page(eventful())
    assert main([keep({**export, "head": {**export["head"], **change}})]) == 1
    assert check in failed(capsys)


def test_a_cut_off_export_is_found(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    export = page(eventful())
    assert main([keep({**export, "items": export["items"][:-1]})]) == 1
    assert failed(capsys) == ["head: seq 42: the signed head is not the last entry"]


def test_a_changed_fact_is_named_with_its_place(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    export = page(eventful())
    export["items"][9]["public"]["price_cents"] += 100
    assert main([keep(export)]) == 1
    assert "chain: seq 10: its hash is not that of its contents" in failed(capsys)


def test_what_cannot_be_checked_is_not_called_ok(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    export = page(eventful())
    export["items"][9]["public"]["status"] = 5
    assert main([keep(export)]) == 1
    out = capsys.readouterr().out
    assert "FAILED  form: seq 10: `status` cannot be 5" in out
    assert "skipped price" in out
    assert "ok      price" not in out


@pytest.mark.parametrize("seq", [8, 13, 36, 41])
def test_receipts_are_in_the_ledger(keep: Any, capsys: pytest.CaptureFixture[str], seq: int) -> None:
    sale = eventful()
    own = receipt(sale, seq)
    answer = {name: own[name] for name in ("bid_id", "auction_id", "seq", "outcome", "leader", "hash", "signature")}
    files = ["--receipt", keep(own, "receipt.json"), "--receipt", keep(answer, "answer.json")]
    assert main([keep(page(sale)), *files]) == 0
    assert capsys.readouterr().out.count("ok      receipt") == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hash": "0" * 64}, "its hash is not in the ledger at its seq"),
        ({"seq": 9}, "its hash is not in the ledger at its seq"),
        ({"seq": 900}, "its hash is not in the ledger at its seq"),
        ({"signature": "00" * 64}, "its signature does not verify"),
        ({"price_cents": 1}, "its price_cents is not that of the ledger"),
        ({"leader": "you"}, "its leader is not that of the ledger"),
        (
            {"private": {"bidder_id": "bob", "cents": 1}},
            "its private part and nonce do not open the entry's commitment",
        ),
        ({"nonce": "zz"}, "its private part and nonce do not open the entry's commitment"),
        ({"nonce": 5}, "its private part and nonce do not open the entry's commitment"),
        ({"cents": 1}, "its cents are not those of its private part"),
    ],
)
def test_a_receipt_that_contradicts_the_ledger_is_found(
    keep: Any, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], sentence: str
) -> None:
    sale = eventful()
    assert main([keep(page(sale)), "--receipt", keep(receipt(sale, 8, **changes), "receipt.json")]) == 1
    assert any(line.endswith(sentence) for line in failed(capsys))


def test_a_receipt_of_another_entry_is_found(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sale = eventful()
    other = receipt(sale, 8, entry=page(sale)["items"][9])
    assert main([keep(page(sale)), "--receipt", keep(other, "receipt.json")]) == 1
    assert failed(capsys)[0].endswith("the entry in it is not that of the ledger")


def test_the_platforms_key_proves_the_exact_price(keep: Any, key_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([keep(page(eventful(), audit=True)), "--platform-key", key_file]) == 0
    out = capsys.readouterr().out
    assert all(f"ok      {name}\n" in out for name in ("seals", "openings", "replay"))


def test_an_audit_before_the_close_is_no_failure(keep: Any, key_file: str) -> None:
    sale = Sale()
    sale.start()
    assert main([keep(page(sale, audit=True)), "--platform-key", key_file]) == 0
    assert main([keep(page(sale))]) == 1


def test_another_platforms_key_opens_nothing(keep: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.key"
    other.write_bytes(base64.b64encode(b"o" * 32))
    assert main([keep(page(eventful(), audit=True)), "--platform-key", str(other)]) == 1
    lines = failed(capsys)
    assert "public key: the export's key is not that of the platform's key" in lines
    assert "seals: seq 1: its seal does not open under this platform's key" in lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "this is no ledger export"),
        ("{}", "this is no ledger export"),
        ("7", "this is no ledger export"),
        ('{"items": []}', "has an auction_id, a public_key and a head"),
        ('{"items": [1], "auction_id": 7, "public_key": "", "head": {}}', "an entry is a JSON object"),
        ('{"items": [], "auction_id": 7, "public_key": "", "head": {}, "next_cursor": "5"}', "not whole"),
        (
            '{"items": [{"seq": 1, "public": {}}], "auction_id": 7, "public_key": "", "head": {}}',
            "entry 1 lacks one of",
        ),
    ],
)
def test_what_is_no_export_is_one_line(keep: Any, capsys: pytest.CaptureFixture[str], text: str, words: str) -> None:
    assert main([keep(text)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("verify: ")
    assert words in errors
    assert errors.count("\n") == 1


def test_pages_of_two_auctions_are_no_export(keep: Any, capsys: pytest.CaptureFixture[str]) -> None:
    export = page(eventful())
    assert main([keep([{**export, "auction_id": 8}, export])]) == 2
    assert "different auctions" in capsys.readouterr().err


def test_files_that_are_missing_or_no_text_or_no_key_are_one_line(
    keep: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    export = keep(page(eventful()))
    wrong = keep("not a key", "short.key")
    commands = [
        [str(tmp_path / "none.json")],
        [str(tmp_path / "binary")],
        [str(tmp_path)],
        [export, "--receipt", keep({"seq": 1}, "receipt.json")],
        [export, "--platform-key", wrong],
        [export, "--platform-key", str(tmp_path / "none.key")],
        [export, "--platform-key", keep(base64.b64encode(SECRET).decode(), "right.key")],
        ["http://127.0.0.1:1/somewhere/else"],
        ["http://127.0.0.1:1/api/auctions/7"],
    ]
    for command in commands:
        assert main(command) == 2, command
        assert capsys.readouterr().err.count("\n") == 1


class Site(BaseHTTPRequestHandler):
    """Serves one ledger in pages of twenty."""

    def __init__(self, export: dict[str, Any], *rest: Any) -> None:
        self.export = export
        super().__init__(*rest)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path != "/api/auctions/7/ledger":
            return self.answer(404, {"code": "AUCTION_NOT_FOUND", "detail": "There is no such auction."})
        start = int(parse_qs(address.query).get("cursor", ["0"])[0])
        items = self.export["items"][start : start + 20]
        following = str(start + 20) if start + 20 < len(self.export["items"]) else None
        return self.answer(200, {**self.export, "items": items, "next_cursor": following})

    def answer(self, status: int, value: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the signature of the base class
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, page(eventful())))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/api/auctions/7", "/api/auctions/7/", "/api/auctions/7/ledger", "/auctions/7"])
def test_an_address_is_read_page_by_page(site: str, path: str) -> None:
    assert main([site + path]) == 0


def test_a_refusing_site_is_one_line(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{site}/api/auctions/8"]) == 2
    assert "answered 404: There is no such auction." in capsys.readouterr().err
