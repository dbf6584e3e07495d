"""The papers of a sale over HTTP: by short links for those they are for, awaited where they are being made."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response

from domain.invoices import Paper, from_text
from temporal.papers import Papers
from tests.api.conftest import House
from tests.api.floor import open_floor, refusal
from tests.api.paper_shop import PaperShop, open_paper_shop
from tests.sandbox.s3.stage import Stage, stage

KEY = "papers/INV-2026-000001/ab.pdf"
PDF_FILE = b"%PDF-1.7 a paper"
AS_JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9"}


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
def shop(house: House) -> PaperShop:
    return open_paper_shop(open_floor(house))


async def read(shop: PaperShop, name: str, path: str, headers: dict[str, str] | None = None) -> Response:
    return await (await shop.floor.client(name)).get(path, headers=headers)


async def test_while_it_is_being_made_its_reader_is_asked_to_come_again(shop: PaperShop) -> None:
    answer = await read(shop, "ada", f"{shop.address}/invoice")
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (202, "2", b"")
    assert shop.door.begun == [shop.papers[Paper.INVOICE].number]


async def test_a_paper_is_read_by_a_link_of_five_minutes(shop: PaperShop, sandbox: Stage) -> None:
    house = shop.floor.house
    house.services.photos = type(house.services.photos)(sandbox.links, house.services.photos.door)
    shop.render(Paper.INVOICE, KEY)
    sandbox.post(sandbox.form(KEY, "application/pdf", least=1), PDF_FILE)
    answer = await read(shop, "ada", f"{shop.address}/invoice", BROWSER)
    link = answer.headers["location"]
    assert (answer.status_code, parse_qs(urlsplit(link).query)["X-Amz-Expires"]) == (303, ["300"])
    file = sandbox.http.get(link)
    assert (file.content, file.headers["content-type"]) == (PDF_FILE, "application/pdf")
    number = shop.papers[Paper.INVOICE].number
    assert file.headers["content-disposition"] == f'inline; filename="{number}.pdf"'
    assert {answer.headers["cache-control"], file.headers["cache-control"]} == {"private, no-store"}


@pytest.mark.parametrize("paper", Paper)
async def test_the_document_itself_is_json(shop: PaperShop, paper: Paper) -> None:
    answer = await read(shop, "ada", shop.path(paper), AS_JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document = from_text(answer.text)
    assert (document.paper, document.head.number) == (paper, shop.papers[paper].number)
    assert shop.door.begun == []


@pytest.mark.parametrize("paper", Paper)
async def test_the_seller_reads_the_bill_of_sale_and_nothing_of_the_buyers_money(shop: PaperShop, paper: Paper) -> None:
    answer = await read(shop, "sam", shop.path(paper))
    assert answer.status_code == (202 if paper is Paper.BILL_OF_SALE else 404)


async def test_the_seller_reads_no_invoice(shop: PaperShop) -> None:
    assert refusal(await read(shop, "sam", f"{shop.address}/invoice")) == (404, "PAPER_NOT_FOUND")


@pytest.mark.parametrize("name", ["bob", "sid"])
async def test_a_stranger_learns_nothing(shop: PaperShop, name: str) -> None:
    for path in ("/invoice", "/papers/INV-2026-000001", "/fee-statement"):
        known = refusal(await read(shop, name, shop.address + path))
        assert known == refusal(await read(shop, name, f"/api/orders/404{path}")) == (404, "PAPER_NOT_FOUND")


async def test_a_paper_of_another_order_is_not_found(shop: PaperShop) -> None:
    assert refusal(await read(shop, "ada", f"{shop.address}/papers/INV-2026-000009")) == (404, "PAPER_NOT_FOUND")
    other = open_paper_shop(shop.floor)
    crossed = f"{other.address}/papers/{shop.papers[Paper.INVOICE].number}"
    assert refusal(await read(shop, "ada", crossed)) == (404, "PAPER_NOT_FOUND")


async def test_a_number_that_is_none_is_refused(shop: PaperShop) -> None:
    assert (await read(shop, "ada", f"{shop.address}/papers/..%2Finvoice")).status_code == 404
    assert (await read(shop, "ada", f"{shop.address}/papers/INV-2026-1")).status_code == 404


async def test_what_the_staff_reads_is_written_down(shop: PaperShop) -> None:
    for name in ("sue", "amy"):
        assert (await read(shop, name, f"{shop.address}/invoice")).status_code == 202
    deeds = [(deed.action, deed.subject) for deed in shop.floor.deeds() if deed.action == "read_paper"]
    assert deeds == [("read_paper", f"order {shop.order_id}")] * 2


async def test_the_fee_statement_is_the_sellers_alone(shop: PaperShop) -> None:
    path = f"{shop.address}/fee-statement"
    assert refusal(await read(shop, "sam", path)) == (404, "PAPER_NOT_FOUND")
    shop.with_statement({"net_cents": 5})
    assert (await read(shop, "sam", path)).json() == {"net_cents": 5}
    assert refusal(await read(shop, "ada", path)) == (404, "PAPER_NOT_FOUND")
    assert (await read(shop, "sue", path)).status_code == 200
    assert shop.floor.deeds()[-1].action == "read_fee_statement"


async def test_the_upkeep_has_papers_rendered(house: House) -> None:
    assert "start_papers" in house.services.upkeep._jobs
    assert isinstance(house.services.papers.door, Papers)
