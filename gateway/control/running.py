"""What current tells that a machine runs."""

RUNNING_SHARE = 0.4
LEAST_RUNNING_A = 0.3


def running_limit_a(highest_a: float) -> float:
    """From this current on a machine runs whose own highest current is known."""
    return max(LEAST_RUNNING_A, RUNNING_SHARE * highest_a)
