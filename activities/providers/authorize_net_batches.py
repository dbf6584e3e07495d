"""What Authorize.Net has taken and given back, whole days at a time: the unsettled transactions and settled batches."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from activities.providers import authorize_net_wire as wire
from activities.providers.authorize_net_answers import page
from activities.providers.authorize_net_gateway import NO_RECORD, VENDOR, Gateway, readable
from activities.providers.authorize_net_results import TransactionSummary
from activities.providers.failures import RejectedError

# Unsettled transactions are listed too, those that wait for a review among them.
ANY = {"status": "any"}


class Batches(Gateway):
    """The vendor's own lists. They may lag, and lines say what was asked for: a transaction's details are the proof."""

    async def transactions_since(self, since: datetime, until: datetime) -> list[TransactionSummary]:
        """Every transaction that is not settled yet, or was in a batch of this time, of 31 days at most.

        What is settled while the lists are read is in both of them, and told once.
        """
        lines = await self._lines("getUnsettledTransactionListRequest", ANY)
        for batch_id in await self._batch_ids(since, until):
            lines += await self._lines("getTransactionListRequest", {"batchId": wire.identifier("batch_id", batch_id)})
        # A later line knows more.
        return list({line.transaction_id: line for line in lines}.values())

    async def _batch_ids(self, since: datetime, until: datetime) -> list[str]:
        dates = {"firstSettlementDate": _text(since), "lastSettlementDate": _text(until)}
        answer = await self._ask("getSettledBatchListRequest", {"includeStatistics": "false", **dates}, writes=False)
        _check(answer.code, answer.fields)
        return readable(_ids, answer)

    async def _lines(self, method: str, fields: wire.Fields) -> list[TransactionSummary]:
        lines: list[TransactionSummary] = []
        page_number = 1
        while True:
            asked = {**fields, **wire.paged(page_number, self._page_size)}
            answer = await self._ask(method, asked, writes=False)
            _check(answer.code, answer.fields)
            found = readable(page, answer).transactions
            lines += found
            if len(found) < self._page_size:
                return lines
            page_number += 1


def _check(code: str, fields: Mapping[str, Any]) -> None:
    if code != NO_RECORD and fields["messages"]["resultCode"] != "Ok":
        raise RejectedError(VENDOR, code)


def _ids(fields: Mapping[str, Any]) -> list[str]:
    return [str(batch["batchId"]) for batch in fields.get("batchList") or []]


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
