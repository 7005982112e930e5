"""What an operator needs for the cloud: configuration of its servers, units, backup. How: docs/operating.md."""
