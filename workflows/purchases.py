"""The updates of the Auction workflow by which a lot is sold without a hammer: buy-now and accepted offers."""

from abc import ABC, abstractmethod
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import purchases
    from domain.auction import Answer, Auction
    from workflows import checks, messages


class PurchaseUpdates(ABC):
    """Each is judged at once, in the order of the auction's history, and has one entry in its ledger."""

    _auction: Auction

    @abstractmethod
    def _live_now(self) -> datetime:
        """The workflow's clock, with the lot started if its start has come."""

    @abstractmethod
    def _commanded(self, answer: Answer) -> messages.CommandAnswer:
        """The answer with what waits to be recorded."""

    @workflow.update
    def buy_now(self, wish: messages.BuyNow) -> messages.CommandAnswer:
        """Reserve the lot for a buyer at its fixed price; its clock stands still for 15 minutes."""
        wanted = purchases.Wish(wish.purchase_id, wish.buyer, wish.cents, wish.nonce)
        return self._commanded(purchases.reserve(self._auction, wanted, self._live_now()))

    @buy_now.validator
    def _check_buy_now(self, wish: messages.BuyNow) -> None:
        checks.check_purchase(wish)

    @workflow.update
    def settle_buy_now(self, settlement: messages.SettleBuyNow) -> messages.CommandAnswer:
        """Sell the lot to who has reserved it, or let its clock run on."""
        now = self._live_now()
        return self._commanded(purchases.settle(self._auction, settlement.purchase_id, now, paid=settlement.paid))

    @settle_buy_now.validator
    def _check_settlement(self, settlement: messages.SettleBuyNow) -> None:
        checks.check_id(settlement.purchase_id)

    @workflow.update
    def accept_offer(self, agreed: messages.AcceptOffer) -> messages.CommandAnswer:
        """Sell the lot by an offer that buyer and seller agree on."""
        acceptance = purchases.Acceptance(
            agreed.acceptance_id, agreed.offer_id, agreed.buyer, agreed.cents, agreed.nonce
        )
        return self._commanded(purchases.accept(self._auction, acceptance, self._live_now()))

    @accept_offer.validator
    def _check_acceptance(self, agreed: messages.AcceptOffer) -> None:
        checks.check_purchase(agreed)
