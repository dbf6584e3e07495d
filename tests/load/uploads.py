"""Photos straight to the store by presigned forms, many side by side, then each checked and made into its sizes."""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import Engine

from activities.db import photos
from activities.db.engine import make_engine, transaction
from activities.db.photos import NewPhoto
from activities.object_links import ObjectLinks, UploadForm
from activities.photo_check import PhotoWork
from activities.photo_contracts import Upload
from activities.providers.s3 import Storage
from domain.clock import truncate
from domain.photos import JPEG, LEAST_BYTES, PHOTO_BYTES, Kind, upload_key
from migrations import schema
from tests.activities.picture_files import noisy, photo
from tests.load.bench import Bench
from tests.load.figures import Figure, at_least, percentile, plain, quantity
from tests.sandbox.s3.stage import Stage, stage

DECODERS = 2
# Its details are soft, as a photo's are: pure noise takes the encoders far longer than anything that is photographed.
SIDE = (4_000, 3_000)
MEGABYTE = 1_000_000
CAR = 1
HOUR = timedelta(hours=1)
WITHIN_S = 300


@dataclass(frozen=True, slots=True)
class Sent:
    """How the uploads went: seconds of each that arrived, and of all."""

    each_s: Sequence[float]
    all_s: float


def uploads(bench: Bench) -> list[Figure]:
    """All uploads at once, then all checks at once, on SQLite and the S3 sandbox of this process."""
    count, size = bench.choose(100, 8), bench.choose(5 * MEGABYTE, MEGABYTE)
    with tempfile.TemporaryDirectory(prefix="hammertime-uploads-") as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'uploads.db'}")
        try:
            schema.upgrade(engine)
            with stage(data_dir=Path(folder) / "s3") as store:
                sent, ready, checking_s = asyncio.run(_measure(bench, engine, store, count, size))
        finally:
            engine.dispose()
    group = f"{count} uploads of {size // MEGABYTE} MB side by side"
    slowest = f"one: p50 {quantity(percentile(sent.each_s, 50), 's')}, slowest {quantity(max(sent.each_s), 's')}"
    return [
        at_least(group, "arrived", len(sent.each_s), "uploads", count, against=slowest),
        plain(group, "all of them arrived after", sent.all_s, "s"),
        plain(group, "into the store", count * size / MEGABYTE / sent.all_s, "MB/s"),
        at_least(group, "checked and made into their sizes", ready, "photos", count),
        plain(group, "checking", count / checking_s, "photos/s", against=f"{DECODERS} decoders"),
    ]


async def _measure(bench: Bench, engine: Engine, store: Stage, count: int, size: int) -> tuple[Sent, int, float]:
    """What became of the uploads, how many are ready to be shown, and after how many seconds."""
    now = truncate(datetime.now(UTC))
    wanted = [Upload(Kind.PHOTO, CAR, str(uuid4())) for _ in range(count)]
    with transaction(engine) as connection:
        new = [NewPhoto(each.upload_id, JPEG, "") for each in wanted]
        photos.add(connection, CAR, new, place=0, user_id=1, at=now, expires_at=now + HOUR)
    contents = _files(count, size)
    bench.say(f"sending {count} files")
    sent = await _send_all([_form(store, each, now) for each in wanted], contents)
    bench.say(f"checking {count} files")
    with ThreadPoolExecutor(DECODERS) as decoders:
        async with Storage(store.bucket, read_timeout_s=60) as storage:
            work = PhotoWork(engine, storage, decoders)
            begun = time.perf_counter()
            outcomes = await asyncio.gather(*(work.check_upload(each) for each in wanted))
    return sent, sum(each.outcome == "ready" for each in outcomes), time.perf_counter() - begun


def _files(count: int, size: int) -> list[bytes]:
    """Photos of exactly so many bytes; each is another one by what stands behind its end."""
    content = photo(JPEG, noisy(SIDE[0] // 4, SIDE[1] // 4).resize(SIDE), quality=85)
    filling = os.urandom(max(0, size - len(content) - 8))
    return [content + number.to_bytes(8, "big") + filling for number in range(count)]


def _form(store: Stage, upload: Upload, now: datetime) -> UploadForm:
    form = partial(ObjectLinks(store.bucket).form, upload_key(upload.kind, CAR, upload.upload_id), JPEG)
    return form(least=LEAST_BYTES, most=PHOTO_BYTES, at=now, expires_at=now + HOUR)


async def _send_all(forms: Sequence[UploadForm], contents: Sequence[bytes]) -> Sent:
    limits = httpx.Limits(max_connections=len(forms))
    async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_S, limits=limits) as http:
        begun = time.perf_counter()
        pairs = zip(forms, contents, strict=True)
        took = await asyncio.gather(*(_send(http, form, content) for form, content in pairs))
        return Sent(took, time.perf_counter() - begun)


async def _send(http: httpx.AsyncClient, form: UploadForm, content: bytes) -> float:
    """One upload; gives the seconds it took. Raises where the store refuses it."""
    begun = time.perf_counter()
    answer = await http.post(form.url, data=dict(form.fields), files={"file": ("a.jpg", content, JPEG)})
    answer.raise_for_status()
    return time.perf_counter() - begun
