"""Reconstructs customer journeys from the exports that shops already have."""

from journey_analytics.analysis.attribution import attribute, attribute_paths
from journey_analytics.analysis.attribution_views import compare_models, with_costs
from journey_analytics.analysis.customers import repeat_purchase, rfm
from journey_analytics.analysis.drivers import drivers
from journey_analytics.analysis.funnel import FunnelResult, funnel
from journey_analytics.analysis.funnel_spec import Exclusion, Funnel, Step
from journey_analytics.analysis.paths import paths, paths_after_drop, transitions
from journey_analytics.analysis.patterns import sequences
from journey_analytics.analysis.retention import lifecycle, retention, retention_means
from journey_analytics.analysis.specs import (
    Attribution,
    Drivers,
    Lifecycle,
    Paths,
    Retention,
    Sequence,
)
from journey_analytics.analysis.variants import step_matrix, variants
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
    "Attribution",
    "BuildResult",
    "Drivers",
    "ErasureResult",
    "Exclusion",
    "Funnel",
    "FunnelResult",
    "IdentityPolicy",
    "IdentityResult",
    "JourneyError",
    "Lifecycle",
    "Paths",
    "Retention",
    "Sequence",
    "SessionPolicy",
    "SessionResult",
    "Step",
    "UndoResult",
    "WhoResult",
    "attribute",
    "attribute_paths",
    "build",
    "compare_models",
    "drivers",
    "erase",
    "funnel",
    "lifecycle",
    "paths",
    "paths_after_drop",
    "repeat_purchase",
    "resolve_identities",
    "retention",
    "retention_means",
    "rfm",
    "sequences",
    "sessionize",
    "step_matrix",
    "transitions",
    "undo",
    "variants",
    "who",
    "with_costs",
]
