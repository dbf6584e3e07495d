"""Every mail in both forms: complete, in step with each other, and with nothing in it that watches its reader."""

from typing import Any

import pytest
from jinja2 import UndefinedError
from jinja2.meta import find_undeclared_variables

from domain.notices import VALUES as NEEDED
from domain.notices import NoticeKind
from tests.web.conftest import Element, Tree
from tests.web.mail_samples import LINK, SITE, VALUES, WRITTEN_AT
from web.mail_messages import CHANGES, MAIL, Mail, MailMessages

HOSTILE = "Ada</p><script>alert(1)</script>\r\n\r\nYour account is locked"
UNCONFIRMED = (NoticeKind.WELCOME, NoticeKind.VERIFY_EMAIL, NoticeKind.EMAIL_CHANGE_CONFIRM)


@pytest.fixture(scope="module")
def messages() -> MailMessages:
    return MailMessages(SITE)


def tree(mail: Mail) -> Element:
    reader = Tree()
    reader.feed(mail.html.partition("\n")[2])
    assert [reader.root] == reader.open
    return reader.root


def links(root: Element) -> list[str]:
    return [each.attributes["href"] for each in root.all("a")]


def with_values(kind: NoticeKind, **changes: Any) -> dict[str, Any]:
    return {**VALUES[kind], **changes}


def test_every_kind_has_its_pair_and_its_example_and_there_is_no_other() -> None:
    names = {path.name for path in MAIL.iterdir()}
    assert names == {f"{kind}.{form}" for kind in (*NoticeKind, "base") for form in ("txt", "html")}
    assert {kind: set(values) for kind, values in VALUES.items()} == {kind: set(NEEDED[kind]) for kind in NoticeKind}


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_mail_says_why_it_comes_and_where_help_is_in_both_forms(messages: MailMessages, kind: NoticeKind) -> None:
    mail = messages.render(kind, VALUES[kind])
    root = tree(mail)
    why = next(line for line in mail.text.splitlines() if line.startswith("You get this mail because "))
    assert root.one("footer").one("p").text == why
    assert root.one("title").text == root.one("h1").text == mail.subject
    assert {f"mailto:{SITE.support_email}", SITE.help_url, SITE.url} <= set(links(root))
    assert SITE.support_email in mail.text
    assert SITE.help_url in mail.text
    assert 0 < len(mail.subject) <= 70


@pytest.mark.parametrize("kind", NoticeKind)
def test_both_forms_say_the_same_and_leave_nothing_open(messages: MailMessages, kind: NoticeKind) -> None:
    mail = messages.render(kind, VALUES[kind])
    said = [line.removeprefix("- ") for line in mail.text.partition("\n--\n")[0].splitlines() if line]
    shown = tree(mail).one("main")
    assert [line for line in said if not line.startswith("https://") and line.removesuffix(":") not in shown.text] == []
    assert [line for line in said if line.startswith("https://") and line not in links(shown)] == []
    assert "{" not in mail.text + mail.subject
    assert "None" not in mail.text
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_value_of_a_kind_is_used_in_both_forms(messages: MailMessages, kind: NoticeKind) -> None:
    for form in ("txt", "html"):
        source = (MAIL / f"{kind}.{form}").read_text(encoding="utf-8")
        used = find_undeclared_variables(messages._environment.parse(source))
        assert used - {"site"} == set(NEEDED[kind])


@pytest.mark.parametrize("kind", NoticeKind)
def test_nothing_in_a_mail_loads_or_runs(messages: MailMessages, kind: NoticeKind) -> None:
    root = tree(messages.render(kind, VALUES[kind]))
    assert {each.tag for each in root.walk()}.isdisjoint({"img", "script", "link", "iframe", "object", "form", "video"})
    assert not [each for each in root.walk() if {"src", "background", "style"} & set(each.attributes)]
    assert "url(" not in root.one("style").text
    assert "@import" not in root.one("style").text


@pytest.mark.parametrize("kind", UNCONFIRMED)
def test_a_mail_to_an_address_that_nobody_confirmed_carries_no_words_of_a_stranger(kind: NoticeKind) -> None:
    assert NEEDED[kind] == {"link", "link_expires_at"}


def test_what_people_typed_is_text_on_one_line(messages: MailMessages) -> None:
    mail = messages.render(NoticeKind.SELLER_APPROVED, with_values(NoticeKind.SELLER_APPROVED, name=HOSTILE))
    assert "Hello Ada</p><script>alert(1)</script> Your account is locked," in mail.text
    assert tree(mail).all("script") == []


def test_links_come_through_whole(messages: MailMessages) -> None:
    mail = messages.render(NoticeKind.PASSWORD_RESET, VALUES[NoticeKind.PASSWORD_RESET])
    assert LINK in mail.text.splitlines()
    assert LINK in links(tree(mail).one("main"))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "/auth/verify", None])
def test_a_link_that_is_no_web_address_is_an_error(messages: MailMessages, link: str | None) -> None:
    with pytest.raises(ValueError, match="no web address"):
        messages.render(NoticeKind.WELCOME, with_values(NoticeKind.WELCOME, link=link))


def test_missing_and_strange_values_are_errors(messages: MailMessages) -> None:
    with pytest.raises(ValueError, match="link_expires_at"):
        messages.render(NoticeKind.WELCOME, {"link": LINK})
    with pytest.raises(ValueError, match="password"):
        messages.render(NoticeKind.WELCOME, with_values(NoticeKind.WELCOME, password="x"))


def test_a_template_that_asks_for_more_fails_instead_of_leaving_a_gap(messages: MailMessages) -> None:
    template = messages._environment.get_template("welcome.txt")
    with pytest.raises(UndefinedError):
        template.render(site=SITE, link=LINK)


def test_money_times_and_dates_read_as_on_the_site(messages: MailMessages) -> None:
    returned = messages.render(NoticeKind.DEPOSIT_RETURNED, VALUES[NoticeKind.DEPOSIT_RETURNED]).text
    assert f"On {WRITTEN_AT} we returned $5,000.50" in returned
    assert (
        "expires on Jun 4, 2026."
        in messages.render(NoticeKind.LICENCE_EXPIRING, VALUES[NoticeKind.LICENCE_EXPIRING]).text
    )
    assert "end of June 2027." in messages.render(NoticeKind.CARD_EXPIRING, VALUES[NoticeKind.CARD_EXPIRING]).text


@pytest.mark.parametrize(("lots", "words"), [(2, "on 2 lots at a time"), (1, "on 1 lot"), (None, "as many lots")])
def test_a_cleared_bidder_reads_their_limit(messages: MailMessages, lots: int | None, words: str) -> None:
    mail = messages.render(NoticeKind.CLEARED_TO_BID, with_values(NoticeKind.CLEARED_TO_BID, lots=lots))
    assert "$10,000 in all" in mail.text
    assert words in mail.text


def test_a_declined_check_says_whether_to_try_again(messages: MailMessages) -> None:
    kind = NoticeKind.IDENTITY_DECLINED
    assert "You can try again." in messages.render(kind, with_values(kind, can_retry=True)).text
    assert "Please write to us." in messages.render(kind, with_values(kind, can_retry=False)).text


def test_every_change_of_a_second_factor_has_its_words(messages: MailMessages) -> None:
    kind = NoticeKind.SECOND_FACTOR_CHANGED
    said = {messages.render(kind, with_values(kind, change=change)).text for change in (*CHANGES, "something new")}
    assert len(said) == len(CHANGES) + 1
