"""Reconstructs customer journeys from the exports that shops already have."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journey_analytics.analysis.attribution import attribute, attribute_paths, attribute_touches
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
    from journey_analytics.building import BuildResult, build
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
    from journey_analytics.undoing import UndoResult, undo
    from journey_analytics.whois import WhoResult, who

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
    "attribute_touches",
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

# A funnel over a frame needs no readers, and a build no linear algebra: each name loads its own module when first used.
# No module may bear one of these names: loading it would take the name's place.
_MODULES = {
    "Attribution": "analysis.specs",
    "BuildResult": "building",
    "Drivers": "analysis.specs",
    "ErasureResult": "erasure",
    "Exclusion": "analysis.funnel_spec",
    "Funnel": "analysis.funnel_spec",
    "FunnelResult": "analysis.funnel",
    "IdentityPolicy": "frames",
    "IdentityResult": "frames",
    "JourneyError": "errors",
    "Lifecycle": "analysis.specs",
    "Paths": "analysis.specs",
    "Retention": "analysis.specs",
    "Sequence": "analysis.specs",
    "SessionPolicy": "frames",
    "SessionResult": "frames",
    "Step": "analysis.funnel_spec",
    "UndoResult": "undoing",
    "WhoResult": "whois",
    "attribute": "analysis.attribution",
    "attribute_paths": "analysis.attribution",
    "attribute_touches": "analysis.attribution",
    "build": "building",
    "compare_models": "analysis.attribution_views",
    "drivers": "analysis.drivers",
    "erase": "erasure",
    "funnel": "analysis.funnel",
    "lifecycle": "analysis.retention",
    "paths": "analysis.paths",
    "paths_after_drop": "analysis.paths",
    "repeat_purchase": "analysis.customers",
    "resolve_identities": "frames",
    "retention": "analysis.retention",
    "retention_means": "analysis.retention",
    "rfm": "analysis.customers",
    "sequences": "analysis.patterns",
    "sessionize": "frames",
    "step_matrix": "analysis.variants",
    "transitions": "analysis.paths",
    "undo": "undoing",
    "variants": "analysis.variants",
    "who": "whois",
    "with_costs": "analysis.attribution_views",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
