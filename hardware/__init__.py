"""What is bolted to a pond, as data and as a working twin."""
