"""Papers on the running stack: an issued document becomes a PDF, in a process that gives way to all others."""

import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from activities.db import invoices
from activities.db.engine import make_engine, reading, transaction
from activities.db.invoices import Issued, NewPaper, Written
from activities.ledger import utc_now
from activities.object_links import ObjectLinks, bucket_of
from activities.sealed_papers import SealedPapers
from activities.settings import load_or_create_platform_key, load_settings
from activities.vendor_settings import load_vendor_settings
from domain.clock import truncate
from domain.invoices import Paper
from temporal.stack.local_stack import LocalStack
from tests.domain.test_invoices import HEAD, INVOICE
from tests.stack.conftest import wait_until

LOWEST = 15


def issue(engine: Engine, sealed: SealedPapers, order_id: int) -> str:
    def write(number: str) -> Written:
        return sealed.written(replace(INVOICE, head=replace(HEAD, number=number, order_id=order_id)))

    with transaction(engine) as connection:
        wanted = NewPaper(Paper.INVOICE, order_id, f"invoice {order_id}")
        return invoices.issue(connection, wanted, write, truncate(utc_now())).number


def link_to(stack: LocalStack, key: str) -> str:
    vendors = load_vendor_settings(s3_url=stack.environment["S3_URL"])
    return ObjectLinks(bucket_of(vendors)).link(key, utc_now(), timedelta(minutes=1))


def kept_as(engine: Engine, number: str) -> Issued:
    with reading(engine) as connection:
        found = invoices.find(connection, number)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.cluster
def test_an_issued_document_becomes_a_pdf_though_nobody_asked_for_it(temporal_cli: Path, tmp_path: Path) -> None:
    with LocalStack(data_dir=tmp_path, settings={"temporal_binary": temporal_cli}, installed_redis=False) as stack:
        engine = make_engine(stack.environment["DATABASE_URL"])
        sealed = SealedPapers(load_or_create_platform_key(load_settings(data_dir=tmp_path)))
        number = issue(engine, sealed, 41)

        wait_until(lambda: kept_as(engine, number).pdf_key is not None)
        kept = kept_as(engine, number)
        engine.dispose()
        assert "paper_rendered" in stack.log("papers")
        assert os.getpriority(os.PRIO_PROCESS, stack.pids["papers"]) == LOWEST
        content = httpx.get(link_to(stack, kept.pdf_key or ""), trust_env=False).content
        assert (content[:5], hashlib.sha256(content).hexdigest()) == (b"%PDF-", kept.pdf_sha256)
