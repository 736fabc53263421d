"""The report: one self-contained HTML file made from the published warehouse, and nothing else."""

from journey_analytics.report.page import write_report

__all__ = ["write_report"]
