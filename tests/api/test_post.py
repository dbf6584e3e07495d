"""What follows from a commit sets out beside the answer; mails that nobody waits for go one after the other."""

import asyncio

from api.mails import Post


class Outbox:
    """Notes what was started."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, outbox_id: str) -> None:
        self.started.append(outbox_id)

    async def until(self, count: int) -> None:
        while len(self.started) < count:
            await asyncio.sleep(0.001)


async def test_patient_mails_set_out_one_after_the_other_and_urgent_ones_pass_them() -> None:
    outbox = Outbox()
    post = Post(outbox, turn_s=0.05)
    for outbox_id in ("first", None, "second", "third"):
        post.send_in_turn(outbox_id)
    await outbox.until(1)
    post.send("urgent")
    await outbox.until(4)
    assert outbox.started == ["first", "urgent", "second", "third"]
    await post.finish()


async def test_a_turn_begins_again_after_a_pause() -> None:
    outbox = Outbox()
    post = Post(outbox, turn_s=0.0)
    post.send_in_turn("first")
    await outbox.until(1)
    for _ in range(5):
        await asyncio.sleep(0)
    post.send_in_turn("second")
    await outbox.until(2)
    assert outbox.started == ["first", "second"]


async def test_what_still_waits_for_its_turn_at_the_end_is_left_in_the_outbox() -> None:
    outbox = Outbox()
    post = Post(outbox, turn_s=60)
    post.send_in_turn("first")
    post.send_in_turn("second")
    await outbox.until(1)
    await post.finish()
    assert outbox.started == ["first"]
