"""Many farms: what their gateways send, stored once, and shown."""
