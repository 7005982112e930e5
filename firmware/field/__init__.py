"""The technician's tool, pondkeeper-node: from a new board to a node that is wired, calibrated and labelled."""
