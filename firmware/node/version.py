# The version of the node's program: the one place.

VERSION = (0, 1, 0)
