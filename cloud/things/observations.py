"""The only place where stored samples are reached."""

from cloud.telemetry.history import StoredSample, samples
from cloud.telemetry.latest import Newest, latest_of

__all__ = ["Newest", "StoredSample", "latest_of", "samples"]
