"""Every scene whose histories are kept for replay, by its name; each workflow has a module of them."""

from tests.replay import auction, description, feed, listing, notice, offer, onboarding, payment, photo, seller, vin

SCENES = {
    **auction.SCENES,
    **description.SCENES,
    **feed.SCENES,
    **listing.SCENES,
    **notice.SCENES,
    **offer.SCENES,
    **onboarding.SCENES,
    **payment.SCENES,
    **photo.SCENES,
    **seller.SCENES,
    **vin.SCENES,
}
