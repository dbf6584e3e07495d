"""The connection to Temporal that every process of ours uses."""

from temporalio.client import Client
from temporalio.runtime import Runtime

from activities.settings import Settings
from temporal.converter import make_converter


async def connect(settings: Settings, secret: bytes, runtime: Runtime | None = None, *, lazy: bool = False) -> Client:
    """Connect with our converter and codec. Raises RuntimeError where the server is away and `lazy` is off."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=make_converter(secret),
        runtime=runtime,
        lazy=lazy,
    )
