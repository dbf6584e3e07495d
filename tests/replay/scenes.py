"""Every scene whose histories are kept for replay, by its name; each workflow has a module of them."""

from tests.replay import auction, description, listing, notice, offer, onboarding, payment, seller, vin

SCENES = {
    **auction.SCENES,
    **description.SCENES,
    **listing.SCENES,
    **notice.SCENES,
    **offer.SCENES,
    **onboarding.SCENES,
    **payment.SCENES,
    **seller.SCENES,
    **vin.SCENES,
}
