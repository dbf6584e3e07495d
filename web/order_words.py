"""Orders in plain words: where one stands for each side, its promises, its bill, its next step, and every refusal."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from domain.dispute_terms import WORDS as DISPUTE_WORDS
from domain.invoices import LABELS
from domain.order_payments import WORDS as PAY_WORDS
from domain.orders import WORDS as ORDER_WORDS
from web.listing_words import Kind

# A badge's words and colour, and a sentence for the buyer and for the seller.
STATUS: Mapping[str, tuple[str, Kind, str, str]] = MappingProxyType(
    {
        "pending_payment": (
            "Waiting for payment",
            "warning",
            "You have bought this vehicle. It is yours once it is paid.",
            "Your vehicle is sold. Keep it until the buyer has paid; we tell you at once.",
        ),
        "paid": (
            "Paid",
            "primary",
            "Your payment is complete. The seller hands over the title and the vehicle.",
            "The buyer has paid. Hand over the title and the vehicle now.",
        ),
        "title_processing": (
            "Title in progress",
            "primary",
            "The title is on its way into your name.",
            "The title is on its way to the buyer.",
        ),
        "delivered": (
            "Delivered",
            "info",
            "The vehicle is with you. Look at it while you can still dispute its condition.",
            "The vehicle is with the buyer, who has some days to look at it.",
        ),
        "completed": (
            "Completed",
            "success",
            "This sale is complete. Its papers stay here.",
            "This sale is complete. Your payout and its statement are below.",
        ),
        "cancelled": (
            "Cancelled",
            "secondary",
            "This sale was called off before it was paid. You owe nothing for it.",
            "This sale was called off before it was paid. The vehicle is yours to sell again.",
        ),
        "defaulted": (
            "Not paid in time",
            "danger",
            "This sale was not paid in time and is in default.",
            "The buyer has not paid in time. The vehicle is offered to the next bidder, or is yours to sell again.",
        ),
        "disputed": (
            "In dispute",
            "warning",
            "A dispute is open. Money and payout stay where they are until it is decided.",
            "A dispute is open. Money and payout stay where they are until it is decided.",
        ),
        "refunded": (
            "Refunded",
            "secondary",
            "This sale was undone, and your money goes back the way it came.",
            "This sale was undone. The vehicle is yours again, and there is no payout.",
        ),
    }
)
FILTERS: Mapping[str, str] = MappingProxyType({code: words[0] for code, words in STATUS.items()})
SIDES: Mapping[str, str] = MappingProxyType({"buyer": "You bought it", "seller": "You sold it"})
HOW: Mapping[str, str] = MappingProxyType(
    {
        "hammer": "won at auction",
        "buy_now": "bought at its buy-now price",
        "offer": "sold by an accepted offer",
        "negotiated": "agreed on after the auction",
        "second_chance": "sold as a second chance",
    }
)
# What each promise is called, and who it is about where it is not its reader.
PROMISE: Mapping[str, str] = MappingProxyType(
    {
        "invoice": "The invoice is issued",
        "payment": "The sale is paid",
        "last_payment": "Last day to pay",
        "title_handed": "The signed title is handed over",
        "title_filed": "The title is filed with the state",
        "handover": "The vehicle is handed over",
        "delivery": "The vehicle is delivered",
        "inspection": "The vehicle is looked over",
        "payout": "The seller is paid",
    }
)
PROMISE_STATE: Mapping[str, tuple[str, Kind]] = MappingProxyType(
    {
        "waiting": ("Not begun", "secondary"),
        "open": ("Due", "primary"),
        "held": ("On hold", "warning"),
        "kept": ("Done", "success"),
        "late": ("Done late", "warning"),
        "missed": ("Missed", "danger"),
        "waived": ("Not needed", "secondary"),
    }
)
OWNER: Mapping[str, str] = MappingProxyType(
    {
        "buyer": "The buyer",
        "seller": "The seller",
        "house": "Hammertime",
        "staff": "Our staff",
        "carrier": "The carrier",
    }
)
# The one thing that its reader does next, or waits for: a headline and a sentence.
NEXT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "wait_invoice": (
            "Your invoice comes shortly",
            "We work out the total and mail you the invoice.",
        ),
        "pay": ("Pay now", "What is left is charged to your stored card. A wire or a cashier's cheque counts as well."),
        "wait_payment": (
            "Your payment is on its way",
            "We wait for the bank's answer, usually for seconds. You need not pay again.",
        ),
        "wait_buyer": ("The buyer pays next", "There is nothing for you to do. Keep the vehicle and its title ready."),
        "hand_over": ("Hand over the title and the vehicle", "Send us the signed title, and give the vehicle out."),
        "wait_seller": ("The seller hands over", "There is nothing for you to do. Below is who owes what by when."),
        "wait_delivery": ("The vehicle is on its way", "There is nothing for you to do. We tell you when it is there."),
        "fetch": ("Fetch the vehicle", "No carrier is booked: agree on a time with the seller and pick it up."),
        "accept_delivery": (
            "Look the vehicle over",
            "If all is well, accept it. If something is not as it was described, open a dispute in time.",
        ),
        "wait_inspection": ("The buyer looks the vehicle over", "Silence counts as acceptance when the time is over."),
        "answer_dispute": ("Answer the dispute", "Tell your side, or agree to what is asked. The time is short."),
        "wait_dispute": ("The dispute is being decided", "You can add documents until it is. We tell you the outcome."),
        "wait_house": ("We finish the sale", "There is nothing for you to do."),
        "nothing": ("Nothing is left to do", "This order is over. Its papers and its history stay here."),
    }
)
# The next steps that are its reader's own.
TO_DO = frozenset({"pay", "hand_over", "fetch", "accept_delivery", "answer_dispute"})
# What the history says of each kind of event (`activities.order_contracts.EventKind`).
EVENT: Mapping[str, str] = MappingProxyType(
    {
        "sold": "The vehicle is sold",
        "invoiced": "The invoice is issued",
        "reminded": "We have sent a reminder to pay",
        "charge_asked": "The stored card is charged, as agreed",
        "charge_refused": "The stored card could not be charged",
        "late_fee": "A late fee is added",
        "paid": "The sale is paid in full",
        "defaulted": "The sale was not paid in time",
        "cured": "A payment made in time was found: the sale goes on",
        "title_begun": "The work on the title has begun",
        "transport_begun": "The transport is arranged",
        "title_received": "The signed title has arrived",
        "title_filed": "The title is filed with the state",
        "picked_up": "The vehicle is handed over",
        "delivered": "The vehicle is delivered",
        "accepted": "The vehicle is accepted",
        "payout_set": "The payout has its day",
        "payout_waits": "The payout waits",
        "paid_out": "The payout is sent",
        "completed": "The sale is complete",
        "cancel_wished": "A wish to cancel the sale",
        "cancelled": "The sale is cancelled",
        "refunded": "The sale is undone",
        "given_back": "Money is given back",
        "promise_missed": "Missed",
        "dispute_opened": "A dispute is opened",
        "dispute_answered": "The dispute is answered",
        "dispute_evidence": "A document is filed",
        "dispute_moved": "The dispute goes on to the next step",
        "dispute_escalated": "The dispute goes to senior staff",
        "dispute_resolved": "The dispute is decided",
        "dispute_withdrawn": "The dispute is withdrawn",
    }
)
# The events whose own words are written for people.
TOLD = frozenset(
    {"invoiced", "cancel_wished", "cancelled", "refunded", "given_back"}
    | {"dispute_opened", "dispute_answered", "dispute_evidence", "dispute_resolved"}
)
DISPUTE_KIND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "condition": ("Condition", "The vehicle is not as it was described."),
        "title": ("Title", "The title is missing, wrong, or has a lien on it."),
        "payment": ("Payment", "Something about the money is not right."),
        "conduct": ("Conduct", "The other side does not behave as it must."),
    }
)
DISPUTE_STATE: Mapping[str, tuple[str, Kind, str]] = MappingProxyType(
    {
        "open": ("Waiting for an answer", "warning", "An answer is asked for."),
        "review": ("Our staff decide", "info", "Our staff decide."),
        "escalated": ("With senior staff", "info", "Senior staff decide."),
        "proposed": ("Being approved", "info", "A decision is made and waits for a second person's approval."),
        "resolved": ("Decided", "success", "It is decided."),
        "withdrawn": ("Withdrawn", "secondary", "Who opened it has let it go."),
    }
)
REMEDY: Mapping[str, str] = MappingProxyType(
    {
        "release": "The sale stands, and the money goes its way",
        "partial_refund": "{amount} goes back to the buyer, and the sale stands",
        "unwind": "The sale is undone: all the money goes back, and the vehicle too",
    }
)
ASK: Mapping[str, str] = MappingProxyType(
    {
        "partial_refund": "Some of the money back",
        "unwind": "The sale undone: all the money back, and the vehicle returned",
        "release": "That the sale goes on as it is",
    }
)
MEANS: Mapping[str, str] = MappingProxyType({"card": "Card", "wire": "Wire transfer", "cheque": "Cashier's cheque"})
PAYMENT_KIND: Mapping[str, str] = MappingProxyType({"payment": "Payment", "refund": "Given back"})
PAYMENT_STATE: Mapping[str, tuple[str, Kind]] = MappingProxyType(
    {
        "pending": ("On its way", "info"),
        "in_review": ("Being looked at", "warning"),
        "done": ("Done", "success"),
        "declined": ("Declined", "danger"),
        "failed": ("Failed", "danger"),
        "reversed": ("Taken back", "danger"),
    }
)
PAYOUT_STATUS: Mapping[str, tuple[str, Kind, str]] = MappingProxyType(
    {
        "waiting": ("Not due yet", "secondary", "It waits for the funds, the title and the end of the dispute window."),
        "due": ("Due", "primary", "It leaves on its day, unless a dispute is opened before."),
        "sending": ("Being sent", "info", "It is with the bank."),
        "sent": ("Sent", "info", "It is with the bank and arrives in a day or two."),
        "paid": ("Paid", "success", "It has arrived."),
        "returned": ("Sent back", "danger", "Your bank has sent it back. Check the account that you gave us."),
        "cancelled": ("Cancelled", "secondary", "The sale was undone before it left."),
        "clawed_back": ("Claimed back", "danger", "The sale was undone after it left; you owe it."),
    }
)
PAPER: Mapping[str, str] = MappingProxyType(
    {"invoice": "Invoice", "receipt": "Receipt", "refund_note": "Refund note", "bill_of_sale": "Bill of sale"}
)
CHARGE: Mapping[str, str] = MappingProxyType(
    {**{code.value: label for code, label in LABELS.items()}, "late_fee": "Late fee"}
)
DONE: Mapping[str, tuple[Literal["success", "info", "warning", "danger"], str]] = MappingProxyType(
    {
        "paid": ("success", "Your payment was taken. Thank you."),
        "pending": ("info", "Your payment is on its way. You need not pay again; look in here in a minute."),
        "in_review": ("info", "Your payment is being looked at. You need not pay again; we write to you."),
        "declined": ("danger", "Your card was declined and nothing was taken. Store another card, or pay by wire."),
        "failed": ("danger", "The payment could not be made and nothing was taken. You can try again."),
        "cancel": ("info", "Your wish to cancel is noted."),
        "accept": ("success", "You have accepted the vehicle."),
        "dispute": ("info", "Your dispute is open. The other side is asked to answer."),
        "answer": ("info", "Your answer is filed."),
        "concede": ("info", "You have agreed to what was asked."),
        "withdraw": ("info", "Your dispute is withdrawn."),
        "evidence": ("success", "Your document is filed."),
    }
)
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        **{code.value: words for code, words in ORDER_WORDS.items()},
        **{code.value: words for code, words in DISPUTE_WORDS.items()},
        **{code.value: words for code, words in PAY_WORDS.items()},
        "ORDER_DUE_CHANGED": "What is due has changed since you looked. Nothing was charged; this is it now.",
        "ORDER_BUYERS_ONLY": "Only the buyer can do this.",
        "ORDER_NO_SUCH_DISPUTE": "There is no such dispute on this order.",
        "ORDER_UNREADABLE": "Something in it could not be read, or is too long.",
        "ORDER_NOT_INVOICED": "The invoice is not issued yet. Look in again in a minute.",
        "ORDER_NOTHING_DUE": "Nothing is left to pay.",
        "ORDER_PAYMENT_OPEN": "A payment of yours is on its way. Nothing was charged a second time.",
        "CARD_MISSING": "You have no stored card. Add one to your account, or pay by wire or cashier's cheque.",
        "CARD_DECLINED": "Your stored card was declined. Store another one, or pay by wire or cashier's cheque.",
        "CARD_EXPIRED": "Your stored card has expired. Store another one, or pay by wire or cashier's cheque.",
        "ID_REUSED": "This form was sent before with something else in it. Look at the order, then begin again.",
        "UNAVAILABLE": "We could not reach the order just now. Send it again: it will count once at most.",
        "DOCUMENT_NOT_FOUND": "This is no document that you can file.",
    }
)


def remedy(code: str, amount: str) -> str:
    """What a dispute ends in, or is to end in, as a sentence without its full stop."""
    return REMEDY[code].format(amount=amount)


def spelled(code: str) -> str:
    """A code of ours that has no words of its own, readable at least: `title_received` is `Title received`."""
    return code.replace("_", " ").capitalize()
