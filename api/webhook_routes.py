"""From a stored webhook to the workflow it is about."""

from activities.db.webhooks import Event
from temporal.notices import Notices
from temporal.webhooks import Route
from workflows.ids import notice_workflow_id


def mail_route(notices: Notices) -> Route:
    """News of a mail goes to its Notice; the outbox row has it already."""

    async def bring(event: Event) -> str | None:
        if not event.thing:
            return None
        await notices.mail_event(event.thing)
        return notice_workflow_id(event.thing)

    return bring
