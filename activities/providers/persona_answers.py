"""What Persona answers, reduced to what we may keep, and apart from that what a person is called and lives at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from activities.vendor_events.persona import Decision, InquiryStatus

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Time = Annotated[datetime, Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One verification of one person: ids, status and times (aware), no identity data. `one_time_link` is there only in
    the answer that made the inquiry; whoever has it can be the person, so it is not shown in a repr or a log."""

    inquiry_id: str
    reference_id: str | None
    account_id: str | None
    status: InquiryStatus
    created_at: datetime
    started_at: datetime | None = None
    expires_at: datetime | None = None
    completed_at: datetime | None = None
    decisioned_at: datetime | None = None
    redacted_at: datetime | None = None
    one_time_link: str | None = field(default=None, repr=False)

    @property
    def decision(self) -> Decision:
        """What the status lets the person do."""
        return self.status.decision

    @property
    def counts(self) -> bool:
        """Whether this inquiry speaks for its person: neither expired nor redacted."""
        return self.status is not InquiryStatus.EXPIRED and self.redacted_at is None


@dataclass(frozen=True, slots=True, repr=False)
class LegalIdentity:
    """Who a document says the person is: for one comparison in memory, never stored or logged or sent elsewhere."""

    first_name: str
    last_name: str
    birth_date: date | None
    street_1: str | None
    street_2: str | None
    city: str | None
    subdivision: str | None
    postal_code: str | None
    country_code: str | None

    def __repr__(self) -> str:
        """Nothing about the person."""
        return "LegalIdentity(...)"


class _Identifier(Struct):
    id: Id | None = None


class _Relationship(Struct):
    data: _Identifier | None = None


class _Relationships(Struct):
    account: _Relationship = msgspec.field(default_factory=_Relationship)


class _Facts(Struct, rename="kebab"):
    status: str
    created_at: Time
    reference_id: str | None = None
    started_at: Time | None = None
    expires_at: Time | None = None
    completed_at: Time | None = None
    decisioned_at: Time | None = None
    redacted_at: Time | None = None


class _Inquiry(Struct):
    type: Literal["inquiry"]
    id: Id
    attributes: _Facts
    relationships: _Relationships = msgspec.field(default_factory=_Relationships)

    def inquiry(self, one_time_link: str | None = None) -> Inquiry:
        facts, account = self.attributes, self.relationships.account.data
        return Inquiry(
            inquiry_id=self.id,
            reference_id=facts.reference_id,
            account_id=account.id if account else None,
            status=InquiryStatus(facts.status),
            created_at=facts.created_at,
            started_at=facts.started_at,
            expires_at=facts.expires_at,
            completed_at=facts.completed_at,
            decisioned_at=facts.decisioned_at,
            redacted_at=facts.redacted_at,
            one_time_link=one_time_link,
        )


class _Links(Struct):
    next: str | None = None


class _Meta(Struct, rename="kebab"):
    one_time_link: str | None = None


class One(Struct):
    """An answer with one inquiry."""

    data: _Inquiry
    meta: _Meta = msgspec.field(default_factory=_Meta)

    def inquiry(self) -> Inquiry:
        """The inquiry, with its link where the answer has one."""
        return self.data.inquiry(self.meta.one_time_link)


class Many(Struct):
    """A page of a list of inquiries, newest first; `links.next` is None on the last one."""

    data: list[_Inquiry]
    links: _Links

    def inquiries(self) -> list[Inquiry]:
        """The page's inquiries."""
        return [item.inquiry() for item in self.data]


class _LinkMeta(Struct, rename="kebab"):
    one_time_link: Annotated[str, Meta(pattern=r"^https?://")]


class Link(Struct):
    """An answer whose point is the link."""

    meta: _LinkMeta


class _Text(Struct):
    value: str | None = None


class _Date(Struct):
    value: date | None = None


class _Fields(Struct, rename="kebab"):
    """Each is nested as `{"type": ..., "value": ...}`; a template that does not ask for one does not send it."""

    name_first: _Text = msgspec.field(default_factory=_Text)
    name_last: _Text = msgspec.field(default_factory=_Text)
    birthdate: _Date = msgspec.field(default_factory=_Date)
    address_street_1: _Text = msgspec.field(default_factory=_Text, name="address-street-1")
    address_street_2: _Text = msgspec.field(default_factory=_Text, name="address-street-2")
    address_city: _Text = msgspec.field(default_factory=_Text)
    address_subdivision: _Text = msgspec.field(default_factory=_Text)
    address_postal_code: _Text = msgspec.field(default_factory=_Text)
    address_country_code: _Text = msgspec.field(default_factory=_Text)


class _Person(Struct):
    fields: _Fields = msgspec.field(default_factory=_Fields)


class _PersonData(Struct):
    attributes: _Person


class Identity(Struct):
    """An answer with nothing but a person's fields."""

    data: _PersonData

    def legal_identity(self) -> LegalIdentity | None:
        """The person, None where there is no name: not collected yet, or redacted."""
        fields = self.data.attributes.fields
        if not fields.name_first.value or not fields.name_last.value:
            return None
        return LegalIdentity(
            first_name=fields.name_first.value,
            last_name=fields.name_last.value,
            birth_date=fields.birthdate.value,
            street_1=fields.address_street_1.value,
            street_2=fields.address_street_2.value,
            city=fields.address_city.value,
            subdivision=fields.address_subdivision.value,
            postal_code=fields.address_postal_code.value,
            country_code=fields.address_country_code.value,
        )


class _Error(Struct):
    title: str = ""


class Errors(Struct):
    """An error's body. Its texts are in `details`, which may quote what was sent and is not read."""

    errors: list[_Error] = msgspec.field(default_factory=list)


# Persona is asked for these alone, so that nothing about a person comes with them.
FACTS = ",".join(f.encode_name for f in msgspec.structs.fields(_Facts))
PERSON = ",".join(f"fields.{f.encode_name}" for f in msgspec.structs.fields(_Fields))


def newest(inquiries: Iterable[Inquiry]) -> Inquiry | None:
    """The newest one that counts."""
    return max((one for one in inquiries if one.counts), key=lambda one: one.created_at, default=None)
