"""The activities of uploads and of sellers' feeds without a store or a network: they answer as they are told."""

from temporalio import activity

from activities.photo_contracts import Outcome, PhotoActivities, Upload, UploadChecked
from activities.seller_feed_contracts import DeliverEvent, Due, FeedSeen, LookAtFeed, SellerFeedActivities


class KeptUploads(PhotoActivities):
    """Answers as it is told; `done` is what it was asked, in order."""

    def __init__(self) -> None:
        self.outcome = Outcome.READY
        self.done: list[str] = []

    @activity.defn(name="check_upload")
    async def check_upload(self, upload: Upload) -> UploadChecked:
        self.done.append("check")
        return UploadChecked(self.outcome)

    @activity.defn(name="drop_upload")
    async def drop_upload(self, upload: Upload) -> None:
        self.done.append("drop")

    @activity.defn(name="forget_upload")
    async def forget_upload(self, upload: Upload) -> None:
        self.done.append("forget")


class KeptFeed(SellerFeedActivities):
    """Two events are due until they are told; `is_open` says whether the endpoint is still there, `queue` where feeds
    are told."""

    def __init__(self) -> None:
        self.is_open = True
        self.queue = ""
        self.told: list[int] = []

    @activity.defn(name="look_at_feed")
    def look_at_feed(self, work: LookAtFeed) -> FeedSeen:
        due = [Due(event, vehicle, 0) for event, vehicle in ((1, 12), (2, 13)) if event not in self.told]
        return FeedSeen(self.is_open, due if self.is_open else [], None, self.queue)

    @activity.defn(name="deliver_event")
    async def deliver_event(self, work: DeliverEvent) -> None:
        self.told.append(work.event_id)
