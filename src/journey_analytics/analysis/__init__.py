"""The analysis engine: funnels, paths, attribution and retention over event frames, each rule a field of a spec."""
