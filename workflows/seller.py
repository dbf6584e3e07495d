"""The Seller workflow: sleeps beside a dealer's licence, and has the dealer told before it runs out.

It keeps nobody from listing: that is judged by the date at each listing, whether this runs or not.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import SellerActivities, TellOfLicence
    from domain.sellers import next_notice
    from workflows import policies


@dataclass(frozen=True, slots=True)
class SellerStart:
    """The licence that a seller was approved with. `told_until` is set from run to run: what came before is told."""

    user_id: int
    expires_on: date
    told_until: datetime | None = None


@workflow.defn(name="Seller")
class SellerWorkflow:
    """One licence at a time; a renewed one takes the place of the one before it."""

    @workflow.init
    def __init__(self, start: SellerStart) -> None:
        self._user_id = start.user_id
        self._expires_on = start.expires_on
        self._told_until = start.told_until or workflow.now()

    @workflow.run
    async def run(self, start: SellerStart) -> None:
        """Sleep until there is something to tell, tell it, and end with the licence."""
        del start
        while (planned := next_notice(self._expires_on, self._told_until)) is not None:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(SellerStart(self._user_id, self._expires_on, self._told_until))
            notice, moment = planned
            told = TellOfLicence(self._user_id, self._expires_on, notice)
            if await self._is_time(moment):
                self._told_until = moment
                await workflow.execute_activity_method(SellerActivities.tell_of_licence, told, **policies.TELL_SELLER)

    @workflow.signal
    def licence(self, expires_on: date) -> None:
        """An admin has approved the seller with a licence of this date."""
        if expires_on != self._expires_on:
            self._expires_on, self._told_until = expires_on, workflow.now()

    async def _is_time(self, moment: datetime) -> bool:
        """Wait for the moment; False where another licence came before it."""
        known = self._expires_on
        left = max(moment - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(lambda: self._expires_on != known, timeout=left)
        except TimeoutError:
            return True
        return False
