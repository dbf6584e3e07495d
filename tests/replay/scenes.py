"""Every scene whose histories are kept for replay, by its name; each workflow has a module of them."""

from tests.replay import (
    auction,
    description,
    feed,
    listing,
    notice,
    offer,
    onboarding,
    order,
    paper,
    payment,
    photo,
    reconcile,
    seller,
    talks,
    vin,
)

SCENES = {
    **auction.SCENES,
    **description.SCENES,
    **feed.SCENES,
    **listing.SCENES,
    **notice.SCENES,
    **offer.SCENES,
    **onboarding.SCENES,
    **order.SCENES,
    **paper.SCENES,
    **payment.SCENES,
    **photo.SCENES,
    **reconcile.SCENES,
    **seller.SCENES,
    **talks.SCENES,
    **vin.SCENES,
}
