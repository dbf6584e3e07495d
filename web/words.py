"""The plain words of the pages for every status, reserve state, position, result, code and event.

`FOR_SCRIPTS` carries the same words to the browser, so that a live update reads like the first paint.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from web.formats import BUYER_FEE, BuyerFee, exact_time, money

STATUS = {
    "scheduled": "Upcoming",
    "live": "Live",
    "held": "On hold",
    "closing": "Closing",
    "ended": "Ended",
}
COUNTDOWN = {
    "scheduled": "Starts in",
    "live": "Ends in",
    "held": "Clock stopped",
    "closing": "Counting the last bids",
    "ended": "Ended",
}
NO_TIME_LEFT = {"scheduled": "Starting", "live": "Closing"}
RESERVE = {"none": "No reserve", "not_met": "Reserve not met", "met": "Reserve met"}
OUTCOME = {"leading": "Leading", "outbid": "Outbid", "refused": "Not accepted"}
RESULT = {
    "sold": "Sold",
    "reserve_not_met": "Reserve not met",
    "no_bids": "Ended without bids",
    "cancelled": "Cancelled",
}
RESULT_TEXT = {
    "sold": "{leader} won with {price}.",
    "reserve_not_met": "Bidding reached {price}, below the seller's reserve, so the vehicle was not sold.",
    "no_bids": "Nobody bid before the end. The vehicle was not sold.",
    "cancelled": "The auction was cancelled. All bids on it are void.",
}
SOLD_OUTRIGHT = "The vehicle was sold at its fixed price or by an offer that the seller accepted."
PRICE_LABEL = {
    "start": "Starting bid",
    "current": "Current bid",
    "sold": "Sold for",
    "reserve_not_met": "Bid up to",
    "no_bids": "Started at",
    "cancelled": "Last bid",
}
POSITION = {
    "leading": "You are the high bidder",
    "outbid": "You have been outbid",
    "none": "You have not bid yet",
    "won": "You won this auction",
    "lost": "You did not win this auction",
}
POSITION_TEXT = {
    "leading": "You can still raise your maximum, from {minimum} up. It changes nothing that others see.",
    "leading_max": "Your maximum is {maximum}. Only you can see it.",
    "outbid": "Bid at least {minimum} to take the lead.",
    "none": "The minimum bid is {minimum}.",
    "won": "The price is {price}. We will guide you through payment and title.",
    "lost": "The auction is over. Nothing is owed for your bids.",
}
LISTING = {
    "leading": "You lead",
    "outbid": "Outbid",
    "won": "You won",
    "lost": "You lost",
}
HISTORY = {
    "bid": "Bid",
    "auto_bid": "Auto-bid",
    "started": "Bidding opened",
    "reserve_lowered": "Seller lowered the reserve",
    "retracted": "A bid was retracted",
    "bidder_removed": "A bidder was removed",
    "held": "Put on hold",
    "resumed": "Resumed",
    "extended": "More time after an outage",
    "closing": "Counting the last bids",
    "cancelled": "Auction cancelled",
    "closed": "Bidding closed",
    "reserved": "Reserved at the buy-now price",
    "buy_now_failed": "The buyer did not buy; bidding goes on",
    "bought": "Bought at the buy-now price",
    "offer_accepted": "Sold by an accepted offer",
}
KIND = {"bid": "Bid", "auto_bid": "Auto-bid"}
HOLD_REASON = {
    "admin": "Our staff stopped the clock to check something.",
    "outage": "A technical fault stopped the clock, so that nobody loses their chance to bid.",
    "sunday": "Vehicles are not sold on Sundays. Bidding goes on Monday at 10:00 AM Central, with the time left.",
    "material_edit": "The listing changed. Bidders have time to look at it again before bidding goes on.",
    "buy_now": "A buyer has reserved it at the buy-now price. Otherwise bidding goes on with the time that was left.",
    "fork": "Our records need a check before bidding goes on.",
}
HOLD_DEFAULT = "The clock is stopped. Bidding resumes with exactly the time that was left."
REASON = {"outage": "after a technical fault"}

REFUSAL = {
    "NOT_WHOLE_DOLLARS": "Enter an amount in whole dollars, such as 12,500.",
    "NOT_STARTED": "Bidding has not started yet.",
    "TOO_LATE": "Bidding had ended when this bid reached us.",
    "CLOSED": "This auction was cancelled and takes no more bids.",
    "ON_HOLD": "This auction is on hold. You can bid again when it resumes, with the time that was left.",
    "OWN_VEHICLE": "You cannot bid on a vehicle that you are selling.",
    "ALREADY_LEADING": "You already are the high bidder. To go higher, raise your maximum with an auto-bid.",
    "BELOW_OWN_MAXIMUM": "Your maximum is already that high. A new one must be above it.",
    "BELOW_MINIMUM": "That is below the minimum bid.",
    "ID_REUSED": "This bid was already sent with another amount. Check the amount and bid again.",
    "RESERVE_NOT_LOWERED": "A reserve can only be lowered or removed while the auction is live.",
    "NO_SUCH_BID": "We know no such bid.",
    "NOT_ENDED": "The auction cannot be closed before its end.",
    "NOT_HELD": "This auction is not on hold.",
    "HAS_BIDS": "This cannot be done once somebody has bid.",
    "RETRACTION_NOT_ALLOWED": "This bid can no longer be taken back. Our staff can look at it if something went wrong.",
    "BUY_NOW_NOT_OPEN": "Buy-now is open only until the first bid.",
    "BUY_NOW_ONCE": "You have already tried to buy this vehicle outright.",
    "NO_BIDDING": "This vehicle is sold at its fixed price or by an offer; it takes no bids.",
    "RESERVED": "A buyer has reserved this vehicle for 15 minutes. If they do not buy it, it goes on.",
    "NOT_RESERVED": "This reservation is over.",
    "OFFERS_NOT_OPEN": "Offers are open only until the first bid.",
    "NOT_ON_SUNDAY": "Vehicles are not sold on Sundays. Please come back on Monday.",
    "UNREADABLE": "The bid could not be read.",
    "NOT_ELIGIBLE": "Your account is not cleared to bid yet.",
    "NOT_SIGNED_IN": "Sign in to bid.",
    "BUYING_LIMIT": "This bid goes over your buying limit.",
    "RATE_LIMITED": "That was a lot of bids at once. Wait a moment, then bid again.",
    "UNAVAILABLE": "We could not take the bid just now. Send it again: it will count once at most.",
    "CSRF": "This page was open for too long. Reload it and try again.",
    "NETWORK": "We could not reach the auction. Check your connection, then send it again: it will count once at most.",
}
REFUSAL_WITH = {
    "BELOW_MINIMUM": "That is below the minimum bid, which is {minimum} now.",
    "BELOW_OWN_MAXIMUM": "Your maximum is already that high. A new one must be at least {minimum}.",
    "TOO_LATE": "Your bid reached us at {received}, and bidding ended at {ended}.",
}
REFUSAL_DEFAULT = "The bid was not accepted."
ANSWER = {
    "leading": "You are the high bidder at {price}.",
    "outbid": "Your bid counted, but another bidder's maximum is higher or was there first. The price is {price} now.",
}
ANNOUNCE = {
    "outbid": "You have been outbid. The price is {price}.",
    "leading": "You are the high bidder at {price}.",
    "600": "10 minutes left.",
    "120": "2 minutes left.",
    "30": "30 seconds left.",
    "extended": "The end was extended: {left} left.",
    "closed": "Bidding closed. {result}.",
}
CONNECTION = {"connecting": "Connecting", "live": "Live updates", "reconnecting": "Reconnecting", "offline": "Offline"}
FORM = {
    "sending": "Sending your bid\N{HORIZONTAL ELLIPSIS}",
    "retrying": "No answer yet. Sending the same bid again (try {attempt}); it will count once at most.",
    "submit_bid": "Bid {amount}",
    "submit_auto_bid": "Set maximum {amount}",
    "submit_blank_bid": "Place bid",
    "submit_blank_auto_bid": "Set maximum",
    "estimate": "+ {fee} buyer fee = {total} estimated total before tax",
    "raised": "The minimum is {minimum} now.",
    "signed_out": "Your session has ended. Sign in again to bid.",
    "confirm_bid": "{amount} is at least twice the minimum bid of {minimum}. The price would become {amount} at once.",
    "confirm_auto_bid": "{amount} is at least twice the minimum of {minimum}. We would bid for you up to {amount}.",
}
YOU = "You"
NOTE = {
    "retracted": "retracted",
    "stays": "{leader} stays ahead",
    "you_stay": "you stay ahead",
    "extended": "extended the end",
}
BIDS = {"none": "No bids yet", "bid": "bid", "bidder": "bidder"}
EXTENDED = {"bid": "Extended", "outage": "Extended: outage"}
FOR_SCRIPTS: Mapping[str, Any] = {
    "status": STATUS,
    "countdown": COUNTDOWN,
    "no_time_left": NO_TIME_LEFT,
    "reserve": RESERVE,
    "result": RESULT,
    "result_text": RESULT_TEXT,
    "sold_outright": SOLD_OUTRIGHT,
    "price_label": PRICE_LABEL,
    "position": POSITION,
    "position_text": POSITION_TEXT,
    "listing": LISTING,
    "history": HISTORY,
    "hold_reason": HOLD_REASON,
    "hold_default": HOLD_DEFAULT,
    "refusal": REFUSAL,
    "refusal_with": REFUSAL_WITH,
    "refusal_default": REFUSAL_DEFAULT,
    "answer": ANSWER,
    "announce": ANNOUNCE,
    "connection": CONNECTION,
    "form": FORM,
    "bids": BIDS,
    "you": YOU,
    "note": NOTE,
    "extended": EXTENDED,
    "fee": asdict(BUYER_FEE),
}


def for_scripts(fee: BuyerFee) -> dict[str, Any]:
    """`FOR_SCRIPTS` with the buyer fee of the rates by which a page was made."""
    return {**FOR_SCRIPTS, "fee": asdict(fee)}


def refusal(code: str, facts: Mapping[str, Any]) -> str:
    """Why a bid was refused, with the exact minimum or times where `facts` (a problem body) has them."""
    minimum = facts.get("minimum_cents", facts.get("minimum_next_cents"))
    known: dict[str, str] = {} if minimum is None else {"minimum": money(minimum)}
    if facts.get("received_at") and facts.get("ends_at"):
        known |= {"received": exact_time(facts["received_at"]), "ended": exact_time(facts["ends_at"])}
    try:
        return REFUSAL_WITH[code].format(**known)
    except KeyError:
        return REFUSAL.get(code) or str(facts.get("detail") or REFUSAL_DEFAULT)


def needs_confirmation(cents: int, minimum_cents: int) -> bool:
    """Whether an offer is so far above the minimum that a person is asked once more."""
    return cents >= 2 * minimum_cents


# Where a page that turns somebody away sends them, by the code of the refusal.
WAYS = {
    "STEP_UP_REQUIRED": ("/account/step-up", "Confirm that it is you"),
    "SECOND_FACTOR_REQUIRED": ("/account/security", "See to your second factor"),
    "NOT_APPROVED_TO_BID": ("/account", "See what is missing"),
}
