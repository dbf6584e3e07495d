"""Authorize.Net as the rest of the code sees it: one client of cards, payments, lists and what browsers may know."""

from activities.providers.authorize_net_batches import Batches
from activities.providers.authorize_net_cards import Cards
from activities.providers.authorize_net_gateway import VENDOR
from activities.providers.authorize_net_payments import Payments
from activities.providers.authorize_net_wire import new_reference
from activities.providers.failures import RejectedError

__all__ = ["AuthorizeNet", "new_reference"]


class AuthorizeNet(Cards, Payments, Batches):
    """`AuthorizeNet(url, login_id, transaction_key)`, where url is the whole `.../xml/v1/request.api`. All methods may
    raise UnavailableError, RejectedError and, where they write, OutcomeUnknownError; ValueError is a value of ours
    that breaks a limit, raised before anything is sent."""

    async def public_client_key(self) -> str:
        """The key with which the hosted form in a browser makes nonces for us; not a secret."""
        answer = await self._ask("getMerchantDetailsRequest", {}, writes=False)
        key = answer.fields.get("publicClientKey")
        if not isinstance(key, str) or not key:
            raise RejectedError(VENDOR, "no_client_key")
        return key
