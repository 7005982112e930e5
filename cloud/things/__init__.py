"""What was measured, as OGC SensorThings API 1.1 (OGC 18-088): the part that reads, for researchers and their tools."""
