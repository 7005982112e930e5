# Runs the test functions of one module under MicroPython: run.py MODULE; prints each name, exits 1 at the first failure.

import sys

module = __import__(sys.argv[1])
for name in sorted(dir(module)):
    if name.startswith("test_"):
        getattr(module, name)()
        print("passed", name)
