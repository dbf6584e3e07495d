"""How a vendor's call can fail, whichever vendor it is. What a vendor declines is data, not one of these."""

from dataclasses import dataclass


@dataclass(eq=False)
class ProviderError(Exception):
    """A call to `vendor` did not work; `reason` is a short code, never what somebody sent."""

    vendor: str
    reason: str

    def __str__(self) -> str:
        return f"{self.vendor}: {self.reason}"


@dataclass(eq=False)
class UnavailableError(ProviderError):
    """Nothing happened at the vendor, and the same call may be made again, after `retry_after_s` if it is given."""

    retry_after_s: float | None = None


class OutcomeUnknownError(ProviderError):
    """The call may or may not have taken effect: look it up before anything is tried again."""


class RejectedError(ProviderError):
    """The vendor did not understand or not allow the call: a mistake of ours or of the settings, never retried."""
