"""Dagster wiring of `journey_analytics`: assets, checks, jobs, schedule and sensor.

What belongs here: which asset calls which library function, when, and what the UI shows of the result. What does
not: any rule about customers, carts or files; those live in `journey_analytics` and `sql/`.
"""
