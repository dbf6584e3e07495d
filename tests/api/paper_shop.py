"""An order between Sam and Ada with its papers, in a house whose papers nobody renders."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import insert

from activities.db import invoices, orders
from activities.db.engine import transaction
from activities.db.invoices import Issued, NewPaper, Written
from activities.db.order_tables import payouts
from activities.db.orders import Sold
from activities.sealed_papers import SealedPapers
from api.database import now
from api.paper_desk import PaperDesk
from domain.invoices import Document, Paper
from domain.orders import HowSold
from tests.api.conftest import SECRET
from tests.api.floor import Floor
from tests.db.market import add_lot
from tests.domain.test_invoices import DOCUMENTS
from tests.doubles.papers import PapersDouble

PRICE = 1_000_000
OF = {document.paper: document for document in DOCUMENTS}


@dataclass
class PaperShop:
    """Sam's sale to Ada, with one paper of each kind."""

    floor: Floor
    order_id: int
    door: PapersDouble
    papers: dict[Paper, Issued] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"/api/orders/{self.order_id}"

    def path(self, paper: Paper) -> str:
        return f"{self.address}/papers/{self.papers[paper].number}"

    def issue(self, paper: Paper, sealed: SealedPapers) -> None:
        def write(number: str) -> Written:
            document: Document = OF[paper]
            return sealed.written(replace(document, head=replace(document.head, number=number, order_id=self.order_id)))

        with transaction(self.floor.house.engine) as connection:
            wanted = NewPaper(paper, self.order_id, f"{paper.value} {self.order_id}")
            self.papers[paper] = invoices.issue(connection, wanted, write, now())

    def with_statement(self, told: Mapping[str, Any]) -> None:
        """Let the payout be worked out."""
        row = {"order_id": self.order_id, "seller_id": self.floor.person("sam"), "status": "due", "cents": 5}
        row |= {"attempt": 0, "claimed_cents": 0, "reason": "", "statement": json.dumps(told), "updated_at": now()}
        with transaction(self.floor.house.engine) as connection:
            connection.execute(insert(payouts).values(row))

    def render(self, paper: Paper, key: str) -> None:
        with transaction(self.floor.house.engine) as connection:
            invoices.keep_pdf(connection, self.papers[paper].number, key=key, sha256="ab" * 32, now=now())


def open_paper_shop(floor: Floor) -> PaperShop:
    """Sell a car and issue its papers."""
    house, seller, buyer = floor.house, floor.person("sam"), floor.person("ada")
    car = floor.car("sam")
    with transaction(house.engine) as connection:
        lot = add_lot(connection, seller, car)
        order_id = orders.add(connection, Sold(lot, car, seller, buyer, PRICE, HowSold.HAMMER, now()))
    sealed, door = SealedPapers(SECRET), PapersDouble()
    house.services.papers = PaperDesk(sealed, door)
    shop = PaperShop(floor, order_id, door)
    for paper in Paper:
        shop.issue(paper, sealed)
    return shop
