"""How near a controller of aeration comes to the optimum that knows everything: ponds, faults, baselines, oracle."""
