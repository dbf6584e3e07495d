"""Invoices, receipts and refund notes of orders: document, number and transfer in the ledger are one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from activities.buyers import buyer_of, details_of, party_of
from activities.db import accounts, invoices, money_ledger, order_money, orders, rates
from activities.db.invoices import Issued, NewPaper, Written
from activities.db.orders import Stored
from activities.db.payments import Payment
from activities.db.sale_papers import SaleFacts, facts_of
from activities.keys import Sealer
from activities.order_contracts import Invoiced
from activities.sealed_forms import SealedForms
from activities.sealed_papers import SealedPapers
from domain import invoices as papers
from domain import money_events
from domain.business_days import day_of
from domain.charges import Charge, Line, Sale, Total, total
from domain.invoices import Document, Head, Paid, Paper, Party
from domain.money_events import Means
from domain.money_ledger import Account, Book, Event
from domain.rates import Rate

ENCODER = msgspec.json.Encoder()


class OrderInvoices:
    """Issues documents. The caller has the order locked, and mails what it tells."""

    def __init__(self, secret: bytes) -> None:
        self._forms = SealedForms(Sealer(secret))
        self._sealed = SealedPapers(secret)

    def issue(self, connection: Connection, stored: Stored, now: datetime) -> Invoiced:
        """The invoice by the rates of the day of the sale; one that is issued already stays."""
        if stored.invoice_number is not None and stored.invoiced_at is not None:
            return Invoiced(stored.invoice_number, stored.total_cents or 0, stored.invoiced_at)
        order, sold_on = stored.order, day_of(stored.order.sold_at)
        facts = facts_of(connection, order)
        buyer = buyer_of(details_of(self._forms, facts.buyer), facts.buyer)
        sale = Sale(price_cents=order.price_cents, sold_on=sold_on, model_year=facts.model_year)
        made = total(rates.on_day(connection, sold_on), buyer, sale)
        wanted = NewPaper(Paper.INVOICE, order.id, f"invoice {order.id}")
        issued = invoices.issue(
            connection,
            wanted,
            lambda number: self._sealed.written(papers.invoice(self._head(stored, facts, number, now), made)),
            now,
        )
        event = Event(issued.number, now, order.id)
        money_ledger.record(connection, money_events.invoice_issued(event, order.buyer_id, made.lines), now)
        orders.change(
            connection,
            order.id,
            invoice_number=issued.number,
            total_cents=made.total_cents,
            charges=ENCODER.encode(made).decode(),
            invoiced_at=now,
            updated_at=now,
        )
        return Invoiced(issued.number, made.total_cents, now)

    def receipt(self, connection: Connection, stored: Stored, payment: Payment, now: datetime) -> Issued | None:
        """The receipt of a payment, with what is owed after it; None where there is no invoice."""
        hint = _hint(connection, payment)
        paid = Paid(payment.means, payment.amount_cents, day_of(payment.made_at or payment.created_at), hint)
        balance = money_ledger.owed(connection, stored.order.id, stored.order.buyer_id)
        return self._on_invoice(
            connection,
            stored,
            NewPaper(Paper.RECEIPT, stored.order.id, f"receipt {payment.id}"),
            lambda head, of_number: papers.receipt(head, of_number, [paid], balance_cents=balance),
            now,
        )

    def credit(
        self, connection: Connection, stored: Stored, cents: int | None, key: str, reason: str, now: datetime
    ) -> int:
        """So much of the invoice is not owed any more, or nothing of it and no late fee; returns the cents of it.

        A part is taken off the vehicle's price. What was credited already is not credited again.
        """
        if stored.charges is None:
            return 0
        if cents is None:
            waive_late_fee(connection, stored, key, now)
        lines = _lines_left(connection, stored)
        if cents is not None:
            price = next((line.cents for line in lines if line.code is Charge.VEHICLE), 0)
            lines = [Line(Charge.VEHICLE, min(cents, price), "A part of the price.")] if price else []
        credited = sum(line.cents for line in lines)
        if not credited:
            return 0
        event = Event(f"{stored.order.id}-{key}", now, stored.order.id)
        told = money_events.invoice_credited(event, stored.order.buyer_id, lines)
        if money_ledger.record(connection, told, now):
            self._on_invoice(
                connection,
                stored,
                NewPaper(Paper.REFUND_NOTE, stored.order.id, f"refund {stored.order.id} {key}"),
                lambda head, of_number: papers.refund_note(head, of_number, lines, reason=reason or "Credited."),
                now,
            )
        return credited

    def bill_of_sale(self, connection: Connection, stored: Stored, now: datetime) -> Issued | None:
        """That the vehicle is the buyer's, once it is paid."""
        return self._on_invoice(
            connection,
            stored,
            NewPaper(Paper.BILL_OF_SALE, stored.order.id, f"bill of sale {stored.order.id}"),
            lambda head, of_number: papers.bill_of_sale(head, of_number, stored.order.price_cents),
            now,
        )

    def _on_invoice(
        self,
        connection: Connection,
        stored: Stored,
        wanted: NewPaper,
        build: Callable[[Head, str], Document],
        now: datetime,
    ) -> Issued | None:
        """A document that names its sides and vehicle as the invoice does."""
        invoice = None if stored.invoice_number is None else invoices.find(connection, stored.invoice_number)
        if invoice is None:
            return None
        head = self._sealed.open(invoice).head

        def write(number: str) -> Written:
            return self._sealed.written(build(replace(head, number=number, issued_on=day_of(now)), invoice.number))

        return invoices.issue(connection, wanted, write, now)

    def _head(self, stored: Stored, facts: SaleFacts, number: str, now: datetime) -> Head:
        order = stored.order
        buyer = party_of(details_of(self._forms, facts.buyer), facts.buyer, facts.buyer_name)
        seller = party_of(details_of(self._forms, facts.seller), facts.seller, facts.seller_name)
        named = Party(facts.business_name or seller.name, seller.address, seller.licence_number)
        sold_on = day_of(order.sold_at)
        return Head(number, day_of(now), order.id, order.auction_id, sold_on, named, buyer, facts.vehicle)


def add_late_fee(connection: Connection, stored: Stored, now: datetime) -> int:
    """Add the fee that the rates of the sale's day publish, once; its cents."""
    if stored.late_fee_cents is not None:
        return stored.late_fee_cents
    order = stored.order
    cents = rates.on_day(connection, day_of(order.sold_at)).of(Rate.LATE_FEE)
    if cents:
        event = Event(str(order.id), now, order.id)
        money_ledger.record(connection, money_events.late_fee(event, order.buyer_id, cents), now)
    orders.change(connection, order.id, late_fee_cents=cents, updated_at=now)
    return cents


def waive_late_fee(connection: Connection, stored: Stored, key: str, now: datetime) -> int:
    """The late fee is not owed any more; its cents, or 0 where none stands."""
    order = stored.order
    income = money_ledger.balances_of_order(connection, order.id).get(Account(Book.LATE_FEES), 0)
    if income >= 0:
        return 0
    event = Event(f"{order.id}-{key}", now, order.id)
    money_ledger.record(connection, money_events.late_fee_waived(event, order.buyer_id, -income), now)
    orders.change(connection, order.id, late_fee_cents=0, updated_at=now)
    return -income


def _lines_left(connection: Connection, stored: Stored) -> list[Line]:
    """The lines of the invoice, less what was credited of each book, which only ever is a part of the price."""
    made: Total | None = stored.charges
    if made is None:
        return []
    owed = order_money.owed_cents(connection, stored)
    if owed <= 0:
        return []
    gone = made.total_cents - owed
    lines = (replace(line, cents=line.cents - gone) if line.code is Charge.VEHICLE else line for line in made.lines)
    return [line for line in lines if line.cents]


def _hint(connection: Connection, payment: Payment) -> str:
    """What its owner knows a card payment by."""
    account = accounts.find(connection, payment.user_id) if payment.means is Means.CARD else None
    last4 = None if account is None else account.card.last4
    return "" if last4 is None else f"ending in {last4}"
