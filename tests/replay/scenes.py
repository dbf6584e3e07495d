"""Every scene whose histories are kept for replay, by its name; each workflow has a module of them."""

from tests.replay import auction, notice, onboarding, payment, seller

SCENES = {**auction.SCENES, **notice.SCENES, **onboarding.SCENES, **payment.SCENES, **seller.SCENES}
