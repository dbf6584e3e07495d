"""The name under which Temporal knows all builds of our worker; without the SDK, for those who start processes."""

DEPLOYMENT = "hammertime"
