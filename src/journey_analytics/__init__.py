"""Reconstructs customer journeys from the exports that shops already have."""

from journey_analytics.build import BuildResult, build
from journey_analytics.erasure import ErasureResult, erase
from journey_analytics.errors import JourneyError
from journey_analytics.frames import (
    IdentityPolicy,
    IdentityResult,
    SessionPolicy,
    SessionResult,
    resolve_identities,
    sessionize,
)

__all__ = [
    "BuildResult",
    "ErasureResult",
    "IdentityPolicy",
    "IdentityResult",
    "JourneyError",
    "SessionPolicy",
    "SessionResult",
    "build",
    "erase",
    "resolve_identities",
    "sessionize",
]
