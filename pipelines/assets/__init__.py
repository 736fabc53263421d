"""The assets, in the order of work: sources (ingestion), tables (SQL models), warehouse (publishing)."""
