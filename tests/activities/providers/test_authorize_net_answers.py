"""Answers of Authorize.Net as they are seen in the wild, read into values."""

from decimal import Decimal

import pytest

from activities.providers.authorize_net_answers import cents, decode, details, direct_response, page
from activities.providers.authorize_net_results import CardRef

# A validation as the vendor's documentation and public test suites show it.
LINE = (
    "1,1,1,This transaction has been approved.,1VQHEI,Y,2228580111,none,Test transaction for "
    "ValidateCustomerPaymentProfile.,0.00,CC,auth_only,12345,John,Smith,,123 Main Street,Townsville,NJ,12345,,"
    "800-555-1234,,user@example.com,,,,,,,,,0.00,0.00,0.00,FALSE,none,317FCDBBCBABB2C7442766267D4C099C,,2,,,,,,,,,,,"
    "XXXX1111,Visa,,,,,,,,,,,,,,,,"
)
MESSAGES = b'"messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}'


def test_an_answer_begins_with_a_byte_order_mark() -> None:
    assert decode(b"\xef\xbb\xbf{" + MESSAGES + b"}").code == "I00001"


def test_a_single_message_without_its_list_is_read() -> None:
    raw = b'{"messages":{"resultCode":"Error","message":{"code":"E00116","text":"OTS Token access violation"}}}'
    assert decode(raw).code == "E00116"


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html></html>", b"null", b"[]", b"{}", b'{"messages":{}}', b"\xff\xfe{}", b"{" + MESSAGES],
)
def test_anything_else_is_not_the_vendors(raw: bytes) -> None:
    with pytest.raises(ValueError):
        decode(raw)


def test_the_id_of_a_duplicate_is_in_its_text() -> None:
    text = b'"text":"A duplicate record with ID 20382791 already exists."'
    answer = decode(b'{"messages":{"resultCode":"Error","message":[{"code":"E00039",' + text + b"}]}}")
    assert answer.duplicate_id == "20382791"


def test_a_direct_response_is_read_from_both_ends() -> None:
    told = direct_response(LINE)
    assert told is not None
    assert (told.response_code, told.reason_code, told.last4, told.brand) == ("1", "1", "1111", "Visa")
    assert (told.validation.transaction_id, told.validation.avs, told.validation.cvv) == ("2228580111", "Y", "")


@pytest.mark.parametrize("line", [None, "", "1,1,1", 7, [], "XXXX1111,Visa"])
def test_what_is_no_direct_response_is_none(line: object) -> None:
    assert direct_response(line) is None


def test_amounts_are_exact() -> None:
    answer = decode(b'{"transactions":[{"transId":"1","settleAmount":1018.88}],' + MESSAGES + b"}")
    assert [line.amount_cents for line in page(answer.fields).transactions] == [101_888]
    assert [cents(amount) for amount in ("0.10", Decimal(5), 5, "70.07")] == [10, 500, 500, 7007]
    with pytest.raises(ValueError):
        cents("0.005")


@pytest.mark.parametrize(
    ("payment", "last4"),
    [
        ({"creditCard": {"cardNumber": "XXXX1111"}}, "1111"),
        ({"creditCard": {"cardNumber": "X"}}, ""),
        ({"bankAccount": {"accountNumber": "XXXX1111"}}, ""),
        (None, ""),
    ],
)
def test_what_paid_is_told_by_its_last_digits_where_it_was_a_card(payment: object, last4: str) -> None:
    told = {"transId": "1", "transactionStatus": "settledSuccessfully", "payment": payment}
    assert (details({"transaction": told}).last4, details({"transaction": told}).card) == (last4, None)


def test_what_paid_is_told_by_its_stored_card_where_it_was_one() -> None:
    ids = {"customerProfileId": 11, "customerPaymentProfileId": "22"}
    told = {"transId": "1", "transactionStatus": "voided", "profile": ids}
    assert details({"transaction": told}).card == CardRef("11", "22")
