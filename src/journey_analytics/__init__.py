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
from journey_analytics.undo import UndoResult, undo
from journey_analytics.who import WhoResult, who

__all__ = [
    "BuildResult",
    "ErasureResult",
    "IdentityPolicy",
    "IdentityResult",
    "JourneyError",
    "SessionPolicy",
    "SessionResult",
    "UndoResult",
    "WhoResult",
    "build",
    "erase",
    "resolve_identities",
    "sessionize",
    "undo",
    "who",
]
