"""Who buys, as far as charges and papers of a sale matter: by sealed legal details and an approved licence."""

import structlog
from cryptography.exceptions import InvalidTag

from activities.db.quotes import BuyerPapers
from activities.sealed_forms import LegalDetails, SealedForms
from domain.charges import Buyer, Exemption
from domain.invoices import Party

log = structlog.get_logger(__name__)


def details_of(forms: SealedForms, papers: BuyerPapers) -> LegalDetails | None:
    """The legal details; what cannot be opened is as good as not given, and noted."""
    if papers.legal_sealed is None:
        return None
    try:
        return forms.open(papers.user_id, papers.legal_sealed, LegalDetails)
    except (InvalidTag, ValueError):
        log.warning("legal_details_unreadable", user_id=papers.user_id)
        return None


def buyer_of(details: LegalDetails | None, papers: BuyerPapers) -> Buyer:
    """A dealer's exemption counts by the licence of an approved seller profile, if its number is the one given."""
    if details is None:
        return Buyer()
    claimed = _plain(details.dealer_exemption)
    if not claimed:
        return Buyer(details.state)
    is_approved = papers.licence is not None and _plain(papers.licence.number) == claimed
    return Buyer(details.state, Exemption(papers.licence if is_approved else None))


def party_of(details: LegalDetails | None, papers: BuyerPapers, name: str) -> Party:
    """A side as documents name it: by the legal name where it is known, else by `name`."""
    licence = None if papers.licence is None else papers.licence.number
    if details is None:
        return Party(name, (), licence)
    legal = " ".join(each for each in (details.first_name, details.middle_name, details.last_name) if each)
    address = (details.street, f"{details.city}, {details.state} {details.zip}")
    return Party(legal, address, licence)


def _plain(number: str | None) -> str:
    """A licence's number without what people write differently."""
    return "".join(each for each in (number or "").casefold() if each.isalnum())
